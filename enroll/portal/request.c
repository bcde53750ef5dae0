/*
 * From headers and a body to a request with a reply: contract in request.h.
 */
#include "enroll/portal/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "enroll/portal/ask.h"
#include "enroll/portal/guard.h"
#include "enroll/portal/page.h"
#include "enroll/portal/routes.h"

enum {
	LANGUAGE_SECONDS = 365 * 24 * 3600
};

/* --- its parts --------------------------------------------------------------- */

static void
make_id(char out[PORTAL_ID_SIZE])
{
	uint8_t raw[6] = {0};

	(void)!getrandom(raw, sizeof(raw), GRND_NONBLOCK);
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

/* Letters, digits, '-' and '_'; anything else is nothing. */
static void
take_word(char *out, size_t size, struct bytes value)
{
	out[0] = '\0';
	if (value.n >= size)
		return;
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = byte_lower(value.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
		    c != '_')
			return;
	}
	if (value.n > 0)
		memcpy(out, value.p, value.n);
	out[value.n] = '\0';
}

/* What looks like a token of the clerk or of ours. */
static void
take_token(char out[PORTAL_SESSION_MAX + 1], struct bytes value)
{
	take_word(out, PORTAL_SESSION_MAX + 1, value);
	if (value.n < 16)
		out[0] = '\0';
}

static void
copy_printable(char *out, size_t size, const char *in)
{
	size_t n = 0;

	for (; in != NULL && *in != '\0' && n + 1 < size; in++)
		out[n++] = *in >= 0x20 && *in < 0x7f ? *in : '?';
	out[n] = '\0';
}

/* The browser's address: the last one that a trusted proxy added, or the peer's. */
static void
take_address(struct request *r, const struct request_head *head)
{
	const struct conf_list *proxy = &r->portal->conf.proxy;
	const char *last =
	    head->forwarded == NULL ? NULL : strrchr(head->forwarded, ',');
	bool trusted = false;

	copy_printable(r->address, sizeof(r->address), head->peer);
	for (size_t i = 0; i < proxy->n; i++)
		trusted |= strcmp(proxy->value[i], r->address) == 0;
	if (!trusted || head->forwarded == NULL)
		return;
	last = last == NULL ? head->forwarded : last + 1;
	last += strspn(last, " \t");
	if (*last != '\0' && last[strspn(last, "0123456789abcdefABCDEF:.")] == '\0')
		copy_printable(r->address, sizeof(r->address), last);
}

/* ?lang=, then the cookie, then what the browser prefers. */
static void
take_language(struct request *r, const struct request_head *head)
{
	const struct texts *t = r->portal->texts;
	struct bytes asked = form_get(&r->query, "lang");
	struct bytes kept = form_cookie(bytes_of(head->cookie), COOKIE_LANGUAGE);

	if (asked.n > 0 && asked.n < 16) {
		r->language = texts_language(t, asked);
		r->language_asked = true;
	} else if (kept.n > 0 && kept.n < 16) {
		r->language = texts_language(t, kept);
	} else {
		r->language = texts_language(t, bytes_of(head->languages));
	}
}

/* Path and query; 0 or the status of a refusal. */
static unsigned
take_target(struct request *r, const char *target)
{
	const char *mark = strchr(target, '?');
	size_t n = mark == NULL ? strlen(target) : (size_t)(mark - target);

	if (strlen(target) > PORTAL_TARGET_MAX || n > PORTAL_PATH_MAX)
		return 414;
	if (target[0] != '/')
		return 400;
	memcpy(r->path, target, n);
	r->path[n] = '\0';
	if (mark == NULL)
		return 0;
	if ((r->query_text = strdup(mark + 1)) == NULL)
		return 503;
	return form_read((uint8_t *)r->query_text, strlen(r->query_text), &r->query,
		   NULL) == 0
		   ? 0
		   : 400;
}

/* --- its framing ------------------------------------------------------------- */

