/*
 * Questions to the company directory (contract in company.h): who is it, is the
 * password right, which groups, all of them. Called by the clerk.
 */
#include "directory/company.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/escape.h"
#include "core/utf8.h"
#include "directory/dn.h"
#include "directory/handle.h"
#include "directory/layout.h"

/* LDAP_MATCHING_RULE_IN_CHAIN: MS-ADTS section 3.1.1.3.4.4.3. */
#define RULE_IN_CHAIN "1.2.840.113556.1.4.1941"

enum {
	FILTER_MAX = 16 * 1024,
	GROUPS_MAX = 32,
	CONTROL_END = 0x20, /* the first character that is none */
	DELETE = 0x7f
};

/* A filter as it is put together; what does not fit is remembered. */
struct filter {
	char text[FILTER_MAX];
	size_t n;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void
add(struct filter *f, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(f->text + f->n, sizeof(f->text) - f->n, fmt, ap);
	va_end(ap);
	f->full |= n < 0 || (size_t)n >= sizeof(f->text) - f->n;
	if (!f->full)
		f->n += (size_t)n;
}

/* A refusal that may be none in a moment is no answer. */
static int
code_kind(int code)
{
	return code == SEARCH_BUSY || code == SEARCH_UNAVAILABLE ||
		       code == SEARCH_TIME_LIMIT
		   ? ERR_IO
		   : ERR_DIRECTORY;
}

/* --- asking ----------------------------------------------------------------------- */

static int
ask(struct connection *c, const char *base, enum search_scope scope, const char *filter,
    const char *const *attrs, struct search_result *store, struct err *e)
{
	const struct search s = {.base = base,
	    .scope = scope,
	    .filter = filter,
	    .attrs = attrs,
	    .size_limit = 2,
	    .time_limit = COMPANY_SECONDS};
	int rc = search_all(c, &s, store, e);
	int code = store->end.code;

	if (rc != 0)
		return rc;
	if (code == SEARCH_SUCCESS || code == SEARCH_SIZE_LIMIT)
		return 0;
	return err_set(e, code_kind(code), "%s: the search below %.200s failed: %s",
	    connection_uri(c), base, store->end.text);
}

/* Exactly one: 1, 0 (none or several), ERR_*. */
static int
ask_one(struct connection *c, const struct company *co, const struct filter *f,
    struct search_result *store, struct company_entry *out, struct err *e)
{
	int rc;

	if (f->full)
		return err_set(
		    e, ERR_LIMIT, "a filter of more than %d bytes", FILTER_MAX - 1);
	rc = ask(c, co->how.base, SEARCH_SUB, f->text, co->attrs, store, e);
	if (rc != 0 || store->n != 1 || store->end.code != SEARCH_SUCCESS)
		return rc;
	rc = company_from_entry(co, &store->entry[0], &store->arena, out, e);
	return rc == 0 ? 1 : rc;
}

static bool
is_user_name(struct bytes user)
{
	if (user.n == 0 || user.n > COMPANY_USER_MAX || !utf8_valid(user))
		return false;
	for (size_t i = 0; i < user.n; i++)
		if (user.p[i] < CONTROL_END || user.p[i] == DELETE)
			return false;
	return true;
}

int
company_find_login(struct connection *c, const struct company *co, struct bytes user,
    struct search_result *store, struct company_entry *out, struct err *e)
{
	char escaped[ESCAPE_MAX(COMPANY_USER_MAX)];
	struct filter f = {.n = 0};

