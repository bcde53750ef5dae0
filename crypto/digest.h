/*
 * SHA-256 (FIPS 180-4): what tells bytes apart, as octets and as text. Called by the
 * programs of enrollment for logs, tokens and records.
 */
#ifndef CHANCERY_CRYPTO_DIGEST_H
#define CHANCERY_CRYPTO_DIGEST_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	DIGEST_BYTES = 32,
	DIGEST_TEXT = 2 * DIGEST_BYTES, /* hex digits, lower case */
};

/* 0 or ERR_CRYPTO (no memory). Any thread. */
int digest_sha256(struct bytes in, uint8_t out[DIGEST_BYTES]);

/* Octets as lower-case hexadecimal with NUL; out has 2 * n + 1 bytes. Returns out. */
char *digest_hex(struct bytes in, char *out);

/* The same for the SHA-256 of in; 0 or ERR_CRYPTO. */
int digest_sha256_text(struct bytes in, char out[DIGEST_TEXT + 1]);

/* Whether two are equal, in a time that does not tell where they differ. */
bool digest_equal(const uint8_t a[DIGEST_BYTES], const uint8_t b[DIGEST_BYTES]);

#endif
