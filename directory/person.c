/*
 * People (contract in person.h): entries become structs, addresses become
 * searches, and a new partner an entry. Judges no certificate. Called by the
 * verbs.
 */
#include "directory/person.h"

#include <stdio.h>

#include "core/addr.h"
#include "core/escape.h"
#include "directory/layout.h"
#include "directory/write.h"

const char *const person_attrs[] = {"cn", "mail", "userCertificate;binary",
    "userSMIMECertificate", "chanceryStatus", NULL};

void
person_from_entry(const struct entry *e, struct person *out)
{
	*out = (struct person){
	    .dn = e->dn,
	    .cn = entry_first(e, "cn"),
	    .mail = entry_get(e, "mail"),
	    .cert = entry_get(e, "userCertificate"),
	    .smime = entry_get(e, "userSMIMECertificate"),
	    .status = entry_get(e, "chanceryStatus"),
	};
}

/* --- all of a container ------------------------------------------------------ */

struct each {
	person_fn *fn;
	void *ctx;
};

static int
each_entry(const struct entry *e, void *ctx)
{
	const struct each *each = ctx;
	struct person p;

	person_from_entry(e, &p);
	return each->fn(&p, each->ctx);
}

int
person_each(struct connection *c, const char *suffix, const char *container,
    person_fn *fn, void *ctx, struct err *e)
{
	struct each each = {fn, ctx};
	struct search_end end;
	char base[LAYOUT_DN_MAX];
	struct search s = {.base = base,
	    .scope = SEARCH_SUB,
	    .filter = "(mail=*)",
	    .attrs = person_attrs,
	    .paged = true};
	int rc = layout_container(container, suffix, base, e);

	if (rc == 0)
		rc = search_each(c, &s, each_entry, &each, &end, e);
	if (rc != 0)
		return rc;
	if (end.code == SEARCH_SUCCESS || end.code == SEARCH_NO_SUCH_OBJECT)
		return 0;
	return err_set(e, ERR_DIRECTORY,
	    "%s: the list of %s ended after %zu entries: %s", connection_uri(c), base,
	    end.n_entries, end.text);
}

/* --- by address -------------------------------------------------------------- */

/* Whether a search ended well; a container that is missing counts as empty. */
static int
find_ended(struct connection *c, const struct search *s, const struct search_end *end,
    struct err *e)
{
	if (end->code == SEARCH_SUCCESS || end->code == SEARCH_NO_SUCH_OBJECT)
		return 0;
	return err_set(
	    e, ERR_DIRECTORY, "%s: %s: %s", connection_uri(c), s->base, end->text);
}

int
person_find(struct connection *c, const char *suffix, struct bytes address,
    struct search_result *out, struct err *e)
{
	char filter[ESCAPE_MAX(ADDR_MAX) + 16], value[ESCAPE_MAX(ADDR_MAX)];
	char people[LAYOUT_DN_MAX], partners[LAYOUT_DN_MAX];
	struct search s = {
	    .scope = SEARCH_SUB, .filter = filter, .attrs = person_attrs};
	int rc;

	*out = (struct search_result){.n = 0};
	if (address.n > ADDR_MAX)
		return err_set(e, ERR_LIMIT, "an address of %zu bytes, want at most %d",
		    address.n, ADDR_MAX);
	escape_filter(address, value);
	snprintf(filter, sizeof(filter), "(mail=%s)", value);
	if ((rc = layout_container(LAYOUT_PEOPLE, suffix, people, e)) != 0 ||
	    (rc = layout_container(LAYOUT_PARTNERS, suffix, partners, e)) != 0)
		return rc;
	s.base = people;
	if ((rc = search_all(c, &s, out, e)) != 0 ||
	    (rc = find_ended(c, &s, &out->end, e)) != 0)
		return rc;
	s.base = partners;
	if ((rc = search_more(c, &s, out, e)) != 0)
		return rc;
	return find_ended(c, &s, &out->end, e);
}

/* --- a new partner ----------------------------------------------------------- */

int
person_add_partner(
    struct connection *c, const char *suffix, const struct person_new *p, struct err *e)
{
	static const struct bytes classes[] = {
	    BYTES("inetOrgPerson"), BYTES("chanceryPartner")};
	const struct write_attr attr[] = {
	    {"objectClass", {classes, NITEMS(classes)}},
	    {"mail", {p->mail, p->n_mail}},
	    {"cn", {&p->cn, 1}},
	    {"sn", {&p->sn, 1}},
	    {"userCertificate;binary", {&p->cert, 1}},
	    {"givenName", {&p->given, 1}},
	};
	char dn[LAYOUT_DN_MAX];
	int rc = layout_entry("mail", p->mail[0], LAYOUT_PARTNERS, suffix, dn, e);

	if (rc != 0)
		return rc;
	return write_entry(c, dn, attr, NITEMS(attr) - (p->given.n == 0 ? 1 : 0), e);
}
