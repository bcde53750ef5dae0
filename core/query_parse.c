/*
 * RFC 4515 text to a tree: recursive descent, bounded in depth, nodes and
 * bytes. Knows no attribute. Called by tests, fuzzers and tools; the overlay
 * gets its trees from slapd.
 */
#include "core/query.h"

struct parser {
	struct bytes rest;
	bool (*is_known)(struct bytes attr);
	struct arena *arena;
	size_t nodes;
	struct err *e;
	size_t size;
};

static int
parse_fault(const struct parser *p, const char *wanted)
{
	return err_set(p->e, ERR_SYNTAX,
	    "filter: RFC 4515 section 3: byte %zu: want %s", p->size - p->rest.n,
	    wanted);
}

static bool
parse_take(struct parser *p, char c)
{
	if (p->rest.n == 0 || p->rest.p[0] != (uint8_t)c)
		return false;
	p->rest.p++;
	p->rest.n--;
	return true;
}

static int
parse_node(struct parser *p, struct query **out)
{
	if (++p->nodes > QUERY_MAX_PLANNED)
		return err_set(
		    p->e, ERR_LIMIT, "filter: more than %d parts", QUERY_MAX_PLANNED);
	*out = arena_alloc(p->arena, sizeof(**out));
	if (*out == NULL)
		return err_set(p->e, ERR_MEMORY, "filter: out of memory");
	(*out)->known = true;
	return 0;
}

static bool
is_name_byte(uint8_t c)
{
	uint8_t l = byte_lower(c);

	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '.' || c == ';' || c == '_';
}

static struct bytes
parse_name(struct parser *p)
{
	struct bytes name = {p->rest.p, 0};

	while (p->rest.n > 0 && is_name_byte(p->rest.p[0])) {
		p->rest.p++;
		p->rest.n--;
		name.n++;
	}
	return name;
}

static int
hex_digit(uint8_t c)
{
	c = byte_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A value up to ')' or '*', unescaped into the arena. */
static int
parse_value(struct parser *p, struct bytes *out)
{
	size_t n = 0;
	uint8_t *text;

	while (n < p->rest.n && p->rest.p[n] != ')' && p->rest.p[n] != '*')
		n++;
	if ((text = arena_alloc(p->arena, n)) == NULL)
		return err_set(p->e, ERR_MEMORY, "filter: out of memory");
	*out = (struct bytes){text, 0};
	for (const uint8_t *end = p->rest.p + n; p->rest.p < end;) {
		uint8_t c = p->rest.p[0];
		bool escaped = c == '\\';
		int high = escaped && p->rest.n > 2 ? hex_digit(p->rest.p[1]) : -1;
		int low = escaped && p->rest.n > 2 ? hex_digit(p->rest.p[2]) : -1;

		if (c == '(' || c == '\0')
			return parse_fault(p, "this byte escaped");
		if (escaped && (high < 0 || low < 0))
			return parse_fault(p, "two hexadecimal digits");
		text[out->n++] = escaped ? (uint8_t)(high << 4 | low) : c;
		p->rest.p += escaped ? 3 : 1;
		p->rest.n -= escaped ? 3 : 1;
	}
	return 0;
}

/* How many '*' stand before the end of the value. */
static size_t
count_stars(struct bytes v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n && v.p[i] != ')'; i++)
		n += v.p[i] == '*';
	return n;
}

/* Behind "attr=": presence, equality or substrings. */
static int
parse_equality(struct parser *p, struct query *q)
{
	size_t stars = count_stars(p->rest);
	struct bytes *any;
	int rc;

	if ((rc = parse_value(p, &q->initial)) < 0)
		return rc;
	if (stars == 0) {
		q->op = QUERY_EQUAL;
		q->value = q->initial;
		q->initial = (struct bytes){NULL, 0};
		return 0;
	}
	if ((any = arena_alloc(p->arena, stars * sizeof(*any))) == NULL)
		return err_set(p->e, ERR_MEMORY, "filter: out of memory");
	for (size_t i = 1; parse_take(p, '*'); i++) {
		if ((rc = parse_value(p, &q->final)) < 0)
			return rc;
		if (i < stars && q->final.n == 0)
			return parse_fault(p, "text between two '*'");
		if (i < stars)
			any[q->n_any++] = q->final;
	}
	q->any = any;
	q->op = QUERY_SUBSTRING;
	if (q->n_any == 0 && q->initial.n == 0 && q->final.n == 0)
		q->op = QUERY_PRESENT;
	return 0;
}

