/*
 * What the helpdesk does for others: finds them, and has a file mailed to them again.
 * No PIN, no key and no link comes back. Rows of calls.c.
 */
#ifndef CHANCERY_CLERK_HELPDESK_CALLS_H
#define CHANCERY_CLERK_HELPDESK_CALLS_H

#include "enroll/clerk/calls.h"

enum {
	FIND_TEXT_MAX = 320, /* bytes */
	FIND_TEXT_LEAST = 2,
	FIND_MOST = 50, /* people and mailboxes in one answer */
};

call_fn call_person_find, call_resend;

#endif
