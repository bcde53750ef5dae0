/*
 * The registry (contract in registry.h): containers, one record, many. How records
 * are kept stands in registry_table.c.
 */
#include "directory/registry.h"

#include <stdio.h>

#include "core/escape.h"
#include "core/isotime.h"
#include "directory/layout.h"
#include "directory/modify.h"
#include "directory/registry_parts.h"
#include "directory/write.h"

enum {
	VALUE_MAX = 512, /* bytes of a value in a filter */
	FILTER_MAX = 8 * ESCAPE_MAX(VALUE_MAX),
	CSN_FILTER_MAX = ESCAPE_MAX(128) + 16,
};

/* --- containers --------------------------------------------------------------------
 */

/* "ou=requests,ou=registry" below the suffix; 1 made, 0 there already, ERR_*. */
static int
make_unit(struct connection *c, const char *suffix, const char *unit, struct err *e)
{
	struct bytes name = {(const uint8_t *)unit + 3, strcspn(unit + 3, ",")};
	struct fields f = FIELDS_NONE;
	char dn[LAYOUT_DN_MAX];
	int rc = layout_container(unit, suffix, dn, e);

	if (rc != 0)
		return rc;
	fields_text(&f, "objectClass", BYTES("organizationalUnit"));
	fields_text(&f, "ou", name);
	return fields_add(c, dn, &f, e);
}

int
registry_open(struct connection *c, const char *suffix, struct err *e)
{
	int rc = make_unit(c, suffix, LAYOUT_REGISTRY, e);

	for (size_t i = 0; i < REGISTRY__MAX && rc >= 0; i++)
		rc = make_unit(c, suffix, registry_kept[i].container, e);
	return rc < 0 ? rc : 0;
}

/* --- one ----------------------------------------------------------------------------
 */

static int
entry_dn(struct bytes id, const char *suffix, enum registry_class class, char *out,
    struct err *e)
{
	if (id.n == 0 || id.n > REGISTRY_ID_MAX)
		return err_set(e, ERR_LIMIT, "an id of %zu bytes, want at most %d",
		    id.n, REGISTRY_ID_MAX);
	return layout_entry(
	    "chanceryId", id, registry_kept[class].container, suffix, out, e);
}

static int
refused(
    struct connection *c, const char *dn, const struct search_end *end, struct err *e)
{
	return err_set(
	    e, ERR_DIRECTORY, "%s: %.200s: %s", connection_uri(c), dn, end->text);
}

int
registry_get(struct connection *c, const char *suffix, enum registry_class class,
    struct bytes id, struct search_result *store, void *out, struct err *e)
{
	char dn[LAYOUT_DN_MAX];
	struct search s = {.base = dn,
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = registry_attrs};
	int rc;

	*store = (struct search_result){.n = 0};
	if ((rc = entry_dn(id, suffix, class, dn, e)) != 0 ||
	    (rc = search_all(c, &s, store, e)) != 0)
		return rc;
	if (store->end.code == SEARCH_NO_SUCH_OBJECT ||
	    (store->end.code == SEARCH_SUCCESS && store->n == 0))
		return err_set(e, ERR_NOT_FOUND, "%.200s is not there", dn);
	if (store->end.code != SEARCH_SUCCESS)
		return refused(c, dn, &store->end, e);
	return registry_from_entry(&store->entry[0], class, out, e);
}

int
registry_add(struct connection *c, const char *suffix, enum registry_class class,
    const void *record, struct err *e)
{
	const struct registry_head *head = record;
	struct fields f = FIELDS_NONE;
	char dn[LAYOUT_DN_MAX];
	int rc = entry_dn(head->id, suffix, class, dn, e);

	if (rc != 0)
		return rc;
	registry_to_fields(record, class, &f);
	return fields_add(c, dn, &f, e);
}

/* "(entryCSN=...)": as it was read. */
static int
unchanged(const struct registry_head *head, char out[CSN_FILTER_MAX], struct err *e)
{
	char csn[ESCAPE_MAX(128)];

	if (head->csn.n == 0 || head->csn.n > 128)
		return err_set(e, ERR_USAGE, "%.200s was not read", head->dn);
	escape_filter(head->csn, csn);
	snprintf(out, CSN_FILTER_MAX, "(entryCSN=%s)", csn);
	return 0;
}

int
registry_change(struct connection *c, const struct registry_head *head,
    const struct fields *f, struct err *e)
{
	char filter[CSN_FILTER_MAX];
	int rc = unchanged(head, filter, e);

	return rc != 0 ? rc : fields_change(c, head->dn, filter, f, e);
}

int
registry_delete(struct connection *c, const struct registry_head *head, struct err *e)
{
	char filter[CSN_FILTER_MAX];
	int rc = unchanged(head, filter, e);

	return rc != 0 ? rc : modify_delete(c, head->dn, filter, e);
}

/* --- filters ------------------------------------------------------------------------
 */

struct filter {
	char text[FILTER_MAX];
	size_t n;
	bool full;
};

static void
put(struct filter *f, const char *text)
{
	size_t n = strlen(text);

	if (f->n + n >= sizeof(f->text)) {
		f->full = true;
		return;
	}
	memcpy(f->text + f->n, text, n + 1);
	f->n += n;
}

