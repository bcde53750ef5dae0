/*
 * Any bytes as a form and as a Cookie header: every view lies within the input.
 */
#include "core/form.h"

#include "tests/fuzz/inside.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes input = {data, n}, own;
	uint8_t *copy = malloc(n + 1);
	struct form f;

	if (copy == NULL)
		return 0;
	if (n > 0)
		memcpy(copy, data, n);
	own = (struct bytes){copy, n};
	must_lie_inside(form_cookie(input, "a"), input);
	if (form_read(copy, n, &f, NULL) == 0)
		for (size_t i = 0; i < f.n; i++) {
			must_lie_inside(f.field[i].name, own);
			must_lie_inside(f.field[i].value, own);
			must(f.field[i].value.n == 0 ||
			     memchr(f.field[i].value.p, '\0', f.field[i].value.n) ==
				 NULL);
		}
	free(copy);
	return 0;
}
