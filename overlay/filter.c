/*
 * slapd's Filter to core's query, and the plan's text back to a Filter. Decides
 * nothing: see core/query.h.
 */
#include "overlay/overlay.h"

#include <ldap_pvt_uc.h>

enum {
	FILTER_BUFFER = 8 * 1024,
	FILTER_HEAP_MAX = 8 * 1024 * 1024
};

struct translation {
	Operation *op;
	struct arena *arena;
	size_t nodes;
	int rc; /* ERR_LIMIT, ERR_MEMORY */
};

static struct query *filter_node(struct translation *t, const Filter *f, int depth);

static struct query *
node_new(struct translation *t, enum query_op op)
{
	struct query *q;

	if (++t->nodes > QUERY_MAX_NODES) {
		t->rc = ERR_LIMIT;
		return NULL;
	}
	q = arena_alloc(t->arena, sizeof(*q));
	if (q == NULL)
		t->rc = ERR_MEMORY;
	else
		q->op = op;
	return q;
}

static bool
bv_is_ascii(const struct berval *bv)
{
	for (size_t i = 0; i < bv->bv_len; i++)
		if ((unsigned char)bv->bv_val[i] >= 0x80)
			return false;
	return true;
}

/* slapd keeps a value that does not fit its attribute as the client sent it.
 * Composed and lower-case, as core wants it, it becomes by slapd's own tables. */
static struct bytes
value_folded(struct translation *t, const struct berval *bv, bool undefined)
{
	struct berval folded = BER_BVNULL;
	struct bytes out = bytes_of_bv(bv);
	uint8_t *copy;

	if (!undefined || bv_is_ascii(bv))
		return out;
	if (UTF8bvnormalize((struct berval *)bv, &folded, LDAP_UTF8_CASEFOLD,
		t->op->o_tmpmemctx) == NULL)
		return out;
	copy = arena_alloc(t->arena, folded.bv_len + 1);
	if (copy != NULL) {
		memcpy(copy, folded.bv_val, folded.bv_len);
		out = (struct bytes){copy, folded.bv_len};
	}
	t->op->o_tmpfree(folded.bv_val, t->op->o_tmpmemctx);
	return out;
}

static struct query *
node_assertion(struct translation *t, enum query_op op, const Filter *f, bool undefined)
{
	struct query *q = node_new(t, op);

	if (q == NULL)
		return NULL;
	q->known = !undefined;
	q->attr = bytes_of_bv(&f->f_av_desc->ad_cname);
	q->value = value_folded(t, &f->f_av_value, undefined);
	return q;
}

