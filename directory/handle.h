/*
 * What the files of directory/ share and nobody else may see: libldap's handle
 * behind a connection, and its failures as sentences. Never included outside of
 * this folder.
 */
#ifndef CHANCERY_DIRECTORY_HANDLE_H
#define CHANCERY_DIRECTORY_HANDLE_H

#include <ldap.h>

#include "directory/connection.h"
#include "directory/deadline.h"

struct connection {
	LDAP *ld;
	char *uri;
	bool broken;
	unsigned wait; /* seconds */
	struct deadline deadline;
};

/*
 * Turns a libldap result into ERR_IO (nothing came back) or ERR_DIRECTORY (a
 * refusal), with a sentence: what was tried, where, what came back.
 */
int handle_failed(struct connection *c, int ldap_code, const char *what, struct err *e);

#endif
