/*
 * Any bytes as DER: elements within elements, and every reader of a value on every
 * content. Elements lie inside, follow each other without a gap, and read alone they
 * are the same.
 */
#include "core/der.h"
#include "tests/fuzz/inside.h"

enum {
	DEPTH = 200
};

/* The length again from the value: what was read fills exactly what was there. */
static void
try_integer(struct bytes content)
{
	int64_t value;
	int octets = 1;

	if (der_integer(content, &value) != 0)
		return;
	must(der_integer_valid(content));
	while (octets < 8 && (value >> (8 * octets - 1) != 0) &&
	       (value >> (8 * octets - 1) != -1))
		octets++;
	must((size_t)octets == content.n);
}

static void
try_values(const struct der_item *item)
{
	struct bytes octets;
	unsigned unused;
	int64_t t;
	bool flag;

	try_integer(item->content);
	if (der_boolean(item->content, &flag) == 0)
		must(item->content.n == 1);
	if (der_bit_string(item->content, &octets, &unused) == 0) {
		must_lie_inside(octets, item->content);
		must(unused < 8 && octets.n + 1 == item->content.n);
	}
	if (der_time(DER_UTC_TIME, item->content, &t) == 0)
		must(t >= -631152000 && t <= 2524607999);
	if (der_time(DER_GENERALIZED_TIME, item->content, &t) == 0)
		must(t >= -62167219200 && t <= 253402300799);
	der_oid_valid(item->content);
	der_item_valid(item);
}

static void
try_again(const struct der_item *item)
{
	struct der_item again;
	struct bytes content;
	struct der d = der_open(item->whole);

	must(der_read(&d, &again) == 0 && der_at_end(&d) && again.tag == item->tag);
	must_be_same_view(again.content, item->content);
	must(der_only(item->whole, item->tag, &content) == 0);
}

static void
walk(struct bytes in, int depth)
{
	struct der d = der_open(in);
	struct der_item item;

	while (!der_at_end(&d)) {
		struct bytes before = d.rest;

		if (der_read(&d, &item) != 0) {
			must_be_same_view(d.rest, before);
			return;
		}
		must(item.whole.p == before.p && d.rest.n == before.n - item.whole.n);
		must_lie_inside(item.whole, in);
		must_lie_inside(item.content, item.whole);
		try_again(&item);
		try_values(&item);
		if (depth < DEPTH)
			walk(item.content, depth + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	walk((struct bytes){data, n}, 0);
	return 0;
}
