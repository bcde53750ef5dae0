/*
 * Drives crypto/'s CA from a shell, for tests/integration/test_issuing.py and for
 * measuring; no part of the product. The passphrase of every key file is read
 * from descriptor 3, one line.
 *
 *   issue init FOLDER KIND NOW      root and issuing CA: root.pem root.cer
 *                                   issuing.pem issuing.cer in the folder
 *   issue cert CA.cer CA.pem NOW PROFILE KIND OUT GIVEN SURNAME MAIL...
 *                                   OUT.cer and OUT.pem
 *   issue crl CA.cer CA.pem NOW NUMBER OUT [SERIAL=REASON...]
 *   issue bench CA-KIND KIND SECONDS
 *
 * Exit status 1 with one sentence on stderr where something is refused.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "crypto/crl_make.h"
#include "crypto/serial.h"

enum {
	PASSPHRASE_FD = 3,
	FILE_ROOM = 64 * 1024,
	PATH_ROOM = 1024,
	REVOKED_ROOM = 100,
};

static const char *const domains[] = {"example.com", "xn--bcher-kva.example"};
static const struct profile_policy policy = {
    .generation = PROFILE_STRICT,
    .use = PROFILE_DUAL,
    .days = 730,
    .policy_oid = "1.3.6.1.4.1.99999.7.1",
    .claim = true,
    .organization = "Muster & Söhne AG",
    .organization_id = "NTRCH-CHE-123.456.789",
    .country = "CH",
    .domain = domains,
    .n_domain = 2,
};
static const char base[] = "http://pki.example.com/chancery";

static _Noreturn void
refuse(const struct err *e)
{
	fprintf(stderr, "issue: %s\n", e->text);
	exit(1);
}

static void
must(int rc, const struct err *e)
{
	if (rc != 0)
		refuse(e);
}

static void
write_out(const char *folder, const char *name, const char *ending, struct bytes b)
{
	char path[PATH_ROOM];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s%s", folder, name, ending);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(b.p, 1, b.n, f) != b.n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static struct owned
read_in(const char *path)
{
	static uint8_t room[FILE_ROOM];
	FILE *f = fopen(path, "rb");
	struct owned out = {0};
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(room, 1, sizeof(room), f);
	fclose(f);
	if (owned_copy((struct bytes){room, n}, &out) != 0)
		abort();
	return out;
}

static enum key_kind
kind_of(const char *word)
{
	enum key_kind kind;
	struct err e = {0};

	must(key_kind_read(bytes_of(word), &kind, &e), &e);
	return kind;
}

static struct key *
new_key(const char *word)
{
	struct key *key;
	struct err e = {0};

	must(key_generate(kind_of(word), &key, &e), &e);
	return key;
}

static struct secret
passphrase(void)
{
	struct secret s;
	struct err e = {0};

	must(key_read_passphrase(PASSPHRASE_FD, &s, &e), &e);
	return s;
}

/* Opens a CA from its two files. */
static struct ca *
open_ca(const char *cer, const char *pem, int64_t now)
{
	struct secret secret = passphrase();
	struct owned der = read_in(cer);
	struct ca_place place;
	struct err e = {0};
	struct key *key;
	struct ca *ca;

	must(key_read_pem(pem, secret_view(&secret), &key, &e), &e);
	must(ca_place_make(base, "issuing", key_spki(key), &place, &e), &e);
	must(ca_open(owned_view(&der), &key, &place, now, &ca, &e), &e);
	secret_free(&secret);
	owned_free(&der);
	return ca;
}

/* --- verbs --------------------------------------------------------------------- */

/* A root of this key, which it takes. */
static struct ca *
make_root(struct key **key, int64_t now)
{
	static const struct ca_names names = {
	    "Muster Root CA", "Muster & Söhne AG", "CH", 20};
	struct owned cert;
	struct ca_place place;
	struct err e = {0};
	struct ca *ca;

	must(ca_place_make(base, "root", key_spki(*key), &place, &e), &e);
	must(ca_make_root(&names, *key, now, &cert, &e), &e);
	must(ca_open(owned_view(&cert), key, &place, now, &ca, &e), &e);
	owned_free(&cert);
	return ca;
}

