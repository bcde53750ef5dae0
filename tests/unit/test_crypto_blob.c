/*
 * userSMIMECertificate: what is in it, read with OpenSSL; whether core and the guard
 * take it as what they publish; and what is refused.
 */
#include "crypto/smime_blob.h"

#include <openssl/cms.h>
#include <openssl/x509.h>

#include "core/choice.h"
#include "core/guard.h"
#include "tests/unit/check.h"
#include "tests/unit/person_world.h"

/* research: SEQUENCE of AES-256-CBC, AES-192-CBC, AES-128-CBC, no parameters. */
static const struct bytes capabilities =
    BYTES("\x30\x27\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"
	  "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x16"
	  "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02");

static CMS_ContentInfo *
parse(const struct owned *blob)
{
	const uint8_t *p = blob->p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)blob->n);

	return p == blob->p + blob->n ? cms : NULL;
}

/* A signed attribute's only value: its tag, content and header in DER. */
static struct bytes
attribute(CMS_SignerInfo *si, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at = CMS_signed_get_attr_by_OBJ(si, object, -1);
	X509_ATTRIBUTE *attr = at < 0 ? NULL : CMS_signed_get_attr(si, at);
	ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attr, 0);

	ASN1_OBJECT_free(object);
	if (value == NULL)
		return (struct bytes){0};
	return (struct bytes){
	    value->value.asn1_string->data, (size_t)value->value.asn1_string->length};
}

static void
check_preference(const char *kind, CMS_SignerInfo *si, X509 *leaf)
{
	struct bytes ms = attribute(si, "1.3.6.1.4.1.311.16.4");
	struct bytes pref = attribute(si, "1.2.840.113549.1.9.16.2.11");
	uint8_t *issuer = NULL, *serial = NULL;
	int n_issuer = i2d_X509_NAME(X509_get_issuer_name(leaf), &issuer);
	int n_serial = i2d_ASN1_INTEGER(X509_get0_serialNumber(leaf), &serial);
	size_t n = (size_t)(n_issuer + n_serial);
	bool same = ms.n > n &&
		    memcmp(ms.p + ms.n - n, issuer, (size_t)n_issuer) == 0 &&
		    memcmp(ms.p + ms.n - n_serial, serial, (size_t)n_serial) == 0;
	char name[80];

	snprintf(name, sizeof(name), "crypto_blob__%s_microsoft_preference", kind);
	check(same && ms.p[0] == 0x30, name, "%zu bytes, tag 0x%02x", ms.n,
	    ms.n > 0 ? ms.p[0] : 0);
	snprintf(name, sizeof(name), "crypto_blob__%s_key_preference", kind);
	check(pref.n == ms.n && pref.n > 0 && pref.p[0] == 0xa0 &&
		  memcmp(pref.p + 1, ms.p + 1, ms.n - 1) == 0,
	    name, "%zu bytes, want %zu as the other", pref.n, ms.n);
	OPENSSL_free(issuer);
	OPENSSL_free(serial);
}

/* Its one signer, its content, its attributes, its certificates. */
static void
check_cms(const char *kind, const struct owned *blob)
{
	CMS_ContentInfo *cms = parse(blob);
	STACK_OF(CMS_SignerInfo) *infos =
	    cms == NULL ? NULL : CMS_get0_SignerInfos(cms);
	STACK_OF(X509) *certs = cms == NULL ? NULL : CMS_get1_certs(cms);
	CMS_SignerInfo *si;
	char name[80];
	BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	int ok;
	EVP_PKEY *key;
	X509 *leaf;
	X509_ALGOR *digest;

	snprintf(name, sizeof(name), "crypto_blob__%s_one_signer", kind);
	if (!check(sk_CMS_SignerInfo_num(infos) == 1 && sk_X509_num(certs) == 2, name,
		"%d signers, %d certificates, want 1 and 2",
		sk_CMS_SignerInfo_num(infos), sk_X509_num(certs)))
		return;
	ok = CMS_verify(cms, NULL, NULL, NULL, out, CMS_NO_SIGNER_CERT_VERIFY);
	BIO_get_mem_data(out, &text);
	snprintf(name, sizeof(name), "crypto_blob__%s_verifies", kind);
	check(ok == 1 && BIO_pending(out) == 10 && memcmp(text, "Empty Body", 10) == 0,
	    name, "got %d, %zu bytes", ok, (size_t)BIO_pending(out));
	si = sk_CMS_SignerInfo_value(infos, 0);
	CMS_SignerInfo_get0_algs(si, &key, &leaf, &digest, NULL);
	snprintf(name, sizeof(name), "crypto_blob__%s_capabilities", kind);
	check(bytes_equal(attribute(si, "1.2.840.113549.1.9.15"), capabilities), name,
	    "got %zu bytes", attribute(si, "1.2.840.113549.1.9.15").n);
	snprintf(name, sizeof(name), "crypto_blob__%s_time", kind);
	check(
	    bytes_equal(attribute(si, "1.2.840.113549.1.9.5"), BYTES("261122120000Z")),
	    name, "got %.*s", (int)attribute(si, "1.2.840.113549.1.9.5").n,
	    (const char *)attribute(si, "1.2.840.113549.1.9.5").p);
	snprintf(name, sizeof(name), "crypto_blob__%s_six_attributes", kind);
	check_int(name, CMS_signed_get_attr_count(si), 6);
	check_preference(kind, si, leaf);
	BIO_free(out);
	sk_X509_pop_free(certs, X509_free);
	CMS_ContentInfo_free(cms);
}

