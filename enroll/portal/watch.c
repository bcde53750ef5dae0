/*
 * Deadlines of connections: contract in watch.h. Cutting off is shutdown(2), which
 * makes the thread of the connection see its end; it closes the descriptor itself,
 * after watch_remove, so that no other connection's is ever hit.
 */
#include "enroll/portal/watch.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum {
	WATCH_LOOK_MS = 500
};

struct watched {
	int fd;
	int64_t until; /* seconds of the monotonic clock */
	struct watched *next, **link;
};

struct watch {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	pthread_t thread;
	bool end;
	struct watched *first;
};

static int64_t
watch_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void
watch_look(struct watch *w)
{
	int64_t now = watch_now();

	for (struct watched *c = w->first; c != NULL; c = c->next)
		if (c->until < now) {
			(void)shutdown(c->fd, SHUT_RDWR);
			c->until = INT64_MAX;
		}
}

static void *
watch_run(void *arg)
{
	struct watch *w = arg;
	struct timespec next;

	pthread_mutex_lock(&w->lock);
	while (!w->end) {
		watch_look(w);
		clock_gettime(CLOCK_MONOTONIC, &next);
		next.tv_nsec += WATCH_LOOK_MS * 1000000L;
		next.tv_sec += next.tv_nsec / 1000000000L;
		next.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&w->ended, &w->lock, &next);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int
watch_start(struct watch **out, struct err *e)
{
	struct watch *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;

	*out = NULL;
	if (w == NULL)
		return err_set(e, ERR_MEMORY, "out of memory");
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->ended, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&w->thread, NULL, watch_run, w) != 0) {
		free(w);
		return err_set(e, ERR_IO, "no thread for deadlines");
	}
	*out = w;
	return 0;
}

void
watch_end(struct watch **wp)
{
	struct watch *w = *wp;

	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->end = true;
	pthread_cond_signal(&w->ended);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->ended);
	pthread_mutex_destroy(&w->lock);
	free(w);
	*wp = NULL;
}

struct watched *
watch_add(struct watch *w, int fd, unsigned seconds)
{
	struct watched *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->fd = fd;
	c->until = watch_now() + seconds;
	pthread_mutex_lock(&w->lock);
	c->next = w->first;
	c->link = &w->first;
	if (c->next != NULL)
		c->next->link = &c->next;
	w->first = c;
	pthread_mutex_unlock(&w->lock);
	return c;
}

void
watch_phase(struct watch *w, struct watched *c, unsigned seconds)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	/* Who was cut off stays so. */
	if (c->until != INT64_MAX)
		c->until = watch_now() + seconds;
	pthread_mutex_unlock(&w->lock);
}

void
watch_remove(struct watch *w, struct watched *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	pthread_mutex_unlock(&w->lock);
	free(c);
}
