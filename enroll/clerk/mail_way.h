/*
 * The two ways out of the clerk for a mail's octets: an SMTP relay (libcurl, used
 * nowhere else), or a folder for demonstrations and for sites whose own programs
 * fetch mails. Called by mail.c.
 */
#ifndef CHANCERY_CLERK_MAIL_WAY_H
#define CHANCERY_CLERK_MAIL_WAY_H

#include "core/addr.h"
#include "core/err.h"
#include "crypto/owned.h"
#include "enroll/clerk/conf.h"

/* --- a folder ------------------------------------------------------------ */

/*
 * Writes the mail as the next NNNN.eml of the folder: whole or not at all, on the disk
 * when it returns. Any number of threads and processes. 0; ERR_IO: try again later.
 */
int mail_folder_put(const char *folder, struct bytes mail, struct err *e);

/* --- a relay ------------------------------------------------------------- */

struct smtp;

/* Checks and copies nothing of conf, which must outlive it; reads the password. 0,
 * ERR_USAGE, ERR_IO, ERR_POLICY, ERR_MEMORY. */
int smtp_open(const struct clerk_conf *conf, struct smtp **out, struct err *e);
/* Nobody may be sending. */
void smtp_close(struct smtp **sp);

/*
 * Hands one mail over. 0: the relay answered 250 to the whole of it. ERR_POLICY: a
 * final refusal of this mail (5xx to sender, recipient or content). ERR_IO: everything
 * else, to be tried again; it may have arrived where the answer was lost. While the
 * relay cannot be reached, further calls fail at once for SMTP_REST_SECONDS.
 */
int smtp_send(struct smtp *s, const struct addr *from, const struct addr *to,
    struct bytes mail, struct err *e);

enum {
	SMTP_REST_SECONDS = 10,
	SMTP_CONNECTIONS = 4, /* at once; more callers wait for their turn */
};

#endif
