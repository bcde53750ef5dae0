/*
 * The queue of notices (contract in notice.h): entries of the registry, one worker.
 * A notice is sent, then marked: a clerk that is killed in between sends it again,
 * with the same Message-ID.
 */
#include "enroll/clerk/notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/token.h"
#include "directory/registry.h"
#include "enroll/clerk/mail_letter.h"

#define KIND	     "notice"
#define STATE_NEW    "new"
#define STATE_SENT   "sent"
#define STATE_FAILED "failed"

enum {
	ID_SIZE = 2 + 40 + 1, /* "n-" and what makes it once */
	NAME_MAX_BYTES = 256,
	BATCH = 100,	   /* notices that are looked up at once */
	LOOK_SECONDS = 30, /* between two looks */
	PROBLEM_DAYS = 30, /* that a failed one is shown */
	DAY = 24 * 60 * 60,
	PROBLEM_MAX = 400, /* bytes of a sentence that are kept */
};

/* --- queueing ------------------------------------------------------------ */

/* The same for the same letter, cause and address; random without a cause. */
static int
make_id(const struct notice *n, char out[ID_SIZE], struct err *e)
{
	char what[NOTICE_ONCE_MAX + ADDR_MAX + 200], hex[DIGEST_TEXT + 1];
	char token[TOKEN_CHARS + 1] = "";
	int len, rc = 0;

	if (n->once == NULL && (rc = token_make(token, e)) != 0)
		return rc;
	len = snprintf(what, sizeof(what), "%s\n%s\n%.*s", n->letter,
	    n->once == NULL ? token : n->once, (int)n->to.address.n,
	    (const char *)n->to.address.p);
	if (len < 0 || (size_t)len >= sizeof(what))
		return err_set(
		    e, ERR_LIMIT, "a notice with too long a cause or address");
	if (digest_sha256_text(
		(struct bytes){(const uint8_t *)what, (size_t)len}, hex) != 0)
		return err_set(e, ERR_CRYPTO, "no digest for a notice");
	snprintf(out, ID_SIZE, "n-%.40s", hex);
	return 0;
}

static bool
set_text(json_t *o, const char *name, struct bytes value)
{
	char shown[LETTER_VALUE_MAX + 1];

	letter_clean(value, shown, sizeof(shown));
	return json_object_set_new(o, name, json_string(shown)) == 0;
}

/* What the worker needs to make the letter, as JSON; NULL without memory. */
static char *
make_text(const struct notice *n)
{
	json_t *o = json_object(), *fields = json_object();
	bool fine = json_object_set_new(o, "letter", json_string(n->letter)) == 0;
	char *text;

	for (size_t i = 0; fine && i < n->n_fields; i++)
		fine = set_text(fields, n->fields[i].name, n->fields[i].value);
	fine = json_object_set_new(o, "fields", fields) == 0 && fine;
	text = fine ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(o);
	return text;
}

static int
check(const struct notice *n, struct err *e)
{
	const struct letter *letter = letter_find(n->letter);
	struct addr address;

	if (letter == NULL)
		return err_set(e, ERR_USAGE, "there is no letter \"%.40s\"", n->letter);
	if (n->once != NULL && strlen(n->once) > NOTICE_ONCE_MAX)
		return err_set(
		    e, ERR_LIMIT, "a cause of more than %d bytes", NOTICE_ONCE_MAX);
	if (addr_parse(n->to.address, &address, e) != 0)
		return ERR_POLICY;
	return letter_check(letter, n->fields, n->n_fields, e);
}

