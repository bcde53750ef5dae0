/*
 * So many an hour: the acts that would let somebody who took over a caller empty the
 * archive of keys. The hour begins with its first act; time is an argument. Called by
 * the operations; any thread.
 */
#ifndef CHANCERY_ENROLL_SIGNER_LIMIT_H
#define CHANCERY_ENROLL_SIGNER_LIMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	LIMIT_SECONDS = 60 * 60
};

struct limit {
	pthread_mutex_t lock;
	uint32_t most;
	uint32_t used;
	int64_t begin;
};

void limit_init(struct limit *l, uint32_t most);

/* Takes n of this hour's: true, or false where so many are not left; then none is
 * taken. A clock that goes back begins no new hour. */
bool limit_take(struct limit *l, uint32_t n, int64_t now);

/* How many are left. */
uint32_t limit_left(struct limit *l, int64_t now);

#endif
