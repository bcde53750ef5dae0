/*
 * Certificate revocation lists (contract in crl.h): the frame is read at opening,
 * the entries one by one afterwards, because there may be a million of them.
 * Called by the set of revoked certificates. Checks no signature and knows no
 * certificate.
 */
#include "core/crl.h"

#include "core/algorithm.h"
#include "core/crl_point.h"
#include "core/extension.h"
#include "core/general_name.h"
#include "core/name.h"

/* The last arc of id-ce, 2.5.29. */
enum crl_extension {
	CRL_EXT_ISSUER_ALT_NAME = 18,
	CRL_EXT_NUMBER = 20,
	CRL_EXT_REASON = 21,
	CRL_EXT_HOLD_INSTRUCTION = 23,
	CRL_EXT_INVALIDITY_DATE = 24,
	CRL_EXT_DELTA = 27,
	CRL_EXT_DISTRIBUTION_POINT = 28,
	CRL_EXT_CERTIFICATE_ISSUER = 29,
	CRL_EXT_AUTHORITY_KEY = 35,
	CRL_EXT_FRESHEST = 46,
};

static int
crl_bad(struct err *e, const char *section, const char *what)
{
	return err_set(e, ERR_SYNTAX, "CRL: RFC 5280 section %s: %s", section, what);
}

/* The arc of an extension of id-ce, or -1. */
static int
crl_arc(struct bytes oid)
{
	if (oid.n != 3 || oid.p[0] != 0x55 || oid.p[1] != 0x1d || oid.p[2] >= 64)
		return -1;
	return oid.p[2];
}

/* False where the arc was there before; others than id-ce are not told apart. */
static bool
crl_note(uint64_t *seen, int arc)
{
	bool first = arc < 0 || (*seen >> arc & 1) == 0;

	if (arc >= 0)
		*seen |= UINT64_C(1) << arc;
	return first;
}

/* --- the CRL's own extensions --------------------------------------------- */

/* Of an IssuingDistributionPoint: [n] IMPLICIT BOOLEAN DEFAULT FALSE. */
static int
crl_flag(struct der *d, unsigned n, bool *out)
{
	struct bytes content;
	int has = der_optional(d, (uint8_t)DER_CONTEXT(n), &content);

	*out = false;
	if (has == 1 && der_boolean(content, out) != 0)
		return ERR_SYNTAX;
	return has < 0 ? has : 0;
}

/* distributionPoint [0] and onlySomeReasons [3] of it: only checked. */
static int
crl_point_skip_name(struct der *d)
{
	struct bytes content, url = {0};
	int has = der_optional(d, DER_CONTEXT_CONSTRUCTED(0), &content);

	return has == 1 ? crl_point_name(content, &url) : has;
}

static int
crl_point_skip_reasons(struct der *d)
{
	struct bytes content;
	int has = der_optional(d, DER_CONTEXT(3), &content);

	return has == 1 && !crl_point_reasons_valid(content) ? ERR_SYNTAX : has;
}

/* IssuingDistributionPoint: only whether other issuers' certificates are listed
 * is of interest. */
static int
crl_issuing_point(struct bytes value, struct crl *out)
{
	bool users, authorities, attributes;
	struct bytes content;
	struct der d;

	if (der_only(value, DER_SEQUENCE, &content) != 0)
		return ERR_SYNTAX;
	d = der_open(content);
	if (crl_point_skip_name(&d) < 0 || crl_flag(&d, 1, &users) != 0 ||
	    crl_flag(&d, 2, &authorities) != 0 || crl_point_skip_reasons(&d) < 0 ||
	    crl_flag(&d, 4, &out->is_indirect) != 0 ||
	    crl_flag(&d, 5, &attributes) != 0)
		return ERR_SYNTAX;
	return der_at_end(&d) ? 0 : ERR_SYNTAX;
}

static int
crl_extension(const struct extension *x, int arc, struct crl *out)
{
	struct bytes number;

	switch (arc) {
	case CRL_EXT_DELTA:
		out->is_delta = true;
		if (der_only(x->value, DER_INTEGER, &number) != 0 ||
		    !der_integer_valid(number))
			return ERR_SYNTAX;
		return 0;
	case CRL_EXT_DISTRIBUTION_POINT:
		return crl_issuing_point(x->value, out);
	case CRL_EXT_ISSUER_ALT_NAME:
	case CRL_EXT_NUMBER:
	case CRL_EXT_AUTHORITY_KEY:
	case CRL_EXT_FRESHEST:
		return 0;
	default:
		out->unknown_critical |= x->critical;
		return 0;
	}
}

