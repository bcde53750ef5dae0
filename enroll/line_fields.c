/*
 * Fields of calls and answers: held against a table, read and put in (contract in
 * line.h). All of them come from outside: nothing is read that line_check has not
 * seen.
 */
#include <stdlib.h>

#include "core/base64.h"
#include "core/utf8.h"
#include "enroll/line.h"
#include "enroll/line_io.h"

enum {
	LINE_NAME_SHOWN = 40
};

static const char *const line_type_names[] = {
    [LINE_TEXT] = "a text",
    [LINE_BYTES] = "base64",
    [LINE_INT] = "a number from 0",
    [LINE_BOOL] = "true or false",
    [LINE_LIST] = "a list",
};

/* --- checking -------------------------------------------------------------------- */

static bool
line_is(const json_t *v, enum line_type type)
{
	switch (type) {
	case LINE_TEXT:
	case LINE_BYTES:
		return json_is_string(v);
	case LINE_INT:
		return json_is_integer(v) && json_integer_value(v) >= 0;
	case LINE_BOOL:
		return json_is_boolean(v);
	case LINE_LIST:
		return json_is_array(v);
	}
	return false;
}

/* C0, DEL, C1: nothing that a terminal or a header of a mail would obey. */
static bool
line_has_control(struct bytes text)
{
	uint32_t c;

	while (text.n > 0) {
		size_t n = utf8_read(text, &c);

		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
			return true;
		text.p += n;
		text.n -= n;
	}
	return false;
}

static struct bytes
line_view(const json_t *v)
{
	return (struct bytes){
	    (const uint8_t *)json_string_value(v), json_string_length(v)};
}

/* Bytes that base64 digits of this number stand for, at most two too many. */
static size_t
line_size(const json_t *v, enum line_type type)
{
	struct bytes text = line_view(v);

	switch (type) {
	case LINE_TEXT:
		return text.n;
	case LINE_BYTES:
		while (text.n > 0 && text.p[text.n - 1] == '=')
			text.n--;
		return text.n / 4 * 3 + text.n % 4 * 3 / 4;
	case LINE_LIST:
		return json_array_size(v);
	default:
		return 0;
	}
}

static int
line_check_field(const json_t *v, const struct line_field *f, struct err *e)
{
	size_t n;

	if (!line_is(v, f->type))
		return err_set(
		    e, ERR_SYNTAX, "%s: want %s", f->name, line_type_names[f->type]);
	if ((n = line_size(v, f->type)) > f->most)
		return err_set(e, ERR_LIMIT, "%s: found %zu %s, want at most %zu",
		    f->name, n, f->type == LINE_LIST ? "values" : "bytes", f->most);
	if (f->type == LINE_TEXT && line_has_control(line_view(v)))
		return err_set(e, ERR_SYNTAX, "%s: found a control character", f->name);
	return 0;
}

static bool
line_knows(const struct line_field *fields, const char *name)
{
	for (; fields->name != NULL; fields++)
		if (strcmp(fields->name, name) == 0)
			return true;
	return strcmp(name, "call") == 0;
}

int
line_check(const json_t *request, const struct line_field *fields, struct err *e)
{
	const char *name;
	json_t *v;
	int rc;

	json_object_foreach((json_t *)request, name, v)
	{
		if (!line_knows(fields, name))
			return err_set(e, ERR_SYNTAX,
			    "%.*s: the call has no such field", LINE_NAME_SHOWN, name);
	}
	for (; fields->name != NULL; fields++) {
		v = json_object_get(request, fields->name);
		if (v == NULL && !fields->optional)
			return err_set(e, ERR_SYNTAX, "%s: is missing", fields->name);
		if (v != NULL && (rc = line_check_field(v, fields, e)) != 0)
			return rc;
	}
	return 0;
}

/* --- reading --------------------------------------------------------------------- */

struct bytes
line_text(const json_t *o, const char *name)
{
	return line_view(json_object_get(o, name));
}

int64_t
line_int(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

bool
line_bool(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

/* --- putting in ------------------------------------------------------------------ */

/* Overwrites what JSON has no place for. */
static void
line_clean(uint8_t *p, size_t n)
{
	while (n > 0) {
		uint32_t c;
		size_t len = utf8_read((struct bytes){p, n}, &c);

		if (len == 0 || c == 0) {
			*p = '?';
			len = 1;
		}
		p += len;
		n -= len;
	}
}

json_t *
line_json_text(struct bytes text)
{
	json_t *v = json_stringn((const char *)text.p, text.n);
	uint8_t *copy;

	if (v != NULL && memchr(json_string_value(v), 0, text.n) == NULL)
		return v;
	json_decref(v);
	if ((copy = malloc(text.n + 1)) == NULL)
		return NULL;
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	line_clean(copy, text.n);
	v = json_stringn((const char *)copy, text.n);
	explicit_bzero(copy, text.n);
	free(copy);
	return v;
}

/* json_object_set_new takes the value also where it fails, and fails for NULL. */
static int
line_set(json_t *o, const char *name, json_t *v)
{
	return json_object_set_new(o, name, v) == 0 ? 0 : ERR_MEMORY;
}

int
line_set_text(json_t *o, const char *name, struct bytes text)
{
	return line_set(o, name, line_json_text(text));
}

int
line_set_int(json_t *o, const char *name, int64_t value)
{
	return line_set(o, name, json_integer(value));
}

int
line_set_bytes(json_t *o, const char *name, struct bytes value)
{
	size_t room = BASE64_ENCODED_MAX(value.n), n;
	char *text = malloc(room);
	json_t *v;

	if (text == NULL)
		return ERR_MEMORY;
	n = base64_encode(value, text);
	v = json_stringn_nocheck(text, n);
	explicit_bzero(text, room);
	free(text);
	return line_set(o, name, v);
}
