/*
 * The company directory (contract in company.h): its two kinds, and its entries as
 * structs. Called by company_login.c and, through it, by the clerk.
 */
#include "directory/company.h"

#include <ctype.h>
#include <stdlib.h>

enum {
	COMPANY_ARENA = 256 * 1024,
	GUID_BYTES = 16,
	GUID_DASHED = 36,
};

/* --- the two kinds ---------------------------------------------------------------- */

static const char *const ad_login[] = {"sAMAccountName", "userPrincipalName"};
static const char *const generic_login[] = {"uid"};

/* Active Directory with Exchange's attributes: MS-ADSC, MS-ADA2, MS-ADA3. */
static const struct company_how ad = {
    .id = "objectGUID",
    .login = ad_login,
    .n_login = NITEMS(ad_login),
    .mail = "mail",
    .aliases = "proxyAddresses",
    .name = "displayName",
    .people = "(&(objectCategory=person)(objectClass=user))",
    .disabled = "(userAccountControl:1.2.840.113556.1.4.803:=2)",
    .shared =
	"(|(msExchRecipientTypeDetails=4)(msExchRecipientTypeDetails=34359738368))",
    .delegates = "msExchDelegateListLink",
    .unit = "department",
    .member = "memberOf",
};

/* RFC 2798, RFC 4530. */
static const struct company_how generic = {
    .id = "entryUUID",
    .login = generic_login,
    .n_login = NITEMS(generic_login),
    .mail = "mail",
    .aliases = "",
    .name = "displayName",
    .people = "(objectClass=inetOrgPerson)",
    .disabled = "",
    .shared = "",
    .delegates = "",
    .unit = "ou",
    .member = "member",
};

static void
fill(const char **field, const char *fallback)
{
	if (*field == NULL || (*field)[0] == '\0')
		*field = fallback;
}

static void
fill_all(struct company_how *how)
{
	const struct company_how *kind = strcmp(how->kind, "ad") == 0 ? &ad : &generic;

	fill(&how->id, kind->id);
	fill(&how->mail, kind->mail);
	fill(&how->aliases, kind->aliases);
	fill(&how->name, kind->name);
	fill(&how->people, kind->people);
	fill(&how->disabled, kind->disabled);
	fill(&how->shared, kind->shared);
	fill(&how->delegates, kind->delegates);
	fill(&how->unit, kind->unit);
	fill(&how->member, kind->member);
	if (how->n_login == 0) {
		how->login = kind->login;
		how->n_login = kind->n_login;
	}
}

/* --- what to ask for -------------------------------------------------------------- */

static int
ask_for(struct company *co, size_t *n, const char *name)
{
	if (name[0] == '\0')
		return 0;
	for (size_t i = 0; i < *n; i++)
		if (bytes_equal_nocase(bytes_of(co->attrs[i]), bytes_of(name)))
			return 0;
	if (*n == COMPANY_ATTRS_MAX)
		return ERR_LIMIT;
	co->attrs[(*n)++] = name;
	return 0;
}

static int
list_attrs(struct company *co, struct err *e)
{
	const struct company_how *how = &co->how;
	const char *fixed[] = {how->id, how->mail, how->aliases, how->name,
	    how->delegates, how->member, how->unit, "cn", "givenName", "sn",
	    "telephoneNumber", "title", "l"};
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < NITEMS(fixed) && rc == 0; i++)
		rc = ask_for(co, &n, fixed[i]);
	for (size_t i = 0; i < how->n_login && rc == 0; i++)
		rc = ask_for(co, &n, how->login[i]);
	for (size_t i = 0; i < co->disabled.n_attr && rc == 0; i++)
		rc = ask_for(co, &n, co->disabled.attr[i]);
	for (size_t i = 0; i < co->shared.n_attr && rc == 0; i++)
		rc = ask_for(co, &n, co->shared.attr[i]);
	return rc == 0 ? 0
		       : err_set(e, rc, "company directory: more than %d attributes",
			     COMPANY_ATTRS_MAX);
}

int
company_new(const struct company_how *how, struct company **out, struct err *e)
{
	struct company *co = calloc(1, sizeof(*co));
	int rc;

	*out = NULL;
	if (co == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the company directory");
	co->how = *how;
	arena_init(&co->arena, NULL, 0, COMPANY_ARENA);
	fill_all(&co->how);
	co->binary_id = bytes_equal_nocase(bytes_of(co->how.id), BYTES("objectGUID"));
	if (co->how.n_login > COMPANY_LOGIN_MAX)
		rc = err_set(e, ERR_LIMIT,
		    "company directory: %zu attributes for user names, want at most %d",
		    co->how.n_login, COMPANY_LOGIN_MAX);
	else
		rc = match_read(co->how.disabled, &co->arena, &co->disabled, e);
	if (rc == 0)
		rc = match_read(co->how.shared, &co->arena, &co->shared, e);
	if (rc == 0)
		rc = list_attrs(co, e);
	if (rc != 0)
		company_free(&co);
	*out = co;
	return rc;
}

void
company_free(struct company **cp)
{
	if (*cp == NULL)
		return;
	arena_fini(&(*cp)->arena);
	free(*cp);
	*cp = NULL;
}

/* --- GUIDs ------------------------------------------------------------------------ */

static int
id_from_octets(struct bytes in, char out[COMPANY_ID_TEXT + 1])
{
	static const uint8_t order[GUID_BYTES] = {
	    3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	static const char digits[] = "0123456789abcdef";

	if (in.n != GUID_BYTES)
		return ERR_SYNTAX;
	for (size_t i = 0; i < GUID_BYTES; i++) {
		*out++ = digits[in.p[order[i]] >> 4];
		*out++ = digits[in.p[order[i]] & 0xf];
	}
	*out = '\0';
	return 0;
}

int
company_id_read(struct bytes value, bool binary, char out[COMPANY_ID_TEXT + 1])
{
	size_t n = 0;

	if (binary)
		return id_from_octets(value, out);
	if (value.n > GUID_DASHED)
		return ERR_SYNTAX;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '-')
			continue;
		if (!isxdigit(value.p[i]) || n == COMPANY_ID_TEXT)
			return ERR_SYNTAX;
		out[n++] = (char)byte_lower(value.p[i]);
	}
	out[n] = '\0';
	return n == COMPANY_ID_TEXT ? 0 : ERR_SYNTAX;
}