static struct ca *
make_issuing(const struct ca *root, struct key **key, int64_t now)
{
	static const struct ca_names names = {
	    "Muster Issuing CA 1", "Muster & Söhne AG", "CH", 10};
	struct owned cert;
	struct ca_place place;
	struct err e = {0};
	struct ca *ca;

	must(ca_place_make(base, "issuing", key_spki(*key), &place, &e), &e);
	must(ca_make_issuing(root, &names, key_spki(*key), now, &cert, &e), &e);
	must(ca_open(owned_view(&cert), key, &place, now, &ca, &e), &e);
	owned_free(&cert);
	return ca;
}

static void
write_key(
    const char *folder, const char *name, const struct key *key, struct bytes secret)
{
	char path[PATH_ROOM];
	struct err e = {0};

	snprintf(path, sizeof(path), "%s%s.pem", folder, name);
	must(key_write_pem(key, secret, path, &e), &e);
}

static int
verb_init(char **argv)
{
	char folder[PATH_ROOM];
	struct secret secret = passphrase();
	int64_t now = strtoll(argv[2], NULL, 10);
	struct key *root_key = new_key(argv[1]), *key = new_key(argv[1]);
	struct ca *root, *issuing;

	snprintf(folder, sizeof(folder), "%s/", argv[0]);
	write_key(folder, "root", root_key, secret_view(&secret));
	write_key(folder, "issuing", key, secret_view(&secret));
	root = make_root(&root_key, now);
	issuing = make_issuing(root, &key, now);
	write_out(folder, "root", ".cer", ca_certificate(root));
	write_out(folder, "issuing", ".cer", ca_certificate(issuing));
	printf("%s\n%s\n", ca_issuer(issuing)->crl_url, ca_issuer(issuing)->ca_url);
	secret_free(&secret);
	ca_free(&root);
	ca_free(&issuing);
	return 0;
}

static int
verb_cert(int argc, char **argv)
{
	struct bytes mail[PROFILE_MAX_MAIL];
	uint8_t serial[SERIAL_BYTES];
	struct profile_request r = {.mail = mail,
	    .now = strtoll(argv[2], NULL, 10),
	    .given = bytes_of(argv[6]),
	    .surname = bytes_of(argv[7]),
	    .serial = {serial, sizeof(serial)}};
	struct ca *ca = open_ca(argv[0], argv[1], r.now);
	struct key *key = new_key(argv[4]);
	struct owned tbs, cert;
	struct err e = {0};

	must(profile_check_policy(&policy, &e), &e);
	must(profile_kind_read(bytes_of(argv[3]), &r.kind, &e), &e);
	for (int i = 8; i < argc && r.n_mail < PROFILE_MAX_MAIL; i++)
		mail[r.n_mail++] = bytes_of(argv[i]);
	r.spki = key_spki(key);
	must(serial_make(serial, &e), &e);
	must(ca_prepare(ca, &policy, &r, &tbs, &e), &e);
	must(ca_issue(ca, &policy, &r, owned_view(&tbs), &cert, &e), &e);
	write_out("", argv[5], ".cer", owned_view(&cert));
	write_key("", argv[5], key, BYTES("test passphrase"));
	owned_free(&tbs);
	owned_free(&cert);
	key_free(&key);
	ca_free(&ca);
	return 0;
}

static int
verb_crl(int argc, char **argv)
{
	static uint8_t serial[REVOKED_ROOM][CRL_MAKE_SERIAL_MAX];
	struct crl_make_entry entry[REVOKED_ROOM];
	int64_t now = strtoll(argv[2], NULL, 10);
	struct ca *ca = open_ca(argv[0], argv[1], now);
	struct owned crl;
	struct err e = {0};
	size_t n = 0;

	for (int i = 5; i < argc && n < REVOKED_ROOM; i++, n++) {
		const char *equals = strchr(argv[i], '=');
		size_t octets = equals == NULL ? 0 : (size_t)(equals - argv[i]) / 2;
		char two[3] = "";

		if (octets == 0 || octets > CRL_MAKE_SERIAL_MAX)
			return 2;
		for (size_t k = 0; k < octets; k++) {
			memcpy(two, argv[i] + 2 * k, 2);
			serial[n][k] = (uint8_t)strtoul(two, NULL, 16);
		}
		entry[n] = (struct crl_make_entry){{serial[n], octets}, now, 0};
		must(crl_make_reason_read(bytes_of(equals + 1), &entry[n].reason, &e),
		    &e);
	}
	must(crl_make(ca, entry, n, strtoull(argv[3], NULL, 10), now, CRL_MAKE_HOURS,
		 &crl, &e),
	    &e);
	write_out("", argv[4], ".crl", owned_view(&crl));
	owned_free(&crl);
	ca_free(&ca);
	return 0;
}

