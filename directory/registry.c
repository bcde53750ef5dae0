/*
 * The registry's entries as structs (contract in registry.h): one table of attributes a
 * class, read in both directions. Decides nothing. Called by the clerk.
 */
#include "directory/registry.h"

#include <stdio.h>

#include "core/escape.h"
#include "core/isotime.h"
#include "directory/layout.h"
#include "directory/modify.h"
#include "directory/write.h"

enum {
	FILTER_SIZE = 4096,
	NUMBER_MAX = 18, /* digits */
	ATTRS_MOST = 32,
};

enum kind {
	TEXT,	/* struct bytes */
	VALUES, /* struct entry_values */
	TIME,	/* int64_t, 0 none */
	NUMBER, /* int64_t */
	REQUEST_STATE,
	CERTIFICATE_STATE,
};

struct column {
	const char *attr;
	enum kind kind;
	size_t at;
};

#define Q(a, k, f)                                                                     \
	{                                                                              \
		a, k, offsetof(struct registry_request, f)                             \
	}
#define C(a, k, f)                                                                     \
	{                                                                              \
		a, k, offsetof(struct registry_certificate, f)                         \
	}
#define K(a, k, f)                                                                     \
	{                                                                              \
		a, k, offsetof(struct registry_key, f)                                 \
	}
#define T(a, k, f)                                                                     \
	{                                                                              \
		a, k, offsetof(struct registry_token, f)                               \
	}

static const struct column request_columns[] = {
    Q("chanceryState", REQUEST_STATE, state), Q("chanceryPersonId", TEXT, person),
    Q("chanceryKind", TEXT, kind), Q("chanceryForm", TEXT, form),
    Q("chanceryLanguage", TEXT, language), Q("chanceryBy", TEXT, by),
    Q("chanceryDelegate", VALUES, delegate), Q("mail", VALUES, mail),
    Q("givenName", TEXT, given), Q("sn", TEXT, surname),
    Q("displayName", TEXT, display), Q("chanceryBegin", TIME, begin),
    Q("chanceryUntil", TIME, until), Q("chanceryNext", TIME, next),
    Q("chanceryCount", NUMBER, count), Q("chancerySerial", TEXT, serial),
    Q("chanceryDer", TEXT, spki), Q("chanceryTbs", TEXT, tbs),
    Q("chancerySealed", TEXT, sealed), Q("chanceryReason", TEXT, reason),
    Q("chanceryProblem", TEXT, problem)};

static const struct column certificate_columns[] = {
    C("chanceryState", CERTIFICATE_STATE, state), C("chanceryPersonId", TEXT, person),
    C("chanceryRequestId", TEXT, request), C("chanceryKind", TEXT, kind),
    C("chanceryBy", TEXT, by), C("mail", VALUES, mail), C("displayName", TEXT, display),
    C("chanceryDer", TEXT, der), C("chanceryBegin", TIME, begin),
    C("chanceryUntil", TIME, until), C("chanceryNext", TIME, next),
    C("chanceryReason", TEXT, reason), C("chanceryRevokedAt", TIME, revoked_at),
    C("chanceryStage", VALUES, stage)};

static const struct column key_columns[] = {K("chanceryPersonId", TEXT, person),
    K("chancerySerial", TEXT, serial), K("chancerySealed", TEXT, sealed),
    K("chanceryUntil", TIME, until)};

static const struct column token_columns[] = {T("chanceryKind", TEXT, kind),
    T("chanceryState", TEXT, state), T("chanceryPersonId", TEXT, person),
    T("chanceryRequestId", TEXT, request), T("chanceryLink", TEXT, link),
    T("chanceryBy", TEXT, by), T("chancerySealed", TEXT, sealed),
    T("chancerySecret", TEXT, secret), T("chanceryBegin", TIME, begin),
    T("chanceryUntil", TIME, until), T("chanceryNext", TIME, next),
    T("chanceryCount", NUMBER, count), T("chanceryRole", VALUES, role),
    T("chanceryStage", VALUES, stage), T("chanceryText", TEXT, text),
    T("chanceryProblem", TEXT, problem), T("chanceryReason", TEXT, reason),
    T("chanceryLanguage", TEXT, language), T("chanceryForm", TEXT, form),
    T("mail", TEXT, mail), T("displayName", TEXT, display)};

