/*
 * Keys once more (contract in key_calls.h). A revoked or replaced certificate's key is
 * given out like any other: old mail is read with it. Who was a delegate of a shared
 * mailbox when its key was delivered may have it again.
 */
#include "enroll/clerk/key_calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/token.h"
#include "crypto/zip.h"
#include "directory/registry.h"
#include "enroll/clerk/deliver.h"
#include "enroll/clerk/login_try.h"
#include "enroll/clerk/mail.h"
#include "enroll/clerk/notice.h"
#include "enroll/clerk/revoke.h"
#include "enroll/clerk/signer.h"

enum {
	KEPT_MAX = 50, /* keys that the signer packs at once; older ones: one by one */
};

/* A certificate and the key that is archived for it. */
struct kept {
	struct registry_certificate cert;
	struct registry_key key;
};

struct archive {
	struct search_result certs, keys; /* what the rest are views into */
	struct kept kept[KEPT_MAX];	  /* newest first */
	size_t n;
};

/* Files, packed, and the PIN that opens them: texts of the signer's answers. */
struct packed {
	json_t *pfx, *pin;
};

static void
archive_free(struct archive **ap)
{
	if (*ap == NULL)
		return;
	search_result_fini(&(*ap)->certs);
	search_result_fini(&(*ap)->keys);
	free(*ap);
	*ap = NULL;
}

static void
packed_fini(struct packed *p)
{
	json_decref(p->pfx);
	json_decref(p->pin);
}

/* --- which keys ---------------------------------------------------------------------
 */

/* Whether one was delivered to this person: 1, 0, ERR_*. */
static int
was_delivered(struct clerk *c, struct connection *conn, struct bytes request,
    struct bytes person, struct err *e)
{
	char id[DELIVERY_ID_SIZE];
	struct search_result store = {.n = 0};
	struct registry_token t;
	int rc;

	delivery_id(request, person, id);
	rc = registry_get(
	    conn, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), &store, &t, e);
	if (rc == 0)
		rc = bytes_equal_nocase(t.person, person) ? 1 : 0;
	search_result_fini(&store);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Another's certificate, one that is not there, and one without a key are the same. */
static int
find_one(struct clerk *c, struct connection *conn, const struct caller *who,
    struct bytes serial, struct archive *a, struct err *e)
{
	struct kept *k = &a->kept[0];
	struct bytes person = bytes_of(who->session->person);
	uint8_t raw[REVOKE_SERIAL_TEXT / 2];
	size_t n;
	int rc = signer_unhex(serial, raw, sizeof(raw), &n) == 0 && n > 0
		     ? registry_get(conn, c->conf.suffix, REGISTRY_CERTIFICATE, serial,
			   &a->certs, &k->cert, e)
		     : ERR_NOT_FOUND;

	if (rc == 0 && !caller_is(who, k->cert.person)) {
		rc = was_delivered(c, conn, k->cert.request, person, e);
		rc = rc == 0 ? ERR_NOT_FOUND : rc < 0 ? rc : 0;
	}
	if (rc == 0)
		rc = registry_get(conn, c->conf.suffix, REGISTRY_KEY, k->cert.request,
		    &a->keys, &k->key, e);
	if (rc == 0 && k->cert.mail.n == 0)
		rc = ERR_NOT_FOUND;
	a->n = rc == 0;
	return rc == ERR_NOT_FOUND
		   ? err_set(e, rc, "no certificate of yours with an archived key")
		   : rc;
}

static int
by_age(const void *a, const void *b)
{
	const struct registry_certificate *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin > y->begin ? -1 : 1;
	return (y->state == CERTIFICATE_VALID) - (x->state == CERTIFICATE_VALID);
}

static const struct registry_key *
key_of(const struct registry_certificate *cert, const struct registry_key *key,
    size_t n_key)
{
	for (size_t i = 0; i < n_key; i++)
		if (bytes_equal(key[i].head.id, cert->request))
			return &key[i];
	return NULL;
}

static int
find_all(struct clerk *c, struct connection *conn, const struct caller *who,
    struct archive *a, struct err *e)
{
	const struct registry_where where = {.person = bytes_of(who->session->person)};
	struct registry_certificate *cert = NULL;
	struct registry_key *keys = NULL;
	size_t n = 0, n_key = 0;
	int rc = registry_find(conn, c->conf.suffix, REGISTRY_CERTIFICATE, &where,
	    &a->certs, &cert, &n, e);

