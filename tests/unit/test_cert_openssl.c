/*
 * core/cert against OpenSSL 3: every certificate of Debian's
 * python3-cryptography-vectors, and 10,000 mutants of them, must give the same
 * fields, or both must refuse (what OpenSSL refuses, see cert_reference.h). core
 * may be stricter in exactly the classes below, each of which is found without
 * core, by OpenSSL's own reading of the bytes, and counted. It may never be more
 * lenient. CHANCERY_SEED and CHANCERY_MUTANTS choose other mutants.
 */
#include "core/cert.h"
#include "core/cms.h"
#include "core/name_chars.h"
#include "tests/unit/check.h"

#include "tests/unit/cert_mutate.h"
#include "tests/unit/cert_reference.h"
#include "tests/unit/cert_vectors.h"

/* --- where core may be stricter --------------------------------------------- */

#define CLASS_LIST(X)                                                                  \
	X(CLASS_LENGTH, "length not in shortest definite form (X.690 section 10.1)")   \
	X(CLASS_TAG, "tag number of 31 or more, or 0 (nothing in RFC 5280 has one)")   \
	X(CLASS_FORM, "string in pieces, SEQUENCE without (X.690 sections 10.2, 8.9)") \
	X(CLASS_BOOLEAN, "BOOLEAN not 00 or ff (X.690 section 11.1)")                  \
	X(CLASS_BITS, "unused bits not zero (X.690 sections 8.6.2.3, 11.2.1)")         \
	X(CLASS_TIME, "time not in the form of RFC 5280 section 4.1.2.5")              \
	X(CLASS_BEHIND, "bytes behind an extension's value (X.690 section 8.1)")       \
	X(CLASS_EXTENSION, "extension that OpenSSL writes otherwise (X.690 8.14)")     \
	X(CLASS_TWICE, "extension twice that OpenSSL does not read (RFC 5280 4.2)")    \
	X(CLASS_VALUE, "name with a value of a type no attribute has (RFC 5280 A.1)")  \
	X(CLASS_KEY,                                                                   \
	    "public key that OpenSSL writes otherwise (X.690 sections 8, 10)")         \
	X(CLASS_PSS, "PSS with a hash or salt that RFC 4055 section 3 does not have")  \
	X(CLASS_LIMIT, "over a limit of cert.h")

enum class {
#define X(name, text) name,
	CLASS_LIST(X)
#undef X
	CLASS__MAX
};

static const char *const class_text[] = {
#define X(name, text) text,
    CLASS_LIST(X)
#undef X
};

static size_t class_count[CLASS__MAX];

/* Bits, 1 << class: what a walk by OpenSSL's own header reader finds. */
static unsigned walk_all(const uint8_t *p, long n, int depth);

static long
header_octets_needed(long len)
{
	long octets = 2;

	for (long rest = len; len >= 0x80 && rest > 0; rest >>= 8)
		octets++;
	return octets;
}

static unsigned
walk_primitive(int tag, const uint8_t *p, long n, int depth)
{
	if (tag == V_ASN1_BOOLEAN && n == 1 && p[0] != 0x00 && p[0] != 0xff)
		return 1U << CLASS_BOOLEAN;
	if (tag == V_ASN1_BIT_STRING && n >= 1 && p[0] > 0 && p[0] <= 7 &&
	    (n == 1 || (p[n - 1] & ((1U << p[0]) - 1)) != 0))
		return 1U << CLASS_BITS;
	/* extnValue */
	if (tag == V_ASN1_OCTET_STRING && n >= 2) {
		unsigned inside = walk_all(p, n, depth + 1);

		return inside == ~0U ? 0 : inside;
	}
	return 0;
}

/* All universal types but SEQUENCE, SET, EXTERNAL, EMBEDDED PDV, CHARACTER STRING. */
static bool
is_primitive(int tag)
{
	return tag != V_ASN1_SEQUENCE && tag != V_ASN1_SET && tag != V_ASN1_EXTERNAL &&
	       tag != 11 && tag != 29;
}

