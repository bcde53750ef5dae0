/*
 * Lines over a socket, for both ends: reading one with a limit and a deadline,
 * making JSON of it with limits of its own, sending one. Buffers are wiped when
 * they are given back. Included by line*.c, their test, and examine, which talks to
 * its own processes so.
 */
#ifndef CHANCERY_ENROLL_LINE_IO_H
#define CHANCERY_ENROLL_LINE_IO_H

#include <jansson.h>
#include <stdint.h>
#include <sys/un.h>

#include "core/bytes.h"
#include "core/err.h"

struct line_buf {
	uint8_t *p;
	size_t n, room;
	size_t seen; /* bytes without a line's end */
};

struct line_wait {
	int stop;	   /* readable: give up; -1 without */
	size_t max;	   /* bytes of a line, without its end */
	int64_t until_ms;  /* line_clock: the first byte must be there */
	int64_t typing_ms; /* the whole line so long after it; 0: until until_ms */
};

/* Milliseconds of the clock that nobody sets. */
int64_t line_clock(void);

/* Reads until a whole line stands at the buffer's front: 1 and its length without
 * LF; 0 when the other end closed, or stop; ERR_LIMIT (too long), ERR_IO (too late,
 * broken), ERR_MEMORY. */
int line_read(int fd, struct line_buf *b, const struct line_wait *wait, size_t *n_out,
    struct err *e);
/* Drops the line of n bytes and its LF from the front, wiping it. */
void line_drop(struct line_buf *b, size_t n);
void line_buf_free(struct line_buf *b);

/* An object, or NULL with a sentence: not JSON, not an object, twice the same name,
 * NUL, deeper than LINE_MAX_DEPTH, more than LINE_MAX_VALUES. */
json_t *line_parse(struct bytes line, struct err *e);

/* Sends the object and LF, before until_ms. 0, ERR_IO, ERR_LIMIT, ERR_MEMORY. */
int line_send(int fd, const json_t *o, int64_t until_ms, struct err *e);

/* A text for JSON: what JSON has no place for becomes '?'. NULL without memory. */
json_t *line_json_text(struct bytes text);

/* The ERR_* that fits a word of a refusal. */
int line_code(struct bytes word);

/* The path as an address: 0 or ERR_LIMIT. */
int line_address(const char *path, struct sockaddr_un *out, struct err *e);

#endif
