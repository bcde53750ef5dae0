/*
 * A new request, at most one for equal orders: what there is of a person or mailbox
 * decides (core/request.h) whether it is made or the one that is there is given.
 * Called by calls.
 */
#ifndef CHANCERY_CLERK_ORDER_H
#define CHANCERY_CLERK_ORDER_H

#include "directory/registry.h"
#include "enroll/clerk/clerk.h"

/* What a person or mailbox has asked for so far. */
struct order_past {
	json_t *list; /* every request is put into it; NULL: not wanted */
	struct request_past facts;
	json_t *last; /* the newest request: the caller's; NULL: there is none */
	int64_t now;
};

/* 0 or ERR_*; out->last is the caller's in any case. */
int order_past(struct clerk *c, struct connection *conn, struct bytes person,
    json_t *list, struct order_past *out, struct err *e);

struct order {
	struct bytes person, by, form, language;
	struct entry_values mail;
	struct bytes name;
	struct entry_values delegate; /* ids; none: for the person */
	uint32_t after;		      /* number of the last request that was seen */
	int64_t until;		      /* it waits until then for an approver; 0: not */
};

/* Makes the request, or finds the one that was made, and wakes the runner. 0 and the
 * request as an object, the caller's; ERR_*. */
int order_start(struct clerk *c, const struct caller *who, struct connection *conn,
    const struct order *w, json_t **out, struct err *e);

/* A request as an object, the caller's. 0 or ERR_*. */
int order_give(struct clerk *c, struct connection *conn, const char *id, json_t **out,
    struct err *e);

#endif
