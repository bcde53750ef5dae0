/*
 * The tree that a plan is built from: nodes in the arena, put together so that
 * constants and unknown parts fold away at once. Within core only.
 *
 * Memory that fails or a limit that is passed is remembered in the builder;
 * constructors then return NULL, take NULL, and the caller asks once, at the
 * end, for b->rc.
 */
#ifndef CHANCERY_CORE_QUERY_TREE_H
#define CHANCERY_CORE_QUERY_TREE_H

#include "core/query.h"

struct query_builder {
	struct arena *arena;
	size_t nodes;
	int rc;	       /* 0, ERR_MEMORY or ERR_LIMIT */
	bool changed;  /* the plan is not what was asked */
	bool expanded; /* a part was given alternatives: look for doubles */
};

struct query_list {
	struct query *first, *last;
	size_t n;
};

struct query *query_node(struct query_builder *b, enum query_op op);
struct query *query_copy(struct query_builder *b, const struct query *q);
struct query *query_part(
    struct query_builder *b, enum query_op op, struct bytes attr, struct bytes value);
void query_list_add(struct query_list *list, struct query *q);

/* Bytes in the arena, to be filled by the caller. */
uint8_t *query_bytes(struct query_builder *b, size_t n);

/*
 * AND keeps one QUERY_UNKNOWN among its operands until it is settled: only then
 * is it known what else there is. OR and NOT settle what they are given.
 */
struct query *query_and(struct query_builder *b, struct query_list *list);
struct query *query_or(struct query_builder *b, struct query_list *list);
struct query *query_not(struct query_builder *b, struct query *q);
struct query *query_settle(struct query_builder *b, struct query *q);

/* (objectClass=*): every entry. */
bool query_is_everything(const struct query *q);

/* The filter as RFC 4515 text in the arena; NULL where b->rc is set. */
const char *query_render(struct query_builder *b, const struct query *q);

#endif
