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

#endif
