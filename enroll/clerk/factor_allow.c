/*
 * factor.allow (contract in factor.h): a local administrator lets somebody who has a
 * role set up a second factor, once. A permission that was given before is void.
 * Called through calls.c.
 */
#include "enroll/clerk/factor.h"

#include "crypto/digest.h"
#include "crypto/token.h"
#include "directory/company.h"
#include "directory/registry.h"
#include "enroll/clerk/connections.h"
#include "enroll/clerk/roles.h"

enum {
	ID_SIZE = 2 + DIGEST_TEXT + 1
};

/* Who is it, and why: 1; 0 nobody; ERR_POLICY: without a role; ERR_*. */
static int
find_person(
    struct clerk *c, struct bytes user, char person[CLERK_PERSON_SIZE], struct err *e)
{
	struct search_result store = {.n = 0};
	struct connection *d = NULL;
	struct company_entry entry;
	unsigned roles = 0;
	int rc = connections_take(c->company_connections, &d, e);

	if (rc != 0)
		return rc;
	rc = company_find_login(d, c->company, user, &store, &entry, e);
	if (rc == 1) {
		memcpy(person, entry.id, CLERK_PERSON_SIZE);
		rc = roles_of(c, d, &entry, &roles, e);
		rc = rc != 0 ? rc : 1;
	}
	if (rc == 1 && roles == 0)
		rc = err_set(e, ERR_POLICY,
		    "%.*s has none of the roles that need a second factor", (int)user.n,
		    (const char *)user.p);
	search_result_fini(&store);
	connections_give(c->company_connections, &d);
	return rc;
}

static int
forget_others(struct clerk *c, struct connection *d, const char *person, struct err *e)
{
	const struct registry_where where = {
	    .kind = BYTES("setup"), .person = bytes_of(person)};
	struct search_result store = {.n = 0};
	struct registry_token *token = NULL;
	size_t n = 0;
	int rc = registry_find(
	    d, c->conf.suffix, REGISTRY_TOKEN, &where, &store, &token, &n, e);

	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = registry_delete(d, &token[i].head, e);
		rc = rc >= 0 || rc == ERR_NOT_FOUND ? 0 : rc;
	}
	search_result_fini(&store);
	return rc;
}

static int
allow(struct clerk *c, const struct caller *who, const char *person, const char *code,
    int64_t until, struct err *e)
{
	struct connection *d = NULL;
	struct registry_token token = {
	    .kind = BYTES("setup"), .person = bytes_of(person), .until = until};
	char id[ID_SIZE] = "u-", by[40];
	int rc;

	if (digest_sha256_text(bytes_of(code), id + 2) != 0)
		return err_set(e, ERR_CRYPTO, "no digest of a code");
	token.head.id = bytes_of(id);
	token.by = bytes_of(caller_name(who, by));
	if ((rc = clerk_directory(c, &d, e)) != 0)
		return rc;
	rc = forget_others(c, d, person, e);
	if (rc == 0)
		rc = registry_add(d, c->conf.suffix, REGISTRY_TOKEN, &token, e);
	clerk_directory_end(c, &d);
	return rc < 0 ? rc : 0;
}

json_t *
call_factor_allow(struct clerk *c, const struct caller *who, const json_t *request)
{
	int64_t until = clerk_now(c) + c->conf.factor_setup;
	char person[CLERK_PERSON_SIZE], code[TOKEN_LINK_CHARS + 1];
	struct err e = {0};
	json_t *answer;
	int rc = find_person(c, line_text(request, "user"), person, &e);

	if (rc == 0)
		return line_refuse("not-found", "nobody has this user name");
	if (rc < 0)
		return line_refuse_err(&e);
	rc = clerk_audit(
	    c, who, "factor.allow", json_pack("{s:s}", "person", person), &e);
	if (rc == 0)
		rc = token_make_link(code, &e);
	if (rc == 0)
		rc = allow(c, who, person, code, until, &e);
	if (rc != 0)
		return line_refuse_err(&e);
	answer = line_ok();
	if (answer != NULL &&
	    (line_set_text(answer, "code", bytes_of(code)) != 0 ||
		line_set_text(answer, "person", bytes_of(person)) != 0 ||
		line_set_int(answer, "until", until) != 0)) {
		json_decref(answer);
		answer = NULL;
	}
	token_wipe(code, sizeof(code));
	return answer;
}
