/*
 * The mirror's workers and calls (contract in mirror.h): when there is a pass, what is
 * remembered of it, who waits for it. What a pass does: mirror_pass.c, mirror_write.c,
 * mirror_leave.c, mirror_fit.c.
 */
#include "enroll/clerk/mirror.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "enroll/clerk/mirror_fit.h"
#include "enroll/clerk/mirror_leave.h"
#include "enroll/clerk/mirror_one.h"
#include "enroll/clerk/mirror_write.h"

#define PASS_PART "pass" /* problems of a pass as a whole */

enum {
	QUEUE = 256,	    /* people who have just logged in */
	RETRY_SECONDS = 10, /* after a pass that failed, or met another writer */
	SOON_SECONDS = 1,
	IDLE_SECONDS = 3600,
	NOW_SECONDS = 25, /* a call waits so long for its pass */
	FORGET_SECONDS = 86400,
	MS = 1000,
	NS_A_MS = 1000 * 1000,
};

struct mirroring {
	pthread_mutex_t lock;
	pthread_cond_t change;	    /* a pass has ended */
	uint64_t begun, ended;	    /* passes */
	struct mirror_counts count; /* of the last good one */
	int64_t good_at;	    /* its end; 0 never */
	int64_t took_ms;
	size_t waiting, accept; /* leavers */
	struct err failed;	/* of the last pass, or nothing */
	char queue[QUEUE][CLERK_PERSON_SIZE];
	size_t queued;
	struct problems *problems;
	bool opened;	   /* the container is there */
	int64_t forgot_at; /* the worker's own */
	int64_t fitted_at;
	size_t unfit;
};

int
mirror_open(struct clerk *c, struct err *e)
{
	struct mirroring *s = calloc(1, sizeof(*s));
	pthread_condattr_t clock;

	if (s == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the mirror");
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&s->change, &clock);
	pthread_condattr_destroy(&clock);
	c->mirror = s;
	return problems_new(&s->problems, e);
}

void
mirror_close(struct clerk *c)
{
	struct mirroring *s = c->mirror;

	if (s == NULL)
		return;
	problems_free(&s->problems);
	pthread_cond_destroy(&s->change);
	pthread_mutex_destroy(&s->lock);
	free(s);
	c->mirror = NULL;
}

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * MS + t.tv_nsec / NS_A_MS;
}

/* --- a pass -------------------------------------------------------------------------
 */

/* What is done now and then. Its failure is no failure of the pass. */
static void
now_and_then(struct pass *p, struct mirroring *s)
{
	int64_t now = clerk_now(p->c);
	struct err e = {0};

	if (now >= s->forgot_at + FORGET_SECONDS || now < s->forgot_at) {
		if (left_forget(p->c, p->d, &e) == 0)
			s->forgot_at = now;
		else
			clerk_log(LOG_LEVEL_WARNING, NULL, "mirror: %s", e.text);
	}
	if (fit_is_due(p, s->fitted_at, s->unfit) && fit_check(p, &s->unfit, &e) == 0)
		s->fitted_at = now;
	else if (e.code != 0)
		clerk_log(LOG_LEVEL_WARNING, NULL, "mirror: %s", e.text);
}

/* Both sides are known: their problems, and what has to be written. */
static int
settle(struct pass *p, struct mirroring *s, struct err *e)
{
	const struct mirror_problem *problem;
	size_t n, over;
	int rc;

	problem = mirror_problems(p->m, &n, &over);
	for (size_t i = 0; i < n; i++)
		pass_tell(p, problem[i].kind, problem[i].address, problem[i].id, "%s",
		    problem[i].text);
	if (over > 0)
		pass_tell(p, "more", (struct bytes){NULL, 0}, (struct bytes){NULL, 0},
		    "and %zu more", over);
	pass_judge_leavers(p);
	if ((rc = pass_write(p, e)) == 0)
		now_and_then(p, s);
	return rc;
}

static int
pass_over(struct pass *p, struct mirroring *s, struct err *e)
{
	int rc = pass_read_company(p, e);

	if (rc == 0 && !s->opened) {
		rc = left_open(p->c, p->d, e);
		s->opened = rc == 0;
	}
	if (rc == 0)
		rc = pass_read_people(p, e);
	return rc == 0 ? settle(p, s, e) : rc;
}

