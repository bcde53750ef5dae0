/*
 * What every fuzzer of a parser asks of the views that it hands out: that they lie
 * within the input, to the byte. A broken promise aborts, which libFuzzer reports.
 */
#ifndef CHANCERY_TESTS_INSIDE_H
#define CHANCERY_TESTS_INSIDE_H

#include "core/bytes.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline void
must(bool ok)
{
	if (!ok)
		abort();
}

/* An empty view may point anywhere, also to nowhere. */
static inline void
must_lie_inside(struct bytes view, struct bytes input)
{
	must(view.n <= input.n);
	if (view.n > 0)
		must(view.p >= input.p &&
		     view.p - input.p <= (ptrdiff_t)(input.n - view.n));
}

static inline void
must_be_same_view(struct bytes a, struct bytes b)
{
	must(a.n == b.n && (a.n == 0 || a.p == b.p));
}

#endif
