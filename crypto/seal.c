/*
 * Sealing with AES-256-GCM: contract and format in seal.h.
 */
#include "crypto/seal.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "crypto/reason.h"

enum {
	VERSION = 1,
	AT_PURPOSE = 1,
	AT_MARK = 2,
	AT_TIME = AT_MARK + SEAL_MARK_BYTES,
	AT_NONCE = AT_TIME + 8,
	NONCE_BYTES = 12,
	HEAD_BYTES = AT_NONCE + NONCE_BYTES,
	TAG_BYTES = 16,
};
_Static_assert(HEAD_BYTES + TAG_BYTES == SEAL_OVERHEAD, "format");

struct seal_key {
	struct secret raw;
	uint8_t mark[SEAL_MARK_BYTES];
};

const char *
seal_purpose_word(enum seal_purpose purpose)
{
	switch (purpose) {
#define X(name, number, word)                                                          \
	case name:                                                                     \
		return word;
		SEAL_LIST(X)
#undef X
	}
	return "?";
}

/* --- keys -------------------------------------------------------------------- */

void
seal_key_free(struct seal_key **k)
{
	if (*k == NULL)
		return;
	secret_free(&(*k)->raw);
	free(*k);
	*k = NULL;
}

static int
seal_key_set_mark(struct seal_key *k, struct err *e)
{
	static const char text[] = "chancery sealing key";
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (HMAC(EVP_sha256(), k->raw.p, SEAL_KEY_BYTES, (const uint8_t *)text,
		sizeof(text) - 1, digest, &n) == NULL)
		return err_set(e, ERR_CRYPTO, "sealing key: %s", reason_take());
	memcpy(k->mark, digest, sizeof(k->mark));
	return 0;
}

/* A key whose bytes are still zero. */
static int
seal_key_new(struct seal_key **out, struct err *e)
{
	*out = calloc(1, sizeof(**out));
	if (*out != NULL && secret_new(SEAL_KEY_BYTES, &(*out)->raw) == 0)
		return 0;
	seal_key_free(out);
	return err_set(e, ERR_MEMORY, "no secure memory for a sealing key");
}

int
seal_key_make(struct seal_key **out, struct err *e)
{
	int rc = seal_key_new(out, e);

	if (rc != 0)
		return rc;
	if (RAND_priv_bytes((*out)->raw.p, SEAL_KEY_BYTES) != 1)
		rc = err_set(e, ERR_CRYPTO, "no randomness for a sealing key: %s",
		    reason_take());
	if (rc != 0 || (rc = seal_key_set_mark(*out, e)) != 0)
		seal_key_free(out);
	return rc;
}

int
seal_key_from(struct bytes raw, struct seal_key **out, struct err *e)
{
	static const uint8_t zeros[SEAL_KEY_BYTES];
	int rc;

	*out = NULL;
	if (raw.n != SEAL_KEY_BYTES)
		return err_set(e, ERR_SYNTAX, "a sealing key of %zu bytes, want %d",
		    raw.n, SEAL_KEY_BYTES);
	if (CRYPTO_memcmp(raw.p, zeros, SEAL_KEY_BYTES) == 0)
		return err_set(e, ERR_SYNTAX, "a sealing key of zeros only");
	if ((rc = seal_key_new(out, e)) != 0)
		return rc;
	memcpy((*out)->raw.p, raw.p, SEAL_KEY_BYTES);
	if ((rc = seal_key_set_mark(*out, e)) != 0)
		seal_key_free(out);
	return rc;
}

struct bytes
seal_key_raw(const struct seal_key *k)
{
	return secret_view(&k->raw);
}

struct bytes
seal_key_mark(const struct seal_key *k)
{
	return (struct bytes){k->mark, sizeof(k->mark)};
}

/* --- values ------------------------------------------------------------------ */

static void
put_time(uint8_t *p, int64_t seconds)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)((uint64_t)seconds >> (56 - 8 * i));
}

static int64_t
get_time(const uint8_t *p)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | p[i];
	return (int64_t)n;
}

static int
seal_check_record(struct bytes record, struct err *e)
{
	if (record.n == 0)
		return err_set(e, ERR_USAGE, "sealing without a record's id");
	if (record.n > SEAL_RECORD_MAX)
		return err_set(e, ERR_LIMIT,
		    "sealing: a record's id of %zu bytes, want at most %d", record.n,
		    SEAL_RECORD_MAX);
	return 0;
}

/* Feeds what is bound to the value but not in it. */
static bool
seal_bind(EVP_CIPHER_CTX *ctx, const uint8_t *head, struct bytes record)
{
	int n;

	return EVP_CipherUpdate(ctx, NULL, &n, head, AT_NONCE) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &n, record.p, (int)record.n) == 1;
}

