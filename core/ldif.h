/*
 * A strict reader of LDIF content records (RFC 2849), as directories export
 * them: one record a call, from a file that is in memory. It reads forward,
 * joins folded lines, decodes base64, and opens nothing that a file names
 * (":<" URLs are refused). It knows nothing of DNs, schema or certificates.
 *
 * Wider than the RFC in one thing, because administrators redirect ldapsearch
 * into files: what it prints behind the last entry ("search: 2", "result: 0
 * Success") and its references ("ref: ...") are passed over.
 */
#ifndef CHANCERY_CORE_LDIF_H
#define CHANCERY_CORE_LDIF_H

#include "core/arena.h"
#include "core/bytes.h"
#include "core/err.h"

enum {
	LDIF_MAX_LINE = 8 * 1024 * 1024, /* bytes of one line, folds joined */
	LDIF_MAX_VALUES = 16 * 1024,	 /* of one record */
};

struct ldif {
	struct bytes rest;  /* what has not been read yet */
	size_t line;	    /* number of the line that comes next, from 1 */
	bool after_version; /* "version: 1" may no longer come */
};

struct ldif_value {
	struct bytes attr; /* attribute description, with options */
	struct bytes value;
};

struct ldif_record {
	size_t line; /* where it begins */
	struct bytes dn;
	const struct ldif_value *value;
	size_t n_value;
};

void ldif_open(struct bytes in, struct ldif *out);

/*
 * The next record. Its views lie in the input or in the arena, which the
 * caller may empty between two records. 1 found, 0 at the end, or ERR_SYNTAX,
 * ERR_UNSUPPORTED (a change record, a URL), ERR_LIMIT, ERR_MEMORY with the line
 * and the rule; after an error the next call goes on behind the next empty
 * line, so a caller can name every bad record and read the others.
 */
int ldif_next(struct ldif *l, struct arena *a, struct ldif_record *out, struct err *e);

/* Whether an attribute description has this name, options and case aside. */
bool ldif_attr_is(struct bytes attr, struct bytes name);

#endif
