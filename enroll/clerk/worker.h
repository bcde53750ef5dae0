/*
 * Background work: threads that look, do, and wait until the next time or until
 * somebody wakes them. The table of them is in worker.c; each part of the clerk
 * adds its row. A worker that waits ends at once when the clerk does; one that
 * works ends its step first.
 */
#ifndef CHANCERY_CLERK_WORKER_H
#define CHANCERY_CLERK_WORKER_H

#include "enroll/clerk/clerk.h"

struct worker;

/* Runs until worker_wait answers false. */
typedef void worker_fn(struct clerk *c, struct worker *w);

struct worker_row {
	const char *name;
	worker_fn *run;
};

/* Waits so many seconds, or until worker_wake; false: the clerk ends. A wake that
 * came since the last wait counts. */
bool worker_wait(struct worker *w, unsigned seconds);

/* Any thread; a name that is not in the table is left alone. */
void worker_wake(struct clerk *c, const char *name);

/* Starts all; 0, ERR_MEMORY or ERR_IO. Called by main.c. */
int workers_start(struct clerk *c, struct err *e);
/* Tells them to end and waits for them. */
void workers_end(struct clerk *c);

#endif