static const struct {
	const char *name, *container;
	const struct column *column;
	size_t n, size;
} classes[] = {
    [REGISTRY_REQUEST] = {"chanceryRequest", "ou=requests," LAYOUT_REGISTRY,
	request_columns, NITEMS(request_columns), sizeof(struct registry_request)},
    [REGISTRY_CERTIFICATE] = {"chanceryCertificate", "ou=certificates," LAYOUT_REGISTRY,
	certificate_columns, NITEMS(certificate_columns),
	sizeof(struct registry_certificate)},
    [REGISTRY_KEY] = {"chanceryKey", "ou=keys," LAYOUT_REGISTRY, key_columns,
	NITEMS(key_columns), sizeof(struct registry_key)},
    [REGISTRY_TOKEN] = {"chanceryToken", "ou=tokens," LAYOUT_REGISTRY, token_columns,
	NITEMS(token_columns), sizeof(struct registry_token)},
};
_Static_assert(NITEMS(classes) == REGISTRY__MAX, "");

const char *const registry_attrs[] = {"*", "entryCSN", NULL};

/* --- one entry ----------------------------------------------------------------------
 */

static int
read_number(struct bytes text, int64_t *out)
{
	*out = 0;
	if (text.n == 0 || text.n > NUMBER_MAX)
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return ERR_SYNTAX;
		*out = *out * 10 + (text.p[i] - '0');
	}
	return 0;
}

static int
read_column(const struct column *c, struct entry_values v, void *out)
{
	void *field = (char *)out + c->at;
	enum request_state request_state;
	enum certificate_state certificate_state;
	int rc;

	switch (c->kind) {
	case VALUES:
		*(struct entry_values *)field = v;
		return 0;
	case TEXT:
		*(struct bytes *)field = v.n > 0 ? v.value[0] : (struct bytes){NULL, 0};
		return 0;
	case TIME:
		return v.n == 0 ? 0 : isotime_read_general(v.value[0], field);
	case NUMBER:
		return v.n == 0 ? 0 : read_number(v.value[0], field);
	case REQUEST_STATE:
		rc = v.n == 0 ? ERR_SYNTAX
			      : request_state_read(v.value[0], &request_state, NULL);
		if (rc == 0)
			*(enum request_state *)field = request_state;
		return rc;
	case CERTIFICATE_STATE:
		rc = v.n == 0
			 ? ERR_SYNTAX
			 : certificate_state_read(v.value[0], &certificate_state, NULL);
		if (rc == 0)
			*(enum certificate_state *)field = certificate_state;
		return rc;
	}
	return ERR_SYNTAX;
}

int
registry_from_entry(
    const struct entry *entry, enum registry_class class, void *out, struct err *e)
{
	struct registry_head *head = out; /* every struct begins with it */

	memset(out, 0, classes[class].size);
	*head = (struct registry_head){entry->dn, entry_first(entry, "chanceryId"),
	    entry_first(entry, "entryCSN")};
	if (head->id.n == 0 || head->csn.n == 0)
		return err_set(
		    e, ERR_SYNTAX, "%s: no chanceryId or entryCSN", entry->dn);
	for (size_t i = 0; i < classes[class].n; i++) {
		const struct column *c = &classes[class].column[i];

		if (read_column(c, entry_get(entry, c->attr), out) != 0)
			return err_set(
			    e, ERR_SYNTAX, "%s: %s means nothing", entry->dn, c->attr);
	}
	return 0;
}

static int
dn_of(const char *suffix, enum registry_class class, struct bytes id, char *out,
    struct err *e)
{
	return layout_entry("chanceryId", id, classes[class].container, suffix, out, e);
}

int
registry_get(struct connection *c, const char *suffix, enum registry_class class,
    struct bytes id, struct search_result *store, void *out, struct err *e)
{
	char dn[LAYOUT_DN_MAX];
	const struct search q = {.base = dn,
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = registry_attrs};
	int rc;

	*store = (struct search_result){.n = 0};
	if (id.n > REGISTRY_ID_MAX)
		return err_set(e, ERR_NOT_FOUND, "no such entry of the registry");
	if ((rc = dn_of(suffix, class, id, dn, e)) != 0 ||
	    (rc = search_all(c, &q, store, e)) != 0)
		return rc;
	if (store->end.code == SEARCH_NO_SUCH_OBJECT || store->n == 0)
		return err_set(e, ERR_NOT_FOUND, "%s: there is no such entry", dn);
	if (store->end.code != SEARCH_SUCCESS)
		return err_set(e, ERR_DIRECTORY, "%s: %s", dn, store->end.text);
	return registry_from_entry(&store->entry[0], class, out, e);
}

