/*
 * An authority below ou=authorities: made where it is missing, its certificate and its
 * CRL put there where others, or none, stand there. Called by crl.c.
 */
#ifndef CHANCERY_CLERK_CRL_PUBLISH_H
#define CHANCERY_CLERK_CRL_PUBLISH_H

#include "enroll/clerk/clerk.h"

/* The entry's name is the commonName of the certificate's subject; crl may be empty:
 * what stands there stays. 1: something was written; 0; ERR_*. */
int
crl_publish(struct clerk *c, struct bytes certificate, struct bytes crl, struct err *e);

#endif
