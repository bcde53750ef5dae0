/*
 * One person's entry in ou=people, at once. Acts only where it is clear whose each
 * address is; whatever is not, and everybody who left, waits for the pass over all.
 * Called by mirror.c.
 */
#ifndef CHANCERY_CLERK_MIRROR_ONE_H
#define CHANCERY_CLERK_MIRROR_ONE_H

#include "enroll/clerk/clerk.h"
#include "enroll/clerk/worker.h"

/* 1 it is as it should be; 0 not clear: a pass over all must decide; ERR_*. */
int one_mirror(struct clerk *c, struct worker *w, const char *person, struct err *e);

#endif
