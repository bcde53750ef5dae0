/*
 * The fields of a certificate as OpenSSL reads them, as text, one line a field;
 * test_cert_openssl.c writes core's view the same way and compares. OpenSSL
 * refuses here what d2i_X509 does not parse to the last byte, and also, because it
 * parses some things only when asked, what its own functions then refuse:
 *
 *   - a version that is not v1 to v3 (X509_get_version)
 *   - two signature algorithms that differ (X509_ALGOR_cmp; X509_verify does it)
 *   - RSASSA-PSS without usable parameters (X509_get_signature_info)
 *   - a time that ASN1_TIME_to_tm cannot read
 *   - a public key of a kind that core knows which X509_get0_pubkey cannot decode
 *   - keyUsage, extKeyUsage, basicConstraints, subjectAltName or
 *     cRLDistributionPoints that X509_get_ext_d2i cannot decode or finds twice
 *   - keyUsage without a bit, a negative pathLenConstraint (EXFLAG_INVALID), an
 *     empty extKeyUsage (RFC 5280 section 4.2.1.12)
 *   - SmtpUTF8Mailbox that is not UTF-8 (RFC 9598 section 3)
 */
#ifndef CHANCERY_TESTS_CERT_REFERENCE_H
#define CHANCERY_TESTS_CERT_REFERENCE_H

#include "core/cert.h"
#include "tests/unit/fields.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <time.h>

/* --- what OpenSSL says ------------------------------------------------------ */

struct reference {
	X509 *x;
	const char *refused; /* or NULL */
	bool point_form; /* an EC key spelled out or compressed: core leaves it alone */
	struct fields fields;
};

static void
reference_refuse(struct reference *r, const char *why)
{
	if (r->refused == NULL)
		r->refused = why;
}

static void
reference_asn1(struct reference *r, const char *field, const ASN1_STRING *s)
{
	fields_add_hex(
	    &r->fields, field, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* ASN1_INTEGER keeps the magnitude; core the octets: written again as content. */
static void
reference_serial(struct reference *r)
{
	uint8_t *der = NULL;
	int n = i2d_ASN1_INTEGER(X509_get_serialNumber(r->x), &der);
	const uint8_t *p = der;
	int tag, class;
	long len;

	if (n <= 0 || ASN1_get_object(&p, &len, &tag, &class, n) != 0)
		abort();
	fields_add_hex(&r->fields, "serial", p, (size_t)len);
	OPENSSL_free(der);
}

static void
reference_name(struct reference *r, const char *field, const X509_NAME *name)
{
	const uint8_t *der;
	size_t n;

	if (X509_NAME_get0_der(name, &der, &n) != 1)
		abort();
	fields_add_hex(&r->fields, field, der, n);
}

static void
reference_time(struct reference *r, const char *field, const ASN1_TIME *t)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		reference_refuse(r, "time");
	else
		fields_add(&r->fields, "%s %lld\n", field, (long long)timegm(&tm));
}

static enum cert_hash
reference_hash(int nid)
{
	static const struct {
		int nid;
		enum cert_hash hash;
	} table[] = {
	    {NID_md2, CERT_HASH_MD2},
	    {NID_md4, CERT_HASH_MD4},
	    {NID_md5, CERT_HASH_MD5},
	    {NID_sha, CERT_HASH_SHA1}, /* SHA-0 counts as SHA-1: both are broken */
	    {NID_sha1, CERT_HASH_SHA1},
	    {NID_sha224, CERT_HASH_SHA224},
	    {NID_sha256, CERT_HASH_SHA256},
	    {NID_sha384, CERT_HASH_SHA384},
	    {NID_sha512, CERT_HASH_SHA512},
	    {NID_sha3_224, CERT_HASH_SHA3},
	    {NID_sha3_256, CERT_HASH_SHA3},
	    {NID_sha3_384, CERT_HASH_SHA3},
	    {NID_sha3_512, CERT_HASH_SHA3},
	};

	for (size_t i = 0; i < NITEMS(table); i++)
		if (table[i].nid == nid)
			return table[i].hash;
	return CERT_HASH_OTHER;
}

static void
reference_signature(struct reference *r)
{
	const ASN1_BIT_STRING *signature;
	const X509_ALGOR *outer;
	const ASN1_OBJECT *oid;
	int nid, hash = NID_undef, key;

	X509_get0_signature(&signature, &outer, r->x);
	if (X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(r->x)) != 0)
		reference_refuse(r, "algorithms differ");
	X509_ALGOR_get0(&oid, NULL, NULL, outer);
	fields_add_hex(
	    &r->fields, "signature-oid", OBJ_get0_data(oid), OBJ_length(oid));
	nid = OBJ_obj2nid(oid);
	if (nid == NID_rsassaPss) {
		if (X509_get_signature_info(r->x, &hash, NULL, NULL, NULL) != 1)
			reference_refuse(r, "PSS parameters");
	} else if (nid == NID_undef || OBJ_find_sigid_algs(nid, &hash, &key) != 1) {
		hash = NID_undef;
	}
	fields_add(&r->fields, "signature-hash %s\n",
	    nid == NID_ED25519 || nid == NID_ED448
		? "builtin"
		: cert_hash_text(reference_hash(hash)));
}

