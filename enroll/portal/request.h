/*
 * What a browser sent, checked before anything of it is used. Strict where HTTP
 * offers a choice: two readers of one request must not see different ones.
 */
#ifndef CHANCERY_PORTAL_REQUEST_H
#define CHANCERY_PORTAL_REQUEST_H

#include "enroll/portal/portal.h"

/* As the HTTP library found it; NULL: not sent. Lives while request_begin runs. */
struct request_head {
	const char *method;
	const char *target; /* as sent: path and query, not decoded */
	const char *peer;   /* address of the other end */
	const char *host, *content_length, *content_type, *transfer_encoding;
	const char *cookie, *origin, *site, *languages, *agent, *forwarded, *match;
	unsigned headers; /* how many there are */
	bool doubled;	  /* one of those that may come once came twice */
	bool malformed;	  /* one has a name that is none */
};

/* Makes a request of it. NULL without memory. Where r->reply.status is not 0 it is
 * refused, and the connection is to be closed. */
struct request *request_begin(struct portal *p, const struct request_head *head);

/* A piece of its body; false where it is longer than was said. */
bool request_body(struct request *r, const char *p, size_t n);

/* All is there: finds the reply. */
void request_run(struct request *r);

/* Wipes and frees. */
void request_free(struct request **rp);

#endif