/* --- measuring ----------------------------------------------------------------- */

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct bench {
	struct ca *ca;
	X509 *ca_x509;
	EVP_PKEY *ca_pkey;
	struct key *person;
	struct profile_request r;
	struct owned tbs;
	char crl_point[300], info_access[300];
};

/* Both steps with a new serial number, as the signer does them. */
static void
bench_both(struct bench *b)
{
	uint8_t serial[SERIAL_BYTES];
	struct owned tbs, cert;
	struct err e = {0};

	must(serial_make(serial, &e), &e);
	b->r.serial = (struct bytes){serial, sizeof(serial)};
	must(ca_prepare(b->ca, &policy, &b->r, &tbs, &e), &e);
	must(ca_issue(b->ca, &policy, &b->r, owned_view(&tbs), &cert, &e), &e);
	owned_free(&tbs);
	owned_free(&cert);
}

static void
bench_prepare(struct bench *b)
{
	uint8_t serial[SERIAL_BYTES] = {1};
	struct owned tbs;
	struct err e = {0};

	b->r.serial = (struct bytes){serial, sizeof(serial)};
	must(ca_prepare(b->ca, &policy, &b->r, &tbs, &e), &e);
	owned_free(&tbs);
}

static void
bench_tbs(struct bench *b)
{
	uint8_t serial[SERIAL_BYTES] = {1};
	struct owned tbs;
	struct err e = {0};

	b->r.serial = (struct bytes){serial, sizeof(serial)};
	must(profile_tbs(&policy, ca_issuer(b->ca), &b->r, &tbs, &e), &e);
	owned_free(&tbs);
}

static void
bench_key_check(struct bench *b)
{
	struct err e = {0};

	must(key_check_public(b->r.spki, &e), &e);
}

static void
add(X509 *x, X509V3_CTX *ctx, CONF *conf, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_nconf_nid(conf, ctx, nid, value);

	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

/* The same certificate with OpenSSL's calls alone: nothing is compared, linted or
 * verified. */
static void
bench_bare(struct bench *b)
{
	uint8_t serial[SERIAL_BYTES], *der = NULL;
	CONF *conf = NCONF_new(NULL);
	X509 *x = X509_new();
	X509V3_CTX ctx;
	struct err e = {0};

	must(serial_make(serial, &e), &e);
	X509_set_version(x, X509_VERSION_3);
	ASN1_STRING_set(X509_get_serialNumber(x), serial, SERIAL_BYTES);
	X509_set_issuer_name(x, X509_get_subject_name(b->ca_x509));
	X509_gmtime_adj(X509_getm_notBefore(x), -300);
	X509_gmtime_adj(X509_getm_notAfter(x), 730 * 86400);
	X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName,
	    MBSTRING_UTF8, (const uint8_t *)"anna.muster@example.com", -1, -1, 0);
	X509_set_pubkey(x, key_pkey(b->person));
	X509V3_set_ctx(&ctx, b->ca_x509, x, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	add(x, &ctx, conf, NID_authority_key_identifier, "keyid");
	add(x, &ctx, conf, NID_subject_key_identifier, "hash");
	add(x, &ctx, conf, NID_key_usage, "critical,digitalSignature,keyEncipherment");
	add(x, &ctx, conf, NID_certificate_policies,
	    "2.23.140.1.5.1.3,1.3.6.1.4.1.99999.7.1");
	add(x, &ctx, conf, NID_subject_alt_name, "email:anna.muster@example.com");
	add(x, &ctx, conf, NID_ext_key_usage, "emailProtection");
	add(x, &ctx, conf, NID_crl_distribution_points, b->crl_point);
	add(x, &ctx, conf, NID_info_access, b->info_access);
	X509_sign(x, b->ca_pkey, EVP_sha256());
	i2d_X509(x, &der);
	OPENSSL_free(der);
	X509_free(x);
	NCONF_free(conf);
}

static void
bench_sign(struct bench *b)
{
	uint8_t signature[CA_SIGNATURE_MAX];
	size_t n = sizeof(signature);
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, b->ca_pkey);
	EVP_DigestSign(md, signature, &n, b->tbs.p, b->tbs.n);
	EVP_MD_CTX_free(md);
}

