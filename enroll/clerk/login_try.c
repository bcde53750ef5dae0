/*
 * One attempt at a login: contract in login_try.h. All of it runs on a thread of its
 * own (in_time.h), with copies of what was typed, because a step of it may come back
 * after nobody waits any more.
 */
#include "enroll/clerk/login_try.h"

#include <stdio.h>
#include <stdlib.h>

#include "directory/company.h"
#include "enroll/clerk/connections.h"
#include "enroll/clerk/in_time.h"
#include "enroll/clerk/login.h"
#include "enroll/clerk/roles.h"
#include "enroll/clerk/throttle.h"

_Static_assert((int)CLERK_USER_MAX <= (int)COMPANY_USER_MAX &&
		   (int)CLERK_PASSWORD_MAX <= (int)COMPANY_PASSWORD_MAX &&
		   (int)CLERK_PERSON_SIZE == (int)COMPANY_ID_TEXT + 1,
    "what a call may carry, the company directory takes");

struct attempt {
	struct clerk *clerk;
	char call_id[CLERK_ID_SIZE];
	char user[CLERK_USER_MAX + 1];	/* as typed; "" where the person is known */
	char person[CLERK_PERSON_SIZE]; /* known already, or found */
	struct secret password;
	enum login_result result;
	struct session session;
	int rc;
	struct err e;
};

static void
attempt_free(void *ctx)
{
	struct attempt *a = ctx;

	secret_free(&a->password);
	free(a);
}

static struct attempt *
attempt_new(struct clerk *c, const struct caller *who, struct bytes password)
{
	struct attempt *a = calloc(1, sizeof(*a));

	if (a == NULL ||
	    (password.n > 0 && secret_new(password.n, &a->password) != 0)) {
		free(a);
		return NULL;
	}
	if (password.n > 0)
		memcpy(a->password.p, password.p, password.n);
	a->clerk = c;
	memcpy(a->call_id, who->id, sizeof(a->call_id));
	return a;
}

/* --- on its thread --------------------------------------------------------------- */

static int
find(struct attempt *a, struct connection *d, struct search_result *store,
    struct company_entry *out)
{
	struct clerk *c = a->clerk;
	int rc;

	if (a->person[0] != '\0')
		return company_get(
		    d, c->company, bytes_of(a->person), store, out, &a->e);
	rc = company_find_login(d, c->company, bytes_of(a->user), store, out, &a->e);
	if (rc == 0 && store->n > 1)
		clerk_log(LOG_LEVEL_WARNING, NULL,
		    "%s: several entries of the company directory have this user name, "
		    "%.200s and %.200s: none of them can log in",
		    a->call_id, store->entry[0].dn, store->entry[1].dn);
	return rc;
}

/* A person's attempts are counted under the GUID, whichever of the names was typed;
 * what is nobody's name, under itself. */
static struct throttle
throttle_of(const struct attempt *a)
{
	const struct clerk_conf *conf = &a->clerk->conf;

	return (struct throttle){.what = a->person[0] != '\0' ? "person" : "user",
	    .key = bytes_of(a->person[0] != '\0' ? a->person : a->user),
	    .most = conf->login_attempts,
	    .window = conf->login_window,
	    .since_last = true};
}

static void
fill_session(struct attempt *a, const struct company_entry *entry)
{
	struct session *s = &a->session;
	struct bytes mail = {NULL, 0};

	if (entry->mail.n > 0)
		mail = entry->mail.value[0];
	memcpy(s->person, entry->id, sizeof(s->person));
	snprintf(s->user, sizeof(s->user), "%.*s", (int)entry->login.n,
	    (const char *)entry->login.p);
	snprintf(s->name, sizeof(s->name), "%.*s", (int)entry->name.n,
	    (const char *)entry->name.p);
	if (mail.n < sizeof(s->mail))
		snprintf(s->mail, sizeof(s->mail), "%.*s", (int)mail.n,
		    (const char *)mail.p);
}

static int
ask_password(struct attempt *a, struct connection *d, const struct company_entry *entry)
{
	static const enum login_result results[] = {
	    [COMPANY_RIGHT] = LOGIN_RIGHT,
	    [COMPANY_WRONG] = LOGIN_REFUSED,
	    [COMPANY_DISABLED] = LOGIN_DISABLED,
	    [COMPANY_EXPIRED] = LOGIN_EXPIRED,
	};
	struct clerk *c = a->clerk;
	enum company_login login;
	int rc =
	    company_login(c->company, entry, secret_view(&a->password), &login, &a->e);

	if (rc != 0)
		return rc;
	a->result = results[login];
	if (a->result != LOGIN_RIGHT)
		return 0;
	fill_session(a, entry);
	return roles_of(c, d, entry, &a->session.roles, &a->e);
}

/* With a connection of the service account: 0 or ERR_*. */
static int
attempt_over(struct attempt *a, struct connection *d)
{
	struct search_result store = {.n = 0};
	struct company_entry entry;
	struct throttle t;
	int found = find(a, d, &store, &entry), rc = found;

	if (found == 1)
		memcpy(a->person, entry.id, sizeof(a->person));
	t = throttle_of(a);
	if (rc >= 0 && t.key.n > 0)
		rc = throttle_count(a->clerk, &t, &a->e);
	/* Nobody logs in as a mailbox that is shared. */
	if (rc == 1)
		rc = found == 0 || entry.shared ? 0 : ask_password(a, d, &entry);
	if (rc == 0 && a->result == LOGIN_RIGHT)
		throttle_clear(a->clerk, &t);
	search_result_fini(&store);
	return rc;
}

static void
attempt_run(void *ctx)
{
	struct attempt *a = ctx;
	struct connections *pool = a->clerk->company_connections;
	struct connection *d = NULL;

	a->rc = connections_take(pool, &d, &a->e);
	if (a->rc != 0)
		return;
	a->rc = attempt_over(a, d);
	connections_give(pool, &d);
}

/* --- on the caller's ------------------------------------------------------------- */

int
login_try(struct clerk *c, const struct caller *who, struct bytes user,
    struct bytes password, enum login_result *out, struct session *person,
    char known_out[CLERK_PERSON_SIZE], struct err *e)
{
	struct attempt *a = attempt_new(c, who, password);
	int rc;

	known_out[0] = '\0';
	if (a == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a login");
	snprintf(a->user, sizeof(a->user), "%.*s", (int)user.n, (const char *)user.p);
	if ((rc = in_time(attempt_run, attempt_free, a, LOGIN_MS, e)) != 0)
		return rc;
	rc = a->rc;
	*out = a->result;
	*person = a->session;
	memcpy(known_out, a->person, CLERK_PERSON_SIZE);
	if (rc < 0)
		*e = a->e;
	attempt_free(a);
	return rc;
}

int
login_confirm(
    struct clerk *c, const struct caller *who, struct bytes password, struct err *e)
{
	struct attempt *a;
	int rc;

	if (who->session == NULL)
		return 0;
	if ((a = attempt_new(c, who, password)) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a login");
	memcpy(a->person, who->session->person, sizeof(a->person));
	if ((rc = in_time(attempt_run, attempt_free, a, LOGIN_MS, e)) != 0)
		return rc;
	rc = a->rc < 0 ? a->rc : a->result == LOGIN_RIGHT;
	if (rc < 0)
		*e = a->e;
	attempt_free(a);
	return rc;
}
