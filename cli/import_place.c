/*
 * Placing people's certificates (contract in import_place.h): names out of the
 * certificate, entries by these names, the guard, then one write; or a new partner
 * where nobody has them. Called by import for each certificate.
 */
#include "cli/import_place.h"

#include <stdio.h>

#include "cli/subject.h"
#include "core/addr.h"
#include "core/cms.h"
#include "core/guard.h"
#include "directory/layout.h"
#include "directory/person.h"
#include "directory/write.h"

enum {
	PLACE_NAMES_MAX = 2 * CERT_MAX_NAMES
};

/* The names by which an item finds its entries. */
struct names {
	struct addr mail[PLACE_NAMES_MAX];
	size_t n_mail;
	char domain[ADDR_DOMAIN_MAX + 1]; /* where there is no address (Direct) */
	struct cert cert;		  /* the person's; of a signed one: the first */
};

/* One item on its way. */
struct placing {
	struct place *p;
	const struct import_item *item;
	struct names names;
	enum place_result result;
	bool found; /* an entry has one of the names */
	char *where;
	struct err *e;
};

static enum guard_kind
guard_kind(const struct import_item *item)
{
	return item->kind == IMPORT_SIGNED ? GUARD_SIGNED : GUARD_CERTIFICATE;
}

/* --- names ------------------------------------------------------------------- */

static void
add_address(struct names *n, struct bytes address)
{
	struct addr a;

	if (n->n_mail == PLACE_NAMES_MAX || addr_parse(address, &a, NULL) != 0)
		return;
	for (size_t i = 0; i < n->n_mail; i++)
		if (addr_equal(&n->mail[i], &a))
			return;
	n->mail[n->n_mail++] = a;
}

/* RFC 8550 section 3: subjectAltName, and the subject's only without it. */
static void
add_names(struct names *n, const struct cert *c)
{
	size_t len;

	for (size_t i = 0; i < c->n_address; i++)
		add_address(n, c->address[i]);
	for (size_t i = 0; !c->has_alt_name && i < c->n_subject_email; i++)
		add_address(n, c->subject_email[i]);
	for (size_t i = 0; i < c->n_domain && n->domain[0] == '\0'; i++)
		if (addr_domain(c->domain[i], n->domain, &len) != 0)
			n->domain[0] = '\0';
}

/* Of a signed value: the names of all persons' certificates inside. */
static bool
read_signed(struct bytes value, struct names *n)
{
	struct bytes der;
	struct cms cms;
	struct cert c;
	bool found = false;

	if (cms_open(value, &cms, NULL) != 0)
		return false;
	while (cms_next(&cms, &der) == 1) {
		if (cert_parse(der, &c, NULL) != 0 || c.is_ca)
			continue;
		if (!found)
			n->cert = c;
		add_names(n, &c);
		found = true;
	}
	return found;
}

/* Fills names; PLACE_REFUSED or PLACE_AUTHORITY where it goes no further. */
static bool
read_names(struct placing *x)
{
	struct names *n = &x->names;
	bool good = x->item->kind == IMPORT_SIGNED
			? read_signed(x->item->value, n)
			: cert_parse(x->item->value, &n->cert, x->e) == 0;

	x->result = PLACE_REFUSED;
	if (!good) {
		/* The guard knows what else it may be, and what to do. */
		if (guard_check(guard_kind(x->item), x->item->value, NULL, 0, x->p->now,
			x->e) == 0)
			err_set(x->e, ERR_SYNTAX, "holds no certificate of a person");
		return false;
	}
	if (x->item->kind == IMPORT_CERT && n->cert.is_ca) {
		x->result = PLACE_AUTHORITY;
		return false;
	}
	if (x->item->kind == IMPORT_CERT)
		add_names(n, &n->cert);
	if (n->n_mail == 0 && n->domain[0] == '\0')
		err_set(x->e, ERR_POLICY,
		    "names no mail address (RFC 8550 section 3), so nobody can be "
		    "found "
		    "to whom it belongs");
	return n->n_mail > 0 || n->domain[0] != '\0';
}

/* --- dry runs ---------------------------------------------------------------- */

/* Remembers what would be written at a place; false if it was "written" before. */
static bool
would_write(struct placing *x, const char *where)
{
	char key[LAYOUT_DN_MAX + 32];
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < x->item->value.n; i++)
		h = (h ^ x->item->value.p[i]) * 0x100000001b3;
	snprintf(key, sizeof(key), "%s %016llx", where, (unsigned long long)h);
	return text_set_add(&x->p->made, bytes_of(key)) != 0;
}

