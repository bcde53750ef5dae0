/*
 * Certificate revocation lists (RFC 5280 section 5): which issuer's serial
 * numbers are revoked. Walked once, entry by entry, without memory of its own.
 * Signatures are not checked here: who may write a CRL into the directory is
 * settled by its access control.
 */
#ifndef CHANCERY_CORE_CRL_H
#define CHANCERY_CORE_CRL_H

#include "core/der.h"

enum {
	CRL_MAX_BYTES = 64 * 1024 * 1024,
	CRL_REASON_HOLD = 6,
	CRL_REASON_REMOVE = 8, /* removeFromCRL, delta CRLs only */
};

struct crl {
	struct bytes issuer;	   /* Name with header */
	int64_t this_update;	   /* seconds since 1970 */
	int64_t next_update;	   /* or INT64_MAX where absent */
	bool is_delta;		   /* has deltaCRLIndicator */
	bool is_indirect;	   /* IssuingDistributionPoint says indirectCRL */
	bool unknown_critical;	   /* of the CRL: it must not be used (section 5.2) */
	struct der entries;	   /* what is left of revokedCertificates */
	struct bytes entry_issuer; /* of the entry read last (section 5.3.3) */
};

struct crl_entry {
	struct bytes issuer; /* Name with header: the CRL's, or by certificateIssuer */
	struct bytes serial; /* content octets */
	int64_t revoked_at;
	int reason;	       /* section 5.3.1; 0 where absent */
	bool unknown_critical; /* the whole CRL must not be used (section 5.3) */
};

/* Opens a CRL that fills the view. 0, ERR_SYNTAX, ERR_LIMIT. The entries are not
 * yet looked at. */
int crl_open(struct bytes der, struct crl *out, struct err *e);

/* The next revoked certificate: 1, 0 at the end, or ERR_SYNTAX. */
int crl_next(struct crl *crl, struct crl_entry *out);

#endif
