/*
 * Any bytes as a template, rendered with data that looks like markup: reading comes
 * to an end, and whatever was accepted shows the data escaped.
 */
#include "core/template.h"

#include "tests/fuzz/inside.h"

#include <stdlib.h>

static bool
source(void *ctx, struct bytes name, struct bytes *out)
{
	const struct bytes *all = ctx;

	(void)name;
	*out = *all;
	return true;
}

static const char *
text(void *ctx, const char *key)
{
	(void)ctx;
	return key[0] == 'a' ? "<\x01{x}{" : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes all = {data, n};
	struct template_data d;
	struct template *t;
	struct arena arena;
	struct html out;

	if (template_parse("main", source, &all, &t, NULL) != 0)
		return 0;
	arena_init(&arena, NULL, 0, 100000);
	template_data_init(&d, &arena);
	/* \x01 stands in no other place: escaping makes it something else. */
	template_set(&d, &d.root, "x", BYTES("<\x01>"));
	template_set(&d, template_add(&d, &d.root, "y"), "x", BYTES("\"\x01"));
	template_set(&d, template_add(&d, &d.root, "y"), "z", BYTES("'\x01"));
	html_init(&out, 1 << 20);
	(void)template_render(t, &d, text, NULL, &out);
	if (memchr(data, '\x01', n) == NULL && out.n > 0)
		must(memchr(out.p, '\x01', out.n) == NULL);
	html_fini(&out);
	arena_fini(&arena);
	template_free(&t);
	return 0;
}
