/* Links and PINs (contract in pin_calls.h). */
#include "enroll/clerk/pin_calls.h"

#include <stdio.h>

#include "crypto/token.h"
#include "directory/registry.h"
#include "enroll/clerk/deliver.h"
#include "enroll/clerk/login_try.h"
#include "enroll/clerk/mail.h"
#include "enroll/clerk/notice.h"
#include "enroll/clerk/signer.h"

/* What a link leads to. */
struct linked {
	struct search_result tokens, certs, keys;
	struct registry_token t;
	struct registry_certificate cert;
	struct registry_key key;
	bool has_key;
};

static void
linked_fini(struct linked *l)
{
	search_result_fini(&l->tokens);
	search_result_fini(&l->certs);
	search_result_fini(&l->keys);
}

static json_t *
refuse_login(void)
{
	return line_refuse("login", "this link is for somebody who logs in");
}

static int
find_certificate(
    struct clerk *c, struct connection *conn, struct linked *l, struct err *e)
{
	const struct registry_where where = {.request = l->t.request};
	struct registry_certificate *found = NULL;
	size_t n = 0;
	int rc = registry_find(conn, c->conf.suffix, REGISTRY_CERTIFICATE, &where,
	    &l->certs, &found, &n, e);

	if (rc != 0)
		return rc;
	if (n == 0 || found[0].mail.n == 0)
		return err_set(e, ERR_NOT_FOUND, "its certificate is not made yet");
	l->cert = found[0];
	rc = registry_get(
	    conn, c->conf.suffix, REGISTRY_KEY, l->t.request, &l->keys, &l->key, e);
	l->has_key = rc == 0;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* 1 it is the session's; 0 it is nobody's or another's; ERR_*. */
static int
find(struct clerk *c, const struct caller *who, struct bytes link, struct linked *l,
    struct err *e)
{
	const struct registry_where where = {.kind = BYTES("delivery"), .link = link};
	struct registry_token *found = NULL;
	struct connection *conn = NULL;
	size_t n = 0;
	int rc;

	*l = (struct linked){.has_key = false};
	if (who->session == NULL || !token_link_valid(link))
		return 0;
	if ((rc = clerk_directory(c, &conn, e)) != 0)
		return rc;
	rc = registry_find(
	    conn, c->conf.suffix, REGISTRY_TOKEN, &where, &l->tokens, &found, &n, e);
	if (rc == 0 && n == 1 && caller_is(who, found[0].person)) {
		l->t = found[0];
		rc = find_certificate(c, conn, l, e);
		rc = rc == 0 ? 1 : rc;
	}
	clerk_directory_end(c, &conn);
	return rc;
}

static const char *
state_of(const struct linked *l, int64_t now)
{
	if (l->cert.state == CERTIFICATE_REVOKED)
		return "revoked";
	if (bytes_equal(l->t.state, BYTES("expired")) ||
	    (l->t.until != 0 && now >= l->t.until))
		return "expired";
	return "open";
}

json_t *
call_link_show(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct linked l;
	struct err e = {0};
	int rc = find(c, who, line_text(request, "link"), &l, &e);
	json_t *o;

	if (rc == 1) {
		o = line_ok();
		line_set_text(o, "address", l.cert.mail.value[0]);
		line_set_text(o, "state", bytes_of(state_of(&l, clerk_now(c))));
		line_set_int(o, "until", l.t.until);
		line_set_text(o, "certificate", l.cert.head.id);
	} else {
		o = rc == 0 ? refuse_login() : line_refuse_err(&e);
	}
	linked_fini(&l);
	return o;
}

/* --- the PIN -----------------------------------------------------------------------
 */

static int
notify(struct clerk *c, const struct linked *l, struct err *e)
{
	char time[MAIL_TIME_SIZE];
	struct texts_field fields[] = {{"address", l->cert.mail.value[0]},
	    {"time", bytes_of(mail_time(clerk_now(c), time))}};
	const struct notice n = {.letter = "pin-shown",
	    .to = {l->t.mail, l->t.display, l->t.language},
	    .fields = fields,
	    .n_fields = NITEMS(fields)};

	return notice_queue(c, &n, e);
}

/* Both forms of the file, which this PIN opens. */
static int
add_files(struct clerk *c, const struct linked *l, json_t *o, struct err *e)
{
	static const char *const forms[] = {"modern", "compatible"};
	char name[MAIL_FILE_SIZE];
	json_t *list = json_array();
	int rc = 0;

	json_object_set_new(o, "files", list);
	mail_file_name(l->cert.mail.value[0], l->cert.begin, name);
	for (size_t i = 0; l->has_key && rc == 0 && i < NITEMS(forms); i++) {
		struct owned pfx = {NULL, 0};
		json_t *one = json_object();

		rc = deliver_pfx(c, &l->t, &l->cert, &l->key, forms[i], &pfx, e);
		line_set_text(one, "form", bytes_of(forms[i]));
		line_set_text(one, "name", bytes_of(name));
		line_set_bytes(one, "pfx", owned_view(&pfx));
		json_array_append_new(list, one);
		owned_free(&pfx);
	}
	return rc;
}

static json_t *
show(struct clerk *c, const struct caller *who, const struct linked *l)
{
	json_t *o = json_object(), *answer = NULL;
	struct err e = {0};
	int rc;

	line_set_text(o, "delivery", l->t.head.id);
	line_set_text(o, "request", l->t.request);
	rc = clerk_audit(c, who, "pin-show", o, &e);
	if (rc == 0 && (rc = notify(c, l, &e)) == 0) {
		o = json_object();
		line_set_text(o, "delivery", l->t.head.id);
		line_set_bytes(o, "sealed_pin", l->t.sealed);
		line_set_int(o, "time", clerk_now(c));
		rc = signer_ask(c, "pin-open", o, &answer, &e);
	}
	o = NULL;
	if (rc == 0) {
		o = line_ok();
		line_set_text(o, "pin", line_text(answer, "pin"));
		line_set_int(o, "until", l->t.until);
		line_set_text(o, "address", l->cert.mail.value[0]);
		line_set_text(o, "certificate", l->cert.head.id);
		rc = add_files(c, l, o, &e);
	}
	json_decref(answer);
	if (rc == 0)
		return o;
	json_decref(o);
	return line_refuse_err(&e);
}

json_t *
call_pin_show(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct linked l;
	struct err e = {0};
	int rc = find(c, who, line_text(request, "link"), &l, &e);
	json_t *o = NULL;

	if (rc == 0)
		o = refuse_login();
	else if (rc == 1 && strcmp(state_of(&l, clerk_now(c)), "open") != 0)
		o = line_refuse("expired", "the PIN of this link is shown no more");
	else if (rc == 1)
		rc = login_confirm(c, who, line_text(request, "password"), &e);
	if (o == NULL && rc == 0)
		o = line_refuse("login", "the password is wrong");
	else if (o == NULL)
		o = rc == 1 ? show(c, who, &l) : line_refuse_err(&e);
	linked_fini(&l);
	return o;
}
