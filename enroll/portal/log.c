/*
 * The portal's log: one line to stderr each. Under systemd a level before it and no
 * time, which the journal has; otherwise for people.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>

#include "core/isotime.h"
#include "enroll/portal/portal.h"

void
portal_log(int level, const char *fmt, ...)
{
	char text[1024], at[ISOTIME_SIZE];
	va_list ap;

	if (level >= LOG_DEBUG && getenv("CHANCERY_DEBUG") == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	if (getenv("JOURNAL_STREAM") != NULL)
		fprintf(stderr, "<%d>%s\n", level, text);
	else
		fprintf(stderr, "%s portal: %s\n", isotime_text(time(NULL), at), text);
}
