/*
 * So many an hour, and not one more: at the limit, past it, at the turn of the hour,
 * when the clock goes back, from many threads.
 */
#include "enroll/signer/limit.h"

#include "core/bytes.h"
#include "tests/unit/check.h"

enum {
	THREADS = 8,
	TRIES = 5000,
	MOST = 3000
};

static struct limit shared;

static void *
take_many(void *arg)
{
	size_t *taken = arg;

	for (int i = 0; i < TRIES; i++)
		*taken += limit_take(&shared, 1, 1000);
	return NULL;
}

int
main(void)
{
	pthread_t thread[THREADS];
	size_t taken[THREADS] = {0}, all = 0;
	struct limit l;
	const int64_t now = 1000000;

	limit_init(&l, 3);
	check_int("signer_limit__all_left", limit_left(&l, now), 3);
	check(limit_take(&l, 2, now), "signer_limit__two", "refused");
	check(!limit_take(&l, 2, now), "signer_limit__not_half_of_two", "taken");
	check_int("signer_limit__one_left", limit_left(&l, now), 1);
	check(limit_take(&l, 1, now), "signer_limit__last", "refused");
	check(!limit_take(&l, 1, now + LIMIT_SECONDS - 1), "signer_limit__same_hour",
	    "taken");
	check(!limit_take(&l, 1, now - 10 * LIMIT_SECONDS), "signer_limit__clock_back",
	    "taken");
	check(!limit_take(&l, UINT32_MAX, now + LIMIT_SECONDS),
	    "signer_limit__too_many", "taken");
	check(limit_take(&l, 3, now + LIMIT_SECONDS), "signer_limit__next_hour",
	    "refused");
	limit_init(&shared, MOST);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, take_many, &taken[i]);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		all += taken[i];
	}
	check_int("signer_limit__threads", (long long)all, MOST);
	return check_done();
}
