/*
 * What a certification request asks for beside its key: named, so that nobody thinks
 * it was granted, and never used. Called by csr.c.
 */
#ifndef CHANCERY_ENROLL_EXAMINE_WISHES_H
#define CHANCERY_ENROLL_EXAMINE_WISHES_H

#include <jansson.h>

#include "core/bytes.h"

/* The request is DER that OpenSSL has read. A new array of texts, at most
 * OBJECT_WISHES_MAX and "and N more"; NULL without memory. Where it cannot be read
 * further, "what cannot be read". */
json_t *wishes_of(struct bytes csr);

#endif
