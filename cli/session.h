/*
 * The two ways in which the verbs meet the directory: from outside, as any mail
 * program does (anonymously, published base), and as the administrator of this
 * machine (ldapi, SASL EXTERNAL, real suffix).
 */
#ifndef CHANCERY_CLI_SESSION_H
#define CHANCERY_CLI_SESSION_H

#include "cli/settings.h"
#include "directory/connection.h"
#include "directory/layout.h"

struct session {
	struct settings set;
	struct connection *outside;
	struct connection *admin;
	char base[LAYOUT_DN_MAX];   /* published base, once outside is open */
	char suffix[LAYOUT_DN_MAX]; /* real suffix, once admin is open */
};

/* Connects from outside, and finds the published base where no setting says it:
 * the first that the rootDSE names. 0, ERR_IO, ERR_DIRECTORY, ERR_NOT_FOUND. */
int session_open_outside(struct session *s, struct err *e);

/*
 * Connects as administrator, and finds the real suffix where no setting says
 * it: the one naming context with a real ou=people. 0; ERR_NOT_FOUND where no admin URI
 * is known or several suffixes would do; ERR_IO; ERR_DIRECTORY.
 */
int session_open_admin(struct session *s, struct err *e);

/* Closes both. */
void session_close(struct session *s);

#endif
