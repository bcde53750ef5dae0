/*
 * Sessions (contract in session.h): minting, finding, ending.
 */
#include "enroll/clerk/session.h"

#include <stdio.h>

#include "crypto/digest.h"
#include "directory/registry.h"
#include "enroll/clerk/roles.h"
#include "enroll/clerk/session_check.h"

enum {
	ID_SIZE = 2 + DIGEST_TEXT + 1,
	TOUCH_SECONDS = 60, /* a session's use is written down this often */
	END_ROUNDS = 100,
};

static const char *const factor_word[] = {
    [FACTOR_NONE] = "none",
    [FACTOR_SETUP] = "setup",
    [FACTOR_NEEDED] = "needed",
    [FACTOR_GIVEN] = "given",
};

/* "s-" and the SHA-256 of the token. */
static int
make_id(struct bytes token, char out[ID_SIZE], struct err *e)
{
	memcpy(out, "s-", 2);
	return digest_sha256_text(token, out + 2) == 0
		   ? 0
		   : err_set(e, ERR_CRYPTO, "no digest of a token");
}

/* --- between a session and its entry --------------------------------------------- */

static int
factor_read(struct bytes word, enum factor *out)
{
	for (size_t i = 0; i < NITEMS(factor_word); i++)
		if (bytes_equal_nocase(bytes_of(factor_word[i]), word)) {
			*out = (enum factor)i;
			return 0;
		}
	return ERR_SYNTAX;
}

static void
copy_text(struct bytes in, char *out, size_t size)
{
	size_t n = in.n < size ? in.n : size - 1;

	if (n > 0)
		memcpy(out, in.p, n);
	out[n] = '\0';
}

static int
from_token(const struct registry_token *t, struct session *out, struct err *e)
{
	*out = (struct session){.until = t->until};
	copy_text(t->person, out->person, sizeof(out->person));
	copy_text(t->by, out->user, sizeof(out->user));
	copy_text(t->display, out->name, sizeof(out->name));
	copy_text(t->mail, out->mail, sizeof(out->mail));
	copy_text(t->language, out->language, sizeof(out->language));
	for (size_t i = 0; i < t->role.n; i++)
		out->roles |= role_read(t->role.value[i]);
	if (factor_read(t->state, &out->factor) != 0)
		return err_set(e, ERR_SYNTAX, "a session in the state \"%.*s\"",
		    (int)t->state.n, (const char *)t->state.p);
	return 0;
}

int
session_make(struct clerk *c, const struct session *s, char token[TOKEN_CHARS + 1],
    struct err *e)
{
	int64_t now = clerk_now(c);
	struct bytes roles[ROLES_MAX];
	struct registry_token t = {.kind = BYTES("session"),
	    .state = bytes_of(factor_word[s->factor]),
	    .person = bytes_of(s->person),
	    .by = bytes_of(s->user),
	    .display = bytes_of(s->name),
	    .mail = bytes_of(s->mail),
	    .language = bytes_of(s->language),
	    .begin = now,
	    .until = s->until,
	    .next = now + c->conf.session_idle,
	    .role = {roles, roles_words(s->roles, roles)}};
	struct connection *d = NULL;
	char id[ID_SIZE];
	int rc = token_make(token, e);

	if (rc == 0)
		rc = make_id(bytes_of(token), id, e);
	if (rc == 0)
		rc = clerk_directory(c, &d, e);
	if (rc != 0)
		return rc;
	t.head.id = bytes_of(id);
	rc = registry_add(d, c->conf.suffix, REGISTRY_TOKEN, &t, e);
	clerk_directory_end(c, &d);
	return rc == 0	 ? err_set(e, ERR_CRYPTO, "256 random bits came twice")
	       : rc == 1 ? 0
			 : rc;
}

/* --- finding --------------------------------------------------------------------- */

/*
 * The entry's chanceryBegin says when the account was last looked at, chanceryNext
 * when the session has been idle for too long. Both are written when one is due, so
 * that most calls only read.
 */
static int
keep_alive(struct clerk *c, const struct registry_token *t, const struct session *s,
    bool checked, struct err *e)
{
	int64_t now = clerk_now(c), idle = now + c->conf.session_idle;
	struct bytes roles[ROLES_MAX];
	struct fields f = FIELDS_NONE;
	struct connection *d = NULL;
	int rc;

	if (!checked && idle - t->next < TOUCH_SECONDS &&
	    idle - t->next < (int64_t)c->conf.session_idle / 4)
		return 1;
	fields_time(&f, "chanceryNext", idle);
	if (checked) {
		fields_time(&f, "chanceryBegin", now);
		fields_values(&f, "chanceryRole",
		    (struct entry_values){roles, roles_words(s->roles, roles)});
		fields_text(&f, "chanceryState", bytes_of(factor_word[s->factor]));
	}
	if ((rc = clerk_directory(c, &d, e)) != 0)
		return rc;
	rc = registry_change(d, &t->head, &f, e);
	clerk_directory_end(c, &d);
	/* Who was faster did the same; unless it was a logout. */
	return rc == ERR_NOT_FOUND ? 0 : rc < 0 ? rc : 1;
}

