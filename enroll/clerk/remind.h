/*
 * Reminders: once an hour, and at the start, the worker ("reminders") looks for
 * certificates that end soon and have no successor, and queues a notice for each
 * stage that is due (core/due.h): 60, 30, 14, 7, 1 days before, and one when it has
 * ended. Each once: the notice is named by certificate and stage, so that queueing it
 * twice makes one; then the stage is marked on the certificate's record. A clerk that
 * is killed in between, a restart and a clock that jumps therefore neither lose nor
 * double one.
 */
#ifndef CHANCERY_CLERK_REMIND_H
#define CHANCERY_CLERK_REMIND_H

#include "enroll/clerk/clerk.h"
#include "enroll/clerk/worker.h"

/* The worker. */
void remind_work(struct clerk *c, struct worker *w);

/* One look; *queued_out how many notices it queued. 0 or the first error that kept it
 * from the rest. */
int remind_once(struct clerk *c, size_t *queued_out, struct err *e);

#endif
