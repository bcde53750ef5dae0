/*
 * Harmless output (contract in show.h): everything that strangers may have written
 * goes through here on its way to a terminal or into JSON. Called by every verb.
 */
#include "cli/show.h"

#include <stdarg.h>
#include <stdlib.h>

#include "core/isotime.h"
#include "core/utf8.h"

/* C0, DEL and C1 control characters. */
static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Puts '?' over what is not UTF-8 and, for a line, over control characters. */
static void
clean(uint8_t *p, size_t n, bool line)
{
	while (n > 0) {
		uint32_t c = 0;
		size_t len = utf8_read((struct bytes){p, n}, &c);
		bool bad = len == 0 || (line && is_control(c));

		if (len == 0)
			len = 1;
		if (bad)
			memset(p, '?', len);
		p += len;
		n -= len;
	}
}

void
show_line(FILE *f, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	clean((uint8_t *)text, (size_t)n, true);
	fprintf(f, "%s\n", text);
	free(text);
}

char *
show_date(int64_t t, char *buf)
{
	isotime_text(t, buf);
	buf[strcspn(buf, "T")] = '\0';
	return buf;
}

json_t *
show_json_text(struct bytes b)
{
	uint8_t *copy = malloc(b.n + 1);
	json_t *text;

	if (copy == NULL)
		return NULL;
	if (b.n > 0)
		memcpy(copy, b.p, b.n);
	clean(copy, b.n, false);
	text = json_stringn((const char *)copy, b.n);
	free(copy);
	return text;
}

bool
show_json(json_t *value)
{
	int rc = value == NULL ? -1 : json_dumpf(value, stdout, JSON_INDENT(2));

	json_decref(value);
	putchar('\n');
	return rc == 0 && fflush(stdout) == 0;
}