/* crlExtensions [0] EXPLICIT SEQUENCE OPTIONAL. */
static int
crl_read_extensions(struct der *tbs, struct crl *out, struct err *e)
{
	struct bytes explicit_content, content;
	struct extension x;
	uint64_t seen = 0;
	struct der d;
	int rc = der_optional(tbs, DER_CONTEXT_CONSTRUCTED(0), &explicit_content);

	if (rc == 0)
		return 0;
	if (rc < 0 || der_only(explicit_content, DER_SEQUENCE, &content) != 0)
		return crl_bad(e, "5.1.2.7", "crlExtensions are not a SEQUENCE");
	d = der_open(content);
	while ((rc = extension_next(&d, &x)) == 1) {
		int arc = crl_arc(x.oid);

		if (!crl_note(&seen, arc))
			return crl_bad(e, "5.2", "an extension is there twice");
		if (crl_extension(&x, arc, out) != 0)
			return crl_bad(e, "5.2",
			    "deltaCRLIndicator or issuingDistributionPoint is not "
			    "well-formed");
	}
	return rc == 0 ? 0 : crl_bad(e, "5.2", "an extension is not well-formed");
}

/* --- the frame ------------------------------------------------------------ */

/* version INTEGER OPTIONAL: v2 where it is there; v1 has been seen. */
static int
crl_read_version(struct der *d, struct err *e)
{
	struct bytes content;
	int64_t version = 1;
	int has = der_optional(d, DER_INTEGER, &content);

	if (has < 0 || (has == 1 && der_integer(content, &version) != 0) ||
	    version < 0 || version > 1)
		return crl_bad(e, "5.1.2.1", "version is not v1 or v2");
	return 0;
}

static int
crl_read_time(struct der *d, int64_t *out)
{
	struct der_item item;

	if (der_read(d, &item) != 0)
		return ERR_SYNTAX;
	return der_time(item.tag, item.content, out);
}

static int
crl_read_times(struct der *d, struct crl *out, struct err *e)
{
	int next = -1;

	if (crl_read_time(d, &out->this_update) != 0)
		return crl_bad(
		    e, "5.1.2.4", "thisUpdate is not a time with seconds in Z");
	out->next_update = INT64_MAX;
	next = der_peek(d);
	if ((next == DER_UTC_TIME || next == DER_GENERALIZED_TIME) &&
	    crl_read_time(d, &out->next_update) != 0)
		return crl_bad(
		    e, "5.1.2.5", "nextUpdate is not a time with seconds in Z");
	return 0;
}

static bool
crl_algorithm_valid(struct bytes content)
{
	struct algorithm algorithm;

	return algorithm_read(content, &algorithm) == 0;
}

/* From the start of TBSCertList to its times. */
static int
crl_read_head(struct der *d, struct crl *out, struct err *e)
{
	struct bytes algorithm;
	struct der_item issuer;
	int rc;

	if ((rc = crl_read_version(d, e)) != 0)
		return rc;
	if (der_expect(d, DER_SEQUENCE, &algorithm) != 0 ||
	    !crl_algorithm_valid(algorithm))
		return crl_bad(e, "5.1.2.2", "signature is not an AlgorithmIdentifier");
	if (der_read(d, &issuer) != 0 || !name_valid(issuer.whole))
		return crl_bad(e, "5.1.2.3", "issuer is not a well-formed Name");
	out->issuer = out->entry_issuer = issuer.whole;
	return crl_read_times(d, out, e);
}

static int
crl_read_tbs(struct bytes tbs, struct crl *out, struct err *e)
{
	struct der d = der_open(tbs);
	struct bytes entries;
	int rc;

	if ((rc = crl_read_head(&d, out, e)) != 0)
		return rc;
	if ((rc = der_optional(&d, DER_SEQUENCE, &entries)) < 0)
		return crl_bad(e, "5.1.2.6", "revokedCertificates are cut off");
	if (rc == 1)
		out->entries = der_open(entries);
	if ((rc = crl_read_extensions(&d, out, e)) != 0)
		return rc;
	if (!der_at_end(&d))
		return crl_bad(e, "5.1", "something stands behind the last field");
	return 0;
}

