/*
 * A socket that listens, and the certificate of HTTPS: what server.c needs before
 * libmicrohttpd can begin. Called by server.c, and by main.c for -n.
 */
#ifndef CHANCERY_PORTAL_LISTEN_H
#define CHANCERY_PORTAL_LISTEN_H

#include "enroll/portal/conf.h"

/* "ADDRESS:PORT" or "[ADDRESS]:PORT": a socket that listens, the caller's to close; or
 * ERR_USAGE, ERR_IO. */
int listen_on(const char *at, struct err *e);

/* Two PEM files, NUL-terminated, that belong together; both the caller's to give to
 * listen_drop, also after an error. 0; ERR_IO; ERR_POLICY (they do not fit, or
 * others can read the key); ERR_MEMORY. */
int listen_credentials(
    const struct portal_conf *conf, char **certificate, char **key, struct err *e);

/* Wipes and frees what listen_credentials gave. */
void listen_drop(char **pem);

/* Whether the two files are good; for -n. As listen_credentials. */
int listen_check(const struct portal_conf *conf, struct err *e);

#endif