static bool
is_form(const char *type)
{
	static const char want[] = "application/x-www-form-urlencoded";
	size_t n = sizeof(want) - 1;

	return type != NULL && strncasecmp(type, want, n) == 0 &&
	       (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

/* The length that was said; -1: none, or no number. */
static long
said_length(const char *text)
{
	long n = 0;

	if (text == NULL || *text == '\0' || strlen(text) > 9)
		return text != NULL && *text != '\0' &&
			       text[strspn(text, "0123456789")] == '\0'
			   ? 999999999
			   : -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (*text - '0');
	}
	return n;
}

static unsigned
check_body(struct request *r, const struct request_head *head)
{
	long most = r->route->upload ? PORTAL_UPLOAD_MAX : PORTAL_FORM_MAX;
	long n = said_length(head->content_length);

	if (head->content_length != NULL && n < 0)
		return 400;
	if (!r->post)
		return n > 0 ? 400 : 0;
	if (head->content_length == NULL)
		return 411;
	if (n > most)
		return 413;
	if (!is_form(head->content_type))
		return 415;
	r->body_cap = (size_t)n;
	r->body = malloc((size_t)n + 1);
	return r->body == NULL ? 503 : 0;
}

/* 0 or the status of a refusal. */
static unsigned
check_frame(const struct request_head *head)
{
	/* A body of unknown length is what smuggling is made of; browsers send none. */
	if (head->transfer_encoding != NULL || head->doubled || head->malformed)
		return 400;
	if (head->headers > PORTAL_HEADERS_MAX)
		return 431;
	return head->host == NULL ? 400 : 0;
}

/* The methods that this path has. */
static void
set_allow(struct request *r)
{
	const struct route *other;
	struct bytes param;
	bool get = route_find("GET", r->path, &param, &other) != NULL;
	bool post = route_find("POST", r->path, &param, &other) != NULL;

	snprintf(r->allow, sizeof(r->allow), "%s%s%s", get ? "GET, HEAD" : "",
	    get && post ? ", " : "", post ? "POST" : "");
}

static unsigned
check_route(struct request *r, const struct request_head *head)
{
	const struct route *other = NULL;

	r->post = strcmp(head->method, "POST") == 0;
	r->route = route_find(r->post ? "POST" : "GET", r->path, &r->param, &other);
	if (r->route == NULL && other == NULL)
		return 404;
	set_allow(r);
	if (r->route == NULL)
		return 405;
	if (!r->post && strcmp(head->method, "GET") != 0 &&
	    strcmp(head->method, "HEAD") != 0)
		return 405;
	if (r->route->who != ROUTE_BARE &&
	    strcmp(head->host, r->portal->conf.url + strlen("https://")) != 0)
		return 421;
	if (r->post && !guard_origin(&r->portal->conf, head->origin, head->site))
		return 403;
	return 0;
}

static void
refuse(struct request *r, unsigned status)
{
	char key[16];

	r->reply.close = true;
	snprintf(key, sizeof(key), "http-%u", status);
	page_error(r, status, key);
}

struct request *
request_begin(struct portal *p, const struct request_head *head)
{
	struct request *r = calloc(1, sizeof(*r));
	unsigned status;

	if (r == NULL)
		return NULL;
	r->portal = p;
	arena_init(&r->arena, NULL, 0, PORTAL_ARENA_MAX);
	template_data_init(&r->page, &r->arena);
	make_id(r->id);
	status = take_target(r, head->target);
	take_address(r, head);
	take_language(r, head);
	copy_printable(r->agent, sizeof(r->agent), head->agent);
	copy_printable(r->match, sizeof(r->match), head->match);
	take_token(r->session, form_cookie(bytes_of(head->cookie), COOKIE_SESSION));
	take_token(r->visit, form_cookie(bytes_of(head->cookie), COOKIE_VISIT));
	take_word(
	    r->said, sizeof(r->said), form_cookie(bytes_of(head->cookie), COOKIE_SAID));
	if (status == 0)
		status = check_frame(head);
	if (status == 0)
		status = check_route(r, head);
	if (status == 0)
		status = check_body(r, head);
	if (status != 0)
		refuse(r, status);
	return r;
}

/* --- its body and its reply -------------------------------------------------- */

bool
request_body(struct request *r, const char *p, size_t n)
{
	if (n > r->body_cap - r->body_n)
		return false;
	memcpy(r->body + r->body_n, p, n);
	r->body_n += n;
	return true;
}

/* Whether a form of ours was sent; otherwise the reply is written. */
static bool
check_form(struct request *r)
{
	if (r->body_n != r->body_cap ||
	    form_read((uint8_t *)r->body, r->body_n, &r->form, NULL) != 0) {
		refuse(r, 400);
		return false;
	}
	/* A form that carries a file of ours has a token over it: its handler looks. */
	if (!r->route->upload && !guard_check(r, r->route->form)) {
		page_error(r, 403, "form");
		return false;
	}
	return true;
}

/* Whether the route is open to whoever it is; otherwise the reply is written. */
static bool
check_who(struct request *r)
{
	enum route_who who = r->route->who;
	int rc = ask_who(r);

	if (rc < 0)
		return false;
	if (who > ROUTE_ANYONE && rc == 0) {
		page_login(r);
		return false;
	}
	if (who == ROUTE_HELPDESK || who == ROUTE_APPROVER)
		return ask_role(r, who == ROUTE_HELPDESK ? "helpdesk" : "approver");
	return true;
}

static void
set_cookies(struct request *r)
{
	if (r->language_asked)
		page_cookie(r, COOKIE_LANGUAGE, r->language, LANGUAGE_SECONDS);
	if (r->session[0] == '\0' && r->visit[0] == '\0' && guard_visit(r->visit) == 0)
		page_cookie(r, COOKIE_VISIT, r->visit, 0);
}

void
request_run(struct request *r)
{
	if (r->route->who == ROUTE_BARE) {
		r->route->handle(r);
		return;
	}
	if (r->post && !check_form(r))
		return;
	set_cookies(r);
	if (check_who(r))
		r->route->handle(r);
	if (r->reply.status == 0)
		page_error(r, 500, "internal");
}

void
request_free(struct request **rp)
{
	struct request *r = *rp;

	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_answers; i++)
		json_decref(r->answer[i]);
	if (r->body != NULL)
		explicit_bzero(r->body, r->body_cap);
	free(r->body);
	if (r->reply.body != NULL)
		explicit_bzero(r->reply.body, r->reply.n);
	free(r->reply.body);
	free(r->query_text);
	arena_fini(&r->arena);
	explicit_bzero(r, sizeof(*r));
	free(r);
	*rp = NULL;
}
