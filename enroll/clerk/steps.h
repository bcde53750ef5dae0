/*
 * What is done for a request, step by step: the serial number and the octets to be
 * signed are recorded, then signed, then published, then delivered. Each step reads
 * the record, does one thing, and swaps the record's state; done again after a kill
 * it finds what it had done. Keys and PINs pass through sealed. Called by runner.c.
 */
#ifndef CHANCERY_CLERK_STEPS_H
#define CHANCERY_CLERK_STEPS_H

#include "directory/registry.h"
#include "enroll/clerk/clerk.h"

/*
 * Each: 1 the record was changed; 0 somebody else changed it; ERR_IO, ERR_DIRECTORY,
 * ERR_MEMORY, ERR_CRYPTO, ERR_LIMIT: try again later; ERR_POLICY, ERR_SYNTAX,
 * ERR_UNSUPPORTED: it will never work.
 */
typedef int step_fn(struct clerk *c, struct connection *conn,
    const struct registry_request *r, struct err *e);

step_fn step_expire;  /* nobody agreed in time */
step_fn step_prepare; /* serial, to-be-signed octets, sealed key */
step_fn step_issue;   /* the certificate, recorded with its key */
step_fn step_publish; /* onto the entry in ou=people; former ones off */
step_fn step_deliver; /* to every recipient, each with a PIN of their own */

#endif