/* --- the key ---------------------------------------------------------------- */

static enum cert_key
reference_key_kind(int nid)
{
	static const struct {
		int nid;
		enum cert_key key;
	} table[] = {
	    {NID_rsaEncryption, CERT_KEY_RSA},
	    {NID_rsassaPss, CERT_KEY_RSA_PSS},
	    {NID_dsa, CERT_KEY_DSA},
	    {NID_X9_62_id_ecPublicKey, CERT_KEY_EC},
	    {NID_X25519, CERT_KEY_X25519},
	    {NID_X448, CERT_KEY_X448},
	    {NID_ED25519, CERT_KEY_ED25519},
	    {NID_ED448, CERT_KEY_ED448},
	};

	for (size_t i = 0; i < NITEMS(table); i++)
		if (table[i].nid == nid)
			return table[i].key;
	return CERT_KEY_OTHER;
}

static enum cert_curve
reference_curve(int nid)
{
	switch (nid) {
	case NID_X9_62_prime256v1:
		return CERT_CURVE_P256;
	case NID_secp384r1:
		return CERT_CURVE_P384;
	case NID_secp521r1:
		return CERT_CURVE_P521;
	case NID_brainpoolP256r1:
		return CERT_CURVE_BRAINPOOL_P256;
	case NID_brainpoolP384r1:
		return CERT_CURVE_BRAINPOOL_P384;
	case NID_brainpoolP512r1:
		return CERT_CURVE_BRAINPOOL_P512;
	default:
		return CERT_CURVE_OTHER;
	}
}

/* The named curve in the algorithm's parameters, known to core or not. */
static enum cert_curve
reference_named_curve(X509_PUBKEY *spki)
{
	const ASN1_OBJECT *curve;
	const void *value;
	X509_ALGOR *algorithm;
	int type;

	X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, spki);
	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	curve = value;
	return type == V_ASN1_OBJECT ? reference_curve(OBJ_obj2nid(curve))
				     : CERT_CURVE_OTHER;
}

/* A DSA key whose parameters are those of its issuer (RFC 3279 section 2.3.2): OpenSSL
 * decodes none without them, so only the INTEGER is checked. */
static bool
reference_inherits_dsa(X509_PUBKEY *spki)
{
	X509_ALGOR *algorithm;
	const uint8_t *p, *start;
	ASN1_INTEGER *y;
	int type, n;

	X509_PUBKEY_get0_param(NULL, &start, &n, &algorithm, spki);
	X509_ALGOR_get0(NULL, &type, NULL, algorithm);
	if (type != V_ASN1_UNDEF && type != V_ASN1_NULL)
		return false;
	p = start;
	y = d2i_ASN1_INTEGER(NULL, &p, n);
	ASN1_INTEGER_free(y);
	return y != NULL && p == start + n;
}

/* Type and size, by OpenSSL's own decoding of the key. An EC key can be encrypted
 * to only if its curve is named and known and its point uncompressed. */
static void
reference_key(struct reference *r)
{
	X509_PUBKEY *spki = X509_get_X509_PUBKEY(r->x);
	EVP_PKEY *pkey = X509_get0_pubkey(r->x);
	enum cert_curve curve = reference_named_curve(spki);
	const uint8_t *octets;
	ASN1_OBJECT *oid;
	enum cert_key kind;
	int n;

	X509_PUBKEY_get0_param(&oid, &octets, &n, NULL, spki);
	kind = reference_key_kind(OBJ_obj2nid(oid));
	r->point_form = kind == CERT_KEY_EC &&
			(curve == CERT_CURVE_OTHER || (n > 0 && octets[0] != 0x04));
	if (kind == CERT_KEY_DSA && reference_inherits_dsa(spki)) {
		fields_add(&r->fields, "key %d\nbits 0\n", (int)kind);
		return;
	}
	if (kind != CERT_KEY_OTHER && pkey == NULL && !(r->point_form && n > 0)) {
		reference_refuse(r, "public key");
		return;
	}
	fields_add(&r->fields, "key %d\n", (int)kind);
	if (kind == CERT_KEY_EC)
		fields_add(&r->fields, "curve %d\n",
		    (int)(r->point_form ? CERT_CURVE_OTHER : curve));
	if (kind == CERT_KEY_RSA || kind == CERT_KEY_RSA_PSS || kind == CERT_KEY_DSA ||
	    (kind == CERT_KEY_EC && !r->point_form))
		fields_add(&r->fields, "bits %d\n", EVP_PKEY_get_bits(pkey));
}

