/*
 * Notices: mails that tell somebody that something happened. Queued in the registry
 * as chanceryToken of kind "notice", so that a relay that is away, or a clerk that
 * is killed, loses none; sent by a worker ("notices"), tried again after 1, 2, 4 ...
 * minutes, at most 4 hours; given up after 5 days, then shown as a problem. A notice
 * that was sent stays for a week, so that who asks for the same again asks in vain.
 * Any thread.
 */
#ifndef CHANCERY_CLERK_NOTICE_H
#define CHANCERY_CLERK_NOTICE_H

#include "enroll/clerk/clerk.h"
#include "enroll/clerk/mail.h"
#include "enroll/clerk/worker.h"

enum {
	NOTICE_RETRY_LEAST = 60,
	NOTICE_RETRY_MOST = 4 * 3600,
	NOTICE_LIFE = 5 * 86400, /* given up after this */
	NOTICE_KEPT = 7 * 86400, /* after it was sent */
	NOTICE_ONCE_MAX = 200,	 /* bytes */
};

struct notice {
	const char *letter; /* word of mail_letter.h's table: "pin-shown" */
	/* What makes it this one ("REQUESTID-failed"): asked for again, it is still one
	 * mail to each address. NULL: always a new one. */
	const char *once;
	struct mail_to to;
	const char *person;		  /* id of whom it is about, or NULL */
	const struct texts_field *fields; /* those that the letter wants */
	size_t n_fields;
};

/* Queues it and wakes the worker. 0 (also where it was there already), ERR_USAGE (no
 * such letter, a field is missing), ERR_POLICY (no address), ERR_LIMIT, ERR_IO,
 * ERR_DIRECTORY, ERR_MEMORY. */
int notice_queue(struct clerk *c, const struct notice *n, struct err *e);

/* Sends what is due, removes what is old. 0; ERR_*: the directory kept it from the
 * rest, which waits. */
int notice_once(struct clerk *c, struct err *e);

/* The worker: does so now and then, and when it is woken. */
void notice_work(struct clerk *c, struct worker *w);

#endif
