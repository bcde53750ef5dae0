/*
 * Removing what has ended: contract in sweep.h.
 */
#include "enroll/clerk/sweep.h"

#include <stdlib.h>

#include "directory/registry.h"

enum {
	SWEEP_SECONDS = 300,
	KEPT_SECONDS = 60, /* an entry's end may just be written anew */
	SWEEP_ROUND = 500, /* entries read before any is deleted */
	SWEEP_ROUNDS = 1000,
	SWEEP_ARENA = 1024 * 1024,
	ROUND_FULL = 1,
};

/* What is to go: registry_each's connection must not be used meanwhile. */
struct heap {
	struct arena arena;
	struct registry_head head[SWEEP_ROUND];
	size_t n;
};

static struct bytes
copy(struct heap *h, struct bytes in)
{
	char *p = arena_alloc(&h->arena, in.n + 1);

	if (p == NULL)
		return (struct bytes){NULL, 0};
	memcpy(p, in.p, in.n);
	return (struct bytes){(uint8_t *)p, in.n};
}

static int
keep(const void *record, void *ctx)
{
	const struct registry_token *t = record;
	struct heap *h = ctx;

	h->head[h->n].dn = (const char *)copy(h, bytes_of(t->head.dn)).p;
	h->head[h->n].csn = copy(h, t->head.csn);
	if (h->head[h->n].dn == NULL || h->head[h->n].csn.p == NULL)
		return ERR_MEMORY;
	return ++h->n == SWEEP_ROUND ? ROUND_FULL : 0;
}

/* Some of them; ROUND_FULL where there may be more. */
static int
sweep_round(struct clerk *c, struct bytes kind, struct heap *h, struct err *e)
{
	const struct registry_where where = {
	    .kind = kind, .ended = clerk_now(c) - KEPT_SECONDS};
	struct connection *d = NULL;
	int rc = clerk_directory(c, &d, e), full;

	if (rc != 0)
		return rc;
	full = registry_each(d, c->conf.suffix, REGISTRY_TOKEN, &where, keep, h, e);
	rc = full == ROUND_FULL ? 0 : full;
	for (size_t i = 0; i < h->n && rc == 0; i++) {
		rc = registry_delete(d, &h->head[i], e);
		rc = rc >= 0 || rc == ERR_NOT_FOUND ? 0 : rc;
	}
	clerk_directory_end(c, &d);
	return rc != 0 ? rc : full;
}

static int
sweep(struct clerk *c, struct bytes kind, struct err *e)
{
	struct heap *h = malloc(sizeof(*h));
	int rc = ROUND_FULL;

	if (h == NULL)
		return err_set(e, ERR_MEMORY, "no memory");
	for (int i = 0; i < SWEEP_ROUNDS && rc == ROUND_FULL; i++) {
		h->n = 0;
		arena_init(&h->arena, NULL, 0, SWEEP_ARENA);
		rc = sweep_round(c, kind, h, e);
		arena_fini(&h->arena);
	}
	free(h);
	return rc == ROUND_FULL ? 0 : rc;
}

void
sweep_work(struct clerk *c, struct worker *w)
{
	static const char *const kinds[] = {"session", "attempts", "setup"};

	do
		for (size_t i = 0; i < NITEMS(kinds); i++) {
			struct err e = {0};

			if (sweep(c, bytes_of(kinds[i]), &e) != 0)
				clerk_log(LOG_LEVEL_WARNING, NULL, "sweep: %s", e.text);
		}
	while (worker_wait(w, SWEEP_SECONDS));
}
