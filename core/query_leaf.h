/*
 * What one part of a filter stands for. Within core only.
 */
#ifndef CHANCERY_CORE_QUERY_LEAF_H
#define CHANCERY_CORE_QUERY_LEAF_H

#include "core/query_tree.h"

struct query_context {
	struct query_builder b;
	const struct query_rules *rules;
	unsigned kinds;	   /* named so far */
	unsigned nots;	   /* how many NOTs stand around */
	bool certificates; /* a part asks for what is published */
};

/* The part as it is to be asked: itself, another, an OR, QUERY_UNKNOWN for what
 * this directory does not have, QUERY_FALSE for what no value of it can be. */
struct query *query_leaf(struct query_context *c, const struct query *q);

/* Whether a planned part asks about certificates. */
bool query_asks_certificate(const struct query *q);

#endif
