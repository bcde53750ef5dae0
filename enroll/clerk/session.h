/*
 * Sessions: who is logged in. A session is an entry of the registry whose name is
 * the SHA-256 of a random token that only the browser's cookie and the portal have;
 * it outlives the clerk, and ends 8 hours after the login, 30 minutes after the last
 * call, with a logout, or when the company directory says that the account is
 * disabled or gone. Called by answer.c for each call that carries one, and by the
 * handlers of login.h.
 */
#ifndef CHANCERY_CLERK_SESSION_H
#define CHANCERY_CLERK_SESSION_H

#include "crypto/token.h"
#include "enroll/clerk/clerk.h"

enum {
	SESSION_CHECK_MS = 9 * 1000 /* the company directory has so long */
};

/* Mints one of these, for so long as s->until says; its token, with NUL, is the
 * caller's to wipe. 0 or ERR_*. */
int session_make(struct clerk *c, const struct session *s, char token[TOKEN_CHARS + 1],
    struct err *e);

/*
 * 1 found and alive: counted as used, and the account looked at where the last look
 * is older than conf.session_check; 0 there is none (any more); ERR_IO where that
 * could not be found out, and the other ERR_*.
 */
int session_find(struct clerk *c, const struct caller *who, struct bytes token,
    struct session *out, struct err *e);

/* It ends now. 1; 0 there was none; ERR_*. */
int session_end(struct clerk *c, struct bytes token, struct err *e);

/* What the portal is told of it; without the token. NULL: no memory. */
json_t *session_answer(const struct session *s);

#endif
