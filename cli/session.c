/*
 * Connections of the verbs (contract in session.h), and the two questions that
 * settings may leave open: which base is published, and which suffix is the real
 * one. Called by every verb.
 */
#include "cli/session.h"

#include <stdio.h>
#include <string.h>

#include "directory/rootdse.h"

static int
take_dn(const char *dn, char *out, struct err *e)
{
	if (strlen(dn) >= LAYOUT_DN_MAX)
		return err_set(
		    e, ERR_LIMIT, "a base of more than %d bytes", LAYOUT_DN_MAX - 1);
	strcpy(out, dn);
	return 0;
}

/* --- outside ----------------------------------------------------------------- */

static int
ask_base(struct session *s, struct err *e)
{
	struct rootdse dse;
	int rc = rootdse_read(s->outside, &dse, e);

	if (rc == 0 && dse.contexts.n == 0)
		rc = err_set(e, ERR_NOT_FOUND,
		    "%s names no base that anybody may search; give one with -b",
		    s->set.uri);
	else if (rc == 0)
		rc = take_dn((const char *)dse.contexts.value[0].p, s->base, e);
	rootdse_fini(&dse);
	return rc;
}

int
session_open_outside(struct session *s, struct err *e)
{
	const struct connection_how how = {
	    .uri = s->set.uri, .ca_file = s->set.tls_cacert};
	int rc = connection_open(&how, &s->outside, e);

	if (rc != 0)
		return rc;
	return s->set.base != NULL ? take_dn(s->set.base, s->base, e) : ask_base(s, e);
}

/* --- administrator ----------------------------------------------------------- */

/* Whether a context holds our people. The published bases have an ou=people too,
 * but as a view, which shows no operational attribute. */
static bool
is_real(struct session *s, struct bytes context)
{
	static const char *const attrs[] = {"entryUUID", NULL};
	char people[LAYOUT_DN_MAX];
	const struct search q = {.base = people,
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = attrs};
	struct search_result r;
	bool real;

	if (layout_container(LAYOUT_PEOPLE, (const char *)context.p, people, NULL) != 0)
		return false;
	real = search_all(s->admin, &q, &r, NULL) == 0 && r.n == 1 &&
	       entry_get(&r.entry[0], "entryUUID").n > 0;
	search_result_fini(&r);
	return real;
}

/* Takes the one context that is ours. */
static int
choose_suffix(struct session *s, const struct entry_values *contexts, struct err *e)
{
	unsigned n = 0;

	for (size_t i = 0; i < contexts->n; i++)
		if (is_real(s, contexts->value[i]) &&
		    take_dn((const char *)contexts->value[i].p, s->suffix, NULL) == 0)
			n++;
	if (n == 1)
		return 0;
	return err_set(e, ERR_NOT_FOUND,
	    "%s: %s; say it with the setting \"suffix\" (CHANCERY_SUFFIX)",
	    s->set.admin,
	    n == 0 ? "no suffix with an ou=people is to be seen (are you root?)"
		   : "several suffixes have an ou=people");
}

static int
ask_suffix(struct session *s, struct err *e)
{
	struct rootdse dse;
	int rc = rootdse_read(s->admin, &dse, e);

	if (rc == 0)
		rc = choose_suffix(s, &dse.contexts, e);
	rootdse_fini(&dse);
	return rc;
}

int
session_open_admin(struct session *s, struct err *e)
{
	struct connection_how how = {.uri = s->set.admin, .external = true};
	int rc;

	if (s->set.admin == NULL)
		return err_set(e, ERR_NOT_FOUND,
		    "-H says nothing about the administrator's way in: set "
		    "CHANCERY_ADMIN=ldapi://...");
	if (strncmp(s->set.admin, "ldapi:", 6) != 0)
		return err_set(e, ERR_USAGE,
		    "the setting \"admin\" is %s, want ldapi://...", s->set.admin);
	if ((rc = connection_open(&how, &s->admin, e)) != 0)
		return rc;
	if (s->set.suffix != NULL)
		return take_dn(s->set.suffix, s->suffix, e);
	return ask_suffix(s, e);
}

void
session_close(struct session *s)
{
	connection_close(&s->outside);
	connection_close(&s->admin);
}
