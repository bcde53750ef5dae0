/*
 * Sessions: who is logged in. A session is an entry of the registry whose name is
 * the SHA-256 of a random token that only the browser's cookie and the portal have;
 * it outlives the clerk, ends 8 hours after the login, 30 minutes after the last
 * call, with a logout, or when the company directory says that the account is
 * disabled. Called by answer.c for each call that carries one, and by login.c.
 */
#ifndef CHANCERY_CLERK_SESSION_H
#define CHANCERY_CLERK_SESSION_H

#include "enroll/clerk/clerk.h"

/* 1 found and alive; 0 there is none (any more); ERR_*. */
int session_find(struct clerk *c, const struct caller *who, struct bytes token,
    struct session *out, struct err *e);

#endif
