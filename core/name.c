/*
 * Names: walked and checked (contract in name.h). What makes them comparable and
 * readable is in name_canon.c and name_text.c. Called by the certificate view,
 * the CRL reader and everything that must show a name.
 */
#include "core/name.h"

#include "core/name_chars.h"

/* Types that a value may have: BIT STRING (x500UniqueIdentifier), SEQUENCE
 * (postalAddress and the like), and the strings. */
#define NAME_VALUE_TYPES                                                               \
	(1U << DER_BIT_STRING | 1U << DER_UTF8_STRING | 1U << (DER_SEQUENCE & 0x1f) |  \
	    1U << DER_NUMERIC_STRING | 1U << DER_PRINTABLE_STRING |                    \
	    1U << DER_T61_STRING | 1U << DER_IA5_STRING | 1U << DER_UNIVERSAL_STRING | \
	    1U << DER_BMP_STRING)

static bool
name_value_valid(const struct der_item *v)
{
	if ((v->tag & 0xc0) != 0 || (NAME_VALUE_TYPES >> (v->tag & 0x1f) & 1) == 0)
		return false;
	if (name_chars_are_text(v->tag))
		return name_chars_valid(v->tag, v->content);
	return der_item_valid(v);
}

/* AttributeTypeAndValue. */
static int
name_attr_read(struct der *rdn, struct name_attr *out)
{
	struct bytes content;
	struct der_item value;
	struct der d;

	if (der_expect(rdn, DER_SEQUENCE, &content) != 0)
		return ERR_SYNTAX;
	d = der_open(content);
	if (der_expect(&d, DER_OID, &out->type) != 0 || !der_oid_valid(out->type) ||
	    der_read(&d, &value) != 0 || !der_at_end(&d) || !name_value_valid(&value))
		return ERR_SYNTAX;
	out->tag = value.tag;
	out->value = value.content;
	return 0;
}

int
name_open(struct bytes name, struct name_walk *out)
{
	struct bytes content;

	if (der_only(name, DER_SEQUENCE, &content) != 0)
		return ERR_SYNTAX;
	out->rdns = der_open(content);
	out->rdn = der_open((struct bytes){0});
	return 0;
}

int
name_next(struct name_walk *w, struct name_attr *out)
{
	struct bytes content;

	out->first = false;
	while (der_at_end(&w->rdn)) {
		if (der_at_end(&w->rdns))
			return 0;
		if (der_expect(&w->rdns, DER_SET, &content) != 0)
			return ERR_SYNTAX;
		w->rdn = der_open(content);
		out->first = true;
	}
	return name_attr_read(&w->rdn, out) == 0 ? 1 : ERR_SYNTAX;
}

bool
name_valid(struct bytes name)
{
	struct name_walk w;
	struct name_attr attr;
	int rc;

	if (name_open(name, &w) != 0)
		return false;
	while ((rc = name_next(&w, &attr)) == 1)
		;
	return rc == 0;
}

bool
name_rdn_valid(struct bytes set_content)
{
	struct der rdn = der_open(set_content);
	struct name_attr attr;

	while (!der_at_end(&rdn))
		if (name_attr_read(&rdn, &attr) != 0)
			return false;
	return true;
}
