/*
 * PFX files, taken apart again with OpenSSL: what is in them, under which
 * algorithms, with which iterations and salts; and what is refused. Whether other
 * programs open them is tests/integration/test_packages.py's.
 */
#include "crypto/pfx.h"

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "crypto/pfx_salt.h"
#include "crypto/pin.h"
#include "tests/unit/check.h"
#include "tests/unit/person_world.h"

#define NAME "anna.m\xc3\xbcster@example.com 2026-11-22"

static struct person person;
static struct secret pin;

static struct pfx_params
params(enum pfx_form form)
{
	return (struct pfx_params){.form = form,
	    .iterations = PFX_ITERATIONS_DEFAULT,
	    .name = BYTES(NAME),
	    .pin = secret_view(&pin),
	    .key = key_pkey(person.key),
	    .certificate = owned_view(&person.cert),
	    .chain = person.chain,
	    .n_chain = 2};
}

static PKCS12 *
parse(const struct owned *file)
{
	const uint8_t *p = file->p;

	return d2i_PKCS12(NULL, &p, (long)file->n);
}

/* The MAC as the file states it: digest, salt, iterations. */
static void
check_mac(const char *name, const PKCS12 *file, int digest, long iterations)
{
	const ASN1_OCTET_STRING *salt;
	const ASN1_INTEGER *iter;
	const X509_ALGOR *alg;
	const ASN1_OBJECT *oid;

	PKCS12_get0_mac(NULL, &alg, &salt, &iter, file);
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	check(OBJ_obj2nid(oid) == digest && ASN1_STRING_length(salt) == 8 &&
		  ASN1_INTEGER_get(iter) == iterations,
	    name, "got %s, salt of %d, %ld iterations", OBJ_nid2sn(OBJ_obj2nid(oid)),
	    ASN1_STRING_length(salt), ASN1_INTEGER_get(iter));
}

/* How often these bytes are in the file. */
static size_t
times(const struct owned *file, struct bytes what)
{
	size_t n = 0;

	for (size_t i = 0; i + what.n <= file->n; i++)
		n += memcmp(file->p + i, what.p, what.n) == 0;
	return n;
}

static void
check_content(const char *name, PKCS12 *file, const char *password)
{
	EVP_PKEY *key = NULL;
	X509 *leaf = NULL;
	STACK_OF(X509) *chain = NULL;
	uint8_t *der = NULL, *ca = NULL;
	int n, n_name = 0, n_ca, ok = PKCS12_parse(file, password, &key, &leaf, &chain);
	const char *friendly =
	    leaf == NULL ? NULL : (const char *)X509_alias_get0(leaf, &n_name);

	n = leaf == NULL ? 0 : i2d_X509(leaf, &der);
	n_ca = sk_X509_num(chain) == 1 ? i2d_X509(sk_X509_value(chain, 0), &ca) : 0;
	check(
	    ok == 1 && EVP_PKEY_eq(key, key_pkey(person.key)) == 1 &&
		bytes_equal((struct bytes){der, (size_t)n}, owned_view(&person.cert)) &&
		bytes_equal((struct bytes){ca, (size_t)n_ca}, person.chain[0]) &&
		friendly != NULL &&
		bytes_equal((struct bytes){(const uint8_t *)friendly, (size_t)n_name},
		    BYTES(NAME)),
	    name, "parsed %d, %d bytes of certificate, %d in the chain, name \"%s\"",
	    ok, n, sk_X509_num(chain), friendly == NULL ? "" : friendly);
	OPENSSL_free(der);
	OPENSSL_free(ca);
	EVP_PKEY_free(key);
	X509_free(leaf);
	sk_X509_pop_free(chain, X509_free);
}

