/*
 * Points in time as people read them.
 */
#ifndef CHANCERY_CORE_ISOTIME_H
#define CHANCERY_CORE_ISOTIME_H

#include <stdint.h>

enum {
	ISOTIME_SIZE = 32
};

/* "2027-03-01T12:00:00Z" (ISO 8601, UTC) for seconds since 1970. What lies outside
 * of the years 0 to 9999 is shown as their first or last second. Returns buf. */
char *isotime_text(int64_t seconds, char buf[ISOTIME_SIZE]);

#endif