static int
put(struct clerk *c, const struct notice *n, const char *id, struct err *e)
{
	char name[NAME_MAX_BYTES + 1], *text = make_text(n);
	struct registry_token token = {.head = {.id = bytes_of(id)},
	    .kind = BYTES(KIND),
	    .state = BYTES(STATE_NEW),
	    .person = bytes_of(n->person),
	    .begin = clerk_now(c),
	    .next = clerk_now(c),
	    .text = bytes_of(text),
	    .mail = n->to.address,
	    .display = bytes_of(letter_clean(n->to.name, name, sizeof(name))),
	    .language = n->to.language};
	struct connection *conn = NULL;
	int rc;

	if (text == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a notice");
	if ((rc = clerk_directory(c, &conn, e)) == 0) {
		rc = registry_add(conn, c->conf.suffix, REGISTRY_TOKEN, &token, e);
		clerk_directory_end(c, &conn);
	}
	free(text);
	return rc < 0 ? rc : 0;
}

int
notice_queue(struct clerk *c, const struct notice *n, struct err *e)
{
	char id[ID_SIZE];
	int rc = check(n, e);

	if (rc != 0 || (rc = make_id(n, id, e)) != 0 || (rc = put(c, n, id, e)) != 0)
		return rc;
	worker_wake(c, "notices");
	return 0;
}

/* --- sending ------------------------------------------------------------- */

/* Ids that one look found. */
struct batch {
	char id[BATCH][ID_SIZE];
	size_t n;
};

static int
take_id(const void *record, void *ctx)
{
	const struct registry_token *t = record;
	struct batch *b = ctx;

	if (t->head.id.n >= ID_SIZE)
		return 0;
	memcpy(b->id[b->n], t->head.id.p, t->head.id.n);
	b->id[b->n++][t->head.id.n] = '\0';
	return b->n == BATCH; /* the rest comes with the next look */
}

static int
look(struct clerk *c, const struct registry_where *where, struct batch *out,
    struct err *e)
{
	struct connection *conn = NULL;
	int rc = clerk_directory(c, &conn, e);

	out->n = 0;
	if (rc != 0)
		return rc;
	rc =
	    registry_each(conn, c->conf.suffix, REGISTRY_TOKEN, where, take_id, out, e);
	clerk_directory_end(c, &conn);
	return rc < 0 ? rc : 0;
}

/* The fields of a notice's JSON; how many. */
static size_t
read_fields(const json_t *fields, struct texts_field *out, size_t most)
{
	const char *name;
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)fields, name, value)
	{
		if (n == most || !json_is_string(value))
			continue;
		out[n++] = (struct texts_field){
		    name, {(const uint8_t *)json_string_value(value),
			      json_string_length(value)}};
	}
	return n;
}

static int
send(struct clerk *c, const struct registry_token *t, struct err *e)
{
	json_t *o = json_loadb((const char *)t->text.p, t->text.n, 0, NULL);
	const char *letter = json_string_value(json_object_get(o, "letter"));
	struct texts_field fields[MAIL_FIELDS_MAX];
	struct mail_to to = {t->mail, t->display, t->language};
	size_t n = read_fields(json_object_get(o, "fields"), fields, MAIL_FIELDS_MAX);
	int rc;

	if (letter == NULL)
		rc = err_set(e, ERR_POLICY, "the notice holds no letter");
	else
		rc = mail_notice(c, letter, t->head.id, &to, fields, n, e);
	json_decref(o);
	return rc;
}

/* 60, 120, 240 ... NOTICE_RETRY_MOST seconds after so many failed attempts. */
static int64_t
wait_after(int64_t failed)
{
	int64_t wait = NOTICE_RETRY_LEAST;

	while (--failed > 0 && wait < NOTICE_RETRY_MOST)
		wait *= 2;
	return wait < NOTICE_RETRY_MOST ? wait : NOTICE_RETRY_MOST;
}

static void
fields_outcome(struct clerk *c, const struct registry_token *t, int rc,
    const struct err *why, struct fields *f)
{
	int64_t now = clerk_now(c);
	struct bytes sentence = bytes_of(why->text);

	if (sentence.n > PROBLEM_MAX)
		sentence.n = PROBLEM_MAX;
	if (rc == 0) {
		fields_text(f, "chanceryState", BYTES(STATE_SENT));
		fields_time(f, "chanceryNext", 0);
		fields_time(f, "chanceryUntil", now + NOTICE_KEPT);
		fields_text(f, "chanceryProblem", (struct bytes){NULL, 0});
		return;
	}
	fields_text(f, "chanceryProblem", sentence);
	fields_number(f, "chanceryCount", t->count + 1);
	if (rc == ERR_POLICY || now >= t->begin + NOTICE_LIFE) {
		fields_text(f, "chanceryState", BYTES(STATE_FAILED));
		fields_time(f, "chanceryNext", 0);
		fields_time(f, "chanceryUntil", now + (int64_t)PROBLEM_DAYS * DAY);
	} else {
		fields_time(f, "chanceryNext", now + wait_after(t->count + 1));
	}
}

