/*
 * Bytes with an owner: contract in owned.h.
 */
#include "crypto/owned.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "core/err.h"

int
owned_copy(struct bytes in, struct owned *out)
{
	*out = (struct owned){0};
	if ((out->p = malloc(in.n == 0 ? 1 : in.n)) == NULL)
		return ERR_MEMORY;
	if (in.n > 0)
		memcpy(out->p, in.p, in.n);
	out->n = in.n;
	return 0;
}

void
owned_free(struct owned *o)
{
	if (o->p != NULL)
		OPENSSL_cleanse(o->p, o->n);
	free(o->p);
	*o = (struct owned){0};
}

int
secret_new(size_t n, struct secret *out)
{
	*out = (struct secret){0};
	if ((out->p = OPENSSL_secure_zalloc(n)) == NULL)
		return ERR_MEMORY;
	out->n = n;
	return 0;
}

void
secret_free(struct secret *s)
{
	OPENSSL_secure_clear_free(s->p, s->n);
	*s = (struct secret){0};
}