int
crl_open(struct bytes der, struct crl *out, struct err *e)
{
	struct bytes content, tbs, algorithm, signature, octets;
	struct der d;
	unsigned unused;

	*out = (struct crl){0};
	if (der.n > CRL_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "CRL: %zu bytes, at most %d are read",
		    der.n, CRL_MAX_BYTES);
	if (der_only(der, DER_SEQUENCE, &content) != 0)
		return crl_bad(e, "5.1", "it is not one SEQUENCE in DER");
	d = der_open(content);
	if (der_expect(&d, DER_SEQUENCE, &tbs) != 0)
		return crl_bad(e, "5.1.1.1", "tbsCertList is not a SEQUENCE");
	if (der_expect(&d, DER_SEQUENCE, &algorithm) != 0 ||
	    !crl_algorithm_valid(algorithm))
		return crl_bad(
		    e, "5.1.1.2", "signatureAlgorithm is not an AlgorithmIdentifier");
	if (der_expect(&d, DER_BIT_STRING, &signature) != 0 ||
	    der_bit_string(signature, &octets, &unused) != 0 || !der_at_end(&d))
		return crl_bad(e, "5.1.1.3", "signatureValue is not a BIT STRING");
	return crl_read_tbs(tbs, out, e);
}

/* --- the entries ---------------------------------------------------------- */

static int
crl_entry_reason(struct bytes value, struct crl_entry *out)
{
	struct bytes content;
	int64_t reason;

	if (der_only(value, DER_ENUMERATED, &content) != 0 ||
	    der_integer(content, &reason) != 0 || reason < 0 || reason > 10)
		return ERR_SYNTAX;
	out->reason = (int)reason;
	return 0;
}

/* certificateIssuer: the first directoryName, which holds for the entries behind it
 * too. */
static int
crl_entry_set_issuer(struct bytes value, struct crl *crl)
{
	struct bytes content, issuer = {0};
	struct general_name name;
	struct der d;
	int rc;

	if (der_only(value, DER_SEQUENCE, &content) != 0)
		return ERR_SYNTAX;
	d = der_open(content);
	while ((rc = general_name_next(&d, &name)) == 1)
		if (name.tag == GENERAL_NAME_DIRECTORY && issuer.n == 0)
			issuer = name.value;
	if (rc != 0 || issuer.n == 0)
		return ERR_SYNTAX;
	crl->entry_issuer = issuer;
	return 0;
}

static int
crl_entry_extension(
    const struct extension *x, int arc, struct crl *crl, struct crl_entry *out)
{
	switch (arc) {
	case CRL_EXT_REASON:
		return crl_entry_reason(x->value, out);
	case CRL_EXT_CERTIFICATE_ISSUER:
		return crl_entry_set_issuer(x->value, crl);
	case CRL_EXT_HOLD_INSTRUCTION:
	case CRL_EXT_INVALIDITY_DATE:
		return 0;
	default:
		out->unknown_critical |= x->critical;
		return 0;
	}
}

static int
crl_entry_extensions(struct der *entry, struct crl *crl, struct crl_entry *out)
{
	struct bytes content;
	struct extension x;
	uint64_t seen = 0;
	struct der d;
	int rc = der_optional(entry, DER_SEQUENCE, &content);

	if (rc <= 0)
		return rc;
	d = der_open(content);
	while ((rc = extension_next(&d, &x)) == 1) {
		int arc = crl_arc(x.oid);

		if (!crl_note(&seen, arc) ||
		    crl_entry_extension(&x, arc, crl, out) != 0)
			return ERR_SYNTAX;
	}
	return rc;
}

int
crl_next(struct crl *crl, struct crl_entry *out)
{
	struct bytes content;
	struct der d;

	if (der_at_end(&crl->entries))
		return 0;
	*out = (struct crl_entry){0};
	if (der_expect(&crl->entries, DER_SEQUENCE, &content) != 0)
		return ERR_SYNTAX;
	d = der_open(content);
	if (der_expect(&d, DER_INTEGER, &out->serial) != 0 ||
	    !der_integer_valid(out->serial) ||
	    crl_read_time(&d, &out->revoked_at) != 0 ||
	    crl_entry_extensions(&d, crl, out) != 0 || !der_at_end(&d))
		return ERR_SYNTAX;
	out->issuer = crl->entry_issuer;
	return 1;
}
