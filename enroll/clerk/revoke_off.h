/*
 * Takes a certificate off whatever entries below ou=people carry it. Called by
 * revoke.c.
 */
#ifndef CHANCERY_CLERK_REVOKE_OFF_H
#define CHANCERY_CLERK_REVOKE_OFF_H

#include "directory/registry.h"
#include "enroll/clerk/clerk.h"

/* Entries with an address of the record, or of its person: this value of
 * userCertificate goes, and of userSMIMECertificate those that carry it. 0 (also where
 * it stood nowhere); ERR_*. */
int revoke_off(struct connection *d, const char *suffix,
    const struct registry_certificate *r, struct err *e);

#endif