/* --- the extensions --------------------------------------------------------- */

/* Decodes one; false where it is absent or refused. */
static bool
reference_extension(struct reference *r, int nid, void **out)
{
	int critical;

	*out = X509_get_ext_d2i(r->x, nid, &critical, NULL);
	if (*out == NULL && critical != -1)
		reference_refuse(r, OBJ_nid2sn(nid));
	return *out != NULL;
}

static void
reference_key_usage(struct reference *r)
{
	ASN1_BIT_STRING *bits;
	unsigned usage = 0;
	void *p;

	if (!reference_extension(r, NID_key_usage, &p))
		return;
	bits = p;
	for (int i = 0; i < 9; i++)
		usage |= ASN1_BIT_STRING_get_bit(bits, i) ? 1U << i : 0;
	if (usage == 0)
		reference_refuse(r, "keyUsage allows nothing");
	fields_add(&r->fields, "key-usage %x\n", usage);
	ASN1_BIT_STRING_free(bits);
}

static void
reference_ext_usage(struct reference *r)
{
	EXTENDED_KEY_USAGE *usages;
	unsigned usage = 0;
	void *p;

	if (!reference_extension(r, NID_ext_key_usage, &p))
		return;
	usages = p;
	for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++)
		switch (OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i))) {
		case NID_email_protect:
			usage |= CERT_EKU_EMAIL_PROTECTION;
			break;
		case NID_anyExtendedKeyUsage:
			usage |= CERT_EKU_ANY;
			break;
		default:
			usage |= CERT_EKU_OTHER;
		}
	if (usage == 0)
		reference_refuse(r, "extKeyUsage is empty");
	fields_add(&r->fields, "ext-usage %x\n", usage);
	EXTENDED_KEY_USAGE_free(usages);
}

static void
reference_basic_constraints(struct reference *r)
{
	BASIC_CONSTRAINTS *bc;
	void *p;

	if (!reference_extension(r, NID_basic_constraints, &p))
		return;
	bc = p;
	if (bc->pathlen != NULL && bc->pathlen->type == V_ASN1_NEG_INTEGER)
		reference_refuse(r, "negative pathLenConstraint");
	fields_add(&r->fields, "ca %d\n", bc->ca != 0);
	BASIC_CONSTRAINTS_free(bc);
}

/* Whether OpenSSL can turn it into UTF-8, which it checks. */
static bool
reference_is_utf8(const ASN1_STRING *s)
{
	unsigned char *out = NULL;
	int n = ASN1_STRING_to_UTF8(&out, s);

	OPENSSL_free(out);
	return n >= 0;
}

static void
reference_other_name(struct reference *r, const OTHERNAME *other)
{
	if (OBJ_obj2nid(other->type_id) != NID_id_on_SmtpUTF8Mailbox)
		return;
	if (other->value->type != V_ASN1_UTF8STRING ||
	    !reference_is_utf8(other->value->value.utf8string))
		reference_refuse(r, "SmtpUTF8Mailbox");
	else
		reference_asn1(r, "address", other->value->value.utf8string);
}

static void
reference_alt_name(struct reference *r)
{
	GENERAL_NAMES *names;
	void *p;

	if (!reference_extension(r, NID_subject_alt_name, &p))
		return;
	names = p;
	fields_add(&r->fields, "alt-name\n");
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_EMAIL)
			reference_asn1(r, "address", name->d.rfc822Name);
		else if (name->type == GEN_OTHERNAME)
			reference_other_name(r, name->d.otherName);
	}
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (sk_GENERAL_NAME_value(names, i)->type == GEN_DNS)
			reference_asn1(
			    r, "domain", sk_GENERAL_NAME_value(names, i)->d.dNSName);
	GENERAL_NAMES_free(names);
}

/* The first URI of a distribution point that is not empty. */
static const ASN1_STRING *
reference_point_url(const DIST_POINT *point)
{
	const GENERAL_NAMES *names;

	if (point->distpoint == NULL || point->distpoint->type != 0)
		return NULL;
	names = point->distpoint->name.fullname;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_URI &&
		    ASN1_STRING_length(name->d.uniformResourceIdentifier) > 0)
			return name->d.uniformResourceIdentifier;
	}
	return NULL;
}

