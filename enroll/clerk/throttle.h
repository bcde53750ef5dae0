/*
 * Attempts at a login are counted before they are made, in the registry, by
 * compare-and-swap: however many come at once, over whichever clerk, and whoever is
 * killed in between, no more of them reach the company directory than are allowed.
 * So its own lockout, which a stranger could otherwise bring about, never comes.
 * Called by login.c and factor.c.
 */
#ifndef CHANCERY_CLERK_THROTTLE_H
#define CHANCERY_CLERK_THROTTLE_H

#include "enroll/clerk/clerk.h"

struct throttle {
	const char *what; /* "user", "address", "factor": keys of their own */
	struct bytes key; /* whose attempts; compared without case */
	uint32_t most;	  /* attempts within the window */
	uint32_t window;  /* seconds */
	bool since_last;  /* the window begins anew with each counted attempt */
};

/* Counts one: 1 it may be made; 0 there were enough; ERR_*: do not make it. */
int throttle_count(struct clerk *c, const struct throttle *t, struct err *e);

/* It succeeded: forget all (those of a person who is now known), or this one alone
 * (an address that many share). What fails here is logged and costs an attempt. */
void throttle_clear(struct clerk *c, const struct throttle *t);
void throttle_take_back(struct clerk *c, const struct throttle *t);

#endif
