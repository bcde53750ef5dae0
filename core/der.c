/*
 * The strict DER reader (contract in der.h). It judges the form of single
 * elements; what belongs where is the business of cert.c, cms.c, crl.c and
 * name.c. Nothing is copied, nothing is kept between calls.
 */
#include "core/der.h"

enum {
	DER_TAG_NUMBER = 0x1f, /* also the mark of the long tag form */
	DER_CONSTRUCTED = 0x20,
	DER_CLASS = 0xc0,
	DER_LENGTH_LONG = 0x80,
	DER_LENGTH_OCTETS_MAX = 4, /* 4 GB is more than anything we read */
};

/* Sizes of an element; by value, so that the many calls stay in registers. */
struct der_size {
	size_t header; /* identifier and length octets; 0: not well-formed */
	size_t content;
};

/*
 * A length of more than one octet, at p[0..n). Indefinite length and more octets than
 * needed are refused (X.690 section 10.1).
 */
static struct der_size
der_long_length(const uint8_t *p, size_t n)
{
	size_t octets = p[0] & 0x7f, len = 0;

	if (octets == 0 || octets > DER_LENGTH_OCTETS_MAX || octets >= n || p[1] == 0)
		return (struct der_size){0, 0};
	for (size_t i = 1; i <= octets; i++)
		len = len << 8 | p[i];
	if (len < DER_LENGTH_LONG)
		return (struct der_size){0, 0};
	return (struct der_size){2 + octets, len};
}

/* The element at p[0..n): within it to its end, or not well-formed. */
static inline struct der_size
der_size(const uint8_t *p, size_t n)
{
	struct der_size size;

	if (n < 2 || p[0] == 0 || (p[0] & DER_TAG_NUMBER) == DER_TAG_NUMBER)
		return (struct der_size){0, 0};
	size = p[1] < DER_LENGTH_LONG ? (struct der_size){2, p[1]}
				      : der_long_length(p + 1, n - 1);
	if (size.header == 0 || size.content > n - size.header)
		return (struct der_size){0, 0};
	return size;
}

static inline struct bytes
der_advance(struct der *d, struct der_size size)
{
	struct bytes content = {d->rest.p + size.header, size.content};

	d->rest = (struct bytes){
	    content.p + content.n, d->rest.n - size.header - size.content};
	return content;
}

int
der_read(struct der *d, struct der_item *item)
{
	struct der_size size = der_size(d->rest.p, d->rest.n);

	if (size.header == 0)
		return ERR_SYNTAX;
	item->tag = d->rest.p[0];
	item->whole = (struct bytes){d->rest.p, size.header + size.content};
	item->content = der_advance(d, size);
	return 0;
}

int
der_expect(struct der *d, uint8_t tag, struct bytes *content)
{
	struct der_size size = der_size(d->rest.p, d->rest.n);

	if (size.header == 0 || d->rest.p[0] != tag)
		return ERR_SYNTAX;
	*content = der_advance(d, size);
	return 0;
}

int
der_optional(struct der *d, uint8_t tag, struct bytes *content)
{
	if (der_peek(d) != tag)
		return 0;
	return der_expect(d, tag, content) == 0 ? 1 : ERR_SYNTAX;
}

int
der_only(struct bytes in, uint8_t tag, struct bytes *content)
{
	struct der_size size = der_size(in.p, in.n);

	if (size.header == 0 || in.p[0] != tag || size.header + size.content != in.n)
		return ERR_SYNTAX;
	*content = (struct bytes){in.p + size.header, size.content};
	return 0;
}

int
der_boolean(struct bytes content, bool *out)
{
	if (content.n != 1 || (content.p[0] != 0x00 && content.p[0] != 0xff))
		return ERR_SYNTAX;
	*out = content.p[0] != 0;
	return 0;
}

bool
der_integer_valid(struct bytes c)
{
	if (c.n == 0)
		return false;
	if (c.n == 1)
		return true;
	/* The first nine bits are not all alike (X.690 section 8.3.2). */
	return !(c.p[0] == 0x00 && c.p[1] < 0x80) &&
	       !(c.p[0] == 0xff && c.p[1] >= 0x80);
}

int
der_integer(struct bytes content, int64_t *out)
{
	uint64_t v;

	if (!der_integer_valid(content) || content.n > sizeof(v))
		return ERR_SYNTAX;
	v = content.p[0] >= 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < content.n; i++)
		v = v << 8 | content.p[i];
	*out = (int64_t)v;
	return 0;
}

