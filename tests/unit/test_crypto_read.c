/*
 * Files with certificates, made here with OpenSSL in every form that people
 * have: each must give exactly the certificates that went in, byte for byte;
 * private keys and other things give their sentence.
 */
#include "crypto/read_certs.h"

#include <stdlib.h>

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "tests/unit/check.h"

enum {
	MADE = 3,
	FILE_MAX = 64 * 1024
};

static EVP_PKEY *key;
static X509 *made[MADE];
static struct bytes made_der[MADE];

/* A file in the making. */
struct file {
	uint8_t p[FILE_MAX];
	size_t n;
};

static void
put(struct file *f, struct bytes b)
{
	if (f->n + b.n > sizeof(f->p))
		abort();
	memcpy(f->p + f->n, b.p, b.n);
	f->n += b.n;
}

/* What a memory BIO holds becomes the file's next bytes. */
static void
put_bio(struct file *f, BIO *bio)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	put(f, (struct bytes){(uint8_t *)p, (size_t)n});
	BIO_free(bio);
}

static void
make_cert(int i)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	uint8_t *der = NULL, cn[] = "Test 0";
	int n;

	cn[5] = (uint8_t)('0' + i);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1000 + i);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, cn, -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_version(x, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_sign(x, key, EVP_sha256());
	n = i2d_X509(x, &der);
	made[i] = x;
	made_der[i] = (struct bytes){der, (size_t)n};
}

static void
put_pem(struct file *f, int i)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(bio, made[i]);
	put_bio(f, bio);
}

static void
put_key(struct file *f, const char *password)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_PKCS8PrivateKey(bio, key,
	    password != NULL ? EVP_aes_256_cbc() : NULL, password,
	    password != NULL ? (int)strlen(password) : 0, NULL, NULL);
	put_bio(f, bio);
}

/* A certs-only SignedData with the first n certificates. */
static CMS_ContentInfo *
make_cms(int n)
{
	CMS_ContentInfo *cms =
	    CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_DETACHED);

	for (int i = 0; i < n; i++)
		CMS_add1_cert(cms, made[i]);
	return cms;
}

static void
put_cms(struct file *f, int n)
{
	CMS_ContentInfo *cms = make_cms(n);
	uint8_t *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);

	put(f, (struct bytes){der, (size_t)len});
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
}

static void
put_cms_pem(struct file *f, int n, const char *label)
{
	CMS_ContentInfo *cms = make_cms(n);
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);

	PEM_write_bio(bio, label, "", der, len);
	put_bio(f, bio);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
}

/* Content of a DER element whose header is at p. */
static struct bytes
inside(struct bytes in)
{
	size_t head = in.p[1] < 0x80 ? 2 : 2 + (size_t)(in.p[1] & 0x7f);

	return (struct bytes){in.p + head, in.n - head};
}

/* The CMS again, its outer three layers with indefinite lengths (X.690 section
 * 8.1.3.6), as Windows writes .p7b. */
static void
put_cms_ber(struct file *f, int n)
{
	struct file der = {.n = 0};
	struct bytes content, oid, explicit, data;

	put_cms(&der, n);
	content = inside((struct bytes){der.p, der.n});
	oid = (struct bytes){content.p, 2 + (size_t)content.p[1]};
	explicit = (struct bytes){content.p + oid.n, content.n - oid.n};
	data = inside(inside(explicit)); /* of [0], of SignedData */
	put(f, BYTES("\x30\x80"));
	put(f, oid);
	put(f, BYTES("\xa0\x80\x30\x80"));
	put(f, data);
	put(f, BYTES("\0\0\0\0\0\0"));
}

static void
put_pfx(struct file *f)
{
	PKCS12 *p = PKCS12_create("pin", "name", key, made[0], NULL, 0, 0, 0, 0, 0);
	uint8_t *der = NULL;
	int n = i2d_PKCS12(p, &der);

	put(f, (struct bytes){der, (size_t)n});
	OPENSSL_free(der);
	PKCS12_free(p);
}

/* The file must give the first n made certificates. */
static void
expect(const char *name, const struct file *f, size_t n)
{
	struct read_certs r;
	struct err e = {0};
	int rc = read_certs_parse((struct bytes){f->p, f->n}, &r, &e);
	size_t same = 0;

	for (size_t i = 0; i < r.n && i < n; i++)
		for (size_t k = 0; k < n; k++) /* CMS sorts its set */
			same += bytes_equal(r.der[i], made_der[k]);
	check(rc == 0 && r.n == n && same == n, name,
	    "rc %d (%s), got %zu certificates, %zu of them right, want %zu", rc, e.text,
	    r.n, same, n);
	read_certs_fini(&r);
}

/* The file must be refused with this code and these words. */
static void
refuse(const char *name, struct bytes in, int code, const char *words)
{
	struct read_certs r;
	struct err e = {0};
	int rc = read_certs_parse(in, &r, &e);

	check(rc == code && strstr(e.text, words) != NULL && r.n == 0, name,
	    "got %d \"%s\", want %d \"%s\"", rc, e.text, code, words);
	read_certs_fini(&r);
}

static void
refuse_file(const char *name, const struct file *f, int code, const char *words)
{
	refuse(name, (struct bytes){f->p, f->n}, code, words);
}

