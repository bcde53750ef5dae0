/*
 * The lint's rules on subjects (S/MIME BR 7.1.4): contract in lint_view.h. Read
 * through OpenSSL's X509_NAME, which the writer does not use.
 */
#include "crypto/lint_view.h"

#include <stdio.h>

#include "core/addr.h"
#include "core/utf8.h"

enum {
	TEXT_MAX = 64, /* characters; ub-common-name and its like */
	ATTRIBUTES_MAX = 16,
};

/* One attribute of the subject. */
struct attribute {
	int nid;
	int tag;
	int set; /* number of its RDN */
	struct bytes value;
};

static size_t
attribute_count(const struct lint_view *v)
{
	return (size_t)X509_NAME_entry_count(v->subject);
}

static struct attribute
attribute_at(const struct lint_view *v, size_t i)
{
	const X509_NAME_ENTRY *entry = X509_NAME_get_entry(v->subject, (int)i);
	const ASN1_STRING *data = X509_NAME_ENTRY_get_data(entry);

	return (struct attribute){OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)),
	    ASN1_STRING_type(data), X509_NAME_ENTRY_set(entry), lint_octets(data)};
}

/* The value of the attribute, or an empty view. */
static struct bytes
attribute_value(const struct lint_view *v, int nid)
{
	for (size_t i = 0; i < attribute_count(v); i++) {
		struct attribute a = attribute_at(v, i);

		if (a.nid == nid)
			return a.value;
	}
	return (struct bytes){NULL, 0};
}

/* Characters of UTF-8, or -1. */
static long
characters(struct bytes text)
{
	long count = 0;
	uint32_t c;
	size_t n;

	for (; text.n > 0; count++) {
		if ((n = utf8_read(text, &c)) == 0 || c < 0x20 || c == 0x7f)
			return -1;
		text.p += n;
		text.n -= n;
	}
	return count;
}

static int
tag_of(int nid)
{
	return nid == NID_countryName	       ? V_ASN1_PRINTABLESTRING
	       : nid == NID_pkcs9_emailAddress ? V_ASN1_IA5STRING
					       : V_ASN1_UTF8STRING;
}

bool
lint_name_strings(struct lint_view *v)
{
	struct attribute before = {.set = -1}, a;
	size_t n = attribute_count(v);

	if (n > ATTRIBUTES_MAX)
		return lint_no(v, "%zu attributes", n);
	for (size_t i = 0; i < n; i++, before = a) {
		long count;

		a = attribute_at(v, i);
		count = characters(a.value);
		if (a.tag != tag_of(a.nid))
			return lint_no(
			    v, "%s as %s", OBJ_nid2sn(a.nid), ASN1_tag2str(a.tag));
		if (count < 1 ||
		    count > (a.nid == NID_pkcs9_emailAddress ? 255 : TEXT_MAX))
			return lint_no(v, "%s of %ld characters or with a control",
			    OBJ_nid2sn(a.nid), count);
		if (a.set == before.set)
			return lint_no(v, "an RDN with several attributes");
		for (size_t k = 0; k < i; k++)
			if (attribute_at(v, k).nid == a.nid)
				return lint_no(v, "%s twice", OBJ_nid2sn(a.nid));
	}
	return true;
}

bool
lint_name_metadata(struct lint_view *v)
{
	for (size_t i = 0; i < attribute_count(v); i++) {
		struct attribute a = attribute_at(v, i);
		size_t k = 0;

		while (k < a.value.n && strchr(" .-", a.value.p[k]) != NULL)
			k++;
		if (k == a.value.n)
			return lint_no(v, "%s \"%.*s\"", OBJ_nid2sn(a.nid),
			    (int)a.value.n, (const char *)a.value.p);
	}
	return true;
}

/* Which attributes may be in which subject; the clauses' tables, less what
 * nothing here can verify (7.1.2.4). */
static bool
may_have(enum lint_kind kind, int nid)
{
	switch (nid) {
	case NID_commonName:
	case NID_serialNumber:
	case NID_pkcs9_emailAddress:
		return true;
	case NID_organizationName:
	case NID_organizationIdentifier:
	case NID_countryName:
		return kind != LINT_MAILBOX;
	case NID_givenName:
	case NID_surname:
		return kind == LINT_SPONSOR;
	default:
		return false;
	}
}