static void
report(const struct registry_token *t, int rc, const struct err *why)
{
	if (rc == 0)
		clerk_log(LOG_LEVEL_INFO, NULL, "notice %.*s: sent", (int)t->head.id.n,
		    (const char *)t->head.id.p);
	else
		clerk_log(LOG_LEVEL_WARNING, NULL, "notice %.*s: %s", (int)t->head.id.n,
		    (const char *)t->head.id.p, why->text);
}

/* The directory connection is not held while the relay takes its time. */
static int
send_one(struct clerk *c, const char *id, struct err *e)
{
	struct search_result store = {.n = 0};
	struct connection *conn = NULL;
	struct fields f = FIELDS_NONE;
	struct registry_token t;
	struct err why = {0};
	int rc, sent;

	if ((rc = clerk_directory(c, &conn, e)) != 0)
		return rc;
	rc = registry_get(
	    conn, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), &store, &t, e);
	clerk_directory_end(c, &conn);
	if (rc == 0 && bytes_equal(t.state, BYTES(STATE_NEW))) {
		sent = send(c, &t, &why);
		report(&t, sent, &why);
		fields_outcome(c, &t, sent, &why, &f);
		if ((rc = clerk_directory(c, &conn, e)) == 0)
			rc = registry_change(conn, &t.head, &f, e);
		clerk_directory_end(c, &conn);
	}
	search_result_fini(&store);
	return rc == ERR_NOT_FOUND || rc > 0 ? 0 : rc;
}

static int
delete_one(struct clerk *c, const char *id, struct err *e)
{
	struct search_result store = {.n = 0};
	struct connection *conn = NULL;
	struct registry_token t;
	int rc = clerk_directory(c, &conn, e);

	if (rc != 0)
		return rc;
	rc = registry_get(
	    conn, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), &store, &t, e);
	if (rc == 0)
		rc = registry_delete(conn, &t.head, e);
	clerk_directory_end(c, &conn);
	search_result_fini(&store);
	return rc == ERR_NOT_FOUND || rc > 0 ? 0 : rc;
}

typedef int one_fn(struct clerk *c, const char *id, struct err *e);

/* All that is found, a batch at a time. */
static int
each(struct clerk *c, const struct registry_where *where, one_fn *one, struct err *e)
{
	struct batch batch;
	int rc;

	do {
		rc = look(c, where, &batch, e);
		for (size_t i = 0; rc == 0 && i < batch.n; i++)
			rc = one(c, batch.id[i], e);
	} while (rc == 0 && batch.n == BATCH);
	return rc;
}

int
notice_once(struct clerk *c, struct err *e)
{
	const struct registry_where due = {
	    .kind = BYTES(KIND), .state = {STATE_NEW}, .due = clerk_now(c)};
	const struct registry_where old = {.kind = BYTES(KIND),
	    .state = {STATE_SENT, STATE_FAILED},
	    .ended = clerk_now(c)};
	int rc = each(c, &due, send_one, e);

	return rc == 0 ? each(c, &old, delete_one, e) : rc;
}

void
notice_work(struct clerk *c, struct worker *w)
{
	bool told = false;

	do {
		struct err e = {0};
		int rc = notice_once(c, &e);

		/* A directory that is away is told once, not every half minute. */
		if (rc != 0 && !told)
			clerk_log(LOG_LEVEL_WARNING, NULL, "notices wait: %s", e.text);
		told = rc != 0;
	} while (worker_wait(w, LOOK_SECONDS));
}
