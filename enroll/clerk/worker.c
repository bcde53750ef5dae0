/*
 * Background threads (contract in worker.h), and the table of them. Called by
 * main.c; woken by handlers.
 */
#include "enroll/clerk/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "enroll/clerk/crl.h"
#include "enroll/clerk/notice.h"
#include "enroll/clerk/remind.h"
#include "enroll/clerk/runner.h"
#include "enroll/clerk/sweep.h"

static const struct worker_row rows[] = {
    {"sweep", sweep_work},
    {"notices", notice_work},
    {"reminders", remind_work},
    {RUNNER_NAME, runner_work},
    {"crl", crl_work},
    {NULL, NULL},
};

enum {
	ROWS = sizeof(rows) / sizeof(rows[0]) /* and one for the end */
};

struct worker {
	const struct worker_row *row;
	struct clerk *clerk;
	pthread_t thread;
	bool started;
	bool woken;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t change; /* somebody was woken, or all end */
	bool end;
	struct worker worker[ROWS];
};

bool
worker_wait(struct worker *w, unsigned seconds)
{
	struct workers *all = w->clerk->workers;
	struct timespec until;
	bool go_on;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)seconds;
	pthread_mutex_lock(&all->lock);
	while (!all->end && !w->woken && rc == 0)
		rc = pthread_cond_timedwait(&all->change, &all->lock, &until);
	w->woken = false;
	go_on = !all->end;
	pthread_mutex_unlock(&all->lock);
	return go_on;
}

void
worker_wake(struct clerk *c, const char *name)
{
	struct workers *all = c->workers;

	if (all == NULL)
		return;
	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; rows[i].name != NULL; i++)
		if (strcmp(rows[i].name, name) == 0)
			all->worker[i].woken = true;
	pthread_cond_broadcast(&all->change);
	pthread_mutex_unlock(&all->lock);
}

static void *
run(void *arg)
{
	struct worker *w = arg;

	w->row->run(w->clerk, w);
	return NULL;
}

int
workers_start(struct clerk *c, struct err *e)
{
	struct workers *all = calloc(1, sizeof(*all));
	pthread_condattr_t clock;

	if (all == NULL)
		return err_set(e, ERR_MEMORY, "no memory for workers");
	pthread_mutex_init(&all->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&all->change, &clock);
	pthread_condattr_destroy(&clock);
	c->workers = all;
	for (size_t i = 0; rows[i].name != NULL; i++) {
		struct worker *w = &all->worker[i];

		*w = (struct worker){.row = &rows[i], .clerk = c};
		if (pthread_create(&w->thread, NULL, run, w) != 0)
			return err_set(e, ERR_IO, "no thread for %s", rows[i].name);
		w->started = true;
	}
	return 0;
}

void
workers_end(struct clerk *c)
{
	struct workers *all = c->workers;

	if (all == NULL)
		return;
	pthread_mutex_lock(&all->lock);
	all->end = true;
	pthread_cond_broadcast(&all->change);
	pthread_mutex_unlock(&all->lock);
	for (size_t i = 0; rows[i].name != NULL; i++)
		if (all->worker[i].started)
			pthread_join(all->worker[i].thread, NULL);
	pthread_cond_destroy(&all->change);
	pthread_mutex_destroy(&all->lock);
	free(all);
	c->workers = NULL;
}
