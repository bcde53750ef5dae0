/*
 * The extensions of a certificate (RFC 5280 section 4.2): what Chancery uses of
 * them, and whether a critical one is there that it does not know. Each may come
 * once. Part of cert_parse (cert.c).
 */
#include "core/cert_parts.h"
#include "core/crl_point.h"
#include "core/extension.h"
#include "core/general_name.h"
#include "core/name_chars.h"

typedef int ext_read_fn(struct bytes value, struct cert *out, struct err *e);

/* What was seen so far, to find what comes twice. */
struct ext_seen {
	uint64_t ce;				 /* bit n: id-ce n */
	struct bytes other[CERT_MAX_EXTENSIONS]; /* valid up to n_other */
	size_t n_other;
	size_t n;
};

/* --- the extensions that are read ---------------------------------------- */

/* KeyUsage: a named bit list, bit 0 first. */
static int
ext_key_usage(struct bytes value, struct cert *out, struct err *e)
{
	struct bytes content, octets;
	unsigned unused;

	if (der_only(value, DER_BIT_STRING, &content) != 0 ||
	    der_bit_string(content, &octets, &unused) != 0)
		return cert_bad(e, "4.2.1.3", "keyUsage is not a BIT STRING");
	out->has_key_usage = true;
	for (unsigned bit = 0; bit < 9 && bit / 8 < octets.n; bit++)
		if ((octets.p[bit / 8] & (0x80U >> bit % 8)) != 0)
			out->key_usage |= 1U << bit;
	if (out->key_usage == 0)
		return cert_bad(
		    e, "4.2.1.3", "keyUsage allows nothing, want at least one bit");
	return 0;
}

static unsigned
ext_usage_bit(struct bytes oid)
{
	static const struct bytes email = OID_BYTES("\x2b\x06\x01\x05\x05\x07\x03\x04");
	static const struct bytes any = OID_BYTES("\x55\x1d\x25\x00");

	if (bytes_equal(oid, email))
		return CERT_EKU_EMAIL_PROTECTION;
	return bytes_equal(oid, any) ? CERT_EKU_ANY : CERT_EKU_OTHER;
}

static int
ext_ext_key_usage(struct bytes value, struct cert *out, struct err *e)
{
	struct bytes content, oid;
	struct der d;

	if (der_only(value, DER_SEQUENCE, &content) != 0)
		return cert_bad(e, "4.2.1.12", "extKeyUsage is not a SEQUENCE");
	if (content.n == 0)
		return cert_bad(
		    e, "4.2.1.12", "extKeyUsage is empty, want at least one purpose");
	out->has_ext_usage = true;
	d = der_open(content);
	while (!der_at_end(&d)) {
		if (der_expect(&d, DER_OID, &oid) != 0 || !der_oid_valid(oid))
			return cert_bad(e, "4.2.1.12",
			    "extKeyUsage holds something else than an OID");
		out->ext_usage |= ext_usage_bit(oid);
	}
	return 0;
}

/* cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL. An
 * explicit FALSE is against DER, but Windows writes it. */
static int
ext_basic_constraints(struct bytes value, struct cert *out, struct err *e)
{
	struct bytes content, ca, path;
	struct der d;
	int has;

	if (der_only(value, DER_SEQUENCE, &content) != 0)
		return cert_bad(e, "4.2.1.9", "basicConstraints is not a SEQUENCE");
	d = der_open(content);
	has = der_optional(&d, DER_BOOLEAN, &ca);
	if (has < 0 || (has == 1 && der_boolean(ca, &out->is_ca) != 0))
		return cert_bad(e, "4.2.1.9", "cA is not a BOOLEAN");
	has = der_optional(&d, DER_INTEGER, &path);
	if (has < 0 || (has == 1 && (!der_integer_valid(path) || path.p[0] >= 0x80)))
		return cert_bad(
		    e, "4.2.1.9", "pathLenConstraint is not a number from 0 on");
	if (!der_at_end(&d))
		return cert_bad(
		    e, "4.2.1.9", "something stands behind basicConstraints");
	out->has_basic_constraints = true;
	return 0;
}

