/* For the helpdesk (contract in helpdesk_calls.h). */
#include "enroll/clerk/helpdesk_calls.h"

#include <stdio.h>

#include "directory/registry.h"
#include "enroll/clerk/connections.h"
#include "enroll/clerk/deliver.h"
#include "enroll/clerk/order.h"
#include "enroll/clerk/people.h"
#include "enroll/clerk/shown.h"

/* --- finding -----------------------------------------------------------------------
 */

struct finding {
	struct clerk *c;
	struct bytes text;
	json_t *people;
};

/* Whether it is in there; without case, as far as that is ASCII. */
static bool
contains(struct bytes in, struct bytes text)
{
	for (size_t i = 0; i + text.n <= in.n; i++)
		if (bytes_equal_nocase((struct bytes){in.p + i, text.n}, text))
			return true;
	return false;
}

static bool
matches(const struct company_entry *entry, struct bytes text)
{
	if (contains(entry->name, text))
		return true;
	for (size_t i = 0; i < entry->mail.n; i++)
		if (contains(entry->mail.value[i], text))
			return true;
	return false;
}

/* The address that was typed in full, else the primary one. */
static struct bytes
address_of(const struct company_entry *entry, struct bytes text)
{
	for (size_t i = 0; i < entry->mail.n; i++)
		if (bytes_equal_nocase(entry->mail.value[i], text))
			return entry->mail.value[i];
	return entry->mail.n > 0 ? entry->mail.value[0] : (struct bytes){NULL, 0};
}

static const char *
problem_of(struct clerk *c, const struct company_entry *entry)
{
	struct bytes mail[PEOPLE_MAIL_MAX];

	if (entry->disabled && !entry->shared)
		return "the account is not in use";
	if (people_mail(c, entry, mail) == 0)
		return "there is no address in a domain of this organization";
	return "";
}

static int
take_entry(const struct company_entry *entry, void *ctx)
{
	struct finding *s = ctx;
	json_t *o;

	if (!matches(entry, s->text))
		return 0;
	o = json_object();
	line_set_text(o, "person", bytes_of(entry->id));
	line_set_text(o, "kind", entry->shared ? BYTES("mailbox") : BYTES("person"));
	line_set_text(o, "name", entry->name);
	line_set_text(o, "mail", address_of(entry, s->text));
	line_set_text(o, "problem", bytes_of(problem_of(s->c, entry)));
	json_array_append_new(s->people, o);
	return json_array_size(s->people) >= FIND_MOST;
}

/* The newest certificate of one person; the valid one of two of the same second. */
struct newest {
	json_t *shown;
	int64_t begin;
};

static int
take_certificate(const void *record, void *ctx)
{
	const struct registry_certificate *r = record;
	struct newest *n = ctx;

	if (n->shown != NULL &&
	    (r->begin < n->begin ||
		(r->begin == n->begin && r->state != CERTIFICATE_VALID)))
		return 0;
	json_decref(n->shown);
	n->shown = shown_certificate(r);
	n->begin = r->begin;
	return 0;
}

/* What the registry knows of one who was found. */
static int
add_records(struct clerk *c, struct connection *conn, json_t *o, struct err *e)
{
	struct registry_where where = {.person = line_text(o, "person")};
	struct newest newest = {.shown = NULL};
	struct order_past past = {.list = NULL};
	int rc = order_past(c, conn, where.person, NULL, &past, e);

	if (rc == 0)
		rc = registry_each(conn, c->conf.suffix, REGISTRY_CERTIFICATE, &where,
		    take_certificate, &newest, e);
	if (past.last != NULL)
		json_object_set_new(o, "request", past.last);
	if (newest.shown != NULL)
		json_object_set_new(o, "certificate", newest.shown);
	return rc;
}

static int
add_all(struct clerk *c, json_t *people, struct err *e)
{
	struct connection *conn = NULL;
	int rc = clerk_directory(c, &conn, e);

	for (size_t i = 0; rc == 0 && i < json_array_size(people); i++)
		rc = add_records(c, conn, json_array_get(people, i), e);
	clerk_directory_end(c, &conn);
	return rc;
}