static void
test_crypto_pfx__form(enum pfx_form form, unsigned iterations)
{
	struct pfx_params p = params(form);
	struct owned file;
	struct err e = {0};
	char name[80], password[PIN_TEXT + 1];
	PKCS12 *parsed;
	/* DER of the OIDs: AES-256-CBC, HMAC-SHA-256, 3DES-SHA1, RC2-40. */
	struct bytes aes = BYTES("\x60\x86\x48\x01\x65\x03\x04\x01\x2a");
	struct bytes prf = BYTES("\x2a\x86\x48\x86\xf7\x0d\x02\x09");
	struct bytes des = BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03");
	struct bytes rc2 = BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06");
	bool modern = form == PFX_MODERN;

	p.iterations = iterations;
	snprintf(
	    name, sizeof(name), "crypto_pfx__%s_%u", pfx_form_word(form), iterations);
	if (!check(pfx_make(&p, &file, &e) == 0, name, "%s", e.text))
		return;
	parsed = parse(&file);
	memcpy(password, pin.p, PIN_TEXT);
	password[PIN_TEXT] = '\0';
	snprintf(name, sizeof(name), "crypto_pfx__%s_%u_content", pfx_form_word(form),
	    iterations);
	check_content(name, parsed, password);
	snprintf(name, sizeof(name), "crypto_pfx__%s_%u_mac", pfx_form_word(form),
	    iterations);
	check_mac(name, parsed, modern ? NID_sha256 : NID_sha1, (long)iterations);
	/* Key and certificates: two encrypted parts. */
	snprintf(name, sizeof(name), "crypto_pfx__%s_%u_algorithms",
	    pfx_form_word(form), iterations);
	check(times(&file, aes) == (modern ? 2 : 0) &&
		  times(&file, prf) == (modern ? 2 : 0) &&
		  times(&file, des) == (modern ? 0 : 2) && times(&file, rc2) == 0,
	    name, "AES %zu, PRF %zu, 3DES %zu, RC2 %zu times", times(&file, aes),
	    times(&file, prf), times(&file, des), times(&file, rc2));
	password[0] = password[0] == 'A' ? 'B' : 'A';
	snprintf(name, sizeof(name), "crypto_pfx__%s_%u_wrong_pin", pfx_form_word(form),
	    iterations);
	check_int(name, PKCS12_verify_mac(parsed, password, -1), 0);
	PKCS12_free(parsed);
	owned_free(&file);
}

static void
refuse(const char *name, const struct pfx_params *p, int want, const char *words)
{
	struct owned file;
	struct err e = {0};
	int rc = pfx_make(p, &file, &e);

	check(rc == want && file.p == NULL && strstr(e.text, words) != NULL, name,
	    "got %d \"%s\", want %d \"%s\"", rc, e.text, want, words);
	owned_free(&file);
}

static void
test_crypto_pfx__refusals(void)
{
	struct pfx_params p = params(PFX_MODERN);
	struct bytes many[PFX_CHAIN_MAX + 1], bad_chain = BYTES("\x30\x00");
	struct key *stranger = world_key(KEY_P256);
	static uint8_t name[PFX_NAME_MAX + 1];

	for (size_t i = 0; i < NITEMS(many); i++)
		many[i] = person.chain[0];
	p.iterations = PFX_ITERATIONS_MIN - 1;
	refuse("crypto_pfx__few_iterations", &p, ERR_LIMIT, "2047 iterations");
	p.iterations = PFX_ITERATIONS_MAX + 1;
	refuse("crypto_pfx__many_iterations", &p, ERR_LIMIT, "1000001 iterations");
	p = params(PFX_MODERN);
	p.pin = BYTES("password");
	refuse("crypto_pfx__weak_password", &p, ERR_POLICY, "no PIN of 120 bits");
	p = params(PFX_MODERN);
	p.key = key_pkey(stranger);
	refuse("crypto_pfx__another_key", &p, ERR_POLICY, "not the certificate's");
	p = params(PFX_COMPATIBLE);
	p.certificate.n--;
	refuse("crypto_pfx__cut_certificate", &p, ERR_SYNTAX, "no certificate in DER");
	p.certificate.n = 0;
	refuse("crypto_pfx__no_certificate", &p, ERR_LIMIT, "0 bytes");
	p = params(PFX_MODERN);
	p.chain = &bad_chain;
	p.n_chain = 1;
	refuse("crypto_pfx__bad_chain", &p, ERR_SYNTAX, "no certificate in DER");
	p.chain = many;
	p.n_chain = NITEMS(many);
	refuse("crypto_pfx__long_chain", &p, ERR_LIMIT, "a chain of 9");
	p = params(PFX_MODERN);
	p.name = BYTES("a\nb");
	refuse("crypto_pfx__control_in_name", &p, ERR_SYNTAX, "control character");
	memset(name, 'a', sizeof(name));
	p.name = (struct bytes){name, sizeof(name)};
	refuse("crypto_pfx__long_name", &p, ERR_LIMIT, "a name of 337");
	key_free(&stranger);
}

