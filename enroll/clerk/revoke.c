/*
 * Revocation (contract in revoke.h).
 */
#include "enroll/clerk/revoke.h"

#include <stdio.h>

#include "crypto/crl_make.h"
#include "directory/registry.h"
#include "enroll/clerk/login_try.h"
#include "enroll/clerk/notice.h"
#include "enroll/clerk/revoke_off.h"
#include "enroll/clerk/worker.h"

enum {
	TRIES = 5, /* reminders are marked in the same record */
	BY_SIZE = 40,
	ONCE_SIZE = REVOKE_SERIAL_TEXT + 16,
};

static int
hex_digit(uint8_t c)
{
	c = byte_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t
revoke_serial_read(struct bytes hex, uint8_t *out)
{
	if (hex.n % 2 != 0 || hex.n > (size_t)2 * CRL_MAKE_SERIAL_MAX)
		return 0;
	for (size_t i = 0; i < hex.n; i += 2) {
		int high = hex_digit(hex.p[i]), low = hex_digit(hex.p[i + 1]);

		if (high < 0 || low < 0)
			return 0;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return hex.n / 2;
}

/* --- what follows -------------------------------------------------------------------
 */

/* The language in which it was asked for; *store holds it. */
static struct bytes
language_of(struct clerk *c, struct connection *d, const struct registry_certificate *r,
    struct search_result *store)
{
	struct registry_request q;

	if (r->request.n == 0 || registry_get(d, c->conf.suffix, REGISTRY_REQUEST,
				     r->request, store, &q, NULL) != 0)
		return (struct bytes){NULL, 0};
	return q.language;
}

static int
tell(struct clerk *c, const struct registry_certificate *r, struct bytes language,
    struct err *e)
{
	char once[ONCE_SIZE], at[MAIL_TIME_SIZE];
	struct texts_field fields[] = {{"address", {NULL, 0}},
	    {"time", bytes_of(mail_time(r->revoked_at, at))}, {"reason", r->reason}};
	struct notice n = {.letter = "revoked",
	    .once = once,
	    .fields = fields,
	    .n_fields = NITEMS(fields)};

	if (r->mail.n == 0 || r->head.id.n > REVOKE_SERIAL_TEXT)
		return 0;
	n.to = (struct mail_to){r->mail.value[0], r->display, language};
	fields[0].value = r->mail.value[0];
	snprintf(once, sizeof(once), "%.*s-revoked", (int)r->head.id.n,
	    (const char *)r->head.id.p);
	return notice_queue(c, &n, e);
}

int
revoke_finish(struct clerk *c, struct bytes serial, struct err *e)
{
	struct search_result store = {.n = 0}, request = {.n = 0};
	struct registry_certificate r;
	struct connection *d = NULL;
	struct bytes language = {NULL, 0};
	bool revoked = false;
	int rc = clerk_directory(c, &d, e);

	if (rc != 0)
		return rc;
	rc = registry_get(
	    d, c->conf.suffix, REGISTRY_CERTIFICATE, serial, &store, &r, e);
	revoked = rc == 0 && r.state == CERTIFICATE_REVOKED;
	if (revoked)
		rc = revoke_off(d, c->conf.suffix, &r, e);
	if (revoked && rc == 0)
		language = language_of(c, d, &r, &request);
	clerk_directory_end(c, &d);
	if (revoked && rc == 0)
		rc = tell(c, &r, language, e);
	search_result_fini(&request);
	search_result_fini(&store);
	return rc;
}

/* --- revoking -----------------------------------------------------------------------
 */

static int
check_reason(const char *word, struct err *e)
{
	int reason, rc = crl_make_reason_read(bytes_of(word), &reason, e);

	if (rc == 0 && reason == CRL_MAKE_CA_COMPROMISE)
		return err_set(e, ERR_POLICY,
		    "%s is no reason to revoke a person's certificate", word);
	return rc;
}

/* 1 changed, 0 read again, ERR_*. */
static int
record(struct clerk *c, struct connection *d, const struct caller *who,
    const struct registry_head *head, const char *reason, struct err *e)
{
	struct fields f = FIELDS_NONE;
	char by[BY_SIZE];

	fields_text(
	    &f, "chanceryState", bytes_of(certificate_state_word(CERTIFICATE_REVOKED)));
	fields_time(&f, "chanceryRevokedAt", clerk_now(c));
	fields_text(&f, "chanceryReason", bytes_of(reason));
	fields_text(&f, "chanceryBy", bytes_of(caller_name(who, by)));
	return registry_change(d, head, &f, e);
}

static int
audit(struct clerk *c, const struct caller *who, const struct registry_certificate *r,
    const char *reason, struct err *e)
{
	json_t *fields = json_object();

	if (fields == NULL || line_set_text(fields, "certificate", r->head.id) != 0 ||
	    line_set_text(fields, "person", r->person) != 0 ||
	    line_set_text(fields, "reason", bytes_of(reason)) != 0) {
		json_decref(fields);
		return err_set(e, ERR_MEMORY, "no memory for the audit log");
	}
	return clerk_audit(c, who, "revoke", fields, e);
}

/* One try: 1 done, 0 somebody else changed it, ERR_*; *was: it is revoked already. */
static int
revoke_try(struct clerk *c, const struct caller *who, struct bytes serial,
    const char *reason, bool *audited, bool *was, struct err *e)
{
	struct search_result store = {.n = 0};
	struct registry_certificate r;
	struct connection *d = NULL;
	int rc = clerk_directory(c, &d, e);

	if (rc != 0)
		return rc;
	rc = registry_get(
	    d, c->conf.suffix, REGISTRY_CERTIFICATE, serial, &store, &r, e);
	*was = rc == 0 && r.state == CERTIFICATE_REVOKED;
	if (rc == 0 && !*was && !*audited) {
		rc = audit(c, who, &r, reason, e);
		*audited = rc == 0;
	}
	if (rc == 0)
		rc = *was ? 1 : record(c, d, who, &r.head, reason, e);
	clerk_directory_end(c, &d);
	search_result_fini(&store);
	return rc;
}

int
revoke_certificate(struct clerk *c, const struct caller *who, struct bytes serial,
    const char *reason, struct err *e)
{
	bool audited = false, was = false;
	struct err after = {0};
	int rc = check_reason(reason, e);

	if (rc != 0)
		return rc;
	for (unsigned i = 0; i < TRIES && rc == 0; i++)
		rc = revoke_try(c, who, serial, reason, &audited, &was, e);
	if (rc == ERR_IO)
		worker_wake(c, "crl"); /* perhaps it is recorded */
	if (rc == 0)
		return err_set(e, ERR_IO,
		    "the certificate's record changes again and "
		    "again");
	if (rc < 0)
		return rc;
	if (revoke_finish(c, serial, &after) != 0)
		clerk_log(LOG_LEVEL_WARNING, who, "certificate %.*s: %s", (int)serial.n,
		    (const char *)serial.p, after.text);
	worker_wake(c, "crl");
	return was ? 0 : 1;
}

/* --- the call -----------------------------------------------------------------------
 */

/* Which ones a call is about. */
struct meant {
	struct search_result store;
	struct registry_certificate one, *all;
	size_t n;
};

static int
find_serial(struct clerk *c, struct connection *d, struct bytes text, struct meant *m,
    struct err *e)
{
	char serial[REVOKE_SERIAL_TEXT];
	int rc;

	if (text.n > sizeof(serial))
		return err_set(e, ERR_LIMIT, "a serial number of %zu digits", text.n);
	for (size_t i = 0; i < text.n; i++)
		serial[i] = (char)byte_lower(text.p[i]);
	rc = registry_get(d, c->conf.suffix, REGISTRY_CERTIFICATE,
	    (struct bytes){(const uint8_t *)serial, text.n}, &m->store, &m->one, e);
	m->all = &m->one;
	m->n = rc == 0 ? 1 : 0;
	return rc;
}

static int
find_address(struct clerk *c, struct connection *d, struct bytes address,
    struct meant *m, struct err *e)
{
	const struct registry_where where = {
	    .state = {"valid", "replaced"}, .mail = address, .after = clerk_now(c)};

	return registry_find(d, c->conf.suffix, REGISTRY_CERTIFICATE, &where, &m->store,
	    &m->all, &m->n, e);
}

/* 0, of an address perhaps with none; ERR_NOT_FOUND; ERR_*. meant_fini in any case. */
static int
find(struct clerk *c, const json_t *request, struct meant *m, struct err *e)
{
	struct bytes serial = line_text(request, "certificate");
	struct bytes address = line_text(request, "address");
	struct connection *d = NULL;
	int rc;

	*m = (struct meant){.n = 0};
	if ((serial.n == 0) == (address.n == 0))
		return err_set(e, ERR_SYNTAX, "want certificate or address");
	if ((rc = clerk_directory(c, &d, e)) != 0)
		return rc;
	rc = serial.n > 0 ? find_serial(c, d, serial, m, e)
			  : find_address(c, d, address, m, e);
	clerk_directory_end(c, &d);
	return rc;
}

static void
meant_fini(struct meant *m)
{
	search_result_fini(&m->store);
}

static bool
all_of(const struct meant *m, struct bytes person)
{
	for (size_t i = 0; i < m->n; i++)
		if (!bytes_equal_nocase(m->all[i].person, person))
			return false;
	return m->n > 0;
}

int
revoke_owner(struct clerk *c, struct bytes person, const json_t *request, struct err *e)
{
	struct meant m;
	int rc = find(c, request, &m, e);
	bool owner = rc == 0 && all_of(&m, person);

	meant_fini(&m);
	if (rc == ERR_NOT_FOUND)
		return 0;
	return rc != 0 ? rc : owner;
}

static int
put_mail(json_t *o, const struct registry_certificate *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->mail.n; i++)
		json_array_append_new(list,
		    json_stringn((const char *)r->mail.value[i].p, r->mail.value[i].n));
	return json_object_set_new(o, "mail", list);
}

/* As it is now. */
static json_t *
describe(struct clerk *c, struct connection *d, struct bytes serial)
{
	struct search_result store = {.n = 0};
	struct registry_certificate r;
	json_t *o = json_object();
	int rc = registry_get(
	    d, c->conf.suffix, REGISTRY_CERTIFICATE, serial, &store, &r, NULL);

	if (rc == 0 &&
	    (line_set_text(o, "serial", r.head.id) != 0 || put_mail(o, &r) != 0 ||
		line_set_int(o, "begin", r.begin) != 0 ||
		line_set_int(o, "until", r.until) != 0 ||
		line_set_text(o, "state", bytes_of(certificate_state_word(r.state))) !=
		    0 ||
		line_set_text(o, "reason", r.reason) != 0 ||
		line_set_text(o, "request", r.request) != 0))
		rc = ERR_MEMORY;
	search_result_fini(&store);
	if (rc == 0)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *
answer_of(struct clerk *c, const struct meant *m)
{
	json_t *answer = line_ok(), *list = json_array();
	struct connection *d = NULL;
	struct err e = {0};
	int rc = clerk_directory(c, &d, &e);

	for (size_t i = 0; i < m->n && rc == 0; i++)
		json_array_append_new(list, describe(c, d, m->all[i].head.id));
	if (rc == 0)
		clerk_directory_end(c, &d);
	json_object_set_new(answer, "certificates", list);
	return answer;
}

/* Who has no role for it gives the password: 1, 0 wrong, ERR_*. */
static int
confirm(struct clerk *c, const struct caller *who, const struct meant *m,
    const json_t *request, struct err *e)
{
	struct bytes password = line_text(request, "password");

	if (who->session == NULL || caller_has(who, ROLE_HELPDESK))
		return 1;
	if (!all_of(m, bytes_of(who->session->person)))
		return err_set(e, ERR_POLICY, "another person's certificate");
	return password.n == 0 ? 0 : login_confirm(c, who, password, e);
}

static int
revoke_all(struct clerk *c, const struct caller *who, const struct meant *m,
    const char *reason, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < m->n && rc >= 0; i++)
		rc = revoke_certificate(c, who, m->all[i].head.id, reason, e);
	return rc < 0 ? rc : 0;
}

/* 1 done, 0 the password is wrong, ERR_*. */
static int
revoke_meant(struct clerk *c, const struct caller *who, struct meant *m,
    const json_t *request, struct err *e)
{
	char reason[REVOKE_REASON_MAX + 1] = "";
	struct bytes word = line_text(request, "reason");
	int rc;

	memcpy(reason, word.p, word.n < sizeof(reason) ? word.n : 0);
	if ((rc = check_reason(reason, e)) != 0 || (rc = find(c, request, m, e)) != 0)
		return rc;
	if ((rc = confirm(c, who, m, request, e)) != 1)
		return rc;
	rc = revoke_all(c, who, m, reason, e);
	return rc == 0 ? 1 : rc;
}

json_t *
call_revoke(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct err e = {0};
	struct meant m = {.n = 0};
	json_t *answer;
	int rc = revoke_meant(c, who, &m, request, &e);

	if (rc < 0)
		answer = line_refuse_err(&e);
	else if (rc == 0)
		answer = line_refuse("login", "the password is not right");
	else
		answer = answer_of(c, &m);
	meant_fini(&m);
	return answer;
}
