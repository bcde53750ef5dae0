/*
 * The pool of directory connections: contract in connections.h.
 */
#include "enroll/clerk/connections.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct connections {
	struct connection_how how;
	struct secret password;
	pthread_mutex_t lock;
	pthread_cond_t back; /* one came back */
	unsigned most, wait, lent;
	unsigned n_idle;
	struct {
		struct connection *c;
		int64_t since; /* monotonic seconds */
	} idle[];	       /* most of them; the newest last */
};

static int64_t
clock_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

int
connections_new(const struct connection_how *how, struct secret *password,
    unsigned most, unsigned wait, struct connections **out, struct err *e)
{
	struct connections *p = calloc(1, sizeof(*p) + most * sizeof(p->idle[0]));
	pthread_condattr_t clock;

	*out = p;
	if (p == NULL) {
		secret_free(password);
		return err_set(e, ERR_MEMORY, "no memory for connections");
	}
	p->how = *how;
	p->password = *password;
	*password = (struct secret){NULL, 0};
	p->how.password = secret_view(&p->password);
	p->most = most;
	p->wait = wait;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&p->back, &clock);
	pthread_condattr_destroy(&clock);
	return 0;
}

void
connections_free(struct connections **pp)
{
	struct connections *p = *pp;

	if (p == NULL)
		return;
	while (p->n_idle > 0)
		connection_close(&p->idle[--p->n_idle].c);
	secret_free(&p->password);
	pthread_cond_destroy(&p->back);
	pthread_mutex_destroy(&p->lock);
	free(p);
	*pp = NULL;
}

/* The newest idle one; NULL where there is none. One that has been idle for long is as
 * good as closed: a firewall on the way may have forgotten it, and says nothing. */
static struct connection *
take_idle(struct connections *p)
{
	int64_t oldest = clock_seconds() - CONNECTIONS_IDLE_SECONDS;

	if (p->n_idle > 0 && p->idle[p->n_idle - 1].since >= oldest)
		return p->idle[--p->n_idle].c;
	while (p->n_idle > 0)
		connection_close(&p->idle[--p->n_idle].c);
	return NULL;
}

/* Waits for a place; true with an idle connection or NULL (open one). */
static bool
take_place(struct connections *p, struct connection **out)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)p->wait;
	pthread_mutex_lock(&p->lock);
	while (p->lent >= p->most && rc == 0)
		rc = pthread_cond_timedwait(&p->back, &p->lock, &until);
	*out = NULL;
	if (rc == 0) {
		p->lent++;
		*out = take_idle(p);
	}
	pthread_mutex_unlock(&p->lock);
	return rc == 0;
}

static void
leave_place(struct connections *p)
{
	pthread_mutex_lock(&p->lock);
	p->lent--;
	pthread_cond_signal(&p->back);
	pthread_mutex_unlock(&p->lock);
}

int
connections_take(struct connections *p, struct connection **out, struct err *e)
{
	int rc;

	*out = NULL;
	if (!take_place(p, out))
		return err_set(e, ERR_IO,
		    "%s: all %u connections have been in use for %u s", p->how.uri,
		    p->most, p->wait);
	if (*out != NULL && connection_is_fresh(*out))
		return 0;
	connection_close(out);
	rc = connection_open(&p->how, out, e);
	if (rc != 0)
		leave_place(p);
	return rc;
}

void
connections_give(struct connections *p, struct connection **cp)
{
	if (*cp == NULL)
		return;
	connection_limit(*cp, 0);
	pthread_mutex_lock(&p->lock);
	if (!connection_is_broken(*cp)) {
		p->idle[p->n_idle].c = *cp;
		p->idle[p->n_idle++].since = clock_seconds();
		*cp = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	connection_close(cp);
	leave_place(p);
}
