/*
 * Attributes put together for a write (contract in fields.h).
 */
#include "directory/fields.h"

#include <stdio.h>

#include "core/isotime.h"
#include "directory/modify.h"
#include "directory/write.h"

_Static_assert(
    (int)FIELDS_MAX <= (int)MODIFY_MAX && (int)FIELDS_MAX <= (int)WRITE_MAX_ATTRS,
    "what was put together can be written");

static struct field *
next(struct fields *f, const char *attr)
{
	struct field *field;

	if (f->n >= FIELDS_MAX) {
		f->n = FIELDS_MAX + 1;
		return NULL;
	}
	field = &f->field[f->n++];
	*field = (struct field){.attr = attr};
	return field;
}

static void
one(struct field *field, struct bytes value)
{
	field->one = value;
	field->values = (struct entry_values){&field->one, 1};
}

void
fields_text(struct fields *f, const char *attr, struct bytes value)
{
	struct field *field = next(f, attr);

	if (field != NULL && value.n > 0)
		one(field, value);
}

void
fields_values(struct fields *f, const char *attr, struct entry_values values)
{
	struct field *field = next(f, attr);

	if (field != NULL)
		field->values = values;
}

void
fields_time(struct fields *f, const char *attr, int64_t seconds)
{
	struct field *field = next(f, attr);

	_Static_assert(sizeof(field->text) >= ISOTIME_SIZE, "");
	if (field == NULL || seconds == 0)
		return;
	isotime_general(seconds, field->text);
	one(field, bytes_of(field->text));
}

void
fields_number(struct fields *f, const char *attr, int64_t number)
{
	struct field *field = next(f, attr);

	if (field == NULL)
		return;
	snprintf(field->text, sizeof(field->text), "%lld", (long long)number);
	one(field, bytes_of(field->text));
}

static int
check_room(const struct fields *f, struct err *e)
{
	if (f->n <= FIELDS_MAX)
		return 0;
	return err_set(e, ERR_LIMIT, "more than %d attributes at once", FIELDS_MAX);
}

int
fields_add(struct connection *c, const char *dn, const struct fields *f, struct err *e)
{
	struct write_attr attr[FIELDS_MAX];
	size_t n = 0;

	if (check_room(f, e) != 0)
		return ERR_LIMIT;
	for (size_t i = 0; i < f->n; i++)
		if (f->field[i].values.n > 0)
			attr[n++] =
			    (struct write_attr){f->field[i].attr, f->field[i].values};
	return write_entry(c, dn, attr, n, e);
}

int
fields_change(struct connection *c, const char *dn, const char *filter,
    const struct fields *f, struct err *e)
{
	struct modify change[FIELDS_MAX];

	if (check_room(f, e) != 0)
		return ERR_LIMIT;
	for (size_t i = 0; i < f->n; i++)
		change[i] = (struct modify){
		    MODIFY_REPLACE, f->field[i].attr, f->field[i].values};
	return modify_entry(c, dn, filter, change, f->n, e);
}