	if (rc == 0)
		rc = registry_find(conn, c->conf.suffix, REGISTRY_KEY, &where, &a->keys,
		    &keys, &n_key, e);
	if (rc != 0)
		return rc;
	if (n > 1)
		qsort(cert, n, sizeof(*cert), by_age);
	for (size_t i = 0; i < n && a->n < KEPT_MAX; i++) {
		const struct registry_key *key = key_of(&cert[i], keys, n_key);

		if (key != NULL && cert[i].mail.n > 0)
			a->kept[a->n++] = (struct kept){cert[i], *key};
	}
	return a->n > 0 ? 0
			: err_set(e, ERR_NOT_FOUND,
			      "no certificate of yours with an archived key");
}

/* The one of this serial number, or, without one, all. 0, ERR_*. */
static int
find(struct clerk *c, const struct caller *who, struct bytes serial,
    struct archive **out, struct err *e)
{
	struct connection *conn = NULL;
	int rc;

	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for keys");
	if ((rc = clerk_directory(c, &conn, e)) != 0)
		return rc;
	rc = serial.n > 0 ? find_one(c, conn, who, serial, *out, e)
			  : find_all(c, conn, who, *out, e);
	clerk_directory_end(c, &conn);
	return rc;
}

/* --- packing them -------------------------------------------------------------------
 */

static int
audit(struct clerk *c, const struct caller *who, const struct archive *a,
    const char *form, struct err *e)
{
	json_t *o = json_object(), *list = json_array();

	for (size_t i = 0; i < a->n; i++) {
		struct bytes serial = a->kept[i].cert.head.id;

		json_array_append_new(
		    list, json_stringn((const char *)serial.p, serial.n));
	}
	json_object_set_new(o, "certificates", list);
	line_set_text(o, "form", bytes_of(form));
	return clerk_audit(c, who, "key-fetch", o, e);
}

static int
notify(
    struct clerk *c, const struct caller *who, const struct archive *a, struct err *e)
{
	const struct session *s = who->session;
	struct bytes address = a->kept[0].cert.mail.value[0];
	char time[MAIL_TIME_SIZE];
	struct texts_field fields[] = {
	    {"address", address}, {"time", bytes_of(mail_time(clerk_now(c), time))}};
	const struct notice n = {.letter = "key-fetched",
	    .to = {s->mail[0] != '\0' ? bytes_of(s->mail) : address, bytes_of(s->name),
		bytes_of(s->language)},
	    .person = s->person,
	    .fields = fields,
	    .n_fields = NITEMS(fields)};

	return notice_queue(c, &n, e);
}

static int
make_pin(struct clerk *c, struct bytes delivery, struct owned *sealed, struct err *e)
{
	json_t *o = json_object(), *answer = NULL;
	int rc;

	line_set_text(o, "delivery", delivery);
	line_set_int(o, "time", clerk_now(c));
	if ((rc = signer_ask(c, "pin-make", o, &answer, e)) == 0)
		rc = line_bytes(answer, "sealed_pin", sealed, e);
	json_decref(answer);
	return rc;
}

static int
open_pin(struct clerk *c, const struct registry_token *t, json_t **out, struct err *e)
{
	json_t *o = json_object(), *answer = NULL;
	int rc;

	line_set_text(o, "delivery", t->head.id);
	line_set_bytes(o, "sealed_pin", t->sealed);
	line_set_int(o, "time", clerk_now(c));
	if ((rc = signer_ask(c, "pin-open", o, &answer, e)) == 0)
		*out = json_incref(json_object_get(answer, "pin"));
	json_decref(answer);
	return rc;
}

static int
make_files(struct clerk *c, const struct archive *a, const struct registry_token *t,
    const char *form, json_t **out, struct err *e)
{
	json_t *keys = json_array(), *answer = NULL;
	int rc;

	for (size_t i = 0; i < a->n; i++) {
		json_t *one = signer_key(&a->kept[i].cert, &a->kept[i].key, e);

		if (one == NULL) {
			json_decref(keys);
			return err_set(e, ERR_MEMORY, "no name for the file");
		}
		json_array_append_new(keys, one);
	}
	rc = signer_package(c, t, form, keys, &answer, e);
	if (rc == 0)
		*out = json_incref(json_object_get(answer, "pfx"));
	if (rc == 0 && json_array_size(*out) != a->n)
		rc = err_set(e, ERR_IO, "the signer packed another number of files");
	json_decref(answer);
	return rc;
}

