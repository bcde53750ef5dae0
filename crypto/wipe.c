/*
 * Wiping whatever OpenSSL frees: contract in wipe.h. Zeroes the block as malloc
 * made it, which is what was asked for and a little more.
 */
#include "crypto/wipe.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

static void *
wipe_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(n);
}

static void
wipe_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	if (p != NULL)
		OPENSSL_cleanse(p, malloc_usable_size(p));
	free(p);
}

/* Never in place: realloc would move a block and leave what was in it. */
static void *
wipe_realloc(void *p, size_t n, const char *file, int line)
{
	size_t old;
	void *q;

	if (p == NULL)
		return malloc(n);
	if (n == 0) {
		wipe_free(p, file, line);
		return NULL;
	}
	old = malloc_usable_size(p);
	if ((q = malloc(n)) == NULL)
		return NULL;
	memcpy(q, p, old < n ? old : n);
	wipe_free(p, file, line);
	return q;
}

int
wipe_init(struct err *e)
{
	static bool done;

	if (done)
		return 0;
	if (CRYPTO_set_mem_functions(wipe_malloc, wipe_realloc, wipe_free) != 1)
		return err_set(e, ERR_USAGE,
		    "OpenSSL was used before its memory could be prepared");
	done = true;
	return 0;
}
