/*
 * The clerk's objects on pages: contract in parts.h.
 */
#include "enroll/portal/parts.h"

#include <time.h>

#include "enroll/portal/ask.h"
#include "enroll/portal/guard.h"
#include "enroll/portal/page.h"
#include "enroll/portal/spell.h"

enum {
	PIN_GROUP = 4,
	SOON_DAYS = 60, /* where the clerk does not say when to renew */
};

int64_t
parts_int(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_integer(v) ? json_integer_value(v) : 0;
}

bool
parts_is_id(struct bytes text)
{
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = byte_lower(text.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return text.n > 0 && text.n <= 100;
}

static void
set(struct request *r, struct template_item *at, const char *name, struct bytes text)
{
	template_set(&r->page, at, name, text);
}

/* Texts of a JSON array as a list of items with one field each. */
static void
set_list(struct request *r, struct template_item *at, const char *list,
    const char *field, const json_t *values)
{
	size_t i;
	json_t *v;

	json_array_foreach((json_t *)values, i, v)
	{
		if (json_is_string(v))
			set(r, template_add(&r->page, at, list), field,
			    bytes_of(json_string_value(v)));
	}
}

/* --- certificates ------------------------------------------------------------ */

/* The state for people: what is valid may have ended, or end soon. */
static struct bytes
certificate_state(const json_t *o)
{
	struct bytes state = ask_get(o, "state");
	int64_t left = parts_int(o, "until") - time(NULL);

	if (bytes_equal(state, BYTES("revoked")))
		return state;
	if (left <= 0)
		return BYTES("ended");
	if (bytes_equal(state, BYTES("valid")) && left < SOON_DAYS * 24 * 3600)
		return BYTES("soon");
	return state;
}

void
parts_certificate(struct request *r, struct template_item *at, const json_t *o)
{
	static const char *const names[] = {"serial", "reason", "request"};
	struct bytes state = certificate_state(o);

	page_copy(r, at, o, names, NITEMS(names));
	set(r, at, "state", state);
	set(r, at, "usable",
	    bytes_equal(state, BYTES("valid")) || bytes_equal(state, BYTES("soon"))
		? BYTES("yes")
		: BYTES(""));
	page_time(r, at, "begin", parts_int(o, "begin"));
	page_time(r, at, "until", parts_int(o, "until"));
	set(r, at, "address",
	    bytes_of(json_string_value(json_array_get(json_object_get(o, "mail"), 0))));
	set_list(r, at, "addresses", "one", json_object_get(o, "mail"));
}

void
parts_certificates(
    struct request *r, struct template_item *at, const char *name, const json_t *list)
{
	size_t i;
	json_t *o;

	json_array_foreach((json_t *)list, i, o)
	{
		parts_certificate(r, template_add(&r->page, at, name), o);
	}
}

/* --- requests ---------------------------------------------------------------- */

/* The steps that people see; each is done from its state on. */
static const char *const steps[] = {"accepted", "made", "published", "mailed"};
static const struct {
	const char *state;
	size_t done;  /* steps */
	bool working; /* something is being done now */
} states[] = {
    {"waiting", 0, false},
    {"new", 1, true},
    {"prepared", 1, true},
    {"issued", 2, true},
    {"published", 3, true},
    {"done", 4, false},
};

static void
request_steps(struct request *r, struct template_item *at, struct bytes state)
{
	for (size_t i = 0; i < NITEMS(states); i++) {
		if (!bytes_equal(state, bytes_of(states[i].state)))
			continue;
		set(r, at, "working", states[i].working ? BYTES("yes") : BYTES(""));
		for (size_t k = 0; k < NITEMS(steps); k++) {
			struct template_item *step =
			    template_add(&r->page, at, "steps");

			set(r, step, "step", bytes_of(steps[k]));
			if (k < states[i].done)
				set(r, step, "done", BYTES("yes"));
			else if (k == states[i].done)
				set(r, step, "now", BYTES("yes"));
		}
	}
}

void
parts_request(struct request *r, struct template_item *at, const json_t *o)
{
	static const char *const names[] = {
	    "id", "state", "kind", "by", "problem", "form"};
	struct bytes state = ask_get(o, "state");

	page_copy(r, at, o, names, NITEMS(names));
	set(r, at, "number", page_format(r, "%lld", (long long)parts_int(o, "number")));
	set(r, at, "address",
	    bytes_of(json_string_value(json_array_get(json_object_get(o, "mail"), 0))));
	page_time(r, at, "begin", parts_int(o, "begin"));
	set_list(r, at, "delegates", "one", json_object_get(o, "delegates"));
	request_steps(r, at, state);
}

void
parts_requests(
    struct request *r, struct template_item *at, const char *name, const json_t *list)
{
	size_t i;
	json_t *o;

	json_array_foreach((json_t *)list, i, o)
	{
		parts_request(r, template_add(&r->page, at, name), o);
	}
}

/* --- deliveries and people --------------------------------------------------- */

void
parts_deliveries(
    struct request *r, struct template_item *at, const char *name, const json_t *list)
{
	static const char *const names[] = {
	    "link", "state", "address", "request", "recipient", "person"};
	size_t i;
	json_t *o;

	json_array_foreach((json_t *)list, i, o)
	{
		struct template_item *item = template_add(&r->page, at, name);

		page_copy(r, item, o, names, NITEMS(names));
		page_time(r, item, "until", parts_int(o, "until"));
	}
}

void
parts_people(
    struct request *r, struct template_item *at, const char *name, const json_t *list)
{
	static const char *const names[] = {
	    "person", "kind", "name", "mail", "problem"};
	const json_t *c, *q;
	size_t i;
	json_t *o;

	json_array_foreach((json_t *)list, i, o)
	{
		struct template_item *item = template_add(&r->page, at, name);

		page_copy(r, item, o, names, NITEMS(names));
		c = json_object_get(o, "certificate");
		q = json_object_get(o, "request");
		if (json_is_object(c))
			parts_certificate(
			    r, template_add(&r->page, item, "certificate"), c);
		if (json_is_object(q))
			parts_request(r, template_add(&r->page, item, "last"), q);
	}
}

/* --- PINs and files ---------------------------------------------------------- */

void
parts_pin(struct request *r, struct bytes pin)
{
	struct template_item *group = NULL;
	size_t in_group = 0;

	page_set(r, "pin", pin);
	for (size_t i = 0; i < pin.n; i++) {
		struct template_item *one;

		/* The dash belongs to the PIN, as it is typed. */
		if (pin.p[i] == '-') {
			if (group != NULL)
				set(r, group, "dash", BYTES("-"));
			continue;
		}
		if (in_group++ % PIN_GROUP == 0)
			group = template_add(&r->page, &r->page.root, "groups");
		one = template_add(&r->page, group, "chars");
		set(r, one, "char", (struct bytes){pin.p + i, 1});
		set(r, one, "word", bytes_of(spell_word((char)pin.p[i])));
	}
}

void
parts_file(struct request *r, const char *list, struct bytes name, struct bytes base64,
    struct bytes form, bool fitting)
{
	struct template_item *item = template_add(&r->page, &r->page.root, list);
	char token[GUARD_TOKEN_SIZE];

	set(r, item, "file_name", name);
	set(r, item, "data", base64);
	set(r, item, "form", form);
	set(r, item, "fitting", fitting ? BYTES("yes") : BYTES(""));
	if (guard_token_file(r, name, base64, token))
		set(r, item, "token", page_format(r, "%s", token));
}
