/*
 * The CA's files: its certificates and CRLs stand below ou=authorities, and are given
 * out by pki.get. Whoever is revoked in the registry stands in the next CRL; one is
 * made when there is somebody new, and once a day. Nothing of it is decided here: the
 * registry says who is revoked. Any thread.
 */
#ifndef CHANCERY_CLERK_CRL_H
#define CHANCERY_CLERK_CRL_H

#include "enroll/clerk/clerk.h"
#include "enroll/clerk/worker.h"

enum {
	CRL_LOOK_SECONDS = 3600,
	CRL_RETRY_SECONDS = 30,
	CRL_DAY = 86400, /* a CRL older than this is made anew */
	/* An entry stays for so long after the end of its certificate, so that it
	 * stands in a CRL of the time after it (RFC 5280 section 3.3). */
	CRL_KEPT = 2 * CRL_DAY,
	CRL_NAME_MAX = 80, /* bytes of a file's name */
};

/* The worker "crl": each hour, and when it is woken, the CA's certificates, who is
 * revoked, and a new CRL where one is due. */
void crl_work(struct clerk *c, struct worker *w);

/* A file of the CA by the name that its URL ends with. */
json_t *call_pki_get(struct clerk *c, const struct caller *who, const json_t *request);

#endif
