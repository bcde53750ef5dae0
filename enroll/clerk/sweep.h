/*
 * Removes what has ended from the registry: sessions, counted attempts, permissions
 * to set up a second factor. Nothing depends on it: what has ended counts no more,
 * removed or not. A row of worker.c.
 */
#ifndef CHANCERY_CLERK_SWEEP_H
#define CHANCERY_CLERK_SWEEP_H

#include "enroll/clerk/worker.h"

void sweep_work(struct clerk *c, struct worker *w);

#endif
