/*
 * The clerk: decides, writes to the directory, sends mail. It holds the password of
 * its directory identity, that of the reader of the company directory and that of
 * the mail relay; no private key, no PIN for longer than an answer takes. Who asks:
 * the portal for people (its uid, known by SO_PEERCRED, with a session that was
 * minted here) and local administrators. What it may be asked: calls.c. A signal
 * TERM or INT ends it after the calls that are at work.
 *
 * This header is what its parts share. Any thread may call any function here.
 */
#ifndef CHANCERY_CLERK_CLERK_H
#define CHANCERY_CLERK_CLERK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/arena.h"
#include "core/err.h"
#include "crypto/owned.h"
#include "directory/connection.h"
#include "enroll/chain.h"
#include "enroll/clerk/conf.h"
#include "enroll/line.h"

enum {
	CLERK_ID_SIZE = 17,	/* of a call: 16 hex digits, NUL */
	CLERK_PERSON_SIZE = 33, /* 32 hex digits, NUL */
	CLERK_NAME_MAX = 256,	/* bytes of a display name */
	CLERK_USER_MAX = 256,	/* bytes of a user name, as typed */
	CLERK_PASSWORD_MAX = 1024,
	CLERK_LANGUAGE_MAX = 7,
	CLERK_ADDRESS_MAX = 64,	    /* bytes of a browser's address */
	CLERK_SESSION_CHARS = 43,   /* base64url of 256 bits */
	CLERK_CALL_BYTES = 1 << 20, /* of one request */
};

struct connections;
struct company;
struct mail;
struct workers;

struct clerk {
	struct clerk_conf conf;
	struct arena arena; /* where the conf's texts live */
	struct chain *chain;
	struct connections *connections; /* directory connections: connections.h */
	struct connections *company_connections; /* as its reader */
	struct company *company; /* the company directory: directory/company.h */
	struct mail *mail;	 /* the way out: mail.h */
	struct workers *workers; /* background threads: worker.h */
	uid_t portal_uid;	 /* (uid_t)-1: there is no portal */
	gid_t admin_gid;	 /* (gid_t)-1: no such group */
};

/* --- who calls ------------------------------------------------------------------ */

/* Name, bit, word (as stored in chanceryRole, and in configuration). */
#define ROLE_LIST(X)                                                                   \
	X(ROLE_HELPDESK, 1, "helpdesk")                                                \
	X(ROLE_APPROVER, 2, "approver")                                                \
	X(ROLE_ADMINISTRATOR, 4, "administrator")

enum role {
#define X(name, bit, word) name = bit,
	ROLE_LIST(X)
#undef X
};

enum factor {
	FACTOR_NONE,   /* no role: none wanted */
	FACTOR_SETUP,  /* a role, and no second factor set up yet */
	FACTOR_NEEDED, /* a role, the code was not given in this session */
	FACTOR_GIVEN,
};

/* A person who logged in; what stands in the session's entry. */
struct session {
	char person[CLERK_PERSON_SIZE]; /* GUID in the company directory */
	char user[CLERK_USER_MAX + 1];	/* as typed */
	char name[CLERK_NAME_MAX + 1];	/* to be shown */
	char mail[CLERK_NAME_MAX + 1];	/* primary address; "" none */
	char language[CLERK_LANGUAGE_MAX + 1];
	unsigned roles; /* enum role, or-ed; count only with FACTOR_GIVEN */
	enum factor factor;
	int64_t until;
};

struct caller {
	char id[CLERK_ID_SIZE]; /* of this call: stands in its answer and its log */
	uid_t uid;
	pid_t pid;
	bool portal; /* it came from the portal's uid */
	bool local;  /* an administrator on this machine, not speaking for a session */
	const struct session *session; /* NULL without one */
};

/* Whether it is a session whose person has this id. */
bool caller_is(const struct caller *who, struct bytes person);
/* Whether it is a session with this role, second factor given. */
bool caller_has(const struct caller *who, enum role role);
/* For records (chanceryBy): the person id, or "uid:N"; out has room for 40. */
char *caller_name(const struct caller *who, char out[40]);

/* --- calls ---------------------------------------------------------------------- */

/* Handles one call whose fields were checked and whose caller may make it. The
 * answer is line_ok() with fields, or line_refuse*(); NULL for no memory. */
typedef json_t *
call_fn(struct clerk *c, const struct caller *who, const json_t *request);

/* The line server's function: finds the call in the table, checks peer, session,
 * rights and fields, in this order; logs. ctx: the clerk. */
json_t *clerk_answer(const json_t *request, const struct line_peer *peer, void *ctx);

/* --- services ------------------------------------------------------------------- */

/* Seconds since 1970; the only clock that decides. */
int64_t clerk_now(const struct clerk *c);

/*
 * Borrows a connection bound as the clerk's identity, at most conf.connections at
 * once (the next one waits, at most 10 s). 0; ERR_IO: the directory is away or all
 * are in use (becomes the answer "busy"). Give it back with clerk_directory_end,
 * which leaves NULL; a broken one is closed there and replaced by the next call.
 */
int clerk_directory(struct clerk *c, struct connection **out, struct err *e);
void clerk_directory_end(struct clerk *c, struct connection **cp);

/*
 * Writes a line to the audit log, on the disk before it returns: call it before the
 * act, and do not act when it fails. The call's id and who made it are added; who
 * is NULL for what the clerk does by itself. fields is taken, or NULL.
 */
int clerk_audit(struct clerk *c, const struct caller *who, const char *event,
    json_t *fields, struct err *e);

/* Where a file of the program's state is: "CONF.state/NAME". */
int clerk_state_path(
    const struct clerk *c, const char *name, char *out, size_t size, struct err *e);

/* --- log ------------------------------------------------------------------------ */

enum log_level {
	LOG_LEVEL_ERROR = 3, /* as in syslog(3) */
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
};

/* One line to stderr (the journal's), with the call's id; who may be NULL. Control
 * characters become '?'. Never a password, PIN, token or key. */
void clerk_log(enum log_level level, const struct caller *who, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
