/*
 * Logging in and out, and the second factor of those who have a role.
 */
#include "enroll/portal/pages.h"

#include <stdio.h>

#include "enroll/portal/ask.h"
#include "enroll/portal/page.h"
#include "enroll/portal/qr.h"
#include "enroll/portal/routes.h"

/* Where to go afterwards: a page of ours that can be got, or home. No other text ever
 * becomes an address. */
static const char *
next_path(struct request *r, const struct form *f)
{
	struct bytes next = form_get(f, "next"), param;
	const struct route *other;
	const char *path;

	if (next.n == 0 || next.n > PORTAL_PATH_MAX || next.p[0] != '/')
		return "/";
	path = (const char *)page_format(r, "%.*s", (int)next.n, next.p).p;
	if (path == NULL || !page_is_plain(path) ||
	    route_find("GET", path, &param, &other) == NULL)
		return "/";
	return path;
}

static void
show_login(struct request *r, unsigned status, const char *next, const char *problem)
{
	page_token(r, "login");
	page_set(r, "next", bytes_of(next));
	page_flag(r, "for_link", strncmp(next, "/l/", 3) == 0);
	if (problem != NULL)
		page_set(r, "problem", bytes_of(problem));
	page_show(r, status, "login");
}

void
login_show(struct request *r)
{
	const char *next = next_path(r, &r->query);

	if (r->who != NULL)
		page_go(r, "%s", next);
	else
		show_login(r, 200, next, NULL);
}

/* The session lives in the cookie alone. Helpers are asked for their second factor at
 * once where they come to work, and may go on without it to what is their own. */
static void
begin_session(struct request *r, const json_t *answer, const char *next)
{
	struct bytes session = ask_get(answer, "session");
	struct bytes factor = ask_get(answer, "factor");

	if (session.n == 0 || session.n > PORTAL_SESSION_MAX) {
		page_error(r, 500, "internal");
		return;
	}
	page_cookie(r, COOKIE_SESSION, (const char *)session.p, 0);
	if (bytes_equal(factor, BYTES("needed")) && strcmp(next, "/") == 0)
		page_go(r, "/factor");
	else
		page_go(r, "%s", next);
}

static unsigned
problem_status(const char *word)
{
	return strcmp(word, "limit") == 0 ? 429 : strcmp(word, "busy") == 0 ? 503 : 403;
}

void
login_send(struct request *r)
{
	struct bytes user = form_get(&r->form, "user");
	struct bytes password = form_get(&r->form, "password");
	const char *next = next_path(r, &r->form), *word;
	const json_t *answer;
	json_t *fields;

	page_set(r, "user", user);
	if (user.n == 0 || password.n == 0) {
		show_login(r, 403, next, "empty");
		return;
	}
	/* A new login is a new session, whatever cookie there was. */
	fields = json_object();
	ask_put(fields, "user", user);
	ask_put(fields, "password", password);
	ask_put(fields, "address", bytes_of(r->address));
	ask_put(fields, "language", bytes_of(r->language));
	answer = ask_alone(r, "session.login", fields);
	if (answer == NULL)
		return;
	if ((word = ask_word(answer)) == NULL)
		begin_session(r, answer, next);
	else if (strcmp(word, "login") == 0 || strcmp(word, "limit") == 0 ||
		 strcmp(word, "busy") == 0 || strcmp(word, "syntax") == 0)
		show_login(r, problem_status(word), next,
		    strcmp(word, "syntax") == 0 ? "login" : word);
	else
		ask_refused(r, answer);
}

void
logout_send(struct request *r)
{
	if (r->who != NULL)
		(void)ask_any(r, "session.logout", json_object());
	/* Also where the clerk did not answer: this browser forgets. */
	page_drop(r);
	page_cookie(r, COOKIE_SESSION, "", 0);
	r->reply.clear_site = true;
	page_go(r, "/login");
}

/* --- second factor ----------------------------------------------------------- */

static void
show_factor(struct request *r, unsigned status, const char *next, const char *problem)
{
	page_token(r, "factor");
	page_set(r, "next", bytes_of(next));
	if (problem != NULL)
		page_set(r, "problem", bytes_of(problem));
	page_show(r, status, "factor");
}

