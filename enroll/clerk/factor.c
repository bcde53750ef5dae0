/*
 * The second factor (contract in factor.h): entries f-PERSON hold the secret and the
 * last step used, u-SHA256 the permission to set one up, and the new secret until its
 * first code has come.
 */
#include "enroll/clerk/factor.h"

#include <stdio.h>

#include "crypto/digest.h"
#include "crypto/totp.h"
#include "directory/registry.h"
#include "enroll/clerk/session.h"
#include "enroll/clerk/throttle.h"

enum {
	FACTOR_ID_SIZE = 2 + CLERK_PERSON_SIZE,
	SETUP_ID_SIZE = 2 + DIGEST_TEXT + 1,
	ROUNDS = 20, /* of a compare-and-swap that somebody else won */
};

static void
make_factor_id(const char *person, char out[FACTOR_ID_SIZE])
{
	snprintf(out, FACTOR_ID_SIZE, "f-%s", person);
}

static int
make_setup_id(struct bytes code, char out[SETUP_ID_SIZE], struct err *e)
{
	memcpy(out, "u-", 2);
	return digest_sha256_text(code, out + 2) == 0
		   ? 0
		   : err_set(e, ERR_CRYPTO, "no digest of a code");
}

int
factor_of(struct clerk *c, struct session *s, struct err *e)
{
	struct search_result store = {.n = 0};
	struct registry_token token;
	struct connection *d = NULL;
	char id[FACTOR_ID_SIZE];
	int rc;

	s->factor = FACTOR_NONE;
	if (s->roles == 0)
		return 0;
	make_factor_id(s->person, id);
	if ((rc = clerk_directory(c, &d, e)) != 0)
		return rc;
	rc = registry_get(
	    d, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), &store, &token, e);
	search_result_fini(&store);
	clerk_directory_end(c, &d);
	s->factor = rc == 0 ? FACTOR_NEEDED : FACTOR_SETUP;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* --- what the calls have in common
 * ---------------------------------------------------- */

static json_t *
refuse_code(void)
{
	return line_refuse("factor",
	    "The code is wrong, or was used already. Please type the next one that "
	    "your program shows.");
}

/* The session goes on under a new name, with the factor given. */
static json_t *
renew(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct session s = *who->session;
	char token[TOKEN_CHARS + 1];
	struct err e = {0};
	json_t *answer;
	int rc;

	s.factor = FACTOR_GIVEN;
	if (clerk_audit(c, who, "session.factor", NULL, &e) != 0 ||
	    session_make(c, &s, token, &e) != 0 ||
	    session_end(c, line_text(request, "session"), &e) < 0)
		return line_refuse_err(&e);
	answer = session_answer(&s);
	rc = answer == NULL ? ERR_MEMORY
			    : line_set_text(answer, "session", bytes_of(token));
	token_wipe(token, sizeof(token));
	if (rc == 0)
		return answer;
	json_decref(answer);
	return NULL;
}

/* Six digits are soon guessed: counted as passwords are. NULL: go on. */
static json_t *
count_code(struct clerk *c, const struct throttle *t)
{
	struct err e = {0};
	int rc = throttle_count(c, t, &e);

	if (rc == 1)
		return NULL;
	if (rc < 0)
		return line_refuse_err(&e);
	return line_refuse("limit",
	    "There were too many wrong codes. Please wait for %u minutes.",
	    (unsigned)(c->conf.login_window + 59) / 60);
}

static struct throttle
throttle_of(const struct clerk *c, const struct session *s)
{
	return (struct throttle){.what = "factor",
	    .key = bytes_of(s->person),
	    .most = c->conf.login_attempts,
	    .window = c->conf.login_window,
	    .since_last = true};
}

/* --- giving it ------------------------------------------------------------------- */

/* One round: 1 good, and used up; 0 not good; ERR_NOT_FOUND: none is set up;
 * ERR_POLICY: somebody else used it in between. */
