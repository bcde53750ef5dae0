/*
 * HTTP: with server_pki.c the only part that knows libmicrohttpd. Turns its callbacks
 * into requests and replies into its answers; sets every limit that it has, and one
 * that it has not (watch.h).
 */
#ifndef CHANCERY_PORTAL_SERVER_H
#define CHANCERY_PORTAL_SERVER_H

#include "enroll/portal/portal.h"

struct server;

/* Listens on what the configuration says, and serves. 0; ERR_IO, ERR_USAGE, ERR_MEMORY
 * with a sentence. */
int server_start(struct portal *p, struct server **out, struct err *e);

/* Waits for requests at work, then ends. */
void server_stop(struct server **sp);

#endif