	*store = (struct search_result){.n = 0};
	if (!is_user_name(user))
		return 0;
	escape_filter(user, escaped);
	add(&f, "(&%s(|", co->how.people);
	for (size_t i = 0; i < co->how.n_login; i++)
		add(&f, "(%s=%s)", co->how.login[i], escaped);
	add(&f, "))");
	return ask_one(c, co, &f, store, out, e);
}

/* The octets of objectGUID, each escaped: the order of company_id_read, undone. */
static void
add_octets(struct filter *f, const char *id)
{
	static const int order[] = {
	    3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

	for (size_t i = 0; i < NITEMS(order); i++)
		add(f, "\\%.2s", id + 2 * order[i]);
}

int
company_get(struct connection *c, const struct company *co, struct bytes id,
    struct search_result *store, struct company_entry *out, struct err *e)
{
	char t[COMPANY_ID_TEXT + 1];
	struct filter f = {.n = 0};
	const char *name = co->how.id;

	*store = (struct search_result){.n = 0};
	if (company_id_read(id, false, t) != 0)
		return 0;
	add(&f, "(&%s", co->how.people);
	if (co->binary_id) {
		add(&f, "(%s=", name);
		add_octets(&f, t);
		add(&f, "))");
	} else {
		add(&f, "(|(%s=%.8s-%.4s-%.4s-%.4s-%s)(%s=%s)))", name, t, t + 8,
		    t + 12, t + 16, t + 20, name, t);
	}
	return ask_one(c, co, &f, store, out, e);
}

int
company_find_address(struct connection *c, const struct company *co,
    struct bytes address, struct search_result *store, struct company_entry *out,
    struct err *e)
{
	char escaped[ESCAPE_MAX(COMPANY_USER_MAX)];
	struct filter f = {.n = 0};

	*store = (struct search_result){.n = 0};
	if (!is_user_name(address))
		return 0;
	escape_filter(address, escaped);
	add(&f, "(&%s(|(%s=%s)", co->how.people, co->how.mail, escaped);
	if (co->how.aliases[0] != '\0')
		add(&f, "(%s=smtp:%s)(%s=%s)", co->how.aliases, escaped,
		    co->how.aliases, escaped);
	add(&f, "))");
	return ask_one(c, co, &f, store, out, e);
}

int
company_get_dn(struct connection *c, const struct company *co, struct bytes dn,
    struct search_result *store, struct company_entry *out, struct err *e)
{
	int rc;

	*store = (struct search_result){.n = 0};
	rc = ask(
	    c, (const char *)dn.p, SEARCH_BASE, co->how.people, co->attrs, store, e);
	if (rc == ERR_DIRECTORY && (store->end.code == SEARCH_NO_SUCH_OBJECT ||
				       store->end.code == SEARCH_INVALID_DN))
		return 0;
	if (rc != 0 || store->n != 1)
		return rc;
	rc = company_from_entry(co, &store->entry[0], &store->arena, out, e);
	return rc == 0 ? 1 : rc == ERR_SYNTAX ? 0 : rc;
}

/* --- groups ----------------------------------------------------------------------- */

static bool
is_on_entry(const char *member)
{
	struct bytes m = bytes_of(member);

	return bytes_equal_nocase(m, BYTES("memberOf")) ||
	       bytes_equal_nocase(m, BYTES("isMemberOf"));
}

/* Whether `base` itself matches (NAME=VALUE); one that is not there does not. */
static int
ask_base(struct connection *c, const char *base, const char *name, struct bytes value,
    bool *out, struct err *e)
{
	static const char *const none[] = {"1.1", NULL}; /* RFC 4511 4.5.1.8 */
	struct search_result store = {.n = 0};
	struct filter f = {.n = 0};
	char *escaped = malloc(ESCAPE_MAX(value.n));
	int rc;

	if (escaped == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a filter");
	escape_filter(value, escaped);
	add(&f, "(%s=%s)", name, escaped);
	free(escaped);
	if (f.full)
		return err_set(e, ERR_LIMIT, "a DN of %zu bytes", value.n);
	rc = ask(c, base, SEARCH_BASE, f.text, none, &store, e);
	*out = rc == 0 && store.n > 0;
	if (rc == ERR_DIRECTORY && store.end.code == SEARCH_NO_SUCH_OBJECT)
		rc = 0;
	search_result_fini(&store);
	return rc;
}

static int
is_in_group(struct connection *c, const struct company *co,
    const struct company_entry *entry, const char *group, bool *out, struct err *e)
{
	const char *member = co->how.member;
	bool uid = bytes_equal_nocase(bytes_of(member), BYTES("memberUid"));
	char in_chain[64];

	*out = false;
	if (!is_on_entry(member))
		return ask_base(
		    c, group, member, uid ? entry->login : bytes_of(entry->dn), out, e);
	for (size_t i = 0; i < entry->groups.n && !*out; i++)
		*out = dn_equal((const char *)entry->groups.value[i].p, group);
	if (*out || !co->how.nested)
		return 0;
	snprintf(in_chain, sizeof(in_chain), "%.20s:%s:", member, RULE_IN_CHAIN);
	return ask_base(c, entry->dn, in_chain, bytes_of(group), out, e);
}

int
company_groups(struct connection *c, const struct company *co,
    const struct company_entry *entry, const char *const *group, size_t n,
    uint32_t *out, struct err *e)
{
	int rc = 0;
	bool in;

	*out = 0;
	if (n > GROUPS_MAX)
		return err_set(
		    e, ERR_LIMIT, "%zu groups, want at most %d", n, GROUPS_MAX);
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = is_in_group(c, co, entry, group[i], &in, e);
		if (rc == 0 && in)
			*out |= 1u << i;
	}
	return rc;
}

/* --- a login ---------------------------------------------------------------------- */

/* Active Directory says in words why it refused; these come only after the right
 * password (MS-ERREF: ERROR_PASSWORD_EXPIRED 532 hex, ACCOUNT_DISABLED 533,
 * ACCOUNT_EXPIRED 701, PASSWORD_MUST_CHANGE 773). */
static enum company_login
why_refused(const char *text)
{
	static const struct {
		const char *data;
		enum company_login why;
	} reasons[] = {
	    {"data 532,", COMPANY_EXPIRED},
	    {"data 533,", COMPANY_DISABLED},
	    {"data 701,", COMPANY_DISABLED},
	    {"data 773,", COMPANY_EXPIRED},
	};

	for (size_t i = 0; i < NITEMS(reasons); i++)
		if (strstr(text, reasons[i].data) != NULL)
			return reasons[i].why;
	return COMPANY_WRONG;
}

/* Reads the entry over the connection that it was let in with. */
static int
read_own(struct connection *c, const struct company *co,
    const struct company_entry *entry, enum company_login *out, struct err *e)
{
	struct search_result store = {.n = 0};
	struct company_entry own;
	int rc =
	    ask(c, entry->dn, SEARCH_BASE, "(objectClass=*)", co->attrs, &store, e);

	if (rc == 0 && store.n != 1)
		rc = err_set(e, ERR_DIRECTORY,
		    "%s: whoever logs in as %.200s cannot read that entry",
		    connection_uri(c), entry->dn);
	if (rc == 0)
		rc = company_from_entry(co, &store.entry[0], &store.arena, &own, e);
	if (rc == 0 && strcmp(own.id, entry->id) != 0)
		rc = err_set(e, ERR_DIRECTORY,
		    "%s: %.200s is the entry %s for its owner, and %s for the reader",
		    connection_uri(c), entry->dn, own.id, entry->id);
	if (rc == 0)
		*out = own.disabled ? COMPANY_DISABLED : COMPANY_RIGHT;
	search_result_fini(&store);
	return rc;
}

static int
login_over(struct connection *c, const struct company *co,
    const struct company_entry *entry, struct bytes password, enum company_login *out,
    struct err *e)
{
	char text[CONNECTION_TEXT_MAX];
	int code = connection_bind(c, entry->dn, password, text, e);

	if (code < 0)
		return code;
	switch (code) {
	case SEARCH_SUCCESS:
		return read_own(c, co, entry, out, e);
	case SEARCH_INVALID_CREDENTIALS:
		*out = why_refused(text);
		return 0;
	case SEARCH_INAPPROPRIATE_AUTH: /* an entry without a password */
	case SEARCH_NO_SUCH_OBJECT:
		return 0;
	default:
		return err_set(e, code_kind(code), "%s: the login as %.200s: %s",
		    connection_uri(c), entry->dn, text);
	}
}

int
company_login(const struct company *co, const struct company_entry *entry,
    struct bytes password, enum company_login *out, struct err *e)
{
	struct connection_how how = co->how.reader;
	struct connection *c = NULL;
	int rc;

	*out = COMPANY_WRONG;
	if (password.n == 0 || password.n > COMPANY_PASSWORD_MAX ||
	    memchr(password.p, '\0', password.n) != NULL || entry->dn[0] == '\0')
		return 0;
	how.unbound = true;
	rc = connection_open(&how, &c, e);
	if (rc == 0)
		rc = login_over(c, co, entry, password, out, e);
	connection_close(&c);
	return rc;
}

/* --- all -------------------------------------------------------------------------- */

struct each {
	const struct company *co;
	company_fn *fn;
	void *ctx;
	size_t passed_over;
};

static int
each_entry(const struct entry *entry, void *ctx)
{
	struct each *each = ctx;
	struct company_entry person;
	struct arena arena;
	int rc;

	arena_init(&arena, NULL, 0, SEARCH_MAX_KEPT_BYTES);
	rc = company_from_entry(each->co, entry, &arena, &person, NULL);
	if (rc == 0)
		rc = each->fn(&person, each->ctx);
	else if (rc == ERR_SYNTAX)
		each->passed_over++, rc = 0;
	arena_fini(&arena);
	return rc;
}

int
company_each(struct connection *c, const struct company *co, company_fn *fn, void *ctx,
    size_t *passed_over, struct err *e)
{
	const struct search s = {.base = co->how.base,
	    .scope = SEARCH_SUB,
	    .filter = co->how.people,
	    .attrs = co->attrs,
	    .paged = true};
	struct each each = {co, fn, ctx, 0};
	struct search_end end;
	int rc = search_each(c, &s, each_entry, &each, &end, e);

	*passed_over = each.passed_over;
	if (rc != 0 || end.code == SEARCH_SUCCESS)
		return rc;
	return err_set(e, ERR_DIRECTORY,
	    "%s: the list of %.200s ended after %zu entries: %s", connection_uri(c),
	    co->how.base, end.n_entries, end.text);
}

/* --- the members of a group --------------------------------------------------------
 */

/* Where each entry names its groups, the server finds them. */
static int
members_by_entry(struct connection *c, const struct company *co, const char *group,
    struct each *each, struct err *e)
{
	char escaped[ESCAPE_MAX(LAYOUT_DN_MAX)];
	struct filter f = {.n = 0};
	struct search s = {.base = co->how.base,
	    .scope = SEARCH_SUB,
	    .filter = f.text,
	    .attrs = co->attrs,
	    .paged = true};
	struct search_end end;

	if (strlen(group) >= LAYOUT_DN_MAX)
		return err_set(e, ERR_LIMIT, "a DN of %zu bytes", strlen(group));
	escape_filter(bytes_of(group), escaped);
	add(&f, "(&%s(|(%s=%s)", co->how.people, co->how.member, escaped);
	if (co->how.nested)
		add(&f, "(%s:%s:=%s)", co->how.member, RULE_IN_CHAIN, escaped);
	add(&f, "))");
	return search_each(c, &s, each_entry, each, &end, e);
}

static int
members_by_group(struct connection *c, const struct company *co, const char *group,
    struct each *each, struct err *e)
{
	const char *const attrs[] = {co->how.member, NULL};
	struct search_result store = {.n = 0}, one;
	struct entry_values member = {NULL, 0};
	struct company_entry person;
	int rc = ask(c, group, SEARCH_BASE, "(objectClass=*)", attrs, &store, e);

	if (rc == ERR_DIRECTORY && store.end.code == SEARCH_NO_SUCH_OBJECT)
		rc = 0;
	if (rc == 0 && store.n > 0)
		member = entry_get(&store.entry[0], co->how.member);
	for (size_t i = 0; i < member.n && rc == 0; i++) {
		rc = company_get_dn(c, co, member.value[i], &one, &person, e);
		if (rc == 1)
			rc = each->fn(&person, each->ctx);
		search_result_fini(&one);
	}
	search_result_fini(&store);
	return rc;
}

int
company_members(struct connection *c, const struct company *co, const char *group,
    company_fn *fn, void *ctx, struct err *e)
{
	struct each each = {co, fn, ctx, 0};

	return is_on_entry(co->how.member) ? members_by_entry(c, co, group, &each, e)
					   : members_by_group(c, co, group, &each, e);
}
