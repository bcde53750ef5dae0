/*
 * The log of what happens (contract in clerk.h): one line an event to stderr. Under
 * systemd with the level in front, which the journal takes off again. Called by all
 * parts of the clerk.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "enroll/clerk/clerk.h"

enum {
	LINE_MAX_CHARS = 2048
};

void
clerk_log(enum log_level level, const struct caller *who, const char *fmt, ...)
{
	char line[LINE_MAX_CHARS];
	size_t n = 0;
	va_list ap;
	int rc;

	if (getenv("JOURNAL_STREAM") != NULL)
		n += (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	if (who != NULL)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s: ", who->id);
	va_start(ap, fmt);
	rc = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	if (rc > 0)
		n += (size_t)rc;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	/* One write a line: threads do not mix theirs. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}
