/*
 * Calls of the clerk: contract in ask.h.
 */
#include "enroll/portal/ask.h"

#include <syslog.h>

#include "enroll/line.h"
#include "enroll/portal/page.h"

/* Calls that change nothing: all that a GET may make. */
static const char *const ask_reading[] = {"session.who", "enroll.status",
    "request.show", "link.show", "history", "person.find", "approve.list", "explain",
    "pki.get", "mailbox.show"};

/* HTTP's word for the clerk's. */
static const struct {
	const char *word;
	unsigned status;
} ask_status[] = {
    {"denied", 403},
    {"not-found", 404},
    {"limit", 429},
    {"policy", 422},
    {"syntax", 400},
    {"unsupported", 501},
    {"expired", 410},
    {"conflict", 409},
    {"busy", 503},
    {"login", 401},
    {"factor", 403},
};

static bool
ask_reads(const char *call)
{
	for (size_t i = 0; i < NITEMS(ask_reading); i++)
		if (strcmp(ask_reading[i], call) == 0)
			return true;
	return false;
}

/* Without memory the field is missing, and the clerk says so. */
void
ask_put(json_t *fields, const char *name, struct bytes text)
{
	(void)json_object_set_new(fields, name,
	    json_stringn(text.n == 0 ? "" : (const char *)text.p, text.n));
}

void
ask_put_some(json_t *fields, const char *name, struct bytes text)
{
	if (text.n > 0)
		ask_put(fields, name, text);
}

struct bytes
ask_get(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_string(v))
		return (struct bytes){NULL, 0};
	return (struct bytes){
	    (const uint8_t *)json_string_value(v), json_string_length(v)};
}

const char *
ask_word(const json_t *answer)
{
	if (json_is_true(json_object_get(answer, "ok")))
		return NULL;
	answer = json_object_get(answer, "error");
	return json_is_string(answer) ? json_string_value(answer) : "internal";
}

/* Whether this request may make the call at all; logged, because only a mistake of
 * ours leads there. */
static bool
may_ask(struct request *r, const char *call, const json_t *fields)
{
	if ((r->post || ask_reads(call)) && r->n_answers < PORTAL_ANSWERS_MAX &&
	    fields != NULL)
		return true;
	portal_log(LOG_ERR, "%s: %s cannot be asked here", r->id, call);
	page_error(r, 500, "internal");
	return false;
}

const json_t *
ask_alone(struct request *r, const char *call, json_t *fields)
{
	const struct portal_conf *conf = &r->portal->conf;
	struct err e = {0};
	json_t *answer = NULL;

	if (!may_ask(r, call, fields)) {
		json_decref(fields);
		return NULL;
	}
	if (line_call(conf->clerk, call, fields, (int)conf->clerk_seconds * 1000,
		&answer, &e) != 0) {
		portal_log(LOG_ERR, "%s: %s: %s", r->id, call, e.text);
		page_error(r, 503, "away");
		return NULL;
	}
	r->answer[r->n_answers++] = answer;
	return answer;
}

const json_t *
ask_any(struct request *r, const char *call, json_t *fields)
{
	if (r->session[0] != '\0')
		ask_put(fields, "session", bytes_of(r->session));
	return ask_alone(r, call, fields);
}

void
ask_refused(struct request *r, const json_t *answer)
{
	const char *word = ask_word(answer);
	struct bytes id = ask_get(answer, "id");
	unsigned status = 500;

	if (strcmp(word, "login") == 0) {
		page_login(r);
		return;
	}
	if (strcmp(word, "factor") == 0) {
		page_factor(r);
		return;
	}
	for (size_t i = 0; i < NITEMS(ask_status); i++)
		if (strcmp(ask_status[i].word, word) == 0)
			status = ask_status[i].status;
	/* One id from here on, which both logs know. */
	if (id.n > 0 && id.n < sizeof(r->id)) {
		memcpy(r->id, id.p, id.n);
		r->id[id.n] = '\0';
	}
	page_set(r, "detail", ask_get(answer, "text"));
	page_error(r, status, status == 500 ? "internal" : word);
}

const json_t *
ask(struct request *r, const char *call, json_t *fields)
{
	const json_t *answer = ask_any(r, call, fields);

	if (answer == NULL || ask_word(answer) == NULL)
		return answer;
	ask_refused(r, answer);
	return NULL;
}

int
ask_who(struct request *r)
{
	const json_t *answer;
	const char *word;

	if (r->session[0] == '\0')
		return 0;
	if ((answer = ask_any(r, "session.who", json_object())) == NULL)
		return -1;
	if ((word = ask_word(answer)) == NULL) {
		r->who = answer;
		return 1;
	}
	if (strcmp(word, "login") == 0)
		return 0;
	ask_refused(r, answer);
	return -1;
}

/* "login" stands for both; session.who tells them apart. */
bool
ask_is_password(struct request *r, const json_t *answer)
{
	const char *word = ask_word(answer);

	if (strcmp(word, "limit") == 0 || strcmp(word, "busy") == 0)
		return true;
	return strcmp(word, "login") == 0 && ask_who(r) == 1;
}

static bool
has_word(const json_t *list, const char *word)
{
	size_t i;
	json_t *v;

	json_array_foreach((json_t *)list, i, v)
	{
		if (json_is_string(v) && strcmp(json_string_value(v), word) == 0)
			return true;
	}
	return false;
}

static bool
has_factor(const struct request *r)
{
	return bytes_equal(ask_get(r->who, "factor"), BYTES("given"));
}

bool
ask_is(const struct request *r, const char *role)
{
	return r->who != NULL && has_word(json_object_get(r->who, "roles"), role);
}

bool
ask_role(struct request *r, const char *role)
{
	if (!ask_is(r, role)) {
		page_error(r, 403, "denied");
		return false;
	}
	if (!has_factor(r)) {
		page_factor(r);
		return false;
	}
	return true;
}
