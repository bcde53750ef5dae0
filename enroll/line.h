/*
 * The protocol between Chancery's programs: one JSON object a line, each way, over
 * a Unix socket (ARCHITECTURE.md, "The protocol"). Here are framing, limits,
 * deadlines and the peer's credentials; what a call means is its program's. Memory
 * that held a line or a JSON value is wiped when it is given back, because PINs
 * and passwords pass through. Called by every program and by the command.
 */
#ifndef CHANCERY_ENROLL_LINE_H
#define CHANCERY_ENROLL_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"

enum {
	LINE_MAX_BYTES =
	    8 * 1024 * 1024,	      /* of one line, unless the server wants less */
	LINE_MAX_DEPTH = 8,	      /* of nested arrays and objects */
	LINE_MAX_VALUES = 500 * 1000, /* of one line: they cost more than bytes do */
	LINE_CALL_MS = 30 * 1000,     /* a client waits this long, by default */
	LINE_TYPE_SECONDS = 10,	      /* a begun line must be whole after this */
	LINE_IDLE_SECONDS = 60,
	LINE_CLIENTS = 64,
	LINE_STOP_SECONDS = 10, /* calls at work may still take this long */
};

/* Makes jansson wipe what it frees, and ready for a sandbox. Once, before any other
 * call and thread. */
void line_init(void);

/* --- answers ------------------------------------------------------------------ */

/* {"ok":true}; fill it with json_object_set_new. NULL without memory. */
json_t *line_ok(void);

/* {"ok":false,...}; word is one of ARCHITECTURE.md's, text one sentence. */
json_t *line_refuse(const char *word, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same from a struct err: its code gives the word. */
json_t *line_refuse_err(const struct err *e);

/* --- fields -------------------------------------------------------------------- */

enum line_type {
	LINE_TEXT,  /* string, at most `most` bytes, no control characters */
	LINE_BYTES, /* base64 of at most `most` bytes */
	LINE_INT,   /* 0 to INT64_MAX */
	LINE_BOOL,
	LINE_LIST, /* array of at most `most` values */
};

/* One field of a call: a table of these, ending with a NULL name, says what a call
 * may and must carry. */
struct line_field {
	const char *name;
	enum line_type type;
	bool optional;
	size_t most;
};

/* Holds a request against its table ("call", and "session" where the table has it,
 * included): a field that is missing, unknown, of another type or too long is
 * ERR_SYNTAX or ERR_LIMIT with its name. */
int line_check(const json_t *request, const struct line_field *fields, struct err *e);

/* Fields that line_check saw; empty view, 0, false where there is none. Text stays
 * the object's. */
struct bytes line_text(const json_t *o, const char *name);
int64_t line_int(const json_t *o, const char *name);
bool line_bool(const json_t *o, const char *name);
/* Decoded base64 (line_bytes.c, which needs OpenSSL's memory): 0 and *out the caller's
 * (empty where there is none), or ERR_*. */
int line_bytes(const json_t *o, const char *name, struct owned *out, struct err *e);
int line_secret(const json_t *o, const char *name, struct secret *out, struct err *e);

/* Puts them in; 0 or ERR_MEMORY. What is not UTF-8 or is NUL becomes '?': JSON has no
 * place for it. */
int line_set_text(json_t *o, const char *name, struct bytes text);
int line_set_int(json_t *o, const char *name, int64_t value);
int line_set_bytes(json_t *o, const char *name, struct bytes value);

/* --- server --------------------------------------------------------------------- */

struct line_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/* Answers one call: a new object, which the server sends and frees; NULL says
 * "internal". The request is borrowed. Called by many threads at once. */
typedef json_t *
line_answer_fn(const json_t *request, const struct line_peer *peer, void *ctx);

struct line_options {
	const char *path;      /* of the socket; removed and made anew */
	mode_t mode;	       /* 0600, or 0660 for a group */
	const char *group;     /* whose the socket is; NULL or "": as it comes */
	size_t max_bytes;      /* of a request; 0: LINE_MAX_BYTES */
	unsigned max_clients;  /* at once; more wait in the backlog; 0: LINE_CLIENTS */
	unsigned idle_seconds; /* who says nothing is let go; 0: LINE_IDLE_SECONDS */
	unsigned type_seconds; /* 0: LINE_TYPE_SECONDS */
};

struct line_server;

/* 0; ERR_IO (also where another process answers on it); ERR_LIMIT (a path too long);
 * ERR_MEMORY. A socket that systemd passed (LISTEN_FDS) is taken instead where there
 * is one. */
int line_listen(const struct line_options *options, line_answer_fn *answer, void *ctx,
    struct line_server **out, struct err *e);

/* Serves until line_stop, a thread a client; then lets those that are at work finish
 * their call (at most LINE_STOP_SECONDS). 0; ERR_IO, after which the process should
 * end: the threads that did not finish still use the server. */
int line_serve(struct line_server *s, struct err *e);

/* From a signal handler or another thread; for good. */
void line_stop(struct line_server *s);
void line_server_free(struct line_server **sp);

/* --- client ----------------------------------------------------------------------- */

/*
 * One call over a connection of its own: sends {"call":name, ...fields}, waits at
 * most ms milliseconds for the whole answer. `fields` (an object or NULL) is taken,
 * also after an error. 0 and *answer_out (the caller's to json_decref), whatever
 * it says ("ok" may be false); ERR_IO (not there, too late, closed), ERR_SYNTAX.
 */
int line_call(const char *path, const char *name, json_t *fields, int ms,
    json_t **answer_out, struct err *e);

/* The same where only "ok":true will do: a refusal becomes a struct err, whose code
 * fits the word. */
int line_ask(const char *path, const char *name, json_t *fields, int ms,
    json_t **answer_out, struct err *e);

#endif
