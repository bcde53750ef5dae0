/*
 * Requests that wait for somebody to agree: the list, the decision, and the mails
 * about them. Nobody decides what they asked for, or would get a file of. Rows of
 * calls.c.
 */
#ifndef CHANCERY_CLERK_APPROVE_CALLS_H
#define CHANCERY_CLERK_APPROVE_CALLS_H

#include "enroll/clerk/calls.h"

enum {
	APPROVE_REASON_MAX = 300 /* bytes */
};

call_fn call_approve_list, call_approve_decide;

/* Asks the approvers, once a request, by mail. What fails here is logged: the request
 * stands in the list all the same. */
void approve_ask(struct clerk *c, struct bytes request);

#endif
