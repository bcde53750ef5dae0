/*
 * The mailed link and its PIN, the archive of a renewal, and files on their way to
 * the browser's disk. A link says which delivery, never who: whoever follows it has
 * to log in, and a GET shows a form, however often anything fetches it.
 */
#include "enroll/portal/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "enroll/portal/ask.h"
#include "enroll/portal/browser.h"
#include "enroll/portal/guard.h"
#include "enroll/portal/page.h"
#include "enroll/portal/parts.h"
#include "enroll/portal/qr.h"

enum {
	LINK_CHARS = 26,
	FILE_NAME_MAX = 150,
};

/* The link in the path, whatever a mail program added behind it; an empty view where
 * there is none. */
static struct bytes
link_of(const struct request *r)
{
	size_t n = 0;

	while (n < r->param.n && ((r->param.p[n] >= 'a' && r->param.p[n] <= 'z') ||
				     (r->param.p[n] >= '2' && r->param.p[n] <= '7')))
		n++;
	return (struct bytes){r->param.p, n == LINK_CHARS ? n : 0};
}

/* The same page for one that is somebody else's, unknown or damaged. */
static void
show_foreign(struct request *r)
{
	page_show(r, 403, "link-foreign");
}

static void
show_link(struct request *r, unsigned status, const json_t *link, const char *problem)
{
	struct bytes state = ask_get(link, "state");

	page_set(r, "link", link_of(r));
	page_set(r, "address", ask_get(link, "address"));
	page_set(r, "state", state);
	page_time(r, &r->page.root, "until", parts_int(link, "until"));
	if (problem != NULL)
		page_set(r, "problem", bytes_of(problem));
	if (!bytes_equal(state, BYTES("open"))) {
		page_show(r, status == 200 ? 410 : status, "link-over");
		return;
	}
	page_token(r, "pin");
	page_set(r, "url", bytes_of(r->portal->conf.url));
	page_show(r, status, "link");
}

/* What the clerk says of the link; NULL: the reply is written. */
static const json_t *
ask_link(struct request *r)
{
	json_t *fields;
	const json_t *answer;
	const char *word;

	if (link_of(r).n == 0) {
		show_foreign(r);
		return NULL;
	}
	fields = json_object();
	ask_put(fields, "link", link_of(r));
	if ((answer = ask_any(r, "link.show", fields)) == NULL)
		return NULL;
	word = ask_word(answer);
	if ((word != NULL && strcmp(word, "login") == 0) ||
	    bytes_equal(ask_get(answer, "state"), BYTES("login"))) {
		show_foreign(r);
		return NULL;
	}
	if (word != NULL) {
		ask_refused(r, answer);
		return NULL;
	}
	return answer;
}

void
link_show(struct request *r)
{
	const json_t *link = ask_link(r);

	if (link != NULL)
		show_link(r, 200, link, NULL);
}

/* --- the PIN ----------------------------------------------------------------- */

/* Both forms, the one that fits this browser marked. */
static void
set_files(struct request *r, const json_t *files)
{
	const char *fitting = browser_form(r->agent);
	size_t i;
	json_t *o;

	json_array_foreach((json_t *)files, i, o)
	{
		struct bytes form = ask_get(o, "form");

		parts_file(r, "files", ask_get(o, "name"), ask_get(o, "pfx"), form,
		    bytes_equal(form, bytes_of(fitting)));
	}
	page_set(r, "guide", bytes_of(browser_guide(r->agent)));
}

static void
show_pin(struct request *r, const json_t *answer)
{
	struct bytes link = link_of(r);
	char url[400];

	parts_pin(r, ask_get(answer, "pin"));
	page_set(r, "address", ask_get(answer, "address"));
	page_set(r, "certificate", ask_get(answer, "certificate"));
	page_time(r, &r->page.root, "until", parts_int(answer, "until"));
	set_files(r, json_object_get(answer, "files"));
	if (snprintf(url, sizeof(url), "%s/l/%.*s", r->portal->conf.url, (int)link.n,
		link.p) < (int)sizeof(url)) {
		page_set(r, "page_url", page_format(r, "%s", url));
		qr_set(r, "qr", url);
	}
	page_show(r, 200, "pin");
}

