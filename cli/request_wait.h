/*
 * A request on its way: what it is, and waiting until it is done, with its steps on
 * stderr. Called by enroll, renew, resend, approve.
 */
#ifndef CHANCERY_CLI_REQUEST_WAIT_H
#define CHANCERY_CLI_REQUEST_WAIT_H

#include "cli/clerk.h"

enum {
	REQUEST_WAIT_SECONDS = 300 /* then it goes on without us */
};

/*
 * Waits until the request of this id needs nothing more, or an approver, or the time is
 * over; *request_out is its last answer (the caller's). 0 or ERR_*.
 */
int request_wait(const struct clerk_way *way, const char *id, bool quiet,
    json_t **request_out, struct err *e);

/* One line for people on stdout: "anna@x: done (request ...)", with the problem. */
void request_show(const json_t *request);

/* EXIT_OK where it is done or goes on by itself; EXIT_NO where it ended otherwise. */
int request_exit(const json_t *request);

#endif
