/* Carrying requests on (contract in runner.h). */
#include "enroll/clerk/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/due.h"
#include "directory/registry.h"
#include "enroll/clerk/notice.h"
#include "enroll/clerk/steps.h"

enum {
	LOOK_SECONDS = 5,
	BATCH = 1000,	 /* requests or deliveries of one look */
	STEPS_MOST = 20, /* of one request at once */
	PROBLEM_MAX = 400,
	RETRY_MOST = 20, /* seconds */
};

struct batch {
	char (*id)[REGISTRY_ID_MAX + 1];
	size_t n;
	int64_t now;
};

static void
batch_add(struct batch *b, struct bytes id)
{
	snprintf(
	    b->id[b->n++], REGISTRY_ID_MAX + 1, "%.*s", (int)id.n, (const char *)id.p);
}

/* --- one request ---------------------------------------------------------------------
 */

static step_fn *
step_of(const struct registry_request *r, int64_t now)
{
	const struct request_facts facts = {r->state, r->next, r->until};

	switch (request_next_step(&facts, now)) {
	case REQUEST_PREPARE:
		return step_prepare;
	case REQUEST_ISSUE:
		return step_issue;
	case REQUEST_PUBLISH:
		return step_publish;
	case REQUEST_DELIVER:
		return step_deliver;
	case REQUEST_EXPIRE:
		return step_expire;
	case REQUEST_REST:
		break;
	}
	return NULL;
}

static bool
is_final(int rc)
{
	/* a limit is the signer's, of an hour: it passes */
	return rc == ERR_POLICY || rc == ERR_SYNTAX || rc == ERR_UNSUPPORTED;
}

static void
tell_failed(struct clerk *c, const struct registry_request *r, const char *reason)
{
	char once[REGISTRY_ID_MAX + 16];
	struct texts_field fields[] = {
	    {"address", {NULL, 0}}, {"reason", bytes_of(reason)}};
	struct notice n = {.letter = "request-failed",
	    .once = once,
	    .to = {{NULL, 0}, r->display, r->language},
	    .fields = fields,
	    .n_fields = NITEMS(fields)};
	struct err e = {0};

	if (r->mail.n == 0)
		return;
	n.to.address = fields[0].value = r->mail.value[0];
	snprintf(once, sizeof(once), "%.*s-failed", (int)r->head.id.n,
	    (const char *)r->head.id.p);
	if (notice_queue(c, &n, &e) != 0)
		clerk_log(LOG_LEVEL_WARNING, NULL, "%s: %s", once, e.text);
}

/* Soon enough that all goes on within half a minute once signer and relay are back. */
static int64_t
retry_after(int64_t failed)
{
	int64_t wait = due_retry((unsigned)failed);

	return wait < RETRY_MOST ? wait : RETRY_MOST;
}

/* What went wrong stands in the record; nothing is lost. */
static void
note_problem(struct clerk *c, struct connection *conn, const struct registry_request *r,
    int rc, const struct err *why)
{
	struct fields f = FIELDS_NONE;
	char text[PROBLEM_MAX];
	struct err e = {0};
	bool final = is_final(rc) && request_may_become(r->state, REQUEST_FAILED);
	int64_t count = r->count + 1;

	snprintf(text, sizeof(text), "%.*s", PROBLEM_MAX - 1, why->text);
	clerk_log(final ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, NULL,
	    "request %.*s, %s: %s", (int)r->head.id.n, (const char *)r->head.id.p,
	    request_state_word(r->state), text);
	if (final)
		fields_text(
		    &f, "chanceryState", bytes_of(request_state_word(REQUEST_FAILED)));
	fields_text(&f, final ? "chanceryReason" : "chanceryProblem", bytes_of(text));
	fields_number(&f, "chanceryCount", count);
	fields_time(&f, "chanceryNext", final ? 0 : clerk_now(c) + retry_after(count));
	if (registry_change(conn, &r->head, &f, &e) == 1 && final)
		tell_failed(c, r, text);
}

/* One step; true: there may be another one. */
static bool
advance(struct clerk *c, struct connection *conn, const char *id)
{
	struct search_result store;
	struct registry_request r;
	struct err e = {0};
	bool more = false;

	if (registry_get(conn, c->conf.suffix, REGISTRY_REQUEST, bytes_of(id), &store,
		&r, &e) == 0) {
		step_fn *step = step_of(&r, clerk_now(c));
		int rc = step == NULL ? 0 : step(c, conn, &r, &e);

		if (rc < 0)
			note_problem(c, conn, &r, rc, &e);
		more = step != NULL && rc >= 0;
	}
	search_result_fini(&store);
	return more;
}

