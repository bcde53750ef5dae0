/*
 * Logging in and out: the calls session.login, session.who and session.logout. A
 * login is one search as the service account, one counted attempt, one bind; what it
 * ends with is a session (session.h). Whether a user name exists cannot be told from
 * the answer or the time that it takes. Called through calls.c.
 */
#ifndef CHANCERY_CLERK_LOGIN_H
#define CHANCERY_CLERK_LOGIN_H

#include "enroll/clerk/clerk.h"

enum {
	LOGIN_MS = 9 * 1000 /* the company directory has so long */
};

json_t *
call_session_login(struct clerk *c, const struct caller *who, const json_t *request);
json_t *
call_session_who(struct clerk *c, const struct caller *who, const json_t *request);
json_t *
call_session_logout(struct clerk *c, const struct caller *who, const json_t *request);

#endif
