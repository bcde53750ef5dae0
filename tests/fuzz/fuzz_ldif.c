/*
 * Any bytes as an LDIF file: the reader comes to the end, and every view that
 * it hands out lies in the input or in the arena (the sanitizer looks at each
 * byte of it).
 */
#include "core/ldif.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Reads every byte of a view, so that a bad one is noticed. */
static unsigned
touch(struct bytes b)
{
	unsigned sum = 0;

	for (size_t i = 0; i < b.n; i++)
		sum += b.p[i];
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ldif l;
	struct ldif_record r;
	volatile unsigned sum = 0;
	size_t calls = 0;
	int rc = 1;

	ldif_open((struct bytes){data, n}, &l);
	while (rc != 0) {
		struct arena a;

		if (calls++ > n + 1)
			abort(); /* every call must eat at least one byte */
		arena_init(&a, NULL, 0, 1024 * 1024);
		rc = ldif_next(&l, &a, &r, NULL);
		if (rc == 1) {
			sum += touch(r.dn);
			for (size_t i = 0; i < r.n_value; i++)
				sum += touch(r.value[i].attr) + touch(r.value[i].value);
		}
		arena_fini(&a);
	}
	return 0;
}