/* 0 with *count, or what kept it from its end. */
static int
run(struct clerk *c, struct worker *w, size_t accept, struct mirror_counts *count,
    struct err *e)
{
	struct mirroring *s = c->mirror;
	struct pass p;
	int rc = pass_init(&p, c, w, e);

	p.problems = s->problems;
	p.accept = accept;
	problems_begin_round(s->problems, MIRROR_PART);
	if (rc == 0 && (rc = clerk_directory(c, &p.d, e)) == 0) {
		rc = pass_over(&p, s, e);
		clerk_directory_end(c, &p.d);
	}
	if (rc == 0)
		problems_end_round(s->problems, MIRROR_PART);
	*count = p.count;
	pass_fini(&p);
	return rc;
}

/* --- what is remembered of it -------------------------------------------------------
 */

static void
tell_failure(struct clerk *c, int rc, const struct err *e)
{
	struct problems *all = c->mirror->problems;
	struct problem problem = {
	    PASS_PART, "mirror", {NULL, 0}, {NULL, 0}, bytes_of(e->text)};

	problems_begin_round(all, PASS_PART);
	if (rc != 0) {
		problems_tell(all, &problem, clerk_now(c));
		clerk_log(LOG_LEVEL_WARNING, NULL, "mirror: %s", e->text);
	}
	problems_end_round(all, PASS_PART);
}

static void
log_counts(const struct mirror_counts *n)
{
	if (n->added + n->adopted + n->changed + n->renamed + n->left + n->returned > 0)
		clerk_log(LOG_LEVEL_INFO, NULL,
		    "mirror: %zu added, %zu adopted, %zu changed, %zu renamed, %zu "
		    "left, "
		    "%zu returned",
		    n->added, n->adopted, n->changed, n->renamed, n->left, n->returned);
	if (n->waiting > 0)
		clerk_log(LOG_LEVEL_WARNING, NULL,
		    "mirror: %zu leavers at once are not believed", n->waiting);
}

static void
pass_once(struct clerk *c, struct worker *w)
{
	struct mirroring *s = c->mirror;
	int64_t begin = clock_ms();
	struct mirror_counts count = {0};
	struct err e = {0};
	size_t accept;
	int rc;

	pthread_mutex_lock(&s->lock);
	s->begun++;
	accept = s->accept;
	s->accept = 0;
	pthread_mutex_unlock(&s->lock);
	rc = run(c, w, accept, &count, &e);
	tell_failure(c, rc, &e);
	log_counts(&count);
	pthread_mutex_lock(&s->lock);
	s->ended++;
	s->failed = e;
	s->failed.code = rc;
	if (rc == 0) {
		s->count = count;
		s->waiting = count.waiting;
		s->good_at = clerk_now(c);
		s->took_ms = clock_ms() - begin;
	}
	pthread_cond_broadcast(&s->change);
	pthread_mutex_unlock(&s->lock);
}

static unsigned
until_next(const struct clerk *c)
{
	const struct mirroring *s = c->mirror;
	unsigned least = s->failed.code != 0  ? RETRY_SECONDS
			 : s->count.later > 0 ? SOON_SECONDS
					      : c->conf.mirror_interval;

	return least < c->conf.mirror_interval ? least : c->conf.mirror_interval;
}

void
mirror_work(struct clerk *c, struct worker *w)
{
	bool go_on = true;

	while (go_on) {
		if (c->conf.mirror)
			pass_once(c, w);
		go_on = worker_wait(w, c->conf.mirror ? until_next(c) : IDLE_SECONDS);
	}
	/* Nobody waits for a pass that never comes. */
	pthread_mutex_lock(&c->mirror->lock);
	pthread_cond_broadcast(&c->mirror->change);
	pthread_mutex_unlock(&c->mirror->lock);
}

/* --- one person ---------------------------------------------------------------------
 */

void
mirror_person(struct clerk *c, const char person[CLERK_PERSON_SIZE])
{
	struct mirroring *s = c->mirror;
	bool full;

	if (s == NULL || !c->conf.mirror)
		return;
	pthread_mutex_lock(&s->lock);
	full = s->queued == QUEUE;
	if (!full)
		memcpy(s->queue[s->queued++], person, CLERK_PERSON_SIZE);
	pthread_mutex_unlock(&s->lock);
	worker_wake(c, full ? MIRROR_NAME : MIRROR_ONE_NAME);
}

