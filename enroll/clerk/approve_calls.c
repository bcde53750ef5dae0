/* Requests that wait (contract in approve_calls.h). */
#include "enroll/clerk/approve_calls.h"

#include <stdio.h>

#include "directory/registry.h"
#include "enroll/clerk/connections.h"
#include "enroll/clerk/notice.h"
#include "enroll/clerk/order.h"
#include "enroll/clerk/people.h"
#include "enroll/clerk/runner.h"
#include "enroll/clerk/shown.h"

enum {
	NAMES_MAX = 1000, /* bytes of the delegates' addresses in a mail */
	MAIL_TEXT = 321,
	TRIES = 5, /* where others change the record */
};

/* --- who they are ----------------------------------------------------------------- */

/* The address of somebody, or the id where there is none (any more). */
static void
address_of(struct clerk *c, struct bytes id, char out[MAIL_TEXT])
{
	struct search_result store = {.n = 0};
	struct company_entry entry;
	struct err e = {0};
	struct bytes text = id;

	if (request_person_valid(id) && people_get(c, id, &store, &entry, &e) == 1 &&
	    entry.mail.n > 0)
		text = entry.mail.value[0];
	snprintf(out, MAIL_TEXT, "%.*s", (int)text.n, (const char *)text.p);
	search_result_fini(&store);
}

/* The request with addresses, where its record has ids: an approver decides about
 * people. */
static json_t *
shown_named(struct clerk *c, json_t *o)
{
	json_t *list = json_object_get(o, "delegates"), *named = json_array(), *one;
	char text[MAIL_TEXT];
	size_t i;

	json_array_foreach(list, i, one)
	{
		address_of(c, bytes_of(json_string_value(one)), text);
		json_array_append_new(named, json_string(text));
	}
	json_object_set_new(o, "delegates", named);
	address_of(c, line_text(o, "by"), text);
	line_set_text(o, "by", bytes_of(text));
	return o;
}

/* --- mails ------------------------------------------------------------------------ */

/* What all of these mails say of a request. */
struct about {
	struct clerk *c;
	const struct registry_request *r;
	char once[REGISTRY_ID_MAX + 16];
	char names[NAMES_MAX], by[MAIL_TEXT];
	struct texts_field fields[4];
};

static void
about_init(struct about *a, struct clerk *c, const struct registry_request *r)
{
	size_t used = 0;

	*a = (struct about){.c = c, .r = r};
	for (size_t i = 0; i < r->delegate.n && used + MAIL_TEXT + 2 < NAMES_MAX; i++) {
		char one[MAIL_TEXT];

		address_of(c, r->delegate.value[i], one);
		used += (size_t)snprintf(
		    a->names + used, NAMES_MAX - used, "%s%s", i == 0 ? "" : ", ", one);
	}
	address_of(c, r->by, a->by);
	a->fields[0] = (struct texts_field){"mailbox", r->display};
	a->fields[1] = (struct texts_field){
	    "address", r->mail.n > 0 ? r->mail.value[0] : r->display};
	a->fields[2] = (struct texts_field){"delegates", bytes_of(a->names)};
	a->fields[3] = (struct texts_field){"by", bytes_of(a->by)};
}

static void
about_send(struct about *a, const char *letter, struct mail_to to, size_t n_fields)
{
	struct notice n = {.letter = letter,
	    .once = a->once,
	    .to = to,
	    .fields = a->fields,
	    .n_fields = n_fields};
	struct err e = {0};

	snprintf(a->once, sizeof(a->once), "%.*s-%s", (int)a->r->head.id.n,
	    (const char *)a->r->head.id.p, letter);
	if (notice_queue(a->c, &n, &e) != 0)
		clerk_log(LOG_LEVEL_WARNING, NULL, "%s: %s", a->once, e.text);
}

static int
ask_member(const struct company_entry *entry, void *ctx)
{
	struct about *a = ctx;

	if (!entry->disabled && entry->mail.n > 0)
		about_send(a, "approval-wanted",
		    (struct mail_to){entry->mail.value[0], entry->name, {NULL, 0}},
		    NITEMS(a->fields));
	return 0;
}

static int
ask_groups(struct clerk *c, const struct registry_request *r, struct err *e)
{
	struct about a;
	struct connection *d = NULL;
	int rc;

	about_init(&a, c, r);
	rc = connections_take(c->company_connections, &d, e);
	for (size_t i = 0; rc == 0 && i < c->conf.role_approver.n; i++)
		rc = company_members(
		    d, c->company, c->conf.role_approver.value[i], ask_member, &a, e);
	connections_give(c->company_connections, &d);
	return rc;
}

void
approve_ask(struct clerk *c, struct bytes request)
{
	struct search_result store = {.n = 0};
	struct registry_request r;
	struct connection *conn = NULL;
	struct err e = {0};
	int rc = clerk_directory(c, &conn, &e);

	if (rc == 0)
		rc = registry_get(
		    conn, c->conf.suffix, REGISTRY_REQUEST, request, &store, &r, &e);
	clerk_directory_end(c, &conn);
	if (rc == 0)
		rc = ask_groups(c, &r, &e);
	if (rc != 0)
		clerk_log(LOG_LEVEL_WARNING, NULL,
		    "request %.*s: no approver asked: %s", (int)request.n,
		    (const char *)request.p, e.text);
	search_result_fini(&store);
}

/* To whoever asked for it, where that is a person. */
static void
tell_decided(
    struct clerk *c, const struct registry_request *r, bool agree, struct bytes reason)
{
	struct search_result store = {.n = 0};
	struct company_entry entry;
	struct err e = {0};
	struct about a;

