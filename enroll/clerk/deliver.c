/*
 * Delivering (contract in steps.h): one delivery a recipient, each with a PIN of its
 * own, which the signer makes and seals. The PFX is made for the mail and forgotten.
 */
#include <stdio.h>

#include "core/due.h"
#include "crypto/token.h"
#include "enroll/clerk/deliver.h"
#include "enroll/clerk/mail.h"
#include "enroll/clerk/notice.h"
#include "enroll/clerk/people.h"
#include "enroll/clerk/signer.h"
#include "enroll/clerk/steps.h"

#define FORM_DEFAULT "modern"

void
delivery_id(struct bytes request, struct bytes person, char out[DELIVERY_ID_SIZE])
{
	snprintf(out, DELIVERY_ID_SIZE, "d-%.*s-%.*s", (int)request.n,
	    (const char *)request.p, (int)person.n, (const char *)person.p);
}

/* --- one delivery, from nothing to the relay -----------------------------------------
 */

struct delivering {
	struct clerk *c;
	struct connection *conn;
	const struct registry_request *r;
	struct bytes recipient;
	char id[DELIVERY_ID_SIZE];
};

/* Insert-if-absent: whoever comes second finds the link that was made first. */
static int
begin(struct delivering *d, struct err *e)
{
	char link[TOKEN_LINK_CHARS + 1];
	struct search_result store;
	struct company_entry who;
	struct registry_token t = {.head = {.id = bytes_of(d->id)},
	    .kind = BYTES("delivery"),
	    .state = bytes_of(delivery_state_word(DELIVERY_NEW)),
	    .person = d->recipient,
	    .request = d->r->head.id,
	    .language = d->r->language,
	    .form = d->r->form,
	    .begin = clerk_now(d->c)};
	int rc = people_get(d->c, d->recipient, &store, &who, e);

	if (rc == 1 && who.mail.n > 0 && (rc = token_make_link(link, e)) == 0) {
		t.link = bytes_of(link);
		t.mail = who.mail.value[0];
		t.display = who.name;
		rc = registry_add(d->conn, d->c->conf.suffix, REGISTRY_TOKEN, &t, e);
	} else if (rc >= 0) {
		rc = err_set(e, ERR_IO, "a recipient has left, or has no address");
	}
	search_result_fini(&store);
	return rc < 0 ? rc : 0;
}

static int
seal(struct delivering *d, const struct registry_token *t, struct err *e)
{
	int64_t now = clerk_now(d->c);
	struct owned sealed = {NULL, 0};
	struct fields f = FIELDS_NONE;
	json_t *o = json_object(), *answer = NULL;
	int rc;

	line_set_text(o, "delivery", t->head.id);
	line_set_int(o, "time", now);
	if ((rc = signer_ask(d->c, "pin-make", o, &answer, e)) == 0 &&
	    (rc = line_bytes(answer, "sealed_pin", &sealed, e)) == 0) {
		fields_text(&f, "chanceryState",
		    bytes_of(delivery_state_word(DELIVERY_SEALED)));
		fields_text(&f, "chancerySealed", owned_view(&sealed));
		fields_time(&f, "chanceryBegin", now);
		fields_time(&f, "chanceryUntil", due_delivery_end(now));
		rc = registry_change(d->conn, &t->head, &f, e);
	}
	json_decref(answer);
	owned_free(&sealed);
	return rc < 0 ? rc : 0;
}

/* What makes this mail this one: a retry is the same, a file sent once more is not. */
static char *
mail_id(const struct registry_token *t, char out[DELIVERY_ID_SIZE + 24])
{
	if (t->count == 0)
		snprintf(out, DELIVERY_ID_SIZE + 24, "%.*s", (int)t->head.id.n,
		    (const char *)t->head.id.p);
	else
		snprintf(out, DELIVERY_ID_SIZE + 24, "%.*s#%lld", (int)t->head.id.n,
		    (const char *)t->head.id.p, (long long)t->count + 1);
	return out;
}