/* All under one PIN, for a delivery that is nobody's: no record of it is ever made. */
static int
make(struct clerk *c, const struct archive *a, const char *form, struct packed *out,
    struct err *e)
{
	char link[TOKEN_LINK_CHARS + 1], id[sizeof(link) + 2];
	struct owned sealed = {NULL, 0};
	struct registry_token t = {.kind = BYTES("delivery")};
	int rc = token_make_link(link, e);

	if (rc != 0)
		return rc;
	snprintf(id, sizeof(id), "g-%s", link);
	t.head.id = bytes_of(id);
	if ((rc = make_pin(c, t.head.id, &sealed, e)) == 0) {
		t.sealed = owned_view(&sealed);
		rc = make_files(c, a, &t, form, &out->pfx, e);
	}
	if (rc == 0)
		rc = open_pin(c, &t, &out->pin, e);
	owned_free(&sealed);
	return rc;
}

static int
pack(struct clerk *c, const struct caller *who, const struct archive *a,
    const char *form, struct packed *out, struct err *e)
{
	int rc = audit(c, who, a, form, e);

	if (rc == 0)
		rc = notify(c, who, a, e);
	return rc == 0 ? make(c, a, form, out, e) : rc;
}

/* --- the archive --------------------------------------------------------------------
 */

/* Members of a ZIP, their names and contents. */
struct members {
	struct zip_member member[KEPT_MAX + 1];
	char name[KEPT_MAX + 1][ZIP_NAME_SIZE];
	struct owned content[KEPT_MAX];
	size_t n;
};

static bool
is_taken(const struct members *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (bytes_equal_nocase(bytes_of(m->name[i]), bytes_of(name)))
			return true;
	return false;
}

static int
add_pfx(struct members *m, const struct registry_certificate *cert, const char *word,
    const json_t *pfx, struct err *e)
{
	json_t *one = json_object();
	char *name = m->name[m->n];
	unsigned number = 1;
	int rc;

	json_object_set(one, "pfx", (json_t *)pfx);
	rc = line_bytes(one, "pfx", &m->content[m->n], e);
	json_decref(one);
	do {
		if (rc == 0)
			rc = zip_member_name(cert->begin, word, cert->mail.value[0],
			    number++, "pfx", name, e);
	} while (rc == 0 && is_taken(m, name));
	if (rc != 0)
		return rc;
	m->member[m->n] =
	    (struct zip_member){name, owned_view(&m->content[m->n]), cert->begin};
	m->n++;
	return 0;
}

/* What to do with them, in the reader's language. */
static void
add_text(struct clerk *c, const struct caller *who, struct members *m)
{
	const struct texts *t = c->mail == NULL ? NULL : mail_texts(c->mail);
	const char *language;

	if (t == NULL)
		return;
	language = texts_language(t, bytes_of(who->session->language));
	snprintf(m->name[m->n], ZIP_NAME_SIZE, "%s",
	    texts_get(t, language, "mail.archive.name"));
	m->member[m->n] = (struct zip_member){m->name[m->n],
	    bytes_of(texts_get(t, language, "mail.archive.text")), m->member[0].time};
	m->n++;
}

static int
fill(struct clerk *c, const struct caller *who, const struct archive *a,
    const json_t *pfx, struct members *m, struct err *e)
{
	int64_t now = clerk_now(c);
	bool has_new = false;
	int rc = 0;

	for (size_t i = 0; i < a->n && rc == 0; i++) {
		const struct registry_certificate *cert = &a->kept[i].cert;
		bool is_new =
		    !has_new && cert->state == CERTIFICATE_VALID && now < cert->until;

		has_new = has_new || is_new;
		rc =
		    add_pfx(m, cert, is_new ? "new" : "old", json_array_get(pfx, i), e);
	}
	if (rc == 0)
		add_text(c, who, m);
	return rc;
}

