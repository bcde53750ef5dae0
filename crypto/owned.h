/*
 * Bytes with an owner: what a function of crypto/ hands out in memory of its
 * own, so that a caller cannot mistake it for a view (core/bytes.h). Whatever it
 * held is wiped before it is given back; what is secret lies in OpenSSL's secure
 * heap besides (struct secret). No function here fails loudly: p is NULL where
 * there was no memory.
 */
#ifndef CHANCERY_CRYPTO_OWNED_H
#define CHANCERY_CRYPTO_OWNED_H

#include "core/bytes.h"

/* Ordinary heap: certificates, CRLs, to-be-signed bytes, public keys. */
struct owned {
	uint8_t *p;
	size_t n;
};

/* OpenSSL's secure heap (see key_memory_init): private keys, passphrases. */
struct secret {
	uint8_t *p;
	size_t n;
};

static inline struct bytes
owned_view(const struct owned *o)
{
	return (struct bytes){o->p, o->n};
}

static inline struct bytes
secret_view(const struct secret *s)
{
	return (struct bytes){s->p, s->n};
}

/* A copy; 0 or ERR_MEMORY. *out is empty after an error. */
int owned_copy(struct bytes in, struct owned *out);

/* Wipes, frees, empties; an empty one is left alone. Any thread. */
void owned_free(struct owned *o);

/* n zeroed bytes in the secure heap, n > 0; 0 or ERR_MEMORY. */
int secret_new(size_t n, struct secret *out);
void secret_free(struct secret *s);

#endif
