/*
 * Calls behind a mailed link: what it names, and the PIN. The link authenticates
 * nobody: without the recipient's own session it leads to the login, whether there
 * is such a link or not; the PIN takes the password in the very call. Rows of calls.c.
 */
#ifndef CHANCERY_CLERK_PIN_CALLS_H
#define CHANCERY_CLERK_PIN_CALLS_H

#include "enroll/clerk/calls.h"

call_fn call_link_show, call_pin_show;

#endif
