/*
 * DNs of containers and entries (contract in layout.h). The only place that puts a
 * stranger's text into a DN. Called by the other files of directory/ and by the
 * verbs.
 */
#include "directory/layout.h"

#include <stdio.h>

#include "core/escape.h"

enum {
	LAYOUT_VALUE_MAX = 512
}; /* bytes of a name that becomes an RDN */

static int
too_long(const char *what, struct err *e)
{
	return err_set(e, ERR_LIMIT, "a DN of more than %d bytes: %.100s",
	    LAYOUT_DN_MAX - 1, what);
}

int
layout_container(const char *container, const char *suffix, char *out, struct err *e)
{
	int n = snprintf(out, LAYOUT_DN_MAX, "%s%s%s", container,
	    suffix[0] == '\0' ? "" : ",", suffix);

	return n < 0 || n >= LAYOUT_DN_MAX ? too_long(suffix, e) : 0;
}

int
layout_entry(const char *type, struct bytes value, const char *container,
    const char *suffix, char *out, struct err *e)
{
	char escaped[ESCAPE_MAX(LAYOUT_VALUE_MAX)];
	int n;

	if (value.n > LAYOUT_VALUE_MAX)
		return err_set(e, ERR_LIMIT, "a name of %zu bytes, want at most %d",
		    value.n, LAYOUT_VALUE_MAX);
	escape_dn(value, escaped);
	n = snprintf(out, LAYOUT_DN_MAX, "%s=%s,%s%s%s", type, escaped, container,
	    suffix[0] == '\0' ? "" : ",", suffix);
	return n < 0 || n >= LAYOUT_DN_MAX ? too_long(suffix, e) : 0;
}
