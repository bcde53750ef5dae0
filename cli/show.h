/*
 * Text to people and JSON to programs: the sinks that make a stranger's bytes
 * harmless. What comes from certificates and entries could otherwise steer a
 * terminal or forge a line.
 */
#ifndef CHANCERY_CLI_SHOW_H
#define CHANCERY_CLI_SHOW_H

#include <jansson.h>
#include <stdio.h>

#include "core/bytes.h"

enum {
	SHOW_TIME_MAX = 24
}; /* bytes of a time as text, with the NUL */

/* One line and its end: control characters in it become '?', and what is not
 * UTF-8 too. */
void show_line(FILE *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "2028-11-21" of seconds since 1970, into buf of ISOTIME_SIZE. Returns buf. */
char *show_date(int64_t t, char *buf);

/* A JSON string; what is not UTF-8 becomes '?'. NULL when out of memory. */
json_t *show_json_text(struct bytes b);

/* Prints a JSON value to stdout, indented, and gives it up. True if written. */
bool show_json(json_t *value);

#endif
