/*
 * Characters of ASN.1's string types (contract in name_chars.h): checks them and
 * turns them into Unicode. Knows nothing about names.
 */
#include "core/name_chars.h"

#include "core/der.h"

enum {
	UNICODE_MAX = 0x10ffff,
	SURROGATE_FIRST = 0xd800,
	SURROGATE_LAST = 0xdfff
};

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

static bool
utf8_valid(struct bytes text)
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

/* A big-endian number of the first `width` octets. */
static uint32_t
wide_char(struct bytes text, size_t width)
{
	uint32_t c = 0;

	for (size_t i = 0; i < width; i++)
		c = c << 8 | text.p[i];
	return c;
}

static bool
wide_valid(struct bytes text, size_t width)
{
	if (text.n % width != 0)
		return false;
	while (text.n > 0) {
		uint32_t c = wide_char(text, width);

		if (c > UNICODE_MAX || (c >= SURROGATE_FIRST && c <= SURROGATE_LAST))
			return false;
		text = (struct bytes){text.p + width, text.n - width};
	}
	return true;
}

bool
name_chars_are_text(uint8_t tag)
{
	switch (tag) {
	case DER_UTF8_STRING:
	case DER_NUMERIC_STRING:
	case DER_PRINTABLE_STRING:
	case DER_T61_STRING:
	case DER_IA5_STRING:
	case DER_VISIBLE_STRING:
	case DER_UNIVERSAL_STRING:
	case DER_BMP_STRING:
		return true;
	default:
		return false;
	}
}

bool
name_chars_valid(uint8_t tag, struct bytes text)
{
	switch (tag) {
	case DER_UTF8_STRING:
		return utf8_valid(text);
	case DER_BMP_STRING:
		return wide_valid(text, 2);
	case DER_UNIVERSAL_STRING:
		return wide_valid(text, 4);
	default:
		return true;
	}
}

static uint32_t
utf8_char(struct bytes text, size_t *octets)
{
	static const uint8_t mask[] = {0x7f, 0x1f, 0x0f, 0x07};
	int following = utf8_following(text.p[0]);
	uint32_t c = text.p[0] & mask[following];

	for (int i = 1; i <= following; i++)
		c = c << 6 | (text.p[i] & 0x3f);
	*octets = 1 + (size_t)following;
	return c;
}

int
name_chars_next(struct name_chars *chars, uint32_t *out)
{
	size_t octets;

	if (chars->rest.n == 0)
		return 0;
	switch (chars->tag) {
	case DER_UTF8_STRING:
		*out = utf8_char(chars->rest, &octets);
		break;
	case DER_BMP_STRING:
		*out = wide_char(chars->rest, octets = 2);
		break;
	case DER_UNIVERSAL_STRING:
		*out = wide_char(chars->rest, octets = 4);
		break;
	default:
		*out = wide_char(chars->rest, octets = 1);
	}
	chars->rest = (struct bytes){chars->rest.p + octets, chars->rest.n - octets};
	return 1;
}

size_t
name_chars_put(uint32_t c, uint8_t out[NAME_CHAR_OCTETS_MAX])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t first[] = {0, 0x00, 0xc0, 0xe0, 0xf0};

	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (uint8_t)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (uint8_t)(first[n] | c);
	return n;
}
