/*
 * An authority below ou=authorities: contract in crl_publish.h.
 */
#include "enroll/clerk/crl_publish.h"

#include "core/cert.h"
#include "core/der.h"
#include "directory/authority.h"
#include "directory/layout.h"
#include "directory/modify.h"
#include "directory/search.h"

/* What the entry is called: 0, or ERR_UNSUPPORTED. A view into the certificate. */
static int
name_of(struct bytes certificate, struct bytes *out, struct err *e)
{
	struct cert cert;
	int rc = cert_parse(certificate, &cert, e);

	if (rc != 0)
		return rc;
	if (cert.subject_cn.n == 0 || (cert.subject_cn_tag != DER_UTF8_STRING &&
					  cert.subject_cn_tag != DER_PRINTABLE_STRING))
		return err_set(e, ERR_UNSUPPORTED,
		    "the CA's subject has no commonName that could name its entry");
	*out = cert.subject_cn;
	return 0;
}

static bool
has_value(struct entry_values values, struct bytes value)
{
	for (size_t i = 0; i < values.n; i++)
		if (bytes_equal(values.value[i], value))
			return true;
	return false;
}

static int
put_crl(struct connection *d, const char *dn, const struct entry *entry,
    struct bytes crl, struct err *e)
{
	const struct modify change = {
	    MODIFY_REPLACE, "certificateRevocationList;binary", {&crl, 1}};
	struct entry_values there = entry_get(entry, "certificateRevocationList");

	if (crl.n == 0 || (there.n == 1 && bytes_equal(there.value[0], crl)))
		return 0;
	return modify_entry(d, dn, NULL, &change, 1, e);
}

/* The entry as it is; *out has none where there is none. */
static int
look(struct connection *d, const char *dn, struct search_result *out, struct err *e)
{
	static const char *const attrs[] = {
	    "cACertificate;binary", "certificateRevocationList;binary", NULL};
	const struct search s = {.base = dn,
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = attrs};
	int rc = search_all(d, &s, out, e);

	if (rc != 0)
		return rc;
	if (out->end.code == SEARCH_SUCCESS || out->end.code == SEARCH_NO_SUCH_OBJECT)
		return 0;
	return err_set(e, ERR_DIRECTORY, "%s: %s", dn, out->end.text);
}

static int
put(struct connection *d, const char *dn, const struct search_result *there,
    struct bytes certificate, struct bytes crl, struct err *e)
{
	static const struct entry none = {.n_attr = 0};
	const struct entry *entry = there->n > 0 ? &there->entry[0] : &none;
	int cert = 0, list;

	if (there->n > 0 && !has_value(entry_get(entry, "cACertificate"), certificate))
		cert = authority_add_cert(d, dn, certificate, e);
	if (cert < 0)
		return cert;
	list = put_crl(d, dn, entry, crl, e);
	return list < 0 ? list : cert | list;
}

int
crl_publish(struct clerk *c, struct bytes certificate, struct bytes crl, struct err *e)
{
	struct search_result there = {.n = 0};
	struct connection *d = NULL;
	char dn[LAYOUT_DN_MAX];
	struct bytes cn;
	int rc, made = 0;

	if ((rc = name_of(certificate, &cn, e)) != 0 ||
	    (rc = layout_entry("cn", cn, LAYOUT_AUTHORITIES, c->conf.suffix, dn, e)) !=
		0 ||
	    (rc = clerk_directory(c, &d, e)) != 0)
		return rc;
	rc = look(d, dn, &there, e);
	if (rc == 0 && there.n == 0)
		rc = made = authority_add(d, c->conf.suffix, cn, certificate, e);
	if (rc >= 0)
		rc = put(d, dn, &there, certificate, crl, e);
	clerk_directory_end(c, &d);
	search_result_fini(&there);
	return rc < 0 ? rc : rc | made;
}
