/*
 * Whether the account behind a session is still one: asked of the company directory
 * now and then while the session is used. Called by session.c.
 */
#ifndef CHANCERY_CLERK_SESSION_CHECK_H
#define CHANCERY_CLERK_SESSION_CHECK_H

#include "enroll/clerk/clerk.h"

/* 1 it is there and enabled, with the roles that it has now; 0 it is not; ERR_IO, and
 * the other ERR_*: that could not be found out. Ends within SESSION_CHECK_MS. */
int session_check_account(
    struct clerk *c, const char *person, unsigned *roles, struct err *e);

#endif
