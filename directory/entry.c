/*
 * Entries as plain C (contract in entry.h): looking attributes up by name. Filled
 * by search.c; called by everything that reads entries.
 */
#include "directory/entry.h"

/* Whether an answered description has this name, options aside. */
static bool
is_named(const char *description, const char *name)
{
	struct bytes d = {(const uint8_t *)description, strcspn(description, ";")};

	return bytes_equal_nocase(d, bytes_of(name));
}

const struct entry_attr *
entry_attr(const struct entry *e, const char *name)
{
	for (size_t i = 0; i < e->n_attr; i++)
		if (is_named(e->attr[i].name, name))
			return &e->attr[i];
	return NULL;
}

struct entry_values
entry_get(const struct entry *e, const char *name)
{
	const struct entry_attr *a = entry_attr(e, name);

	return a == NULL ? (struct entry_values){NULL, 0} : a->values;
}

struct bytes
entry_first(const struct entry *e, const char *name)
{
	struct entry_values v = entry_get(e, name);

	return v.n == 0 ? (struct bytes){NULL, 0} : v.value[0];
}
