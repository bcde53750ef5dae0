/*
 * Building the planned tree (contract in query_tree.h): the rules about unknown
 * parts live here, and nothing about single attributes. Called by query_plan.c
 * and query_leaf.c.
 */
#include "core/query_tree.h"

#include "core/query_names.h"

uint8_t *
query_bytes(struct query_builder *b, size_t n)
{
	uint8_t *p = b->rc == 0 ? arena_alloc(b->arena, n) : NULL;

	if (p == NULL && b->rc == 0)
		b->rc = ERR_MEMORY;
	return p;
}

struct query *
query_node(struct query_builder *b, enum query_op op)
{
	struct query *q;

	if (b->rc == 0 && ++b->nodes > QUERY_MAX_PLANNED)
		b->rc = ERR_LIMIT;
	q = (struct query *)query_bytes(b, sizeof(*q));
	if (q != NULL) {
		q->op = op;
		q->known = true;
	}
	return q;
}

struct query *
query_copy(struct query_builder *b, const struct query *q)
{
	struct query *copy = query_node(b, q->op);

	if (copy != NULL) {
		*copy = *q;
		copy->child = copy->next = NULL;
	}
	return copy;
}

struct query *
query_part(
    struct query_builder *b, enum query_op op, struct bytes attr, struct bytes value)
{
	struct query *q = query_node(b, op);

	if (q != NULL) {
		q->attr = attr;
		q->value = value;
	}
	return q;
}

void
query_list_add(struct query_list *list, struct query *q)
{
	if (q == NULL)
		return;
	q->next = NULL;
	if (list->last == NULL)
		list->first = q;
	else
		list->last->next = q;
	list->last = q;
	list->n++;
}

bool
query_is_everything(const struct query *q)
{
	const struct query_attr *row;

	if (q->op != QUERY_PRESENT)
		return false;
	row = query_attr_find(q->attr);
	return row != NULL && (row->traits & QUERY_TRAIT_CLASS) != 0;
}

/* One operand, or all operands of an operand of the same kind. */
static void
query_take(struct query_list *list, enum query_op op, struct query *q)
{
	struct query *next;

	if (q->op != op) {
		query_list_add(list, q);
		return;
	}
	for (struct query *c = q->child; c != NULL; c = next) {
		next = c->next;
		query_list_add(list, c);
	}
}

/* A list as a node: `none` for no operand, the operand itself for one. */
static struct query *
query_join(
    struct query_builder *b, enum query_op op, enum query_op none, struct query_list *l)
{
	struct query *q;

	if (l->n == 1)
		return l->first;
	q = query_node(b, l->n == 0 ? none : op);
	if (q != NULL)
		q->child = l->first;
	return q;
}

struct query *
query_and(struct query_builder *b, struct query_list *list)
{
	struct query_list flat = {0}, keep = {0};
	struct query *unknown = NULL, *next;

	for (struct query *c = list->first; c != NULL; c = next) {
		next = c->next;
		query_take(&flat, QUERY_AND, c);
	}
	for (struct query *c = flat.first; c != NULL; c = next) {
		next = c->next;
		if (c->op == QUERY_FALSE)
			return c->next = NULL, c;
		if (c->op == QUERY_UNKNOWN)
			unknown = c;
		else if (c->op != QUERY_TRUE)
			query_list_add(&keep, c);
	}
	query_list_add(&keep, unknown);
	return query_join(b, QUERY_AND, QUERY_TRUE, &keep);
}

/* Bytes that tell one value from another: "@" and "." are in every address. */
static bool
query_tells(struct bytes v)
{
	for (size_t i = 0; i < v.n; i++) {
		uint8_t c = byte_lower(v.p[i]);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80)
			return true;
	}
	return false;
}

/* How much a part says about whom it finds. */
enum grade {
	GRADE_NOTHING,
	GRADE_NARROWS, /* a value of something: an organisation, a title */
	GRADE_NAMES,   /* a value of something that identifies */
};

static bool
query_part_tells(const struct query *q)
{
	if (q->op != QUERY_SUBSTRING)
		return query_tells(q->value);
	for (size_t i = 0; i < q->n_any; i++)
		if (query_tells(q->any[i]))
			return true;
	return query_tells(q->initial) || query_tells(q->final);
}

static enum grade
query_part_grade(const struct query *q)
{
	const struct query_attr *row = query_attr_find(query_attr_base(q->attr));
	unsigned traits = row == NULL ? 0 : row->traits;

	if ((traits & (QUERY_TRAIT_CLASS | QUERY_TRAIT_CERTIFICATE)) != 0)
		return GRADE_NOTHING;
	if (!query_part_tells(q))
		return GRADE_NOTHING;
	return (traits & QUERY_TRAIT_IDENTIFIES) != 0 ? GRADE_NAMES : GRADE_NARROWS;
}

/* Of AND the best operand counts. Of OR every one must narrow, since each can
 * find alone: then it is one word asked of many attributes. */
static enum grade
query_grade(const struct query *q)
{
	enum grade best = GRADE_NOTHING;

	if (q->op == QUERY_EQUAL || q->op == QUERY_SUBSTRING)
		return query_part_grade(q);
	if (q->op != QUERY_AND && q->op != QUERY_OR)
		return GRADE_NOTHING;
	for (const struct query *c = q->child; c != NULL; c = c->next) {
		enum grade grade = query_grade(c);

		if (q->op == QUERY_OR && grade == GRADE_NOTHING)
			return GRADE_NOTHING;
		if (grade > best)
			best = grade;
	}
	return best;
}