/* --- addresses -------------------------------------------------------------------- */

struct addresses {
	struct bytes *list;
	size_t n;
	size_t over; /* for which there was no room */
};

/* Puts one behind the others, or before them; each only once. */
static void
add_address(struct addresses *a, struct bytes address, bool first)
{
	size_t i = 0;

	while (i < a->n && !bytes_equal_nocase(a->list[i], address))
		i++;
	if (address.n == 0 || (i < a->n && !first))
		return;
	if (i == a->n && a->n == COMPANY_ADDRESSES_MAX) {
		a->over++;
		if (!first)
			return;
		i = --a->n; /* the primary one always has a place */
	}
	if (i == a->n)
		a->n++;
	if (!first) {
		a->list[i] = address;
		return;
	}
	memmove(&a->list[1], &a->list[0], i * sizeof(a->list[0]));
	a->list[0] = address;
}

/* "SMTP:a@b" is the primary address, "smtp:a@b" a further one, "sip:a@b" none; no
 * prefix at all is how other directories write them. */
static void
add_alias(struct addresses *a, struct bytes value)
{
	const uint8_t *colon = memchr(value.p, ':', value.n);
	struct bytes prefix = {value.p, 0}, rest = value;

	if (colon == NULL) {
		add_address(a, value, false);
		return;
	}
	prefix.n = (size_t)(colon - value.p);
	rest.p = colon + 1;
	rest.n = value.n - prefix.n - 1;
	if (bytes_equal_nocase(prefix, BYTES("smtp")))
		add_address(a, rest, bytes_equal(prefix, BYTES("SMTP")));
}

static int
take_addresses(const struct company *co, const struct entry *entry, struct arena *arena,
    struct company_entry *out)
{
	struct entry_values mail = entry_get(entry, co->how.mail);
	struct entry_values more = {NULL, 0};
	struct addresses a = {NULL, 0, 0};

	if (co->how.aliases[0] != '\0')
		more = entry_get(entry, co->how.aliases);
	/* One more than there may be: room to move them when one goes to the front. */
	a.list = arena_alloc(arena, (COMPANY_ADDRESSES_MAX + 1) * sizeof(a.list[0]));
	if (a.list == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < mail.n; i++)
		add_address(&a, mail.value[i], false);
	for (size_t i = 0; i < more.n; i++)
		if (more.value[i].n > 0)
			add_alias(&a, more.value[i]);
	out->mail = (struct entry_values){a.list, a.n};
	out->mail_over = a.over;
	return 0;
}

/* --- an entry --------------------------------------------------------------------- */

static struct bytes
first_of(const struct entry *entry, const char *a, const char *b)
{
	struct bytes v = entry_first(entry, a);

	return v.n > 0 ? v : entry_first(entry, b);
}

int
company_from_entry(const struct company *co, const struct entry *entry, struct arena *a,
    struct company_entry *out, struct err *e)
{
	const struct company_how *how = &co->how;

	*out = (struct company_entry){
	    .dn = entry->dn,
	    .name = first_of(entry, how->name, "cn"),
	    .given = entry_first(entry, "givenName"),
	    .surname = entry_first(entry, "sn"),
	    .phone = entry_first(entry, "telephoneNumber"),
	    .title = entry_first(entry, "title"),
	    .unit = entry_first(entry, how->unit),
	    .place = entry_first(entry, "l"),
	    .disabled = match_entry(&co->disabled, entry),
	    .shared = match_entry(&co->shared, entry),
	    .groups = entry_get(entry, how->member),
	};
	if (how->delegates[0] != '\0')
		out->delegates = entry_get(entry, how->delegates);
	for (size_t i = 0; i < how->n_login && out->login.n == 0; i++)
		out->login = entry_first(entry, how->login[i]);
	if (company_id_read(entry_first(entry, how->id), co->binary_id, out->id) != 0)
		return err_set(e, ERR_SYNTAX,
		    "company directory: %.200s: %s is no GUID", entry->dn, how->id);
	if (take_addresses(co, entry, a, out) != 0)
		return err_set(e, ERR_MEMORY, "no memory for an entry");
	return 0;
}
