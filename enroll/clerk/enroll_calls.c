/* Calls about requests (contract in enroll_calls.h). */
#include "enroll/clerk/enroll_calls.h"

#include <stdio.h>

#include "core/due.h"
#include "directory/registry.h"
#include "enroll/clerk/connections.h"
#include "enroll/clerk/mail.h"
#include "enroll/clerk/order.h"
#include "enroll/clerk/people.h"
#include "enroll/clerk/shown.h"

enum {
	VALID_DAYS = 730,
};

/* --- everything of a person
 * ------------------------------------------------------------ */

static int
take_certificate(const void *record, void *ctx)
{
	json_array_append_new(ctx, shown_certificate(record));
	return 0;
}

struct deliveries {
	json_t *list;
	bool own;
};

static int
take_delivery(const void *record, void *ctx)
{
	struct deliveries *d = ctx;

	json_array_append_new(d->list, shown_delivery(record, d->own));
	return 0;
}

/* Puts "certificates" and "deliveries" into o. */
static int
add_records(struct clerk *c, struct connection *conn, struct bytes person, bool own,
    json_t *o, struct err *e)
{
	const struct registry_where certs = {.person = person};
	const struct registry_where tokens = {
	    .person = person, .kind = BYTES("delivery")};
	struct deliveries d = {json_array(), own};
	json_t *list = json_array();
	int rc;

	json_object_set_new(o, "certificates", list);
	json_object_set_new(o, "deliveries", d.list);
	rc = registry_each(conn, c->conf.suffix, REGISTRY_CERTIFICATE, &certs,
	    take_certificate, list, e);
	if (rc == 0)
		rc = registry_each(conn, c->conf.suffix, REGISTRY_TOKEN, &tokens,
		    take_delivery, &d, e);
	return rc;
}

/* The answer about one person; with all requests, or the last one only. */
static json_t *
tell(struct clerk *c, struct bytes person, bool own, bool all)
{
	struct connection *conn = NULL;
	struct err e = {0};
	struct order_past past = {.list = NULL};
	json_t *o = line_ok(), *list = all ? json_array() : NULL;
	int rc = clerk_directory(c, &conn, &e);

	if (list != NULL)
		json_object_set_new(o, "requests", list);
	if (rc == 0 && (rc = order_past(c, conn, person, list, &past, &e)) == 0)
		rc = add_records(c, conn, person, own, o, &e);
	clerk_directory_end(c, &conn);
	line_set_int(o, "number", past.facts.last);
	if (past.last != NULL && !all)
		json_object_set(o, "request", past.last);
	json_decref(past.last);
	if (rc == 0)
		return o;
	json_decref(o);
	return line_refuse_err(&e);
}

json_t *
call_enroll_status(struct clerk *c, const struct caller *who, const json_t *request)
{
	json_t *o = tell(c, bytes_of(who->session->person), true, false), *policy;

	(void)request;
	if (!json_is_true(json_object_get(o, "ok")))
		return o;
	policy = json_object();
	json_object_set_new(policy, "own-key", json_false());
	line_set_int(policy, "days", VALID_DAYS);
	line_set_int(policy, "renew", 60);
	line_set_int(policy, "link-days", DUE_DELIVERY_DAYS);
	json_object_set_new(o, "policy", policy);
	return o;
}

json_t *
call_history(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct bytes person = line_text(request, "person");
	struct search_result store = {.n = 0};
	struct company_entry entry;
	struct err e = {0};
	json_t *o, *p = json_object();

	if (person.n == 0 && who->session != NULL)
		person = bytes_of(who->session->person);
	o = tell(c, person, caller_is(who, person), true);
	line_set_text(p, "person", person);
	if (people_get(c, person, &store, &entry, &e) == 1) {
		line_set_text(
		    p, "kind", entry.shared ? BYTES("mailbox") : BYTES("person"));
		line_set_text(p, "name", entry.name);
		line_set_text(
		    p, "mail", entry.mail.n > 0 ? entry.mail.value[0] : BYTES(""));
	}
	search_result_fini(&store);
	json_object_set_new(o, "person", p);
	return o;
}

/* --- a new one
 * ------------------------------------------------------------------------- */

