/*
 * Work that must end in time although some step of it cannot be given a deadline:
 * the resolver of names waits as long as it likes. It runs on a thread of its own;
 * who asked waits so long and no longer. What comes too late is thrown away by the
 * thread itself. Called by login.c and session.c for the company directory.
 */
#ifndef CHANCERY_CLERK_IN_TIME_H
#define CHANCERY_CLERK_IN_TIME_H

#include "core/err.h"

enum {
	IN_TIME_MOST = 64 /* at once, those that come too late included */
};

typedef void in_time_fn(void *ctx);

/*
 * Runs work(ctx). 0: it is done, and ctx is the caller's again. ERR_IO: it is too
 * late, or there are IN_TIME_MOST already: drop(ctx) has been or will be called, on
 * whichever thread is the last to use it.
 */
int in_time(in_time_fn *work, in_time_fn *drop, void *ctx, unsigned ms, struct err *e);

/* How many are at work. At the end of the process, memory that they use must stay
 * while there are any. */
unsigned in_time_count(void);

#endif
