/*
 * What the helpdesk and approvers do for others. No PIN and no key ever comes here:
 * the clerk gives none to anybody but its owner.
 */
#include "enroll/portal/pages.h"

#include <stdlib.h>

#include "enroll/portal/ask.h"
#include "enroll/portal/page.h"
#include "enroll/portal/parts.h"

enum {
	DELEGATES_MAX = 50,
	SEARCH_MAX = 200,
};

void
desk_show(struct request *r)
{
	struct bytes text = form_get(&r->query, "q");
	json_t *fields;
	const json_t *answer;

	page_set(r, "q", text);
	if (text.n > 0 && text.n <= SEARCH_MAX) {
		fields = json_object();
		ask_put(fields, "text", text);
		if ((answer = ask(r, "person.find", fields)) == NULL)
			return;
		page_flag(r, "searched", true);
		parts_people(
		    r, &r->page.root, "people", json_object_get(answer, "people"));
	}
	page_show(r, 200, "helpdesk");
}

/* --- one person or mailbox --------------------------------------------------- */

/* The number of the last request, which the next order says it has seen. */
static int64_t
last_number(const json_t *answer)
{
	int64_t last = parts_int(answer, "number");
	size_t i;
	json_t *o;

	json_array_foreach(json_object_get(answer, "requests"), i, o)
	{
		if (parts_int(o, "number") > last)
			last = parts_int(o, "number");
	}
	return last;
}

void
desk_person(struct request *r)
{
	json_t *fields, *one;
	const json_t *answer;

	if (!parts_is_id(r->param)) {
		page_error(r, 404, "http-404");
		return;
	}
	fields = json_object();
	ask_put(fields, "person", r->param);
	if ((answer = ask(r, "history", fields)) == NULL)
		return;
	one = json_pack("[O]", json_object_get(answer, "person"));
	parts_people(r, &r->page.root, "someone", one);
	json_decref(one);
	page_set(r, "person", r->param);
	page_flag(r, "is_mailbox",
	    bytes_equal(
		ask_get(json_object_get(answer, "person"), "kind"), BYTES("mailbox")));
	page_set(r, "number", page_format(r, "%lld", (long long)last_number(answer)));
	parts_certificates(
	    r, &r->page.root, "certificates", json_object_get(answer, "certificates"));
	parts_requests(
	    r, &r->page.root, "requests", json_object_get(answer, "requests"));
	parts_deliveries(
	    r, &r->page.root, "deliveries", json_object_get(answer, "deliveries"));
	page_token(r, "desk");
	page_show(r, 200, "helpdesk-person");
}

/* Back to the page of the person that the form belongs to. */
static void
go_back(struct request *r, const char *said)
{
	struct bytes person = form_get(&r->form, "person");

	page_say(r, said);
	if (parts_is_id(person))
		page_go(r, "/helpdesk/person/%.*s", (int)person.n, person.p);
	else
		page_go(r, "/helpdesk");
}

static json_t *
number_of(struct request *r, const char *name)
{
	struct bytes text = form_get(&r->form, name);
	char *digits = (char *)page_format(r, "%.*s", (int)text.n, text.p).p;

	return json_integer(digits == NULL ? 0 : strtoll(digits, NULL, 10));
}

/* To the progress of what was begun. */
static void
go_request(struct request *r, const json_t *answer)
{
	struct bytes id = ask_get(json_object_get(answer, "request"), "id");

	if (parts_is_id(id))
		page_go(r, "/helpdesk/request/%s", (const char *)id.p);
	else
		go_back(r, "enrolled");
}

void
desk_enroll(struct request *r)
{
	json_t *fields = json_object();
	const json_t *answer;

	ask_put(fields, "address", form_get(&r->form, "address"));
	(void)json_object_set_new(fields, "after", number_of(r, "after"));
	if ((answer = ask(r, "enroll.for", fields)) != NULL)
		go_request(r, answer);
}

