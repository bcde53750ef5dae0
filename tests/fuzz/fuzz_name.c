/*
 * Any bytes as a name: attributes lie inside, the canonical form fits the room that
 * name.h promises to be enough and none that is smaller, and the text is well-formed
 * UTF-8 without controls, cut wherever it must be.
 */
#include "core/name.h"
#include "core/name_chars.h"
#include "tests/fuzz/inside.h"

static int
walk(struct bytes in)
{
	struct name_walk w;
	struct name_attr attr;
	bool first = true;
	int rc = name_open(in, &w);

	if (rc != 0)
		return rc;
	while ((rc = name_next(&w, &attr)) == 1) {
		must_lie_inside(attr.type, in);
		must_lie_inside(attr.value, in);
		must(!first || attr.first);
		first = false;
	}
	return rc;
}

static void
try_canon(struct bytes in, int valid)
{
	static uint8_t out[2 * NAME_MAX_BYTES + 16], again[sizeof(out)];
	long n = name_canon(in, out, in.n > NAME_MAX_BYTES ? 0 : 2 * in.n + 16);

	if (in.n > NAME_MAX_BYTES) {
		must(n == ERR_LIMIT);
		return;
	}
	must(valid == 0 ? n >= 0 : n == ERR_SYNTAX);
	if (n <= 0)
		return;
	must(name_canon(in, again, (size_t)n) == n &&
	     memcmp(out, again, (size_t)n) == 0);
	must(name_canon(in, again, (size_t)n - 1) == ERR_LIMIT);
}

static void
try_text(struct bytes in, size_t cap)
{
	char *buf = malloc(cap);
	size_t n = strlen(name_text(in, buf, cap));

	must(n < cap);
	must(name_chars_valid(DER_UTF8_STRING, (struct bytes){(uint8_t *)buf, n}));
	for (size_t i = 0; i < n; i++)
		must((uint8_t)buf[i] >= 0x20 && buf[i] != 0x7f);
	free(buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes in = {data, n};
	int rc = walk(in);

	must(name_valid(in) == (rc == 0));
	try_canon(in, rc);
	name_hash(in);
	try_text(in, 1);
	try_text(in, 1 + (n > 0 ? data[n - 1] : 0));
	try_text(in, 4096);
	return 0;
}
