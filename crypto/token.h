/*
 * Tokens: random texts that stand for a right, as a session's, or name something
 * that must not be guessed, as a mailed link. Whoever stores one stores its SHA-256
 * (digest.h), so that a copy of the store opens nothing. Called by the clerk.
 */
#ifndef CHANCERY_CRYPTO_TOKEN_H
#define CHANCERY_CRYPTO_TOKEN_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	TOKEN_CHARS = 43,      /* base64url (RFC 4648 section 5) of 256 bits */
	TOKEN_LINK_CHARS = 26, /* a-z and 2-7: 130 bits, easily typed from a page */
};

/* A new one with NUL, from RAND_priv_bytes; the caller wipes it (token_wipe).
 * 0 or ERR_CRYPTO. Any thread. */
int token_make(char out[TOKEN_CHARS + 1], struct err *e);
int token_make_link(char out[TOKEN_LINK_CHARS + 1], struct err *e);

/* Whether a text has the form of one. */
bool token_valid(struct bytes text);
bool token_link_valid(struct bytes text);

/* Whether two are equal, in a time that tells their lengths at most. */
bool token_equal(struct bytes a, struct bytes b);

/* Wipes n bytes that held a secret. */
void token_wipe(void *p, size_t n);

#endif