/* A role that was lost counts no more at once; one that was won wants a new login,
 * with its second factor. */
static void
drop_roles(struct session *s, unsigned roles)
{
	s->roles &= roles;
	if (s->roles == 0)
		s->factor = FACTOR_NONE;
}

/* Reads and deletes with a connection that is given back before the company
 * directory is asked: one that hangs must not hold them all. */
static int
read_token(struct clerk *c, struct bytes token, struct search_result *store,
    struct registry_token *out, struct err *e)
{
	struct connection *d = NULL;
	char id[ID_SIZE];
	int rc = make_id(token, id, e);

	if (rc == 0)
		rc = clerk_directory(c, &d, e);
	if (rc != 0)
		return rc;
	rc = registry_get(
	    d, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), store, out, e);
	clerk_directory_end(c, &d);
	return rc;
}

static int
delete_token(struct clerk *c, const struct registry_token *t, struct err *e)
{
	struct connection *d = NULL;
	int rc = clerk_directory(c, &d, e);

	if (rc != 0)
		return rc;
	rc = registry_delete(d, &t->head, e);
	clerk_directory_end(c, &d);
	return rc;
}

static int
look_at(struct clerk *c, const struct caller *who, const struct registry_token *t,
    struct session *s, struct err *e)
{
	int64_t now = clerk_now(c);
	bool due = now - t->begin >= (int64_t)c->conf.session_check || t->begin > now;
	unsigned roles = 0;
	int rc;

	if (t->until <= now || t->next <= now)
		return 0;
	if (!due)
		return keep_alive(c, t, s, false, e);
	rc = session_check_account(c, s->person, &roles, e);
	if (rc == 1) {
		drop_roles(s, roles);
		return keep_alive(c, t, s, true, e);
	}
	if (rc == 0) {
		clerk_log(LOG_LEVEL_INFO, who,
		    "the account of %s is disabled or gone: its session ends",
		    s->person);
		if (clerk_audit(c, who, "session.end",
			json_pack("{s:s}", "person", s->person), e) == 0)
			(void)delete_token(c, t, NULL);
	}
	return rc;
}

int
session_find(struct clerk *c, const struct caller *who, struct bytes token,
    struct session *out, struct err *e)
{
	struct search_result store = {.n = 0};
	struct registry_token t;
	int rc;

	if (!token_valid(token))
		return 0;
	rc = read_token(c, token, &store, &t, e);
	if (rc == 0)
		rc = from_token(&t, out, e);
	if (rc == 0)
		rc = look_at(c, who, &t, out, e);
	search_result_fini(&store);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* --- ending ---------------------------------------------------------------------- */

int
session_end(struct clerk *c, struct bytes token, struct err *e)
{
	struct search_result store = {.n = 0};
	struct registry_token t;
	int rc = 0;

	/* Not done: somebody used it in between. */
	for (int i = 0; i < END_ROUNDS && rc == 0; i++) {
		rc = read_token(c, token, &store, &t, e);
		if (rc == 0)
			rc = delete_token(c, &t, e);
		search_result_fini(&store);
	}
	if (rc == 0)
		return err_set(e, ERR_IO, "the session is in use by too many");
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* --- telling --------------------------------------------------------------------- */

json_t *
session_answer(const struct session *s)
{
	json_t *answer = line_ok(), *list = json_array();
	struct bytes roles[ROLES_MAX];
	size_t n = roles_words(s->roles, roles);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    list, json_stringn((const char *)roles[i].p, roles[i].n));
	if (answer == NULL || list == NULL ||
	    json_object_set_new(answer, "roles", list) != 0 ||
	    line_set_text(answer, "person", bytes_of(s->person)) != 0 ||
	    line_set_text(answer, "name", bytes_of(s->name)) != 0 ||
	    line_set_text(answer, "mail", bytes_of(s->mail)) != 0 ||
	    line_set_text(answer, "language", bytes_of(s->language)) != 0 ||
	    line_set_text(answer, "factor", bytes_of(factor_word[s->factor])) != 0 ||
	    line_set_int(answer, "until", s->until) != 0) {
		json_decref(answer);
		return NULL;
	}
	return answer;
}
