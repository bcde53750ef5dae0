/*
 * The audit log: lines of JSON, each with its number, its time, the hash of the line
 * before it and, at its end, its own, so that a changed byte, a missing line or two
 * swapped ones are found (`chancery audit verify`). A line's hash is the SHA-256 of
 * what stands before `,"hash":`. What was cut off at the end, or written anew as a
 * whole, shows only against a head that was kept elsewhere: the clerk puts one into
 * the directory every day. A line is on the disk before chain_add returns, and is
 * written before the act that it tells of: no log, no act. One process writes a file;
 * a start after a crash cuts an unfinished last line off and says so in the next one
 * ("cut": bytes). Called by signer and clerk; checked by the command.
 */
#ifndef CHANCERY_ENROLL_CHAIN_H
#define CHANCERY_ENROLL_CHAIN_H

#include <jansson.h>
#include <stdint.h>

#include "core/err.h"

enum {
	CHAIN_LINE_MAX = 64 * 1024, /* bytes of a line with its end */
	CHAIN_HASH_TEXT = 64,	    /* hex digits */
};

struct chain;

/* Opens or makes the file (mode 0600), locked against a second writer; reads it
 * through to find its head. ERR_IO, ERR_POLICY (locked, readable by others),
 * ERR_SYNTAX (the chain is broken: with the number of the line). */
int chain_open(const char *path, struct chain **out, struct err *e);
void chain_close(struct chain **cp);

/* Adds a line: {"n":N,"time":T,"prev":HASH,"event":event, ...fields,"hash":HASH}.
 * fields is taken, or NULL. Secrets never go in. Lines that several threads add at a
 * time go to the disk together. 0, ERR_IO, ERR_LIMIT, ERR_MEMORY, ERR_USAGE (a field
 * with a name of the log's own); after an error nothing was added. A process that
 * would rather have ERR_IO than die of a limit to file sizes ignores SIGXFSZ. */
int chain_add(
    struct chain *c, int64_t now, const char *event, json_t *fields, struct err *e);

/* Its head: number of lines and the hash of the last one that is on the disk; 64
 * times '0' for none. */
void chain_head(struct chain *c, uint64_t *n_out, char hash_out[CHAIN_HASH_TEXT + 1]);

/* Called with each line, parsed; another value than 0 ends the reading. */
typedef int chain_line_fn(const json_t *line, uint64_t n, void *ctx);

/*
 * Reads a file through and checks the chain; fn may be NULL. 0 with number of lines
 * and head; ERR_SYNTAX with the first bad line's number and what is wrong with it;
 * ERR_IO. What fn returned, where it ended the reading.
 */
int chain_verify(const char *path, chain_line_fn *fn, void *ctx, uint64_t *n_out,
    char hash_out[CHAIN_HASH_TEXT + 1], struct err *e);

#endif
