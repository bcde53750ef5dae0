/* Certificates on entries (contract in publish.h), and the step that puts one there. */
#include "enroll/clerk/publish.h"

#include <stdio.h>

#include "core/escape.h"
#include "directory/layout.h"
#include "directory/modify.h"
#include "directory/write.h"
#include "enroll/clerk/people.h"
#include "enroll/clerk/signer.h"
#include "enroll/clerk/steps.h"

static const char *const wanted[] = {"objectClass", "mail", "userCertificate;binary",
    "userSMIMECertificate", "chanceryPersonId", "entryCSN", NULL};

/* --- the entry ---------------------------------------------------------------------
 */

static int
look(struct clerk *c, struct connection *conn, const char *attr, struct bytes value,
    struct search_result *out, struct err *e)
{
	char base[LAYOUT_DN_MAX], filter[2048];
	struct search q = {
	    .base = base, .scope = SEARCH_ONE, .filter = filter, .attrs = wanted};
	size_t n;
	int rc = layout_container(LAYOUT_PEOPLE, c->conf.suffix, base, e);

	if (rc != 0)
		return rc;
	if (ESCAPE_MAX(value.n) + strlen(attr) + 8 > sizeof(filter))
		return err_set(e, ERR_LIMIT, "too long an address");
	n = (size_t)snprintf(filter, sizeof(filter), "(%s=", attr);
	n += escape_filter(value, filter + n);
	snprintf(filter + n, sizeof(filter) - n, ")");
	if ((rc = search_all(conn, &q, out, e)) != 0)
		return rc;
	if (out->end.code != SEARCH_SUCCESS)
		return err_set(e, ERR_DIRECTORY, "%s: %s", base, out->end.text);
	return out->n > 0 ? 1 : 0;
}

static int
find(struct clerk *c, struct connection *conn, const struct publish *p,
    struct search_result *out, struct err *e)
{
	int rc = look(c, conn, "chanceryPersonId", p->person, out, e);

	if (rc != 0 || p->mail.n == 0)
		return rc;
	search_result_fini(out);
	return look(c, conn, "mail", p->mail.value[0], out, e);
}

static int
make(struct clerk *c, struct connection *conn, const struct publish *p, struct err *e)
{
	const struct bytes classes[] = {
	    BYTES("inetOrgPerson"), BYTES("chanceryPerson")};
	struct bytes sn = p->surname.n > 0 ? p->surname : p->name;
	struct fields f = FIELDS_NONE;
	char dn[LAYOUT_DN_MAX];
	int rc = layout_entry(
	    "mail", p->mail.value[0], LAYOUT_PEOPLE, c->conf.suffix, dn, e);

	if (rc != 0)
		return rc;
	fields_values(&f, "objectClass", (struct entry_values){classes, 2});
	fields_values(&f, "mail", p->mail);
	fields_text(&f, "cn", p->name);
	fields_text(&f, "sn", sn);
	fields_text(&f, "givenName", p->given);
	fields_text(&f, "displayName", p->name);
	fields_text(&f, "chanceryPersonId", p->person);
	fields_text(&f, "chanceryKind", p->shared ? BYTES("mailbox") : BYTES("person"));
	fields_text(&f, "userCertificate;binary", p->add);
	fields_text(&f, "userSMIMECertificate", p->blob);
	rc = fields_add(conn, dn, &f, e);
	return rc;
}

static bool
is_one_of(struct bytes v, const struct bytes *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal(v, list[i]))
			return true;
	return false;
}

/* A signed value carries its certificate as it is. */
static bool
holds_removed(const struct entry *entry, const struct publish *p)
{
	struct bytes v = entry_first(entry, "userSMIMECertificate");

	for (size_t i = 0; i < p->n_remove; i++)
		if (v.n > 0 && memmem(v.p, v.n, p->remove[i].p, p->remove[i].n) != NULL)
			return true;
	return false;
}

static int
change(struct connection *conn, const struct entry *entry, const struct publish *p,
    struct err *e)
{
	struct entry_values old = entry_get(entry, "userCertificate");
	struct bytes keep[PUBLISH_VALUES_MAX];
	struct fields f = FIELDS_NONE;
	char filter[256];
	size_t n = 0;

	for (size_t i = 0; i < old.n && n + 1 < PUBLISH_VALUES_MAX; i++)
		if (!is_one_of(old.value[i], p->remove, p->n_remove) &&
		    !bytes_equal(old.value[i], p->add))
			keep[n++] = old.value[i];
	if (p->add.n > 0)
		keep[n++] = p->add;
	fields_values(&f, "userCertificate;binary", (struct entry_values){keep, n});
	if (p->blob.n > 0 || holds_removed(entry, p))
		fields_text(&f, "userSMIMECertificate", p->blob);
	fields_text(&f, "chanceryPersonId", p->person);
	snprintf(filter, sizeof(filter), "(entryCSN=%.*s)",
	    (int)entry_first(entry, "entryCSN").n,
	    (const char *)entry_first(entry, "entryCSN").p);
	return fields_change(conn, entry->dn, filter, &f, e);
}