static void
put_column(struct fields *f, const struct column *c, const void *record)
{
	const void *field = (const char *)record + c->at;

	switch (c->kind) {
	case VALUES:
		fields_values(f, c->attr, *(const struct entry_values *)field);
		break;
	case TEXT:
		fields_text(f, c->attr, *(const struct bytes *)field);
		break;
	case TIME:
		fields_time(f, c->attr, *(const int64_t *)field);
		break;
	case NUMBER:
		fields_number(f, c->attr, *(const int64_t *)field);
		break;
	case REQUEST_STATE:
		fields_text(f, c->attr,
		    bytes_of(request_state_word(*(const enum request_state *)field)));
		break;
	case CERTIFICATE_STATE:
		fields_text(f, c->attr,
		    bytes_of(certificate_state_word(
			*(const enum certificate_state *)field)));
		break;
	}
}

int
registry_add(struct connection *c, const char *suffix, enum registry_class class,
    const void *record, struct err *e)
{
	const struct registry_head *head = record;
	struct fields f = FIELDS_NONE;
	char dn[LAYOUT_DN_MAX];
	int rc = dn_of(suffix, class, head->id, dn, e);

	if (rc != 0)
		return rc;
	fields_text(&f, "objectClass", bytes_of(classes[class].name));
	fields_text(&f, "chanceryId", head->id);
	for (size_t i = 0; i < classes[class].n; i++)
		put_column(&f, &classes[class].column[i], record);
	return fields_add(c, dn, &f, e);
}

/* "(entryCSN=...)": as it was read. */
static void
as_read(const struct registry_head *head, char out[256])
{
	snprintf(out, 256, "(entryCSN=%.*s)",
	    (int)(head->csn.n < 200 ? head->csn.n : 200), (const char *)head->csn.p);
}

int
registry_change(struct connection *c, const struct registry_head *head,
    const struct fields *f, struct err *e)
{
	char filter[256];

	as_read(head, filter);
	return fields_change(c, head->dn, filter, f, e);
}

int
registry_delete(struct connection *c, const struct registry_head *head, struct err *e)
{
	char filter[256];

	as_read(head, filter);
	return modify_delete(c, head->dn, filter, e);
}

/* --- containers ---------------------------------------------------------------------
 */

int
registry_open(struct connection *c, const char *suffix, struct err *e)
{
	const struct bytes class = BYTES("organizationalUnit");

	for (size_t i = 0; i < REGISTRY__MAX; i++) {
		const char *name = classes[i].container + strlen("ou=");
		struct bytes ou = {(const uint8_t *)name, strcspn(name, ",")};
		const struct write_attr attr[] = {
		    {"objectClass", {&class, 1}}, {"ou", {&ou, 1}}};
		char dn[LAYOUT_DN_MAX];
		int rc = layout_container(classes[i].container, suffix, dn, e);

		if (rc != 0 || (rc = write_entry(c, dn, attr, NITEMS(attr), e)) < 0)
			return rc;
	}
	return 0;
}

/* --- many ---------------------------------------------------------------------------
 */

struct filter {
	char text[FILTER_SIZE];
	size_t n;
	bool full;
};

static void
filter_add(struct filter *f, const char *attr, const char *how, struct bytes value)
{
	if (value.n == 0)
		return;
	if (f->n + strlen(attr) + ESCAPE_MAX(value.n) + 8 > FILTER_SIZE) {
		f->full = true;
		return;
	}
	f->n +=
	    (size_t)snprintf(f->text + f->n, FILTER_SIZE - f->n, "(%s%s", attr, how);
	f->n += escape_filter(value, f->text + f->n);
	f->n += (size_t)snprintf(f->text + f->n, FILTER_SIZE - f->n, ")");
}

static void
filter_time(struct filter *f, const char *attr, const char *how, int64_t t)
{
	char text[ISOTIME_SIZE];

	if (t != 0)
		filter_add(f, attr, how, bytes_of(isotime_general(t, text)));
}

