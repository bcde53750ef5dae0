/*
 * Pages out of templates and data: contract in template.h. Rendering goes through
 * the nodes once; a list's section is gone through for each of its items. Steps
 * are counted, so that data cannot make a page endless.
 */
#include "core/template_parts.h"

/* A field: a text, or a list of items, or nothing. */
struct template_field {
	const char *name;
	struct bytes text;
	struct template_item *items, **last;
	struct template_field *next;
};

/* --- data -------------------------------------------------------------------- */

void
template_data_init(struct template_data *d, struct arena *arena)
{
	*d = (struct template_data){.arena = arena};
}

static struct template_field *
field_of(const struct template_item *item, struct bytes name)
{
	for (struct template_field *f = item->fields; f != NULL; f = f->next)
		if (bytes_equal(bytes_of(f->name), name))
			return f;
	return NULL;
}

static struct template_field *
field_make(struct template_data *d, struct template_item *item, const char *name)
{
	struct template_field *f = field_of(item, bytes_of(name));

	if (f != NULL)
		return f;
	if ((f = arena_alloc(d->arena, sizeof(*f))) == NULL) {
		d->failed = true;
		return NULL;
	}
	*f = (struct template_field){.name = name, .next = item->fields};
	f->last = &f->items;
	item->fields = f;
	return f;
}

void
template_set(struct template_data *d, struct template_item *item, const char *name,
    struct bytes text)
{
	struct template_field *f = field_make(d, item, name);

	if (f != NULL)
		f->text = text;
}

struct template_item *
template_add(struct template_data *d, struct template_item *item, const char *name)
{
	struct template_field *f = field_make(d, item, name);
	struct template_item *made = arena_alloc(d->arena, sizeof(*made));

	if (f == NULL || made == NULL) {
		d->failed = true;
		/* Fields set on the root harm nobody: nothing will be rendered. */
		return &d->root;
	}
	*f->last = made;
	f->last = &made->next;
	return made;
}

/* --- rendering --------------------------------------------------------------- */

struct render {
	const struct template *t;
	template_text_fn *text;
	void *ctx;
	struct html *out;
	const struct template_item *item[TEMPLATE_DEPTH_MAX + 1]; /* innermost last */
	size_t depth, steps;
};

static const struct template_field *
render_find(const struct render *r, struct bytes name)
{
	for (size_t i = r->depth + 1; i-- > 0;) {
		const struct template_field *f = field_of(r->item[i], name);

		if (f != NULL)
			return f;
	}
	return NULL;
}

static struct bytes
render_text(const struct render *r, struct bytes name)
{
	const struct template_field *f = render_find(r, name);

	return f == NULL ? (struct bytes){NULL, 0} : f->text;
}

/* A catalog's text, its {names} replaced by fields. */
static void
words_fill(const struct render *r, struct bytes text)
{
	while (text.n > 0) {
		const uint8_t *open = memchr(text.p, '{', text.n);
		const uint8_t *end =
		    open == NULL ? NULL
				 : memchr(open, '}', (size_t)(text.p + text.n - open));
		size_t n = end == NULL ? text.n : (size_t)(open - text.p);

		html_text(r->out, (struct bytes){text.p, n});
		if (end == NULL)
			return;
		html_text(r->out,
		    render_text(r, (struct bytes){open + 1, (size_t)(end - open) - 1}));
		n = (size_t)(end - text.p) + 1;
		text.p += n;
		text.n -= n;
	}
}

static void
render_words(const struct render *r, const struct template_node *node)
{
	struct bytes field = render_text(r, node->field);
	char key[2 * TEMPLATE_NAME_MAX + 1];
	const char *text;

	if (field.n > TEMPLATE_NAME_MAX)
		field.n = TEMPLATE_NAME_MAX;
	memcpy(key, node->text.p, node->text.n);
	if (field.n > 0)
		memcpy(key + node->text.n, field.p, field.n);
	key[node->text.n + field.n] = '\0';
	if ((text = r->text(r->ctx, key)) != NULL)
		words_fill(r, bytes_of(text));
}

static int render_nodes(struct render *r, size_t from, size_t to);

static int
render_each(struct render *r, size_t at)
{
	const struct template_node *node = &r->t->node[at];
	const struct template_field *f = render_find(r, node->text);
	int rc = 0;

	if (f == NULL || r->depth == TEMPLATE_DEPTH_MAX)
		return 0;
	if (f->items == NULL)
		return f->text.n == 0 ? 0 : render_nodes(r, at + 1, node->end);
	r->depth++;
	for (const struct template_item *i = f->items; i != NULL && rc == 0;
	     i = i->next) {
		r->item[r->depth] = i;
		rc = render_nodes(r, at + 1, node->end);
	}
	r->depth--;
	return rc;
}

static bool
render_is_empty(const struct render *r, struct bytes name)
{
	const struct template_field *f = render_find(r, name);

	return f == NULL || (f->items == NULL && f->text.n == 0);
}

/* One node; *at moves behind it, and behind its section. */
static int
render_node(struct render *r, size_t *at)
{
	const struct template_node *node = &r->t->node[*at];
	int rc = 0;

	switch (node->kind) {
	case NODE_MARKUP:
		html_markup(r->out, node->text);
		break;
	case NODE_VALUE:
		html_text(r->out, render_text(r, node->text));
		break;
	case NODE_WORDS:
		render_words(r, node);
		break;
	case NODE_EACH:
		rc = render_each(r, *at);
		*at = node->end;
		break;
	case NODE_NONE:
		if (render_is_empty(r, node->text))
			rc = render_nodes(r, *at + 1, node->end);
		*at = node->end;
		break;
	case NODE_END:
		break;
	}
	++*at;
	return rc != 0 ? rc : r->out->error;
}

static int
render_nodes(struct render *r, size_t from, size_t to)
{
	int rc = 0;

	for (size_t at = from; at < to && rc == 0;) {
		if (r->steps++ == TEMPLATE_STEPS_MAX)
			return ERR_LIMIT;
		rc = render_node(r, &at);
	}
	return rc;
}

int
template_render(const struct template *t, const struct template_data *d,
    template_text_fn *text, void *ctx, struct html *out)
{
	struct render r = {.t = t, .text = text, .ctx = ctx, .out = out};

	if (d->failed)
		return ERR_MEMORY;
	r.item[0] = &d->root;
	return render_nodes(&r, 0, t->n);
}
