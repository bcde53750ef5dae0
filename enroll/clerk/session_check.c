/*
 * Looking at the account of a session: contract in session_check.h.
 */
#include "enroll/clerk/session_check.h"

#include <stdio.h>
#include <stdlib.h>

#include "directory/company.h"
#include "enroll/clerk/connections.h"
#include "enroll/clerk/in_time.h"
#include "enroll/clerk/roles.h"
#include "enroll/clerk/session.h"

struct check {
	struct clerk *clerk;
	char person[CLERK_PERSON_SIZE];
	unsigned roles;
	int rc;
	struct err e;
};

static void
check_now(void *ctx)
{
	struct check *k = ctx;
	struct clerk *c = k->clerk;
	struct search_result store = {.n = 0};
	struct connection *d = NULL;
	struct company_entry entry;

	k->rc = connections_take(c->company_connections, &d, &k->e);
	if (k->rc != 0)
		return;
	k->rc = company_get(d, c->company, bytes_of(k->person), &store, &entry, &k->e);
	if (k->rc == 1 && (entry.disabled || entry.shared))
		k->rc = 0;
	if (k->rc == 1 && roles_of(c, d, &entry, &k->roles, &k->e) != 0)
		k->rc = k->e.code;
	search_result_fini(&store);
	connections_give(c->company_connections, &d);
}

int
session_check_account(
    struct clerk *c, const char *person, unsigned *roles, struct err *e)
{
	struct check *k = calloc(1, sizeof(*k));
	int rc;

	if (k == NULL)
		return err_set(e, ERR_MEMORY, "no memory");
	k->clerk = c;
	snprintf(k->person, sizeof(k->person), "%s", person);
	rc = in_time(check_now, free, k, SESSION_CHECK_MS, e);
	if (rc != 0)
		return rc;
	rc = k->rc;
	*roles = k->roles;
	if (rc < 0)
		*e = k->e;
	free(k);
	return rc;
}