/* One element; *after is where the next begins. ~0U: unreadable. */
static unsigned
walk_one(const uint8_t *p, long n, int depth, const uint8_t **after)
{
	const uint8_t *content = p;
	int tag, class, rc;
	unsigned found = 0, inside = 0;
	long len;

	rc = ASN1_get_object(&content, &len, &tag, &class, n);
	if ((rc & 0x80) != 0)
		return ~0U;
	if ((rc & 1) != 0) {
		*after = p + n;
		return 1U << CLASS_LENGTH;
	}
	if (tag >= 31 || (tag == 0 && class == V_ASN1_UNIVERSAL))
		found |= 1U << CLASS_TAG;
	else if (content - p != header_octets_needed(len))
		found |= 1U << CLASS_LENGTH;
	*after = content + len;
	if (class == V_ASN1_UNIVERSAL &&
	    is_primitive(tag) == ((rc & V_ASN1_CONSTRUCTED) != 0))
		found |= 1U << CLASS_FORM;
	if ((rc & V_ASN1_CONSTRUCTED) != 0) {
		inside = walk_all(content, len, depth + 1);
	} else if (class == V_ASN1_UNIVERSAL) {
		inside = walk_primitive(tag, content, len, depth);
	} else if (class == V_ASN1_CONTEXT_SPECIFIC) {
		inside = walk_primitive(V_ASN1_BIT_STRING, content, len, depth);
	}
	return inside == ~0U ? found : found | inside;
}

static unsigned
walk_all(const uint8_t *p, long n, int depth)
{
	const uint8_t *end = p + n;
	unsigned found = 0, one;

	while (p < end) {
		if (depth > 32 || (one = walk_one(p, end - p, depth, &p)) == ~0U)
			return ~0U;
		found |= one;
	}
	return found;
}

/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ */
static bool
time_is_profile(const ASN1_TIME *t)
{
	const uint8_t *p = ASN1_STRING_get0_data(t);
	int n = ASN1_STRING_length(t);

	if (n != (ASN1_STRING_type(t) == V_ASN1_UTCTIME ? 13 : 15) || p[n - 1] != 'Z')
		return false;
	for (int i = 0; i < n - 1; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

static bool
has_extension_twice(X509 *x)
{
	for (int i = 0; i < X509_get_ext_count(x); i++)
		for (int k = 0; k < i; k++)
			if (OBJ_cmp(X509_EXTENSION_get_object(X509_get_ext(x, i)),
				X509_EXTENSION_get_object(X509_get_ext(x, k))) == 0)
				return true;
	return false;
}

/* Whether the value of an extension that core reads has bytes behind it. */
static bool
extension_has_bytes_behind(X509_EXTENSION *x)
{
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(x);
	const uint8_t *start = ASN1_STRING_get0_data(value), *p = start;
	int tag, class;
	long len, n = ASN1_STRING_length(value);

	return (ASN1_get_object(&p, &len, &tag, &class, n) & 0x80) == 0 &&
	       p + len != start + n;
}

/* Whether OpenSSL, writing what it read, writes something else. */
static bool
extension_is_not_der(X509_EXTENSION *x)
{
	int nid = OBJ_obj2nid(X509_EXTENSION_get_object(x));
	void *read = X509V3_EXT_d2i(x);
	X509_EXTENSION *again = NULL;
	bool differs;

	if (read == NULL)
		return false;
	again = X509V3_EXT_i2d(nid, X509_EXTENSION_get_critical(x), read);
	differs = again != NULL && ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(again),
				       X509_EXTENSION_get_data(x)) != 0;
	X509_EXTENSION_free(again);
	ASN1_item_free(read, ASN1_ITEM_ptr(X509V3_EXT_get(x)->it));
	return differs;
}

/* Asks one of these about each extension that core reads. */
static bool
has_extension(X509 *x, bool (*what)(X509_EXTENSION *))
{
	static const int read[] = {NID_key_usage, NID_ext_key_usage,
	    NID_basic_constraints, NID_subject_alt_name, NID_crl_distribution_points};

	for (size_t i = 0; i < NITEMS(read); i++) {
		int at = X509_get_ext_by_NID(x, read[i], -1);

		if (at >= 0 && what(X509_get_ext(x, at)))
			return true;
	}
	return false;
}

static bool
name_has_odd_value(const X509_NAME *name)
{
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		int type = ASN1_STRING_type(
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));

		if (!reference_is_text(type) && type != V_ASN1_BIT_STRING &&
		    type != V_ASN1_SEQUENCE)
			return true;
	}
	return false;
}

static bool
names_have_odd_value(const GENERAL_NAMES *names)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DIRNAME &&
		    name_has_odd_value(name->d.directoryName))
			return true;
	}
	return false;
}

