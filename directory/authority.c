/*
 * Certification authorities (contract in authority.h): entries become structs and
 * structs entries. Judges no certificate. Called by doctor and import.
 */
#include "directory/authority.h"

#include "directory/layout.h"
#include "directory/write.h"

struct each {
	authority_fn *fn;
	void *ctx;
};

static int
each_entry(const struct entry *e, void *ctx)
{
	const struct each *each = ctx;
	const struct authority a = {
	    .dn = e->dn,
	    .cn = entry_first(e, "cn"),
	    .cert = entry_get(e, "cACertificate"),
	    .crl = entry_get(e, "certificateRevocationList"),
	    .arl = entry_get(e, "authorityRevocationList"),
	};

	return each->fn(&a, each->ctx);
}

int
authority_each(
    struct connection *c, const char *base, authority_fn *fn, void *ctx, struct err *e)
{
	static const char *const attrs[] = {"cn", "cACertificate;binary",
	    "certificateRevocationList;binary", "authorityRevocationList;binary", NULL};
	struct each each = {fn, ctx};
	struct search_end end;
	char dn[LAYOUT_DN_MAX];
	struct search s = {.base = dn,
	    .scope = SEARCH_SUB,
	    .filter = "(objectClass=pkiCA)",
	    .attrs = attrs};
	int rc = layout_container(LAYOUT_AUTHORITIES, base, dn, e);

	if (rc == 0)
		rc = search_each(c, &s, each_entry, &each, &end, e);
	if (rc != 0)
		return rc;
	if (end.code == SEARCH_SUCCESS || end.code == SEARCH_NO_SUCH_OBJECT)
		return 0;
	return err_set(e, ERR_DIRECTORY,
	    "%s: the list of %s ended after %zu entries: %s", connection_uri(c), dn,
	    end.n_entries, end.text);
}

int
authority_add(struct connection *c, const char *suffix, struct bytes cn,
    struct bytes cert, struct err *e)
{
	static const struct bytes classes[] = {
	    BYTES("organizationalRole"), BYTES("pkiCA")};
	const struct write_attr attr[] = {
	    {"objectClass", {classes, NITEMS(classes)}},
	    {"cn", {&cn, 1}},
	    {"cACertificate;binary", {&cert, 1}},
	};
	char dn[LAYOUT_DN_MAX];
	int rc = layout_entry("cn", cn, LAYOUT_AUTHORITIES, suffix, dn, e);

	return rc != 0 ? rc : write_entry(c, dn, attr, NITEMS(attr), e);
}

int
authority_add_cert(
    struct connection *c, const char *dn, struct bytes cert, struct err *e)
{
	return write_value(c, dn, "cACertificate;binary", cert, e);
}
