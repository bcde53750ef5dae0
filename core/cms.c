/*
 * The certificates inside a SignedData (contract in cms.h). The frame is walked to
 * its end at opening, so that a caller may trust it afterwards; certificates are
 * handed out as they are. Called by the choice and the guard for
 * userSMIMECertificate, and by import for .p7b files.
 */
#include "core/cms.h"

/* 1.2.840.113549.1.7.2 */
static const struct bytes oid_signed_data =
    OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02");

static int
cms_bad(struct err *e, const char *section, const char *what)
{
	return err_set(e, ERR_SYNTAX, "CMS: RFC 5652 section %s: %s", section, what);
}

/* ContentInfo: contentType, content [0] EXPLICIT. */
static int
cms_read_content_info(struct bytes der, struct bytes *signed_data, struct err *e)
{
	struct bytes content, type, explicit_content;
	struct der d;

	if (der_only(der, DER_SEQUENCE, &content) != 0)
		return cms_bad(e, "3", "it is not one SEQUENCE in DER");
	d = der_open(content);
	if (der_expect(&d, DER_OID, &type) != 0 || !der_oid_valid(type))
		return cms_bad(e, "3", "contentType is not an OID");
	if (!bytes_equal(type, oid_signed_data))
		return err_set(e, ERR_UNSUPPORTED,
		    "CMS: RFC 5652 section 5.1: it is not SignedData");
	if (der_expect(&d, DER_CONTEXT_CONSTRUCTED(0), &explicit_content) != 0 ||
	    !der_at_end(&d) ||
	    der_only(explicit_content, DER_SEQUENCE, signed_data) != 0)
		return cms_bad(e, "5.1", "SignedData is not a SEQUENCE");
	return 0;
}

/* version, digestAlgorithms, encapContentInfo: nobody asks for them. */
static int
cms_skip_head(struct der *d, struct err *e)
{
	struct bytes version, algorithms, content, type;
	struct der inner;

	if (der_expect(d, DER_INTEGER, &version) != 0 || !der_integer_valid(version))
		return cms_bad(e, "5.1", "version is not an INTEGER");
	if (der_expect(d, DER_SET, &algorithms) != 0)
		return cms_bad(e, "5.1", "digestAlgorithms is not a SET");
	if (der_expect(d, DER_SEQUENCE, &content) != 0)
		return cms_bad(e, "5.2", "encapContentInfo is not a SEQUENCE");
	inner = der_open(content);
	if (der_expect(&inner, DER_OID, &type) != 0 || !der_oid_valid(type))
		return cms_bad(e, "5.2", "eContentType is not an OID");
	return 0;
}

/* The next CertificateChoices of any kind: 1, 0 or ERR_SYNTAX. */
static int
cms_next_choice(struct der *d, struct der_item *item)
{
	if (der_at_end(d))
		return 0;
	if (der_read(d, item) != 0)
		return ERR_SYNTAX;
	switch (item->tag) {
	case DER_SEQUENCE:
	case DER_CONTEXT_CONSTRUCTED(0): /* PKCS #6, obsolete */
	case DER_CONTEXT_CONSTRUCTED(1): /* attribute certificates */
	case DER_CONTEXT_CONSTRUCTED(2):
	case DER_CONTEXT_CONSTRUCTED(3): /* other formats */
		return 1;
	default:
		return ERR_SYNTAX;
	}
}

/* certificates [0] IMPLICIT OPTIONAL: walked once to count them. */
static int
cms_read_certs(struct der *d, struct cms *out, struct err *e)
{
	struct bytes content;
	struct der_item item;
	struct der walk;
	size_t n = 0;
	int has = der_optional(d, DER_CONTEXT_CONSTRUCTED(0), &content);

	if (has == 0)
		return 0;
	if (has < 0)
		return cms_bad(e, "5.1", "certificates are cut off");
	out->certs = walk = der_open(content);
	while ((has = cms_next_choice(&walk, &item)) == 1)
		if (++n > CMS_MAX_CERTS)
			return err_set(e, ERR_LIMIT, "CMS: more than %d certificates",
			    CMS_MAX_CERTS);
	if (has != 0)
		return cms_bad(
		    e, "10.2.2", "certificates hold something else than a certificate");
	return 0;
}

/* crls [1] IMPLICIT OPTIONAL, signerInfos. */
static int
cms_read_tail(struct der *d, struct cms *out, struct err *e)
{
	struct bytes crls, signers, signer;
	struct der walk;

	if (der_optional(d, DER_CONTEXT_CONSTRUCTED(1), &crls) < 0)
		return cms_bad(e, "5.1", "crls are cut off");
	if (der_expect(d, DER_SET, &signers) != 0)
		return cms_bad(e, "5.1", "signerInfos is not a SET");
	if (!der_at_end(d))
		return cms_bad(e, "5.1", "something stands behind signerInfos");
	walk = der_open(signers);
	while (!der_at_end(&walk)) {
		if (der_expect(&walk, DER_SEQUENCE, &signer) != 0)
			return cms_bad(e, "5.3", "a SignerInfo is not a SEQUENCE");
		out->n_signers++;
	}
	return 0;
}

int
cms_open(struct bytes der, struct cms *out, struct err *e)
{
	struct bytes signed_data;
	struct der d;
	int rc;

	*out = (struct cms){0};
	if (der.n > CMS_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "CMS: %zu bytes, at most %d are read",
		    der.n, CMS_MAX_BYTES);
	if ((rc = cms_read_content_info(der, &signed_data, e)) != 0)
		return rc;
	d = der_open(signed_data);
	if ((rc = cms_skip_head(&d, e)) != 0 || (rc = cms_read_certs(&d, out, e)) != 0)
		return rc;
	return cms_read_tail(&d, out, e);
}

int
cms_next(struct cms *cms, struct bytes *cert)
{
	struct der_item item;
	int rc;

	while ((rc = cms_next_choice(&cms->certs, &item)) == 1) {
		if (item.tag != DER_SEQUENCE)
			continue;
		*cert = item.whole;
		return 1;
	}
	return rc;
}
