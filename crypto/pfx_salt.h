/*
 * Salts that all readers of the compatible PFX get along with. gpgsm 2.2 derives a
 * wrong key where a sum inside of PKCS#12's key derivation (RFC 7292 appendix B.2, step
 * 6 C: I_j + B + 1) begins with a zero byte, which it drops: one file in seventy would
 * not open with the right PIN. Inside crypto/ only; called by pfx.c, which makes such a
 * file once more.
 */
#ifndef CHANCERY_CRYPTO_PFX_SALT_H
#define CHANCERY_CRYPTO_PFX_SALT_H

#include <openssl/pkcs12.h>

#include "core/bytes.h"

/* Whether no such sum begins with zero, for a key of two rounds of SHA-1 (3DES). false
 * also where OpenSSL fails. */
bool pfx_salt_good(const char *pin, struct bytes salt, unsigned iterations);

/* The same for every encrypted part of a file. */
bool pfx_salts_good(const PKCS12 *file, const char *pin, unsigned iterations);

#endif