static int
ext_keep_address(struct bytes text, struct cert *out, struct err *e)
{
	if (out->n_address == CERT_MAX_NAMES)
		return err_set(e, ERR_LIMIT,
		    "certificate: more than %d addresses in subjectAltName",
		    CERT_MAX_NAMES);
	out->address[out->n_address++] = text;
	return 0;
}

static int
ext_keep_domain(struct bytes text, struct cert *out, struct err *e)
{
	if (out->n_domain == CERT_MAX_NAMES)
		return err_set(e, ERR_LIMIT,
		    "certificate: more than %d domains in subjectAltName",
		    CERT_MAX_NAMES);
	out->domain[out->n_domain++] = text;
	return 0;
}

/* SmtpUTF8Mailbox, 1.3.6.1.5.5.7.8.9; other otherNames are no addresses. */
static int
ext_keep_other(const struct general_name *name, struct cert *out, struct err *e)
{
	static const struct bytes mailbox =
	    OID_BYTES("\x2b\x06\x01\x05\x05\x07\x08\x09");
	struct bytes text;

	if (!bytes_equal(name->other_type, mailbox))
		return 0;
	if (der_only(name->value, DER_UTF8_STRING, &text) != 0 ||
	    !name_chars_valid(DER_UTF8_STRING, text))
		return err_set(e, ERR_SYNTAX,
		    "certificate: RFC 9598 section 3: SmtpUTF8Mailbox is not a "
		    "UTF8String in UTF-8");
	return ext_keep_address(text, out, e);
}

static int
ext_keep_name(const struct general_name *name, struct cert *out, struct err *e)
{
	switch (name->tag) {
	case GENERAL_NAME_EMAIL:
		return ext_keep_address(name->value, out, e);
	case GENERAL_NAME_DOMAIN:
		return ext_keep_domain(name->value, out, e);
	case GENERAL_NAME_OTHER:
		return ext_keep_other(name, out, e);
	default:
		return 0;
	}
}

static int
ext_alt_name(struct bytes value, struct cert *out, struct err *e)
{
	struct bytes content;
	struct general_name name;
	struct der d;
	int rc;

	if (der_only(value, DER_SEQUENCE, &content) != 0)
		return cert_bad(e, "4.2.1.6", "subjectAltName is not a SEQUENCE");
	out->has_alt_name = true;
	d = der_open(content);
	while ((rc = general_name_next(&d, &name)) == 1)
		if ((rc = ext_keep_name(&name, out, e)) != 0)
			return rc;
	if (rc != 0)
		return cert_bad(e, "4.2.1.6",
		    "subjectAltName holds something else than a GeneralName");
	return 0;
}

/* DistributionPoint: name [0], reasons [1], cRLIssuer [2], each optional. The first
 * URI of all points is kept. */
static int
ext_point(struct bytes content, struct cert *out)
{
	struct der d = der_open(content);
	struct bytes name, reasons, issuer;
	int has;

	has = der_optional(&d, DER_CONTEXT_CONSTRUCTED(0), &name);
	if (has < 0 || (has == 1 && crl_point_name(name, &out->crl_url) != 0))
		return ERR_SYNTAX;
	has = der_optional(&d, DER_CONTEXT(1), &reasons);
	if (has < 0 || (has == 1 && !crl_point_reasons_valid(reasons)))
		return ERR_SYNTAX;
	has = der_optional(&d, DER_CONTEXT_CONSTRUCTED(2), &issuer);
	if (has < 0 || (has == 1 && !general_names_valid(issuer)))
		return ERR_SYNTAX;
	return der_at_end(&d) ? 0 : ERR_SYNTAX;
}

static int
ext_crl_points(struct bytes value, struct cert *out, struct err *e)
{
	struct bytes content, point;
	struct der d;

	if (der_only(value, DER_SEQUENCE, &content) != 0)
		return cert_bad(
		    e, "4.2.1.13", "cRLDistributionPoints is not a SEQUENCE");
	d = der_open(content);
	while (!der_at_end(&d))
		if (der_expect(&d, DER_SEQUENCE, &point) != 0 ||
		    ext_point(point, out) != 0)
			return cert_bad(e, "4.2.1.13",
			    "cRLDistributionPoints holds something else than a "
			    "DistributionPoint");
	return 0;
}