static void
run_one(struct clerk *c, const char *id)
{
	struct connection *conn = NULL;
	struct err e = {0};

	if (clerk_directory(c, &conn, &e) != 0)
		return;
	for (unsigned i = 0; i < STEPS_MOST && advance(c, conn, id); i++)
		continue;
	clerk_directory_end(c, &conn);
}

/* --- all
 * ------------------------------------------------------------------------------- */

static int
take_request(const void *record, void *ctx)
{
	const struct registry_request *r = record;
	struct batch *b = ctx;

	if (b->n < BATCH && step_of(r, b->now) != NULL &&
	    r->head.id.n <= REGISTRY_ID_MAX)
		batch_add(b, r->head.id);
	return 0;
}

static int
take_delivery(const void *record, void *ctx)
{
	const struct registry_token *t = record;
	struct batch *b = ctx;

	if (b->n < BATCH && t->head.id.n <= REGISTRY_ID_MAX)
		batch_add(b, t->head.id);
	return 0;
}

static int
find(struct clerk *c, enum registry_class class, const struct registry_where *where,
    registry_fn *take, struct batch *b, struct err *e)
{
	struct connection *conn = NULL;
	int rc = clerk_directory(c, &conn, e);

	b->n = 0;
	if (rc != 0)
		return rc;
	rc = registry_each(conn, c->conf.suffix, class, where, take, b, e);
	clerk_directory_end(c, &conn);
	return rc < 0 ? rc : 0;
}

/* Its 30 days are over: the sealed PIN goes from the entry, as its key goes from the
 * signer. */
static void
end_delivery(struct clerk *c, const char *id)
{
	struct connection *conn = NULL;
	struct search_result store = {.n = 0};
	struct registry_token t;
	struct fields f = FIELDS_NONE;
	struct err e = {0};

	if (clerk_directory(c, &conn, &e) != 0)
		return;
	if (registry_get(conn, c->conf.suffix, REGISTRY_TOKEN, bytes_of(id), &store, &t,
		&e) == 0) {
		fields_text(&f, "chanceryState",
		    bytes_of(delivery_state_word(DELIVERY_EXPIRED)));
		fields_text(&f, "chancerySealed", (struct bytes){NULL, 0});
		registry_change(conn, &t.head, &f, &e);
	}
	search_result_fini(&store);
	clerk_directory_end(c, &conn);
}

static int
look(struct clerk *c, struct batch *b, struct err *e)
{
	const struct registry_where open = {
	    .state = {"waiting", "new", "prepared", "issued", "published"}};
	const struct registry_where over = {.kind = BYTES("delivery"),
	    .state = {"sealed", "mailed"},
	    .ended = clerk_now(c)};
	int rc;

	b->now = clerk_now(c);
	if ((rc = find(c, REGISTRY_REQUEST, &open, take_request, b, e)) != 0)
		return rc;
	for (size_t i = 0; i < b->n; i++)
		run_one(c, b->id[i]);
	if ((rc = find(c, REGISTRY_TOKEN, &over, take_delivery, b, e)) != 0)
		return rc;
	for (size_t i = 0; i < b->n; i++)
		end_delivery(c, b->id[i]);
	return 0;
}

int
runner_open(struct clerk *c, struct err *e)
{
	struct connection *conn = NULL;
	int rc = clerk_directory(c, &conn, e);

	if (rc != 0)
		return rc;
	rc = registry_open(conn, c->conf.suffix, e);
	clerk_directory_end(c, &conn);
	return rc;
}

void
runner_work(struct clerk *c, struct worker *w)
{
	struct batch b = {.id = calloc(BATCH, sizeof(*b.id))};
	bool troubled = false, opened = false;

	if (b.id == NULL)
		return;
	do {
		struct err e = {0};
		int rc = opened ? 0 : runner_open(c, &e);

		opened = rc == 0;
		if (opened)
			rc = look(c, &b, &e);

		if (rc != 0 && !troubled)
			clerk_log(LOG_LEVEL_WARNING, NULL, "requests wait: %s", e.text);
		troubled = rc != 0;
	} while (worker_wait(w, LOOK_SECONDS));
	free(b.id);
}
