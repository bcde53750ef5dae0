/*
 * core/crl and core/cms against OpenSSL 3, on what Debian's
 * python3-cryptography-vectors holds: every CRL, and mutants of them, gives the same
 * issuer, times and entries, or one of the two refuses; OpenSSL's refusal must be
 * core's too. Every PKCS #7 object gives the same certificates. CHANCERY_SEED and
 * CHANCERY_MUTANTS choose other mutants.
 */
#include "core/cms.h"
#include "core/crl.h"
#include "tests/unit/check.h"

#include "tests/unit/cert_mutate.h"
#include "tests/unit/cert_vectors.h"
#include "tests/unit/fields.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

static struct fields core_fields, openssl_fields;

/* --- OpenSSL's view ------------------------------------------------------------ */

/* The content octets of an INTEGER. */
static void
add_integer(struct fields *f, const char *field, const ASN1_INTEGER *n)
{
	uint8_t *der = NULL;
	int len = i2d_ASN1_INTEGER(n, &der);
	const uint8_t *p = der;
	int tag, class;
	long content;

	if (len <= 0 || ASN1_get_object(&p, &content, &tag, &class, len) != 0)
		abort();
	fields_add_hex(f, field, p, (size_t)content);
	OPENSSL_free(der);
}

static bool
add_time(struct fields *f, const char *field, const ASN1_TIME *t)
{
	struct tm tm;

	if (t == NULL)
		return true;
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	fields_add(f, "%s %lld\n", field, (long long)timegm(&tm));
	return true;
}

static void
add_name(struct fields *f, const char *field, const X509_NAME *name)
{
	const uint8_t *der;
	size_t n;

	if (X509_NAME_get0_der(name, &der, &n) != 1)
		abort();
	fields_add_hex(f, field, der, n);
}

/* certificateIssuer: false where it is there but names nobody. */
static bool
read_entry_issuer(X509_REVOKED *entry, X509_NAME **issuer)
{
	int critical;
	GENERAL_NAMES *names =
	    X509_REVOKED_get_ext_d2i(entry, NID_certificate_issuer, &critical, NULL);
	bool found = false;

	if (names == NULL)
		return critical == -1;
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DIRNAME)
			continue;
		X509_NAME_free(*issuer);
		*issuer = X509_NAME_dup(name->d.directoryName);
		found = true;
	}
	GENERAL_NAMES_free(names);
	return found;
}

static bool
add_reason(struct fields *f, X509_REVOKED *entry)
{
	int critical;
	ASN1_ENUMERATED *reason =
	    X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, NULL);
	long value = reason == NULL ? 0 : ASN1_ENUMERATED_get(reason);
	bool ok = reason != NULL || critical == -1;

	ASN1_ENUMERATED_free(reason);
	fields_add(f, "reason %ld\n", value);
	return ok && value >= 0 && value <= 10;
}

static bool
add_entries(struct fields *f, X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
	X509_NAME *issuer = X509_NAME_dup(X509_CRL_get_issuer(crl));
	bool ok = true;

	/* OpenSSL sorts them when it looks one up; nothing did so yet. */
	for (int i = 0; i < sk_X509_REVOKED_num(entries) && ok; i++) {
		X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);

		add_integer(f, "serial", X509_REVOKED_get0_serialNumber(entry));
		ok = add_time(f, "at", X509_REVOKED_get0_revocationDate(entry)) &&
		     add_reason(f, entry) && read_entry_issuer(entry, &issuer);
		add_name(f, "issuer", issuer);
	}
	X509_NAME_free(issuer);
	return ok;
}

static bool
add_crl_extensions(struct fields *f, X509_CRL *crl)
{
	int critical;
	ISSUING_DIST_POINT *point =
	    X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);
	bool ok = point != NULL || critical == -1;
	ASN1_INTEGER *base;

	fields_add(f, "indirect %d\n", point != NULL && point->indirectCRL != 0);
	ISSUING_DIST_POINT_free(point);
	base = X509_CRL_get_ext_d2i(crl, NID_delta_crl, &critical, NULL);
	fields_add(f, "delta %d\n", base != NULL);
	ok &= base != NULL || critical == -1;
	ASN1_INTEGER_free(base);
	return ok;
}