struct query *
query_settle(struct query_builder *b, struct query *q)
{
	struct query_list keep = {0};
	struct query *next;
	bool unknown = false;

	if (q == NULL || q->op != QUERY_AND)
		return q;
	for (const struct query *c = q->child; c != NULL; c = c->next)
		unknown = unknown || c->op == QUERY_UNKNOWN;
	if (!unknown)
		return q;
	if (query_grade(q) != GRADE_NAMES)
		return query_node(b, QUERY_FALSE);
	for (struct query *c = q->child; c != NULL; c = next) {
		next = c->next;
		if (c->op != QUERY_UNKNOWN)
			query_list_add(&keep, c);
	}
	return query_join(b, QUERY_AND, QUERY_TRUE, &keep);
}

static uint64_t
hash_bytes(uint64_t h, struct bytes v)
{
	for (size_t i = 0; i < v.n; i++)
		h = (h ^ byte_lower(v.p[i])) * UINT64_C(0x100000001b3);
	return (h ^ 0x100) * UINT64_C(0x100000001b3);
}

static uint64_t
query_hash(uint64_t h, const struct query *q)
{
	h = (h ^ (unsigned)q->op) * UINT64_C(0x100000001b3);
	h = hash_bytes(h, q->attr);
	h = hash_bytes(h, q->value);
	h = hash_bytes(h, q->initial);
	for (size_t i = 0; i < q->n_any; i++)
		h = hash_bytes(h, q->any[i]);
	h = hash_bytes(h, q->final);
	for (const struct query *c = q->child; c != NULL; c = c->next)
		h = query_hash(h, c);
	return (h ^ 0x200) * UINT64_C(0x100000001b3);
}

typedef bool same_fn(struct bytes a, struct bytes b);

static bool
query_same_part(const struct query *x, const struct query *y)
{
	const struct query_attr *row = query_attr_find(query_attr_base(x->attr));
	bool nocase =
	    row != NULL && (row->traits & (QUERY_TRAIT_MAIL | QUERY_TRAIT_NAME)) != 0;
	same_fn *same = nocase ? bytes_equal_nocase : bytes_equal;

	if (!bytes_equal_nocase(x->attr, y->attr) || !same(x->value, y->value) ||
	    !same(x->initial, y->initial) || !same(x->final, y->final) ||
	    !bytes_equal(x->rule, y->rule) || x->n_any != y->n_any)
		return false;
	for (size_t i = 0; i < x->n_any; i++)
		if (!same(x->any[i], y->any[i]))
			return false;
	return true;
}

static bool
query_same(const struct query *x, const struct query *y)
{
	const struct query *c = x->child, *d = y->child;

	if (x->op != y->op || !query_same_part(x, y))
		return false;
	for (; c != NULL && d != NULL; c = c->next, d = d->next)
		if (!query_same(c, d))
			return false;
	return c == d;
}

/* Drops operands that stand there already. The hashes make most of the
 * comparisons one of numbers; QUERY_MAX_PLANNED bounds how many there are. */
static void
query_drop_doubles(struct query_builder *b, struct query_list *list)
{
	uint64_t *hash = (uint64_t *)query_bytes(b, list->n * sizeof(*hash));
	struct query_list keep = {0};
	struct query *next;

	if (hash == NULL)
		return;
	for (struct query *c = list->first; c != NULL; c = next) {
		uint64_t h = query_hash(UINT64_C(0xcbf29ce484222325), c);
		const struct query *d = keep.first;
		size_t i = 0;

		next = c->next;
		while (i < keep.n && (hash[i] != h || !query_same(c, d))) {
			i++;
			d = d->next;
		}
		if (i < keep.n)
			continue;
		hash[keep.n] = h;
		query_list_add(&keep, c);
	}
	*list = keep;
}

struct query *
query_or(struct query_builder *b, struct query_list *list)
{
	struct query_list flat = {0}, keep = {0};
	struct query *next;
	enum query_op none = QUERY_FALSE;

	for (struct query *c = list->first; c != NULL; c = next) {
		next = c->next;
		/* alone it is what AND around it makes of it */
		c = list->n == 1 ? c : query_settle(b, c);
		if (c != NULL)
			query_take(&flat, QUERY_OR, c);
	}
	/* of unknown parts only it is unknown itself; a false one asked something */
	if (flat.n > 0)
		none = QUERY_UNKNOWN;
	for (struct query *c = flat.first; c != NULL; c = next) {
		next = c->next;
		if (c->op == QUERY_TRUE)
			return c->next = NULL, c;
		if (c->op == QUERY_FALSE)
			none = QUERY_FALSE;
		if (c->op != QUERY_FALSE && c->op != QUERY_UNKNOWN)
			query_list_add(&keep, c);
	}
	if (b->expanded)
		query_drop_doubles(b, &keep);
	return query_join(b, QUERY_OR, none, &keep);
}

struct query *
query_not(struct query_builder *b, struct query *q)
{
	struct query *negation;

	if ((q = query_settle(b, q)) == NULL)
		return NULL;
	if (q->op == QUERY_TRUE || query_is_everything(q)) {
		b->changed = true;
		return query_node(b, QUERY_FALSE);
	}
	if (q->op == QUERY_FALSE || q->op == QUERY_UNKNOWN)
		return query_node(b, QUERY_TRUE);
	negation = query_node(b, QUERY_NOT);
	if (negation != NULL)
		negation->child = q;
	return negation;
}