	if (request_person_valid(r->by) &&
	    people_get(c, r->by, &store, &entry, &e) == 1 && entry.mail.n > 0) {
		about_init(&a, c, r);
		if (!agree)
			a.fields[2] = (struct texts_field){
			    "reason", reason.n > 0 ? reason : BYTES("-")};
		about_send(&a, agree ? "approved" : "refused",
		    (struct mail_to){entry.mail.value[0], entry.name, r->language},
		    agree ? NITEMS(a.fields) : 3);
	}
	search_result_fini(&store);
}

/* --- the list ----------------------------------------------------------------------
 */

static int
take(const void *record, void *ctx)
{
	json_array_append_new(ctx, shown_request(record));
	return 0;
}

json_t *
call_approve_list(struct clerk *c, const struct caller *who, const json_t *request)
{
	const struct registry_where where = {.state = {"waiting"}};
	struct connection *conn = NULL;
	struct err e = {0};
	json_t *o = line_ok(), *list = json_array(), *one;
	size_t i;
	int rc = clerk_directory(c, &conn, &e);

	(void)who;
	(void)request;
	json_object_set_new(o, "requests", list);
	if (rc == 0)
		rc = registry_each(
		    conn, c->conf.suffix, REGISTRY_REQUEST, &where, take, list, &e);
	clerk_directory_end(c, &conn);
	if (rc != 0) {
		json_decref(o);
		return line_refuse_err(&e);
	}
	json_array_foreach(list, i, one)
	{
		shown_named(c, one);
	}
	return o;
}

/* --- the decision ------------------------------------------------------------------
 */

struct decision {
	struct clerk *c;
	const struct caller *who;
	struct bytes request, reason;
	bool agree;
};

/* Whether this caller may decide this request now. */
static int
may_decide(const struct decision *d, const struct registry_request *r, struct err *e)
{
	if (r->state != REQUEST_WAITING ||
	    (r->until != 0 && clerk_now(d->c) >= r->until))
		return err_set(e, ERR_POLICY, "request %.*s does not wait: it is %s",
		    (int)d->request.n, (const char *)d->request.p,
		    r->state == REQUEST_WAITING ? "expired"
						: request_state_word(r->state));
	if (caller_is(d->who, r->by))
		return err_set(e, ERR_POLICY,
		    "nobody decides what they have asked for themselves");
	for (size_t i = 0; i < r->delegate.n; i++)
		if (caller_is(d->who, r->delegate.value[i]))
			return err_set(e, ERR_POLICY,
			    "nobody decides what they would get a file of");
	return 0;
}

static int
audit(const struct decision *d, const struct registry_request *r, struct err *e)
{
	json_t *o = json_object();

	line_set_text(o, "request", r->head.id);
	if (d->reason.n > 0)
		line_set_text(o, "reason", d->reason);
	return clerk_audit(d->c, d->who, d->agree ? "approve" : "refuse", o, e);
}

/* 1 decided; 0 somebody else changed it; ERR_*. */
static int
decide(const struct decision *d, struct connection *conn,
    const struct registry_request *r, struct err *e)
{
	struct fields f = FIELDS_NONE;
	int rc;

	if ((rc = may_decide(d, r, e)) != 0 || (rc = audit(d, r, e)) != 0)
		return rc;
	fields_text(&f, "chanceryState",
	    bytes_of(request_state_word(d->agree ? REQUEST_NEW : REQUEST_REFUSED)));
	fields_time(&f, "chanceryUntil", 0);
	if (!d->agree)
		fields_text(&f, "chanceryReason", d->reason);
	return registry_change(conn, &r->head, &f, e);
}

/* As decide, from its id on. */
static int
decide_once(const struct decision *d, struct err *e)
{
	struct search_result store = {.n = 0};
	struct registry_request r;
	struct connection *conn = NULL;
	int rc = clerk_directory(d->c, &conn, e);

	if (rc != 0)
		return rc;
	rc = registry_get(
	    conn, d->c->conf.suffix, REGISTRY_REQUEST, d->request, &store, &r, e);
	if (rc == 0)
		rc = decide(d, conn, &r, e);
	clerk_directory_end(d->c, &conn);
	if (rc == 1)
		tell_decided(d->c, &r, d->agree, d->reason);
	search_result_fini(&store);
	return rc;
}

static json_t *
answer(struct clerk *c, struct bytes request)
{
	char id[REGISTRY_ID_MAX + 1];
	struct connection *conn = NULL;
	struct err e = {0};
	json_t *found = NULL, *o;
	int rc = clerk_directory(c, &conn, &e);

	snprintf(id, sizeof(id), "%.*s", (int)request.n, (const char *)request.p);
	if (rc == 0)
		rc = order_give(c, conn, id, &found, &e);
	clerk_directory_end(c, &conn);
	if (rc != 0)
		return line_refuse_err(&e);
	o = line_ok();
	json_object_set_new(o, "request", shown_named(c, found));
	return o;
}

json_t *
call_approve_decide(struct clerk *c, const struct caller *who, const json_t *request)
{
	const struct decision d = {c, who, line_text(request, "request"),
	    line_text(request, "reason"), line_bool(request, "agree")};
	struct err e = {0};
	int rc = 0;

	for (unsigned i = 0; i < TRIES && rc == 0; i++)
		rc = decide_once(&d, &e);
	if (rc < 0)
		return line_refuse_err(&e);
	if (rc == 0)
		return line_refuse("busy", "others change this request all the time");
	worker_wake(c, RUNNER_NAME);
	return answer(c, d.request);
}