/* The most of everything. */
static void
test_crypto_pfx__most(void)
{
	struct pfx_params p = params(PFX_MODERN);
	struct bytes many[PFX_CHAIN_MAX];
	static uint8_t name[PFX_NAME_MAX];
	struct owned file;
	struct err e = {0};

	for (size_t i = 0; i < NITEMS(many); i++)
		many[i] = person.chain[0];
	memset(name, 'a', sizeof(name));
	p.name = (struct bytes){name, sizeof(name)};
	p.chain = many;
	p.n_chain = NITEMS(many);
	check(pfx_make(&p, &file, &e) == 0, "crypto_pfx__most", "%s", e.text);
	owned_free(&file);
}

/* The first was seen to fail in gpgsm 2.2.40, the second beside it to open. */
static void
test_crypto_pfx__salts(void)
{
	static const char seen[] = "EQEE-766K-J2FP-Y4FP-PAVW-RGP4";
	struct pfx_params p = params(PFX_COMPATIBLE);
	char password[PIN_TEXT + 1] = "";
	struct owned file;
	PKCS12 *parsed;
	int bad = 0;

	check(!pfx_salt_good(seen, BYTES("\x11\x9d\xad\xd1\x6b\x34\x9a\xf1"), 2048),
	    "crypto_pfx__salt_bad", "called good");
	check(pfx_salt_good(seen, BYTES("\x5a\x25\x00\x6b\xe9\xba\x9c\xb6"), 2048),
	    "crypto_pfx__salt_good", "called bad");
	memcpy(password, pin.p, PIN_TEXT);
	for (int i = 0; i < 200; i++) { /* three of them would be bad */
		if (pfx_make(&p, &file, NULL) != 0)
			continue;
		parsed = parse(&file);
		bad += !pfx_salts_good(parsed, password, p.iterations);
		PKCS12_free(parsed);
		owned_free(&file);
	}
	check_int("crypto_pfx__salts_of_200_files", bad, 0);
}

static void
test_crypto_pfx__names(void)
{
	char name[PFX_NAME_MAX + 1];
	static uint8_t address[PFX_NAME_MAX];
	enum pfx_form form;

	memset(address, 'a', sizeof(address));
	pfx_name(BYTES("anna.muster@example.com"), WORLD_NOW, name, NULL);
	check_str("crypto_pfx__name", name, "anna.muster@example.com 2026-11-22");
	check_int("crypto_pfx__name_longest",
	    pfx_name((struct bytes){address, PFX_NAME_MAX - 11}, WORLD_NOW, name, NULL),
	    0);
	check_int("crypto_pfx__name_too_long",
	    pfx_name((struct bytes){address, PFX_NAME_MAX - 10}, WORLD_NOW, name, NULL),
	    ERR_LIMIT);
	check(pfx_form_read(BYTES("compatible"), &form, NULL) == 0 &&
		  form == PFX_COMPATIBLE &&
		  pfx_form_read(BYTES("legacy"), &form, NULL) == ERR_UNSUPPORTED,
	    "crypto_pfx__form_words", "got %d", form);
}

int
main(void)
{
	struct err e = {0};

	world_must(key_memory_init(&e), &e, "secure memory");
	person_init(&person, KEY_RSA_2048, WORLD_NOW);
	world_must(pin_make(&pin, &e), &e, "pin");
	test_crypto_pfx__form(PFX_MODERN, PFX_ITERATIONS_MIN);
	test_crypto_pfx__form(PFX_COMPATIBLE, PFX_ITERATIONS_MIN);
	test_crypto_pfx__form(PFX_MODERN, PFX_ITERATIONS_MAX);
	test_crypto_pfx__form(PFX_COMPATIBLE, 10000);
	test_crypto_pfx__refusals();
	test_crypto_pfx__most();
	test_crypto_pfx__names();
	test_crypto_pfx__salts();
	secret_free(&pin);
	person_fini(&person);
	return check_done();
}
