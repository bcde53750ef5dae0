/*
 * Changing an entry: several attributes in one LDAP modify, which happens whole or
 * not at all, and only if the entry is still the one that was read (assertion
 * control, RFC 4528): compare and swap. Deleting and renaming one likewise. Called by
 * the clerk.
 */
#ifndef CHANCERY_DIRECTORY_MODIFY_H
#define CHANCERY_DIRECTORY_MODIFY_H

#include "directory/connection.h"
#include "directory/entry.h"

enum modify_how {
	MODIFY_ADD,	/* values to those that are there */
	MODIFY_DELETE,	/* these values; with none: all, and it is an error if there are
			   none */
	MODIFY_REPLACE, /* all by these; with none: the attribute goes */
};

struct modify {
	enum modify_how how;
	const char *attr; /* as to be written: "userCertificate;binary" */
	struct entry_values values;
};

enum {
	MODIFY_MAX = 32
}; /* changes in one */

/*
 * filter: what must be true of the entry, or NULL; "(entryCSN=...)" for "as it was
 * read" (ask for entryCSN when reading). 1 changed; 0 the filter no longer holds:
 * read again; ERR_NOT_FOUND where the entry is gone; ERR_DIRECTORY with the
 * server's sentence; ERR_IO: nobody knows whether it happened, read again;
 * ERR_LIMIT; ERR_MEMORY.
 */
int modify_entry(struct connection *c, const char *dn, const char *filter,
    const struct modify *change, size_t n, struct err *e);

/* 1 deleted, 0 the filter does not hold, else as above (gone: ERR_NOT_FOUND). */
int
modify_delete(struct connection *c, const char *dn, const char *filter, struct err *e);

enum {
	MODIFY_TAKEN = 2
};

/*
 * Gives it the name TYPE=VALUE, below parent where that is not NULL (in the same
 * database). The value is added to the attribute where it is not there yet; nothing
 * else of the entry changes. As modify_delete; MODIFY_TAKEN: another entry has that
 * name.
 */
int modify_name(struct connection *c, const char *dn, const char *filter,
    const char *type, struct bytes value, const char *parent, struct err *e);

#endif