/* --- which is which ------------------------------------------------------ */

/* Does not matter for encrypting mail to somebody: chains are judged by who may
 * write into the directory. */
static int
ext_pass(struct bytes value, struct cert *out, struct err *e)
{
	(void)value, (void)out, (void)e;
	return 0;
}

/* By the last arc of id-ce, 2.5.29. */
static ext_read_fn *const ext_ce[] = {
    [14] = ext_pass, /* subjectKeyIdentifier */
    [15] = ext_key_usage,
    [17] = ext_alt_name,
    [18] = ext_pass, /* issuerAltName */
    [19] = ext_basic_constraints,
    [30] = ext_pass, /* nameConstraints */
    [31] = ext_crl_points,
    [32] = ext_pass, /* certificatePolicies */
    [33] = ext_pass, /* policyMappings */
    [35] = ext_pass, /* authorityKeyIdentifier */
    [36] = ext_pass, /* policyConstraints */
    [37] = ext_ext_key_usage,
    [54] = ext_pass, /* inhibitAnyPolicy */
};

static const struct bytes ext_pe[] = {
    OID_BYTES("\x2b\x06\x01\x05\x05\x07\x01\x01"), /* authorityInfoAccess */
    OID_BYTES("\x2b\x06\x01\x05\x05\x07\x01\x03"), /* qcStatements */
};

/* The arc behind id-ce where it fits a bit of ext_seen, or -1. */
static int
ext_ce_arc(struct bytes oid)
{
	if (oid.n != 3 || oid.p[0] != 0x55 || oid.p[1] != 0x1d || oid.p[2] >= 64)
		return -1;
	return oid.p[2];
}

/* Who reads it; NULL: nobody knows it. */
static ext_read_fn *
ext_reader(struct bytes oid)
{
	int arc = ext_ce_arc(oid);

	if (arc >= 0)
		return (size_t)arc < NITEMS(ext_ce) ? ext_ce[arc] : NULL;
	for (size_t i = 0; i < NITEMS(ext_pe); i++)
		if (bytes_equal(oid, ext_pe[i]))
			return ext_pass;
	return NULL;
}

/* False where it was there before. The caller keeps within the limit. */
static bool
ext_note(struct ext_seen *seen, struct bytes oid)
{
	int arc = ext_ce_arc(oid);

	if (arc >= 0) {
		bool first = (seen->ce >> arc & 1) == 0;

		seen->ce |= UINT64_C(1) << arc;
		return first;
	}
	for (size_t i = 0; i < seen->n_other; i++)
		if (bytes_equal(seen->other[i], oid))
			return false;
	seen->other[seen->n_other++] = oid;
	return true;
}

static int
ext_read(
    const struct extension *x, struct ext_seen *seen, struct cert *out, struct err *e)
{
	ext_read_fn *reader;

	if (++seen->n > CERT_MAX_EXTENSIONS)
		return err_set(e, ERR_LIMIT, "certificate: more than %d extensions",
		    CERT_MAX_EXTENSIONS);
	if (!ext_note(seen, x->oid))
		return cert_bad(e, "4.2", "an extension is there twice");
	if ((reader = ext_reader(x->oid)) != NULL)
		return reader(x->value, out, e);
	if (x->critical)
		out->unknown_critical = true;
	return 0;
}

int
cert_read_extensions(struct bytes explicit_content, struct cert *out, struct err *e)
{
	struct extension extension;
	struct ext_seen seen;
	struct bytes content;
	struct der d;
	int rc;

	seen.ce = 0;
	seen.n_other = seen.n = 0;
	if (der_only(explicit_content, DER_SEQUENCE, &content) != 0)
		return cert_bad(e, "4.1.2.9", "extensions are not a SEQUENCE");
	d = der_open(content);
	while ((rc = extension_next(&d, &extension)) == 1)
		if ((rc = ext_read(&extension, &seen, out, e)) != 0)
			return rc;
	return rc == 0 ? 0 : cert_bad(e, "4.2", "an extension is not well-formed");
}
