/*
 * What the configuration says of the two directories, made ready: the pools of
 * connections to the clerk's own one and to the company's, and how the latter is
 * read. Connects to nothing yet. Called by main.c.
 */
#ifndef CHANCERY_CLERK_DIRECTORIES_H
#define CHANCERY_CLERK_DIRECTORIES_H

#include "enroll/clerk/clerk.h"

/* Fills c->connections, c->company, c->company_connections. 0 or ERR_*. */
int directories_open(struct clerk *c, struct err *e);
void directories_close(struct clerk *c);

#endif
