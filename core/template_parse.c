/*
 * Reading templates: a source and its partials become one list of nodes, sections
 * closed, names checked, places in HTML checked. Contract in template.h.
 */
#include "core/template_parts.h"

#include <stdio.h>
#include <stdlib.h>

struct reader {
	struct template *t;
	template_source_fn *source;
	void *ctx;
	struct template_context where;
	size_t open[TEMPLATE_DEPTH_MAX]; /* nodes of the sections we are in */
	size_t depth, partials;
	struct err *e;
};

/* One source that is being read. */
struct place {
	const char *name;
	struct bytes all;
	size_t at;
};

static int
place_refuse(const struct reader *r, const struct place *p, int code, const char *what)
{
	size_t line = 1;

	for (size_t i = 0; i < p->at && i < p->all.n; i++)
		line += p->all.p[i] == '\n';
	return err_set(r->e, code, "template %.*s line %zu: %s", TEMPLATE_NAME_MAX,
	    p->name, line, what);
}

static int
node_add(struct reader *r, const struct place *p, struct template_node node)
{
	struct template *t = r->t;
	struct template_node *grown;
	size_t cap = t->cap == 0 ? 64 : t->cap * 2;

	if (t->n == TEMPLATE_NODES_MAX)
		return place_refuse(r, p, ERR_LIMIT, "too many tags");
	if (t->n == t->cap) {
		if ((grown = realloc(t->node, cap * sizeof(*grown))) == NULL)
			return place_refuse(r, p, ERR_MEMORY, "out of memory");
		t->node = grown;
		t->cap = cap;
	}
	t->node[t->n++] = node;
	return 0;
}

static struct bytes
trim(struct bytes b)
{
	while (b.n > 0 && b.p[0] == ' ')
		b.p++, b.n--;
	while (b.n > 0 && b.p[b.n - 1] == ' ')
		b.n--;
	return b;
}

/* Letters, digits and what else a kind of name may have. */
static bool
is_name(struct bytes b, const char *more)
{
	for (size_t i = 0; i < b.n; i++) {
		uint8_t c = byte_lower(b.p[i]);

		if (c == '\0' || (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
				     strchr(more, c) == NULL))
			return false;
	}
	return b.n > 0 && b.n <= TEMPLATE_NAME_MAX;
}

/* --- tags -------------------------------------------------------------------- */

static int source_read(struct reader *r, struct bytes name, const struct place *from);

static int
shows(struct reader *r, const struct place *p, struct template_node node)
{
	const char *why = template_context_refuses(&r->where);

	if (why != NULL) {
		char text[120];

		snprintf(text, sizeof(text), "nothing may be shown %s", why);
		return place_refuse(r, p, ERR_POLICY, text);
	}
	/* A value is no markup, but it is where the next one stands. */
	template_context_read(&r->where, BYTES("x"));
	return node_add(r, p, node);
}

static int
words_read(struct reader *r, const struct place *p, struct bytes key)
{
	const uint8_t *colon = memchr(key.p, ':', key.n);
	struct bytes field = {NULL, 0};

	if (colon != NULL) {
		field = (struct bytes){colon + 1, (size_t)(key.p + key.n - colon) - 1};
		key.n = (size_t)(colon - key.p);
		if (!is_name(field, "_"))
			return place_refuse(r, p, ERR_SYNTAX, "no name behind ':'");
	}
	if (!is_name(key, ".-"))
		return place_refuse(r, p, ERR_SYNTAX, "a key that is none");
	return shows(r, p, (struct template_node){NODE_WORDS, key, field, 0});
}

static int
section_open(
    struct reader *r, const struct place *p, enum template_kind kind, struct bytes name)
{
	if (r->depth == TEMPLATE_DEPTH_MAX)
		return place_refuse(r, p, ERR_LIMIT, "sections too deep");
	if (!is_name(name, "_"))
		return place_refuse(r, p, ERR_SYNTAX, "a section without a name");
	r->open[r->depth++] = r->t->n;
	return node_add(r, p, (struct template_node){.kind = kind, .text = name});
}

static int
section_close(struct reader *r, const struct place *p, struct bytes name)
{
	struct template_node *begin =
	    r->depth == 0 ? NULL : &r->t->node[r->open[r->depth - 1]];

	if (begin == NULL || !bytes_equal(begin->text, name))
		return place_refuse(
		    r, p, ERR_SYNTAX, "the end of a section that is not open");
	begin->end = r->t->n;
	r->depth--;
	return node_add(r, p, (struct template_node){.kind = NODE_END});
}

