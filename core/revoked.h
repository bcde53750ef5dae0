/*
 * The set of revoked certificates known from CRLs: built once from the CRLs
 * under ou=authorities, then only read, so that threads may share it.
 */
#ifndef CHANCERY_CORE_REVOKED_H
#define CHANCERY_CORE_REVOKED_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	REVOKED_MAX = 16 * 1024 * 1024, /* entries */
	REVOKED_MAX_ISSUERS = 1024,	/* whose certificates they are */
};

struct revoked;

/* Heap; NULL when out of memory. */
struct revoked *revoked_new(void);
void revoked_free(struct revoked **rp);

/*
 * Adds a CRL's entries; keeps copies, not views. An entry of a delta CRL with
 * removeFromCRL takes out what CRLs not newer than it (thisUpdate) list, whatever
 * the order in which they are added. *next_update_out: seconds, INT64_MAX where
 * the CRL names none. 0, or one of these, and then nothing of it was added:
 * ERR_SYNTAX; ERR_UNSUPPORTED: it has a critical extension that is not known, and
 * RFC 5280 section 5.2 forbids to use it; ERR_LIMIT; ERR_MEMORY.
 */
int revoked_add_crl(
    struct revoked *r, struct bytes der, int64_t *next_update_out, struct err *e);

/* Call once after the last CRL and before the first question: before it every answer
 * is no, after it nothing is added any more (ERR_USAGE). */
void revoked_seal(struct revoked *r);

/* Is this serial (content octets) of this issuer (Name with header) revoked? */
bool revoked_has(const struct revoked *r, struct bytes issuer, struct bytes serial);

/* How many certificates are revoked, once it is sealed. */
size_t revoked_count(const struct revoked *r);

#endif
