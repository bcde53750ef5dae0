/*
 * A mail as octets: multipart/mixed of (text and HTML as alternatives) and, where
 * there is one, an attachment. The only user of GMime in the clerk. Whatever a caller
 * hands in, it cannot add a header, a recipient or a part: control characters are
 * refused in addresses and taken out of texts, everything else is encoded (RFC 2047,
 * RFC 2231, quoted-printable). Lines end with CRLF. Any thread.
 */
#ifndef CHANCERY_CLERK_MAIL_COMPOSE_H
#define CHANCERY_CLERK_MAIL_COMPOSE_H

#include "core/addr.h"
#include "core/err.h"
#include "crypto/owned.h"

enum {
	COMPOSE_NAME_MAX = 200,	   /* bytes of a display name that are kept */
	COMPOSE_SUBJECT_MAX = 300, /* bytes of a subject that are kept */
	COMPOSE_ID_SIZE = 40,	   /* left part of a Message-ID, with the NUL */
};

struct compose {
	const struct addr *from, *to;	 /* of addr_parse */
	struct bytes from_name, to_name; /* may be empty */
	const char *subject;
	const char *text; /* UTF-8, lines end with \n */
	const char *html;
	const char *language; /* for Content-Language */
	const char
	    *id; /* left part of the Message-ID; the right one is from's domain */
	int64_t date;
	const char *file;      /* name of the attachment, ASCII; NULL: none */
	const char *file_type; /* "application/x-pkcs12" */
	struct bytes file_bytes;
};

/* Once, before any thread; and at the end. */
void compose_init(void);
void compose_fini(void);

/* The left part of the Message-ID of what is identified by these bytes: always the
 * same for the same bytes, and telling nothing about them. 0 or ERR_CRYPTO. */
int compose_id(struct bytes what, char out[COMPOSE_ID_SIZE], struct err *e);

/* 0 and the mail's octets (the caller's); ERR_LIMIT, ERR_MEMORY. */
int compose_mail(const struct compose *mail, struct owned *out, struct err *e);

#endif
