/*
 * Writes DER from a readable text, for tables of cases:
 *
 *	30{ 0603550403 0c{'Anna'} }
 *
 * Hexadecimal digits are bytes, 'text' is its bytes, and {...} behind an identifier
 * octet is content whose length is written in front of it, in shortest form. Wrong
 * encodings are simply written out in hexadecimal. Used by unit tests only.
 */
#ifndef CHANCERY_TESTS_ASN_H
#define CHANCERY_TESTS_ASN_H

#include "core/bytes.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ASN_DEPTH = 64,
	ASN_MAX = 256 * 1024
};

struct asn {
	uint8_t p[ASN_MAX];
	size_t n;
	size_t open[ASN_DEPTH]; /* where contents begin */
	int depth;
};

static void
asn_fail(const char *what, const char *text)
{
	fprintf(stderr, "asn: %s in: %.200s\n", what, text);
	abort();
}

static void
asn_close(struct asn *a, const char *text)
{
	size_t start, len, octets = 0;
	uint8_t length[1 + sizeof(len)];

	if (a->depth == 0)
		asn_fail("} without {", text);
	start = a->open[--a->depth];
	len = a->n - start;
	length[0] = (uint8_t)len;
	if (len >= 0x80) {
		while (len >> 8 * octets != 0)
			octets++;
		length[0] = (uint8_t)(0x80 | octets);
		for (size_t i = 0; i < octets; i++)
			length[1 + i] = (uint8_t)(len >> 8 * (octets - 1 - i));
	}
	if (a->n + 1 + octets > sizeof(a->p))
		asn_fail("too long", text);
	memmove(a->p + start + 1 + octets, a->p + start, len);
	memcpy(a->p + start, length, 1 + octets);
	a->n += 1 + octets;
}

static int
asn_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
asn_put(struct asn *a, uint8_t byte, const char *text)
{
	if (a->n == sizeof(a->p))
		asn_fail("too long", text);
	a->p[a->n++] = byte;
}

/* A token; returns where the next begins. */
static const char *
asn_token(struct asn *a, const char *t, const char *text)
{
	switch (*t) {
	case ' ':
	case '\n':
		return t + 1;
	case '{':
		if (a->depth == ASN_DEPTH)
			asn_fail("too deep", text);
		a->open[a->depth++] = a->n;
		return t + 1;
	case '}':
		asn_close(a, text);
		return t + 1;
	case '\'':
		for (t++; *t != '\'' && *t != '\0'; t++)
			asn_put(a, (uint8_t)*t, text);
		return *t == '\'' ? t + 1 : t;
	default:
		if (asn_digit(t[0]) < 0 || asn_digit(t[1]) < 0)
			asn_fail("neither digits nor { } '", t);
		asn_put(a, (uint8_t)(asn_digit(t[0]) << 4 | asn_digit(t[1])), text);
		return t + 2;
	}
}

/* The bytes of a text; they live until the same struct is used again. */
static struct bytes
asn(struct asn *a, const char *text)
{
	a->n = 0;
	a->depth = 0;
	for (const char *t = text; *t != '\0';)
		t = asn_token(a, t, text);
	if (a->depth != 0)
		asn_fail("{ without }", text);
	return (struct bytes){a->p, a->n};
}

/* A copy of exactly its length on the heap, so that AddressSanitizer sees a read
 * past its end. */
__attribute__((unused)) static struct bytes
asn_exact(struct asn *a, const char *text)
{
	struct bytes b = asn(a, text);
	uint8_t *copy = malloc(b.n == 0 ? 1 : b.n);

	if (copy == NULL)
		abort();
	memcpy(copy, b.p, b.n);
	return (struct bytes){copy, b.n};
}

__attribute__((unused)) static void
asn_free(struct bytes b)
{
	free((void *)(uintptr_t)b.p);
}

#endif
