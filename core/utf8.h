/*
 * One code point of strict UTF-8 (RFC 3629): no overlong form, no surrogate,
 * nothing beyond U+10FFFF.
 */
#ifndef CHANCERY_CORE_UTF8_H
#define CHANCERY_CORE_UTF8_H

#include "core/bytes.h"

/* Reads the first code point; its length in bytes, 0 where there is none. */
static inline size_t
utf8_read(struct bytes in, uint32_t *out)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t c = in.n == 0 ? 0xff : in.p[0];
	size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
	uint32_t point = n <= 1 ? c : c & (0x7fu >> n);

	if (n == 0 || n > in.n || c > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((in.p[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (in.p[i] & 0x3f);
	}
	if (point < least[n] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*out = point;
	return n;
}

/* Whether all of it is UTF-8. */
static inline bool
utf8_valid(struct bytes in)
{
	uint32_t c;

	while (in.n > 0) {
		size_t n = utf8_read(in, &c);

		if (n == 0)
			return false;
		in.p += n;
		in.n -= n;
	}
	return true;
}

#endif