/* sealed has its head already. */
static bool
seal_encrypt(
    const struct seal_key *k, struct bytes record, struct bytes plain, uint8_t *sealed)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *to = sealed + HEAD_BYTES;
	int n = 0;
	bool ok = ctx != NULL &&
		  EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, k->raw.p,
		      sealed + AT_NONCE, 1) == 1 &&
		  seal_bind(ctx, sealed, record) &&
		  (plain.n == 0 ||
		      EVP_CipherUpdate(ctx, to, &n, plain.p, (int)plain.n) == 1) &&
		  EVP_CipherFinal_ex(ctx, to + plain.n, &n) == 1 &&
		  EVP_CIPHER_CTX_ctrl(
		      ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, to + plain.n) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

int
seal_make(const struct seal_key *k, enum seal_purpose purpose, struct bytes record,
    int64_t now, struct bytes plain, struct owned *out, struct err *e)
{
	int rc = seal_check_record(record, e);

	*out = (struct owned){0};
	if (rc != 0)
		return rc;
	if (plain.n > SEAL_PLAIN_MAX)
		return err_set(e, ERR_LIMIT, "sealing %zu bytes, want at most %d",
		    plain.n, SEAL_PLAIN_MAX);
	if ((out->p = malloc(SEAL_OVERHEAD + plain.n)) == NULL)
		return err_set(e, ERR_MEMORY, "no memory to seal");
	out->n = SEAL_OVERHEAD + plain.n;
	out->p[0] = VERSION;
	out->p[AT_PURPOSE] = (uint8_t)purpose;
	memcpy(out->p + AT_MARK, k->mark, SEAL_MARK_BYTES);
	put_time(out->p + AT_TIME, now);
	if (RAND_bytes(out->p + AT_NONCE, NONCE_BYTES) == 1 &&
	    seal_encrypt(k, record, plain, out->p))
		return 0;
	owned_free(out);
	return err_set(e, ERR_CRYPTO, "sealing: %s", reason_take());
}

/* Whether this can be a sealed value at all. */
static int
seal_check_form(struct bytes sealed, struct err *e)
{
	if (sealed.n < SEAL_OVERHEAD || sealed.n > SEAL_OVERHEAD + SEAL_PLAIN_MAX)
		return err_set(e, ERR_SYNTAX,
		    "no sealed value: %zu bytes, want %d to %d", sealed.n,
		    SEAL_OVERHEAD, SEAL_OVERHEAD + SEAL_PLAIN_MAX);
	if (sealed.p[0] != VERSION)
		return err_set(e, ERR_UNSUPPORTED,
		    "a sealed value of version %d, want %d", sealed.p[0], VERSION);
	return 0;
}

int
seal_time(struct bytes sealed, int64_t *out, struct err *e)
{
	int rc = seal_check_form(sealed, e);

	*out = rc == 0 ? get_time(sealed.p + AT_TIME) : 0;
	return rc;
}

static int
seal_check_head(const struct seal_key *k, enum seal_purpose purpose,
    struct bytes sealed, struct err *e)
{
	int rc = seal_check_form(sealed, e);

	if (rc != 0)
		return rc;
	if (sealed.p[AT_PURPOSE] != (uint8_t)purpose)
		return err_set(e, ERR_POLICY, "a value sealed as %s, want %s",
		    seal_purpose_word(sealed.p[AT_PURPOSE]),
		    seal_purpose_word(purpose));
	if (memcmp(sealed.p + AT_MARK, k->mark, SEAL_MARK_BYTES) != 0)
		return err_set(
		    e, ERR_NOT_FOUND, "a value that was sealed under another key");
	return 0;
}

static bool
seal_decrypt(const struct seal_key *k, struct bytes record, struct bytes sealed,
    uint8_t *plain, int n_plain)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t *from = sealed.p + HEAD_BYTES;
	uint8_t tag[TAG_BYTES], last[TAG_BYTES];
	int n = 0;
	bool ok;

	memcpy(tag, from + n_plain, TAG_BYTES);
	ok = ctx != NULL &&
	     EVP_CipherInit_ex(
		 ctx, EVP_aes_256_gcm(), NULL, k->raw.p, sealed.p + AT_NONCE, 0) == 1 &&
	     seal_bind(ctx, sealed.p, record) &&
	     (n_plain == 0 || EVP_CipherUpdate(ctx, plain, &n, from, n_plain) == 1) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1 &&
	     EVP_CipherFinal_ex(ctx, last, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

int
seal_open(const struct seal_key *k, enum seal_purpose purpose, struct bytes record,
    struct bytes sealed, struct secret *out, struct err *e)
{
	int rc = seal_check_record(record, e), n;

	*out = (struct secret){0};
	if (rc != 0 || (rc = seal_check_head(k, purpose, sealed, e)) != 0)
		return rc;
	n = (int)sealed.n - SEAL_OVERHEAD;
	/* One byte more, so that an empty value has memory too. */
	if (secret_new((size_t)n + 1, out) != 0)
		return err_set(e, ERR_MEMORY, "no secure memory to unseal");
	if (seal_decrypt(k, record, sealed, out->p, n)) {
		out->n = (size_t)n;
		return 0;
	}
	secret_free(out);
	(void)reason_take();
	return err_set(e, ERR_CRYPTO,
	    "a sealed %s that is damaged or belongs to another record",
	    seal_purpose_word(purpose));
}
