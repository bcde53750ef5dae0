/*
 * Reminders (contract in remind.h). First a look that only collects, because a search's
 * connection serves nothing else; then one certificate after the other.
 */
#include "enroll/clerk/remind.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/due.h"
#include "directory/registry.h"
#include "enroll/clerk/notice.h"

enum {
	LOOK_SECONDS = 3600,
	RETRY_SECONDS = 60,
	FIRST_STAGE = 60, /* days */
	ENDED_DAYS = 30,  /* an end longer ago is no news */
	SERIAL_SIZE = 64,
	STAGE_SIZE = 16,
	FOUND_MAX = 1000 * 1000, /* in one look; the rest comes with the next */
};

#define STAGE_ENDED "ended"

/* --- what is due --------------------------------------------------------- */

static bool
has_stage(const struct registry_certificate *r, const char *stage)
{
	for (size_t i = 0; i < r->stage.n; i++)
		if (bytes_equal(r->stage.value[i], bytes_of(stage)))
			return true;
	return false;
}

static due_sent
sent_of(const struct registry_certificate *r)
{
	due_sent sent = 0;
	char text[STAGE_SIZE];

#define X(days)                                                                        \
	snprintf(text, sizeof(text), "%d", days);                                      \
	if (has_stage(r, text))                                                        \
		sent = due_sent_add(sent, days);
	DUE_STAGES(X)
#undef X
	return sent;
}

/* The stage that is due now, as it is recorded; false: none. */
static bool
stage_of(const struct registry_certificate *r, int64_t now, char out[STAGE_SIZE])
{
	unsigned days = due_reminder(r->begin, r->until, now, sent_of(r));

	if (now >= r->until) {
		snprintf(out, STAGE_SIZE, "%s", STAGE_ENDED);
		return !has_stage(r, STAGE_ENDED) &&
		       now < r->until + (int64_t)ENDED_DAYS * DUE_DAY;
	}
	snprintf(out, STAGE_SIZE, "%u", days);
	return days > 0;
}

/* --- looking ------------------------------------------------------------- */

struct found {
	char (*serial)[SERIAL_SIZE];
	size_t n, cap;
	int64_t now;
};

static bool
make_room(struct found *f)
{
	size_t cap = f->cap == 0 ? 64 : f->cap * 2;
	void *more;

	if (f->n < f->cap)
		return true;
	if (f->n >= FOUND_MAX ||
	    (more = reallocarray(f->serial, cap, SERIAL_SIZE)) == NULL)
		return false;
	f->serial = more;
	f->cap = cap;
	return true;
}

static int
take(const void *record, void *ctx)
{
	const struct registry_certificate *r = record;
	struct found *f = ctx;
	char stage[STAGE_SIZE];

	if (!stage_of(r, f->now, stage) || r->head.id.n >= SERIAL_SIZE ||
	    r->mail.n == 0)
		return 0;
	if (!make_room(f))
		return 1;
	memcpy(f->serial[f->n], r->head.id.p, r->head.id.n);
	f->serial[f->n++][r->head.id.n] = '\0';
	return 0;
}

static int
look(struct clerk *c, struct found *f, struct err *e)
{
	const struct registry_where where = {.state = {"valid"},
	    .after = f->now - (int64_t)ENDED_DAYS * DUE_DAY,
	    .ended = f->now + (int64_t)FIRST_STAGE * DUE_DAY};
	struct connection *conn = NULL;
	int rc = clerk_directory(c, &conn, e);

	if (rc != 0)
		return rc;
	rc = registry_each(
	    conn, c->conf.suffix, REGISTRY_CERTIFICATE, &where, take, f, e);
	clerk_directory_end(c, &conn);
	return rc < 0 ? rc : 0;
}

/* --- one certificate ----------------------------------------------------- */

/* Whether another one of the same person and address lasts longer. */
struct later {
	const struct registry_certificate *than;
	bool found;
};

static int
take_later(const void *record, void *ctx)
{
	const struct registry_certificate *r = record;
	struct later *l = ctx;

	if (r->until > l->than->until && r->mail.n > 0 &&
	    bytes_equal_nocase(r->mail.value[0], l->than->mail.value[0]))
		l->found = true;
	return l->found;
}

static int
has_later(struct clerk *c, struct connection *conn,
    const struct registry_certificate *r, bool *out, struct err *e)
{
	const struct registry_where where = {
	    .state = {"valid"}, .person = r->person, .after = r->until};
	struct later l = {r, false};
	int rc = registry_each(
	    conn, c->conf.suffix, REGISTRY_CERTIFICATE, &where, take_later, &l, e);

	*out = l.found;
	return rc < 0 ? rc : 0;
}