/* Behind "attr", at ':'. */
static int
parse_extensible(struct parser *p, struct query *q)
{
	struct bytes word = {NULL, 0};

	q->op = QUERY_EXTENSIBLE;
	while (parse_take(p, ':')) {
		if (parse_take(p, '=')) {
			q->rule = word;
			if (q->attr.n == 0 && q->rule.n == 0)
				return parse_fault(p, "an attribute or a rule");
			return parse_value(p, &q->value);
		}
		if (word.n > 0)
			return parse_fault(p, "':='");
		word = parse_name(p);
		if (bytes_equal_nocase(word, BYTES("dn")) && !q->dn_attrs) {
			q->dn_attrs = true;
			word.n = 0;
		} else if (word.n == 0) {
			return parse_fault(p, "'dn' or a rule");
		}
	}
	return parse_fault(p, "':'");
}

/* slapd writes so into its log what it could not make sense of. */
static int
parse_computed(struct parser *p, struct query *q)
{
	struct bytes word;

	if (!parse_take(p, '='))
		return parse_fault(p, "'='");
	word = parse_name(p);
	if (bytes_equal(word, BYTES("true")))
		q->op = QUERY_TRUE;
	else if (bytes_equal(word, BYTES("false")))
		q->op = QUERY_FALSE;
	else if (bytes_equal(word, BYTES("undefined")) ||
		 bytes_equal(word, BYTES("error")))
		q->op = QUERY_UNKNOWN;
	else
		return parse_fault(p, "true, false, undefined or error");
	return 0;
}

static int
parse_part(struct parser *p, struct query *q)
{
	int rc;

	if (parse_take(p, '?'))
		return parse_computed(p, q);
	q->attr = parse_name(p);
	if (p->is_known != NULL)
		q->known = p->is_known(q->attr);
	if (p->rest.n > 0 && p->rest.p[0] == ':')
		return parse_extensible(p, q);
	if (q->attr.n == 0)
		return parse_fault(p, "an attribute");
	if (parse_take(p, '='))
		return parse_equality(p, q);
	q->op = parse_take(p, '>')   ? QUERY_GREATER
		: parse_take(p, '<') ? QUERY_LESS
		: parse_take(p, '~') ? QUERY_APPROX
				     : QUERY_EQUAL;
	if (q->op == QUERY_EQUAL || !parse_take(p, '='))
		return parse_fault(p, "'=', '>=', '<=', '~=' or ':='");
	if ((rc = parse_value(p, &q->value)) < 0)
		return rc;
	return p->rest.n > 0 && p->rest.p[0] == '*' ? parse_fault(p, "no '*'") : 0;
}

static int parse_filter(struct parser *p, unsigned depth, struct query **out);

static int
parse_operands(struct parser *p, unsigned depth, struct query *q)
{
	struct query **tail = &q->child;
	int rc;

	while (p->rest.n > 0 && p->rest.p[0] == '(') {
		if ((rc = parse_filter(p, depth + 1, tail)) < 0)
			return rc;
		tail = &(*tail)->next;
	}
	if (q->op == QUERY_NOT && (q->child == NULL || q->child->next != NULL))
		return parse_fault(p, "one operand of '!'");
	/* RFC 4526 */
	if (q->child == NULL)
		q->op = q->op == QUERY_AND ? QUERY_TRUE : QUERY_FALSE;
	return 0;
}

static int
parse_filter(struct parser *p, unsigned depth, struct query **out)
{
	struct query *q;
	int rc;

	if (depth > QUERY_MAX_PLANNED_DEPTH)
		return err_set(p->e, ERR_LIMIT, "filter: nested deeper than %d",
		    QUERY_MAX_PLANNED_DEPTH);
	if ((rc = parse_node(p, out)) < 0)
		return rc;
	q = *out;
	if (!parse_take(p, '('))
		return parse_fault(p, "'('");
	q->op = parse_take(p, '&')   ? QUERY_AND
		: parse_take(p, '|') ? QUERY_OR
		: parse_take(p, '!') ? QUERY_NOT
				     : QUERY_EQUAL;
	rc = q->op == QUERY_EQUAL ? parse_part(p, q) : parse_operands(p, depth, q);
	if (rc < 0)
		return rc;
	return parse_take(p, ')') ? 0 : parse_fault(p, "')'");
}

int
query_parse(struct bytes text, bool (*is_known)(struct bytes attr), struct arena *a,
    struct query **out, struct err *e)
{
	struct parser p = {text, is_known, a, 0, e, text.n};
	int rc;

	if (text.n > QUERY_MAX_TEXT)
		return err_set(
		    e, ERR_LIMIT, "filter: more than %d bytes", QUERY_MAX_TEXT);
	if (text.n > 0 && text.p[0] != '(') {
		if ((rc = parse_node(&p, out)) == 0)
			rc = parse_part(&p, *out);
	} else {
		rc = parse_filter(&p, 1, out);
	}
	if (rc < 0)
		return rc;
	return p.rest.n == 0 ? 0 : parse_fault(&p, "the end");
}
