/*
 * PFX files: contract in pfx.h. The MAC is set by a call of its own, so that salt
 * and digest do not change with OpenSSL's defaults.
 */
#include "crypto/pfx.h"

#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "core/isotime.h"
#include "crypto/certs.h"
#include "crypto/pfx_salt.h"
#include "crypto/pin.h"
#include "crypto/reason.h"

enum {
	MAC_SALT = 8,
	NO_MAC = -1,
	TRIES = 16, /* one in seventy is bad */
	DATE = 10,  /* characters of "2026-11-22" */
};

static const char *const words[] = {
#define X(name, word) [name] = word,
    PFX_LIST(X)
#undef X
};
_Static_assert(NITEMS(words) == PFX__MAX, "one word a form");

int
pfx_form_read(struct bytes word, enum pfx_form *out, struct err *e)
{
	for (size_t i = 0; i < NITEMS(words); i++)
		if (bytes_equal(word, bytes_of(words[i]))) {
			*out = (enum pfx_form)i;
			return 0;
		}
	return err_set(e, ERR_UNSUPPORTED,
	    "PFX form \"%.*s\", want modern or compatible",
	    (int)(word.n > 40 ? 40 : word.n), (const char *)word.p);
}

const char *
pfx_form_word(enum pfx_form form)
{
	return words[form];
}

int
pfx_name(struct bytes address, int64_t from, char out[PFX_NAME_MAX + 1], struct err *e)
{
	char time[ISOTIME_SIZE];

	if (address.n == 0 || address.n + 1 + DATE > PFX_NAME_MAX)
		return err_set(e, ERR_LIMIT,
		    "PFX: an address of %zu bytes, want 1 to %d", address.n,
		    PFX_NAME_MAX - 1 - DATE);
	snprintf(out, PFX_NAME_MAX + 1, "%.*s %.*s", (int)address.n,
	    (const char *)address.p, DATE, isotime_text(from, time));
	return 0;
}

static int
pfx_check(const struct pfx_params *p, struct err *e)
{
	if (p->form >= PFX__MAX || p->key == NULL)
		return err_set(e, ERR_USAGE, "PFX: no form or no key");
	if (p->iterations < PFX_ITERATIONS_MIN || p->iterations > PFX_ITERATIONS_MAX)
		return err_set(e, ERR_LIMIT, "PFX: %u iterations, want %d to %d",
		    p->iterations, PFX_ITERATIONS_MIN, PFX_ITERATIONS_MAX);
	if (p->n_chain > PFX_CHAIN_MAX)
		return err_set(e, ERR_LIMIT, "PFX: a chain of %zu, want at most %d",
		    p->n_chain, PFX_CHAIN_MAX);
	if (p->name.n == 0 || p->name.n > PFX_NAME_MAX)
		return err_set(e, ERR_LIMIT, "PFX: a name of %zu bytes, want 1 to %d",
		    p->name.n, PFX_NAME_MAX);
	for (size_t i = 0; i < p->name.n; i++)
		if (p->name.p[i] < 0x20 || p->name.p[i] == 0x7f)
			return err_set(
			    e, ERR_SYNTAX, "PFX: a control character in the name");
	if (!pin_valid(p->pin))
		return err_set(e, ERR_POLICY,
		    "PFX: the password is no PIN of %d bits (S/MIME BR 6.1.2)",
		    PIN_RANDOM_BYTES * 8);
	return 0;
}

/* Key and certificates encrypted, under random salts. */
static PKCS12 *
pfx_encrypt(const struct pfx_params *p, const char *pin, const char *name, X509 *leaf,
    STACK_OF(X509) * chain)
{
	int cipher = p->form == PFX_MODERN ? NID_aes_256_cbc
					   : NID_pbe_WithSHA1And3_Key_TripleDES_CBC;

	return PKCS12_create_ex(pin, name, p->key, leaf, chain, cipher, cipher,
	    (int)p->iterations, NO_MAC, 0, NULL, NULL);
}

/* The whole file; NULL where OpenSSL fails. */
static PKCS12 *
pfx_build(const struct pfx_params *p, const char *pin, const char *name, X509 *leaf,
    STACK_OF(X509) * chain)
{
	bool modern = p->form == PFX_MODERN;
	PKCS12 *file = pfx_encrypt(p, pin, name, leaf, chain);

	for (int i = 1; i < TRIES && !modern && file != NULL &&
			!pfx_salts_good(file, pin, p->iterations);
	     i++) {
		PKCS12_free(file);
		file = pfx_encrypt(p, pin, name, leaf, chain);
	}
	if (file != NULL &&
	    PKCS12_set_mac(file, pin, -1, NULL, MAC_SALT, (int)p->iterations,
		modern ? EVP_sha256() : EVP_sha1()) != 1) {
		PKCS12_free(file);
		file = NULL;
	}
	return file;
}

static int
pfx_encode(PKCS12 *file, struct owned *out, struct err *e)
{
	uint8_t *der = NULL;
	int n = file == NULL ? -1 : i2d_PKCS12(file, &der), rc;

	if (n <= 0)
		return err_set(
		    e, ERR_CRYPTO, "no PFX could be made: %s", reason_take());
	if ((rc = owned_copy((struct bytes){der, (size_t)n}, out)) != 0)
		err_set(e, rc, "no memory for a PFX");
	OPENSSL_free(der);
	return rc;
}

int
pfx_make(const struct pfx_params *p, struct owned *out, struct err *e)
{
	char pin[PIN_TEXT + 1], name[PFX_NAME_MAX + 1];
	STACK_OF(X509) *chain = NULL;
	X509 *leaf = NULL;
	PKCS12 *file = NULL;
	int rc = pfx_check(p, e);

	*out = (struct owned){0};
	if (rc != 0)
		return rc;
	memcpy(pin, p->pin.p, PIN_TEXT);
	pin[PIN_TEXT] = '\0';
	memcpy(name, p->name.p, p->name.n);
	name[p->name.n] = '\0';
	if ((rc = certs_leaf("PFX", p->certificate, p->key, &leaf, e)) != 0 ||
	    (rc = certs_chain("PFX", p->chain, p->n_chain, &chain, e)) != 0)
		goto out;
	file = pfx_build(p, pin, name, leaf, chain);
	rc = pfx_encode(file, out, e);
out:
	OPENSSL_cleanse(pin, sizeof(pin));
	PKCS12_free(file);
	sk_X509_pop_free(chain, X509_free);
	X509_free(leaf);
	return rc;
}
