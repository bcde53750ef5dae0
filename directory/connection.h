/*
 * A connection to the directory: opened, secured and bound with a deadline on
 * every step. It follows no referral and never falls back to a weaker way than
 * it was asked for. One thread at a time may use a connection.
 */
#ifndef CHANCERY_DIRECTORY_CONNECTION_H
#define CHANCERY_DIRECTORY_CONNECTION_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	CONNECTION_TIMEOUT = 5,			    /* seconds, each wait */
	CONNECTION_OPEN_SECONDS = 10,		    /* for all of opening */
	CONNECTION_QUESTION_SECONDS = 30,	    /* for one question or write */
	CONNECTION_TEXT_MAX = 256,		    /* bytes of a result in words */
	CONNECTION_MAX_MESSAGE = 128 * 1024 * 1024, /* bytes of one answer */
};

struct connection;

struct connection_how {
	const char *uri;     /* ldap://, ldaps:// or ldapi:// */
	const char *ca_file; /* PEM; NULL for the system's */
	bool start_tls;
	bool unchecked;	       /* take any certificate: only to look at it afterwards */
	bool external;	       /* bind with SASL EXTERNAL */
	const char *dn;	       /* a simple bind as this one; NULL, "": anonymously */
	struct bytes password; /* of dn; an empty one is refused (RFC 4513 5.1.2) */
	bool unbound;	       /* no bind at all: connection_bind follows */
	unsigned seconds;      /* for all of opening; 0: CONNECTION_OPEN_SECONDS */
	unsigned wait;	       /* for each wait; 0: CONNECTION_TIMEOUT */
};

/*
 * 0; ERR_IO: not reachable, no answer in time, or TLS failed; ERR_DIRECTORY: it
 * answered and refused; ERR_USAGE: not an LDAP URI, no password. The sentence names
 * the URI.
 */
int connection_open(
    const struct connection_how *how, struct connection **out, struct err *e);

/* Closes and leaves NULL. */
void connection_close(struct connection **cp);

/* From now on, all questions and writes together end within so many seconds; 0: no
 * such limit, only each one's own. */
void connection_limit(struct connection *c, unsigned seconds);

/* Whether it was lost: closed, timed out, answered nonsense. Only closing is left. */
bool connection_is_broken(const struct connection *c);

/* Whether one that was not used for a while is still open and has nothing to say
 * (a server says farewell, or ends, between two questions). */
bool connection_is_fresh(const struct connection *c);

/* The URI that it was opened with. */
const char *connection_uri(const struct connection *c);

/*
 * A simple bind with a name that may be no DN, as Outlook sends what stands in
 * its User Name field. The connection is anonymous afterwards, unless it
 * succeeds. Returns the LDAP result code (RFC 4511 section 4.1.9), or ERR_IO.
 */
int connection_try_bind(
    struct connection *c, const char *name, const char *password, struct err *e);

/*
 * A simple bind with a DN and its password, which must not be empty (RFC 4513
 * section 5.1.2). Returns the LDAP result code, with its words in text; ERR_IO;
 * ERR_USAGE.
 */
int connection_bind(struct connection *c, const char *dn, struct bytes password,
    char text[CONNECTION_TEXT_MAX], struct err *e);

/* The server's certificate, DER, once TLS is in use; *out is the caller's to
 * free(). 0 or ERR_NOT_FOUND. */
int connection_server_cert(struct connection *c, uint8_t **out, size_t *n_out);

#endif
