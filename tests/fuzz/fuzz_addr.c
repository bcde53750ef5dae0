/*
 * Any bytes as an address, as a domain, and, cut at the first line end, as two
 * that are compared. What was read can be read again and is the same; a mailbox
 * matches itself; comparing does not depend on the order.
 */
#include "core/addr.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct bytes
text_of(const struct addr *a)
{
	return (struct bytes){(const uint8_t *)a->text, a->n};
}

static void
check_addr(struct bytes in)
{
	struct addr a, again, bare;
	struct err e;

	if (addr_parse(in, &a, &e) < 0) {
		if (e.text[0] == '\0')
			abort();
		return;
	}
	if (a.n != strlen(a.text) || a.n > ADDR_MAX || a.at > ADDR_LOCAL_MAX ||
	    a.text[a.at] != '@')
		abort();
	if (addr_parse(text_of(&a), &again, NULL) < 0 ||
	    strcmp(a.text, again.text) != 0 || !addr_equal(&a, &again) ||
	    !addr_matches(in, text_of(&a)))
		abort();
	if (addr_untag(&a, &bare) &&
	    (addr_parse(text_of(&bare), &again, NULL) < 0 ||
		strcmp(bare.text, again.text) != 0 || again.at != bare.at ||
		addr_untag(&bare, &again)))
		abort();
}

static void
check_domain(struct bytes in)
{
	char out[ADDR_DOMAIN_MAX + 1], again[ADDR_DOMAIN_MAX + 1];
	size_t n, m;

	if (addr_domain(in, out, &n) < 0)
		return;
	if (n > ADDR_DOMAIN_MAX || out[n] != '\0')
		abort();
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)out[i] >= 0x80 || (out[i] >= 'A' && out[i] <= 'Z'))
			abort();
	if (addr_domain(bytes_of(out), again, &m) < 0 || strcmp(out, again) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *line = n == 0 ? NULL : memchr(data, '\n', n);
	size_t first = line == NULL ? n : (size_t)(line - data);
	size_t second = line == NULL ? n : first + 1;
	struct bytes a = {data, first}, b = {data + second, n - second};

	check_addr(a);
	check_domain(a);
	if (addr_matches(a, b) != addr_matches(b, a) || addr_matches(a, a) != (a.n > 0))
		abort();
	return 0;
}
