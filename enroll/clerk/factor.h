/*
 * The second factor of people with roles: codes of an authenticator program
 * (crypto/totp.h). Who loses it, or has none yet, needs a code from a local
 * administrator (factor.allow), which is good once and for a day. The calls
 * session.factor, session.factor-setup, session.factor-confirm and factor.allow.
 * Called through calls.c, and by login.c.
 */
#ifndef CHANCERY_CLERK_FACTOR_H
#define CHANCERY_CLERK_FACTOR_H

#include "enroll/clerk/clerk.h"

/* Fills s->factor from its roles, and from whether the person has set one up. 0 or
 * ERR_*. */
int factor_of(struct clerk *c, struct session *s, struct err *e);

json_t *
call_session_factor(struct clerk *c, const struct caller *who, const json_t *request);
json_t *call_session_factor_setup(
    struct clerk *c, const struct caller *who, const json_t *request);
json_t *call_session_factor_confirm(
    struct clerk *c, const struct caller *who, const json_t *request);
json_t *
call_factor_allow(struct clerk *c, const struct caller *who, const json_t *request);

#endif