json_t *
call_person_find(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct finding s = {c, line_text(request, "text"), NULL};
	struct connection *d = NULL;
	struct err e = {0};
	size_t passed = 0;
	json_t *o;
	int rc;

	(void)who;
	if (s.text.n < FIND_TEXT_LEAST)
		return line_refuse("syntax", "text: found %zu bytes, want at least %d",
		    s.text.n, FIND_TEXT_LEAST);
	o = line_ok();
	s.people = json_array();
	json_object_set_new(o, "people", s.people);
	if ((rc = connections_take(c->company_connections, &d, &e)) == 0)
		rc = company_each(d, c->company, take_entry, &s, &passed, &e);
	connections_give(c->company_connections, &d);
	if (rc >= 0)
		rc = add_all(c, s.people, &e);
	if (rc == 0)
		return o;
	json_decref(o);
	return line_refuse_err(&e);
}

/* --- again -------------------------------------------------------------------------
 */

struct again {
	struct clerk *c;
	struct connection *conn;
	struct registry_request r;
	struct bytes recipient; /* id or address; empty: all */
	json_t *list;
};

static bool
is_meant(const struct again *a, const struct registry_token *t)
{
	return a->recipient.n == 0 || bytes_equal(a->recipient, t->person) ||
	       bytes_equal_nocase(a->recipient, t->mail);
}

/* A certificate that was revoked is nobody's business any more: its PIN is not shown.
 */
static int
check_certificate(struct again *a, struct err *e)
{
	struct search_result store = {.n = 0};
	struct registry_certificate cert;
	int rc;

	if (a->r.state != REQUEST_DONE)
		return err_set(e, ERR_POLICY, "request %.*s: found %s, want done",
		    (int)a->r.head.id.n, (const char *)a->r.head.id.p,
		    request_state_word(a->r.state));
	rc = registry_get(a->conn, a->c->conf.suffix, REGISTRY_CERTIFICATE, a->r.serial,
	    &store, &cert, e);
	if (rc == 0 && cert.state == CERTIFICATE_REVOKED)
		rc = err_set(e, ERR_POLICY, "its certificate was revoked");
	search_result_fini(&store);
	return rc;
}

static int
show_again(struct again *a, struct bytes id, struct err *e)
{
	struct search_result store = {.n = 0};
	struct registry_token t;
	int rc =
	    registry_get(a->conn, a->c->conf.suffix, REGISTRY_TOKEN, id, &store, &t, e);

	if (rc == 0)
		json_array_append_new(a->list, shown_delivery(&t, false));
	search_result_fini(&store);
	return rc;
}

static int
deliver_all(struct again *a, struct err *e)
{
	const struct registry_where where = {
	    .kind = BYTES("delivery"), .request = a->r.head.id};
	struct search_result store = {.n = 0};
	struct registry_token *t = NULL;
	size_t n = 0;
	int rc = registry_find(
	    a->conn, a->c->conf.suffix, REGISTRY_TOKEN, &where, &store, &t, &n, e);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (is_meant(a, &t[i]) &&
		    (rc = deliver_again(a->c, a->conn, &a->r, &t[i], e)) == 0)
			rc = show_again(a, t[i].head.id, e);
	search_result_fini(&store);
	if (rc == 0 && json_array_size(a->list) == 0)
		rc = err_set(e, ERR_NOT_FOUND, "nobody of this name got this file");
	return rc;
}

static int
audit_again(const struct again *a, const struct caller *who, struct bytes request,
    struct err *e)
{
	json_t *o = json_object();

	line_set_text(o, "request", request);
	if (a->recipient.n > 0)
		line_set_text(o, "recipient", a->recipient);
	return clerk_audit(a->c, who, "resend", o, e);
}

json_t *
call_resend(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct again a = {
	    .c = c, .recipient = line_text(request, "recipient"), .list = json_array()};
	struct bytes id = line_text(request, "request");
	struct search_result store = {.n = 0};
	struct err e = {0};
	json_t *o = line_ok();
	int rc = clerk_directory(c, &a.conn, &e);

	json_object_set_new(o, "deliveries", a.list);
	if (rc == 0 &&
	    (rc = registry_get(a.conn, c->conf.suffix, REGISTRY_REQUEST, id, &store,
		 &a.r, &e)) == 0 &&
	    (rc = check_certificate(&a, &e)) == 0 &&
	    (rc = audit_again(&a, who, id, &e)) == 0)
		rc = deliver_all(&a, &e);
	clerk_directory_end(c, &a.conn);
	search_result_fini(&store);
	if (rc == 0)
		return o;
	json_decref(o);
	return line_refuse_err(&e);
}