/* The language in which it was asked for; *store holds it. */
static struct bytes
language_of(struct clerk *c, struct connection *conn,
    const struct registry_certificate *r, struct search_result *store)
{
	struct registry_request q;
	struct err e = {0};

	if (registry_get(
		conn, c->conf.suffix, REGISTRY_REQUEST, r->request, store, &q, &e) != 0)
		return (struct bytes){NULL, 0};
	return q.language;
}

/* Which letter a stage is. */
static const char *
letter_of(const char *stage)
{
	if (strcmp(stage, STAGE_ENDED) == 0)
		return "expired";
	return strcmp(stage, "1") == 0 ? "reminder-last" : "reminder";
}

static int
queue(struct clerk *c, const struct registry_certificate *r, const char *stage,
    struct bytes language, struct err *e)
{
	int64_t left = (r->until - clerk_now(c) + DUE_DAY - 1) / DUE_DAY;
	char once[SERIAL_SIZE + STAGE_SIZE], days[STAGE_SIZE], until[MAIL_TIME_SIZE];
	struct texts_field fields[] = {{"address", r->mail.value[0]},
	    {"until", bytes_of(mail_time(r->until, until))}, {"days", {NULL, 0}}};
	struct notice n = {.letter = letter_of(stage),
	    .once = once,
	    .to = {r->mail.value[0], r->display, language},
	    .fields = fields,
	    .n_fields = NITEMS(fields)};

	snprintf(days, sizeof(days), "%lld", left > 0 ? (long long)left : 0LL);
	fields[2].value = bytes_of(days);
	snprintf(once, sizeof(once), "%.*s-%s", (int)r->head.id.n,
	    (const char *)r->head.id.p, stage);
	return notice_queue(c, &n, e);
}

/* One more stage; 1, or 0 where somebody else changed the record: the next look finds
 * it again, and its notice is there already. */
static int
mark(struct connection *conn, const struct registry_certificate *r, const char *stage,
    struct err *e)
{
	struct fields f = FIELDS_NONE;
	struct bytes stages[REGISTRY_STATES_MAX + 2];
	size_t n = 0;

	for (; n < r->stage.n && n + 1 < NITEMS(stages); n++)
		stages[n] = r->stage.value[n];
	stages[n++] = bytes_of(stage);
	fields_values(&f, "chanceryStage", (struct entry_values){stages, n});
	return registry_change(conn, &r->head, &f, e);
}

static int
remind_record(struct clerk *c, struct connection *conn,
    const struct registry_certificate *r, size_t *queued, struct err *e)
{
	struct search_result store = {.n = 0};
	char stage[STAGE_SIZE];
	bool later = false;
	int rc;

	if (r->mail.n == 0 || !stage_of(r, clerk_now(c), stage))
		return 0;
	if ((rc = has_later(c, conn, r, &later, e)) != 0 || later)
		return rc;
	rc = queue(c, r, stage, language_of(c, conn, r, &store), e);
	search_result_fini(&store);
	if (rc != 0)
		return rc;
	++*queued;
	rc = mark(conn, r, stage, e);
	return rc < 0 ? rc : 0;
}

static int
remind_one(struct clerk *c, const char *serial, size_t *queued, struct err *e)
{
	struct search_result store = {.n = 0};
	struct registry_certificate r;
	struct connection *conn = NULL;
	int rc = clerk_directory(c, &conn, e);

	if (rc != 0)
		return rc;
	rc = registry_get(conn, c->conf.suffix, REGISTRY_CERTIFICATE, bytes_of(serial),
	    &store, &r, e);
	if (rc == 0 && r.state == CERTIFICATE_VALID)
		rc = remind_record(c, conn, &r, queued, e);
	clerk_directory_end(c, &conn);
	search_result_fini(&store);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

int
remind_once(struct clerk *c, size_t *queued_out, struct err *e)
{
	struct found f = {.now = clerk_now(c)};
	int rc = look(c, &f, e);

	*queued_out = 0;
	for (size_t i = 0; i < f.n && rc != ERR_IO; i++) {
		rc = remind_one(c, f.serial[i], queued_out, e);
		/* One record that cannot be helped does not keep the others waiting. */
		if (rc != 0 && rc != ERR_IO)
			clerk_log(LOG_LEVEL_WARNING, NULL, "certificate %s: %s",
			    f.serial[i], e->text);
	}
	free(f.serial);
	return rc == ERR_IO ? rc : 0;
}

void
remind_work(struct clerk *c, struct worker *w)
{
	unsigned wait;

	do {
		struct err e = {0};
		size_t queued = 0;
		int rc = remind_once(c, &queued, &e);

		wait = rc == 0 ? LOOK_SECONDS : RETRY_SECONDS;
		if (rc != 0)
			clerk_log(
			    LOG_LEVEL_WARNING, NULL, "reminders wait: %s", e.text);
		else if (queued > 0)
			clerk_log(LOG_LEVEL_INFO, NULL, "%zu reminders queued", queued);
	} while (worker_wait(w, wait));
}
