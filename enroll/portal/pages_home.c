/*
 * What somebody has, and getting a certificate: home, the order, its progress, the
 * history.
 */
#include "enroll/portal/pages.h"

#include <stdlib.h>

#include "enroll/portal/ask.h"
#include "enroll/portal/browser.h"
#include "enroll/portal/page.h"
#include "enroll/portal/parts.h"

enum {
	PROGRESS_SECONDS = 3, /* until a page of progress is loaded again */
	CSR_MAX = 16 * 1024,
};

/* The certificate that mail programs find now: the first valid one. */
static const json_t *
current_certificate(const json_t *status)
{
	size_t i;
	json_t *o;

	json_array_foreach(json_object_get(status, "certificates"), i, o)
	{
		if (bytes_equal(ask_get(o, "state"), BYTES("valid")))
			return o;
	}
	return NULL;
}

static bool
is_open(struct bytes state)
{
	static const char *const open[] = {
	    "waiting", "new", "prepared", "issued", "published"};

	for (size_t i = 0; i < NITEMS(open); i++)
		if (bytes_equal(state, bytes_of(open[i])))
			return true;
	return false;
}

/* What every page about one's own certificate needs of enroll.status. */
static const json_t *
set_status(struct request *r)
{
	const json_t *status = ask(r, "enroll.status", json_object()), *o;

	if (status == NULL)
		return NULL;
	page_set(r, "number",
	    page_format(r, "%lld", (long long)parts_int(status, "number")));
	if ((o = current_certificate(status)) != NULL)
		parts_certificate(
		    r, template_add(&r->page, &r->page.root, "current_one"), o);
	o = json_object_get(status, "request");
	if (json_is_object(o)) {
		parts_request(r, template_add(&r->page, &r->page.root, "last"), o);
		page_flag(r, "open", is_open(ask_get(o, "state")));
	}
	o = json_object_get(status, "policy");
	page_flag(r, "own_key", json_is_true(json_object_get(o, "own-key")));
	page_set(r, "link_days",
	    page_format(r, "%lld", (long long)parts_int(o, "link-days")));
	page_set(
	    r, "life_days", page_format(r, "%lld", (long long)parts_int(o, "days")));
	return status;
}

/* Deliveries whose PIN can still be shown. */
static void
set_deliveries(struct request *r, const json_t *status)
{
	json_t *fresh = json_array(), *o;
	size_t i;

	json_array_foreach(json_object_get(status, "deliveries"), i, o)
	{
		struct bytes state = ask_get(o, "state");

		if (ask_get(o, "link").n > 0 &&
		    (bytes_equal(state, BYTES("sealed")) ||
			bytes_equal(state, BYTES("mailed"))))
			(void)json_array_append(fresh, o);
	}
	parts_deliveries(r, &r->page.root, "deliveries", fresh);
	json_decref(fresh);
}

void
home_show(struct request *r)
{
	const json_t *status = set_status(r);

	if (status == NULL)
		return;
	set_deliveries(r, status);
	page_flag(r, "setup", bytes_equal(ask_get(r->who, "factor"), BYTES("setup")));
	page_flag(r, "old_ones",
	    json_array_size(json_object_get(status, "certificates")) > 1);
	page_show(r, 200, "home");
}

/* --- ordering one ------------------------------------------------------------ */

void
enroll_show(struct request *r)
{
	if (set_status(r) == NULL)
		return;
	page_flag(r, "compatible", strcmp(browser_form(r->agent), "compatible") == 0);
	page_token(r, "enroll");
	page_show(r, 200, "enroll");
}

void
enroll_send(struct request *r)
{
	struct bytes after = form_get(&r->form, "after");
	struct bytes csr = form_get(&r->form, "csr");
	struct bytes form = form_get(&r->form, "form");
	char *number = (char *)page_format(r, "%.*s", (int)after.n, after.p).p;
	json_t *fields = json_object();
	const json_t *answer;

	if (csr.n > CSR_MAX) {
		json_decref(fields);
		page_error(r, 413, "http-413");
		return;
	}
	(void)json_object_set_new(fields, "after",
	    json_integer(number == NULL ? 0 : strtoll(number, NULL, 10)));
	ask_put(fields, "form",
	    bytes_equal(form, BYTES("compatible")) ? form : BYTES("modern"));
	ask_put(fields, "language", bytes_of(r->language));
	ask_put_some(fields, "csr", csr);
	if ((answer = ask(r, "enroll.start", fields)) == NULL)
		return;
	answer = json_object_get(answer, "request");
	if (parts_is_id(ask_get(answer, "id")))
		page_go(r, "/request/%s", (const char *)ask_get(answer, "id").p);
	else
		page_go(r, "/");
}

/* --- progress ---------------------------------------------------------------- */

void
request_show(struct request *r)
{
	json_t *fields = json_object();
	const json_t *answer, *o;
	struct bytes state;

	if (!parts_is_id(r->param)) {
		json_decref(fields);
		page_error(r, 404, "http-404");
		return;
	}
	ask_put(fields, "request", r->param);
	if ((answer = ask(r, "request.show", fields)) == NULL)
		return;
	/* The object may be the answer itself. */
	o = json_object_get(answer, "request");
	o = json_is_object(o) ? o : answer;
	state = ask_get(o, "state");
	parts_request(r, template_add(&r->page, &r->page.root, "one"), o);
	page_flag(r, "done", bytes_equal(state, BYTES("done")));
	page_flag(r, "over", !is_open(state) && !bytes_equal(state, BYTES("done")));
	parts_deliveries(
	    r, &r->page.root, "deliveries", json_object_get(answer, "deliveries"));
	if (is_open(state))
		r->reply.refresh =
		    bytes_equal(state, BYTES("waiting")) ? 60 : PROGRESS_SECONDS;
	page_show(r, 200, "request");
}

/* --- history ----------------------------------------------------------------- */

void
history_show(struct request *r)
{
	json_t *fields = json_object();
	const json_t *answer;

	ask_put(fields, "person", ask_get(r->who, "person"));
	if ((answer = ask(r, "history", fields)) == NULL)
		return;
	parts_certificates(
	    r, &r->page.root, "certificates", json_object_get(answer, "certificates"));
	parts_requests(
	    r, &r->page.root, "requests", json_object_get(answer, "requests"));
	parts_deliveries(
	    r, &r->page.root, "deliveries", json_object_get(answer, "deliveries"));
	page_show(r, 200, "history");
}
