/*
 * PFX files (PKCS#12, RFC 7292): one private key, its certificate and the CAs
 * between it and the root, for a mail program to import. Two forms, because no
 * single one is read everywhere:
 *
 *   modern      PBES2 with AES-256-CBC, PBKDF2 and HMAC-SHA-256 (RFC 8018), MAC
 *               with SHA-256. Windows 10 1709 and later, Thunderbird, GnuTLS, Java
 *   compatible  3-key 3DES with SHA-1, MAC with SHA-1. Windows 7 to Server 2016,
 *               older macOS and iOS, gpgsm of Debian 12 (see pfx_salt.h)
 *
 * Never RC2-40. The MAC's salt has 8 bytes in both, because macOS refuses 16.
 * The password is always a PIN of pin.h, whose 120 bits carry the protection in
 * either form; the iterations add little. No root is put in: importing one makes
 * Windows ask whether to trust it. Nothing is ever read from a PFX here. Called by
 * the signer, which stores none: it is made anew whenever it is sent.
 */
#ifndef CHANCERY_CRYPTO_PFX_H
#define CHANCERY_CRYPTO_PFX_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY; see key_pkey in key.h */

/* Name, word in requests and configuration. */
#define PFX_LIST(X)                                                                    \
	X(PFX_MODERN, "modern")                                                        \
	X(PFX_COMPATIBLE, "compatible")

enum pfx_form {
#define X(name, word) name,
	PFX_LIST(X)
#undef X
	PFX__MAX
};

enum {
	PFX_ITERATIONS_MIN = 2048,
	PFX_ITERATIONS_DEFAULT = 2048,
	PFX_ITERATIONS_MAX = 1000000, /* .NET refuses more in all */
	PFX_CHAIN_MAX = 8,
	PFX_NAME_MAX = 320 + 16, /* bytes of UTF-8: the longest address, a date */
};

struct pfx_params {
	enum pfx_form form;
	unsigned iterations;	   /* PFX_ITERATIONS_MIN to _MAX, KDF and MAC */
	struct bytes name;	   /* friendly name, UTF-8, without controls */
	struct bytes pin;	   /* pin_valid */
	struct evp_pkey_st *key;   /* borrowed */
	struct bytes certificate;  /* DER, of this key */
	const struct bytes *chain; /* DER, from its issuer upwards */
	size_t n_chain;
};

/* The form of a word ("modern"); 0 or ERR_UNSUPPORTED. */
int pfx_form_read(struct bytes word, enum pfx_form *out, struct err *e);
const char *pfx_form_word(enum pfx_form form);

/* "anna.muster@example.com 2026-11-22", the UTC date of `from`, the certificate's
 * notBefore: how people tell their certificates apart in a list. 0, or ERR_LIMIT
 * for an address that does not fit into PFX_NAME_MAX. */
int
pfx_name(struct bytes address, int64_t from, char out[PFX_NAME_MAX + 1], struct err *e);

/*
 * Makes the file. Self-signed certificates in the chain are left out. 0 and *out,
 * the caller's; ERR_LIMIT; ERR_POLICY (the PIN is none, the key is not the
 * certificate's); ERR_SYNTAX (a certificate, the name); ERR_CRYPTO; ERR_MEMORY.
 * After an error *out is empty. Salts are random: the same file never comes twice.
 * About 4 ms with 2,048 iterations, 1.5 s with a million. Any thread.
 */
int pfx_make(const struct pfx_params *params, struct owned *out, struct err *e);

#endif