static void
reference_crl_points(struct reference *r)
{
	const ASN1_STRING *url = NULL;
	CRL_DIST_POINTS *points;
	void *p;

	if (!reference_extension(r, NID_crl_distribution_points, &p))
		return;
	points = p;
	for (int i = 0; i < sk_DIST_POINT_num(points) && url == NULL; i++)
		url = reference_point_url(sk_DIST_POINT_value(points, i));
	if (url != NULL)
		reference_asn1(r, "crl-url", url);
	CRL_DIST_POINTS_free(points);
}

/* Those that cert.h promises to know; the list is the contract's, not OpenSSL's. */
static bool
reference_knows(int nid)
{
	static const int known[] = {NID_basic_constraints, NID_key_usage,
	    NID_ext_key_usage, NID_subject_alt_name, NID_certificate_policies,
	    NID_name_constraints, NID_policy_constraints, NID_policy_mappings,
	    NID_inhibit_any_policy, NID_crl_distribution_points,
	    NID_authority_key_identifier, NID_subject_key_identifier,
	    NID_issuer_alt_name, NID_info_access, NID_qcStatements};

	for (size_t i = 0; i < NITEMS(known); i++)
		if (known[i] == nid)
			return true;
	return false;
}

static void
reference_critical(struct reference *r)
{
	bool unknown = false;

	for (int i = 0; i < X509_get_ext_count(r->x); i++) {
		X509_EXTENSION *x = X509_get_ext(r->x, i);

		if (X509_EXTENSION_get_critical(x) &&
		    !reference_knows(OBJ_obj2nid(X509_EXTENSION_get_object(x))))
			unknown = true;
	}
	fields_add(&r->fields, "unknown-critical %d\n", unknown);
}

/* --- the subject ------------------------------------------------------------ */

/* Types whose ASN1_STRING holds just the content octets. */
static bool
reference_is_text(int type)
{
	return type == V_ASN1_UTF8STRING || type == V_ASN1_NUMERICSTRING ||
	       type == V_ASN1_PRINTABLESTRING || type == V_ASN1_T61STRING ||
	       type == V_ASN1_IA5STRING || type == V_ASN1_UNIVERSALSTRING ||
	       type == V_ASN1_BMPSTRING;
}

static void
reference_subject(struct reference *r)
{
	const X509_NAME *name = X509_get_subject_name(r->x);
	const ASN1_STRING *cn = NULL;
	int emails = 0;

	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
		int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
		int type = ASN1_STRING_type(value);

		if (nid == NID_commonName)
			cn = value;
		if (nid == NID_pkcs9_emailAddress && emails < 4 &&
		    (type == V_ASN1_IA5STRING || type == V_ASN1_UTF8STRING ||
			type == V_ASN1_PRINTABLESTRING) &&
		    ++emails)
			reference_asn1(r, "subject-email", value);
	}
	if (cn != NULL) {
		fields_add(&r->fields, "cn-type %d\n", ASN1_STRING_type(cn));
		if (reference_is_text(ASN1_STRING_type(cn)))
			reference_asn1(r, "cn", cn);
	}
}

/* --- all of it --------------------------------------------------------------- */

static void
reference_read(struct bytes der, struct reference *r)
{
	const uint8_t *p = der.p;

	r->refused = NULL;
	r->point_form = false;
	r->fields.n = 0;
	r->x = d2i_X509(NULL, &p, (long)der.n);
	if (r->x == NULL) {
		reference_refuse(r, "d2i_X509");
		return;
	}
	if (p != der.p + der.n)
		reference_refuse(r, "bytes behind it");
	if (X509_get_version(r->x) < 0 || X509_get_version(r->x) > 2)
		reference_refuse(r, "version");
	fields_add(&r->fields, "version %ld\n", X509_get_version(r->x) + 1);
	reference_serial(r);
	reference_name(r, "issuer", X509_get_issuer_name(r->x));
	reference_name(r, "subject", X509_get_subject_name(r->x));
	reference_time(r, "not-before", X509_get0_notBefore(r->x));
	reference_time(r, "not-after", X509_get0_notAfter(r->x));
	reference_signature(r);
	reference_key_usage(r);
	reference_ext_usage(r);
	reference_basic_constraints(r);
	reference_alt_name(r);
	reference_crl_points(r);
	reference_critical(r);
	reference_subject(r);
	reference_key(r);
}

static void
reference_free(struct reference *r)
{
	X509_free(r->x);
	r->x = NULL;
	ERR_clear_error();
}

#endif