static int
tag_read(struct reader *r, const struct place *p, struct bytes tag)
{
	uint8_t mark = tag.n == 0 ? 0 : tag.p[0];
	struct bytes name = tag.n == 0 ? tag : (struct bytes){tag.p + 1, tag.n - 1};

	name = trim(name);
	switch (mark) {
	case '!':
		return 0;
	case '#':
		return section_open(r, p, NODE_EACH, name);
	case '^':
		return section_open(r, p, NODE_NONE, name);
	case '/':
		return section_close(r, p, name);
	case '=':
		return words_read(r, p, name);
	case '>':
		return source_read(r, name, p);
	default:
		break;
	}
	name = trim(tag);
	if (!is_name(name, "_"))
		return place_refuse(r, p, ERR_SYNTAX, "a tag that is none");
	return shows(r, p, (struct template_node){.kind = NODE_VALUE, .text = name});
}

/* --- sources ----------------------------------------------------------------- */

static int
markup_read(struct reader *r, const struct place *p, struct bytes markup)
{
	if (markup.n == 0)
		return 0;
	template_context_read(&r->where, markup);
	return node_add(
	    r, p, (struct template_node){.kind = NODE_MARKUP, .text = markup});
}

/* The next piece of markup and the tag behind it. */
static int
piece_read(struct reader *r, struct place *p)
{
	struct bytes rest = {p->all.p + p->at, p->all.n - p->at};
	const uint8_t *open = memmem(rest.p, rest.n, "{{", 2), *end;
	struct bytes markup = {rest.p, open == NULL ? rest.n : (size_t)(open - rest.p)};
	int rc = markup_read(r, p, markup);

	p->at += markup.n;
	if (rc != 0 || open == NULL)
		return rc;
	end = memmem(open, rest.n - markup.n, "}}", 2);
	if (end == NULL)
		return place_refuse(r, p, ERR_SYNTAX, "{{ without }}");
	rc = tag_read(r, p, (struct bytes){open + 2, (size_t)(end - open) - 2});
	p->at += (size_t)(end - open) + 2;
	return rc;
}

static int
source_read_all(struct reader *r, struct place *p)
{
	size_t depth = r->depth;
	int rc = 0;

	while (rc == 0 && p->at < p->all.n)
		rc = piece_read(r, p);
	if (rc == 0 && r->depth != depth)
		return place_refuse(r, p, ERR_SYNTAX, "a section that does not end");
	return rc;
}

static int
source_read(struct reader *r, struct bytes name, const struct place *from)
{
	char text[TEMPLATE_NAME_MAX + 1];
	struct place p = {.name = text};
	int rc;

	if (!is_name(name, "_-"))
		return place_refuse(r, from, ERR_SYNTAX, "a partial without a name");
	if (r->partials == TEMPLATE_DEPTH_MAX)
		return place_refuse(r, from, ERR_LIMIT, "partials too deep");
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (!r->source(r->ctx, name, &p.all))
		return place_refuse(r, from, ERR_NOT_FOUND, "no such template");
	if (p.all.n > TEMPLATE_SOURCE_MAX)
		return place_refuse(r, &p, ERR_LIMIT, "too long");
	r->partials++;
	rc = source_read_all(r, &p);
	r->partials--;
	return rc;
}

int
template_parse(const char *name, template_source_fn *source, void *ctx,
    struct template **out, struct err *e)
{
	struct place from = {.name = name};
	struct reader r = {.source = source, .ctx = ctx, .e = e};
	int rc;

	*out = NULL;
	if ((r.t = calloc(1, sizeof(*r.t))) == NULL)
		return err_set(e, ERR_MEMORY, "out of memory");
	rc = source_read(&r, bytes_of(name), &from);
	if (rc == 0 && r.where.place != PLACE_TEXT)
		rc = place_refuse(&r, &from, ERR_SYNTAX, "ends inside of a tag");
	if (rc != 0)
		template_free(&r.t);
	*out = r.t;
	return rc;
}

void
template_free(struct template **tp)
{
	if (*tp == NULL)
		return;
	free((*tp)->node);
	free(*tp);
	*tp = NULL;
}