static int
send(struct delivering *d, const struct registry_token *t,
    const struct registry_certificate *cert, struct bytes pfx, struct err *e)
{
	char id[DELIVERY_ID_SIZE + 24];
	const struct mail_delivery m = {.id = bytes_of(mail_id(t, id)),
	    .to = {t->mail, t->display, t->language},
	    .address = cert->mail.value[0],
	    .mailbox = d->r->delegate.n > 0 ? d->r->display : (struct bytes){NULL, 0},
	    .link = t->link,
	    .until = t->until,
	    .begin = cert->begin,
	    .pfx = pfx};
	struct fields f = FIELDS_NONE;
	int rc = mail_delivery(d->c, &m, e);

	if (rc != 0)
		return rc == ERR_POLICY ? err_set(e, ERR_IO, "%s", e->text) : rc;
	fields_text(
	    &f, "chanceryState", bytes_of(delivery_state_word(DELIVERY_MAILED)));
	rc = registry_change(d->conn, &t->head, &f, e);
	return rc < 0 ? rc : 0;
}

static int
mail(struct delivering *d, const struct registry_token *t, struct err *e)
{
	struct search_result certs, keys = {.n = 0};
	struct registry_certificate cert;
	struct registry_key key;
	struct owned pfx = {NULL, 0};
	int rc = registry_get(d->conn, d->c->conf.suffix, REGISTRY_CERTIFICATE,
	    d->r->serial, &certs, &cert, e);

	if (rc == 0)
		rc = registry_get(d->conn, d->c->conf.suffix, REGISTRY_KEY,
		    d->r->head.id, &keys, &key, e);
	if (rc == 0)
		rc = deliver_pfx(d->c, t, &cert, &key, NULL, &pfx, e);
	if (rc == 0)
		rc = send(d, t, &cert, owned_view(&pfx), e);
	owned_free(&pfx);
	search_result_fini(&certs);
	search_result_fini(&keys);
	return rc;
}

int
deliver_pfx(struct clerk *c, const struct registry_token *t,
    const struct registry_certificate *cert, const struct registry_key *key,
    const char *form, struct owned *out, struct err *e)
{
	char word[32];
	json_t *keys = json_array(), *one = signer_key(cert, key, e), *answer = NULL;
	json_t *first = json_object();
	int rc;

	snprintf(word, sizeof(word), "%.*s", (int)t->form.n, (const char *)t->form.p);
	if (form == NULL)
		form = t->form.n > 0 ? word : FORM_DEFAULT;
	if (one == NULL) {
		json_decref(keys);
		json_decref(first);
		return err_set(e, ERR_MEMORY, "no name for the file");
	}
	json_array_append_new(keys, one);
	rc = signer_package(c, t, form, keys, &answer, e);
	if (rc == 0) {
		json_object_set(
		    first, "pfx", json_array_get(json_object_get(answer, "pfx"), 0));
		rc = line_bytes(first, "pfx", out, e);
	}
	json_decref(first);
	json_decref(answer);
	return rc;
}

/* 0: it was mailed, now or before; ERR_*. */
static int
deliver_one(struct delivering *d, struct err *e)
{
	for (unsigned i = 0; i < 5; i++) {
		struct search_result store;
		struct registry_token t;
		enum delivery_state state;
		int rc = registry_get(d->conn, d->c->conf.suffix, REGISTRY_TOKEN,
		    bytes_of(d->id), &store, &t, e);
		bool done = false;

		if (rc == ERR_NOT_FOUND) {
			rc = begin(d, e);
		} else if (rc == 0 &&
			   (rc = delivery_state_read(t.state, &state, e)) == 0) {
			done = state == DELIVERY_MAILED || state == DELIVERY_EXPIRED;
			if (state == DELIVERY_NEW)
				rc = seal(d, &t, e);
			else if (state == DELIVERY_SEALED)
				rc = mail(d, &t, e);
		}
		search_result_fini(&store);
		if (rc != 0 || done)
			return rc;
	}
	return err_set(e, ERR_IO, "others change the delivery all the time");
}

