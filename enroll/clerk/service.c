/*
 * What the clerk's parts share at run time (contract in clerk.h): the clock, the
 * audit log, borrowed connections, files. Called by all of them.
 */
#include <stdio.h>
#include <time.h>

#include "enroll/clerk/clerk.h"
#include "enroll/clerk/connections.h"

int64_t
clerk_now(const struct clerk *c)
{
	(void)c;
	return time(NULL);
}

int
clerk_directory(struct clerk *c, struct connection **out, struct err *e)
{
	return connections_take(c->connections, out, e);
}

void
clerk_directory_end(struct clerk *c, struct connection **cp)
{
	connections_give(c->connections, cp);
}

int
clerk_audit(struct clerk *c, const struct caller *who, const char *event,
    json_t *fields, struct err *e)
{
	char by[40];

	if (fields == NULL)
		fields = json_object();
	if (fields == NULL ||
	    json_object_set_new(fields, "by", json_string(caller_name(who, by))) != 0 ||
	    (who != NULL &&
		json_object_set_new(fields, "call", json_string(who->id)) != 0)) {
		json_decref(fields);
		return err_set(e, ERR_MEMORY, "no memory for the audit log");
	}
	return chain_add(c->chain, clerk_now(c), event, fields, e);
}

int
clerk_state_path(
    const struct clerk *c, const char *name, char *out, size_t size, struct err *e)
{
	int n = snprintf(out, size, "%s/%s", c->conf.state, name);

	return n < 0 || (size_t)n >= size
		   ? err_set(
			 e, ERR_LIMIT, "%s/%s: too long a path", c->conf.state, name)
		   : 0;
}
