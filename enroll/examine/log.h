/*
 * Lines for people, to stderr or the journal. Never a word of what is examined.
 * Called by the launcher and by the nursery.
 */
#ifndef CHANCERY_ENROLL_EXAMINE_LOG_H
#define CHANCERY_ENROLL_EXAMINE_LOG_H

/* As syslog(3) numbers them. */
enum examine_level {
	EXAMINE_ERROR = 3,
	EXAMINE_WARNING = 4,
	EXAMINE_INFO = 6
};

void examine_log(enum examine_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