/* Addresses, one a line or with commas, as they are pasted. */
static json_t *
read_delegates(struct bytes text)
{
	json_t *list = json_array();
	size_t from = 0;

	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && strchr(" ,;\t\r\n", text.p[i]) == NULL)
			continue;
		if (i > from && json_array_size(list) <= DELEGATES_MAX)
			(void)json_array_append_new(
			    list, json_stringn((const char *)text.p + from, i - from));
		from = i + 1;
	}
	return list;
}

void
desk_mailbox(struct request *r)
{
	json_t *fields = json_object();
	const json_t *answer;

	ask_put(fields, "mailbox", form_get(&r->form, "address"));
	(void)json_object_set_new(
	    fields, "delegates", read_delegates(form_get(&r->form, "delegates")));
	(void)json_object_set_new(fields, "after", number_of(r, "after"));
	if ((answer = ask(r, "mailbox.enroll", fields)) != NULL)
		go_request(r, answer);
}

void
desk_request(struct request *r)
{
	json_t *fields;
	const json_t *answer, *o;
	struct bytes state;

	if (!parts_is_id(r->param)) {
		page_error(r, 404, "http-404");
		return;
	}
	fields = json_object();
	ask_put(fields, "request", r->param);
	if ((answer = ask(r, "request.show", fields)) == NULL)
		return;
	o = json_object_get(answer, "request");
	o = json_is_object(o) ? o : answer;
	state = ask_get(o, "state");
	parts_request(r, template_add(&r->page, &r->page.root, "one"), o);
	/* A request is named by whom it is for: 32 digits, '-', its number. */
	if (r->param.n > 33)
		page_set(r, "person", (struct bytes){r->param.p, 32});
	page_flag(r, "done", bytes_equal(state, BYTES("done")));
	if (bytes_equal(state, BYTES("new")) || bytes_equal(state, BYTES("prepared")) ||
	    bytes_equal(state, BYTES("issued")) ||
	    bytes_equal(state, BYTES("published")))
		r->reply.refresh = 3;
	page_show(r, 200, "helpdesk-request");
}

void
desk_resend(struct request *r)
{
	json_t *fields = json_object();

	ask_put(fields, "request", form_get(&r->form, "request"));
	ask_put(fields, "recipient", form_get(&r->form, "recipient"));
	if (ask(r, "resend", fields) != NULL)
		go_back(r, "resent");
}

void
desk_revoke(struct request *r)
{
	json_t *fields = json_object();

	ask_put(fields, "certificate", form_get(&r->form, "certificate"));
	ask_put(fields, "reason", form_get(&r->form, "reason"));
	if (ask(r, "revoke", fields) != NULL)
		go_back(r, "revoked");
}

void
desk_explain(struct request *r)
{
	static const char *const names[] = {"client", "verdict", "text"};
	struct bytes address = form_get(&r->query, "address");
	json_t *fields, *line;
	const json_t *answer;
	size_t i;

	page_set(r, "address", address);
	if (address.n > 0) {
		fields = json_object();
		ask_put(fields, "address", address);
		if ((answer = ask(r, "explain", fields)) == NULL)
			return;
		json_array_foreach(json_object_get(answer, "lines"), i, line)
		{
			struct template_item *item =
			    template_add(&r->page, &r->page.root, "lines");

			page_copy(r, item, line, names, NITEMS(names));
		}
	}
	page_show(r, 200, "helpdesk-explain");
}

/* --- approving --------------------------------------------------------------- */

void
approve_show(struct request *r)
{
	const json_t *answer = ask(r, "approve.list", json_object());

	if (answer == NULL)
		return;
	parts_requests(
	    r, &r->page.root, "requests", json_object_get(answer, "requests"));
	page_token(r, "approve");
	page_show(r, 200, "approve");
}

void
approve_send(struct request *r)
{
	bool agree = bytes_equal(form_get(&r->form, "agree"), BYTES("yes"));
	json_t *fields = json_object();

	ask_put(fields, "request", form_get(&r->form, "request"));
	(void)json_object_set_new(fields, "agree", json_boolean(agree));
	ask_put_some(fields, "reason", form_get(&r->form, "reason"));
	if (ask(r, "approve.decide", fields) == NULL)
		return;
	page_say(r, agree ? "approved" : "refused");
	page_go(r, "/approve");
}
