/*
 * The table of all calls that the clerk answers: name, who may, fields, handler.
 * What is not in it is refused; what a row does not allow is refused before its
 * handler sees anything. Each part of the clerk adds its rows in calls.c, beside
 * its line in ARCHITECTURE.md's table.
 */
#ifndef CHANCERY_CLERK_CALLS_H
#define CHANCERY_CLERK_CALLS_H

#include "enroll/clerk/clerk.h"

/* Any one of them is enough. */
enum who {
	WHO_ANYONE = 1,	  /* the portal, for somebody who need not have logged in */
	WHO_USER = 2,	  /* a session, second factor given or not */
	WHO_OWNER = 4,	  /* a session of the person whom it is about: see owner */
	WHO_HELPDESK = 8, /* roles: second factor given */
	WHO_APPROVER = 16,
	WHO_ADMINISTRATOR = 32,
	WHO_ROLE = 64,	  /* a session with a role, second factor not given yet */
	WHO_LOCAL = 128,  /* an administrator on this machine */
	WHO_PORTAL = 256, /* the portal alone, as it vouches for a browser's address */
};

/*
 * Whether the call is about something of this person: 1, 0 (also where there is no
 * such thing), ERR_*. person: the session's. A row with WHO_OWNER has one.
 */
typedef int call_owner_fn(
    struct clerk *c, struct bytes person, const json_t *request, struct err *e);

struct call {
	const char *name;
	unsigned who;			 /* enum who, or-ed; 0: nobody */
	const struct line_field *fields; /* ends with a NULL name; "session" too */
	call_fn *handler;
	call_owner_fn *owner;
};

extern const struct call call_table[];
extern const size_t call_n;

/* The row of this name, or NULL. */
const struct call *call_find(struct bytes name);

/* Whether a caller may make it; session calls only with who->session. 1, 0, ERR_*.
 * The one place where rights are decided. */
int call_may(const struct call *call, struct clerk *c, const struct caller *who,
    const json_t *request, struct err *e);

#endif