static void
put_value(struct filter *f, const char *attr, const char *how, struct bytes value)
{
	char escaped[ESCAPE_MAX(VALUE_MAX)];

	if (value.n == 0)
		return;
	if (value.n > VALUE_MAX) {
		f->full = true;
		return;
	}
	escape_filter(value, escaped);
	put(f, "(");
	put(f, attr);
	put(f, how);
	put(f, escaped);
	put(f, ")");
}

static void
put_time(struct filter *f, const char *attr, const char *how, int64_t seconds)
{
	char text[ISOTIME_SIZE];

	if (seconds != 0)
		put_value(f, attr, how, bytes_of(isotime_general(seconds, text)));
}

static void
put_states(struct filter *f, const struct registry_where *w)
{
	if (w->state[0] == NULL)
		return;
	put(f, "(|");
	for (size_t i = 0; i < REGISTRY_STATES_MAX && w->state[i] != NULL; i++)
		put_value(f, "chanceryState", "=", bytes_of(w->state[i]));
	put(f, ")");
}

static int
make_filter(const struct registry_where *w, enum registry_class class, struct filter *f,
    struct err *e)
{
	f->n = 0;
	f->full = false;
	put(f, "(&");
	put_value(f, "chanceryLink", "=", w->link);
	put_value(f, "chanceryPersonId", "=", w->person);
	put_value(f, "chanceryRequestId", "=", w->request);
	put_value(f, "chancerySerial", "=", w->serial);
	put_value(f, "chanceryKind", "=", w->kind);
	put_value(f, "mail", "=", w->mail);
	put_value(f, "chanceryBy", "=", w->by);
	put_states(f, w);
	put_time(f, "chanceryNext", "<=", w->due);
	put_time(f, "chanceryUntil", "<=", w->ended);
	put_time(f, "chanceryBegin", ">=", w->since);
	put_time(f, "chanceryUntil", ">=", w->after);
	/* A list of nothing is not a filter to every server. */
	put_value(f, "objectClass", "=", bytes_of(registry_kept[class].object_class));
	put(f, ")");
	return f->full ? err_set(e, ERR_LIMIT, "too long a question to the registry")
		       : 0;
}

/* --- many
 * ----------------------------------------------------------------------------- */

struct each {
	enum registry_class class;
	registry_fn *fn;
	void *ctx;
};

static int
each_entry(const struct entry *entry, void *ctx)
{
	union {
		struct registry_request request;
		struct registry_certificate certificate;
		struct registry_key key;
		struct registry_token token;
	} record;
	struct each *each = ctx;

	if (registry_from_entry(entry, each->class, &record, NULL) != 0)
		return 0;
	return each->fn(&record, each->ctx);
}

/* base has room for LAYOUT_DN_MAX. */
static int
question(const char *suffix, enum registry_class class,
    const struct registry_where *where, struct filter *f, char *base, struct search *s,
    struct err *e)
{
	int rc = make_filter(where, class, f, e);

	*s = (struct search){.base = base,
	    .scope = SEARCH_ONE,
	    .filter = f->text,
	    .attrs = registry_attrs,
	    .paged = true};
	return rc != 0
		   ? rc
		   : layout_container(registry_kept[class].container, suffix, base, e);
}

int
registry_each(struct connection *c, const char *suffix, enum registry_class class,
    const struct registry_where *where, registry_fn *fn, void *ctx, struct err *e)
{
	struct each each = {class, fn, ctx};
	struct filter f;
	char base[LAYOUT_DN_MAX];
	struct search_end end;
	struct search s;
	int rc = question(suffix, class, where, &f, base, &s, e);

	if (rc == 0)
		rc = search_each(c, &s, each_entry, &each, &end, e);
	if (rc != 0 || end.code == SEARCH_SUCCESS || end.code == SEARCH_NO_SUCH_OBJECT)
		return rc;
	return refused(c, base, &end, e);
}

/* What was found, as an array of the class's structs; those that mean nothing are
 * left out. */
static int
keep_records(struct search_result *store, enum registry_class class, void *out,
    size_t *n_out, struct err *e)
{
	size_t size = registry_kept[class].size;
	char *list = arena_alloc(&store->arena, (store->n + 1) * size);

	*n_out = 0;
	*(void **)out = list;
	if (list == NULL)
		return err_set(e, ERR_MEMORY, "no memory for records");
	for (size_t i = 0; i < store->n; i++)
		if (registry_from_entry(
			&store->entry[i], class, list + *n_out * size, NULL) == 0)
			++*n_out;
	return 0;
}

int
registry_find(struct connection *c, const char *suffix, enum registry_class class,
    const struct registry_where *where, struct search_result *store, void *out,
    size_t *n_out, struct err *e)
{
	struct filter f;
	char base[LAYOUT_DN_MAX];
	struct search s;
	int rc;

	*store = (struct search_result){.n = 0};
	*n_out = 0;
	if ((rc = question(suffix, class, where, &f, base, &s, e)) != 0 ||
	    (rc = search_all(c, &s, store, e)) != 0)
		return rc;
	if (store->end.code != SEARCH_SUCCESS &&
	    store->end.code != SEARCH_NO_SUCH_OBJECT)
		return refused(c, base, &store->end, e);
	return keep_records(store, class, out, n_out, e);
}
