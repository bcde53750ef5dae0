/*
 * Certificates of shared mailboxes. Each delegate gets a file of their own, under a
 * PIN of their own. Whom the company directory lets into the mailbox needs nobody's
 * consent; anybody else waits for an approver. Rows of calls.c.
 */
#ifndef CHANCERY_CLERK_MAILBOX_CALLS_H
#define CHANCERY_CLERK_MAILBOX_CALLS_H

#include "enroll/clerk/calls.h"

enum {
	MAILBOX_DELEGATES_MAX = 20
};

call_fn call_mailbox_enroll;

#endif
