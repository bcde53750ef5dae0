/*
 * Filters tested on entries: contract in match.h.
 */
#include "directory/match.h"

#include <stdlib.h>

#include "core/query.h"

#define RULE_ALL_BITS BYTES("1.2.840.113556.1.4.803")
#define RULE_ANY_BIT  BYTES("1.2.840.113556.1.4.804")

enum {
	NUMBER_MAX = 20 /* digits, with a sign */
};

/* --- reading --------------------------------------------------------------------- */

static int
add_attr(struct match *m, struct bytes name, struct arena *a, struct err *e)
{
	char *copy;

	for (size_t i = 0; i < m->n_attr; i++)
		if (bytes_equal_nocase(bytes_of(m->attr[i]), name))
			return 0;
	if (m->n_attr == MATCH_ATTRS_MAX)
		return err_set(e, ERR_LIMIT, "a filter with more than %d attributes",
		    MATCH_ATTRS_MAX);
	if ((copy = arena_alloc(a, name.n + 1)) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a filter");
	memcpy(copy, name.p, name.n);
	m->attr[m->n_attr++] = copy;
	return 0;
}

static bool
is_understood(const struct query *q)
{
	switch (q->op) {
	case QUERY_AND:
	case QUERY_OR:
	case QUERY_NOT:
	case QUERY_TRUE:
	case QUERY_FALSE:
	case QUERY_PRESENT:
	case QUERY_EQUAL:
	case QUERY_SUBSTRING:
		return true;
	case QUERY_EXTENSIBLE:
		return q->attr.n > 0 && !q->dn_attrs &&
		       (bytes_equal(q->rule, RULE_ALL_BITS) ||
			   bytes_equal(q->rule, RULE_ANY_BIT));
	default:
		return false;
	}
}

/* Depth is bounded by the parser (QUERY_MAX_DEPTH). */
static int
take(struct match *m, const struct query *q, struct arena *a, struct err *e)
{
	int rc = 0;

	if (!is_understood(q))
		return err_set(e, ERR_UNSUPPORTED,
		    "a filter with a part that only a server can answer; want &, |, "
		    "!, =, *, and the rules for bits");
	if (q->attr.n > 0)
		rc = add_attr(m, q->attr, a, e);
	for (const struct query *k = q->child; k != NULL && rc == 0; k = k->next)
		rc = take(m, k, a, e);
	return rc;
}

int
match_read(const char *text, struct arena *a, struct match *out, struct err *e)
{
	struct query *q = NULL;
	int rc;

	*out = (struct match){.filter = NULL};
	if (text == NULL || text[0] == '\0')
		return 0;
	rc = query_parse(bytes_of(text), NULL, a, &q, e);
	if (rc == 0)
		rc = take(out, q, a, e);
	out->filter = rc == 0 ? q : NULL;
	return rc;
}

/* --- testing --------------------------------------------------------------------- */

static bool
read_number(struct bytes text, int64_t *out)
{
	char copy[NUMBER_MAX + 1], *end;

	if (text.n == 0 || text.n > NUMBER_MAX)
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	*out = strtoll(copy, &end, 10);
	return end == copy + text.n;
}

static bool
has_bits(const struct query *q, struct bytes value)
{
	int64_t have, want;

	if (!read_number(value, &have) || !read_number(q->value, &want))
		return false;
	return bytes_equal(q->rule, RULE_ALL_BITS) ? (have & want) == want
						   : (have & want) != 0;
}

/* The first place of `part` in the text, without case; or its length. */
static size_t
find(struct bytes text, struct bytes part)
{
	for (size_t i = 0; i + part.n <= text.n; i++)
		if (bytes_equal_nocase((struct bytes){text.p + i, part.n}, part))
			return i;
	return text.n + 1;
}

static bool
has_parts(const struct query *q, struct bytes value)
{
	if (value.n < q->initial.n + q->final.n ||
	    !bytes_equal_nocase((struct bytes){value.p, q->initial.n}, q->initial) ||
	    !bytes_equal_nocase(
		(struct bytes){value.p + value.n - q->final.n, q->final.n}, q->final))
		return false;
	value.p += q->initial.n;
	value.n -= q->initial.n + q->final.n;
	for (size_t i = 0; i < q->n_any; i++) {
		size_t at = find(value, q->any[i]);

		if (at > value.n)
			return false;
		value.p += at + q->any[i].n;
		value.n -= at + q->any[i].n;
	}
	return true;
}

static bool
value_fits(const struct query *q, struct bytes value)
{
	switch (q->op) {
	case QUERY_PRESENT:
		return true;
	case QUERY_EQUAL:
		return bytes_equal_nocase(value, q->value);
	case QUERY_SUBSTRING:
		return has_parts(q, value);
	default:
		return has_bits(q, value);
	}
}

static bool
fits(const struct query *q, const struct entry *e)
{
	struct entry_values v;
	char name[256];

	switch (q->op) {
	case QUERY_TRUE:
	case QUERY_FALSE:
		return q->op == QUERY_TRUE;
	case QUERY_NOT:
		return q->child != NULL && !fits(q->child, e);
	case QUERY_AND:
	case QUERY_OR:
		for (const struct query *k = q->child; k != NULL; k = k->next)
			if (fits(k, e) == (q->op == QUERY_OR))
				return q->op == QUERY_OR;
		return q->op == QUERY_AND;
	default:
		break;
	}
	if (q->attr.n >= sizeof(name))
		return false;
	memcpy(name, q->attr.p, q->attr.n);
	name[q->attr.n] = '\0';
	v = entry_get(e, name);
	for (size_t i = 0; i < v.n; i++)
		if (value_fits(q, v.value[i]))
			return true;
	return false;
}

bool
match_entry(const struct match *m, const struct entry *e)
{
	return m->filter != NULL && fits(m->filter, e);
}
