/*
 * Points in time as people read them, and as directories keep them.
 */
#ifndef CHANCERY_CORE_ISOTIME_H
#define CHANCERY_CORE_ISOTIME_H

#include "core/bytes.h"

enum {
	ISOTIME_SIZE = 32
};

/* "2027-03-01T12:00:00Z" (ISO 8601, UTC) for seconds since 1970. What lies outside
 * of the years 0 to 9999 is shown as their first or last second. Returns buf. */
char *isotime_text(int64_t seconds, char buf[ISOTIME_SIZE]);

/* "20270301120000Z", LDAP's GeneralizedTime (RFC 4517 section 3.3.13), otherwise the
 * same. */
char *isotime_general(int64_t seconds, char buf[ISOTIME_SIZE]);

/* Reads what isotime_general writes. 0 or ERR_SYNTAX. */
int isotime_read_general(struct bytes text, int64_t *out);

#endif