/* The same of the names in subjectAltName and cRLDistributionPoints. */
static bool
extension_has_odd_value(X509 *x)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	CRL_DIST_POINTS *points =
	    X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	bool odd = names_have_odd_value(names);

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);

		odd |= names_have_odd_value(point->CRLissuer);
		if (point->distpoint != NULL && point->distpoint->type == 0)
			odd |= names_have_odd_value(point->distpoint->name.fullname);
	}
	GENERAL_NAMES_free(names);
	CRL_DIST_POINTS_free(points);
	return odd;
}

/* Whether a DSA key, which OpenSSL may not decode (inherited parameters) and of which
 * it does not look at the sign, is negative or not in DER. */
static bool
key_is_odd_dsa(X509_PUBKEY *spki)
{
	const uint8_t *there, *p;
	uint8_t *rewritten = NULL;
	ASN1_OBJECT *oid;
	ASN1_INTEGER *y;
	bool odd;
	int n, m;

	X509_PUBKEY_get0_param(&oid, &there, &n, NULL, spki);
	p = there;
	if (OBJ_obj2nid(oid) != NID_dsa || (y = d2i_ASN1_INTEGER(NULL, &p, n)) == NULL)
		return false;
	m = i2d_ASN1_INTEGER(y, &rewritten);
	odd = ASN1_STRING_type(y) == V_ASN1_NEG_INTEGER || n != m ||
	      memcmp(there, rewritten, (size_t)n) != 0;
	OPENSSL_free(rewritten);
	ASN1_INTEGER_free(y);
	return odd;
}

/* Whether the key's BIT STRING has unused bits, or what OpenSSL makes of algorithm
 * and key when it writes them again differs from what it read. */
static bool
key_is_not_der(X509 *x)
{
	X509_PUBKEY *spki = X509_get_X509_PUBKEY(x), *again = NULL;
	uint8_t *there = NULL, *rewritten = NULL;
	bool differs;
	int n, m;

	if ((X509_get0_pubkey_bitstr(x)->flags & 7) != 0 || key_is_odd_dsa(spki))
		return true;
	if (X509_get0_pubkey(x) == NULL ||
	    X509_PUBKEY_set(&again, X509_get0_pubkey(x)) != 1)
		return false;
	n = i2d_X509_PUBKEY(spki, &there);
	m = i2d_X509_PUBKEY(again, &rewritten);
	differs = n != m || memcmp(there, rewritten, (size_t)n) != 0;
	OPENSSL_free(there);
	OPENSSL_free(rewritten);
	X509_PUBKEY_free(again);
	return differs;
}

/* OpenSSL knows more hashes than RFC 4055, and takes keys with any salt length. */
static bool
is_odd_pss(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *oid;
	RSA_PSS_PARAMS *pss;
	const void *value;
	bool odd = false;
	int type;

	X509_ALGOR_get0(&oid, &type, &value, algorithm);
	if (OBJ_obj2nid(oid) != NID_rsassaPss || type != V_ASN1_SEQUENCE)
		return false;
	pss = ASN1_TYPE_unpack_sequence(
	    ASN1_ITEM_rptr(RSA_PSS_PARAMS), algorithm->parameter);
	if (pss != NULL && pss->hashAlgorithm != NULL) {
		X509_ALGOR_get0(&oid, NULL, NULL, pss->hashAlgorithm);
		odd = reference_hash(OBJ_obj2nid(oid)) == CERT_HASH_OTHER;
	}
	if (pss != NULL && pss->maskHash != NULL) {
		X509_ALGOR_get0(&oid, NULL, NULL, pss->maskHash);
		odd |= reference_hash(OBJ_obj2nid(oid)) == CERT_HASH_OTHER;
	}
	if (pss != NULL && pss->saltLength != NULL)
		odd |= ASN1_STRING_length(pss->saltLength) > 8 ||
		       ASN1_STRING_type(pss->saltLength) == V_ASN1_NEG_INTEGER;
	RSA_PSS_PARAMS_free(pss);
	return odd;
}

static bool
has_odd_pss(X509 *x)
{
	X509_ALGOR *key;

	X509_PUBKEY_get0_param(NULL, NULL, NULL, &key, X509_get_X509_PUBKEY(x));
	return is_odd_pss(key) || is_odd_pss(X509_get0_tbs_sigalg(x));
}

static bool
is_over_limit(struct bytes der, X509 *x)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int n = sk_GENERAL_NAME_num(names);

	GENERAL_NAMES_free(names);
	return der.n > CERT_MAX_BYTES || n > CERT_MAX_NAMES ||
	       X509_get_ext_count(x) > CERT_MAX_EXTENSIONS;
}

