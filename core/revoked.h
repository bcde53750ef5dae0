/*
 * The set of revoked certificates known from CRLs: built once from the CRLs
 * under ou=authorities, then only read, so that threads may share it.
 */
#ifndef CHANCERY_CORE_REVOKED_H
#define CHANCERY_CORE_REVOKED_H

#include "core/bytes.h"
#include "core/err.h"

struct revoked;

/* Heap; NULL when out of memory. */
struct revoked *revoked_new(void);
void revoked_free(struct revoked **rp);

/*
 * Adds a CRL's entries; keeps copies, not views. Entries of a delta CRL with
 * removeFromCRL are taken out again, whatever the order in which the CRLs are
 * added. *next_update_out: seconds, INT64_MAX where the CRL names none.
 * 0; ERR_SYNTAX: nothing of this CRL was added; ERR_LIMIT; ERR_MEMORY.
 */
int revoked_add_crl(struct revoked *r, struct bytes der,
    int64_t *next_update_out, struct err *e);

/* Call once after the last CRL and before the first question. */
void revoked_seal(struct revoked *r);

/* Is this serial (content octets) of this issuer (Name with header) revoked? */
bool revoked_has(const struct revoked *r, struct bytes issuer,
    struct bytes serial);

size_t revoked_count(const struct revoked *r);

#endif