/* Calls a second, of one core's time. */
static double
rate(void (*step)(struct bench *b), struct bench *b, double seconds)
{
	double began = cpu_seconds(), spent;
	size_t n = 0;

	do {
		step(b);
		n++;
		spent = cpu_seconds() - began;
	} while (spent < seconds);
	return (double)n / spent;
}

static int
verb_bench(char **argv)
{
	static const struct {
		const char *name;
		void (*step)(struct bench *b);
	} steps[] = {
	    {"prepare and issue", bench_both},
	    {"  of it: prepare", bench_prepare},
	    {"    of it: bytes from fields", bench_tbs},
	    {"  check of a public key", bench_key_check},
	    {"bare OpenSSL: X509_* and X509_sign", bench_bare},
	    {"bare OpenSSL: signature alone", bench_sign},
	};
	static const struct bytes mail[] = {
	    {(const uint8_t *)"anna.muster@example.com", 23}};
	struct key *root_key = new_key(argv[0]), *key = new_key(argv[0]);
	double seconds = strtod(argv[2], NULL), first = 0;
	struct bench b = {.person = new_key(argv[1])};
	struct ca *root = make_root(&root_key, time(NULL));
	const uint8_t *p;
	struct err e = {0};

	b.ca_pkey = key_pkey(key);
	EVP_PKEY_up_ref(b.ca_pkey);
	b.ca = make_issuing(root, &key, time(NULL));
	p = ca_certificate(b.ca).p;
	b.ca_x509 = d2i_X509(NULL, &p, (long)ca_certificate(b.ca).n);
	b.r = (struct profile_request){.kind = PROFILE_MAILBOX,
	    .mail = mail,
	    .n_mail = 1,
	    .spki = key_spki(b.person),
	    .now = time(NULL)};
	b.r.serial = BYTES("\x01 2345678901234567");
	b.r.serial.n = SERIAL_BYTES;
	must(ca_prepare(b.ca, &policy, &b.r, &b.tbs, &e), &e);
	snprintf(b.crl_point, sizeof(b.crl_point), "URI:%s", ca_issuer(b.ca)->crl_url);
	snprintf(b.info_access, sizeof(b.info_access), "caIssuers;URI:%s",
	    ca_issuer(b.ca)->ca_url);
	for (size_t i = 0; i < NITEMS(steps); i++) {
		double r = rate(steps[i].step, &b, seconds);

		first = i == 0 ? r : first;
		printf("%-36s %10.0f /s %8.1f us", steps[i].name, r, 1e6 / r);
		if (i >= 4)
			printf("   ours is %.2f of it", first / r);
		printf("\n");
	}
	owned_free(&b.tbs);
	X509_free(b.ca_x509);
	EVP_PKEY_free(b.ca_pkey);
	key_free(&b.person);
	ca_free(&b.ca);
	ca_free(&root);
	return 0;
}

int
main(int argc, char **argv)
{
	struct err e = {0};

	/* Where memory may not be locked the tests run all the same. */
	(void)key_memory_init(&e);
	if (argc == 5 && strcmp(argv[1], "init") == 0)
		return verb_init(argv + 2);
	if (argc >= 10 && strcmp(argv[1], "cert") == 0)
		return verb_cert(argc - 2, argv + 2);
	if (argc >= 7 && strcmp(argv[1], "crl") == 0)
		return verb_crl(argc - 2, argv + 2);
	if (argc == 5 && strcmp(argv[1], "bench") == 0)
		return verb_bench(argv + 2);
	fprintf(stderr, "issue: init, cert, crl or bench; see its first lines\n");
	return 2;
}
