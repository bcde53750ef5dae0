/*
 * One certificate of one's own: what it is, getting its file again, revoking it.
 */
#include "enroll/portal/pages.h"

#include "enroll/portal/ask.h"
#include "enroll/portal/browser.h"
#include "enroll/portal/page.h"
#include "enroll/portal/parts.h"

/* The certificate of the path, out of one's own history; NULL: the reply is written. */
static const json_t *
find_certificate(struct request *r)
{
	json_t *fields = json_object(), *o;
	const json_t *answer;
	size_t i;

	ask_put(fields, "person", ask_get(r->who, "person"));
	if ((answer = ask(r, "history", fields)) == NULL)
		return NULL;
	json_array_foreach(json_object_get(answer, "certificates"), i, o)
	{
		if (bytes_equal(ask_get(o, "serial"), r->param))
			return o;
	}
	page_error(r, 404, "http-404");
	return NULL;
}

static void
show_certificate(
    struct request *r, unsigned status, const json_t *o, const char *problem)
{
	parts_certificate(r, &r->page.root, o);
	page_flag(r, "compatible", strcmp(browser_form(r->agent), "compatible") == 0);
	page_token(r, "download");
	if (problem != NULL)
		page_set(r, "problem", bytes_of(problem));
	page_show(r, status, "certificate");
}

void
certificate_show(struct request *r)
{
	const json_t *o = find_certificate(r);

	if (o != NULL)
		show_certificate(r, 200, o, NULL);
}

static void
show_download(struct request *r, const json_t *answer, struct bytes form)
{
	parts_pin(r, ask_get(answer, "pin"));
	parts_file(
	    r, "files", ask_get(answer, "name"), ask_get(answer, "pfx"), form, true);
	page_set(r, "guide", bytes_of(browser_guide(r->agent)));
	page_show(r, 200, "download");
}

void
download_send(struct request *r)
{
	struct bytes password = form_get(&r->form, "password");
	struct bytes form = form_get(&r->form, "form");
	const json_t *o = find_certificate(r), *answer;
	json_t *fields;

	if (o == NULL)
		return;
	if (password.n == 0) {
		show_certificate(r, 403, o, "empty");
		return;
	}
	if (!bytes_equal(form, BYTES("compatible")))
		form = BYTES("modern");
	fields = json_object();
	ask_put(fields, "certificate", r->param);
	ask_put(fields, "form", form);
	ask_put(fields, "password", password);
	if ((answer = ask_any(r, "pfx.get", fields)) == NULL)
		return;
	if (ask_word(answer) == NULL)
		show_download(r, answer, form);
	else if (ask_is_password(r, answer))
		show_certificate(r, 403, o, ask_word(answer));
	else
		ask_refused(r, answer);
}

/* --- revoking ---------------------------------------------------------------- */

static void
show_revoke(struct request *r, unsigned status, const json_t *o, const char *problem)
{
	parts_certificate(r, &r->page.root, o);
	page_token(r, "revoke");
	if (problem != NULL)
		page_set(r, "problem", bytes_of(problem));
	page_show(r, status, "revoke");
}

void
revoke_show(struct request *r)
{
	const json_t *o = find_certificate(r);

	if (o != NULL)
		show_revoke(r, 200, o, NULL);
}

void
revoke_send(struct request *r)
{
	struct bytes password = form_get(&r->form, "password");
	const json_t *o = find_certificate(r), *answer;
	json_t *fields;

	if (o == NULL)
		return;
	if (password.n == 0) {
		show_revoke(r, 403, o, "empty");
		return;
	}
	fields = json_object();
	ask_put(fields, "certificate", r->param);
	ask_put(fields, "reason", form_get(&r->form, "reason"));
	ask_put(fields, "password", password);
	if ((answer = ask_any(r, "revoke", fields)) == NULL)
		return;
	if (ask_word(answer) == NULL) {
		page_say(r, "revoked");
		page_go(r, "/");
	} else if (ask_is_password(r, answer)) {
		show_revoke(r, 403, o, ask_word(answer));
	} else {
		ask_refused(r, answer);
	}
}