static bool
factor_is(const struct request *r, const char *word)
{
	return bytes_equal(ask_get(r->who, "factor"), bytes_of(word));
}

void
factor_show(struct request *r)
{
	const char *next = next_path(r, &r->query);

	if (factor_is(r, "setup"))
		page_go(r, "/factor/setup");
	else if (factor_is(r, "needed"))
		show_factor(r, 200, next, NULL);
	else
		page_go(r, "%s", next);
}

/* Digits as people type them: "123 456". */
static struct bytes
code_of(struct request *r, const char *name)
{
	struct bytes in = form_get(&r->form, name);
	char text[64];
	size_t n = 0;

	for (size_t i = 0; i < in.n && n + 1 < sizeof(text); i++)
		if (in.p[i] > ' ')
			text[n++] = (char)in.p[i];
	text[n] = '\0';
	return page_format(r, "%s", text);
}

/* What a refused code means; the form again, or the page of the refusal. */
static const char *
code_problem(const char *word)
{
	static const char *const again[] = {
	    "factor", "denied", "syntax", "limit", "not-found", "expired"};

	for (size_t i = 0; i < NITEMS(again); i++)
		if (strcmp(word, again[i]) == 0)
			return strcmp(word, "limit") == 0 ? "limit" : "code";
	return NULL;
}

void
factor_send(struct request *r)
{
	const char *next = next_path(r, &r->form), *word;
	json_t *fields = json_object();
	const json_t *answer;

	ask_put(fields, "code", code_of(r, "code"));
	if ((answer = ask_any(r, "session.factor", fields)) == NULL)
		return;
	if ((word = ask_word(answer)) == NULL)
		begin_session(r, answer, next);
	else if (code_problem(word) != NULL)
		show_factor(r, 403, next, code_problem(word));
	else
		ask_refused(r, answer);
}

static void
show_setup(struct request *r, unsigned status, const char *problem)
{
	page_token(r, "setup");
	if (problem != NULL)
		page_set(r, "problem", bytes_of(problem));
	page_show(r, status, "setup");
}

void
setup_show(struct request *r)
{
	if (factor_is(r, "setup"))
		show_setup(r, 200, NULL);
	else
		page_go(r, "/");
}

/* The permission was good: the secret, once, as a QR code and in letters. */
static void
show_secret(struct request *r, unsigned status, struct bytes secret, struct bytes uri,
    const char *problem)
{
	page_token(r, "confirm");
	page_set(r, "secret", secret);
	page_set(r, "uri", uri);
	if (uri.n > 0)
		qr_set(r, "qr", (const char *)uri.p);
	if (problem != NULL)
		page_set(r, "problem", bytes_of(problem));
	page_show(r, status, "confirm");
}

void
setup_send(struct request *r)
{
	json_t *fields = json_object();
	const json_t *answer;
	const char *word;

	ask_put(fields, "setup", code_of(r, "setup"));
	if ((answer = ask_any(r, "session.factor-setup", fields)) == NULL)
		return;
	if ((word = ask_word(answer)) == NULL)
		show_secret(
		    r, 200, ask_get(answer, "secret"), ask_get(answer, "uri"), NULL);
	else if (code_problem(word) != NULL)
		show_setup(r, 403, code_problem(word));
	else
		ask_refused(r, answer);
}

void
confirm_send(struct request *r)
{
	struct bytes secret = form_get(&r->form, "secret");
	struct bytes uri = form_get(&r->form, "uri");
	json_t *fields = json_object();
	const json_t *answer;
	const char *word;

	ask_put(fields, "code", code_of(r, "code"));
	if ((answer = ask_any(r, "session.factor-confirm", fields)) == NULL)
		return;
	if ((word = ask_word(answer)) == NULL)
		begin_session(r, answer, "/helpdesk");
	else if (code_problem(word) != NULL)
		show_secret(r, 403, secret,
		    uri.n < 400 ? page_format(r, "%.*s", (int)uri.n, uri.p)
				: (struct bytes){NULL, 0},
		    code_problem(word));
	else
		ask_refused(r, answer);
}
