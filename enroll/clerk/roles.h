/*
 * Roles of people: from the groups of the company directory that the configuration
 * names. They count only with a second factor (calls.c). Called by login.c and
 * session.c.
 */
#ifndef CHANCERY_CLERK_ROLES_H
#define CHANCERY_CLERK_ROLES_H

#include "directory/company.h"
#include "enroll/clerk/clerk.h"

/* The roles of somebody, or-ed; read over a connection of the service account. 0 or
 * ERR_*. */
int roles_of(struct clerk *c, struct connection *company,
    const struct company_entry *entry, unsigned *out, struct err *e);

/* "helpdesk" ...; a word that is none gives 0. */
unsigned role_read(struct bytes word);

/* Words of the roles: fills list, which has room for ROLES_MAX; the number. */
enum {
	ROLES_MAX = 3
};
size_t roles_words(unsigned roles, struct bytes list[ROLES_MAX]);

#endif
