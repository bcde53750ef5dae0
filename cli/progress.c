/*
 * Progress on stderr (contract in progress.h), by the monotonic clock. Called by
 * import for each certificate, so it must cost next to nothing.
 */
#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
	EVERY_MS = 1000
};

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
progress_begin(struct progress *p, const char *what)
{
	*p = (struct progress){.what = what,
	    .next_ms = clock_ms() + EVERY_MS,
	    .terminal = isatty(STDERR_FILENO) == 1};
}

void
progress_tick(struct progress *p, size_t n)
{
	int64_t now = clock_ms();

	if (now < p->next_ms)
		return;
	p->next_ms = now + EVERY_MS;
	p->said = true;
	fprintf(stderr, p->terminal ? "\r%zu %s ..." : "%zu %s ...\n", n, p->what);
}

void
progress_end(struct progress *p)
{
	if (p->said && p->terminal)
		fprintf(stderr, "\n");
	p->said = false;
}
