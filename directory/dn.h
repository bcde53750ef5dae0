/*
 * Distinguished names of a directory (RFC 4514): whether two name the same entry,
 * however they are written. Called by company.c.
 */
#ifndef CHANCERY_DIRECTORY_DN_H
#define CHANCERY_DIRECTORY_DN_H

#include "core/bytes.h"

/* Equal but for case, blanks around '=' and ',', and the way of escaping. Texts that
 * are no DNs equal nothing. */
bool dn_equal(const char *a, const char *b);

#endif
