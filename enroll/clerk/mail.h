/*
 * Mails to people: composed from the catalog's texts and the frames in web/mail/,
 * handed to the organization's relay (SMTP), or put into a folder. Here is the way
 * out; what a mail says stands in mail_letter.c, how it looks in web/mail, in which
 * words in po/. A mail is sent when the relay took it: one that is away, refuses for
 * now or hangs delays and loses nothing, because the caller's entry in the registry
 * stays until then. Never in a mail: a PIN, a password, a private key in clear.
 *
 * Any thread. A call can take conf.mail_timeout seconds; while a relay does not
 * answer, further calls fail at once for a while.
 */
#ifndef CHANCERY_CLERK_MAIL_H
#define CHANCERY_CLERK_MAIL_H

#include "core/addr.h"

#include "enroll/clerk/clerk.h"
#include "enroll/texts.h"

enum {
	MAIL_FILE_SIZE = ADDR_MAX + 20, /* name of an attachment, with the NUL */
	MAIL_TIME_SIZE = 32,
	MAIL_FIELDS_MAX = 20,	      /* of a letter */
	MAIL_PFX_MAX = 1024 * 1024,   /* bytes of an attachment */
	MAIL_BYTES_MAX = 2048 * 1024, /* of a whole mail */
};

struct mail;

/*
 * Reads catalogs, frames and password; connects to nothing. With neither mail-folder
 * nor mail-url every mail waits. 0, ERR_USAGE, ERR_IO, ERR_POLICY, ERR_MEMORY.
 */
int mail_open(const struct clerk_conf *conf, struct mail **out, struct err *e);
void mail_close(struct mail **mp);

/* The catalogs, for other texts that people will read. */
/* NULL where mails are not configured. */
const struct texts *mail_texts(const struct mail *m);

/* Somebody who gets a mail. */
struct mail_to {
	struct bytes address;
	struct bytes name;     /* to be shown; may be empty */
	struct bytes language; /* "de"; another or none: English */
};

/* A PFX on its way to one recipient. */
struct mail_delivery {
	/* What makes this mail this one: the delivery's chanceryId and how often it was
	 * deliberately mailed ("d-...-...#2"). The Message-ID is made from it: the same
	 * for every retry, so that a mail that arrived twice is seen to be one. */
	struct bytes id;
	struct mail_to to;
	struct bytes address; /* of the certificate: the person's, or the mailbox's */
	struct bytes mailbox; /* name of the shared mailbox; empty for a person's own */
	struct bytes link;    /* its 26 characters */
	int64_t until;	      /* at this second the PIN is shown no more */
	int64_t begin;	      /* of the certificate: names the attachment */
	struct bytes pfx;
};

/*
 * Sends it. 0: the relay has it. ERR_POLICY: it will never be taken as it is (an
 * address that is none, a final refusal of the relay). Anything else: try again
 * later. The sentence says what the relay said.
 */
int mail_delivery(struct clerk *c, const struct mail_delivery *d, struct err *e);

/* "anna.muster@example.com_2026-11-23.pfx": the name of an attachment (and a friendly
 * file name anywhere); what is no letter, digit or one of @._+- becomes '_'. */
void mail_file_name(struct bytes address, int64_t begin, char out[MAIL_FILE_SIZE]);

/* "2026-12-23 03:15 UTC", as all mails show times: for the fields "time" and "until" of
 * notices. Returns out. */
char *mail_time(int64_t t, char out[MAIL_TIME_SIZE]);

/*
 * Sends one notice now, as above; the queue (notice.h) calls it, others queue. letter:
 * a word of mail_letter.h's table; id as above; fields as the letter wants them.
 */
int mail_notice(struct clerk *c, const char *letter, struct bytes id,
    const struct mail_to *to, const struct texts_field *fields, size_t n_fields,
    struct err *e);

/* What `status` and `doctor` show of the way out. */
struct mail_state {
	int64_t last_sent;	    /* 0: none since the start */
	int64_t last_failed;	    /* 0: none since the start */
	uint64_t sent, failed;	    /* since the start */
	char problem[ERR_TEXT_MAX]; /* of the last failure that lasts; "" fine */
};
void mail_state(struct mail *m, struct mail_state *out);

#endif
