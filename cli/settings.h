/*
 * Where the directory is: each setting from the first of these that has it:
 *   1. the command line (-H, -b)
 *   2. the environment (CHANCERY_URI, CHANCERY_BASE ...)
 *   3. one file: CHANCERY_CONF; or, for a command that stands in the build
 *      folder of the source tree, ldap.conf of the demonstration (var/ there, or
 *      STATE); or /etc/chancery/chancery.conf
 *   4. the default; what has none is asked of the server (session.h)
 */
#ifndef CHANCERY_CLI_SETTINGS_H
#define CHANCERY_CLI_SETTINGS_H

#include "core/err.h"
#include "core/option.h"

enum {
	SETTINGS_FILE_MAX = 64 * 1024,
	SETTINGS_VALUE_MAX = 1024,
	SETTINGS_N = 7,
};

/* Filled from flags by option_read, then completed by settings_load. Fields
 * are NULL where nothing says anything. */
struct settings {
	const char *uri;	/* as mail programs reach it */
	const char *base;	/* published base */
	const char *ldaps;	/* ldaps:// URI to check as well */
	const char *admin;	/* ldapi:// URI */
	const char *suffix;	/* real suffix */
	const char *tls_cacert; /* PEM file */
	const char *domains;	/* internal domains, beside those of ou=people */
	bool admin_given;	/* somebody named the admin URI */
	bool help;		/* --help */
	char held[SETTINGS_N][SETTINGS_VALUE_MAX + 1];
};

/* The flags that every verb has. */
extern const struct option_flag settings_flags[];
extern const size_t settings_n_flags;

/* Fills what the flags left open. 0; ERR_USAGE for a bad file or value. */
int settings_load(struct settings *s, struct err *e);

/* The folder of the demonstration world (var/ of the source tree, or STATE), where this
 * command stands in a build folder; false elsewhere. */
bool settings_demonstration(char *out, size_t cap);

#endif
