/*
 * Distinguished names of a directory (RFC 4514): whether two name the same entry,
 * however they are written; what an entry is named by. Called by company.c and by the
 * clerk.
 */
#ifndef CHANCERY_DIRECTORY_DN_H
#define CHANCERY_DIRECTORY_DN_H

#include "core/bytes.h"

/* Equal but for case, blanks around '=' and ',', and the way of escaping. Texts that
 * are no DNs equal nothing. */
bool dn_equal(const char *a, const char *b);

/* The value that the entry is named by, with a NUL, where it is one value of this type:
 * its length, or 0 (also where it does not fit). */
size_t dn_value(const char *dn, const char *type, char *out, size_t size);

#endif
