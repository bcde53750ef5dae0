/*
 * The worker that carries requests on, step by step, from wherever their records say
 * they are: after a start, after a wake, and every few seconds. What fails for now is
 * tried again later and later; what can never work ends with its reason, and a
 * notice. It also ends deliveries whose 30 days are over: their PINs are destroyed.
 */
#ifndef CHANCERY_CLERK_RUNNER_H
#define CHANCERY_CLERK_RUNNER_H

#include "enroll/clerk/worker.h"

#define RUNNER_NAME "requests"

/* Makes the registry's containers where they are missing. 0 or ERR_*: main.c tries it
 * before anybody can call, the worker again until it went well. */
int runner_open(struct clerk *c, struct err *e);

void runner_work(struct clerk *c, struct worker *w);

#endif
