/*
 * Sealing: every byte of a sealed value, its purpose, its record and its key count;
 * the format is also read here by hand, with OpenSSL's calls only.
 */
#include "crypto/seal.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "tests/unit/check.h"

#define NOW INT64_C(1795348800)

static struct seal_key *key, *other;
static const struct bytes record = {(const uint8_t *)"cn=4711,ou=registry", 19};
static const struct bytes plain = {(const uint8_t *)"what nobody may read", 20};

static struct owned
seal(enum seal_purpose purpose, struct bytes content)
{
	struct owned sealed;
	struct err e = {0};

	if (seal_make(key, purpose, record, NOW, content, &sealed, &e) != 0) {
		printf("not ok crypto_seal: %s\n", e.text);
		exit(1);
	}
	return sealed;
}

static void
opens(const char *name, const struct seal_key *k, enum seal_purpose purpose,
    struct bytes of, struct bytes sealed, int want, const char *words)
{
	struct secret out;
	struct err e = {0};
	int rc = seal_open(k, purpose, of, sealed, &out, &e);

	check(
	    rc == want && strstr(e.text, words) != NULL && (rc == 0) == (out.p != NULL),
	    name, "got %d \"%s\", want %d \"%s\"", rc, e.text, want, words);
	secret_free(&out);
}

static void
test_crypto_seal__round(void)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 4096, SEAL_PLAIN_MAX};
	static uint8_t content[SEAL_PLAIN_MAX + 1];
	struct owned sealed;
	struct secret out;
	char name[80];
	int64_t when = 0;

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < NITEMS(sizes); i++) {
		struct bytes in = {content, sizes[i]};
		int rc;

		sealed = seal(SEAL_KEY, in);
		rc = seal_open(key, SEAL_KEY, record, owned_view(&sealed), &out, NULL);
		snprintf(name, sizeof(name), "crypto_seal__round_%zu", sizes[i]);
		check(rc == 0 && sealed.n == sizes[i] + SEAL_OVERHEAD &&
			  bytes_equal(secret_view(&out), in),
		    name, "rc %d, %zu bytes", rc, out.n);
		secret_free(&out);
		owned_free(&sealed);
	}
	check_int("crypto_seal__one_byte_too_many",
	    seal_make(key, SEAL_KEY, record, NOW,
		(struct bytes){content, SEAL_PLAIN_MAX + 1}, &sealed, NULL),
	    ERR_LIMIT);
	sealed = seal(SEAL_PIN, plain);
	seal_time(owned_view(&sealed), &when, NULL);
	check_int("crypto_seal__time", when, NOW);
	check(memmem(sealed.p, sealed.n, plain.p, plain.n) == NULL,
	    "crypto_seal__not_in_clear", "the plaintext is in it");
	owned_free(&sealed);
}

