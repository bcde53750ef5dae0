/*
 * Configuration files of the programs: lines "name = value", lines that begin with
 * '#' are comments, read through a table that says name, field, default, limits and
 * help. What the table does not have is an error: a misspelled option must not be a
 * forgotten one. Lists are options that may be given several times. Manual pages are
 * held against the same tables. Called by every program at its start.
 */
#ifndef CHANCERY_ENROLL_CONF_H
#define CHANCERY_ENROLL_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"

enum {
	CONF_FILE_MAX = 256 * 1024, /* bytes */
	CONF_VALUE_MAX = 4096,
	CONF_LIST_MAX = 1000, /* values of a list */
	CONF_SECRET_MAX = 1024,
};

enum conf_type {
	CONF_TEXT,    /* const char * */
	CONF_PATH,    /* const char *; relative ones count from the file's folder */
	CONF_WORD,    /* const char *, one of row.words ("a|b|c") */
	CONF_U32,     /* uint32_t, least to most */
	CONF_SECONDS, /* uint32_t; "60", "60s", "5m", "2h", "30d"; least to most */
	CONF_BOOL,    /* bool; on, off */
	CONF_LIST,    /* struct conf_list */
};

struct conf_list {
	const char **value;
	size_t n;
};

struct conf_row {
	const char *name;
	enum conf_type type;
	size_t at;	      /* offset of the field */
	const char *fallback; /* as text; NULL: it must be given; "": none, the field
				 stays as it was */
	const char *words;    /* of CONF_WORD */
	uint32_t least, most;
	const char *help; /* one line */
};

/*
 * Reads the file into *conf (of the program's own type, zeroed by the caller); all
 * texts live in the arena. 0; ERR_IO; ERR_LIMIT; ERR_POLICY (everybody can write it);
 * ERR_MEMORY; ERR_SYNTAX or ERR_USAGE with file, line, option, what was found and
 * what was wanted.
 */
int conf_read(const char *path, const struct conf_row *row, size_t n, void *conf,
    struct arena *arena, struct err *e);

/* Prints the table for --help: name, default, help. */
void conf_print(const struct conf_row *row, size_t n);

/* A secret kept in a file of its own (a password's first line, without its end):
 * refuses one that others can read (a group may, where root owns the file), and an
 * empty one. 0, ERR_IO, ERR_POLICY, ERR_LIMIT, ERR_MEMORY. */
struct secret;
int conf_secret(const char *path, struct secret *out, struct err *e);

#endif
