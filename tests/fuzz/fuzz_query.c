/*
 * Any bytes as a filter, read and planned. What must hold: reading comes to an
 * end with a tree or an error; the plan's texts are filters, name published
 * attributes only, and need no plan any more; little memory gives an error and
 * never half a plan. The first byte chooses rules and how the tree is made.
 */
#include "tests/unit/query_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum flag {
	NO_TAGS = 1,
	AS_FROM_SLAPD = 2, /* else every attribute is known, all values raw */
	ALL_PUBLISHED = 4,
	LITTLE_MEMORY = 8,
	MEMORY = 64 * 1024 * 1024,
};

static bool
all_published(struct bytes attr, void *ctx)
{
	(void)ctx;
	return attr.n > 0;
}

static bool
names_published_only(const struct query *q, const struct query_rules *rules)
{
	struct bytes base = q->attr;
	const uint8_t *semicolon = base.n == 0 ? NULL : memchr(base.p, ';', base.n);

	if (semicolon != NULL)
		base.n = (size_t)(semicolon - base.p);
	for (const struct query *c = q->child; c != NULL; c = c->next)
		if (!names_published_only(c, rules))
			return false;
	return q->child != NULL || rules->is_published(base, rules->ctx) ||
	       bytes_equal_nocase(base, BYTES("objectClass")) ||
	       bytes_equal_nocase(base, BYTES("2.5.4.0"));
}

static void
check_text(const char *text, const struct query_rules *rules, bool exact,
    const struct query_plan *first)
{
	struct arena a;
	struct query_plan again;
	struct query *q;
	int rc;

	if (text == NULL)
		return;
	arena_init(&a, NULL, 0, MEMORY);
	if (query_parse(bytes_of(text), NULL, &a, &q, NULL) < 0 ||
	    !names_published_only(q, rules))
		abort();
	rc = query_plan(q, rules, &a, &again, NULL);
	if (rc < 0 && rc != ERR_LIMIT)
		abort();
	if (rc == 0 && again.nothing != first->nothing)
		abort();
	if (rc == 0 && first->exact == NULL && !again.unchanged &&
	    strcmp(again.candidates, text) != 0)
		abort();
	if (rc == 0 && exact &&
	    (strcmp(again.exact, text) != 0 ||
		strcmp(again.candidates, first->candidates) != 0))
		abort();
	arena_fini(&a);
}

static void
check_plan(const struct query_plan *p, const struct query_rules *rules)
{
	if (p->unchanged != (p->candidates == NULL) ||
	    (p->unchanged && (p->exact != NULL || p->nothing)) ||
	    (p->kinds & QUERY_PEOPLE) == 0)
		abort();
	check_text(p->candidates, rules, false, p);
	check_text(p->exact, rules, true, p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	unsigned flags = n == 0 ? 0 : data[0];
	struct query_rules rules = {(flags & NO_TAGS) == 0,
	    flags & ALL_PUBLISHED ? all_published : world_is_published, NULL};
	struct bytes text = {data + 1, n - 1};
	struct query_plan plan;
	struct query *q;
	struct err e;
	struct arena a, small;
	char buf[256];
	int rc;

	if (n < 2)
		return 0;
	arena_init(&a, buf, sizeof(buf), MEMORY);
	rc = flags & AS_FROM_SLAPD ? world_read(&a, text, &q, &e)
				   : query_parse(text, NULL, &a, &q, &e);
	if (rc == 0) {
		arena_init(
		    &small, NULL, 0, flags & LITTLE_MEMORY ? flags * 64 : MEMORY);
		rc = query_plan(q, &rules, &small, &plan, &e);
		if (rc == 0)
			check_plan(&plan, &rules);
		arena_fini(&small);
	}
	if (rc < 0 && e.text[0] == '\0')
		abort();
	arena_fini(&a);
	return 0;
}
