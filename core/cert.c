/*
 * The certificate view (contract in cert.h): reads the frame of a certificate,
 * RFC 5280 section 4.1, field by field, and leaves key, signature algorithm and
 * extensions to cert_key.c, cert_hash.c and cert_ext.c. Called for every
 * certificate on every entry that is looked up for the first time: no memory is
 * taken, nothing large is cleared. Judges nothing.
 */
#include "core/cert_parts.h"
#include "core/name.h"

#include <stddef.h>

/* 1.2.840.113549.1.9.1 */
static const struct bytes oid_email = OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01");
/* 2.5.4.3 */
static const struct bytes oid_common_name = OID_BYTES("\x55\x04\x03");

int
cert_bad(struct err *e, const char *section, const char *what)
{
	return err_set(
	    e, ERR_SYNTAX, "certificate: RFC 5280 section %s: %s", section, what);
}

/* [0] EXPLICIT INTEGER DEFAULT v1. An explicit v1 is against DER, but harmless
 * and read by everybody. */
static int
cert_read_version(struct der *d, struct cert *out, struct err *e)
{
	struct bytes explicit_version, content;
	int64_t version = 0;
	int has = der_optional(d, DER_CONTEXT_CONSTRUCTED(0), &explicit_version);

	if (has < 0 ||
	    (has == 1 && (der_only(explicit_version, DER_INTEGER, &content) != 0 ||
			     der_integer(content, &version) != 0)))
		return cert_bad(e, "4.1.2.1", "version is not an INTEGER");
	if (version < 0 || version > 2)
		return cert_bad(e, "4.1.2.1", "version is not v1, v2 or v3");
	out->version = (int)version + 1;
	return 0;
}

static int
cert_read_serial(struct der *d, struct cert *out, struct err *e)
{
	if (der_expect(d, DER_INTEGER, &out->serial) != 0 ||
	    !der_integer_valid(out->serial))
		return cert_bad(
		    e, "4.1.2.2", "serialNumber is not an INTEGER in shortest form");
	return 0;
}

static int
cert_read_time(struct der *d, int64_t *out)
{
	struct der_item item;

	if (der_read(d, &item) != 0)
		return ERR_SYNTAX;
	return der_time(item.tag, item.content, out);
}

static int
cert_read_validity(struct der *d, struct cert *out, struct err *e)
{
	struct bytes content;
	struct der times;

	if (der_expect(d, DER_SEQUENCE, &content) != 0)
		return cert_bad(e, "4.1.2.5", "validity is not a SEQUENCE");
	times = der_open(content);
	if (cert_read_time(&times, &out->not_before) != 0)
		return cert_bad(
		    e, "4.1.2.5", "notBefore is not a time with seconds in Z");
	if (cert_read_time(&times, &out->not_after) != 0)
		return cert_bad(
		    e, "4.1.2.5", "notAfter is not a time with seconds in Z");
	if (!der_at_end(&times))
		return cert_bad(e, "4.1.2.5", "validity goes on behind notAfter");
	return 0;
}

static int
cert_read_issuer(struct der *d, struct cert *out, struct err *e)
{
	struct der_item item;

	if (der_read(d, &item) != 0 || !name_valid(item.whole))
		return cert_bad(e, "4.1.2.4", "issuer is not a well-formed Name");
	out->issuer = item.whole;
	return 0;
}

/* Keeps what the view wants of the subject. Strings of wide characters are no
 * mail addresses in any profile. */
static void
cert_keep_attr(const struct name_attr *attr, struct cert *out)
{
	if (bytes_equal(attr->type, oid_common_name)) {
		out->subject_cn = attr->value;
		out->subject_cn_tag = attr->tag;
	} else if (bytes_equal(attr->type, oid_email) &&
		   (attr->tag == DER_IA5_STRING || attr->tag == DER_UTF8_STRING ||
		       attr->tag == DER_PRINTABLE_STRING) &&
		   out->n_subject_email < NITEMS(out->subject_email)) {
		out->subject_email[out->n_subject_email++] = attr->value;
	}
}

static int
cert_read_subject(struct der *d, struct cert *out, struct err *e)
{
	struct der_item item;
	struct name_walk walk;
	struct name_attr attr;
	int rc;

	if (der_read(d, &item) != 0 || name_open(item.whole, &walk) != 0)
		return cert_bad(e, "4.1.2.6", "subject is not a Name");
	while ((rc = name_next(&walk, &attr)) == 1)
		cert_keep_attr(&attr, out);
	if (rc != 0)
		return cert_bad(e, "4.1.2.6", "subject is not a well-formed Name");
	out->subject = item.whole;
	return 0;
}