/* False where OpenSSL refuses. */
static bool
openssl_read(struct bytes der, struct fields *f)
{
	const uint8_t *p = der.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.n);
	bool ok = crl != NULL && p == der.p + der.n && X509_CRL_get_version(crl) >= 0 &&
		  X509_CRL_get_version(crl) <= 1;

	f->n = 0;
	if (ok) {
		add_name(f, "crl-issuer", X509_CRL_get_issuer(crl));
		ok = add_time(f, "this", X509_CRL_get0_lastUpdate(crl)) &&
		     add_time(f, "next", X509_CRL_get0_nextUpdate(crl)) &&
		     add_crl_extensions(f, crl) && add_entries(f, crl);
	}
	X509_CRL_free(crl);
	ERR_clear_error();
	return ok;
}

/* --- core's view ---------------------------------------------------------------- */

static int
core_read(struct bytes der, struct fields *f, struct err *e)
{
	struct crl_entry entry;
	struct crl crl;
	int rc = crl_open(der, &crl, e);

	f->n = 0;
	if (rc != 0)
		return rc;
	fields_add_hex(f, "crl-issuer", crl.issuer.p, crl.issuer.n);
	fields_add(f, "this %lld\n", (long long)crl.this_update);
	if (crl.next_update != INT64_MAX)
		fields_add(f, "next %lld\n", (long long)crl.next_update);
	fields_add(f, "indirect %d\ndelta %d\n", crl.is_indirect, crl.is_delta);
	while ((rc = crl_next(&crl, &entry)) == 1) {
		fields_add_hex(f, "serial", entry.serial.p, entry.serial.n);
		fields_add(f, "at %lld\nreason %d\n", (long long)entry.revoked_at,
		    entry.reason);
		fields_add_hex(f, "issuer", entry.issuer.p, entry.issuer.n);
	}
	return rc;
}

/* --- compare --------------------------------------------------------------------- */

static struct tally {
	size_t same, refused, stricter, failed;
} tally;

static void
fail(const char *name, struct bytes der, const char *what)
{
	if (tally.failed++ >= 10)
		return;
	printf("  %s: %s\n  ", name, what);
	for (size_t i = 0; i < der.n && i < 4096; i++)
		printf("%02x", der.p[i]);
	printf("\n");
}

static void
compare(const char *name, struct bytes der)
{
	struct err e;
	bool openssl = openssl_read(der, &openssl_fields);
	bool core = core_read(der, &core_fields, &e) == 0;

	if (core && !openssl)
		fail(name, der, "core takes what OpenSSL refuses");
	else if (!core && openssl)
		tally.stricter++;
	else if (!core)
		tally.refused++;
	else if (core_fields.n != openssl_fields.n ||
		 memcmp(core_fields.text, openssl_fields.text, core_fields.n) != 0)
		fail(name, der, "fields differ");
	else
		tally.same++;
}

static void
report(const char *name)
{
	printf("  %s: %zu with the same fields, %zu refused by both, %zu refused by "
	       "core alone, %zu wrong\n",
	    name, tally.same, tally.refused, tally.stricter, tally.failed);
}

static void
test_crl_openssl__vectors(void)
{
	for (size_t i = 0; i < n_vectors; i++) {
		size_t before = tally.stricter;

		compare(vectors[i].name, vectors[i].der);
		if (tally.stricter != before)
			printf("  refused by core alone: %s\n", vectors[i].name);
	}
	report("crl_openssl/vectors");
	check(tally.failed == 0 && tally.stricter == 0 && tally.same > 150,
	    "crl_openssl/vectors", "%zu wrong, %zu refused by core alone, %zu same",
	    tally.failed, tally.stricter, tally.same);
	tally = (struct tally){0};
}