int
der_bit_string(struct bytes content, struct bytes *octets, unsigned *unused)
{
	unsigned n;

	if (content.n == 0 || (n = content.p[0]) > 7 || (content.n == 1 && n != 0))
		return ERR_SYNTAX;
	if ((content.p[content.n - 1] & ((1U << n) - 1)) != 0 && content.n > 1)
		return ERR_SYNTAX;
	*octets = (struct bytes){content.p + 1, content.n - 1};
	*unused = n;
	return 0;
}

bool
der_oid_valid(struct bytes c)
{
	bool starts = true;

	if (c.n == 0 || c.p[c.n - 1] >= 0x80)
		return false;
	/* No subidentifier begins with a group of zeros (section 8.19.2). */
	for (size_t i = 0; i < c.n; i++) {
		if (starts && c.p[i] == 0x80)
			return false;
		starts = c.p[i] < 0x80;
	}
	return true;
}

static bool
der_bits_valid(struct bytes content)
{
	struct bytes octets;
	unsigned unused;

	return der_bit_string(content, &octets, &unused) == 0;
}

static bool
der_boolean_valid(struct bytes content)
{
	bool value;

	return der_boolean(content, &value) == 0;
}

/* The content of a primitive universal element, by type. */
static bool
der_content_valid(uint8_t tag, struct bytes content)
{
	switch (tag) {
	case DER_BOOLEAN:
		return der_boolean_valid(content);
	case DER_INTEGER:
	case DER_ENUMERATED:
		return der_integer_valid(content);
	case DER_BIT_STRING:
		return der_bits_valid(content);
	case DER_NULL:
		return content.n == 0;
	case DER_OID:
		return der_oid_valid(content);
	case DER_BMP_STRING:
		return content.n % 2 == 0;
	case DER_UNIVERSAL_STRING:
		return content.n % 4 == 0;
	default:
		return true;
	}
}

/* Universal types whose encoding is constructed: EXTERNAL, EMBEDDED PDV,
 * SEQUENCE, SET and CHARACTER STRING; DER makes all others primitive. */
#define DER_CONSTRUCTED_TYPES (1U << 8 | 1U << 11 | 1U << 16 | 1U << 17 | 1U << 29)

bool
der_item_valid(const struct der_item *item)
{
	bool constructed = (item->tag & DER_CONSTRUCTED) != 0;
	unsigned number = item->tag & DER_TAG_NUMBER;

	if ((item->tag & DER_CLASS) != 0)
		return true;
	if (constructed != ((DER_CONSTRUCTED_TYPES >> number & 1) != 0))
		return false;
	return constructed || der_content_valid(item->tag, item->content);
}

/* --- time --------------------------------------------------------------- */

/* Days from 1970-01-01 to a date of the Gregorian calendar, year 0 to 9999.
 * March comes first, so that the leap day is a year's last. */
static int64_t
der_days(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 + 400 : year + 400; /* never negative */
	int m = month <= 2 ? month + 9 : month - 3;
	int64_t days = 365 * (int64_t)y + y / 4 - y / 100 + y / 400;

	/* 719468: from 0000-03-01 to 1970-01-01; 146097: in 400 years. */
	return days + (153 * m + 2) / 5 + day - 1 - 719468 - 146097;
}

static int
der_days_of_month(int year, int month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* Two digits; negative (and then out of every range) where there are none. */
static int
der_two_digits(const uint8_t *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -100000;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

static bool
in_range(int value, int least, int most)
{
	return value >= least && value <= most;
}

/* MMDDHHMMSSZ at p, behind a year that was read already. */
static int
der_time_in_year(const uint8_t *p, int year, int64_t *out)
{
	int month = der_two_digits(p), day = der_two_digits(p + 2);
	int hour = der_two_digits(p + 4), minute = der_two_digits(p + 6);
	int second = der_two_digits(p + 8);

	if (!in_range(year, 0, 9999) || !in_range(month, 1, 12) ||
	    !in_range(day, 1, der_days_of_month(year, month)) ||
	    !in_range(hour, 0, 23) || !in_range(minute, 0, 59) ||
	    !in_range(second, 0, 59) || p[10] != 'Z')
		return ERR_SYNTAX;
	*out = der_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return 0;
}

int
der_time(uint8_t tag, struct bytes c, int64_t *out)
{
	int year;

	if (tag == DER_UTC_TIME && c.n == 13) {
		year = der_two_digits(c.p);
		return der_time_in_year(
		    c.p + 2, year < 50 ? year + 2000 : year + 1900, out);
	}
	if (tag == DER_GENERALIZED_TIME && c.n == 15) {
		year = der_two_digits(c.p) * 100 + der_two_digits(c.p + 2);
		return der_time_in_year(c.p + 4, year, out);
	}
	return ERR_SYNTAX;
}