static int
cert_read_spki(struct der *d, struct cert *out, struct err *e)
{
	struct der_item item;

	if (der_read(d, &item) != 0 || item.tag != DER_SEQUENCE)
		return cert_bad(e, "4.1.2.7", "subjectPublicKeyInfo is not a SEQUENCE");
	out->spki = item.whole;
	return cert_read_key(item.content, out, e);
}

/* issuerUniqueID [1] and subjectUniqueID [2]: nobody uses them. */
static int
cert_skip_unique_ids(struct der *d, struct err *e)
{
	struct bytes content, octets;
	unsigned unused;
	int has;

	for (unsigned n = 1; n <= 2; n++) {
		has = der_optional(d, (uint8_t)DER_CONTEXT(n), &content);
		if (has < 0 ||
		    (has == 1 && der_bit_string(content, &octets, &unused) != 0))
			return cert_bad(
			    e, "4.1.2.8", "unique identifier is not a BIT STRING");
	}
	return 0;
}

/* From the subject's key to the end of TBSCertificate. */
static int
cert_read_tbs_tail(struct der *d, struct cert *out, struct err *e)
{
	struct bytes content;
	int rc;

	if ((rc = cert_read_spki(d, out, e)) != 0 ||
	    (rc = cert_skip_unique_ids(d, e)) != 0)
		return rc;
	if ((rc = der_optional(d, DER_CONTEXT_CONSTRUCTED(3), &content)) < 0)
		return cert_bad(e, "4.1.2.9", "extensions are cut off");
	if (rc == 1 && (rc = cert_read_extensions(content, out, e)) != 0)
		return rc;
	if (!der_at_end(d))
		return cert_bad(e, "4.1", "something stands behind the last field");
	return 0;
}

/* TBSCertificate; the inner algorithm is handed out to be compared. */
static int
cert_read_tbs(
    struct bytes content, struct cert *out, struct bytes *algorithm, struct err *e)
{
	struct der d = der_open(content);
	int rc;

	if ((rc = cert_read_version(&d, out, e)) != 0 ||
	    (rc = cert_read_serial(&d, out, e)) != 0)
		return rc;
	if (der_expect(&d, DER_SEQUENCE, algorithm) != 0)
		return cert_bad(e, "4.1.2.3", "signature is not a SEQUENCE");
	if ((rc = cert_read_issuer(&d, out, e)) != 0 ||
	    (rc = cert_read_validity(&d, out, e)) != 0 ||
	    (rc = cert_read_subject(&d, out, e)) != 0)
		return rc;
	return cert_read_tbs_tail(&d, out, e);
}

/* signatureAlgorithm and signatureValue. No verifier takes a certificate whose
 * two algorithms differ. */
static int
cert_read_tail(struct der *d, struct bytes inner, struct cert *out, struct err *e)
{
	struct bytes algorithm, signature, octets;
	unsigned unused;
	int rc;

	if (der_expect(d, DER_SEQUENCE, &algorithm) != 0)
		return cert_bad(e, "4.1.1.2", "signatureAlgorithm is not a SEQUENCE");
	if (!bytes_equal(algorithm, inner))
		return cert_bad(e, "4.1.1.2",
		    "signatureAlgorithm differs from the one that is signed");
	if ((rc = cert_read_signature(algorithm, out, e)) != 0)
		return rc;
	if (der_expect(d, DER_BIT_STRING, &signature) != 0 ||
	    der_bit_string(signature, &octets, &unused) != 0)
		return cert_bad(e, "4.1.1.3", "signatureValue is not a BIT STRING");
	if (!der_at_end(d))
		return cert_bad(e, "4.1", "something stands behind signatureValue");
	return 0;
}

int
cert_parse(struct bytes der, struct cert *out, struct err *e)
{
	struct bytes content, algorithm;
	struct der_item tbs;
	struct der d;
	int rc;

	if (der.n > CERT_MAX_BYTES)
		return err_set(e, ERR_LIMIT,
		    "certificate: %zu bytes, at most %d are read", der.n,
		    CERT_MAX_BYTES);
	/* The lists at the end are valid up to their counts only. */
	memset(out, 0, offsetof(struct cert, address));
	if (der_only(der, DER_SEQUENCE, &content) != 0)
		return cert_bad(e, "4.1", "it is not one SEQUENCE in DER");
	d = der_open(content);
	if (der_read(&d, &tbs) != 0 || tbs.tag != DER_SEQUENCE)
		return cert_bad(e, "4.1", "tbsCertificate is not a SEQUENCE");
	out->der = der;
	out->tbs = tbs.whole;
	if ((rc = cert_read_tbs(tbs.content, out, &algorithm, e)) != 0)
		return rc;
	return cert_read_tail(&d, algorithm, out, e);
}
