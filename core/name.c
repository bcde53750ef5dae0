/*
 * Names: walked and checked (contract in name.h). What makes them comparable and
 * readable is in name_canon.c and name_text.c. Called by the certificate view,
 * the CRL reader and everything that must show a name.
 */
#include "core/name.h"

/* Types that a value may have: BIT STRING (x500UniqueIdentifier), ENUMERATED and
 * SEQUENCE (postalAddress and the like), and the strings. */
#define NAME_VALUE_TYPES                                                               \
	(1U << DER_BIT_STRING | 1U << DER_ENUMERATED | 1U << DER_UTF8_STRING |         \
	    1U << (DER_SEQUENCE & 0x1f) | 1U << DER_NUMERIC_STRING |                   \
	    1U << DER_PRINTABLE_STRING | 1U << DER_T61_STRING | 1U << DER_IA5_STRING | \
	    1U << DER_UNIVERSAL_STRING | 1U << DER_BMP_STRING)

/* How many octets follow a first octet of UTF-8, or -1. */
static int
utf8_following(uint8_t c)
{
	if (c < 0x80)
		return 0;
	if (c < 0xc2)
		return -1;
	if (c < 0xe0)
		return 1;
	if (c < 0xf0)
		return 2;
	return c < 0xf5 ? 3 : -1;
}

/* The second octet excludes longer forms than needed, surrogates and what is
 * beyond U+10FFFF (RFC 3629 section 4). */
static bool
utf8_second_valid(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

bool
name_utf8_valid(struct bytes text)
{
	size_t i = 0;

	while (i < text.n) {
		int following = utf8_following(text.p[i]);

		if (following < 0 || (size_t)following >= text.n - i)
			return false;
		if (following > 0 && !utf8_second_valid(text.p[i], text.p[i + 1]))
			return false;
		for (int k = 2; k <= following; k++)
			if ((text.p[i + (size_t)k] & 0xc0) != 0x80)
				return false;
		i += 1 + (size_t)following;
	}
	return true;
}

/* Big-endian characters of `width` octets, none a surrogate or too large. */
static bool
wide_string_valid(struct bytes text, size_t width)
{
	if (text.n % width != 0)
		return false;
	for (size_t i = 0; i < text.n; i += width) {
		uint32_t c = 0;

		for (size_t k = 0; k < width; k++)
			c = c << 8 | text.p[i + k];
		if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

static bool
name_value_valid(const struct der_item *v)
{
	switch (v->tag) {
	case DER_PRINTABLE_STRING:
	case DER_IA5_STRING:
		return true;
	case DER_UTF8_STRING:
		return name_utf8_valid(v->content);
	case DER_BMP_STRING:
		return wide_string_valid(v->content, 2);
	case DER_UNIVERSAL_STRING:
		return wide_string_valid(v->content, 4);
	default:
		return (v->tag & 0xc0) == 0 &&
		       (NAME_VALUE_TYPES >> (v->tag & 0x1f) & 1) != 0 &&
		       der_item_valid(v);
	}
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
