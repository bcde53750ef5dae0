/*
 * Forms, queries and cookies: contract in form.h.
 */
#include "core/form.h"

#include "core/utf8.h"

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = byte_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes in place; what is left is never longer. */
static int
part_decode(uint8_t *p, size_t n, struct bytes *out, struct err *e)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		int high, low;

		if (p[i] != '%') {
			p[k++] = p[i] == '+' ? ' ' : p[i];
			continue;
		}
		high = i + 2 < n ? hex_digit(p[i + 1]) : -1;
		low = i + 2 < n ? hex_digit(p[i + 2]) : -1;
		if (high < 0 || low < 0)
			return err_set(e, ERR_SYNTAX, "a form with half an escape");
		p[k++] = (uint8_t)(high << 4 | low);
		i += 2;
	}
	*out = (struct bytes){p, k};
	if ((k > 0 && memchr(p, '\0', k) != NULL) || !utf8_valid(*out))
		return err_set(e, ERR_SYNTAX, "a form with what is no text");
	return 0;
}

static int
field_read(uint8_t *p, size_t n, struct form *out, struct err *e)
{
	uint8_t *equals = memchr(p, '=', n);
	size_t name_n = equals == NULL ? n : (size_t)(equals - p);
	struct form_field field = {{NULL, 0}, {NULL, 0}};
	int rc;

	if (out->n == FORM_FIELDS_MAX)
		return err_set(
		    e, ERR_LIMIT, "a form of more than %d fields", FORM_FIELDS_MAX);
	rc = part_decode(p, name_n, &field.name, e);
	if (rc == 0 && field.name.n > FORM_NAME_MAX)
		return err_set(e, ERR_LIMIT, "a form with too long a name");
	if (rc == 0 && equals != NULL)
		rc = part_decode(equals + 1, n - name_n - 1, &field.value, e);
	if (rc == 0)
		out->field[out->n++] = field;
	return rc;
}

int
form_read(uint8_t *p, size_t n, struct form *out, struct err *e)
{
	size_t at = 0;
	int rc = 0;

	out->n = 0;
	while (rc == 0 && at < n) {
		uint8_t *end = memchr(p + at, '&', n - at);
		size_t length = end == NULL ? n - at : (size_t)(end - p) - at;

		if (length > 0)
			rc = field_read(p + at, length, out, e);
		at += length + 1;
	}
	if (rc != 0)
		out->n = 0;
	return rc;
}

bool
form_get_each(const struct form *f, const char *name, size_t i, struct bytes *out)
{
	for (size_t k = 0; k < f->n; k++)
		if (bytes_equal(f->field[k].name, bytes_of(name)) && i-- == 0) {
			*out = f->field[k].value;
			return true;
		}
	return false;
}

struct bytes
form_get(const struct form *f, const char *name)
{
	struct bytes first = {NULL, 0}, second;

	if (form_get_each(f, name, 0, &first) && form_get_each(f, name, 1, &second))
		return (struct bytes){NULL, 0};
	return first;
}

/* The next "name=value" of a Cookie header. */
static bool
cookie_next(struct bytes *rest, struct bytes *name, struct bytes *value)
{
	const uint8_t *end, *equals;
	size_t n;

	while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == ';'))
		rest->p++, rest->n--;
	if (rest->n == 0)
		return false;
	end = memchr(rest->p, ';', rest->n);
	n = end == NULL ? rest->n : (size_t)(end - rest->p);
	equals = memchr(rest->p, '=', n);
	*name =
	    (struct bytes){rest->p, equals == NULL ? n : (size_t)(equals - rest->p)};
	*value = (struct bytes){NULL, 0};
	if (equals != NULL)
		*value = (struct bytes){equals + 1, n - name->n - 1};
	while (value->n > 0 && value->p[value->n - 1] == ' ')
		value->n--;
	rest->p += n;
	rest->n -= n;
	return true;
}

struct bytes
form_cookie(struct bytes header, const char *name)
{
	struct bytes found = {NULL, 0}, n, v;
	bool seen = false;

	while (cookie_next(&header, &n, &v)) {
		if (!bytes_equal(n, bytes_of(name)))
			continue;
		if (seen)
			return (struct bytes){NULL, 0};
		seen = true;
		found = v;
	}
	return found;
}
