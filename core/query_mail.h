/*
 * A part about mail, however the address is written. Within core only.
 */
#ifndef CHANCERY_CORE_QUERY_MAIL_H
#define CHANCERY_CORE_QUERY_MAIL_H

#include "core/query_leaf.h"

/* The part, its domain as A-label, with the tag and without; QUERY_FALSE for what
 * no address can be. q->attr names mail, by any of its names. */
struct query *query_mail(struct query_context *c, const struct query *q);

#endif
