/*
 * That a form was sent by a page of ours, to somebody who saw it. Two looks, each
 * enough in itself: what the browser says of where the request came from, and a token
 * in the form that depends on the session and on the form's name. The portal keeps no
 * key for it: the token is an HMAC under the session's token, which nobody but the
 * browser and the clerk knows.
 */
#ifndef CHANCERY_PORTAL_GUARD_H
#define CHANCERY_PORTAL_GUARD_H

#include "enroll/portal/portal.h"

enum {
	GUARD_TOKEN_SIZE = 33, /* 32 hex digits, NUL */
};

/* Whether a POST with these headers (NULL: not sent) may come from our own page. */
bool guard_origin(const struct portal_conf *conf, const char *origin, const char *site);

/* The token for a form of this name; false where nobody has a session or visit. */
bool guard_token(const struct request *r, const char *form, char out[GUARD_TOKEN_SIZE]);

/* Whether the request's form carries it in its field "token". */
bool guard_check(const struct request *r, const char *form);

/* The same for a file that a page brings along to be saved: nothing can be saved from
 * here that we did not put there, in this session. */
bool guard_token_file(const struct request *r, struct bytes name, struct bytes data,
    char out[GUARD_TOKEN_SIZE]);
bool guard_check_file(const struct request *r, struct bytes name, struct bytes data);

/* A new visit, for somebody without a session: 43 characters. 0 or ERR_IO. */
int guard_visit(char out[PORTAL_SESSION_MAX + 1]);

#endif
