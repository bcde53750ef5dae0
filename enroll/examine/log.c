/*
 * Lines for people: contract in log.h.
 */
#include "enroll/examine/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	LINE_ROOM = 1024
};

void
examine_log(enum examine_level level, const char *fmt, ...)
{
	char line[LINE_ROOM];
	size_t n = 0;
	va_list ap;
	int rc;

	/* Where the journal reads, it takes the level off again. */
	if (getenv("JOURNAL_STREAM") != NULL)
		n = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	va_start(ap, fmt);
	rc = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	n += rc > 0 ? (size_t)rc : 0;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	/* One write a line: processes do not mix theirs. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}
