/*
 * One attempt at a login against the company directory, within LOGIN_MS whatever it
 * does: who is meant, is there an attempt left, is the password right, which roles.
 * Called by login.c.
 */
#ifndef CHANCERY_CLERK_LOGIN_TRY_H
#define CHANCERY_CLERK_LOGIN_TRY_H

#include "enroll/clerk/clerk.h"

enum login_result {
	LOGIN_REFUSED, /* nobody, wrong, no attempt left: nobody is told which */
	LOGIN_DISABLED,
	LOGIN_EXPIRED, /* the password has to be changed first */
	LOGIN_RIGHT,
};

/*
 * 0 and *out; of LOGIN_RIGHT also *person, but for its until and factor. ERR_IO: the
 * company directory does not answer; other ERR_*: it answers nonsense. known_out: the
 * person's id where the name is known, whatever the result, for the log.
 */
int login_try(struct clerk *c, const struct caller *who, struct bytes user,
    struct bytes password, enum login_result *out, struct session *person,
    char known_out[CLERK_PERSON_SIZE], struct err *e);

/*
 * Whether a password is that of the person of a session, asked of the company
 * directory once more, before something is shown or done that wants it: 1, 0, ERR_*.
 * Counts as an attempt. For the handlers of such calls.
 */
int login_confirm(
    struct clerk *c, const struct caller *who, struct bytes password, struct err *e);

#endif
