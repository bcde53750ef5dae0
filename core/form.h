/*
 * What browsers send beside a path: forms and queries (application/x-www-form-
 * urlencoded, as the URL Standard has it, but strict) and cookies (RFC 6265
 * section 4.2). Decodes where it stands, because a form can hold a password and
 * its memory is wiped as a whole. Pure. Called by the portal.
 */
#ifndef CHANCERY_CORE_FORM_H
#define CHANCERY_CORE_FORM_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	FORM_FIELDS_MAX = 64,
	FORM_NAME_MAX = 64, /* bytes of a field's name */
};

struct form_field {
	struct bytes name, value; /* UTF-8 without NUL */
};

struct form {
	struct form_field field[FORM_FIELDS_MAX];
	size_t n;
};

/*
 * Reads "a=b&c=d+e%20f", which it changes; the fields are views into it. A name may
 * come several times. 0; ERR_SYNTAX (half a percent escape, NUL, not UTF-8);
 * ERR_LIMIT.
 */
int form_read(uint8_t *p, size_t n, struct form *out, struct err *e);

/* The value of the one field of that name; an empty view where there is none, or
 * more than one: no two readers shall see different ones. */
struct bytes form_get(const struct form *f, const char *name);

/* The i-th value of that name; false after the last. */
bool form_get_each(const struct form *f, const char *name, size_t i, struct bytes *out);

/* The value of a cookie; an empty view where there is none, or more than one. */
struct bytes form_cookie(struct bytes header, const char *name);

#endif
