/*
 * The characters of a string in a name, whatever its ASN.1 type: one at a time, as
 * Unicode. Used to compare names (name_canon.c) and to show them (name_text.c).
 */
#ifndef CHANCERY_CORE_NAME_CHARS_H
#define CHANCERY_CORE_NAME_CHARS_H

#include "core/bytes.h"

enum {
	NAME_CHAR_OCTETS_MAX = 4
}; /* of one character in UTF-8 */

struct name_chars {
	struct bytes rest;
	uint8_t tag;
};

/* Whether a value with this tag (enum der_tag) is text. */
bool name_chars_are_text(uint8_t tag);

/*
 * Whether bytes are a string of this type: UTF8String by RFC 3629 (shortest form,
 * no surrogates), BMPString and UniversalString of whole characters that Unicode
 * has. Any bytes are taken for the types of one octet a character.
 */
bool name_chars_valid(uint8_t tag, struct bytes text);

/* The next character of a valid string: 1, or 0 at the end. T61String is read as
 * Latin-1, which is what those who still write it mean. */
int name_chars_next(struct name_chars *c, uint32_t *char_out);

/* Writes a character as UTF-8; returns how many octets. */
size_t name_chars_put(uint32_t c, uint8_t out[NAME_CHAR_OCTETS_MAX]);

#endif
