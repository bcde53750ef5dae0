/*
 * The sentence that explains a refusal: see err.h.
 */
#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>

const char *
err_name(int code)
{
	switch (code) {
#define X(name, value, text)                                                           \
	case name:                                                                     \
		return text;
		ERR_LIST(X)
#undef X
	}
	return code == 0 ? "no error" : "unknown error";
}

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	for (char *s = e->text; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
	return code;
}