/* Whether a person of the company directory may have a certificate, then: start. */
static json_t *
order(struct clerk *c, const struct caller *who, struct order *w)
{
	struct search_result store = {.n = 0};
	struct company_entry entry;
	struct bytes mail[PEOPLE_MAIL_MAX];
	struct connection *conn = NULL;
	struct err e = {0};
	json_t *found = NULL, *o;
	int rc = people_get(c, w->person, &store, &entry, &e);

	if (rc == 0)
		rc = err_set(&e, ERR_NOT_FOUND,
		    "the company directory has nobody of this id in use");
	else if (rc == 1 && entry.shared)
		rc = err_set(&e, ERR_POLICY,
		    "a shared mailbox: a certificate is made for it with its "
		    "delegates");
	else if (rc == 1 && (w->mail.n = people_mail(c, &entry, mail)) == 0)
		rc = err_set(&e, ERR_POLICY,
		    "there is no address in a domain of this organization");
	if (rc == 1 && (rc = clerk_directory(c, &conn, &e)) == 0) {
		w->mail.value = mail;
		w->name = entry.name;
		rc = order_start(c, who, conn, w, &found, &e);
		clerk_directory_end(c, &conn);
	}
	search_result_fini(&store);
	if (rc != 0)
		return line_refuse_err(&e);
	o = line_ok();
	json_object_set_new(o, "request", found);
	return o;
}

json_t *
call_enroll_start(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct bytes person = bytes_of(who->session->person);
	struct bytes form = line_text(request, "form");
	struct order w = {.person = person,
	    .by = person,
	    .form = form.n > 0 ? form : BYTES("modern"),
	    .language = line_text(request, "language"),
	    .after = (uint32_t)line_int(request, "after")};

	if (json_object_get(request, "csr") != NULL)
		return line_refuse("unsupported",
		    "certificates for a key of one's own are not issued yet");
	if (!bytes_equal(w.form, BYTES("modern")) &&
	    !bytes_equal(w.form, BYTES("compatible")))
		return line_refuse("syntax",
		    "form: found \"%.20s\", want modern or "
		    "compatible",
		    (const char *)w.form.p);
	return order(c, who, &w);
}

/* --- for helpdesk and administrators
 * ---------------------------------------------------- */

struct wanted {
	struct bytes address;
	char id[COMPANY_ID_TEXT + 1];
	unsigned n;
};

static int
take_address(const struct company_entry *entry, void *ctx)
{
	struct wanted *w = ctx;

	for (size_t i = 0; i < entry->mail.n; i++)
		if (!entry->disabled && !entry->shared &&
		    bytes_equal_nocase(entry->mail.value[i], w->address)) {
			snprintf(w->id, sizeof(w->id), "%s", entry->id);
			w->n++;
			break;
		}
	return 0;
}

json_t *
call_enroll_for(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct wanted wanted = {.address = line_text(request, "address")};
	struct connection *d = NULL;
	struct err e = {0};
	size_t passed = 0;
	char by[40];
	struct order w = {.by = bytes_of(caller_name(who, by)),
	    .form = BYTES("modern"),
	    .after = (uint32_t)line_int(request, "after")};
	int rc = connections_take(c->company_connections, &d, &e);

	if (rc == 0) {
		rc = company_each(d, c->company, take_address, &wanted, &passed, &e);
		connections_give(c->company_connections, &d);
	}
	if (rc != 0)
		return line_refuse_err(&e);
	if (wanted.n != 1)
		return line_refuse(wanted.n == 0 ? "not-found" : "conflict",
		    "%.*s: %s in the company directory", (int)wanted.address.n,
		    (const char *)wanted.address.p,
		    wanted.n == 0 ? "no employee of this address"
				  : "several employees of this address");
	w.person = bytes_of(wanted.id);
	return order(c, who, &w);
}

/* --- one
 * ------------------------------------------------------------------------------- */

json_t *
call_request_show(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct bytes id = line_text(request, "request");
	struct connection *conn = NULL;
	struct err e = {0};
	char text[REGISTRY_ID_MAX + 1];
	json_t *o, *found = NULL;
	int rc = clerk_directory(c, &conn, &e);

	(void)who;
	snprintf(text, sizeof(text), "%.*s", (int)id.n, (const char *)id.p);
	if (rc == 0) {
		rc = order_give(c, conn, text, &found, &e);
		clerk_directory_end(c, &conn);
	}
	if (rc != 0)
		return line_refuse_err(&e);
	o = line_ok();
	json_object_set_new(o, "request", found);
	return o;
}

