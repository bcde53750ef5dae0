/*
 * Answers and the data of every page: contract in page.h.
 */
#include "enroll/portal/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>

#include "core/isotime.h"
#include "enroll/portal/ask.h"
#include "enroll/portal/guard.h"
#include "enroll/portal/routes.h"
#include "enroll/portal/web.h"

enum {
	SAID_SECONDS = 60,
	FORMAT_MAX = 4096,
	DAY = 24 * 3600,
};

/* --- data -------------------------------------------------------------------- */

void
page_set(struct request *r, const char *name, struct bytes text)
{
	template_set(&r->page, &r->page.root, name, text);
}

struct bytes
page_format(struct request *r, const char *fmt, ...)
{
	char text[FORMAT_MAX];
	va_list ap;
	char *kept;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    (kept = arena_alloc(&r->arena, (size_t)n + 1)) == NULL) {
		r->page.failed = true;
		return (struct bytes){NULL, 0};
	}
	memcpy(kept, text, (size_t)n + 1);
	return (struct bytes){(const uint8_t *)kept, (size_t)n};
}

void
page_flag(struct request *r, const char *name, bool value)
{
	page_set(r, name, value ? BYTES("yes") : BYTES(""));
}

void
page_copy(struct request *r, struct template_item *item, const json_t *o,
    const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		template_set(&r->page, item, names[i], ask_get(o, names[i]));
}

void
page_time(struct request *r, struct template_item *item, const char *name, int64_t at)
{
	char text[ISOTIME_SIZE];
	const char *second, *third;
	int64_t left = at - time(NULL);

	if (at <= 0)
		return;
	isotime_text(at, text);
	second = (const char *)page_format(r, "%s_time", name).p;
	third = (const char *)page_format(r, "%s_days", name).p;
	if (second == NULL || third == NULL)
		return;
	template_set(&r->page, item, name, page_format(r, "%.10s", text));
	template_set(
	    &r->page, item, second, page_format(r, "%.10s %.5s UTC", text, text + 11));
	template_set(&r->page, item, third,
	    page_format(r, "%lld", left < 0 ? 0LL : (long long)(left / DAY)));
}

void
page_token(struct request *r, const char *form)
{
	struct bytes name = page_format(r, "token_%s", form);
	char token[GUARD_TOKEN_SIZE];

	if (name.p != NULL && guard_token(r, form, token))
		page_set(r, (const char *)name.p, page_format(r, "%s", token));
}

/* --- every page -------------------------------------------------------------- */

static const char *
page_text(void *ctx, const char *key)
{
	const struct request *r = ctx;

	return texts_get(r->portal->texts, r->language, key);
}

static void
set_languages(struct request *r)
{
	const struct texts *t = r->portal->texts;
	const char *language;

	for (size_t i = 0; (language = texts_language_at(t, i)) != NULL; i++) {
		struct template_item *item =
		    template_add(&r->page, &r->page.root, "languages");

		template_set(&r->page, item, "code", bytes_of(language));
		template_set(&r->page, item, "language_name",
		    bytes_of(texts_get(t, language, "portal.language.name")));
		if (strcmp(language, r->language) == 0)
			template_set(&r->page, item, "current", BYTES("yes"));
	}
	page_set(r, "lang", bytes_of(r->language));
}

void
page_say(struct request *r, const char *key)
{
	page_cookie(r, COOKIE_SAID, key, SAID_SECONDS);
}

/* What the last request left to be said: a word of ours, shown once. */
static void
set_said(struct request *r)
{
	if (r->post || r->said[0] == '\0')
		return;
	page_set(r, "said", bytes_of(r->said));
	page_cookie(r, COOKIE_SAID, "", 0);
}

/* Which entry of the menu this page stands below. */
static void
set_menu(struct request *r)
{
	static const struct {
		const char *below, *name;
	} menu[] = {
	    {"/install", "at_install"},
	    {"/helpdesk", "at_helpdesk"},
	    {"/approve", "at_approve"},
	    {"/help", "at_help"},
	    {"/", "at_home"},
	};

	for (size_t i = 0; i < NITEMS(menu); i++)
		if (strncmp(r->path, menu[i].below, strlen(menu[i].below)) == 0) {
			page_flag(r, menu[i].name, true);
			return;
		}
}

