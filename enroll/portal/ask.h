/*
 * Calls of the clerk on behalf of a request. Where the clerk refuses, the page that
 * says so is written here, so that handlers go on only where there is something to
 * show. A GET can make only calls that read.
 */
#ifndef CHANCERY_PORTAL_ASK_H
#define CHANCERY_PORTAL_ASK_H

#include "enroll/portal/portal.h"

/*
 * Makes the call with the request's session; fields is taken (json_object() of
 * texts and numbers; NULL: there was no memory). The answer lives as long as the
 * request. NULL: the reply is written: to the login where the session has ended, to
 * the second factor where it is wanted, else a page with the sentence and the id.
 */
const json_t *ask(struct request *r, const char *call, json_t *fields);

/* The same without a page for refusals: the answer, whatever it says. NULL only where
 * the clerk did not answer; then the reply is written. */
const json_t *ask_any(struct request *r, const char *call, json_t *fields);

/* The word of a refusal; NULL where the answer is none. */
const char *ask_word(const json_t *answer);

/* The page of a refusal. */
void ask_refused(struct request *r, const json_t *answer);

/* Whether a refusal is of the password that the form carried, and not of the session:
 * then the form is shown again. */
bool ask_is_password(struct request *r, const json_t *answer);

/* session.who: 1 somebody has logged in (r->who), 0 nobody, negative: the reply is
 * written. */
int ask_who(struct request *r);

/* Whether they have this role. */
bool ask_is(const struct request *r, const char *role);

/* The same, and gave the second factor; otherwise the reply is written. */
bool ask_role(struct request *r, const char *role);

/* The same as ask_any for somebody whose session, if there is one, does not count. */
const json_t *ask_alone(struct request *r, const char *call, json_t *fields);

/* Puts a text into the fields of a call. */
void ask_put(json_t *fields, const char *name, struct bytes text);

/* The same where there is a text. */
void ask_put_some(json_t *fields, const char *name, struct bytes text);

/* Text of an answer; an empty view where there is none. */
struct bytes ask_get(const json_t *o, const char *name);

#endif