/* --- once more ----------------------------------------------------------------------
 */

/* From the beginning, without the PIN of before, to the address of today. */
static int
begin_again(struct delivering *d, const struct registry_token *t, struct err *e)
{
	struct search_result store;
	struct company_entry who;
	struct fields f = FIELDS_NONE;
	int rc = people_get(d->c, d->recipient, &store, &who, e);

	if (rc == 1 && who.mail.n > 0) {
		fields_text(
		    &f, "chanceryState", bytes_of(delivery_state_word(DELIVERY_NEW)));
		fields_text(&f, "chancerySealed", (struct bytes){NULL, 0});
		fields_time(&f, "chanceryUntil", 0);
		fields_number(&f, "chanceryCount", t->count + 1);
		fields_text(&f, "mail", who.mail.value[0]);
		fields_text(&f, "displayName", who.name);
		rc = registry_change(d->conn, &t->head, &f, e);
		rc = rc == 0 ? err_set(e, ERR_IO, "somebody else mails it just now")
			     : rc;
	} else if (rc >= 0) {
		rc = err_set(e, ERR_POLICY, "%.*s has left, or has no address",
		    (int)t->mail.n, (const char *)t->mail.p);
	}
	search_result_fini(&store);
	return rc < 0 ? rc : 0;
}

int
deliver_again(struct clerk *c, struct connection *conn,
    const struct registry_request *r, const struct registry_token *t, struct err *e)
{
	struct delivering d = {.c = c, .conn = conn, .r = r, .recipient = t->person};
	enum delivery_state state;
	int rc = delivery_state_read(t->state, &state, e);

	delivery_id(r->head.id, t->person, d.id);
	if (rc == 0 && (state == DELIVERY_MAILED || state == DELIVERY_EXPIRED))
		rc = begin_again(&d, t, e);
	return rc == 0 ? deliver_one(&d, e) : rc;
}

/* --- the step ------------------------------------------------------------------------
 */

/* A key of one's own: there is nothing to send but the news. */
static int
tell_issued(struct clerk *c, const struct registry_request *r, struct err *e)
{
	char once[REGISTRY_ID_MAX + 16];
	struct texts_field fields[] = {{"address", r->mail.value[0]}};
	struct notice n = {.letter = "issued",
	    .once = once,
	    .to = {r->mail.value[0], r->display, r->language},
	    .fields = fields,
	    .n_fields = 1};

	snprintf(once, sizeof(once), "%.*s-issued", (int)r->head.id.n,
	    (const char *)r->head.id.p);
	return notice_queue(c, &n, e);
}

int
step_deliver(struct clerk *c, struct connection *conn, const struct registry_request *r,
    struct err *e)
{
	struct delivering d = {.c = c, .conn = conn, .r = r};
	struct fields f = FIELDS_NONE;
	size_t n = r->delegate.n > 0 ? r->delegate.n : 1;
	int rc = 0;

	if (r->mail.n == 0)
		return err_set(e, ERR_SYNTAX, "%s has no address", r->head.dn);
	if (bytes_equal(r->form, BYTES("own"))) {
		rc = tell_issued(c, r, e);
		n = 0;
	}
	for (size_t i = 0; i < n && rc == 0; i++) {
		d.recipient = r->delegate.n > 0 ? r->delegate.value[i] : r->person;
		delivery_id(r->head.id, d.recipient, d.id);
		rc = deliver_one(&d, e);
	}
	if (rc != 0)
		return rc;
	fields_text(&f, "chanceryState", bytes_of(request_state_word(REQUEST_DONE)));
	fields_text(&f, "chanceryProblem", (struct bytes){NULL, 0});
	fields_time(&f, "chanceryNext", 0);
	return registry_change(conn, &r->head, &f, e);
}
