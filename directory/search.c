/*
 * Searching: contract in search.h. libldap's messages are read one by one and
 * become entries in an arena, so that nothing of libldap leaves this folder and
 * a long answer needs little memory.
 */
#include "directory/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/handle.h"

_Static_assert(SEARCH_SUB == LDAP_SCOPE_SUBTREE && SEARCH_BASE == LDAP_SCOPE_BASE &&
		   SEARCH_ONE == LDAP_SCOPE_ONELEVEL,
    "scopes as on the wire");

/* One search as it runs. */
struct running {
	struct connection *c;
	const struct search *s;
	search_entry_fn *fn;
	void *ctx;
	struct search_end *end;
	struct arena *arena;  /* where entries stay; NULL: until fn returns */
	struct berval cookie; /* of the page to ask for next */
	struct err *e;
};

/* --- a message becomes an entry ---------------------------------------------- */

static size_t
count_values(const struct berval *v)
{
	size_t n = 0;

	while (v != NULL && v[n].bv_val != NULL && n < ENTRY_MAX_VALUES)
		n++;
	return n;
}

/* A copy followed by NUL. */
static int
take_bytes(const struct berval *in, struct arena *a, struct bytes *out)
{
	uint8_t *p = arena_alloc(a, in->bv_len + 1);

	if (p == NULL)
		return ERR_MEMORY;
	memcpy(p, in->bv_val, in->bv_len);
	*out = (struct bytes){p, in->bv_len};
	return 0;
}

static int
take_attr(const struct berval *name, const struct berval *values, struct arena *a,
    struct entry_attr *out)
{
	size_t n = count_values(values);
	struct bytes *v = arena_alloc(a, (n + 1) * sizeof(*v)), text;

	if (v == NULL || take_bytes(name, a, &text) != 0)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++)
		if (take_bytes(&values[i], a, &v[i]) != 0)
			return ERR_MEMORY;
	*out = (struct entry_attr){(const char *)text.p, {v, n}};
	return 0;
}

/* Reads the next attribute: 1 read, 0 no more. */
static int
next_attr(LDAP *ld, LDAPMessage *msg, BerElement *ber, struct arena *a,
    struct entry_attr *out, struct err *e)
{
	struct berval name = {0, NULL};
	BerVarray values = NULL;
	int rc = ldap_get_attribute_ber(ld, msg, ber, &name, &values);

	if (rc != LDAP_SUCCESS)
		return err_set(e, ERR_SYNTAX, "an entry that cannot be decoded");
	if (name.bv_val == NULL)
		return 0;
	rc = take_attr(&name, values, a, out);
	ber_memfree(values);
	return rc == 0 ? 1 : err_set(e, rc, "no memory for an entry");
}

static int
take_attrs(LDAP *ld, LDAPMessage *msg, BerElement *ber, struct arena *a,
    struct entry *out, struct err *e)
{
	struct entry_attr attr[ENTRY_MAX_ATTRS], *kept;
	size_t n = 0;
	int rc = 0;

