/*
 * Pages out of templates and data, without logic: a template can show a value, go
 * through a list, and say what stands there when it is empty. Nothing in a
 * template or in data can write markup: what is shown is always escaped, and a
 * template that shows something where escaping would not help is refused when it
 * is read. Called by the portal, which reads all its templates at its start.
 *
 *	{{name}}                the text of a field, innermost item first
 *	{{#name}} ... {{/name}} for each item of a list; once for a text that is there
 *	{{^name}} ... {{/name}} where there is no item, no text
 *	{{=key}}                a text of the catalog; {name} in it is a field
 *	{{=key.:name}}          the same; the key ends with the text of a field
 *	{{>name}}               another template's source, at this place
 *	{{! ... }}              a comment
 */
#ifndef CHANCERY_CORE_TEMPLATE_H
#define CHANCERY_CORE_TEMPLATE_H

#include "core/arena.h"
#include "core/bytes.h"
#include "core/err.h"
#include "core/html.h"

enum {
	TEMPLATE_SOURCE_MAX = 64 * 1024, /* bytes of a source */
	TEMPLATE_NODES_MAX = 4000,	 /* with those of its partials */
	TEMPLATE_DEPTH_MAX = 8,		 /* of sections, and of partials */
	TEMPLATE_NAME_MAX = 80,		 /* bytes of a name or key */
	TEMPLATE_STEPS_MAX = 200000,	 /* nodes that one rendering may visit */
};

/* --- data -------------------------------------------------------------------- */

/* One item: its fields. Made by template_add; the root lies in template_data. */
struct template_item {
	struct template_field *fields;
	struct template_item *next; /* of the same list */
};

/* What a page is made from. Texts are views that outlive the rendering. */
struct template_data {
	struct template_item root;
	struct arena *arena;
	bool failed; /* there was no memory: rendering will say so */
};

void template_data_init(struct template_data *d, struct arena *arena);

/* Sets a field; name is a literal. The same name again: the last one counts. */
void template_set(struct template_data *d, struct template_item *item, const char *name,
    struct bytes text);

/* Adds an item to the list of that name, at its end. Never NULL: without memory it
 * is an item that nobody will see. */
struct template_item *
template_add(struct template_data *d, struct template_item *item, const char *name);

/* --- templates --------------------------------------------------------------- */

struct template;

/* The source of a name; false where there is none. It must outlive the template. */
typedef bool template_source_fn(void *ctx, struct bytes name, struct bytes *out);

/* Reads a template and its partials. 0; ERR_SYNTAX, ERR_LIMIT, ERR_POLICY (a value
 * where escaping would not help), ERR_NOT_FOUND (a partial), each with file and
 * line; ERR_MEMORY. */
int template_parse(const char *name, template_source_fn *source, void *ctx,
    struct template **out, struct err *e);
void template_free(struct template **tp);

/* The text of a key, NUL-terminated; NULL where there is none. */
typedef const char *template_text_fn(void *ctx, const char *key);

/* Writes the page. 0; ERR_MEMORY, ERR_LIMIT. Many threads may use one template. */
int template_render(const struct template *t, const struct template_data *d,
    template_text_fn *text, void *ctx, struct html *out);

#endif
