/*
 * Calls that give people their own archived keys once more: one, or all of them as the
 * archive of a renewal. The files are made anew under a PIN that nobody has seen, that
 * is shown in the same answer and stored nowhere: whoever loses it asks again. Both
 * take the password in the very call, stand in the audit log before anything is
 * opened, and tell the owner by mail. Rows of calls.c.
 */
#ifndef CHANCERY_CLERK_KEY_CALLS_H
#define CHANCERY_CLERK_KEY_CALLS_H

#include "enroll/clerk/calls.h"

call_fn call_pfx_get, call_renew_zip;

#endif
