/*
 * Deliveries: what one recipient gets of one request. Called by runner and calls.
 */
#ifndef CHANCERY_CLERK_DELIVER_H
#define CHANCERY_CLERK_DELIVER_H

#include "directory/registry.h"
#include "enroll/clerk/clerk.h"

enum {
	DELIVERY_ID_SIZE = 2 + REQUEST_ID_SIZE + 1 + CLERK_PERSON_SIZE
};

/* "d-REQUEST-PERSON". */
void delivery_id(struct bytes request, struct bytes person, char out[DELIVERY_ID_SIZE]);

/* The PFX of a certificate under a delivery's PIN; form: "modern", "compatible", or
 * NULL for what was asked for. 0 and *out, the caller's; ERR_*. */
int deliver_pfx(struct clerk *c, const struct registry_token *t,
    const struct registry_certificate *cert, const struct registry_key *key,
    const char *form, struct owned *out, struct err *e);

/* The file of a request that is done, once more to one recipient: under a new PIN with
 * its own 30 days, behind the same link. What was not handed to the relay yet is
 * carried on. 0; ERR_POLICY: the recipient has left; ERR_IO: try again; ERR_*. */
int deliver_again(struct clerk *c, struct connection *conn,
    const struct registry_request *r, const struct registry_token *t, struct err *e);

#endif
