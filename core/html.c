/*
 * HTML as it grows: contract in html.h. Growing copies and wipes, because realloc
 * would leave what it moved.
 */
#include "core/html.h"

#include <stdlib.h>

#include "core/err.h"
#include "core/escape.h"

enum {
	HTML_BEGIN = 4096,
	HTML_PIECE = 256, /* bytes of text that are escaped at once */
};

void
html_init(struct html *out, size_t limit)
{
	*out = (struct html){.limit = limit};
}

void
html_fini(struct html *out)
{
	if (out->p != NULL) {
		explicit_bzero(out->p, out->n);
		free(out->p);
	}
	*out = (struct html){.error = ERR_LIMIT};
}

/* Room for n bytes more. */
static bool
html_grow(struct html *out, size_t n)
{
	size_t cap = out->cap == 0 ? HTML_BEGIN : out->cap;
	char *p;

	if (out->error != 0)
		return false;
	if (n > out->limit - out->n) {
		out->error = ERR_LIMIT;
		return false;
	}
	if (n <= out->cap - out->n)
		return true;
	while (cap - out->n < n)
		cap *= 2;
	if ((p = malloc(cap)) == NULL) {
		out->error = ERR_MEMORY;
		return false;
	}
	if (out->p != NULL) {
		memcpy(p, out->p, out->n);
		explicit_bzero(out->p, out->n);
		free(out->p);
	}
	out->p = p;
	out->cap = cap;
	return true;
}

void
html_markup(struct html *out, struct bytes markup)
{
	if (markup.n == 0 || !html_grow(out, markup.n))
		return;
	memcpy(out->p + out->n, markup.p, markup.n);
	out->n += markup.n;
}

/* Piece by piece, so that little more room is taken than is needed. */
void
html_text(struct html *out, struct bytes text)
{
	while (text.n > 0) {
		size_t n = text.n < HTML_PIECE ? text.n : HTML_PIECE;

		if (!html_grow(out, ESCAPE_HTML_MAX(n)))
			return;
		out->n += escape_html((struct bytes){text.p, n}, out->p + out->n);
		text.p += n;
		text.n -= n;
	}
}

char *
html_take(struct html *out, size_t *n_out)
{
	char *p = out->p;

	*n_out = 0;
	if (out->error != 0 || p == NULL)
		return NULL;
	*n_out = out->n;
	*out = (struct html){.limit = out->limit};
	return p;
}