static void
set_common(struct request *r, const char *name)
{
	const struct portal_conf *conf = &r->portal->conf;

	set_languages(r);
	page_set(r, "page", bytes_of(name));
	page_set(r, "organization", bytes_of(conf->organization));
	page_set(r, "notice", bytes_of(conf->notice));
	page_set(r, "contact", bytes_of(conf->contact));
	set_said(r);
	set_menu(r);
	if (r->reply.refresh > 0)
		page_set(r, "refresh", page_format(r, "%u", r->reply.refresh));
	if (r->who == NULL)
		return;
	page_set(r, "user_name", ask_get(r->who, "name"));
	page_set(r, "user_mail", ask_get(r->who, "mail"));
	page_flag(r, "is_helpdesk", ask_is(r, "helpdesk"));
	page_flag(r, "is_approver", ask_is(r, "approver"));
	page_token(r, "logout");
}

/* Where not even a page can be made. */
static void
plain_error(struct request *r)
{
	static const char text[] = "Sorry, this page could not be made.\n";

	portal_log(LOG_ERR, "%s: a page could not be made", r->id);
	free(r->reply.body);
	r->reply.body = strdup(text);
	r->reply.n = r->reply.body == NULL ? 0 : sizeof(text) - 1;
	r->reply.status = 500;
	r->reply.type = "text/plain; charset=utf-8";
}

void
page_show(struct request *r, unsigned status, const char *name)
{
	const struct template *t = web_page(r->portal->web, name);
	struct html out;

	set_common(r, name);
	html_init(&out, PORTAL_PAGE_MAX);
	r->reply.status = status;
	r->reply.type = "text/html; charset=utf-8";
	if (t == NULL || template_render(t, &r->page, page_text, r, &out) != 0 ||
	    (r->reply.body = html_take(&out, &r->reply.n)) == NULL)
		plain_error(r);
	html_fini(&out);
}

void
page_go(struct request *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->reply.location, sizeof(r->reply.location), fmt, ap);
	va_end(ap);
	r->reply.status = 303;
}

/* Paths of ours have nothing to be escaped. */
bool
page_is_plain(const char *path)
{
	return path[0] == '/' && path[1] != '/' &&
	       path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789/_-")] == '\0';
}

void
page_drop(struct request *r)
{
	if (r->reply.body != NULL)
		explicit_bzero(r->reply.body, r->reply.n);
	free(r->reply.body);
	r->reply.body = NULL;
	r->reply.n = 0;
	r->reply.status = 0;
	r->reply.type = NULL;
}

/* To a page that asks for something, and from there back to where this was going. */
static void
go_by(struct request *r, const char *path)
{
	const struct route *other;
	struct bytes param;

	if (strcmp(r->path, "/") == 0 || !page_is_plain(r->path) ||
	    route_find("GET", r->path, &param, &other) == NULL)
		page_go(r, "%s", path);
	else
		page_go(r, "%s?next=%s", path, r->path);
}

void
page_login(struct request *r)
{
	go_by(r, "/login");
}

void
page_factor(struct request *r)
{
	go_by(r, "/factor");
}

void
page_error(struct request *r, unsigned status, const char *key)
{
	if (status >= 500)
		portal_log(LOG_ERR, "%s: %u %s", r->id, status, key);
	page_set(r, "id", bytes_of(r->id));
	page_set(r, "error", page_format(r, "%s", key));
	page_set(r, "status", page_format(r, "%u", status));
	page_show(r, status, "error");
}

void
page_cookie(struct request *r, const char *name, const char *value, unsigned seconds)
{
	char until[40] = "";

	if (r->reply.n_cookies == PORTAL_COOKIES_MAX)
		return;
	if (value[0] == '\0')
		snprintf(until, sizeof(until), "; Max-Age=0");
	else if (seconds > 0)
		snprintf(until, sizeof(until), "; Max-Age=%u", seconds);
	snprintf(r->reply.cookie[r->reply.n_cookies++], PORTAL_COOKIE_SIZE,
	    "%s=%s; Path=/; Secure; HttpOnly; SameSite=Lax%s", name, value, until);
}
