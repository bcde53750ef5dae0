/*
 * Limits an hour: contract in limit.h.
 */
#include "enroll/signer/limit.h"

void
limit_init(struct limit *l, uint32_t most)
{
	*l = (struct limit){.most = most};
	pthread_mutex_init(&l->lock, NULL);
}

/* Begins another hour when this one is over. */
static void
limit_turn(struct limit *l, int64_t now)
{
	if (l->used == 0 || now - l->begin >= LIMIT_SECONDS) {
		l->used = 0;
		l->begin = now;
	}
}

bool
limit_take(struct limit *l, uint32_t n, int64_t now)
{
	bool ok;

	pthread_mutex_lock(&l->lock);
	limit_turn(l, now);
	ok = n <= l->most - l->used;
	if (ok)
		l->used += n;
	pthread_mutex_unlock(&l->lock);
	return ok;
}

uint32_t
limit_left(struct limit *l, int64_t now)
{
	uint32_t left;

	pthread_mutex_lock(&l->lock);
	limit_turn(l, now);
	left = l->most - l->used;
	pthread_mutex_unlock(&l->lock);
	return left;
}
