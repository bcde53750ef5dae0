/*
 * Seconds since 1970 to ISO 8601 (contract in isotime.h), by the calendar alone:
 * gmtime has a locale and a static buffer. Called wherever a sentence names a time,
 * and by directory/.
 */
#include "core/isotime.h"

#include <stdio.h>

#include "core/der.h"

#define ISOTIME_FIRST INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define ISOTIME_LAST  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

enum {
	DAY = 86400,
	DAYS_400_YEARS = 146097, /* the calendar repeats itself after them */
};

/* Days since 1 March of a year that is a multiple of 400 to year and day: years
 * begin in March here, so that the leap day is the last one. */
static unsigned
isotime_year(unsigned *day)
{
	unsigned d = *day;
	unsigned year = (d - d / 1460 + d / 36524 - d / (DAYS_400_YEARS - 1)) / 365;

	*day = d - (365 * year + year / 4 - year / 100);
	return year;
}

struct civil {
	unsigned year, month, day, hour, minute, second;
};

static struct civil
civil_of(int64_t seconds)
{
	int64_t since = seconds < ISOTIME_FIRST	 ? 0
			: seconds > ISOTIME_LAST ? ISOTIME_LAST - ISOTIME_FIRST
						 : seconds - ISOTIME_FIRST;
	unsigned second = (unsigned)(since % DAY);
	/* since 1 March of the year -400 */
	unsigned days = (unsigned)(since / DAY) + DAYS_400_YEARS - 60;
	unsigned eras = days / DAYS_400_YEARS, day = days % DAYS_400_YEARS;
	unsigned year = isotime_year(&day) + 400 * eras;
	unsigned month = (5 * day + 2) / 153; /* 0 is March */

	day = day - (153 * month + 2) / 5 + 1;
	year += month >= 10;
	month = month < 10 ? month + 3 : month - 9;
	return (struct civil){(year - 400) % 10000, month % 100, day % 100,
	    second / 3600, second / 60 % 60, second % 60};
}

static char *
print(int64_t seconds, const char *dash, const char *t, const char *colon,
    char buf[ISOTIME_SIZE])
{
	struct civil c = civil_of(seconds);

	snprintf(buf, ISOTIME_SIZE, "%04u%s%02u%s%02u%s%02u%s%02u%s%02uZ", c.year, dash,
	    c.month, dash, c.day, t, c.hour, colon, c.minute, colon, c.second);
	return buf;
}

char *
isotime_text(int64_t seconds, char buf[ISOTIME_SIZE])
{
	return print(seconds, "-", "T", ":", buf);
}

char *
isotime_general(int64_t seconds, char buf[ISOTIME_SIZE])
{
	return print(seconds, "", "", "", buf);
}

int
isotime_read_general(struct bytes text, int64_t *out)
{
	return der_time(DER_GENERALIZED_TIME, text, out);
}