/* Why core may refuse what OpenSSL takes: the classes that apply. What core says
 * narrows those that concern one field. */
static unsigned
stricter_classes(
    struct bytes der, const struct reference *r, int code, const struct err *e)
{
	unsigned found = walk_all(der.p, (long)der.n, 0);

	if (code == ERR_LIMIT)
		return is_over_limit(der, r->x) ? 1U << CLASS_LIMIT : 0;
	if (found == ~0U)
		found = 0;
	if (strstr(e->text, "a time with seconds") != NULL &&
	    (!time_is_profile(X509_get0_notBefore(r->x)) ||
		!time_is_profile(X509_get0_notAfter(r->x))))
		found |= 1U << CLASS_TIME;
	if (strstr(e->text, "twice") != NULL && has_extension_twice(r->x))
		found |= 1U << CLASS_TWICE;
	if (strstr(e->text, "section 4.2.1") != NULL) {
		if (has_extension(r->x, extension_has_bytes_behind))
			found |= 1U << CLASS_BEHIND;
		if (has_extension(r->x, extension_is_not_der))
			found |= 1U << CLASS_EXTENSION;
		if (extension_has_odd_value(r->x))
			found |= 1U << CLASS_VALUE;
	}
	if (strstr(e->text, "well-formed Name") != NULL &&
	    (name_has_odd_value(X509_get_subject_name(r->x)) ||
		name_has_odd_value(X509_get_issuer_name(r->x))))
		found |= 1U << CLASS_VALUE;
	if (strstr(e->text, "subjectPublicKey") != NULL && key_is_not_der(r->x))
		found |= 1U << CLASS_KEY;
	if (has_odd_pss(r->x))
		found |= 1U << CLASS_PSS;
	return found;
}

/* --- core's fields as text --------------------------------------------------- */

static void
core_view(struct fields *f, const char *field, struct bytes b)
{
	fields_add_hex(f, field, b.p, b.n);
}

static void
core_key(struct fields *f, const struct cert *c)
{
	fields_add(f, "key %d\n", (int)c->key);
	if (c->key == CERT_KEY_EC)
		fields_add(f, "curve %d\n", (int)c->curve);
	if (c->key == CERT_KEY_RSA || c->key == CERT_KEY_RSA_PSS ||
	    c->key == CERT_KEY_DSA ||
	    (c->key == CERT_KEY_EC && c->curve != CERT_CURVE_OTHER))
		fields_add(f, "bits %u\n", c->key_bits);
}

static void
core_extensions(struct fields *f, const struct cert *c)
{
	if (c->has_key_usage)
		fields_add(f, "key-usage %x\n", c->key_usage);
	if (c->has_ext_usage)
		fields_add(f, "ext-usage %x\n", c->ext_usage);
	if (c->has_basic_constraints)
		fields_add(f, "ca %d\n", c->is_ca);
	if (c->has_alt_name)
		fields_add(f, "alt-name\n");
	for (size_t i = 0; i < c->n_address; i++)
		core_view(f, "address", c->address[i]);
	for (size_t i = 0; i < c->n_domain; i++)
		core_view(f, "domain", c->domain[i]);
	if (c->crl_url.n > 0)
		core_view(f, "crl-url", c->crl_url);
	fields_add(f, "unknown-critical %d\n", c->unknown_critical);
}

static void
core_read(const struct cert *c, struct fields *f)
{
	f->n = 0;
	fields_add(f, "version %d\n", c->version);
	core_view(f, "serial", c->serial);
	core_view(f, "issuer", c->issuer);
	core_view(f, "subject", c->subject);
	fields_add(f, "not-before %lld\n", (long long)c->not_before);
	fields_add(f, "not-after %lld\n", (long long)c->not_after);
	core_view(f, "signature-oid", c->signature_oid);
	fields_add(f, "signature-hash %s\n", cert_hash_text(c->signature_hash));
	core_extensions(f, c);
	for (size_t i = 0; i < c->n_subject_email; i++)
		core_view(f, "subject-email", c->subject_email[i]);
	if (c->subject_cn_tag != 0) {
		fields_add(f, "cn-type %d\n", c->subject_cn_tag & 0x1f);
		if (name_chars_are_text(c->subject_cn_tag))
			core_view(f, "cn", c->subject_cn);
	}
	core_key(f, c);
}

/* --- compare ------------------------------------------------------------------ */

static struct tally {
	size_t same, refused, stricter, failed;
} tally;

static struct reference reference;
static struct fields core_fields;

