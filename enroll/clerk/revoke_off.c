/*
 * Off the entries: contract in revoke_off.h.
 */
#include "enroll/clerk/revoke_off.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/addr.h"
#include "core/cms.h"
#include "core/escape.h"
#include "directory/layout.h"
#include "directory/modify.h"

enum {
	TRIES = 5, /* somebody else writes to the entry as well */
	FILTER_MAX = ESCAPE_MAX(ADDR_MAX) + 32,
	CSN_MAX = 128,
};

static bool
carries(struct bytes blob, struct bytes der)
{
	struct cms cms;
	struct bytes cert;

	if (cms_open(blob, &cms, NULL) != 0)
		return false;
	while (cms_next(&cms, &cert) == 1)
		if (bytes_equal(cert, der))
			return true;
	return false;
}

/* Has no matching rule: values cannot be deleted one by one. Returns how many go;
 * *out: those that stay, to be freed. */
static long
keep_others(struct entry_values all, struct bytes der, struct entry_values *out)
{
	struct bytes *kept = calloc(all.n + 1, sizeof(*kept));
	size_t n = 0;

	*out = (struct entry_values){kept, 0};
	if (kept == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < all.n; i++)
		if (!carries(all.value[i], der))
			kept[n++] = all.value[i];
	out->n = n;
	return (long)(all.n - n);
}

static bool
has_value(const struct entry_attr *attr, struct bytes der)
{
	for (size_t i = 0; attr != NULL && i < attr->values.n; i++)
		if (bytes_equal(attr->values.value[i], der))
			return true;
	return false;
}

static void
as_read(const struct entry *entry, char out[ESCAPE_MAX(CSN_MAX) + 16])
{
	struct bytes csn = entry_first(entry, "entryCSN");
	char escaped[ESCAPE_MAX(CSN_MAX)];

	csn.n = csn.n > CSN_MAX ? 0 : csn.n;
	escape_filter(csn, escaped);
	snprintf(out, ESCAPE_MAX(CSN_MAX) + 16, "(entryCSN=%s)", escaped);
}

/* 1 done, or nothing to do; 0: somebody else changed it; ERR_*. */
static int
off_entry(
    struct connection *d, const struct entry *entry, struct bytes der, struct err *e)
{
	const struct entry_attr *cert = entry_attr(entry, "userCertificate");
	const struct entry_attr *smime = entry_attr(entry, "userSMIMECertificate");
	char filter[ESCAPE_MAX(CSN_MAX) + 16];
	struct entry_values others = {NULL, 0};
	struct modify change[2];
	size_t n = 0;
	long gone = smime == NULL ? 0 : keep_others(smime->values, der, &others);
	int rc = 1;

	if (has_value(cert, der))
		change[n++] = (struct modify){MODIFY_DELETE, cert->name, {&der, 1}};
	if (gone > 0)
		change[n++] = (struct modify){MODIFY_REPLACE, smime->name, others};
	as_read(entry, filter);
	if (gone < 0)
		rc = err_set(e, ERR_MEMORY, "no memory for %.200s", entry->dn);
	else if (n > 0)
		rc = modify_entry(d, entry->dn, filter, change, n, e);
	free((void *)(uintptr_t)others.value);
	return rc == ERR_NOT_FOUND ? 1 : rc;
}

/* Those that a filter finds; 1, 0 or ERR_* as off_entry. */
static int
off_found(struct connection *d, const char *suffix, const char *filter,
    struct bytes der, struct err *e)
{
	static const char *const attrs[] = {
	    "entryCSN", "userCertificate;binary", "userSMIMECertificate", NULL};
	char base[LAYOUT_DN_MAX];
	struct search s = {
	    .base = base, .scope = SEARCH_SUB, .filter = filter, .attrs = attrs};
	struct search_result found = {.n = 0};
	int rc = layout_container(LAYOUT_PEOPLE, suffix, base, e);

	if (rc == 0)
		rc = search_all(d, &s, &found, e);
	if (rc == 0 && found.end.code != SEARCH_SUCCESS &&
	    found.end.code != SEARCH_NO_SUCH_OBJECT)
		rc = err_set(e, ERR_DIRECTORY, "%s: %s", base, found.end.text);
	rc = rc == 0 ? 1 : rc;
	for (size_t i = 0; i < found.n && rc == 1; i++)
		rc = off_entry(d, &found.entry[i], der, e);
	search_result_fini(&found);
	return rc;
}

static int
off_where(struct connection *d, const char *suffix, const char *attr,
    struct bytes value, struct bytes der, struct err *e)
{
	char escaped[ESCAPE_MAX(ADDR_MAX)], filter[FILTER_MAX];
	int rc = 0;

	if (value.n == 0 || value.n > ADDR_MAX)
		return 0;
	escape_filter(value, escaped);
	snprintf(filter, sizeof(filter), "(%s=%s)", attr, escaped);
	for (unsigned i = 0; i < TRIES && rc == 0; i++)
		rc = off_found(d, suffix, filter, der, e);
	if (rc == 0)
		rc = err_set(
		    e, ERR_IO, "the entries of %s change again and again", filter);
	return rc < 0 ? rc : 0;
}

int
revoke_off(struct connection *d, const char *suffix,
    const struct registry_certificate *r, struct err *e)
{
	int rc = off_where(d, suffix, "chanceryPersonId", r->person, r->der, e);

	for (size_t i = 0; i < r->mail.n && rc == 0; i++)
		rc = off_where(d, suffix, "mail", r->mail.value[i], r->der, e);
	return rc;
}
