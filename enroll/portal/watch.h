/*
 * A deadline for each connection: libmicrohttpd closes one that says nothing, but a
 * sender of one byte every few seconds is never silent. Each phase of a request
 * (headers, body, answer) has its time; who is late is cut off, by one thread that
 * looks every half second. Called by server.c.
 */
#ifndef CHANCERY_PORTAL_WATCH_H
#define CHANCERY_PORTAL_WATCH_H

#include "core/err.h"

struct watch;
struct watched;

/* Starts the thread. 0, ERR_MEMORY, ERR_IO. */
int watch_start(struct watch **out, struct err *e);

/* Ends it; no connection is left. */
void watch_end(struct watch **wp);

/* A new connection, which has so many seconds. NULL without memory. */
struct watched *watch_add(struct watch *w, int fd, unsigned seconds);

/* Its next phase. NULL is left alone. */
void watch_phase(struct watch *w, struct watched *c, unsigned seconds);

/* It is about to be closed; to be called before its descriptor is. */
void watch_remove(struct watch *w, struct watched *c);

#endif
