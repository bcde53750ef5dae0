/*
 * Counting attempts: contract in throttle.h.
 */
#include "enroll/clerk/throttle.h"

#include <stdio.h>

#include "crypto/digest.h"
#include "directory/registry.h"

enum {
	KEY_MAX = 512,
	/* Each round that is lost was won by somebody else, who counted. */
	ROUNDS = 1000,
	ID_SIZE = 2 + DIGEST_TEXT + 1,
};

/* "a-" and the SHA-256 of what and key. */
static int
make_id(const struct throttle *t, char out[ID_SIZE], struct err *e)
{
	char text[KEY_MAX];
	int n = snprintf(text, sizeof(text), "%s:", t->what);

	if (n < 0 || (size_t)n + t->key.n >= sizeof(text))
		return err_set(e, ERR_LIMIT, "a key of %zu bytes", t->key.n);
	for (size_t i = 0; i < t->key.n; i++)
		text[n++] = (char)byte_lower(t->key.p[i]);
	memcpy(out, "a-", 2);
	if (digest_sha256_text((struct bytes){(uint8_t *)text, (size_t)n}, out + 2) !=
	    0)
		return err_set(e, ERR_CRYPTO, "no digest of a key");
	return 0;
}

static int
add_first(struct clerk *c, struct connection *d, const struct throttle *t,
    const char *id, struct err *e)
{
	int64_t now = clerk_now(c);
	struct registry_token token = {.head.id = bytes_of(id),
	    .kind = BYTES("attempts"),
	    .begin = now,
	    .until = now + t->window,
	    .count = 1};

	return registry_add(d, c->conf.suffix, REGISTRY_TOKEN, &token, e);
}

/* 1 written; 0 somebody else was faster. */
static int
write_count(struct connection *d, const struct registry_token *token, int64_t begin,
    int64_t until, int64_t count, struct err *e)
{
	struct fields f = FIELDS_NONE;
	int rc;

	fields_time(&f, "chanceryBegin", begin);
	fields_time(&f, "chanceryUntil", until);
	fields_number(&f, "chanceryCount", count);
	rc = registry_change(d, &token->head, &f, e);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

enum outcome {
	OUTCOME_AGAIN = 0, /* somebody else was faster: what a lost write answers */
	OUTCOME_COUNTED = 1,
	OUTCOME_ENOUGH = 2,
};

/* One round: an outcome, or ERR_*. */
static int
count_once(struct clerk *c, struct connection *d, const struct throttle *t,
    const char *id, struct err *e)
{
	int64_t now = clerk_now(c), begin = now, until = now + t->window, count = 1;
	struct search_result store = {.n = 0};
	struct registry_token token;
	int rc = registry_get(
	    d, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), &store, &token, e);

	if (rc == ERR_NOT_FOUND) {
		search_result_fini(&store);
		rc = add_first(c, d, t, id, e);
		return rc;
	}
	if (rc == 0 && token.until > now) {
		count = token.count + 1;
		begin = token.begin;
		until = t->since_last ? until : token.until;
	}
	if (rc == 0 && count > t->most)
		rc = OUTCOME_ENOUGH;
	else if (rc == 0)
		rc = write_count(d, &token, begin, until, count, e);
	search_result_fini(&store);
	return rc;
}

int
throttle_count(struct clerk *c, const struct throttle *t, struct err *e)
{
	struct connection *d = NULL;
	char id[ID_SIZE];
	int rc = make_id(t, id, e);

	if (rc == 0)
		rc = clerk_directory(c, &d, e);
	if (rc != 0)
		return rc;
	rc = OUTCOME_AGAIN;
	for (int i = 0; i < ROUNDS && rc == OUTCOME_AGAIN; i++)
		rc = count_once(c, d, t, id, e);
	clerk_directory_end(c, &d);
	if (rc == OUTCOME_AGAIN)
		return err_set(e, ERR_IO, "too many attempts at the same time");
	return rc < 0 ? rc : rc == OUTCOME_COUNTED;
}

/* One round of taking back: 1 done, 0 again, ERR_*. */
static int
take_back_once(
    struct clerk *c, struct connection *d, const char *id, bool all, struct err *e)
{
	struct search_result store = {.n = 0};
	struct registry_token token;
	int rc = registry_get(
	    d, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), &store, &token, e);

	if (rc == 0 && (all || token.count <= 1))
		rc = registry_delete(d, &token.head, e);
	else if (rc == 0)
		rc = write_count(
		    d, &token, token.begin, token.until, token.count - 1, e);
	search_result_fini(&store);
	return rc == ERR_NOT_FOUND ? 1 : rc;
}

static void
take_back(struct clerk *c, const struct throttle *t, bool all)
{
	struct connection *d = NULL;
	struct err e = {0};
	char id[ID_SIZE];
	int rc = make_id(t, id, &e);

	if (rc == 0)
		rc = clerk_directory(c, &d, &e);
	for (int i = 0; i < ROUNDS && rc == 0; i++)
		rc = take_back_once(c, d, id, all, &e);
	if (d != NULL)
		clerk_directory_end(c, &d);
	if (rc < 0)
		clerk_log(LOG_LEVEL_WARNING, NULL, "attempts stay counted: %s", e.text);
}

void
throttle_clear(struct clerk *c, const struct throttle *t)
{
	take_back(c, t, true);
}

void
throttle_take_back(struct clerk *c, const struct throttle *t)
{
	take_back(c, t, false);
}