bool
lint_name_attributes(struct lint_view *v)
{
	for (size_t i = 0; i < attribute_count(v); i++) {
		int nid = attribute_at(v, i).nid;

		if (!may_have(v->want->kind, nid))
			return lint_no(v, "the attribute %s", OBJ_nid2ln(nid));
	}
	return true;
}

bool
lint_name_required(struct lint_view *v)
{
	if (attribute_value(v, NID_organizationName).n == 0)
		return lint_no(v, "no organizationName");
	return attribute_value(v, NID_organizationIdentifier).n > 0 ||
	       lint_no(v, "no organizationIdentifier");
}

bool
lint_name_person(struct lint_view *v)
{
	return attribute_value(v, NID_givenName).n > 0 ||
	       attribute_value(v, NID_surname).n > 0 || lint_no(v, "neither");
}

/* Whether subjectAltName has this address. */
static bool
has_address(const struct lint_view *v, struct bytes address)
{
	for (size_t i = 0; i < v->c.n_address; i++)
		if (addr_matches(v->c.address[i], address))
			return true;
	return false;
}

bool
lint_name_cn(struct lint_view *v)
{
	struct bytes cn = attribute_value(v, NID_commonName);
	bool address = cn.n > 0 && memchr(cn.p, '@', cn.n) != NULL;

	if (cn.n == 0 || (address && has_address(v, cn)))
		return true;
	if (!address && v->want->kind == LINT_SPONSOR)
		return true;
	if (v->want->kind == LINT_ORGANIZATION &&
	    bytes_equal(cn, attribute_value(v, NID_organizationName)))
		return true;
	return lint_no(
	    v, "commonName \"%.*s\"", (int)(cn.n > 80 ? 80 : cn.n), (const char *)cn.p);
}

static bool
upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

bool
lint_name_organization_id(struct lint_view *v)
{
	struct bytes id = attribute_value(v, NID_organizationIdentifier);
	struct bytes country = attribute_value(v, NID_countryName);
	const uint8_t *hyphen = id.n < 7 ? NULL : memchr(id.p, '-', id.n - 1);
	bool lei = id.n > 3 && memcmp(id.p, "LEI", 3) == 0;

	if (hyphen == NULL || hyphen < id.p + 5 || !upper(id.p[0]) || !upper(id.p[1]) ||
	    !upper(id.p[2]) || !upper(id.p[3]) || !upper(id.p[4]) ||
	    (hyphen > id.p + 5 && (id.p[5] != '+' || memcmp(id.p, "NTR", 3) != 0)))
		return lint_no(v, "organizationIdentifier \"%.*s\"",
		    (int)(id.n > 80 ? 80 : id.n), (const char *)id.p);
	if (lei ? memcmp(id.p + 3, "XG", 2) != 0
		: country.n == 2 && memcmp(id.p + 3, country.p, 2) != 0)
		return lint_no(v, "organizationIdentifier of country %.2s",
		    (const char *)id.p + 3);
	return true;
}

bool
lint_name_country(struct lint_view *v)
{
	struct bytes c = attribute_value(v, NID_countryName);

	return c.n == 0 || (c.n == 2 && upper(c.p[0]) && upper(c.p[1])) ||
	       lint_no(v, "countryName \"%.*s\"", (int)(c.n > 20 ? 20 : c.n),
		   (const char *)c.p);
}

bool
lint_name_addresses(struct lint_view *v)
{
	for (size_t i = 0; i < attribute_count(v); i++) {
		struct attribute a = attribute_at(v, i);

		if (a.nid == NID_pkcs9_emailAddress && !has_address(v, a.value))
			return lint_no(v, "emailAddress \"%.*s\" in the subject alone",
			    (int)(a.value.n > 80 ? 80 : a.value.n),
			    (const char *)a.value.p);
	}
	return true;
}

bool
lint_name_authority(struct lint_view *v)
{
	static const int wanted[] = {
	    NID_commonName, NID_organizationName, NID_countryName};

	for (size_t i = 0; i < NITEMS(wanted); i++)
		if (attribute_value(v, wanted[i]).n == 0)
			return lint_no(v, "no %s", OBJ_nid2ln(wanted[i]));
	return true;
}
