/*
 * HTML as it grows: a buffer with a limit, and the one way for a stranger's text
 * into it. A page can hold a PIN, so whatever the buffer held is
 * wiped wherever it goes. Called by the template engine; pages never write markup
 * themselves.
 */
#ifndef CHANCERY_CORE_HTML_H
#define CHANCERY_CORE_HTML_H

#include "core/bytes.h"

struct html {
	char *p; /* not NUL-terminated */
	size_t n, cap;
	size_t limit; /* bytes */
	int error;    /* 0; ERR_LIMIT or ERR_MEMORY from then on */
};

void html_init(struct html *out, size_t limit);

/* Wipes and frees. */
void html_fini(struct html *out);

/* Markup of our own, as it is: templates alone. */
void html_markup(struct html *out, struct bytes markup);

/* Text, safe between tags and inside of a quoted attribute (escape_html). */
void html_text(struct html *out, struct bytes text);

/* What is there, in memory that the caller wipes and frees (malloc); the buffer is
 * empty then. NULL where there was an error or nothing. */
char *html_take(struct html *out, size_t *n_out);

#endif
