/*
 * A tree as RFC 4515 text. Everything but printable ASCII is escaped, so that
 * the text can stand in a log, and so that no value can become syntax. Called
 * by query_plan.c only.
 */
#include "core/query_tree.h"

/* Measures first (out NULL), then writes: one allocation of the right size. */
struct sink {
	char *out;
	size_t n;
};

static void
put(struct sink *s, struct bytes text)
{
	if (s->out != NULL && text.n > 0)
		memcpy(s->out + s->n, text.p, text.n);
	s->n += text.n;
}

static bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '*' && c != '(' && c != ')' && c != '\\';
}

/* Section 3: a backslash and two hexadecimal digits. */
static void
put_value(struct sink *s, struct bytes v)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];
		const uint8_t escaped[] = {
		    '\\', (uint8_t)digit[c >> 4], (uint8_t)digit[c & 15]};

		if (is_plain(c))
			put(s, (struct bytes){&v.p[i], 1});
		else
			put(s, (struct bytes){escaped, sizeof(escaped)});
	}
}

static void
put_substring(struct sink *s, const struct query *q)
{
	put(s, BYTES("="));
	put_value(s, q->initial);
	put(s, BYTES("*"));
	for (size_t i = 0; i < q->n_any; i++) {
		put_value(s, q->any[i]);
		put(s, BYTES("*"));
	}
	put_value(s, q->final);
}

static void
put_extensible(struct sink *s, const struct query *q)
{
	if (q->dn_attrs)
		put(s, BYTES(":dn"));
	if (q->rule.n > 0) {
		put(s, BYTES(":"));
		put(s, q->rule);
	}
	put(s, BYTES(":="));
	put_value(s, q->value);
}

static void
put_part(struct sink *s, const struct query *q)
{
	static const char *const sign[] = {
	    [QUERY_EQUAL] = "=",
	    [QUERY_GREATER] = ">=",
	    [QUERY_LESS] = "<=",
	    [QUERY_APPROX] = "~=",
	};

	put(s, q->attr);
	if (q->op == QUERY_PRESENT) {
		put(s, BYTES("=*"));
	} else if (q->op == QUERY_SUBSTRING) {
		put_substring(s, q);
	} else if (q->op == QUERY_EXTENSIBLE) {
		put_extensible(s, q);
	} else {
		put(s, bytes_of(sign[q->op]));
		put_value(s, q->value);
	}
}

/* Depth is bounded by QUERY_MAX_PLANNED_DEPTH. */
static void
put_query(struct sink *s, const struct query *q)
{
	/* not "(&)" and "(|)": RFC 4526 is not known to every server */
	switch (q->op) {
	case QUERY_TRUE:
		put(s, BYTES("(objectClass=*)"));
		return;
	case QUERY_FALSE:
	case QUERY_UNKNOWN:
		put(s, BYTES("(!(objectClass=*))"));
		return;
	default:
		break;
	}
	put(s, BYTES("("));
	if (q->op == QUERY_AND || q->op == QUERY_OR || q->op == QUERY_NOT) {
		put(s, q->op == QUERY_AND  ? BYTES("&")
		       : q->op == QUERY_OR ? BYTES("|")
					   : BYTES("!"));
		for (const struct query *c = q->child; c != NULL; c = c->next)
			put_query(s, c);
	} else {
		put_part(s, q);
	}
	put(s, BYTES(")"));
}

const char *
query_render(struct query_builder *b, const struct query *q)
{
	struct sink s = {NULL, 0};

	if (q == NULL || b->rc != 0)
		return NULL;
	put_query(&s, q);
	if (s.n > QUERY_MAX_TEXT) {
		b->rc = ERR_LIMIT;
		return NULL;
	}
	s.out = (char *)query_bytes(b, s.n + 1);
	if (s.out == NULL)
		return NULL;
	s.n = 0;
	put_query(&s, q);
	s.out[s.n] = '\0';
	return s.out;
}
