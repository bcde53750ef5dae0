/*
 * The attributes of an entry as they are put together, for a new entry or for a
 * change of one: in a change each attribute gets these values instead of those that
 * it had, and one without values goes. Texts and values stay the caller's, and must
 * live until the write; numbers and times are kept here. Called by the registry and
 * by the clerk.
 */
#ifndef CHANCERY_DIRECTORY_FIELDS_H
#define CHANCERY_DIRECTORY_FIELDS_H

#include <stdint.h>

#include "directory/connection.h"
#include "directory/entry.h"

enum {
	FIELDS_MAX = 32
};

struct field {
	const char *attr;
	struct entry_values values;
	struct bytes one; /* what values points to, where there is one */
	char text[32];	  /* what one points to, of a number or a time */
};

/* Begin with FIELDS_NONE. Must not be copied once something is in it. */
struct fields {
	struct field field[FIELDS_MAX];
	size_t n; /* one more than FIELDS_MAX: they did not all fit */
};

#define FIELDS_NONE                                                                    \
	{                                                                              \
		.n = 0                                                                 \
	}

/* Each: the empty one (0, for a time) means no value. */
void fields_text(struct fields *f, const char *attr, struct bytes value);
void fields_values(struct fields *f, const char *attr, struct entry_values values);
void fields_time(struct fields *f, const char *attr, int64_t seconds);
/* A number is a value, also 0. */
void fields_number(struct fields *f, const char *attr, int64_t number);

/* A new entry: 1 made; 0 there is one of this DN; else as write_entry. */
int
fields_add(struct connection *c, const char *dn, const struct fields *f, struct err *e);

/* Changes an entry, if the filter (or NULL) holds: as modify_entry. */
int fields_change(struct connection *c, const char *dn, const char *filter,
    const struct fields *f, struct err *e);

#endif