/* What the directory does with it. */
static void
check_core(const char *kind, const struct owned *blob)
{
	struct choice_judgement j;
	struct bytes mail = BYTES("anna.muster@example.com");
	struct bytes other = BYTES("bruno@example.com");
	struct err e = {0};
	char name[80];

	snprintf(name, sizeof(name), "crypto_blob__%s_guard", kind);
	check(guard_check(GUARD_SIGNED, owned_view(blob), &mail, 1, WORLD_NOW, &e) == 0,
	    name, "%s", e.text);
	snprintf(name, sizeof(name), "crypto_blob__%s_guard_other_address", kind);
	check_int(name,
	    guard_check(GUARD_SIGNED, owned_view(blob), &other, 1, WORLD_NOW, &e),
	    ERR_POLICY);
	choice_judge_signed(owned_view(blob), &mail, 1, NULL, NULL, WORLD_NOW, &j);
	snprintf(name, sizeof(name), "crypto_blob__%s_published", kind);
	check_str(name, choice_reason_word(choice_at(&j, WORLD_NOW)), "published");
	choice_judge_signed(owned_view(blob), &other, 1, NULL, NULL, WORLD_NOW, &j);
	snprintf(name, sizeof(name), "crypto_blob__%s_other_address", kind);
	check_str(name, choice_reason_word(choice_at(&j, WORLD_NOW)), "address");
}

static void
test_crypto_blob__kind(enum key_kind kind)
{
	struct person p;
	struct owned blob, again;
	struct err e = {0};
	char name[80];
	int rc;

	person_init(&p, kind, WORLD_NOW);
	rc = smime_blob_make(
	    key_pkey(p.key), owned_view(&p.cert), p.chain, 2, WORLD_NOW, &blob, &e);
	snprintf(name, sizeof(name), "crypto_blob__%s", key_kind_word(kind));
	if (check(rc == 0, name, "%s", e.text)) {
		check_cms(key_kind_word(kind), &blob);
		check_core(key_kind_word(kind), &blob);
	}
	if (kind == KEY_RSA_2048) { /* an RSA signature is the same each time */
		smime_blob_make(key_pkey(p.key), owned_view(&p.cert), p.chain, 2,
		    WORLD_NOW, &again, &e);
		check(bytes_equal(owned_view(&blob), owned_view(&again)),
		    "crypto_blob__repeatable", "two values");
		owned_free(&again);
	}
	owned_free(&blob);
	person_fini(&p);
}

static void
refuse(const char *name, const struct key *key, struct bytes cert,
    const struct bytes *chain, size_t n, int want, const char *words)
{
	struct owned blob;
	struct err e = {0};
	int rc = smime_blob_make(key_pkey(key), cert, chain, n, WORLD_NOW, &blob, &e);

	check(rc == want && blob.p == NULL && strstr(e.text, words) != NULL, name,
	    "got %d \"%s\", want %d \"%s\"", rc, e.text, want, words);
	owned_free(&blob);
}

/* A certificate of this key that may only encrypt. */
static struct owned
encrypt_only(const struct person *p)
{
	struct profile_policy policy = world_policy;
	struct profile_request request = world_request(&p->world, PROFILE_SPONSOR);
	struct owned tbs, cert;
	struct err e = {0};

	policy.use = PROFILE_ENCRYPT;
	world_must(
	    ca_prepare(p->world.issuing, &policy, &request, &tbs, &e), &e, "prepare");
	world_must(
	    ca_issue(p->world.issuing, &policy, &request, owned_view(&tbs), &cert, &e),
	    &e, "issue");
	owned_free(&tbs);
	return cert;
}

static void
test_crypto_blob__refusals(void)
{
	struct person p;
	struct key *stranger = world_key(KEY_P256);
	struct bytes cert, many[SMIME_BLOB_CHAIN_MAX + 1];
	struct owned only;

	person_init(&p, KEY_P256, WORLD_NOW);
	cert = owned_view(&p.cert);
	for (size_t i = 0; i < NITEMS(many); i++)
		many[i] = p.chain[0];
	refuse("crypto_blob__another_key", stranger, cert, NULL, 0, ERR_POLICY,
	    "not the certificate's");
	refuse("crypto_blob__cut_certificate", p.key,
	    (struct bytes){cert.p, cert.n - 1}, NULL, 0, ERR_SYNTAX, "no certificate");
	refuse("crypto_blob__long_chain", p.key, cert, many, NITEMS(many), ERR_LIMIT,
	    "a chain of 9");
	only = encrypt_only(&p);
	refuse("crypto_blob__may_not_sign", p.key, owned_view(&only), NULL, 0,
	    ERR_POLICY, "digitalSignature");
	owned_free(&only);
	key_free(&stranger);
	person_fini(&p);
}

int
main(void)
{
	test_crypto_blob__kind(KEY_RSA_2048);
	test_crypto_blob__kind(KEY_P256);
	test_crypto_blob__kind(KEY_P384);
	test_crypto_blob__refusals();
	return check_done();
}