static void
test_crypto_read__forms(void)
{
	struct file der = {.n = 0}, pem = {.n = 0}, crlf = {.n = 0};
	struct file cms = {.n = 0}, ber = {.n = 0}, cms_pem = {.n = 0}, old = {.n = 0};

	put(&der, made_der[0]);
	expect("crypto_read__der", &der, 1);

	put(&pem, BYTES("Bag Attributes\n    friendlyName: Test\n"));
	put_pem(&pem, 0);
	put(&pem, BYTES("some text between\n"));
	put_pem(&pem, 1);
	put_pem(&pem, 2);
	expect("crypto_read__pem_with_text", &pem, 3);

	for (size_t i = 0; i < pem.n; i++) {
		if (pem.p[i] == '\n')
			put(&crlf, BYTES("\r"));
		put(&crlf, (struct bytes){pem.p + i, 1});
	}
	expect("crypto_read__pem_crlf", &crlf, 3);

	put_cms(&cms, 3);
	expect("crypto_read__p7b_der", &cms, 3);
	put_cms_ber(&ber, 3);
	expect("crypto_read__p7b_ber", &ber, 3);
	put_cms_pem(&cms_pem, 2, "PKCS7");
	expect("crypto_read__p7b_pem", &cms_pem, 2);
	put_cms_pem(&old, 2, "CMS");
	expect("crypto_read__cms_pem", &old, 2);
}

static void
test_crypto_read__trusted(void)
{
	struct file f = {.n = 0};
	BIO *bio = BIO_new(BIO_s_mem());

	X509_add1_trust_object(made[0], OBJ_nid2obj(NID_email_protect));
	PEM_write_bio_X509_AUX(bio, made[0]);
	put_bio(&f, bio);
	expect("crypto_read__trusted_certificate", &f, 1);
}

static void
test_crypto_read__private_keys(void)
{
	struct file plain = {.n = 0}, sealed = {.n = 0}, mixed = {.n = 0};

	put_key(&plain, NULL);
	refuse_file("crypto_read__private_key", &plain, ERR_POLICY, "private key");
	put_key(&sealed, "secret");
	refuse_file("crypto_read__encrypted_private_key", &sealed, ERR_POLICY,
	    "ENCRYPTED PRIVATE KEY");
	put_pem(&mixed, 0);
	put_key(&mixed, NULL);
	refuse_file(
	    "crypto_read__certificate_and_key", &mixed, ERR_POLICY, "private key");
}

static void
test_crypto_read__others(void)
{
	struct file pfx = {.n = 0}, cut = {.n = 0}, no_certs = {.n = 0}, bad = {.n = 0};
	struct read_certs r;
	int rc;

	refuse("crypto_read__empty", BYTES(""), ERR_NOT_FOUND, "is empty");
	refuse(
	    "crypto_read__text", BYTES("hello\n"), ERR_SYNTAX, "begins with byte 0x68");
	refuse("crypto_read__crl",
	    BYTES("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"),
	    ERR_NOT_FOUND, "holds X509 CRL");
	refuse("crypto_read__pgp",
	    BYTES("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nMAA=\n=x\n"),
	    ERR_UNSUPPORTED, "OpenPGP");
	put_cms(&cut, 3);
	cut.n -= 10;
	refuse_file("crypto_read__p7b_cut", &cut, ERR_SYNTAX, "CMS");
	put_cms(&no_certs, 0);
	refuse_file("crypto_read__p7b_without_certificates", &no_certs, ERR_NOT_FOUND,
	    "without certificates");
	put_pem(&bad, 0);
	bad.p[60] = '!';
	refuse_file("crypto_read__pem_bad_base64", &bad, ERR_SYNTAX, "PEM block");
	/* A PFX is handed to the guard, which says what to do. */
	put_pfx(&pfx);
	rc = read_certs_parse((struct bytes){pfx.p, pfx.n}, &r, NULL);
	check(rc == 0 && r.n == 1 && r.der[0].n == pfx.n,
	    "crypto_read__pfx_goes_to_the_guard", "got %d, %zu certificates", rc, r.n);
	read_certs_fini(&r);
}

/* A file of the most bytes, and of one more. */
static void
test_crypto_read__limits(void)
{
	uint8_t *p = calloc(1, READ_CERTS_MAX_BYTES + 1);
	struct read_certs r;

	if (p == NULL)
		abort();
	p[0] = 0x30;
	check(read_certs_parse((struct bytes){p, READ_CERTS_MAX_BYTES}, &r, NULL) == 0,
	    "crypto_read__most_bytes", "want 0");
	read_certs_fini(&r);
	refuse("crypto_read__one_byte_too_many",
	    (struct bytes){p, READ_CERTS_MAX_BYTES + 1}, ERR_LIMIT, "want at most");
	free(p);
}

/* A file of n certificates, each a PEM block of two bytes. */
static int
read_many(size_t n, size_t *n_out)
{
	static const char block[] =
	    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
	size_t len = sizeof(block) - 1;
	uint8_t *p = malloc(n * len);
	struct read_certs r;
	int rc;

	if (p == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		memcpy(p + i * len, block, len);
	rc = read_certs_parse((struct bytes){p, n * len}, &r, NULL);
	*n_out = r.n;
	read_certs_fini(&r);
	free(p);
	return rc;
}

static void
test_crypto_read__most_certificates(void)
{
	size_t n = 0;
	int rc = read_many(READ_CERTS_MAX, &n);

	check(rc == 0 && n == READ_CERTS_MAX, "crypto_read__most_certificates",
	    "got %zu", n);
	check_int("crypto_read__one_certificate_too_many",
	    read_many(READ_CERTS_MAX + 1, &n), ERR_LIMIT);
}

int
main(void)
{
	key = EVP_EC_gen("P-256");
	for (int i = 0; i < MADE; i++)
		make_cert(i);
	test_crypto_read__forms();
	test_crypto_read__private_keys();
	test_crypto_read__others();
	test_crypto_read__limits();
	test_crypto_read__most_certificates();
	test_crypto_read__trusted();
	for (int i = 0; i < MADE; i++) {
		X509_free(made[i]);
		OPENSSL_free((void *)made_der[i].p);
	}
	EVP_PKEY_free(key);
	return check_done();
}
