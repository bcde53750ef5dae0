/*
 * Writing: one entry or one value at a time, so that each call is whole or
 * nothing, and doing it twice changes nothing. Deletes and replaces nothing.
 */
#ifndef CHANCERY_DIRECTORY_WRITE_H
#define CHANCERY_DIRECTORY_WRITE_H

#include "directory/connection.h"
#include "directory/entry.h"

enum {
	WRITE_MAX_ATTRS = 40
}; /* of a new entry */

struct write_attr {
	const char *name;
	struct entry_values values;
};

/* Adds an entry. 1 added; 0 there is one of this DN already; ERR_DIRECTORY with
 * the server's sentence; ERR_IO; ERR_LIMIT; ERR_MEMORY. */
int write_entry(struct connection *c, const char *dn, const struct write_attr *attr,
    size_t n, struct err *e);

/* Adds a value to an attribute. 1 added; 0 it is there already (as the server's
 * matching rule has it); ERR_NOT_FOUND where the entry is gone; else as above. */
int write_value(struct connection *c, const char *dn, const char *attr,
    struct bytes value, struct err *e);

#endif