/* No bit of a sealed value can be turned. */
static void
test_crypto_seal__bits(void)
{
	struct owned sealed = seal(SEAL_PIN, plain);
	struct secret out;
	size_t opened = 0, wrong = 0;

	for (size_t bit = 0; bit < 8 * sealed.n; bit++) {
		sealed.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (seal_open(key, SEAL_PIN, record, owned_view(&sealed), &out, NULL) ==
		    0)
			opened++;
		if (out.p != NULL)
			wrong++;
		secret_free(&out);
		sealed.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	check(opened == 0 && wrong == 0, "crypto_seal__every_bit",
	    "%zu of %zu changed values opened", opened, 8 * sealed.n);
	for (size_t n = 0; n < sealed.n; n++) {
		opened += seal_open(key, SEAL_PIN, record, (struct bytes){sealed.p, n},
			      &out, NULL) == 0;
		secret_free(&out);
	}
	check(opened == 0, "crypto_seal__every_cut", "%zu cut values opened", opened);
	opens("crypto_seal__unchanged_opens", key, SEAL_PIN, record,
	    owned_view(&sealed), 0, "");
	owned_free(&sealed);
}

static void
test_crypto_seal__bound(void)
{
	struct owned sealed = seal(SEAL_PIN, plain);
	struct bytes s = owned_view(&sealed);
	uint8_t longest[SEAL_RECORD_MAX + 1] = {'x'};

	opens("crypto_seal__other_record", key, SEAL_PIN, BYTES("cn=4712,ou=registry"),
	    s, ERR_CRYPTO, "belongs to another record");
	opens("crypto_seal__shorter_record", key, SEAL_PIN,
	    (struct bytes){record.p, record.n - 1}, s, ERR_CRYPTO, "a sealed pin");
	opens(
	    "crypto_seal__no_record", key, SEAL_PIN, BYTES(""), s, ERR_USAGE, "record");
	opens("crypto_seal__longest_record", key, SEAL_PIN,
	    (struct bytes){longest, SEAL_RECORD_MAX}, s, ERR_CRYPTO, "");
	opens("crypto_seal__record_too_long", key, SEAL_PIN,
	    (struct bytes){longest, SEAL_RECORD_MAX + 1}, s, ERR_LIMIT, "want at most");
	opens("crypto_seal__other_purpose", key, SEAL_KEY, record, s, ERR_POLICY,
	    "sealed as pin, want key");
	opens("crypto_seal__other_key", other, SEAL_PIN, record, s, ERR_NOT_FOUND,
	    "another key");
	/* Even where purpose and mark are made to fit, the tag does not. */
	sealed.p[1] = SEAL_KEY;
	opens("crypto_seal__purpose_forged", key, SEAL_KEY, record, s, ERR_CRYPTO, "");
	sealed.p[1] = SEAL_PIN;
	memcpy(sealed.p + 2, seal_key_mark(other).p, SEAL_MARK_BYTES);
	opens("crypto_seal__mark_forged", other, SEAL_PIN, record, s, ERR_CRYPTO, "");
	sealed.p[0] = 2;
	opens("crypto_seal__version_2", key, SEAL_PIN, record, s, ERR_UNSUPPORTED,
	    "version 2, want 1");
	opens("crypto_seal__empty", key, SEAL_PIN, record, BYTES(""), ERR_SYNTAX,
	    "0 bytes");
	owned_free(&sealed);
}

/* The same twice gives two values: nonces do not repeat. */
static void
test_crypto_seal__nonces(void)
{
	enum {
		MADE = 2000
	};
	static uint8_t nonce[MADE][12];
	size_t same = 0;

	for (size_t i = 0; i < MADE; i++) {
		struct owned sealed = seal(SEAL_POOL, plain);

		memcpy(nonce[i], sealed.p + 18, 12);
		for (size_t k = 0; k < i; k++)
			same += memcmp(nonce[i], nonce[k], 12) == 0;
		owned_free(&sealed);
	}
	check_int("crypto_seal__nonces_differ", (long long)same, 0);
}

/* The format as the header describes it, read without seal.c. */
static void
test_crypto_seal__format(void)
{
	struct owned sealed = seal(SEAL_KEY, plain);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t out[64] = "";
	int n = 0, ok = 1;

	ok &= EVP_DecryptInit_ex(
	    ctx, EVP_aes_256_gcm(), NULL, seal_key_raw(key).p, sealed.p + 18);
	ok &= EVP_DecryptUpdate(ctx, NULL, &n, sealed.p, 18);
	ok &= EVP_DecryptUpdate(ctx, NULL, &n, record.p, (int)record.n);
	ok &= EVP_DecryptUpdate(ctx, out, &n, sealed.p + 30, (int)plain.n);
	ok &= EVP_CIPHER_CTX_ctrl(
	    ctx, EVP_CTRL_AEAD_SET_TAG, 16, sealed.p + 30 + plain.n);
	ok &= EVP_DecryptFinal_ex(ctx, out + n, &n);
	check(ok == 1 && memcmp(out, plain.p, plain.n) == 0 && sealed.p[0] == 1 &&
		  sealed.p[1] == 1,
	    "crypto_seal__format", "ok %d, got \"%s\"", ok, out);
	EVP_CIPHER_CTX_free(ctx);
	owned_free(&sealed);
}

static void
test_crypto_seal__keys(void)
{
	uint8_t raw[SEAL_KEY_BYTES + 1] = {0};
	struct seal_key *k;
	struct owned sealed = seal(SEAL_KEY, plain);
	struct err e = {0};

	check_int("crypto_seal__key_of_zeros",
	    seal_key_from((struct bytes){raw, SEAL_KEY_BYTES}, &k, &e), ERR_SYNTAX);
	raw[0] = 1;
	check_int("crypto_seal__key_short",
	    seal_key_from((struct bytes){raw, SEAL_KEY_BYTES - 1}, &k, &e), ERR_SYNTAX);
	check_int("crypto_seal__key_long",
	    seal_key_from((struct bytes){raw, SEAL_KEY_BYTES + 1}, &k, &e), ERR_SYNTAX);
	check(seal_key_from(seal_key_raw(key), &k, &e) == 0, "crypto_seal__key_again",
	    "%s", e.text);
	opens("crypto_seal__key_again_opens", k, SEAL_KEY, record, owned_view(&sealed),
	    0, "");
	check(!bytes_equal(seal_key_mark(key), seal_key_mark(other)) &&
		  bytes_equal(seal_key_mark(key), seal_key_mark(k)),
	    "crypto_seal__marks", "want equal for equal keys only");
	seal_key_free(&k);
	owned_free(&sealed);
}

int
main(void)
{
	struct err e = {0};

	if (seal_key_make(&key, &e) != 0 || seal_key_make(&other, &e) != 0) {
		printf("not ok crypto_seal: %s\n", e.text);
		return 1;
	}
	test_crypto_seal__round();
	test_crypto_seal__bits();
	test_crypto_seal__bound();
	test_crypto_seal__nonces();
	test_crypto_seal__format();
	test_crypto_seal__keys();
	seal_key_free(&key);
	seal_key_free(&other);
	return check_done();
}
