/*
 * Preparing and issuing (contract in steps.h). Publishing and delivering are in
 * publish.c and deliver.c.
 */
#include "enroll/clerk/steps.h"

#include "core/cert.h"
#include "enroll/clerk/people.h"
#include "enroll/clerk/signer.h"

enum {
	SERIAL_BYTES = 20
};

static int
audit(
    struct clerk *c, const char *event, const struct registry_request *r, struct err *e)
{
	json_t *o = json_object();

	line_set_text(o, "request", r->head.id);
	line_set_text(o, "serial", r->serial);
	return clerk_audit(c, NULL, event, o, e);
}

/* --- preparing ------------------------------------------------------------------- */

/* What the signer answered goes into the record, in one swap. */
static int
record_prepared(struct connection *conn, const struct registry_request *r,
    const json_t *answer, const struct company_entry *who, struct bytes *mail, size_t n,
    int64_t now, struct err *e)
{
	struct owned serial = {NULL, 0}, tbs = {NULL, 0}, spki = {NULL, 0},
		     key = {NULL, 0};
	struct fields f = FIELDS_NONE;
	char hex[2 * SERIAL_BYTES + 1] = "";
	int rc;

	if ((rc = line_bytes(answer, "serial", &serial, e)) == 0 &&
	    (rc = line_bytes(answer, "tbs", &tbs, e)) == 0 &&
	    (rc = line_bytes(answer, "spki", &spki, e)) == 0)
		rc = line_bytes(answer, "sealed_key", &key, e);
	if (rc == 0 && serial.n > SERIAL_BYTES)
		rc = err_set(
		    e, ERR_SYNTAX, "signer: a serial number of %zu octets", serial.n);
	if (rc == 0) {
		signer_hex(owned_view(&serial), hex);
		fields_text(&f, "chanceryState",
		    bytes_of(request_state_word(REQUEST_PREPARED)));
		fields_text(
		    &f, "chanceryKind", r->kind.n > 0 ? r->kind : BYTES("mailbox"));
		fields_values(&f, "mail", (struct entry_values){mail, n});
		fields_text(&f, "displayName", who->name);
		fields_text(&f, "givenName", who->given);
		fields_text(&f, "sn", who->surname);
		fields_time(&f, "chanceryBegin", now);
		fields_text(&f, "chancerySerial", bytes_of(hex));
		fields_text(&f, "chanceryDer", owned_view(&spki));
		fields_text(&f, "chanceryTbs", owned_view(&tbs));
		fields_text(&f, "chancerySealed", owned_view(&key));
		fields_text(&f, "chanceryProblem", (struct bytes){NULL, 0});
		rc = registry_change(conn, &r->head, &f, e);
	}
	owned_free(&serial);
	owned_free(&tbs);
	owned_free(&spki);
	owned_free(&key);
	return rc;
}

static int
prepare_for(struct clerk *c, struct connection *conn, const struct registry_request *r,
    const struct company_entry *who, struct err *e)
{
	struct bytes mail[PEOPLE_MAIL_MAX];
	size_t n = people_mail(c, who, mail);
	int64_t now = clerk_now(c);
	json_t *fields, *answer = NULL;
	int rc;

	if (n == 0)
		return err_set(e, ERR_POLICY,
		    "%.*s has no address in a domain of this organization",
		    (int)who->name.n, (const char *)who->name.p);
	if ((rc = audit(c, "prepare", r, e)) != 0)
		return rc;
	fields = signer_fields(r, mail, n, now);
	if (r->spki.n > 0)
		line_set_bytes(fields, "spki", r->spki);
	rc = signer_ask(c, "prepare", fields, &answer, e);
	if (rc == 0)
		rc = record_prepared(conn, r, answer, who, mail, n, now, e);
	json_decref(answer);
	return rc;
}

int
step_prepare(struct clerk *c, struct connection *conn, const struct registry_request *r,
    struct err *e)
{
	struct search_result store;
	struct company_entry who;
	int rc = people_get(c, r->person, &store, &who, e);

	if (rc == 1)
		rc = prepare_for(c, conn, r, &who, e);
	else if (rc == 0)
		rc = err_set(e, ERR_POLICY,
		    "the company directory has no such account "
		    "in use any more");
	search_result_fini(&store);
	return rc;
}

/* --- issuing --------------------------------------------------------------------- */

/* Insert-if-absent: found there already after a kill, it is the same. */
static int
record_issued(struct clerk *c, struct connection *conn,
    const struct registry_request *r, struct bytes der, struct err *e)
{
	struct registry_certificate cert = {.head = {.id = r->serial},
	    .state = CERTIFICATE_VALID,
	    .person = r->person,
	    .request = r->head.id,
	    .kind = r->kind,
	    .by = r->by,
	    .mail = r->mail,
	    .display = r->display,
	    .der = der};
	struct registry_key key = {.head = {.id = r->head.id},
	    .person = r->person,
	    .serial = r->serial,
	    .sealed = r->sealed};
	struct cert view;
	int rc = cert_parse(der, &view, e);

	if (rc != 0)
		return rc;
	cert.begin = view.not_before;
	cert.until = view.not_after + 1;
	rc = registry_add(conn, c->conf.suffix, REGISTRY_CERTIFICATE, &cert, e);
	if (rc >= 0 && r->sealed.n > 0)
		rc = registry_add(conn, c->conf.suffix, REGISTRY_KEY, &key, e);
	return rc < 0 ? rc : 0;
}

int
step_issue(struct clerk *c, struct connection *conn, const struct registry_request *r,
    struct err *e)
{
	struct owned der = {NULL, 0};
	struct fields f = FIELDS_NONE;
	json_t *fields, *answer = NULL;
	uint8_t serial[SERIAL_BYTES];
	size_t n = 0;
	int rc;

	if (signer_unhex(r->serial, serial, sizeof(serial), &n) != 0)
		return err_set(
		    e, ERR_SYNTAX, "%s: the serial number is none", r->head.dn);
	if ((rc = audit(c, "issue", r, e)) != 0)
		return rc;
	fields = signer_fields(r, r->mail.value, r->mail.n, r->begin);
	line_set_bytes(fields, "serial", (struct bytes){serial, n});
	line_set_bytes(fields, "spki", r->spki);
	line_set_bytes(fields, "tbs", r->tbs);
	if ((rc = signer_ask(c, "sign", fields, &answer, e)) == 0 &&
	    (rc = line_bytes(answer, "certificate", &der, e)) == 0 &&
	    (rc = record_issued(c, conn, r, owned_view(&der), e)) == 0) {
		fields_text(
		    &f, "chanceryState", bytes_of(request_state_word(REQUEST_ISSUED)));
		fields_text(&f, "chancerySealed", (struct bytes){NULL, 0});
		fields_text(&f, "chanceryProblem", (struct bytes){NULL, 0});
		rc = registry_change(conn, &r->head, &f, e);
	}
	json_decref(answer);
	owned_free(&der);
	return rc;
}

/* --- nobody agreed --------------------------------------------------------------- */

int
step_expire(struct clerk *c, struct connection *conn, const struct registry_request *r,
    struct err *e)
{
	struct fields f = FIELDS_NONE;
	int rc = audit(c, "expire", r, e);

	if (rc != 0)
		return rc;
	fields_text(&f, "chanceryState", bytes_of(request_state_word(REQUEST_EXPIRED)));
	fields_text(&f, "chanceryReason", BYTES("nobody agreed in time"));
	fields_time(&f, "chanceryUntil", 0);
	return registry_change(conn, &r->head, &f, e);
}