static int
make_filter(const struct registry_where *w, enum registry_class class, struct filter *f,
    struct err *e)
{
	*f = (struct filter){.n = 0};
	f->n = (size_t)snprintf(f->text, FILTER_SIZE, "(&");
	filter_add(f, "objectClass", "=", bytes_of(classes[class].name));
	if (w->state[0] != NULL) {
		f->n += (size_t)snprintf(f->text + f->n, FILTER_SIZE - f->n, "(|");
		for (size_t i = 0; i < REGISTRY_STATES_MAX && w->state[i] != NULL; i++)
			filter_add(f, "chanceryState", "=", bytes_of(w->state[i]));
		f->n += (size_t)snprintf(f->text + f->n, FILTER_SIZE - f->n, ")");
	}
	filter_add(f, "chanceryPersonId", "=", w->person);
	filter_add(f, "chanceryKind", "=", w->kind);
	filter_add(f, "chanceryRequestId", "=", w->request);
	filter_add(f, "chanceryLink", "=", w->link);
	filter_add(f, "mail", "=", w->mail);
	filter_add(f, "chancerySerial", "=", w->serial);
	filter_add(f, "chanceryBy", "=", w->by);
	filter_time(f, "chanceryNext", "<=", w->due);
	filter_time(f, "chanceryUntil", "<=", w->ended);
	filter_time(f, "chanceryBegin", ">=", w->since);
	filter_time(f, "chanceryUntil", ">=", w->after);
	if (f->full || f->n + 2 > FILTER_SIZE)
		return err_set(e, ERR_LIMIT, "too long a question to the registry");
	memcpy(f->text + f->n, ")", 2);
	return 0;
}

struct each {
	enum registry_class class;
	registry_fn *fn;
	void *ctx;
};

union any {
	struct registry_request request;
	struct registry_certificate certificate;
	struct registry_key key;
	struct registry_token token;
};

static int
take_entry(const struct entry *entry, void *ctx)
{
	struct each *each = ctx;
	union any record;

	if (registry_from_entry(entry, each->class, &record, NULL) != 0)
		return 0;
	return each->fn(&record, each->ctx);
}

static int
check_end(const struct search_end *end, struct err *e)
{
	if (end->code == SEARCH_SUCCESS)
		return 0;
	return err_set(e, ERR_DIRECTORY, "the registry: %s", end->text);
}

int
registry_each(struct connection *c, const char *suffix, enum registry_class class,
    const struct registry_where *where, registry_fn *fn, void *ctx, struct err *e)
{
	char base[LAYOUT_DN_MAX];
	struct filter filter;
	const struct search q = {.base = base,
	    .scope = SEARCH_ONE,
	    .filter = filter.text,
	    .attrs = registry_attrs,
	    .paged = true};
	struct each each = {class, fn, ctx};
	struct search_end end;
	int rc;

	if ((rc = layout_container(classes[class].container, suffix, base, e)) != 0 ||
	    (rc = make_filter(where, class, &filter, e)) != 0 ||
	    (rc = search_each(c, &q, take_entry, &each, &end, e)) != 0)
		return rc;
	return check_end(&end, e);
}

int
registry_find(struct connection *c, const char *suffix, enum registry_class class,
    const struct registry_where *where, struct search_result *store, void *out,
    size_t *n_out, struct err *e)
{
	char base[LAYOUT_DN_MAX], *records;
	struct filter filter;
	const struct search q = {.base = base,
	    .scope = SEARCH_ONE,
	    .filter = filter.text,
	    .attrs = registry_attrs,
	    .paged = true};
	int rc;

	*n_out = 0;
	*store = (struct search_result){.n = 0};
	if ((rc = layout_container(classes[class].container, suffix, base, e)) != 0 ||
	    (rc = make_filter(where, class, &filter, e)) != 0 ||
	    (rc = search_all(c, &q, store, e)) != 0 ||
	    (rc = check_end(&store->end, e)) != 0)
		return rc;
	records = arena_alloc(&store->arena, (store->n + 1) * classes[class].size);
	if (records == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the registry's answer");
	for (size_t i = 0; i < store->n; i++)
		if (registry_from_entry(&store->entry[i], class,
			records + *n_out * classes[class].size, NULL) == 0)
			++*n_out;
	*(void **)out = records;
	return 0;
}
