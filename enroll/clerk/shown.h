/*
 * Records as the objects that answers are made of (ARCHITECTURE.md, "What answers are
 * made of"). Nothing sealed ever goes into one. Called by calls.
 */
#ifndef CHANCERY_CLERK_SHOWN_H
#define CHANCERY_CLERK_SHOWN_H

#include <jansson.h>

#include "directory/registry.h"

json_t *shown_request(const struct registry_request *r);
json_t *shown_certificate(const struct registry_certificate *r);
/* own: for whom it is, who alone learns the link. */
json_t *shown_delivery(const struct registry_token *t, bool own);

#endif
