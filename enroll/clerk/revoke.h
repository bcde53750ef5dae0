/*
 * Revocation: the record says so first; then the certificate goes off the entry in
 * ou=people, a notice goes to its address, and the worker "crl" makes a new CRL. What
 * a clerk that is killed in between leaves undone, that worker does. Any thread.
 */
#ifndef CHANCERY_CLERK_REVOKE_H
#define CHANCERY_CLERK_REVOKE_H

#include "enroll/clerk/calls.h"
#include "enroll/clerk/clerk.h"

enum {
	REVOKE_SERIAL_TEXT = 40, /* hex digits */
	REVOKE_REASON_MAX = 40,
};

/*
 * Revokes one by its serial number (hex, as in the registry); reason: a word of
 * crypto/crl_make.h, "ca-compromise" excepted. who: NULL for what the clerk does by
 * itself. 1 revoked now; 0 it was already; ERR_NOT_FOUND; ERR_UNSUPPORTED or
 * ERR_POLICY (the reason); ERR_IO, ERR_DIRECTORY. From 1 on it is for good, whatever
 * becomes of the rest.
 */
int revoke_certificate(struct clerk *c, const struct caller *who, struct bytes serial,
    const char *reason, struct err *e);

/* What follows from a revocation that is recorded: off the entry, the notice. May be
 * done again. 0; ERR_*: try again. */
int revoke_finish(struct clerk *c, struct bytes serial, struct err *e);

/* The octets of a serial number; their number, 0 for what is none. out has room for
 * CRL_MAKE_SERIAL_MAX. */
size_t revoke_serial_read(struct bytes hex, uint8_t *out);

/*
 * The call: one certificate, or all of an address that are not revoked and have not
 * ended. Its owner gives the password once more. revoke_owner: whether all of them
 * are this person's.
 */
json_t *call_revoke(struct clerk *c, const struct caller *who, const json_t *request);
int revoke_owner(
    struct clerk *c, struct bytes person, const json_t *request, struct err *e);

#endif