static void
print_hex(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		printf("%02x", b.p[i]);
	printf("\n");
}

/* The first line that differs, of both. */
static void
print_difference(const struct fields *got, const struct fields *want)
{
	size_t start = 0;

	for (size_t i = 0; i < got->n && i < want->n && got->text[i] == want->text[i];
	     i++)
		if (got->text[i] == '\n')
			start = i + 1;
	printf("  core    %.*s\n", (int)strcspn(got->text + start, "\n"),
	    got->text + start);
	printf("  OpenSSL %.*s\n", (int)strcspn(want->text + start, "\n"),
	    want->text + start);
}

enum {
	FAILURES_SHOWN = 10
};

static void
fail(const char *name, struct bytes der, const char *what)
{
	if (tally.failed++ >= FAILURES_SHOWN)
		return;
	printf("  %s: %s\n  ", name, what);
	print_hex(der);
}

static void
count_stricter(const char *name, struct bytes der, int code, const struct err *e)
{
	unsigned found = stricter_classes(der, &reference, code, e);

	if (found == 0) {
		fail(name, der, "core refuses what OpenSSL takes");
		printf("  core: %s\n", e->text);
		return;
	}
	for (unsigned i = 0; i < CLASS__MAX; i++)
		if ((found >> i & 1) != 0) {
			class_count[i]++;
			break;
		}
	tally.stricter++;
}

static void
compare_fields(const char *name, struct bytes der, const struct cert *c)
{
	const struct fields *want = &reference.fields;

	core_read(c, &core_fields);
	if (core_fields.n == want->n &&
	    memcmp(core_fields.text, want->text, want->n) == 0) {
		tally.same++;
		return;
	}
	fail(name, der, "fields differ");
	if (tally.failed <= FAILURES_SHOWN)
		print_difference(&core_fields, want);
}

static void
compare(const char *name, struct bytes der)
{
	struct err e = {0};
	struct cert c;
	int rc = cert_parse(der, &c, &e);

	reference_read(der, &reference);
	if (rc != 0 && reference.refused != NULL) {
		tally.refused++;
	} else if (rc != 0) {
		count_stricter(name, der, rc, &e);
	} else if (reference.refused != NULL) {
		fail(name, der, "core takes what OpenSSL refuses");
		printf("  OpenSSL: %s\n", reference.refused);
	} else {
		compare_fields(name, der, &c);
	}
	reference_free(&reference);
}

static void
report(const char *name)
{
	printf("  %s: %zu with the same fields, %zu refused by both, %zu refused by "
	       "core alone, %zu wrong\n",
	    name, tally.same, tally.refused, tally.stricter, tally.failed);
	for (size_t i = 0; i < CLASS__MAX; i++)
		if (class_count[i] > 0)
			printf("    %5zu %s\n", class_count[i], class_text[i]);
	check(tally.failed == 0 && tally.same > 0, name, "%zu of %zu differ",
	    tally.failed, tally.same + tally.refused + tally.stricter + tally.failed);
	tally = (struct tally){0};
	memset(class_count, 0, sizeof(class_count));
}

/* --- the cases ---------------------------------------------------------------- */

static void
test_cert_openssl__vectors(void)
{
	for (size_t i = 0; i < n_vectors; i++)
		compare(vectors[i].name, vectors[i].der);
	report("cert_openssl/vectors");
}

/* Those of the vectors that are certificates, so that mutants are nearly some. The
 * 405 of PKITS are much alike; the others, which are not, are taken four times. */
static size_t
good_vectors(const struct vector **good)
{
	struct cert c;
	size_t n = 0;

	for (size_t i = 0; i < n_vectors; i++) {
		bool pkits = strstr(vectors[i].name, "PKITS") != NULL;

		for (int k = 0; k < (pkits ? 1 : 4); k++)
			if (cert_parse(vectors[i].der, &c, NULL) == 0)
				good[n++] = &vectors[i];
	}
	return n;
}

static void
test_cert_openssl__mutants(void)
{
	static const struct vector *good[4 * VECTORS_MAX];
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
	report("cert_openssl/mutants");
}

int
main(void)
{
	vectors_load();
	if (n_vectors == 0) {
		printf("skip cert_openssl: python3-cryptography-vectors is not "
		       "installed\n");
		return 0;
	}
	check(n_vectors > 400, "cert_openssl/found", "got %zu files, want hundreds",
	    n_vectors);
	test_cert_openssl__vectors();
	test_cert_openssl__mutants();
	vectors_unload();
	return check_done();
}
