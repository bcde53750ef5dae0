/*
 * Writes DER: contract in der_write.h. A constructed element gets one octet of
 * length when it is opened; on closing, a longer length moves its content.
 */
#include "crypto/der_write.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ROOM_FIRST = 2048,
	LENGTH_OCTETS_MAX = 5,
	TIME_TEXT = 80,
	YEAR_GENERALIZED = 2050,
};

void
der_write_init(struct der_write *w, size_t most)
{
	*w = (struct der_write){.most = most};
}

void
der_write_fini(struct der_write *w)
{
	free(w->p);
	*w = (struct der_write){.failed = true};
}

int
der_write_take(struct der_write *w, struct owned *out)
{
	*out = (struct owned){0};
	if (w->failed || w->p == NULL) {
		der_write_fini(w);
		return ERR_MEMORY;
	}
	*out = (struct owned){w->p, w->n};
	*w = (struct der_write){.failed = true};
	return 0;
}

/* Room for n octets more; NULL when there is none. */
static uint8_t *
der_write_room(struct der_write *w, size_t n)
{
	size_t room = w->room == 0 ? ROOM_FIRST : w->room;
	uint8_t *p;

	if (w->failed || n > w->most - w->n) {
		w->failed = true;
		return NULL;
	}
	while (room < w->n + n)
		room *= 2;
	if (room != w->room) {
		if ((p = realloc(w->p, room)) == NULL) {
			w->failed = true;
			return NULL;
		}
		w->p = p;
		w->room = room;
	}
	return w->p + w->n;
}

void
der_write_raw(struct der_write *w, struct bytes octets)
{
	uint8_t *to = der_write_room(w, octets.n);

	if (to == NULL || octets.n == 0)
		return;
	memcpy(to, octets.p, octets.n);
	w->n += octets.n;
}

static void
der_write_octet(struct der_write *w, uint8_t octet)
{
	der_write_raw(w, (struct bytes){&octet, 1});
}

/* The octets of a length (X.690 section 8.1.3), shortest form. */
static size_t
length_octets(size_t n, uint8_t out[LENGTH_OCTETS_MAX])
{
	size_t count = 0;

	if (n < 0x80) {
		out[0] = (uint8_t)n;
		return 1;
	}
	for (size_t rest = n; rest > 0; rest >>= 8)
		count++;
	out[0] = (uint8_t)(0x80 | count);
	for (size_t i = 0; i < count; i++)
		out[1 + i] = (uint8_t)(n >> (8 * (count - 1 - i)));
	return 1 + count;
}

size_t
der_write_open(struct der_write *w, uint8_t tag)
{
	der_write_octet(w, tag);
	der_write_octet(w, 0);
	return w->n;
}

void
der_write_close(struct der_write *w, size_t mark)
{
	uint8_t length[LENGTH_OCTETS_MAX];
	size_t content, more;

	if (w->failed)
		return;
	content = w->n - mark;
	more = length_octets(content, length) - 1;
	if (der_write_room(w, more) == NULL)
		return;
	memmove(w->p + mark + more, w->p + mark, content);
	memcpy(w->p + mark - 1, length, 1 + more);
	w->n += more;
}

void
der_write_item(struct der_write *w, uint8_t tag, struct bytes content)
{
	uint8_t length[LENGTH_OCTETS_MAX];
	size_t n = length_octets(content.n, length);

	der_write_octet(w, tag);
	der_write_raw(w, (struct bytes){length, n});
	der_write_raw(w, content);
}

void
der_write_number(struct der_write *w, uint64_t number)
{
	uint8_t octets[9];
	size_t at = sizeof(octets);

	do {
		octets[--at] = (uint8_t)number;
		number >>= 8;
	} while (number > 0);
	if ((octets[at] & 0x80) != 0) /* it would read as a negative number */
		octets[--at] = 0;
	der_write_item(
	    w, DER_INTEGER, (struct bytes){octets + at, sizeof(octets) - at});
}

void
der_write_true(struct der_write *w)
{
	der_write_item(w, DER_BOOLEAN, BYTES("\xff"));
}

void
der_write_bit_octets(struct der_write *w, struct bytes octets)
{
	size_t mark = der_write_open(w, DER_BIT_STRING);

	der_write_octet(w, 0);
	der_write_raw(w, octets);
	der_write_close(w, mark);
}

void
der_write_named_bits(struct der_write *w, unsigned bits)
{
	uint8_t octets[3] = {0};
	size_t last = 0;

	for (unsigned bit = 0; bit < 16; bit++)
		if ((bits >> bit & 1) != 0) {
			octets[1 + bit / 8] |= (uint8_t)(0x80 >> bit % 8);
			last = bit;
		}
	if (bits == 0) {
		der_write_item(w, DER_BIT_STRING, BYTES("\0"));
		return;
	}
	octets[0] = (uint8_t)(7 - last % 8);
	der_write_item(w, DER_BIT_STRING, (struct bytes){octets, 2 + last / 8});
}

/* Days since 1970 to year, month, day (proleptic Gregorian). */
static void
civil_of(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468; /* days since 0000-03-01 */
	int64_t era = z / 146097, doe = z % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

void
der_write_time(struct der_write *w, int64_t seconds)
{
	static const int64_t first = -631152000, last = 253402300799; /* 1950, 9999 */
	char text[TIME_TEXT];
	int year, month, day, in_day;
	int64_t days;

	if (seconds < first || seconds > last) {
		w->failed = true;
		return;
	}
	days = (seconds - first) / 86400 + first / 86400;
	in_day = (int)(seconds - days * 86400);
	civil_of(days, &year, &month, &day);
	snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02dZ", year, month, day,
	    in_day / 3600, in_day / 60 % 60, in_day % 60);
	if (year < YEAR_GENERALIZED)
		der_write_item(w, DER_UTC_TIME, bytes_of(text + 2));
	else
		der_write_item(w, DER_GENERALIZED_TIME, bytes_of(text));
}
