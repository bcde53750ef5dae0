/*
 * The two directories, from their options: contract in directories.h.
 */
#include "enroll/clerk/directories.h"

#include "directory/company.h"
#include "enroll/clerk/connections.h"

enum {
	OWN_WAIT = 10,	  /* seconds until a connection of the pool is free */
	COMPANY_WAIT = 2, /* less: a whole login has to end within 10 s */
	COMPANY_OPEN = 2 * COMPANY_SECONDS, /* the first URI may be dead */
};

static const char *
or_none(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static int
open_own(struct clerk *c, struct err *e)
{
	const struct clerk_conf *conf = &c->conf;
	struct connection_how how = {.uri = conf->directory,
	    .ca_file = or_none(conf->directory_ca),
	    .start_tls = conf->directory_start_tls,
	    .external = conf->directory_dn[0] == '\0',
	    .dn = conf->directory_dn};
	struct secret password = {NULL, 0};
	int rc = 0;

	if (!how.external)
		rc = conf_secret(conf->directory_password, &password, e);
	return rc != 0 ? rc
		       : connections_new(&how, &password, conf->connections, OWN_WAIT,
			     &c->connections, e);
}

static void
company_options(const struct clerk_conf *conf, struct company_how *out)
{
	*out = (struct company_how){.base = conf->company_base,
	    .kind = conf->company_kind,
	    .id = conf->company_id,
	    .login = conf->company_login.value,
	    .n_login = conf->company_login.n,
	    .mail = conf->company_mail,
	    .aliases = conf->company_aliases,
	    .name = conf->company_name,
	    .people = conf->company_people,
	    .disabled = conf->company_disabled,
	    .shared = conf->company_shared,
	    .delegates = conf->company_delegates,
	    .member = conf->company_member,
	    .nested = conf->company_nested};
	out->reader = (struct connection_how){.uri = conf->company,
	    .ca_file = or_none(conf->company_ca),
	    .start_tls = conf->company_start_tls,
	    .dn = conf->company_dn,
	    .seconds = COMPANY_OPEN,
	    .wait = COMPANY_SECONDS};
}

int
directories_open(struct clerk *c, struct err *e)
{
	struct secret password = {NULL, 0};
	struct company_how how;
	int rc = open_own(c, e);

	if (rc != 0)
		return rc;
	company_options(&c->conf, &how);
	if ((rc = company_new(&how, &c->company, e)) != 0 ||
	    (rc = conf_secret(c->conf.company_password, &password, e)) != 0)
		return rc;
	return connections_new(&how.reader, &password, c->conf.company_connections,
	    COMPANY_WAIT, &c->company_connections, e);
}

void
directories_close(struct clerk *c)
{
	connections_free(&c->company_connections);
	company_free(&c->company);
	connections_free(&c->connections);
}
