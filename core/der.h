/*
 * A strict reader of DER (X.690 sections 8 and 10): definite and shortest
 * lengths only, low tag numbers only (< 31), no end-of-contents, no byte left
 * over where none may be. It reads forward over a view and never copies. It knows
 * nothing about certificates.
 */
#ifndef CHANCERY_CORE_DER_H
#define CHANCERY_CORE_DER_H

#include "core/bytes.h"
#include "core/err.h"

/* Identifier octets as they appear in the encoding. */
enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_NUMERIC_STRING = 0x12,
	DER_PRINTABLE_STRING = 0x13,
	DER_T61_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_VISIBLE_STRING = 0x1a,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};
#define DER_CONTEXT(n)		   (0x80 | (n)) /* primitive [n] */
#define DER_CONTEXT_CONSTRUCTED(n) (0xa0 | (n)) /* constructed [n] */

/* Initializes a struct bytes in a table with an OID's content octets, which are
 * written as a string literal. */
#define OID_BYTES(literal)                                                             \
	{                                                                              \
		(const uint8_t *)(literal), sizeof(literal) - 1                        \
	}

struct der {
	struct bytes rest; /* what has not been read yet */
};

struct der_item {
	uint8_t tag;
	struct bytes content; /* without header */
	struct bytes whole;   /* with header */
};

/* A reader over all of a view. */
static inline struct der
der_open(struct bytes in)
{
	return (struct der){in};
}

static inline bool
der_at_end(const struct der *d)
{
	return d->rest.n == 0;
}

/* The next identifier octet, or -1 at the end. */
static inline int
der_peek(const struct der *d)
{
	return d->rest.n == 0 ? -1 : d->rest.p[0];
}

/* Reads the next element, whatever it is. 0 or ERR_SYNTAX. */
int der_read(struct der *d, struct der_item *item_out);

/* Reads the next element, which must have this identifier. 0 or ERR_SYNTAX. */
int der_expect(struct der *d, uint8_t tag, struct bytes *content_out);

/* Reads it if it has this identifier: 1 read, 0 absent, or ERR_SYNTAX. */
int der_optional(struct der *d, uint8_t tag, struct bytes *content_out);

/* A view that holds one element with this identifier and nothing behind it. 0 or
 * ERR_SYNTAX. */
int der_only(struct bytes in, uint8_t tag, struct bytes *content_out);

/*
 * Whether an element of any type is well-formed as far as can be told without
 * knowing what it is: the content of primitive universal types by their own
 * rules, no string in pieces. What is inside of constructed elements and of
 * those with other tags than universal ones is not looked at.
 */
bool der_item_valid(const struct der_item *item);

/*
 * BOOLEAN content: exactly one octet, 0x00 or 0xff. INTEGER content: shortest
 * form, here at most 8 octets, may be negative. 0 or ERR_SYNTAX.
 */
int der_boolean(struct bytes content, bool *out);
int der_integer(struct bytes content, int64_t *out);

/*
 * BIT STRING content: the octets behind the count of unused bits, which must
 * be 0 to 7 and all unused bits zero. 0 or ERR_SYNTAX.
 */
int
der_bit_string(struct bytes content, struct bytes *octets_out, unsigned *unused_out);

/*
 * UTCTime and GeneralizedTime as RFC 5280 section 4.1.2.5 wants them: with
 * seconds, in Z, no fractions; UTC years 50 to 99 are 19xx. Seconds since
 * 1970-01-01, leap seconds refused. 0 or ERR_SYNTAX.
 */
int der_time(uint8_t tag, struct bytes content, int64_t *out);

/* Whether an INTEGER's content is in shortest form and not empty. */
bool der_integer_valid(struct bytes content);

/* Whether an OID's content is well-formed. */
bool der_oid_valid(struct bytes content);

#endif