	while (
	    n < ENTRY_MAX_ATTRS && (rc = next_attr(ld, msg, ber, a, &attr[n], e)) == 1)
		n++;
	if (rc < 0)
		return rc;
	if ((kept = arena_alloc(a, (n + 1) * sizeof(*kept))) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for an entry");
	memcpy(kept, attr, n * sizeof(*kept));
	out->attr = kept;
	out->n_attr = n;
	return 0;
}

static int
take_entry(
    LDAP *ld, LDAPMessage *msg, struct arena *a, struct entry *out, struct err *e)
{
	BerElement *ber = NULL;
	struct berval bv;
	struct bytes dn;
	int rc;

	if (ldap_get_dn_ber(ld, msg, &ber, &bv) != LDAP_SUCCESS)
		return err_set(e, ERR_SYNTAX, "an entry that cannot be decoded");
	if (take_bytes(&bv, a, &dn) != 0) {
		ber_free(ber, 0);
		return err_set(e, ERR_MEMORY, "no memory for an entry");
	}
	out->dn = (const char *)dn.p;
	rc = take_attrs(ld, msg, ber, a, out, e);
	ber_free(ber, 0);
	return rc;
}

/* Hands one entry to the caller. */
static int
deliver(struct running *r, LDAPMessage *msg)
{
	struct arena own, *a = r->arena != NULL ? r->arena : &own;
	struct entry entry;
	int rc;

	if (++r->end->n_entries > SEARCH_MAX_ENTRIES)
		return err_set(r->e, ERR_LIMIT, "%s: more than %d entries", r->c->uri,
		    SEARCH_MAX_ENTRIES);
	if (a == &own)
		arena_init(a, NULL, 0, SEARCH_MAX_KEPT_BYTES);
	rc = take_entry(r->c->ld, msg, a, &entry, r->e);
	if (rc == 0)
		rc = r->fn(&entry, r->ctx);
	if (a == &own)
		arena_fini(a);
	return rc;
}

/* --- the end of a search ----------------------------------------------------- */

static void
end_text(struct search_end *end, const char *diagnostic)
{
	bool more = diagnostic != NULL && *diagnostic != '\0';

	snprintf(end->text, sizeof(end->text), "%s (%d)%s%.180s",
	    ldap_err2string(end->code), end->code, more ? ": " : "",
	    more ? diagnostic : "");
}

/* Keeps the cookie of the page that follows; none means the last one. */
static void
take_cookie(struct running *r, LDAPControl **controls)
{
	LDAPControl *page =
	    ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	ber_int_t estimate;

	ber_memfree(r->cookie.bv_val);
	r->cookie = (struct berval){0, NULL};
	if (page != NULL)
		ldap_parse_pageresponse_control(r->c->ld, page, &estimate, &r->cookie);
}

static int
finish(struct running *r, LDAPMessage *msg)
{
	LDAPControl **controls = NULL;
	char *text = NULL;
	int code, rc;

	rc = ldap_parse_result(r->c->ld, msg, &code, NULL, &text, NULL, &controls, 0);
	if (rc != LDAP_SUCCESS)
		return handle_failed(r->c, rc, "search", r->e);
	r->end->code = code;
	end_text(r->end, text);
	take_cookie(r, controls);
	ldap_controls_free(controls);
	ldap_memfree(text);
	return 0;
}

/* --- running ----------------------------------------------------------------- */

static int
page_control(struct running *r, LDAPControl **out)
{
	*out = NULL;
	if (!r->s->paged)
		return LDAP_SUCCESS;
	return ldap_create_page_control(r->c->ld, SEARCH_PAGE, &r->cookie, 0, out);
}

static int
begin(struct running *r, int *id_out)
{
	struct timeval limit = {.tv_sec = r->s->time_limit};
	LDAPControl *controls[2] = {NULL, NULL};
	int rc;

	ldap_set_option(r->c->ld, LDAP_OPT_DEREF, &r->s->deref);
	rc = page_control(r, &controls[0]);
	/* libldap encodes a time limit of none when it gets no timeout. */
	if (rc == LDAP_SUCCESS)
		rc = ldap_search_ext(r->c->ld, r->s->base, (int)r->s->scope,
		    r->s->filter, (char **)r->s->attrs, 0, controls, NULL,
		    r->s->time_limit > 0 ? &limit : NULL, r->s->size_limit, id_out);
	ldap_control_free(controls[0]);
	if (rc == LDAP_FILTER_ERROR)
		return err_set(r->e, ERR_USAGE, "not a filter: %.200s", r->s->filter);
	return rc == LDAP_SUCCESS ? 0 : handle_failed(r->c, rc, "search", r->e);
}

enum step {
	STEP_LAST,
	STEP_MORE
};

/* Takes one message. An error, or what the caller's function says to stop with,
 * goes to *rc_out. */
static enum step
step(struct running *r, int id, int *rc_out)
{
	struct timeval wait = {.tv_sec = (time_t)r->c->wait};
	LDAPMessage *msg = NULL;
	int type = ldap_result(r->c->ld, id, LDAP_MSG_ONE, &wait, &msg);

	*rc_out = 0;
	switch (type) {
	case LDAP_RES_SEARCH_ENTRY:
		*rc_out = deliver(r, msg);
		break;
	case LDAP_RES_SEARCH_RESULT:
		*rc_out = finish(r, msg);
		break;
	case LDAP_RES_SEARCH_REFERENCE: /* counted, not followed */
		*rc_out = ++r->end->n_references > SEARCH_MAX_ENTRIES ? ERR_LIMIT : 0;
		break;
	case 0:
		*rc_out = handle_failed(r->c, LDAP_TIMEOUT, "search", r->e);
		break;
	case -1:
		*rc_out = handle_failed(r->c, LDAP_SERVER_DOWN, "search", r->e);
		break;
	default: /* an unsolicited or intermediate message says nothing to us */
		break;
	}
	ldap_msgfree(msg);
	return type == LDAP_RES_SEARCH_RESULT || *rc_out != 0 ? STEP_LAST : STEP_MORE;
}

/* One page, or all. */
static int
run_once(struct running *r)
{
	int id, rc;

	deadline_set(&r->c->deadline, CONNECTION_QUESTION_SECONDS);
	rc = begin(r, &id);
	if (rc != 0)
		return rc;
	while (step(r, id, &rc) == STEP_MORE)
		continue;
	if (rc != 0)
		ldap_abandon_ext(r->c->ld, id, NULL, NULL);
	return rc;
}

static int
run_pages(struct running *r)
{
	int rc;

	*r->end = (struct search_end){.code = SEARCH_SUCCESS};
	do
		rc = run_once(r);
	while (rc == 0 && r->end->code == SEARCH_SUCCESS && r->cookie.bv_len > 0);
	ber_memfree(r->cookie.bv_val);
	return rc;
}

int
search_each(struct connection *c, const struct search *s, search_entry_fn *fn,
    void *ctx, struct search_end *end, struct err *e)
{
	struct running r = {.c = c, .s = s, .fn = fn, .ctx = ctx, .end = end, .e = e};

	return run_pages(&r);
}

/* --- kept -------------------------------------------------------------------- */

static int
keep(const struct entry *entry, void *ctx)
{
	struct search_result *r = ctx;

	if (r->n >= SEARCH_MAX_KEPT)
		return ERR_LIMIT;
	r->entry[r->n++] = *entry;
	return 0;
}

int
search_more(struct connection *c, const struct search *s, struct search_result *out,
    struct err *e)
{
	struct running r = {.c = c, .s = s, .fn = keep, .ctx = out, .e = e};
	int rc;

	r.arena = &out->arena;
	r.end = &out->end;
	rc = run_pages(&r);
	if (rc == ERR_LIMIT)
		err_set(e, rc, "%s: an answer of more than %d entries", c->uri,
		    SEARCH_MAX_KEPT);
	return rc;
}

int
search_all(struct connection *c, const struct search *s, struct search_result *out,
    struct err *e)
{
	*out = (struct search_result){.n = 0};
	arena_init(&out->arena, NULL, 0, SEARCH_MAX_KEPT_BYTES);
	if ((out->entry = calloc(SEARCH_MAX_KEPT, sizeof(*out->entry))) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a search");
	return search_more(c, s, out, e);
}

void
search_result_fini(struct search_result *r)
{
	arena_fini(&r->arena);
	free(r->entry);
	r->entry = NULL;
	r->n = 0;
}
