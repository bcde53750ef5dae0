/*
 * How far a long work is, on stderr: nothing in its first second, then a line a
 * second; on a terminal always the same line. Never on stdout, which may be a
 * pipe.
 */
#ifndef CHANCERY_CLI_PROGRESS_H
#define CHANCERY_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	const char *what; /* "certificates read" */
	int64_t next_ms;  /* when to say something again */
	bool terminal;
	bool said;
};

void progress_begin(struct progress *p, const char *what);
void progress_tick(struct progress *p, size_t n);

/* Ends the line on a terminal. */
void progress_end(struct progress *p);

#endif
