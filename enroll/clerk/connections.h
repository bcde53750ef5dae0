/*
 * The pool of directory connections, bound as the clerk's identity. Opened when
 * they are wanted, kept for the next caller, capped; one that the server closed in
 * the meantime is noticed before it is lent, one that broke is closed when it comes
 * back. So a slapd that is away makes calls fail with ERR_IO, and nothing has to be
 * told when it is there again. Called through clerk_directory (clerk.h).
 */
#ifndef CHANCERY_CLERK_CONNECTIONS_H
#define CHANCERY_CLERK_CONNECTIONS_H

#include "crypto/owned.h"
#include "directory/connection.h"

struct connections;

enum {
	CONNECTIONS_IDLE_SECONDS = 60 /* an idle one is closed after this */
};

/* how (copied; its texts must live as long as the pool) without its password, which
 * is `password` (taken; it stays the pool's). most: open at once; wait: seconds that
 * a caller waits for one to come back. 0 or ERR_MEMORY. */
int connections_new(const struct connection_how *how, struct secret *password,
    unsigned most, unsigned wait, struct connections **out, struct err *e);
/* All must have come back. */
void connections_free(struct connections **pp);

int connections_take(struct connections *p, struct connection **out, struct err *e);
void connections_give(struct connections *p, struct connection **cp);

#endif