/* Small ones: one of the vectors has nearly 10,000 entries. */
static size_t
good_vectors(const struct vector **good)
{
	struct err e;
	size_t n = 0;

	for (size_t i = 0; i < n_vectors; i++)
		if (vectors[i].der.n < 8192 &&
		    core_read(vectors[i].der, &core_fields, &e) == 0)
			good[n++] = &vectors[i];
	return n;
}

static void
test_crl_openssl__mutants(void)
{
	static const struct vector *good[VECTORS_MAX];
	static struct mutate_out out;
	size_t n = good_vectors(good);
	size_t count = mutate_count();
	char name[VECTORS_NAME_MAX + 32];

	mutate_seed();
	printf("  seed %llu, %zu mutants\n", (unsigned long long)mutate_state, count);
	for (size_t i = 0; i < count && n > 0; i++) {
		const struct vector *v = good[mutate_pick(n)];

		mutate(v->der, &out);
		snprintf(name, sizeof(name), "mutant %zu of %s", i, v->name);
		compare(name, (struct bytes){out.p, out.n});
	}
	report("crl_openssl/mutants");
	check(tally.failed == 0 && tally.same > count / 10, "crl_openssl/mutants",
	    "%zu wrong, %zu same", tally.failed, tally.same);
}

/* --- PKCS #7 --------------------------------------------------------------------- */

/* Whether the certificates of a SignedData in DER are those of the stack. */
static bool
same_certificates(struct bytes der, const STACK_OF(X509) * certs)
{
	struct bytes cert;
	struct cms cms;
	bool same = cms_open(der, &cms, NULL) == 0;
	int n = 0;

	while (same && cms_next(&cms, &cert) == 1) {
		uint8_t *there = NULL;
		int len = n < sk_X509_num(certs)
			      ? i2d_X509(sk_X509_value(certs, n), &there)
			      : 0;

		same = bytes_equal(cert, (struct bytes){there, (size_t)len});
		OPENSSL_free(there);
		n++;
	}
	return same && n == (certs == NULL ? 0 : sk_X509_num(certs));
}

/*
 * One object: what OpenSSL takes for SignedData, core takes in DER (OpenSSL writes it
 * so) and refuses in BER; what OpenSSL refuses, core refuses.
 */
static bool
same_object(struct bytes in, size_t *n_certs)
{
	const uint8_t *p = in.p;
	PKCS7 *p7 = d2i_PKCS7(NULL, &p, (long)in.n);
	bool signed_data = p7 != NULL && PKCS7_type_is_signed(p7);
	STACK_OF(X509) *certs = signed_data ? p7->d.sign->cert : NULL;
	uint8_t *der = NULL;
	int len = signed_data ? i2d_PKCS7(p7, &der) : 0;
	struct bytes rewritten = {der, (size_t)len};
	struct cms cms;
	bool same = (cms_open(in, &cms, NULL) == 0) ==
		    (signed_data && bytes_equal(in, rewritten));

	if (signed_data)
		same = same && same_certificates(rewritten, certs);
	*n_certs = certs == NULL ? 0 : (size_t)sk_X509_num(certs);
	OPENSSL_free(der);
	PKCS7_free(p7);
	ERR_clear_error();
	return same;
}

static void
test_cms_openssl__vectors(void)
{
	size_t objects = 0, certs = 0, wrong = 0, n;

	for (size_t i = 0; i < n_vectors; i++) {
		if (!same_object(vectors[i].der, &n)) {
			printf("  differs: %s\n", vectors[i].name);
			wrong++;
		}
		objects += n > 0;
		certs += n;
	}
	printf("  %zu PKCS #7 objects with %zu certificates\n", objects, certs);
	check(wrong == 0 && objects >= 3 && certs >= 5, "cms_openssl/vectors",
	    "%zu wrong, %zu objects, %zu certificates", wrong, objects, certs);
}

int
main(void)
{
	vectors_load();
	if (n_vectors == 0) {
		printf("skip crl_openssl: python3-cryptography-vectors is not "
		       "installed\n");
		return 0;
	}
	test_crl_openssl__vectors();
	test_crl_openssl__mutants();
	test_cms_openssl__vectors();
	vectors_unload();
	return check_done();
}