static int
use_code(struct clerk *c, struct connection *d, const char *person, struct bytes code,
    struct err *e)
{
	struct search_result store = {.n = 0};
	struct fields f = FIELDS_NONE;
	struct registry_token token;
	char id[FACTOR_ID_SIZE];
	int64_t step = 0;
	int rc;

	make_factor_id(person, id);
	rc = registry_get(
	    d, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), &store, &token, e);
	if (rc == 0)
		rc = totp_check(token.secret, code, clerk_now(c), token.count, &step);
	if (rc == 1) {
		fields_number(&f, "chanceryCount", step);
		rc = registry_change(d, &token.head, &f, e);
		rc = rc == 0 ? ERR_POLICY : rc;
	}
	search_result_fini(&store);
	return rc;
}

static int
check_code(struct clerk *c, const char *person, struct bytes code, struct err *e)
{
	struct connection *d = NULL;
	int rc = clerk_directory(c, &d, e);

	if (rc != 0)
		return rc;
	rc = ERR_POLICY;
	for (int i = 0; i < ROUNDS && rc == ERR_POLICY; i++)
		rc = use_code(c, d, person, code, e);
	clerk_directory_end(c, &d);
	return rc == ERR_POLICY ? 0 : rc;
}

json_t *
call_session_factor(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct throttle t = throttle_of(c, who->session);
	json_t *refusal = count_code(c, &t);
	struct err e = {0};
	int rc;

	if (refusal != NULL)
		return refusal;
	rc = check_code(c, who->session->person, line_text(request, "code"), &e);
	if (rc == ERR_NOT_FOUND)
		return line_refuse(
		    "factor", "No second factor is set up for this account.");
	if (rc < 0)
		return line_refuse_err(&e);
	if (rc == 0)
		return refuse_code();
	throttle_clear(c, &t);
	return renew(c, who, request);
}

/* --- setting it up --------------------------------------------------------------- */

/* Puts a new secret on the permission: 0; ERR_NOT_FOUND: there is none, or it is
 * somebody else's, or too old. */
static int
begin_setup(struct clerk *c, const char *person, struct bytes code, struct bytes secret,
    struct err *e)
{
	struct search_result store = {.n = 0};
	struct connection *d = NULL;
	struct fields f = FIELDS_NONE;
	struct registry_token token;
	char id[SETUP_ID_SIZE];
	int rc = make_setup_id(code, id, e);

	if (rc == 0)
		rc = clerk_directory(c, &d, e);
	if (rc != 0)
		return rc;
	rc = registry_get(
	    d, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), &store, &token, e);
	if (rc == 0 && (!bytes_equal_nocase(token.person, bytes_of(person)) ||
			   token.until <= clerk_now(c)))
		rc = ERR_NOT_FOUND;
	fields_text(&f, "chancerySecret", secret);
	if (rc == 0)
		rc = registry_change(d, &token.head, &f, e);
	search_result_fini(&store);
	clerk_directory_end(c, &d);
	return rc == 1	 ? 0
	       : rc == 0 ? err_set(e, ERR_IO, "somebody else sets up the same factor")
			 : rc;
}

static json_t *
tell_secret(const struct clerk *c, const struct session *s, struct bytes secret)
{
	char text[TOTP_SECRET_TEXT + 1];
	struct secret uri = {NULL, 0};
	struct err e = {0};
	json_t *answer;

	if (totp_secret_text(secret, text) != 0 ||
	    totp_uri(secret, c->conf.factor_name,
		s->mail[0] != '\0' ? s->mail : s->user, &uri, &e) != 0)
		return line_refuse_err(&e);
	answer = line_ok();
	if (answer != NULL &&
	    (line_set_text(answer, "secret", bytes_of(text)) != 0 ||
		line_set_text(answer, "uri", secret_view(&uri)) != 0)) {
		json_decref(answer);
		answer = NULL;
	}
	token_wipe(text, sizeof(text));
	secret_free(&uri);
	return answer;
}

json_t *
call_session_factor_setup(
    struct clerk *c, const struct caller *who, const json_t *request)
{
	struct secret secret = {NULL, 0};
	struct err e = {0};
	json_t *answer;
	int rc = totp_secret(&secret, &e);