static bool
take_queued(struct mirroring *s, char out[CLERK_PERSON_SIZE])
{
	bool any;

	pthread_mutex_lock(&s->lock);
	any = s->queued > 0;
	if (any)
		memcpy(out, s->queue[--s->queued], CLERK_PERSON_SIZE);
	pthread_mutex_unlock(&s->lock);
	return any;
}

void
mirror_one_work(struct clerk *c, struct worker *w)
{
	char person[CLERK_PERSON_SIZE];

	do
		while (!worker_ends(w) && take_queued(c->mirror, person)) {
			struct err e = {0};
			int rc = one_mirror(c, w, person, &e);

			if (rc < 0)
				clerk_log(LOG_LEVEL_WARNING, NULL, "mirror: %s: %s",
				    person, e.text);
			if (rc != 1)
				worker_wake(c, MIRROR_NAME);
		}
	while (worker_wait(w, IDLE_SECONDS));
}

/* --- calls --------------------------------------------------------------------------
 */

static void
put_counts(json_t *o, const struct mirror_counts *n)
{
#define X(field, word) line_set_int(o, word, (int64_t)n->field);
	MIRROR_COUNTS(X)
#undef X
}

json_t *
mirror_status(struct clerk *c)
{
	struct mirroring *s = c->mirror;
	json_t *o = json_object();

	pthread_mutex_lock(&s->lock);
	line_set_int(o, "last", s->good_at);
	line_set_int(o, "age", s->good_at == 0 ? 0 : clerk_now(c) - s->good_at);
	line_set_int(o, "took-ms", s->took_ms);
	put_counts(o, &s->count);
	if (!c->conf.mirror)
		line_set_text(o, "off", BYTES("mirror = off"));
	else if (s->failed.code != 0)
		line_set_text(o, "problem", bytes_of(s->failed.text));
	else if (s->waiting > 0)
		line_set_text(o, "problem", BYTES("leavers wait to be accepted"));
	pthread_mutex_unlock(&s->lock);
	line_set_int(o, "problems", (int64_t)problems_count(s->problems));
	return o;
}

void
mirror_problem_rows(struct clerk *c, json_t *rows)
{
	problems_rows(c->mirror->problems, rows);
}

/* The leavers that wait are to go with the next pass; false: none wait. */
static bool
accept_waiting(struct mirroring *s, size_t *n)
{
	pthread_mutex_lock(&s->lock);
	*n = s->waiting;
	s->accept = s->waiting;
	pthread_mutex_unlock(&s->lock);
	return *n > 0;
}

/* Until a pass has ended that began after now; false: it takes longer. */
static bool
wait_for_pass(struct clerk *c)
{
	struct mirroring *s = c->mirror;
	struct timespec until;
	uint64_t wanted;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += NOW_SECONDS;
	pthread_mutex_lock(&s->lock);
	wanted = s->begun + 1;
	worker_wake(c, MIRROR_NAME);
	while (s->ended < wanted && rc == 0)
		rc = pthread_cond_timedwait(&s->change, &s->lock, &until);
	pthread_mutex_unlock(&s->lock);
	return rc == 0;
}

json_t *
call_mirror_now(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct mirroring *s = c->mirror;
	struct err e = {0};
	json_t *answer, *status;
	size_t n;

	if (!c->conf.mirror)
		return line_refuse("unsupported", "mirror = off in the configuration");
	if (line_bool(request, "accept")) {
		if (!accept_waiting(s, &n))
			return line_refuse("not-found", "no leavers wait");
		if (clerk_audit(c, who, "mirror.accept",
			json_pack("{s:I}", "leavers", (json_int_t)n), &e) != 0)
			return line_refuse_err(&e);
	}
	if (!wait_for_pass(c))
		return line_refuse("busy",
		    "the pass is under way, and takes longer than %d seconds: see "
		    "chancery status",
		    NOW_SECONDS);
	if ((answer = line_ok()) == NULL)
		return NULL;
	status = mirror_status(c);
	json_object_update(answer, status);
	json_decref(status);
	return answer;
}
