/*
 * Base64 (contract in base64.h). Not in constant time: what is coded here is
 * public (certificates, LDIF). Secrets take OpenSSL's coder in crypto/.
 */
#include "core/base64.h"

#include "core/err.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a digit, or -1. */
static int
base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Decodes the n digits of one group, 2 to 4; the bytes made or ERR_SYNTAX. */
static long
base64_decode_group(const uint8_t *in, size_t n, uint8_t *out)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int v = i < n ? base64_value(in[i]) : 0;

		if (v < 0)
			return ERR_SYNTAX;
		bits = bits << 6 | (uint32_t)v;
	}
	/* RFC 4648 section 3.5: bits that no byte takes must be zero, or two
	 * texts would stand for the same bytes. */
	if ((n == 3 && (bits & 0xff) != 0) || (n == 2 && (bits & 0xffff) != 0))
		return ERR_SYNTAX;
	for (size_t i = 0; i < n - 1; i++)
		out[i] = (uint8_t)(bits >> (16 - 8 * i));
	return (long)n - 1;
}

long
base64_decode(struct bytes in, uint8_t *out)
{
	long made = 0;

	if (in.n % 4 != 0)
		return ERR_SYNTAX;
	for (size_t at = 0; at < in.n; at += 4) {
		size_t n = 4;
		long got;

		if (at + 4 == in.n)
			while (n > 2 && in.p[at + n - 1] == '=')
				n--;
		got = base64_decode_group(in.p + at, n, out + made);
		if (got < 0)
			return got;
		made += got;
	}
	return made;
}

size_t
base64_encode(struct bytes in, char *out)
{
	size_t made = 0;

	for (size_t at = 0; at < in.n; at += 3) {
		size_t left = in.n - at;
		uint32_t bits = (uint32_t)in.p[at] << 16;

		bits |= left > 1 ? (uint32_t)in.p[at + 1] << 8 : 0;
		bits |= left > 2 ? in.p[at + 2] : 0;
		out[made++] = base64_digits[bits >> 18];
		out[made++] = base64_digits[bits >> 12 & 63];
		out[made++] = left > 1 ? base64_digits[bits >> 6 & 63] : '=';
		out[made++] = left > 2 ? base64_digits[bits & 63] : '=';
	}
	out[made] = '\0';
	return made;
}
