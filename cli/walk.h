/*
 * From the names on the command line to files: a file is taken as it is named; of
 * a folder, in alphabetic order and also inside of folders, the files whose
 * names end like a certificate's or LDIF's. Links inside of folders are not
 * followed, hidden names are passed over.
 */
#ifndef CHANCERY_CLI_WALK_H
#define CHANCERY_CLI_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

enum {
	WALK_MAX_DEPTH = 16,
	WALK_MAX_FILES = 1000 * 1000,
};

/* Gets each file; anything but 0 ends the walk. */
typedef int walk_file_fn(const char *path, void *ctx);

/* Gets what cannot be read, and why; anything but 0 ends the walk. */
typedef int walk_problem_fn(const char *path, const struct err *why, void *ctx);

struct walk {
	walk_file_fn *file;
	walk_problem_fn *problem;
	void *ctx;
	size_t n_files;
	size_t n_passed_over; /* other names in folders */
};

/* 0, or what a callback returned. */
int walk_path(struct walk *w, const char *path);

#endif
