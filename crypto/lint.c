/*
 * The lint: contract in lint.h. Here are the table of all rules, the taking
 * apart, and the rules that hold for every certificate.
 */
#include "crypto/lint_view.h"

#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>

#include <openssl/err.h>

#include "core/der.h"
#include "core/isotime.h"
#include "crypto/serial.h"

enum {
	DAY = 86400,
	SERIAL_MIN = 8,	 /* 64 bits */
	SERIAL_MAX = 20, /* below 2^159 */
	ROOT_MAX_DAYS = 9132,
};

bool
lint_no(struct lint_view *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->found, sizeof(v->found), fmt, ap);
	va_end(ap);
	return false;
}

struct bytes
lint_octets(const ASN1_STRING *s)
{
	return (struct bytes){ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

bool
lint_is_http(const GENERAL_NAME *name)
{
	char url[PROFILE_MAX_URL + 1];
	struct bytes text;

	if (name->type != GEN_URI)
		return false;
	text = lint_octets(name->d.uniformResourceIdentifier);
	if (text.n >= sizeof(url) || memchr(text.p, 0, text.n) != NULL)
		return false;
	memcpy(url, text.p, text.n);
	url[text.n] = '\0';
	return profile_check_url(url, NULL) == 0;
}

/* --- rules for every certificate --------------------------------------------- */

/* Both readers must take it, to its last octet, and write it back as it is. */
static bool
well_formed(struct lint_view *v)
{
	struct err why = {0};
	int n;

	if (v->x == NULL)
		return lint_no(v, "OpenSSL cannot read it");
	n = i2d_X509(v->x, NULL);
	if (n < 0 || (size_t)n != v->der.n)
		return lint_no(v, "%zu octets of which OpenSSL reads %d", v->der.n, n);
	if (cert_parse(v->der, &v->c, &why) != 0)
		return lint_no(v, "%.180s", why.text);
#define X(field, type, nid)                                                            \
	if (v->field == NULL && v->field##_critical != -1)                             \
		return lint_no(v, "extension %s %s", OBJ_nid2sn(nid),                  \
		    v->field##_critical == -2 ? "twice" : "that cannot be read");
	LINT_EXTENSIONS(X)
#undef X
	return true;
}

static bool
version(struct lint_view *v)
{
	return v->c.version == 3 || lint_no(v, "version %d", v->c.version);
}

static bool
serial(struct lint_view *v)
{
	struct bytes s = v->c.serial;

	if (s.n < SERIAL_MIN || s.n > SERIAL_MAX || (s.p[0] & 0x80) != 0)
		return lint_no(v, "a serial number of %zu octets%s", s.n,
		    s.n > 0 && (s.p[0] & 0x80) != 0 ? ", negative" : "");
	return true;
}

/* AlgorithmIdentifiers for signatures, byte for byte (S/MIME BR 7.1.3.2). */
static const struct {
	struct bytes algorithm;
	enum cert_key family;
	enum cert_curve curve;
} signatures[] = {
    {OID_BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"),
	CERT_KEY_RSA, CERT_CURVE_OTHER},
    {OID_BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00"),
	CERT_KEY_RSA, CERT_CURVE_OTHER},
    {OID_BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00"),
	CERT_KEY_RSA, CERT_CURVE_OTHER},
    {OID_BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"), CERT_KEY_EC,
	CERT_CURVE_P256},
    {OID_BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"), CERT_KEY_EC,
	CERT_CURVE_P384},
    {OID_BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04"), CERT_KEY_EC,
	CERT_CURVE_P521},
};

bool
lint_algorithm_fits(
    struct lint_view *v, struct bytes algorithm, const struct key_public *issuer)
{
	for (size_t i = 0; i < NITEMS(signatures); i++)
		if (bytes_equal(algorithm, signatures[i].algorithm))
			return (signatures[i].family == issuer->family &&
				   signatures[i].curve == issuer->curve) ||
			       lint_no(v,
				   "a signature algorithm of another kind of key than "
				   "the CA's");
	return lint_no(v, "a signature algorithm that is not on the list");
}

/* The AlgorithmIdentifier inside the TBSCertificate, which must be the outer one
 * (RFC 5280 section 4.1.1.2). */
static bool
algorithm(struct lint_view *v)
{
	struct key_public issuer;
	struct der_item item, inner = {0}, outer = {0};
	struct bytes content;
	struct der d;

	if (der_only(v->c.tbs, DER_SEQUENCE, &content) == 0) {
		d = der_open(content);
		if (der_read(&d, &item) == 0 && der_read(&d, &item) == 0)
			(void)der_read(&d, &inner);
	}
	if (der_only(v->der, DER_SEQUENCE, &content) == 0) {
		d = der_open(content);
		if (der_read(&d, &item) == 0)
			(void)der_read(&d, &outer);
	}
	if (!bytes_equal(inner.whole, outer.whole))
		return lint_no(v, "two different signature algorithms");
	if (key_public_read(v->want->issuer_spki, &issuer, NULL) != 0)
		return lint_no(v, "a CA key that cannot be read");
	return lint_algorithm_fits(v, inner.whole, &issuer);
}

static bool
spki_encoding(struct lint_view *v)
{
	struct err why = {0};

	return key_public_read(v->c.spki, &v->key, &why) == 0 ||
	       lint_no(v, "%.180s", why.text);
}

static bool
key_quality(struct lint_view *v)
{
	struct err why = {0};

	return key_check_public(v->c.spki, &why) == 0 || lint_no(v, "%.180s", why.text);
}

static bool
issuer_name(struct lint_view *v)
{
	return bytes_equal(v->c.issuer, v->want->issuer->name) ||
	       lint_no(v, "another issuer name");
}

static bool
root_self_issued(struct lint_view *v)
{
	if (!bytes_equal(v->c.issuer, v->c.subject))
		return lint_no(v, "a root whose issuer is not its subject");
	return bytes_equal(v->c.spki, v->want->issuer_spki) ||
	       lint_no(v, "a root signed by another key than its own");
}

static bool
validity_days(struct lint_view *v)
{
	int64_t seconds = v->c.not_after - v->c.not_before + 1;
	int64_t most = (v->want->kind == LINT_ROOT	   ? ROOT_MAX_DAYS
			   : v->want->kind == LINT_ISSUING ? ROOT_MAX_DAYS
							   : PROFILE_MAX_DAYS) *
		       (int64_t)DAY;

	if (seconds <= 0)
		return lint_no(v, "an end before its beginning");
	return seconds <= most ||
	       lint_no(v, "%lld days and %lld seconds", (long long)(seconds / DAY),
		   (long long)(seconds % DAY));
}

static bool
validity_within(struct lint_view *v)
{
	char text[ISOTIME_SIZE];

	if (v->c.not_before < v->want->issuer->not_before)
		return lint_no(v, "a beginning before the CA's, %s",
		    isotime_text(v->c.not_before, text));
	return v->c.not_after <= v->want->issuer->not_after ||
	       lint_no(
		   v, "an end after the CA's, %s", isotime_text(v->c.not_after, text));
}

static bool
authority_key_id(struct lint_view *v)
{
	if (v->aki == NULL)
		return v->want->kind == LINT_ROOT || lint_no(v, "none");
	if (v->aki_critical == 1)
		return lint_no(v, "a critical one");
	if (v->aki->issuer != NULL || v->aki->serial != NULL)
		return lint_no(v, "one with issuer and serial number");
	if (v->aki->keyid == NULL)
		return lint_no(v, "one without keyIdentifier");
	return bytes_equal(lint_octets(v->aki->keyid), v->want->issuer->key_id) ||
	       lint_no(v, "one that names another key");
}

static bool
subject_key_id(struct lint_view *v)
{
	if (v->ski == NULL)
		return lint_no(v, "none");
	if (v->ski_critical == 1)
		return lint_no(v, "a critical one");
	return ASN1_STRING_length(v->ski) == KEY_ID_BYTES ||
	       lint_no(v, "one of %d octets", ASN1_STRING_length(v->ski));
}

/* --- the table --------------------------------------------------------------- */

#define MAILBOX	     (1U << LINT_MAILBOX)
#define ORGANIZATION (1U << LINT_ORGANIZATION)
#define SPONSOR	     (1U << LINT_SPONSOR)
#define ROOT	     (1U << LINT_ROOT)
#define ISSUING	     (1U << LINT_ISSUING)
#define CRL	     (1U << LINT_CRL)
#define CERTIFICATES (LINT_LEAF | LINT_AUTHORITY)

#define ROW(name_, kinds_, clause_, want_, holds_)                                     \
	{                                                                              \
		{name_, clause_, want_, kinds_}, holds_                                \
	}
static const struct lint_row rows[] = {
    ROW("well-formed", CERTIFICATES, "RFC 5280 4.1", "DER that two readers take",
	well_formed),
    ROW("version", CERTIFICATES, "S/MIME BR 7.1.1", "X.509 version 3", version),
    ROW("serial", CERTIFICATES, "S/MIME BR 7.1",
	"8 to 20 octets, greater than 0 and below 2^159", serial),
    ROW("spki", CERTIFICATES, "S/MIME BR 7.1.3.1",
	"rsaEncryption with NULL or id-ecPublicKey with P-256, P-384, P-521",
	spki_encoding),
    ROW("key", CERTIFICATES, "S/MIME BR 6.1.1.3, 6.1.5, 6.1.6",
	"a key that is large enough and not weak", key_quality),
    ROW("signature", CERTIFICATES, "S/MIME BR 7.1.3.2",
	"an encoding of that clause that fits the CA's key, twice", algorithm),
    ROW("issuer", LINT_LEAF | ISSUING, "S/MIME BR 7.1.4.1",
	"the CA's subject, byte for byte", issuer_name),
    ROW("self-issued", ROOT, "RFC 5280 3.2", "a certificate of itself",
	root_self_issued),
    ROW("days", CERTIFICATES, "S/MIME BR 6.3.2",
	"at most 825 days with the last second (an authority: 25 years)",
	validity_days),
    ROW("within", LINT_LEAF | ISSUING, "RFC 5280 6.1.3",
	"a validity within that of the CA", validity_within),
    ROW("authority-key-id", CERTIFICATES, "S/MIME BR 7.1.2.3 g, 7.1.2.2 h",
	"an authorityKeyIdentifier, not critical, with keyIdentifier only, that of the "
	"CA",
	authority_key_id),
    ROW("subject-key-id", CERTIFICATES, "S/MIME BR 7.1.2.3 n, 7.1.2.2 i, 7.1.2.1 e",
	"a subjectKeyIdentifier, not critical, of 20 octets", subject_key_id),
    ROW("strings", CERTIFICATES, "S/MIME BR 7.1.4 (RFC 5280 4.1.2.4, A.1)",
	"UTF8String (country: PrintableString, mail: IA5String), within their bounds, "
	"one "
	"attribute an RDN, each once",
	lint_name_strings),
    ROW("metadata", CERTIFICATES, "S/MIME BR 7.1.4.2", "attributes that say something",
	lint_name_metadata),
    ROW("attributes-mailbox", MAILBOX, "S/MIME BR 7.1.4.2.3",
	"commonName, serialNumber, emailAddress only", lint_name_attributes),
    ROW("attributes-organization", ORGANIZATION, "S/MIME BR 7.1.4.2.4",
	"no attribute of a person, no unit, none of the unlisted",
	lint_name_attributes),
    ROW("attributes-person", SPONSOR, "S/MIME BR 7.1.4.2.5",
	"no unit, none of the unlisted", lint_name_attributes),
    ROW("organization", ORGANIZATION | SPONSOR, "S/MIME BR 7.1.4.2.4, 7.1.4.2.5",
	"organizationName and organizationIdentifier", lint_name_required),
    ROW("person", SPONSOR, "S/MIME BR 7.1.4.2.5 note 2", "givenName, surname or both",
	lint_name_person),
    ROW("common-name", LINT_LEAF, "S/MIME BR 7.1.4.2.2 a",
	"an address of subjectAltName (organization: or its name; person: or a name)",
	lint_name_cn),
    ROW("organization-id", ORGANIZATION | SPONSOR, "S/MIME BR 7.1.4.2.2 d, A.1",
	"scheme, country as in countryName, hyphen, reference",
	lint_name_organization_id),
    ROW("country", ORGANIZATION | SPONSOR | LINT_AUTHORITY, "S/MIME BR 7.1.4.2.2 n",
	"two upper-case letters", lint_name_country),
    ROW("addresses-repeated", LINT_LEAF, "S/MIME BR 7.1.4.2.1",
	"every address of the subject in subjectAltName too", lint_name_addresses),
    ROW("policies", LINT_LEAF, "S/MIME BR 7.1.2.3 a, 7.1.6.4",
	"the certificatePolicies of the configuration, not critical, no qualifier",
	lint_leaf_policies),
    ROW("crl-points", LINT_LEAF | ISSUING, "S/MIME BR 7.1.2.3 b, 7.1.2.2 b",
	"cRLDistributionPoints, not critical, http only", lint_leaf_crldp),
    ROW("info-access", LINT_LEAF | ISSUING, "S/MIME BR 7.1.2.3 c, 7.1.2.2 c",
	"authorityInformationAccess, not critical, http only, with caIssuers",
	lint_leaf_aia),
    ROW("constraints", LINT_LEAF, "S/MIME BR 7.1.2.3 d",
	"no basicConstraints, or one without cA and path length",
	lint_leaf_constraints),
    ROW("usage", LINT_LEAF, "S/MIME BR 7.1.2.3 e",
	"a critical keyUsage for signing, encryption or both, as the kind of key "
	"allows",
	lint_leaf_usage),
    ROW("ext-usage", LINT_LEAF, "S/MIME BR 7.1.2.3 f",
	"extKeyUsage emailProtection only", lint_leaf_eku),
    ROW("alt-name", LINT_LEAF, "S/MIME BR 7.1.2.3 h",
	"a subjectAltName, critical where the subject is empty and only there",
	lint_leaf_san),
    ROW("alt-name-content", LINT_LEAF, "S/MIME BR 7.1.4.2.1",
	"rfc822Name only, well-formed, with A-labels, each once",
	lint_leaf_san_content),
    ROW("capabilities", LINT_LEAF, "S/MIME BR 7.1.2.3 i",
	"no smimeCapabilities, or one that is not critical and begins with AES-256",
	lint_leaf_capabilities),
    ROW("unknown-extension", LINT_LEAF, "S/MIME BR 7.1.2.4",
	"no extension that 7.1.2.3 does not name", lint_leaf_unknown),
    ROW("ca-name", LINT_AUTHORITY, "S/MIME BR 7.1.4.3.1",
	"commonName, organizationName and countryName", lint_name_authority),
    ROW("ca-constraints", LINT_AUTHORITY, "S/MIME BR 7.1.2.1 a, 7.1.2.2 d",
	"a critical basicConstraints with cA (root: no path length; issuing CA: 0)",
	lint_ca_constraints),
    ROW("ca-usage", LINT_AUTHORITY, "S/MIME BR 7.1.2.1 b, 7.1.2.2 e",
	"a critical keyUsage with keyCertSign and cRLSign only", lint_ca_usage),
    ROW("root-policies", ROOT, "S/MIME BR 7.1.2.1 c", "no certificatePolicies",
	lint_root_policies),
    ROW("ca-policies", ISSUING, "S/MIME BR 7.1.2.2 a, 7.1.6.3",
	"certificatePolicies, not critical, without qualifier", lint_ca_policies),
    ROW("root-ext-usage", ROOT, "S/MIME BR 7.1.2.1 d", "no extKeyUsage", lint_root_eku),
    ROW("ca-ext-usage", ISSUING, "S/MIME BR 7.1.2.2 g",
	"extKeyUsage emailProtection, not critical, nothing else", lint_ca_eku),
    ROW("ca-unknown-extension", LINT_AUTHORITY, "S/MIME BR 7.1.2.4",
	"no extension that 7.1.2.1 or 7.1.2.2 does not name", lint_ca_unknown),
    ROW("crl-well-formed", CRL, "RFC 5280 5.1", "DER that two readers take",
	lint_crl_readable),
    ROW("crl-version", CRL, "RFC 5280 5.1.2.1", "version 2", lint_crl_version),
    ROW("crl-signature", CRL, "S/MIME BR 7.1.3.2",
	"an encoding of that clause that fits the CA's key, twice", lint_crl_algorithm),
    ROW("crl-issuer", CRL, "RFC 5280 5.1.2.3", "the CA's subject, byte for byte",
	lint_crl_issuer),
    ROW("crl-times", CRL, "S/MIME BR 4.9.7",
	"a nextUpdate after thisUpdate, by at most 10 days (a root's: 12 months)",
	lint_crl_times),
    ROW("crl-authority-key-id", CRL, "RFC 5280 5.2.1",
	"an authorityKeyIdentifier, not critical, that of the CA", lint_crl_aki),
    ROW("crl-number", CRL, "RFC 5280 5.2.3",
	"a cRLNumber, not critical, greater than 0, of at most 20 octets",
	lint_crl_number),
    ROW("crl-extensions", CRL, "RFC 5280 5.2, 5.3",
	"authorityKeyIdentifier, cRLNumber and, of entries, reasonCode only",
	lint_crl_extensions),
    ROW("crl-reasons", CRL, "S/MIME BR 7.2.2",
	"no reasonCode, or 1 to 5 or 9, not critical (never unspecified, never on "
	"hold)",
	lint_crl_reasons),
    ROW("crl-dates", CRL, "RFC 5280 5.1.2.6", "revocations up to thisUpdate",
	lint_crl_dates),
    ROW("crl-serials", CRL, "RFC 5280 5.1.2.6", "every serial number once, in order",
	lint_crl_serials),
};

const struct lint_rule *
lint_rules(size_t *n_out)
{
	static struct lint_rule rules[NITEMS(rows)];

	/* Always the same values, so that threads may do this at once. */
	for (size_t i = 0; i < NITEMS(rows); i++)
		rules[i] = rows[i].rule;
	*n_out = NITEMS(rows);
	return rules;
}

/* --- holding against it ------------------------------------------------------ */

static void
open_extensions(struct lint_view *v)
{
#define X(field, type, nid)                                                            \
	v->field = X509_get_ext_d2i(v->x, nid, &v->field##_critical, NULL);
	LINT_EXTENSIONS(X)
#undef X
}

static void
close_extensions(struct lint_view *v)
{
#define X(field, type, nid) type##_free(v->field);
	LINT_EXTENSIONS(X)
#undef X
}

/* Tries the rules of the kind, in order. */
static int
try_rules(struct lint_view *v, const struct lint_rule **broken_out, struct err *e)
{
	const char *object = v->want->kind == LINT_CRL ? "CRL" : "certificate";

	if (broken_out != NULL)
		*broken_out = NULL;
	for (size_t i = 0; i < NITEMS(rows); i++) {
		const struct lint_rule *rule = &rows[i].rule;

		if ((rule->kinds & 1U << v->want->kind) == 0 || rows[i].holds(v))
			continue;
		if (broken_out != NULL)
			*broken_out = rule;
		return err_set(e, ERR_POLICY, "%s refused (%s), %s: found %s, want %s",
		    object, rule->name, rule->clause, v->found, rule->want);
	}
	return 0;
}

int
lint_certificate(struct bytes der, const struct lint_want *want,
    const struct lint_rule **broken_out, struct err *e)
{
	struct lint_view *v = calloc(1, sizeof(*v));
	const uint8_t *p = der.p;
	int rc;

	if (v == NULL)
		return err_set(e, ERR_MEMORY, "no memory to check a certificate");
	v->want = want;
	v->der = der;
	if ((v->x = d2i_X509(NULL, &p, (long)der.n)) != NULL) {
		v->subject = X509_get_subject_name(v->x);
		open_extensions(v);
	}
	rc = try_rules(v, broken_out, e);
	close_extensions(v);
	X509_free(v->x);
	free(v);
	ERR_clear_error();
	return rc;
}

int
lint_crl(struct bytes der, const struct lint_want *want, bool root,
    const struct lint_rule **broken_out, struct err *e)
{
	struct lint_view *v = calloc(1, sizeof(*v));
	const uint8_t *p = der.p;
	int rc;

	if (v == NULL)
		return err_set(e, ERR_MEMORY, "no memory to check a CRL");
	v->want = want;
	v->der = der;
	v->root_crl = root;
	v->crl = d2i_X509_CRL(NULL, &p, (long)der.n);
	rc = try_rules(v, broken_out, e);
	X509_CRL_free(v->crl);
	free(v);
	ERR_clear_error();
	return rc;
}
