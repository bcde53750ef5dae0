/*
 * AlgorithmIdentifier (RFC 5280 section 4.1.1.2), as keys, certificates and CRLs name
 * what they were made with. What a name means, its reader knows.
 */
#ifndef CHANCERY_CORE_ALGORITHM_H
#define CHANCERY_CORE_ALGORITHM_H

#include "core/der.h"

struct algorithm {
	struct bytes oid; /* content octets */
	bool has_parameters;
	struct der_item parameters;
};

/* Reads the content of the SEQUENCE, to its end. 0 or ERR_SYNTAX. */
int algorithm_read(struct bytes content, struct algorithm *out);

#endif
