/*
 * Whether a server's certificate is for the host of an LDAP URI: the library says
 * only that it could not connect. Asks nobody; called by doctor.
 */
#ifndef CHANCERY_CLI_SERVER_NAME_H
#define CHANCERY_CLI_SERVER_NAME_H

#include "core/cert.h"

/* The host between "//" and the port or path; a view into uri. */
struct bytes server_host(const char *uri);

/*
 * Whether the certificate names this host (RFC 6125 section 6.4): dNSName, also
 * with "*" as its first label, iPAddress, or, without subjectAltName, the common
 * name. For "localhost" libldap looks for this machine's own name, and so does
 * this: own is what gethostname says.
 */
bool server_is_named(const struct cert *c, struct bytes host, const char *own);

/* The hosts that the certificate names, as many as fit, or else its subject. */
char *server_names_text(const struct cert *c, char *buf, size_t cap);

#endif
