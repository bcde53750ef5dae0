/*
 * Reading a hash-chained log: what its writer needs to find the head, and its
 * verification to prove all of it. Included by chain.c and chain_read.c only.
 */
#ifndef CHANCERY_ENROLL_CHAIN_READ_H
#define CHANCERY_ENROLL_CHAIN_READ_H

#include <sys/types.h>

#include "core/bytes.h"
#include "enroll/chain.h"

#define CHAIN_FIRST    "0000000000000000000000000000000000000000000000000000000000000000"
#define CHAIN_HASH_KEY ",\"hash\":\""

/* How far a log was read, or written. */
struct chain_state {
	uint64_t n; /* lines */
	off_t size; /* bytes of them */
	char hash[CHAIN_HASH_TEXT + 1];
};

void chain_state_init(struct chain_state *at);

/* The hash of a line, of which `head` is all before CHAIN_HASH_KEY. 0 or ERR_CRYPTO. */
int chain_hash(struct bytes head, char out[CHAIN_HASH_TEXT + 1]);

/* Reads whole lines from the descriptor's place to the end, checking each against
 * *at, which goes along. *rest_out: bytes of a last line without its end. As
 * chain_verify answers, without the file's name in the sentence. */
int chain_read(int fd, struct chain_state *at, size_t *rest_out, chain_line_fn *fn,
    void *ctx, struct err *e);

#endif