void
link_send(struct request *r)
{
	struct bytes password = form_get(&r->form, "password");
	const json_t *link = ask_link(r), *answer;
	json_t *fields;

	if (link == NULL)
		return;
	if (password.n == 0) {
		show_link(r, 403, link, "empty");
		return;
	}
	fields = json_object();
	ask_put(fields, "link", link_of(r));
	ask_put(fields, "password", password);
	if ((answer = ask_any(r, "pin.show", fields)) == NULL)
		return;
	if (ask_word(answer) == NULL)
		show_pin(r, answer);
	else if (ask_is_password(r, answer))
		show_link(r, 403, link, ask_word(answer));
	else
		ask_refused(r, answer);
}

/* --- renewal ----------------------------------------------------------------- */

static void
show_renew(struct request *r, unsigned status, const char *problem)
{
	const json_t *answer = ask(r, "enroll.status", json_object());

	if (answer == NULL)
		return;
	parts_certificates(
	    r, &r->page.root, "certificates", json_object_get(answer, "certificates"));
	page_flag(r, "compatible", strcmp(browser_form(r->agent), "compatible") == 0);
	page_token(r, "renew");
	if (problem != NULL)
		page_set(r, "problem", bytes_of(problem));
	page_show(r, status, "renew");
}

void
renew_show(struct request *r)
{
	show_renew(r, 200, NULL);
}

static void
show_archive(struct request *r, const json_t *answer)
{
	const json_t *files = json_object_get(answer, "files");
	size_t i;
	json_t *o;

	parts_pin(r, ask_get(answer, "pin"));
	parts_file(r, "archive", ask_get(answer, "name"), ask_get(answer, "zip"),
	    BYTES(""), true);
	json_array_foreach((json_t *)files, i, o)
	{
		struct template_item *item =
		    template_add(&r->page, &r->page.root, "inside");
		struct bytes name = json_is_string(o) ? bytes_of(json_string_value(o))
						      : ask_get(o, "name");

		template_set(&r->page, item, "name", name);
	}
	page_set(r, "guide", bytes_of(browser_guide(r->agent)));
	page_show(r, 200, "archive");
}

void
renew_send(struct request *r)
{
	struct bytes password = form_get(&r->form, "password");
	struct bytes form = form_get(&r->form, "form");
	json_t *fields;
	const json_t *answer;

	if (password.n == 0) {
		show_renew(r, 403, "empty");
		return;
	}
	fields = json_object();
	ask_put(fields, "form",
	    bytes_equal(form, BYTES("compatible")) ? form : BYTES("modern"));
	ask_put(fields, "password", password);
	if ((answer = ask_any(r, "renew.zip", fields)) == NULL)
		return;
	if (ask_word(answer) == NULL)
		show_archive(r, answer);
	else if (ask_is_password(r, answer))
		show_renew(r, 403, ask_word(answer));
	else
		ask_refused(r, answer);
}

/* --- saving ------------------------------------------------------------------ */

/* A name that no system and no header can misread. */
static bool
take_name(struct request *r, struct bytes name)
{
	if (name.n == 0 || name.n > FILE_NAME_MAX || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];
		bool good = (byte_lower(c) >= 'a' && byte_lower(c) <= 'z') ||
			    (c >= '0' && c <= '9') || strchr("@._-", c) != NULL;

		r->reply.file_name[i] = good && c != '\0' ? (char)c : '_';
	}
	return true;
}

static const char *
type_of(struct bytes name)
{
	return name.n > 4 && memcmp(name.p + name.n - 4, ".zip", 4) == 0
		   ? "application/zip"
		   : "application/x-pkcs12";
}

/* A page brought the file along, because the portal remembers nothing; it goes back
 * as it came. The token says that it is ours. */
void
save_send(struct request *r)
{
	struct bytes name = form_get(&r->form, "name");
	struct bytes data = form_get(&r->form, "data");
	long n;

	if (!guard_check_file(r, name, data) || !take_name(r, name)) {
		r->reply.file_name[0] = '\0';
		page_error(r, 403, "form");
		return;
	}
	r->reply.body = malloc(BASE64_DECODED_MAX(data.n) + 1);
	n = r->reply.body == NULL ? -1 : base64_decode(data, (uint8_t *)r->reply.body);
	if (n <= 0) {
		page_drop(r);
		r->reply.file_name[0] = '\0';
		page_error(r, 500, "internal");
		return;
	}
	r->reply.n = (size_t)n;
	r->reply.type = type_of(name);
	r->reply.status = 200;
}