	if (rc == 0)
		rc = clerk_audit(c, who, "session.factor-setup", NULL, &e);
	if (rc == 0)
		rc = begin_setup(c, who->session->person, line_text(request, "setup"),
		    secret_view(&secret), &e);
	answer = rc == 0 ? tell_secret(c, who->session, secret_view(&secret))
		 : rc == ERR_NOT_FOUND
		     ? line_refuse("factor",
			   "This permission is unknown, was used or has expired. An "
			   "administrator can give another one.")
		     : line_refuse_err(&e);
	secret_free(&secret);
	return answer;
}

/* --- confirming it --------------------------------------------------------------- */

/* The secret becomes the person's, its first code used. */
static int
store_factor(struct clerk *c, struct connection *d, const char *person,
    struct bytes secret, int64_t step, struct err *e)
{
	struct search_result store = {.n = 0};
	struct registry_token old, token = {.kind = BYTES("factor"),
				       .person = bytes_of(person),
				       .secret = secret,
				       .begin = clerk_now(c),
				       .count = step};
	struct fields f = FIELDS_NONE;
	char id[FACTOR_ID_SIZE];
	int rc;

	make_factor_id(person, id);
	token.head.id = bytes_of(id);
	rc = registry_add(d, c->conf.suffix, REGISTRY_TOKEN, &token, e);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = registry_get(
	    d, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), &store, &old, e);
	fields_text(&f, "chancerySecret", secret);
	fields_time(&f, "chanceryBegin", token.begin);
	fields_number(&f, "chanceryCount", step);
	if (rc == 0)
		rc = registry_change(d, &old.head, &f, e);
	search_result_fini(&store);
	return rc == 1	 ? 0
	       : rc == 0 ? err_set(e, ERR_IO, "the factor was used in between")
			 : rc;
}

/* The permission is used up first: it is good once, whatever happens next. */
static int
confirm_with(struct clerk *c, struct connection *d, const char *person,
    const struct registry_token *setup, struct bytes code, struct err *e)
{
	int64_t now = clerk_now(c), step = 0;
	int rc;

	if (setup->until <= now || setup->secret.n == 0)
		return 0;
	rc = totp_check(setup->secret, code, now, -1, &step);
	if (rc == 1)
		rc = registry_delete(d, &setup->head, e);
	if (rc == 1)
		rc = store_factor(c, d, person, setup->secret, step, e) == 0 ? 1
									     : ERR_IO;
	return rc;
}

/* 1 one of the person's permissions has this code; 0 none; ERR_*. */
static int
confirm(struct clerk *c, const char *person, struct bytes code, struct err *e)
{
	const struct registry_where where = {
	    .kind = BYTES("setup"), .person = bytes_of(person)};
	struct search_result store = {.n = 0};
	struct registry_token *setup = NULL;
	struct connection *d = NULL;
	size_t n = 0;
	int rc = clerk_directory(c, &d, e);

	if (rc != 0)
		return rc;
	rc = registry_find(
	    d, c->conf.suffix, REGISTRY_TOKEN, &where, &store, &setup, &n, e);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = confirm_with(c, d, person, &setup[i], code, e);
	search_result_fini(&store);
	clerk_directory_end(c, &d);
	return rc;
}

json_t *
call_session_factor_confirm(
    struct clerk *c, const struct caller *who, const json_t *request)
{
	struct throttle t = throttle_of(c, who->session);
	json_t *refusal = count_code(c, &t);
	struct err e = {0};
	int rc;

	if (refusal != NULL)
		return refusal;
	rc = clerk_audit(c, who, "session.factor-confirm", NULL, &e);
	if (rc == 0)
		rc = confirm(c, who->session->person, line_text(request, "code"), &e);
	if (rc < 0)
		return line_refuse_err(&e);
	if (rc == 0)
		return refuse_code();
	throttle_clear(c, &t);
	return renew(c, who, request);
}
