/*
 * Whether an entry matches a filter, asked of the entry and not of a server: what
 * "disabled" or "a shared mailbox" means stands in the configuration as a filter,
 * and is answered for entries that were read anyway. Understands AND, OR, NOT,
 * presence, equality and substrings without case, and Active Directory's two rules
 * for bits (1.2.840.113556.1.4.803 and 804); anything else is refused when the
 * filter is read. Called by company.c.
 */
#ifndef CHANCERY_DIRECTORY_MATCH_H
#define CHANCERY_DIRECTORY_MATCH_H

#include "core/arena.h"
#include "core/err.h"
#include "directory/entry.h"

struct query;

enum {
	MATCH_ATTRS_MAX = 8 /* attributes that one filter may name */
};

struct match {
	const struct query *filter; /* NULL: matches nothing */
	const char *attr[MATCH_ATTRS_MAX];
	size_t n_attr;
};

/* Reads a filter (RFC 4515; "" or NULL: matches nothing) into the arena, and which
 * attributes it wants. 0, ERR_SYNTAX, ERR_UNSUPPORTED, ERR_LIMIT, ERR_MEMORY. */
int match_read(const char *text, struct arena *a, struct match *out, struct err *e);

bool match_entry(const struct match *m, const struct entry *e);

#endif