/* --- entries that are there -------------------------------------------------- */

static bool
is_stored(const struct entry_values *values, struct bytes value)
{
	for (size_t i = 0; i < values->n; i++)
		if (bytes_equal(values->value[i], value))
			return true;
	return false;
}

/* Puts the value on an entry, if the guard lets it. */
static int
place_on(struct placing *x, const struct person *person)
{
	bool is_signed = x->item->kind == IMPORT_SIGNED;
	int rc;

	snprintf(x->where, LAYOUT_DN_MAX, "%s", person->dn);
	if (is_stored(is_signed ? &person->smime : &person->cert, x->item->value))
		return PLACE_PRESENT;
	if (guard_check(guard_kind(x->item), x->item->value, person->mail.value,
		person->mail.n, x->p->now, x->e) != 0)
		return PLACE_REFUSED;
	if (x->p->dry_run)
		return would_write(x, person->dn) ? PLACE_ADDED : PLACE_PRESENT;
	rc = write_value(x->p->admin, person->dn,
	    is_signed ? "userSMIMECertificate" : "userCertificate;binary",
	    x->item->value, x->e);
	if (rc == 0) { /* the same issuer and serial number, other bytes */
		err_set(x->e, ERR_POLICY,
		    "%s already has another certificate of this issuer with this "
		    "serial "
		    "number",
		    person->dn);
		return PLACE_REFUSED;
	}
	return rc == 1 ? PLACE_ADDED : rc == ERR_IO ? rc : PLACE_REFUSED;
}

/* A later entry changes the result only to something worth more. */
static void
merge(struct placing *x, enum place_result got)
{
	if (!x->found || got == PLACE_REFUSED ||
	    (got == PLACE_ADDED && x->result != PLACE_REFUSED))
		x->result = got;
	x->found = true;
}

/* Looks an address or domain up, and places the value there. */
static int
place_by_name(struct placing *x, struct bytes name)
{
	struct search_result r;
	struct person person;
	int rc = person_find(x->p->admin, x->p->suffix, name, &r, x->e);

	if (rc == 0 && r.n > 1) {
		err_set(x->e, ERR_POLICY,
		    "%.*s is the address of several entries: %s and %s", (int)name.n,
		    (const char *)name.p, r.entry[0].dn, r.entry[1].dn);
		merge(x, PLACE_REFUSED);
	} else if (rc == 0 && r.n == 1) {
		person_from_entry(&r.entry[0], &person);
		rc = place_on(x, &person);
		if (rc >= 0)
			merge(x, rc);
	}
	search_result_fini(&r);
	return rc < 0 ? rc : 0;
}

static int
place_on_entries(struct placing *x)
{
	int rc = 0;

	for (size_t i = 0; i < x->names.n_mail && rc == 0; i++)
		rc = place_by_name(x, bytes_of(x->names.mail[i].text));
	if (rc == 0 && x->names.n_mail == 0)
		rc = place_by_name(x, bytes_of(x->names.domain));
	return rc;
}

/* --- internal domains -------------------------------------------------------- */

static int
add_domain_of(const struct person *person, void *ctx)
{
	struct place *p = ctx;

	for (size_t i = 0; i < person->mail.n; i++) {
		struct bytes mail = person->mail.value[i];
		const uint8_t *at = memrchr(mail.p, '@', mail.n);
		struct bytes domain = mail;
		int rc;

		if (at != NULL)
			domain =
			    (struct bytes){at + 1, mail.n - (size_t)(at + 1 - mail.p)};
		if ((rc = text_set_add(&p->internal, domain)) < 0)
			return rc;
	}
	return 0;
}

/* Those that the settings name, beside those of ou=people. */
static int
add_configured(struct place *p, struct err *e)
{
	const char *s = p->domains == NULL ? "" : p->domains;

	while (*(s += strspn(s, " ,\t")) != '\0') {
		size_t len = strcspn(s, " ,\t"), n;
		char domain[ADDR_DOMAIN_MAX + 1];

		if (addr_domain((struct bytes){(const uint8_t *)s, len}, domain, &n) !=
		    0)
			return err_set(e, ERR_USAGE,
			    "the setting \"domains\" holds %.*s",
			    (int)(len > 80 ? 80 : len), s);
		if (text_set_add(&p->internal, (struct bytes){(uint8_t *)domain, n}) <
		    0)
			return err_set(e, ERR_MEMORY, "no memory for the domains");
		s += len;
	}
	return 0;
}

