/*
 * A label to its A-label (contract in idna.h): RFC 5891 section 4 as far as a
 * look-up needs it. Holds no Unicode tables and never normalizes. Called by
 * addr.c.
 */
#include "core/idna.h"

#include "core/err.h"
#include "core/punycode.h"
#include "core/utf8.h"

/* Ranges in which a capital lies `step` below its small letter; in paired ones
 * capitals are the even (step 1) or the odd (step -1) code points. */
static const struct fold {
	uint32_t first, last;
	int step;
	bool paired;
} folds[] = {
    {0x00c0, 0x00d6, 32, false},
    {0x00d8, 0x00de, 32, false},
    {0x0100, 0x012f, 1, true},
    {0x0132, 0x0137, 1, true},
    {0x0139, 0x0148, -1, true},
    {0x014a, 0x0177, 1, true},
    {0x0178, 0x0178, -121, false},
    {0x0179, 0x017e, -1, true},
    {0x0386, 0x0386, 38, false},
    {0x0388, 0x038a, 37, false},
    {0x038c, 0x038c, 64, false},
    {0x038e, 0x038f, 63, false},
    {0x0391, 0x03a1, 32, false},
    {0x03a3, 0x03ab, 32, false},
    {0x0400, 0x040f, 80, false},
    {0x0410, 0x042f, 32, false},
    {0x0460, 0x0481, 1, true},
    {0x048a, 0x04bf, 1, true},
    {0x04c0, 0x04c0, 15, false},
    {0x04c1, 0x04ce, -1, true},
    {0x04d0, 0x052f, 1, true},
};

static uint32_t
idna_lower(uint32_t c)
{
	if (c < 0x80)
		return byte_lower((uint8_t)c);
	for (size_t i = 0; i < NITEMS(folds); i++) {
		const struct fold *f = &folds[i];

		if (c < f->first || c > f->last)
			continue;
		if (!f->paired)
			return (uint32_t)((int)c + f->step);
		return (c & 1) == (f->step < 0) ? c + 1 : c;
	}
	return c;
}

/* What can be no part of a U-label; see idna.h for how exact this is. */
static const struct range {
	uint32_t first, last;
} refused[] = {
    {0x0080, 0x00b6}, /* C1 controls, Latin-1 signs */
    {0x00b8, 0x00bf}, /* the same; U+00B7 is allowed in Catalan */
    {0x00d7, 0x00d7},
    {0x00f7, 0x00f7},
    {0x02c2, 0x02c5},
    {0x2000, 0x200b}, /* blanks */
    {0x200e, 0x2bff}, /* marks of direction, punctuation, symbols */
    {0x2e00, 0x2e7f},
    {0x3000, 0x3004},
    {0x3008, 0x3029},
    {0xe000, 0xf8ff}, /* private use */
    {0xfdd0, 0xfdef},
    {0xfe00, 0xfe1f},
    {0xfe30, 0xfe6f},
    {0xfeff, 0xff65}, /* byte order mark, full width */
    {0xffe0, 0xffff},
    {0x1d000, 0x1d7ff}, /* signs of music and mathematics */
    {0x1f000, 0x1faff}, /* pictures */
    {0xe0000, 0x10ffff},
};

static bool
idna_allowed(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
	for (size_t i = 0; i < NITEMS(refused); i++)
		if (c >= refused[i].first && c <= refused[i].last)
			return false;
	return true;
}

static bool
idna_is_combining(uint32_t c)
{
	return (c >= 0x0300 && c <= 0x036f) || (c >= 0x0483 && c <= 0x0489);
}

/* Reads, lowers and checks the code points. Returns how many, or ERR_*. */
static long
idna_points(struct bytes in, uint32_t point[IDNA_LABEL_MAX], bool *ascii)
{
	long n = 0;

	*ascii = true;
	while (in.n > 0) {
		uint32_t c;
		size_t used = utf8_read(in, &c);

		if (used == 0)
			return ERR_SYNTAX;
		if (n == IDNA_LABEL_MAX)
			return ERR_LIMIT;
		c = idna_lower(c);
		if (!idna_allowed(c))
			return ERR_SYNTAX;
		*ascii = *ascii && c < 0x80;
		point[n++] = c;
		in.p += used;
		in.n -= used;
	}
	return n;
}

long
idna_label(struct bytes in, char *out)
{
	uint32_t point[IDNA_LABEL_MAX];
	bool ascii;
	long n = idna_points(in, point, &ascii), length;

	if (n < 0)
		return n;
	if (n == 0 || point[0] == '-' || point[n - 1] == '-')
		return ERR_SYNTAX;
	if (ascii) {
		for (long i = 0; i < n; i++)
			out[i] = (char)point[i];
		return n;
	}
	/* RFC 5891 section 4.2.3: no "--" third and fourth, no leading mark */
	if ((n >= 4 && point[2] == '-' && point[3] == '-') ||
	    idna_is_combining(point[0]))
		return ERR_SYNTAX;
	memcpy(out, "xn--", 4);
	length = punycode_encode(point, (size_t)n, out + 4, IDNA_LABEL_MAX - 4);
	return length < 0 ? length : length + 4;
}
