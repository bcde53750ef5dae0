/*
 * What a parser read, as text, one line a field, so that two parsers can be compared
 * and their first difference be shown. Used by the tests that compare core with
 * OpenSSL.
 */
#ifndef CHANCERY_TESTS_FIELDS_H
#define CHANCERY_TESTS_FIELDS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	FIELDS_MAX = 4 * 1024 * 1024
};

struct fields {
	char text[FIELDS_MAX];
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void
fields_add(struct fields *f, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(f->text + f->n, sizeof(f->text) - f->n, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(f->text) - f->n)
		abort();
	f->n += (size_t)n;
}

static void
fields_add_hex(struct fields *f, const char *field, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	fields_add(f, "%s ", field);
	if (2 * n + 2 > sizeof(f->text) - f->n)
		abort();
	for (size_t i = 0; i < n; i++) {
		f->text[f->n++] = digits[p[i] >> 4];
		f->text[f->n++] = digits[p[i] & 0x0f];
	}
	fields_add(f, "\n");
}

#endif