int
publish_entry(
    struct clerk *c, struct connection *conn, const struct publish *p, struct err *e)
{
	struct search_result store = {.n = 0};
	int rc = find(c, conn, p, &store, e);

	if (rc == 1)
		rc = change(conn, &store.entry[0], p, e);
	else if (rc == 0)
		rc = p->add.n > 0 && p->mail.n > 0 ? make(c, conn, p, e) : 1;
	search_result_fini(&store);
	return rc;
}

/* --- the step ----------------------------------------------------------------------
 */

/* userSMIMECertificate, made while the key is at hand; none with a key of one's own. */
static int
make_blob(struct clerk *c, struct connection *conn, const struct registry_request *r,
    struct bytes der, struct owned *out, struct err *e)
{
	struct search_result store;
	struct registry_key key;
	json_t *o, *answer = NULL;
	int rc = registry_get(
	    conn, c->conf.suffix, REGISTRY_KEY, r->head.id, &store, &key, e);

	*out = (struct owned){NULL, 0};
	if (rc == 0) {
		o = json_object();
		line_set_text(o, "request", r->head.id);
		line_set_bytes(o, "certificate", der);
		line_set_bytes(o, "sealed_key", key.sealed);
		line_set_int(o, "time", clerk_now(c));
		if ((rc = signer_ask(c, "blob", o, &answer, e)) == 0)
			rc = line_bytes(answer, "blob", out, e);
		json_decref(answer);
	}
	search_result_fini(&store);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* All others of this person that are still offered. */
static int
former(struct clerk *c, struct connection *conn, const struct registry_request *r,
    struct search_result *store, struct registry_certificate **out, size_t *n,
    struct err *e)
{
	const struct registry_where where = {.state = {"valid"}, .person = r->person};
	size_t k = 0;
	int rc = registry_find(
	    conn, c->conf.suffix, REGISTRY_CERTIFICATE, &where, store, out, n, e);

	for (size_t i = 0; rc == 0 && i < *n; i++)
		if (!bytes_equal((*out)[i].head.id, r->serial))
			(*out)[k++] = (*out)[i];
	*n = rc == 0 ? k : 0;
	return rc;
}

/* The newer one is published: from now on these are for reading old mail. */
static int
retire(struct connection *conn, const struct registry_certificate *old, size_t n,
    struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct fields f = FIELDS_NONE;
		int rc;

		fields_text(&f, "chanceryState",
		    bytes_of(certificate_state_word(CERTIFICATE_REPLACED)));
		if ((rc = registry_change(conn, &old[i].head, &f, e)) != 1)
			return rc;
	}
	return 1;
}

static int
publish_new(struct clerk *c, struct connection *conn, const struct registry_request *r,
    struct bytes der, const struct registry_certificate *old, size_t n_old,
    struct err *e)
{
	struct bytes remove[PUBLISH_VALUES_MAX];
	struct publish p = {.person = r->person,
	    .mail = r->mail,
	    .name = r->display,
	    .given = r->given,
	    .surname = r->surname,
	    .shared = r->delegate.n > 0,
	    .add = der,
	    .remove = remove};
	struct owned blob;
	int rc = make_blob(c, conn, r, der, &blob, e);

	for (; p.n_remove < n_old && p.n_remove < PUBLISH_VALUES_MAX; p.n_remove++)
		remove[p.n_remove] = old[p.n_remove].der;
	p.blob = owned_view(&blob);
	if (rc == 0)
		rc = publish_entry(c, conn, &p, e);
	owned_free(&blob);
	return rc;
}

int
step_publish(struct clerk *c, struct connection *conn, const struct registry_request *r,
    struct err *e)
{
	struct search_result store, others = {.n = 0};
	struct registry_certificate cert, *old = NULL;
	struct fields f = FIELDS_NONE;
	json_t *o = json_object();
	size_t n = 0;
	int rc;

	line_set_text(o, "request", r->head.id);
	line_set_text(o, "serial", r->serial);
	rc = clerk_audit(c, NULL, "publish", o, e);
	if (rc != 0)
		return rc;
	rc = registry_get(
	    conn, c->conf.suffix, REGISTRY_CERTIFICATE, r->serial, &store, &cert, e);
	if (rc == 0 && cert.state == CERTIFICATE_VALID &&
	    (rc = former(c, conn, r, &others, &old, &n, e)) == 0 &&
	    (rc = publish_new(c, conn, r, cert.der, old, n, e)) == 1)
		rc = retire(conn, old, n, e) == 1 ? 0 : ERR_DIRECTORY;
	else if (rc == 0 && cert.state == CERTIFICATE_VALID)
		rc = err_set(e, ERR_IO, "the entry was changed meanwhile");
	if (rc == 0) {
		fields_text(&f, "chanceryState",
		    bytes_of(request_state_word(REQUEST_PUBLISHED)));
		fields_text(&f, "chanceryProblem", (struct bytes){NULL, 0});
		rc = registry_change(conn, &r->head, &f, e);
	}
	search_result_fini(&store);
	search_result_fini(&others);
	return rc;
}
