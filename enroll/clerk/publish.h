/*
 * Certificates on the entries in ou=people: put there, and taken off. One modify with
 * everything, which happens only if the entry is still the one that was read. Called
 * by steps and by revoke.
 */
#ifndef CHANCERY_CLERK_PUBLISH_H
#define CHANCERY_CLERK_PUBLISH_H

#include "directory/registry.h"
#include "enroll/clerk/clerk.h"

enum {
	PUBLISH_VALUES_MAX = 256 /* certificates on one entry */
};

struct publish {
	struct bytes person;	  /* GUID */
	struct entry_values mail; /* the primary one first */
	struct bytes name, given, surname;
	bool shared;
	struct bytes add;	    /* certificate, or empty */
	struct bytes blob;	    /* userSMIMECertificate, or empty */
	const struct bytes *remove; /* certificates */
	size_t n_remove;
};

/*
 * Finds the entry by chanceryPersonId, or by its primary address, and changes it;
 * makes one where there is none and something is to be added. userSMIMECertificate
 * becomes the blob; without one it goes where it belongs to a certificate that is
 * removed. 1 changed; 0 it changed meanwhile: again; ERR_*.
 */
int publish_entry(
    struct clerk *c, struct connection *conn, const struct publish *p, struct err *e);

#endif