int
owner_of_request(
    struct clerk *c, struct bytes person, const json_t *request, struct err *e)
{
	struct request_id id;

	(void)c;
	if (request_id_parse(line_text(request, "request"), &id, e) != 0)
		return 0;
	return bytes_equal(bytes_of(id.person), person);
}

int
owner_of_person(
    struct clerk *c, struct bytes person, const json_t *request, struct err *e)
{
	struct bytes asked = line_text(request, "person");

	(void)c;
	(void)e;
	return asked.n == 0 || bytes_equal(asked, person);
}

/* --- for administrators
 * ------------------------------------------------------------------ */

static int
take_row_request(const void *record, void *ctx)
{
	json_array_append_new(ctx, shown_request(record));
	return 0;
}

static int
take_row_delivery(const void *record, void *ctx)
{
	json_array_append_new(ctx, shown_delivery(record, false));
	return 0;
}

json_t *
call_list(struct clerk *c, const struct caller *who, const json_t *request)
{
	static const struct {
		const char *what;
		enum registry_class class;
		const char *kind;
		registry_fn *take;
	} table[] = {{"requests", REGISTRY_REQUEST, NULL, take_row_request},
	    {"certificates", REGISTRY_CERTIFICATE, NULL, take_certificate},
	    {"deliveries", REGISTRY_TOKEN, "delivery", take_row_delivery}};
	struct bytes what = line_text(request, "what");
	char state[32];
	struct registry_where where = {.kind = {NULL, 0}};
	struct connection *conn = NULL;
	struct err e = {0};
	json_t *o = line_ok(), *rows = json_array();
	int rc = clerk_directory(c, &conn, &e);

	(void)who;
	json_object_set_new(o, "rows", rows);
	snprintf(state, sizeof(state), "%.*s", (int)line_text(request, "state").n,
	    (const char *)line_text(request, "state").p);
	where.state[0] = state[0] != '\0' ? state : NULL;
	for (size_t i = 0; rc == 0 && i < NITEMS(table); i++) {
		if (!bytes_equal(bytes_of(table[i].what), what))
			continue;
		where.kind = bytes_of(table[i].kind);
		rc = registry_each(conn, c->conf.suffix, table[i].class, &where,
		    table[i].take, rows, &e);
	}
	clerk_directory_end(c, &conn);
	if (rc == 0)
		return o;
	json_decref(o);
	return line_refuse_err(&e);
}

static int
count(const void *record, void *ctx)
{
	(void)record;
	++*(size_t *)ctx;
	return 0;
}

json_t *
call_status(struct clerk *c, const struct caller *who, const json_t *request)
{
	const struct registry_where open = {
	    .state = {"waiting", "new", "prepared", "issued", "published"}};
	struct connection *conn = NULL;
	struct err e = {0};
	struct mail_state mail;
	json_t *o = line_ok(), *m = json_object(), *signer = NULL;
	size_t n = 0;
	int rc = clerk_directory(c, &conn, &e);

	(void)who;
	(void)request;
	if (rc == 0)
		rc = registry_each(
		    conn, c->conf.suffix, REGISTRY_REQUEST, &open, count, &n, &e);
	clerk_directory_end(c, &conn);
	if (rc != 0) {
		json_decref(o);
		json_decref(m);
		return line_refuse_err(&e);
	}
	line_set_int(o, "open", (int64_t)n);
	mail_state(c->mail, &mail);
	line_set_int(m, "sent", (int64_t)mail.sent);
	line_set_int(m, "failed", (int64_t)mail.failed);
	line_set_text(m, "problem", bytes_of(mail.problem));
	json_object_set_new(o, "mail", m);
	if (line_ask(c->conf.signer, "status", NULL, 5000, &signer, &e) == 0) {
		json_object_del(signer, "ok");
		json_object_set_new(o, "signer", signer);
	} else {
		signer = json_object();
		line_set_text(signer, "problem", bytes_of(e.text));
		json_object_set_new(o, "signer", signer);
	}
	return o;
}