static int
load_internal(struct place *p, struct err *e)
{
	int rc;

	if (p->has_internal)
		return 0;
	if ((rc = add_configured(p, e)) != 0)
		return rc;
	rc = person_each(p->admin, p->suffix, LAYOUT_PEOPLE, add_domain_of, p, e);
	p->has_internal = rc == 0;
	return rc;
}

/* --- new partners ------------------------------------------------------------ */

/* Whether an address is one of ours; then somebody else must make the entry. */
static bool
is_internal(const struct place *p, const struct addr *a)
{
	return text_set_has(&p->internal, bytes_of(a->text + a->at + 1));
}

static bool
may_become_partner(struct placing *x)
{
	const struct names *n = &x->names;

	if (n->n_mail == 0)
		err_set(x->e, ERR_POLICY,
		    "names no mail address, and no entry has the domain %s", n->domain);
	else if (x->item->kind == IMPORT_SIGNED)
		err_set(x->e, ERR_POLICY,
		    "no entry has the address %s: import its userCertificate first",
		    n->mail[0].text);
	for (size_t i = 0; i < n->n_mail; i++) {
		if (!is_internal(x->p, &n->mail[i]))
			continue;
		err_set(x->e, ERR_POLICY,
		    "no entry in ou=people has the address %s, and %s is an internal "
		    "domain: make the entry first",
		    n->mail[i].text, n->mail[i].text + n->mail[i].at + 1);
		return false;
	}
	return n->n_mail > 0 && x->item->kind == IMPORT_CERT;
}

static int
add_partner(struct placing *x, const struct bytes *mail)
{
	struct subject s;
	struct person_new new = {
	    .mail = mail, .n_mail = x->names.n_mail, .cert = x->item->value};

	subject_read(&x->names.cert, x->names.mail[0].text, &s);
	new.cn = bytes_of(s.cn);
	new.sn = bytes_of(s.sn);
	new.given = bytes_of(s.given);
	return person_add_partner(x->p->admin, x->p->suffix, &new, x->e);
}

static int
place_as_partner(struct placing *x)
{
	struct bytes mail[PLACE_NAMES_MAX];
	int rc = load_internal(x->p, x->e);

	if (rc != 0)
		return rc;
	x->result = PLACE_REFUSED;
	if (!may_become_partner(x))
		return 0;
	for (size_t i = 0; i < x->names.n_mail; i++)
		mail[i] = bytes_of(x->names.mail[i].text);
	if (guard_check(GUARD_CERTIFICATE, x->item->value, mail, x->names.n_mail,
		x->p->now, x->e) != 0 ||
	    layout_entry(
		"mail", mail[0], LAYOUT_PARTNERS, x->p->suffix, x->where, x->e) != 0)
		return 0;
	if (x->p->dry_run) {
		bool first = text_set_add(&x->p->made, bytes_of(x->where)) != 0;

		x->result = !would_write(x, x->where) ? PLACE_PRESENT
			    : first		      ? PLACE_NEW_PARTNER
						      : PLACE_ADDED;
		return 0;
	}
	rc = add_partner(x, mail);
	if (rc == 1)
		x->result = PLACE_NEW_PARTNER;
	else if (rc == 0) /* somebody else made it just now, or it is hidden from us */
		err_set(x->e, ERR_POLICY,
		    "%s exists, but cannot be found by its address", x->where);
	return rc == ERR_IO || rc == ERR_MEMORY ? rc : 0;
}

int
place_item(struct place *p, const struct import_item *item, enum place_result *out,
    char *where_out, struct err *e)
{
	struct placing x = {.p = p, .item = item, .where = where_out, .e = e};
	int rc = 0;

	where_out[0] = '\0';
	if (read_names(&x)) {
		rc = place_on_entries(&x);
		if (rc == 0 && !x.found)
			rc = place_as_partner(&x);
	}
	*out = x.result;
	return rc;
}

void
place_fini(struct place *p)
{
	text_set_fini(&p->internal);
	text_set_fini(&p->made);
}
