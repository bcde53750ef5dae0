/*
 * Fields in base64, decoded into memory with an owner (contract in line.h). A file of
 * its own, because that memory is OpenSSL's and the portal is linked without it.
 */
#include <stdlib.h>

#include "core/base64.h"
#include "enroll/line.h"

static int
line_bad_bytes(const char *name, struct err *e)
{
	return err_set(
	    e, ERR_SYNTAX, "%s: not base64 as RFC 4648 section 4 wants it", name);
}

int
line_bytes(const json_t *o, const char *name, struct owned *out, struct err *e)
{
	struct bytes text = line_text(o, name);
	long n;

	*out = (struct owned){0};
	if (text.n == 0)
		return 0;
	if ((out->p = calloc(1, BASE64_DECODED_MAX(text.n) + 1)) == NULL)
		return err_set(e, ERR_MEMORY, "%s: %zu digits", name, text.n);
	out->n = BASE64_DECODED_MAX(text.n);
	if ((n = base64_decode(text, out->p)) < 0) {
		owned_free(out);
		return line_bad_bytes(name, e);
	}
	out->n = (size_t)n;
	return 0;
}

int
line_secret(const json_t *o, const char *name, struct secret *out, struct err *e)
{
	struct bytes text = line_text(o, name);
	long n;

	*out = (struct secret){0};
	if (text.n == 0)
		return 0;
	if (secret_new(BASE64_DECODED_MAX(text.n) + 1, out) != 0)
		return err_set(e, ERR_MEMORY, "%s: %zu digits", name, text.n);
	if ((n = base64_decode(text, out->p)) < 0) {
		secret_free(out);
		return line_bad_bytes(name, e);
	}
	out->n = (size_t)n;
	return 0;
}
