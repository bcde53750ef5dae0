/*
 * The mirror: keeps ou=people as the company directory is. A worker looks at both
 * sides, from interval to interval, and writes what differs; another one does so at
 * once for whoever logs in. What is wanted is core/mirror.h's decision. A look that did
 * not come to a good end removes nobody, and neither does one after which too many
 * would have left, until an administrator says that it is right. Any thread.
 */
#ifndef CHANCERY_CLERK_MIRROR_H
#define CHANCERY_CLERK_MIRROR_H

#include "enroll/clerk/calls.h"
#include "enroll/clerk/worker.h"

#define MIRROR_NAME	"mirror"
#define MIRROR_ONE_NAME "mirror-login"

/* Before the workers start, and after they have ended. 0 or ERR_MEMORY. */
int mirror_open(struct clerk *c, struct err *e);
void mirror_close(struct clerk *c);

worker_fn mirror_work, mirror_one_work;

/* Somebody logged in: soon, their entry is as it should be. Does not wait. */
void mirror_person(struct clerk *c, const char person[CLERK_PERSON_SIZE]);

/* The call: a pass now; "accept": the leavers that wait have left. */
call_fn call_mirror_now;

/* For `status` and `list`. The first: a new object. */
json_t *mirror_status(struct clerk *c);
void mirror_problem_rows(struct clerk *c, json_t *rows);

#endif
