/*
 * Wiping whatever OpenSSL frees. Most of its secrets are wiped where they are freed,
 * but not all: an EC key, once encoded as PKCS#8 (also into a PFX), leaves its private
 * number in freed memory (found in 3.0.22 by looking; RSA does not). So OpenSSL gets
 * an allocator that zeroes every block that it gives back. Called by key_memory_init.
 */
#ifndef CHANCERY_CRYPTO_WIPE_H
#define CHANCERY_CRYPTO_WIPE_H

#include "core/err.h"

/*
 * Puts the allocator in place; once a process, before any other use of OpenSSL and
 * before there are threads. 0, also where it is in place already; ERR_USAGE when
 * OpenSSL has memory by now and refuses.
 */
int wipe_init(struct err *e);

#endif
