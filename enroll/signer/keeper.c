/*
 * The signer's own work: contract in keeper.h.
 */
#include "enroll/signer/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "enroll/signer/ops.h"

enum {
	FILLER_NICE = 15,
	FILLER_PAUSE = 60, /* s: when the pool is full, or something failed */
	PATH_ROOM = 4096,
};

static pthread_t filler, watcher;
static bool filling, watching;
static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t watch_end = PTHREAD_COND_INITIALIZER;

/* Waits for a sign, or so many seconds; false at the end of the time. The lock is
 * held. */
static bool
wait_for(pthread_cond_t *sign, pthread_mutex_t *lock, int seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	return pthread_cond_clockwait(sign, lock, CLOCK_MONOTONIC, &until) != ETIMEDOUT;
}

/* Of a clock that nobody sets. */
static int64_t
monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec;
}

/* --- the pool
 * -------------------------------------------------------------------------- */

static int
make_key(const char *kind, struct secret *out, void *ctx, struct err *e)
{
	enum key_kind which;
	struct key *key;
	int rc = key_kind_read(bytes_of(kind), &which, e);

	(void)ctx;
	if (rc != 0 || (rc = key_generate(which, &key, e)) != 0)
		return rc;
	rc = key_to_pkcs8(key, out, e);
	key_free(&key);
	return rc;
}

/* One step; whether to go on at once. The folder is opened for this thread alone, so
 * that nobody waits while a key is made. */
static bool
fill(struct signer *s, struct pool *own)
{
	struct err e = {0};
	int rc = pool_fill(
	    own, s->conf.key, s->conf.pool, (int64_t)time(NULL), make_key, NULL, &e);

	if (rc < 0)
		signer_log(SIGNER_ERROR, "pool: %s", e.text);
	if (rc != 1)
		return false;
	pthread_mutex_lock(&s->pool_lock);
	pthread_cond_broadcast(&s->pool_filled);
	pthread_mutex_unlock(&s->pool_lock);
	return true;
}

static void *
filler_main(void *arg)
{
	struct signer *s = arg;
	char path[PATH_ROOM];
	struct pool *own;
	struct err e = {0};

	(void)setpriority(PRIO_PROCESS, 0, FILLER_NICE); /* of this thread, on Linux */
	snprintf(path, sizeof(path), "%s/pool", s->conf.state);
	if (pool_open(path, s->sealing, &own, &e) != 0) {
		signer_log(SIGNER_ERROR, "pool: %s", e.text);
		return NULL;
	}
	while (!atomic_load(&s->ending)) {
		if (fill(s, own))
			continue;
		pthread_mutex_lock(&s->pool_lock);
		if (!atomic_load(&s->ending))
			wait_for(&s->pool_taken, &s->pool_lock, FILLER_PAUSE);
		pthread_mutex_unlock(&s->pool_lock);
	}
	pool_close(&own);
	return NULL;
}

int
keeper_take_key(struct signer *s, struct secret *out, struct err *e)
{
	int64_t until = monotonic() + KEEPER_WAIT_SECONDS;
	int rc;

	pthread_mutex_lock(&s->pool_lock);
	while ((rc = pool_take(s->pool, s->conf.key, out, e)) == 0) {
		pthread_cond_signal(&s->pool_taken);
		if (monotonic() >= until || atomic_load(&s->ending))
			break;
		wait_for(&s->pool_filled, &s->pool_lock, 1);
	}
	pthread_cond_signal(&s->pool_taken);
	pthread_mutex_unlock(&s->pool_lock);
	if (rc == 0)
		return err_set(e, ERR_IO,
		    "no private key is ready; they are being made, try again");
	return rc == 1 ? 0 : rc;
}

void
keeper_give_back(struct signer *s, struct bytes pkcs8)
{
	struct err e = {0};

	pthread_mutex_lock(&s->pool_lock);
	if (pool_put(s->pool, s->conf.key, pkcs8, (int64_t)time(NULL), &e) != 0)
		signer_log(SIGNER_WARNING, "pool: %s", e.text);
	pthread_mutex_unlock(&s->pool_lock);
}

/* --- time
 * ------------------------------------------------------------------------------ */

/* Takes the time down; says when it is not to be believed. */
static enum clock_state
keep_clock(struct signer *s, enum clock_state before, struct err *e)
{
	enum clock_state state = before;
	int64_t now = (int64_t)time(NULL);
	int rc;

	pthread_mutex_lock(&s->state_lock);
	rc = clock_keep(&s->clock, s->state, now, &state, e);
	pthread_mutex_unlock(&s->state_lock);
	if (rc != 0)
		signer_log(SIGNER_ERROR, "clock: %s", e->text);
	if (state == before)
		return state;
	signer_log(SIGNER_WARNING, "the clock is %s", clock_word(state));
	(void)ops_log(s, "clock",
	    json_pack("{s:s, s:I}", "state", clock_word(state), "last",
		(json_int_t)clock_last(&s->clock)),
	    e);
	return state;
}

static void
sweep(struct signer *s)
{
	struct err e = {0};
	int n;

	pthread_mutex_lock(&s->days_lock);
	n = daykey_sweep(s->days, (int64_t)time(NULL), &e);
	pthread_mutex_unlock(&s->days_lock);
	if (n < 0)
		signer_log(SIGNER_ERROR, "day keys: %s", e.text);
	if (n > 0)
		(void)ops_log(s, "sweep", json_pack("{s:i}", "days", n), &e);
}

static void *
watcher_main(void *arg)
{
	struct signer *s = arg;
	enum clock_state state = CLOCK_GOOD;
	struct err e = {0};

	for (unsigned round = 0; !atomic_load(&s->ending); round++) {
		state = keep_clock(s, state, &e);
		if (round % (KEEPER_SWEEP_SECONDS / KEEPER_CLOCK_SECONDS) == 0 &&
		    state == CLOCK_GOOD)
			sweep(s);
		pthread_mutex_lock(&watch_lock);
		if (!atomic_load(&s->ending))
			wait_for(&watch_end, &watch_lock, KEEPER_CLOCK_SECONDS);
		pthread_mutex_unlock(&watch_lock);
	}
	return NULL;
}

/* --- both
 * ------------------------------------------------------------------------------ */

int
keeper_start(struct signer *s, struct err *e)
{
	watching = pthread_create(&watcher, NULL, watcher_main, s) == 0;
	filling = pthread_create(&filler, NULL, filler_main, s) == 0;
	return watching && filling ? 0 : err_set(e, ERR_IO, "no threads: %m");
}

void
keeper_end(struct signer *s)
{
	atomic_store(&s->ending, true);
	pthread_mutex_lock(&s->pool_lock);
	pthread_cond_broadcast(&s->pool_taken);
	pthread_cond_broadcast(&s->pool_filled);
	pthread_mutex_unlock(&s->pool_lock);
	pthread_mutex_lock(&watch_lock);
	pthread_cond_broadcast(&watch_end);
	pthread_mutex_unlock(&watch_lock);
	if (watching)
		pthread_join(watcher, NULL);
	if (filling)
		pthread_join(filler, NULL);
	watching = filling = false;
}
