/*
 * Work with a deadline from outside: contract in in_time.h.
 */
#include "enroll/clerk/in_time.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum {
	MS = 1000,
	NS_A_MS = 1000 * 1000,
	NS_A_SECOND = 1000 * 1000 * 1000,
};

/* Held by both sides; who lets go last frees it. */
struct errand {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	in_time_fn *work, *drop;
	void *ctx;
	bool done, left; /* by the thread; by who asked */
};

static atomic_uint at_work;

unsigned
in_time_count(void)
{
	return atomic_load(&at_work);
}

static struct errand *
errand_new(in_time_fn *work, in_time_fn *drop, void *ctx)
{
	struct errand *r = calloc(1, sizeof(*r));
	pthread_condattr_t clock;

	if (r == NULL)
		return NULL;
	*r = (struct errand){.work = work, .drop = drop, .ctx = ctx};
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&r->ended, &clock);
	pthread_condattr_destroy(&clock);
	return r;
}

static void
errand_free(struct errand *r)
{
	pthread_cond_destroy(&r->ended);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static void *
run(void *arg)
{
	struct errand *r = arg;
	bool left;

	r->work(r->ctx);
	pthread_mutex_lock(&r->lock);
	r->done = true;
	left = r->left;
	pthread_cond_signal(&r->ended);
	pthread_mutex_unlock(&r->lock);
	if (left) {
		r->drop(r->ctx);
		errand_free(r);
	}
	atomic_fetch_sub(&at_work, 1);
	return NULL;
}

/* True when it is done; otherwise the thread has it alone. */
static bool
wait_for(struct errand *r, unsigned ms)
{
	struct timespec until;
	bool done;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / MS;
	until.tv_nsec += (long)(ms % MS) * NS_A_MS;
	if (until.tv_nsec >= NS_A_SECOND) {
		until.tv_nsec -= NS_A_SECOND;
		until.tv_sec++;
	}
	pthread_mutex_lock(&r->lock);
	while (!r->done && rc == 0)
		rc = pthread_cond_timedwait(&r->ended, &r->lock, &until);
	done = r->done;
	r->left = !done;
	pthread_mutex_unlock(&r->lock);
	return done;
}

static int
start(struct errand *r)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	if (atomic_fetch_add(&at_work, 1) >= IN_TIME_MOST) {
		atomic_fetch_sub(&at_work, 1);
		return ERR_LIMIT;
	}
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &attr, run, r);
	pthread_attr_destroy(&attr);
	if (rc != 0)
		atomic_fetch_sub(&at_work, 1);
	return rc == 0 ? 0 : ERR_MEMORY;
}

int
in_time(in_time_fn *work, in_time_fn *drop, void *ctx, unsigned ms, struct err *e)
{
	struct errand *r = errand_new(work, drop, ctx);

	if (r == NULL || start(r) != 0) {
		if (r != NULL)
			errand_free(r);
		drop(ctx);
		return err_set(
		    e, ERR_IO, "%u questions are under way already", in_time_count());
	}
	if (!wait_for(r, ms))
		return err_set(e, ERR_IO, "no answer within %u s", ms / MS);
	errand_free(r);
	return 0;
}
