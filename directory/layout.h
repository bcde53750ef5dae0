/*
 * Where things stand below the real suffix: the containers, and how an entry's DN
 * is made from its name. The published base has the same containers. Asks nobody.
 */
#ifndef CHANCERY_DIRECTORY_LAYOUT_H
#define CHANCERY_DIRECTORY_LAYOUT_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	LAYOUT_DN_MAX = 2048
}; /* bytes of a DN that we make, with the NUL */

#define LAYOUT_PEOPLE	   "ou=people"
#define LAYOUT_PARTNERS	   "ou=partners"
#define LAYOUT_AUTHORITIES "ou=authorities"
#define LAYOUT_REGISTRY	   "ou=registry"
#define LAYOUT_SERVICES	   "ou=services"

/* "CONTAINER,SUFFIX"; the container alone under the empty base. out has room for
 * LAYOUT_DN_MAX. 0 or ERR_LIMIT. */
int
layout_container(const char *container, const char *suffix, char *out, struct err *e);

/* "TYPE=VALUE,CONTAINER,SUFFIX", the value escaped (RFC 4514). */
int layout_entry(const char *type, struct bytes value, const char *container,
    const char *suffix, char *out, struct err *e);

#endif