static json_t *
names(const struct members *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n; i++) {
		json_t *one = json_object();

		line_set_text(one, "name", bytes_of(m->name[i]));
		json_array_append_new(list, one);
	}
	return list;
}

/* Puts "zip" and "files" into o. */
static int
add_zip(struct clerk *c, const struct caller *who, const struct archive *a,
    const json_t *pfx, json_t *o, struct err *e)
{
	struct members *m = calloc(1, sizeof(*m));
	struct owned zip = {NULL, 0};
	int rc;

	if (m == NULL)
		return err_set(e, ERR_MEMORY, "no memory for an archive");
	rc = fill(c, who, a, pfx, m, e);
	if (rc == 0)
		rc = zip_make(m->member, m->n, &zip, e);
	if (rc == 0) {
		line_set_bytes(o, "zip", owned_view(&zip));
		json_object_set_new(o, "files", names(m));
	}
	owned_free(&zip);
	for (size_t i = 0; i < KEPT_MAX; i++)
		owned_free(&m->content[i]);
	free(m);
	return rc;
}

/* --- the calls ----------------------------------------------------------------------
 */

/* Fills an answer out of what was packed. 0 or ERR_*. */
typedef int tell_fn(struct clerk *c, const struct caller *who, const struct archive *a,
    const struct packed *p, json_t *o, struct err *e);

static int
tell_pfx(struct clerk *c, const struct caller *who, const struct archive *a,
    const struct packed *p, json_t *o, struct err *e)
{
	char name[MAIL_FILE_SIZE];

	(void)c;
	(void)who;
	(void)e;
	mail_file_name(a->kept[0].cert.mail.value[0], a->kept[0].cert.begin, name);
	line_set_text(o, "name", bytes_of(name));
	json_object_set(o, "pfx", json_array_get(p->pfx, 0));
	return 0;
}

static int
tell_zip(struct clerk *c, const struct caller *who, const struct archive *a,
    const struct packed *p, json_t *o, struct err *e)
{
	char name[ZIP_NAME_SIZE];
	int rc = zip_member_name(
	    clerk_now(c), "all", a->kept[0].cert.mail.value[0], 1, "zip", name, e);

	if (rc != 0)
		return rc;
	line_set_text(o, "name", bytes_of(name));
	return add_zip(c, who, a, p->pfx, o, e);
}

static json_t *
give(struct clerk *c, const struct caller *who, const struct archive *a,
    const char *form, tell_fn *tell)
{
	struct packed p = {NULL, NULL};
	struct err e = {0};
	json_t *o = line_ok();
	int rc = pack(c, who, a, form, &p, &e);

	if (rc == 0 && (rc = tell(c, who, a, &p, o, &e)) == 0)
		json_object_set(o, "pin", p.pin);
	packed_fini(&p);
	if (rc == 0)
		return o;
	json_decref(o);
	return line_refuse_err(&e);
}

static const char *
form_of(const json_t *request)
{
	struct bytes form = line_text(request, "form");

	if (bytes_equal(form, BYTES("modern")))
		return "modern";
	return bytes_equal(form, BYTES("compatible")) ? "compatible" : NULL;
}

static json_t *
fetch(struct clerk *c, const struct caller *who, const json_t *request,
    struct bytes serial, tell_fn *tell)
{
	const char *form = form_of(request);
	struct archive *a = NULL;
	struct err e = {0};
	json_t *o;
	int rc;

	if (form == NULL)
		return line_refuse("syntax", "form: want modern or compatible");
	if ((rc = find(c, who, serial, &a, &e)) == 0)
		rc = login_confirm(c, who, line_text(request, "password"), &e);
	if (rc == 1)
		o = give(c, who, a, form, tell);
	else
		o = rc == 0 ? line_refuse("login", "the password is wrong")
			    : line_refuse_err(&e);
	archive_free(&a);
	return o;
}

json_t *
call_pfx_get(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct bytes serial = line_text(request, "certificate");

	if (serial.n == 0)
		return line_refuse("syntax", "certificate: is empty");
	return fetch(c, who, request, serial, tell_pfx);
}

json_t *
call_renew_zip(struct clerk *c, const struct caller *who, const json_t *request)
{
	return fetch(c, who, request, (struct bytes){NULL, 0}, tell_zip);
}
