/*
 * The lint's rules on CRLs (RFC 5280 section 5, S/MIME BR 4.9.7 and 7.2):
 * contract in lint_view.h.
 */
#include "crypto/lint_view.h"

#include "core/der.h"

enum {
	DAY = 86400,
	NEXT_MAX_DAYS = 10,
	NEXT_MAX_DAYS_ROOT = 366,
	NUMBER_MAX = 20, /* octets */
};

bool
lint_crl_readable(struct lint_view *v)
{
	struct err why = {0};
	struct crl_entry entry;
	int n = v->crl == NULL ? -1 : i2d_X509_CRL(v->crl, NULL), rc;
	struct crl all;

	if (n < 0 || (size_t)n != v->der.n)
		return lint_no(v, "octets that OpenSSL does not read to the end");
	if (crl_open(v->der, &v->core_crl, &why) != 0)
		return lint_no(v, "%.180s", why.text);
	all = v->core_crl;
	while ((rc = crl_next(&all, &entry)) == 1)
		continue;
	return rc == 0 || lint_no(v, "an entry that cannot be read");
}

bool
lint_crl_version(struct lint_view *v)
{
	return X509_CRL_get_version(v->crl) == X509_CRL_VERSION_2 ||
	       lint_no(v, "version %ld", X509_CRL_get_version(v->crl) + 1);
}

/* The AlgorithmIdentifier in the TBSCertList, and the outer one. */
bool
lint_crl_algorithm(struct lint_view *v)
{
	struct der_item tbs = {0}, inner = {0}, outer = {0};
	struct key_public issuer;
	struct bytes content;
	struct der d;

	if (der_only(v->der, DER_SEQUENCE, &content) != 0)
		return lint_no(v, "no sequence");
	d = der_open(content);
	if (der_read(&d, &tbs) == 0)
		(void)der_read(&d, &outer);
	d = der_open(tbs.content);
	if (der_read(&d, &inner) == 0 && inner.tag == DER_INTEGER)
		(void)der_read(&d, &inner);
	if (!bytes_equal(inner.whole, outer.whole))
		return lint_no(v, "two different signature algorithms");
	if (key_public_read(v->want->issuer_spki, &issuer, NULL) != 0)
		return lint_no(v, "a CA key that cannot be read");
	return lint_algorithm_fits(v, inner.whole, &issuer);
}

bool
lint_crl_issuer(struct lint_view *v)
{
	return bytes_equal(v->core_crl.issuer, v->want->issuer->name) ||
	       lint_no(v, "another issuer name");
}

bool
lint_crl_times(struct lint_view *v)
{
	int64_t most =
	    (v->root_crl ? NEXT_MAX_DAYS_ROOT : NEXT_MAX_DAYS) * (int64_t)DAY;
	int64_t left = v->core_crl.next_update - v->core_crl.this_update;

	if (v->core_crl.next_update == INT64_MAX)
		return lint_no(v, "no nextUpdate");
	return (left > 0 && left <= most) ||
	       lint_no(v, "%lld seconds between them", (long long)left);
}

bool
lint_crl_aki(struct lint_view *v)
{
	int critical;
	AUTHORITY_KEYID *aki =
	    X509_CRL_get_ext_d2i(v->crl, NID_authority_key_identifier, &critical, NULL);
	bool ok;

	if (aki == NULL)
		return lint_no(v, "none that can be read");
	if (critical == 1)
		ok = lint_no(v, "a critical one");
	else if (aki->keyid == NULL || aki->issuer != NULL || aki->serial != NULL ||
		 !bytes_equal(lint_octets(aki->keyid), v->want->issuer->key_id))
		ok = lint_no(v, "one that names another key");
	else
		ok = true;
	AUTHORITY_KEYID_free(aki);
	return ok;
}

bool
lint_crl_number(struct lint_view *v)
{
	int critical;
	ASN1_INTEGER *number =
	    X509_CRL_get_ext_d2i(v->crl, NID_crl_number, &critical, NULL);
	bool ok;

	if (number == NULL)
		return lint_no(v, "none that can be read");
	if (critical == 1)
		ok = lint_no(v, "a critical one");
	else if (ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER ||
		 ASN1_STRING_length(number) > NUMBER_MAX ||
		 (ASN1_STRING_length(number) == 1 && ASN1_INTEGER_get(number) == 0))
		ok = lint_no(v, "a number that is none");
	else
		ok = true;
	ASN1_INTEGER_free(number);
	return ok;
}

bool
lint_crl_extensions(struct lint_view *v)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(v->crl);

	for (int i = 0; i < X509_CRL_get_ext_count(v->crl); i++) {
		int nid =
		    OBJ_obj2nid(X509_EXTENSION_get_object(X509_CRL_get_ext(v->crl, i)));

		if (nid != NID_authority_key_identifier && nid != NID_crl_number)
			return lint_no(v, "the extension %s", OBJ_nid2ln(nid));
	}
	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
		X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);

		for (int k = 0; k < X509_REVOKED_get_ext_count(entry); k++) {
			int nid = OBJ_obj2nid(
			    X509_EXTENSION_get_object(X509_REVOKED_get_ext(entry, k)));

			if (nid != NID_crl_reason)
				return lint_no(
				    v, "the extension %s of an entry", OBJ_nid2ln(nid));
		}
	}
	return true;
}

/* What one entry says: -1 nothing, or a reason; -2 unreadable, critical or twice. */
static long
reason_of(X509_REVOKED *entry)
{
	int critical;
	ASN1_ENUMERATED *reason =
	    X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, NULL);
	long value;

	if (reason == NULL)
		return critical == -1 ? -1 : -2;
	value = critical == 1 ? -2 : ASN1_ENUMERATED_get(reason);
	ASN1_ENUMERATED_free(reason);
	return value;
}

bool
lint_crl_reasons(struct lint_view *v)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(v->crl);

	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
		long reason = reason_of(sk_X509_REVOKED_value(entries, i));

		if (reason != -1 && reason != 9 && (reason < 1 || reason > 5))
			return lint_no(v,
			    reason == -2 ? "one that is critical or unreadable (%ld)"
					 : "reason %ld",
			    reason);
	}
	return true;
}

bool
lint_crl_dates(struct lint_view *v)
{
	struct crl all = v->core_crl;
	struct crl_entry entry;

	while (crl_next(&all, &entry) == 1)
		if (entry.revoked_at > v->core_crl.this_update)
			return lint_no(v, "one after it");
	return true;
}

/* In order of their numbers: none twice, and the same list gives the same CRL. */
bool
lint_crl_serials(struct lint_view *v)
{
	struct crl all = v->core_crl;
	struct bytes before = {NULL, 0};
	struct crl_entry entry;

	while (crl_next(&all, &entry) == 1) {
		if (before.p != NULL &&
		    (entry.serial.n < before.n ||
			(entry.serial.n == before.n &&
			    memcmp(entry.serial.p, before.p, before.n) <= 0)))
			return lint_no(v, "one twice or out of order");
		before = entry.serial;
	}
	return true;
}
