/*
 * An entry of the directory as plain C: a DN, and attributes with their values.
 * Everything lies in an
 * arena (whose: search.h says); each text is followed by a NUL, so that one
 * without NUL inside can be used as a string.
 */
#ifndef CHANCERY_DIRECTORY_ENTRY_H
#define CHANCERY_DIRECTORY_ENTRY_H

#include "core/arena.h"
#include "core/bytes.h"

enum {
	ENTRY_MAX_ATTRS = 256,
	ENTRY_MAX_VALUES = 1024 * 1024, /* of one attribute */
};

struct entry_values {
	const struct bytes *value;
	size_t n;
};

struct entry_attr {
	const char *name; /* as the server spells it, with options */
	struct entry_values values;
};

struct entry {
	const char *dn;
	const struct entry_attr *attr;
	size_t n_attr;
};

/* The values of the attribute of this name, without case; options of the
 * answer are passed over ("userCertificate" finds "userCertificate;binary").
 * None gives no values. */
struct entry_values entry_get(const struct entry *e, const char *name);

/* The attribute as it was answered, or NULL. */
const struct entry_attr *entry_attr(const struct entry *e, const char *name);

/* The first value, or the empty view. */
struct bytes entry_first(const struct entry *e, const char *name);

#endif
