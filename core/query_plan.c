/*
 * The plan (contract in query.h): walks the client's tree once, lets
 * query_leaf.c say what each part stands for, folds (query_tree.c), and writes
 * the filter to run and, where certificates are asked for, the one to test on
 * what will be sent. Called by the overlay for each search below a published
 * base, and by `chancery explain`.
 */
#include "core/query_leaf.h"

static struct query *
plan_node(struct query_context *c, const struct query *q, unsigned depth, size_t *seen);

static struct query *
plan_operands(
    struct query_context *c, const struct query *q, unsigned depth, size_t *seen)
{
	struct query_list list = {0};

	for (const struct query *o = q->child; o != NULL && c->b.rc == 0; o = o->next)
		query_list_add(&list, plan_node(c, o, depth + 1, seen));
	if (c->b.rc != 0)
		return NULL;
	return q->op == QUERY_AND ? query_and(&c->b, &list) : query_or(&c->b, &list);
}

static struct query *
plan_not(struct query_context *c, const struct query *q, unsigned depth, size_t *seen)
{
	struct query *operand;

	c->nots++;
	operand = plan_node(c, q->child, depth + 1, seen);
	c->nots--;
	return query_not(&c->b, operand);
}

static struct query *
plan_node(struct query_context *c, const struct query *q, unsigned depth, size_t *seen)
{
	if (depth > QUERY_MAX_DEPTH || ++*seen > QUERY_MAX_NODES)
		c->b.rc = ERR_LIMIT;
	if (c->b.rc != 0)
		return NULL;
	switch (q->op) {
	case QUERY_AND:
	case QUERY_OR:
		return plan_operands(c, q, depth, seen);
	case QUERY_NOT:
		return plan_not(c, q, depth, seen);
	case QUERY_TRUE:
	case QUERY_FALSE:
	case QUERY_UNKNOWN:
		c->b.changed = true;
		return query_node(&c->b, q->op);
	default:
		return query_leaf(c, q);
	}
}

/*
 * The same tree, wide enough for the stored entries: what is published is also
 * stored, so a part about certificates may stay where more finds more; below
 * an odd number of NOTs it must find nothing.
 */
static struct query *
plan_loosen(struct query_builder *b, const struct query *q, bool negated)
{
	struct query_list list = {0};

	switch (q->op) {
	case QUERY_NOT:
		return query_not(b, plan_loosen(b, q->child, !negated));
	case QUERY_AND:
	case QUERY_OR:
		for (const struct query *o = q->child; o != NULL; o = o->next)
			query_list_add(&list, plan_loosen(b, o, negated));
		return q->op == QUERY_AND ? query_and(b, &list) : query_or(b, &list);
	default:
		if (negated && query_asks_certificate(q))
			return query_node(b, QUERY_FALSE);
		return query_copy(b, q);
	}
}

static int
plan_failed(const struct query_context *c, struct err *e)
{
	if (c->b.rc == ERR_MEMORY)
		return err_set(e, ERR_MEMORY, "filter: out of memory");
	return err_set(e, ERR_LIMIT,
	    "filter: found more than %d parts, more than %d levels, or more than %d "
	    "bytes once it was spelled out",
	    QUERY_MAX_NODES, QUERY_MAX_DEPTH, QUERY_MAX_TEXT);
}

/* Parts that were asked may have folded away. */
static bool
plan_asks_certificate(const struct query *q)
{
	if (q->child == NULL)
		return query_asks_certificate(q);
	for (const struct query *o = q->child; o != NULL; o = o->next)
		if (plan_asks_certificate(o))
			return true;
	return false;
}

static void
plan_write(struct query_context *c, struct query *q, struct query_plan *out)
{
	if (plan_asks_certificate(q)) {
		out->exact = query_render(&c->b, q);
		q = plan_loosen(&c->b, q, false);
	}
	out->candidates = query_render(&c->b, q);
}

int
query_plan(const struct query *q, const struct query_rules *rules, struct arena *a,
    struct query_plan *out, struct err *e)
{
	struct query_context c = {.b = {.arena = a}, .rules = rules};
	struct query *planned;
	size_t seen = 0;

	*out = (struct query_plan){.kinds = QUERY_PEOPLE};
	planned = query_settle(&c.b, plan_node(&c, q, 1, &seen));
	if (c.b.rc != 0 || planned == NULL)
		return plan_failed(&c, e);
	out->kinds |= c.kinds;
	out->nothing = planned->op == QUERY_FALSE || planned->op == QUERY_UNKNOWN;
	out->unchanged = !c.b.changed && !c.certificates;
	if (!out->unchanged)
		plan_write(&c, planned, out);
	return c.b.rc == 0 ? 0 : plan_failed(&c, e);
}
