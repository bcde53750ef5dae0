/*
 * Extension (RFC 5280 sections 4.1, 5.1 and 5.3): the one frame that certificates,
 * CRLs and CRL entries put their extensions into. What a value means, its reader
 * knows.
 */
#ifndef CHANCERY_CORE_EXTENSION_H
#define CHANCERY_CORE_EXTENSION_H

#include "core/der.h"

struct extension {
	struct bytes oid; /* content octets */
	bool critical;
	struct bytes value; /* content of the OCTET STRING */
};

/* The next of a sequence: 1, 0 at its end, or ERR_SYNTAX. */
int extension_next(struct der *d, struct extension *out);

#endif
