/*
 * Removing what has ended: contract in sweep.h.
 */
#include "enroll/clerk/sweep.h"

#include "directory/registry.h"

enum {
	SWEEP_SECONDS = 300,
	KEPT_SECONDS = 60, /* an entry's end may just be written anew */
};

static int
sweep(struct clerk *c, struct bytes kind, struct err *e)
{
	const struct registry_where where = {
	    .kind = kind, .ended = clerk_now(c) - KEPT_SECONDS};
	struct search_result store = {.n = 0};
	struct registry_token *token = NULL;
	struct connection *d = NULL;
	size_t n = 0;
	int rc = clerk_directory(c, &d, e);

	if (rc != 0)
		return rc;
	rc = registry_find(
	    d, c->conf.suffix, REGISTRY_TOKEN, &where, &store, &token, &n, e);
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = registry_delete(d, &token[i].head, e);
		rc = rc >= 0 || rc == ERR_NOT_FOUND ? 0 : rc;
	}
	search_result_fini(&store);
	clerk_directory_end(c, &d);
	return rc;
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