static struct query *
node_substring(struct translation *t, const Filter *f, bool undefined)
{
	struct query *q = node_new(t, QUERY_SUBSTRING);
	struct bytes *any;
	size_t n = 0;

	if (q == NULL)
		return NULL;
	q->known = !undefined;
	q->attr = bytes_of_bv(&f->f_sub_desc->ad_cname);
	if (!BER_BVISNULL(&f->f_sub_initial))
		q->initial = value_folded(t, &f->f_sub_initial, undefined);
	if (!BER_BVISNULL(&f->f_sub_final))
		q->final = value_folded(t, &f->f_sub_final, undefined);
	while (f->f_sub_any != NULL && !BER_BVISNULL(&f->f_sub_any[n]))
		n++;
	any = n == 0 ? NULL : arena_alloc(t->arena, n * sizeof(*any));
	if (n > 0 && any == NULL) {
		t->rc = ERR_MEMORY;
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		any[i] = value_folded(t, &f->f_sub_any[i], undefined);
	q->any = any;
	q->n_any = n;
	return q;
}

static struct query *
node_extensible(struct translation *t, const Filter *f, bool undefined)
{
	struct query *q = node_new(t, QUERY_EXTENSIBLE);

	if (q == NULL)
		return NULL;
	q->known = !undefined;
	q->dn_attrs = f->f_mr_dnattrs != 0;
	if (f->f_mr_desc != NULL)
		q->attr = bytes_of_bv(&f->f_mr_desc->ad_cname);
	if (!BER_BVISNULL(&f->f_mr_rule_text))
		q->rule = bytes_of_bv(&f->f_mr_rule_text);
	q->value = bytes_of_bv(&f->f_mr_value);
	return q;
}

static struct query *
node_list(struct translation *t, enum query_op op, const Filter *first, int depth)
{
	struct query *q = node_new(t, op), **tail;

	if (q == NULL)
		return NULL;
	tail = &q->child;
	for (const Filter *f = first; f != NULL; f = f->f_next) {
		*tail = filter_node(t, f, depth + 1);
		if (*tail == NULL)
			return NULL;
		tail = &(*tail)->next;
		if (op == QUERY_NOT)
			break;
	}
	return q;
}

static struct query *
node_computed(struct translation *t, const Filter *f)
{
	switch (f->f_result) {
	case LDAP_COMPARE_TRUE:
		return node_new(t, QUERY_TRUE);
	case LDAP_COMPARE_FALSE:
		return node_new(t, QUERY_FALSE);
	default:
		return node_new(t, QUERY_UNKNOWN);
	}
}

static struct query *
filter_node(struct translation *t, const Filter *f, int depth)
{
	bool undefined = (f->f_choice & SLAPD_FILTER_UNDEFINED) != 0;
	struct query *q;

	if (depth > QUERY_MAX_DEPTH) {
		t->rc = ERR_LIMIT;
		return NULL;
	}
	switch (f->f_choice & SLAPD_FILTER_MASK) {
	case SLAPD_FILTER_COMPUTED:
		return node_computed(t, f);
	case LDAP_FILTER_AND:
		return node_list(t, QUERY_AND, f->f_and, depth);
	case LDAP_FILTER_OR:
		return node_list(t, QUERY_OR, f->f_or, depth);
	case LDAP_FILTER_NOT:
		return node_list(t, QUERY_NOT, f->f_not, depth);
	case LDAP_FILTER_PRESENT:
		q = node_new(t, QUERY_PRESENT);
		if (q != NULL) {
			q->known = !undefined;
			q->attr = bytes_of_bv(&f->f_desc->ad_cname);
		}
		return q;
	case LDAP_FILTER_EQUALITY:
		return node_assertion(t, QUERY_EQUAL, f, undefined);
	case LDAP_FILTER_GE:
		return node_assertion(t, QUERY_GREATER, f, undefined);
	case LDAP_FILTER_LE:
		return node_assertion(t, QUERY_LESS, f, undefined);
	case LDAP_FILTER_APPROX:
		return node_assertion(t, QUERY_APPROX, f, undefined);
	case LDAP_FILTER_SUBSTRINGS:
		return node_substring(t, f, undefined);
	case LDAP_FILTER_EXT:
		return node_extensible(t, f, undefined);
	default:
		return node_new(t, QUERY_UNKNOWN);
	}
}

static int
filter_refuse(Operation *op, struct berval *text, int rc, const char *why)
{
	ber_str2bv_x(why, 0, 1, text, op->o_tmpmemctx);
	return rc;
}

static int
plan_filters(Operation *op, const struct query_plan *plan, struct filter_plan *out,
    struct berval *text)
{
	if (plan->candidates != NULL) {
		out->filter = str2filter_x(op, plan->candidates);
		if (out->filter == NULL)
			return filter_refuse(op, text, LDAP_OTHER,
			    "chancery: the planned filter does not parse");
		ber_str2bv_x(plan->candidates, 0, 1, &out->text, op->o_tmpmemctx);
	}
	if (plan->exact != NULL) {
		out->exact = str2filter_x(op, plan->exact);
		if (out->exact == NULL)
			return filter_refuse(op, text, LDAP_OTHER,
			    "chancery: the planned filter does not parse");
	}
	return LDAP_SUCCESS;
}

int
filter_plan(Operation *op, const struct chancery *front, struct filter_plan *out,
    struct berval *text)
{
	_Alignas(16) char buffer[FILTER_BUFFER];
	struct arena arena;
	struct translation t = {.op = op, .arena = &arena};
	struct query_rules rules = {
	    .plus_tags = front->plus_tags != 0,
	    .is_published = names_attribute_published,
	    .ctx = (void *)front,
	};
	struct query_plan plan;
	struct query *q;
	struct err e = {0};
	int rc;

	memset(out, 0, sizeof(*out));
	arena_init(&arena, buffer, sizeof(buffer), FILTER_HEAP_MAX);
	q = filter_node(&t, op->ors_filter, 0);
	if (q == NULL)
		rc = err_set(&e, t.rc,
		    "the filter is too large: at most %d levels and %d parts are read",
		    QUERY_MAX_DEPTH, QUERY_MAX_NODES);
	else
		rc = query_plan(q, &rules, &arena, &plan, &e);
	if (rc != 0) {
		rc = filter_refuse(op, text,
		    rc == ERR_LIMIT ? LDAP_ADMINLIMIT_EXCEEDED : LDAP_OTHER, e.text);
	} else {
		out->kinds = plan.kinds;
		rc = plan_filters(op, &plan, out, text);
		if (rc != LDAP_SUCCESS)
			filter_plan_free(op, out);
	}
	arena_fini(&arena);
	return rc;
}

void
filter_plan_free(Operation *op, struct filter_plan *p)
{
	if (p->filter != NULL)
		filter_free_x(op, p->filter, 1);
	if (p->exact != NULL)
		filter_free_x(op, p->exact, 1);
	op->o_tmpfree(p->text.bv_val, op->o_tmpmemctx);
	memset(p, 0, sizeof(*p));
}
