/*
 * A view of bytes that somebody else owns: pointer and length, never freed
 * here, never kept longer than its source. Every parser of core reads from a
 * view and hands out views into the same memory.
 */
#ifndef CHANCERY_CORE_BYTES_H
#define CHANCERY_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *p; /* may be NULL when n is 0 */
	size_t n;
};

/* The view of a string literal, without its NUL. */
#define BYTES(literal) ((struct bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

#define NITEMS(array) (sizeof(array) / sizeof((array)[0]))

/* The view of a NUL-terminated string; NULL gives the empty view. */
static inline struct bytes
bytes_of(const char *s)
{
	return (struct bytes){(const uint8_t *)s, s == NULL ? 0 : strlen(s)};
}

static inline bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline uint8_t
byte_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Equal but for the case of ASCII letters. */
static inline bool
bytes_equal_nocase(struct bytes a, struct bytes b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (byte_lower(a.p[i]) != byte_lower(b.p[i]))
			return false;
	return true;
}

/* <0, 0, >0 as memcmp; the shorter of two equal beginnings comes first. */
static inline int
bytes_compare(struct bytes a, struct bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int rc = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (rc != 0)
		return rc;
	return a.n < b.n ? -1 : a.n > b.n;
}

#endif
