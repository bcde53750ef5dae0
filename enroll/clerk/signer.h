/*
 * What the clerk asks the signer, beyond line_ask: requests' fields as JSON, and what
 * comes back as bytes. Called by steps and calls.
 */
#ifndef CHANCERY_CLERK_SIGNER_H
#define CHANCERY_CLERK_SIGNER_H

#include "directory/registry.h"
#include "enroll/clerk/clerk.h"

enum {
	SIGNER_MS = 30 * 1000
};

/* {"request","kind","mail","time"} of a record; NULL without memory. */
json_t *signer_fields(
    const struct registry_request *r, const struct bytes *mail, size_t n, int64_t time);

/* One call; *answer is the caller's. 0 or ERR_*. fields is taken. */
int signer_ask(
    struct clerk *c, const char *call, json_t *fields, json_t **answer, struct err *e);

/* A key for `package`: {"request","certificate","sealed_key","name"}. */
json_t *signer_key(const struct registry_certificate *cert,
    const struct registry_key *key, struct err *e);

/* PFX of these keys (taken) under a delivery's PIN: the array of base64 texts in
 * *answer. 0 or ERR_*. */
int signer_package(struct clerk *c, const struct registry_token *delivery,
    const char *form, json_t *keys, json_t **answer, struct err *e);

/* Lower-case hex of a serial number; out has room for 2 * n + 1. */
void signer_hex(struct bytes in, char *out);
/* And back; 0 or ERR_SYNTAX. */
int signer_unhex(struct bytes hex, uint8_t *out, size_t size, size_t *n_out);

#endif
