/*
 * The registry (ou=registry): requests, certificates, sealed keys and tokens as C
 * structs. Reads and writes, decides nothing; which states there are and what follows
 * from them is core/request.h's. ARCHITECTURE.md, "The registry", says what each
 * field is for.
 *
 * Every change is a compare-and-swap: it happens only if the entry is still the one
 * that was read (its entryCSN). Every new entry is insert-if-absent: its name says
 * what it is, so that the same thing is never there twice. Called by the clerk.
 */
#ifndef CHANCERY_DIRECTORY_REGISTRY_H
#define CHANCERY_DIRECTORY_REGISTRY_H

#include "core/request.h"
#include "directory/fields.h"
#include "directory/search.h"

enum registry_class {
	REGISTRY_REQUEST,
	REGISTRY_CERTIFICATE,
	REGISTRY_KEY,
	REGISTRY_TOKEN,
	REGISTRY__MAX
};

enum {
	REGISTRY_ID_MAX = 128,
	REGISTRY_STATES_MAX = 6, /* that one question asks for */
};

/* The beginning of every record. A new one needs its id only. */
struct registry_head {
	const char *dn;
	struct bytes id;
	struct bytes csn;
};

/* Everything below: views into what was read; times are seconds, 0 where there is
 * none; texts empty where there are none. */

struct registry_request {
	struct registry_head head;
	enum request_state state;
	struct bytes person; /* whose: GUID, 32 hex digits */
	struct bytes kind;   /* of the certificate: mailbox, organization, person */
	struct bytes form;   /* of the PFX: modern, compatible; none: own key */
	struct bytes language;
	struct bytes by;	      /* who asked: a person, or "uid:N" */
	struct entry_values delegate; /* of a shared mailbox: who gets a PFX */
	struct entry_values mail;     /* the primary address first */
	struct bytes given, surname, display;
	int64_t begin; /* when it was asked for; then, when it was prepared */
	int64_t until; /* `waiting`: its end */
	int64_t next;  /* not tried again before */
	int64_t count; /* of attempts that failed, since the last step that did not */
	struct bytes serial; /* lower-case hex */
	struct bytes spki, tbs;
	struct bytes sealed; /* the private key, until it is recorded on its own */
	struct bytes reason, problem;
};

struct registry_certificate {
	struct registry_head head; /* id: the serial number, lower-case hex */
	enum certificate_state state;
	struct bytes person, request, kind, by;
	struct entry_values mail;
	struct bytes display;
	struct bytes der;
	int64_t begin, until;
	int64_t next; /* its next reminder */
	struct bytes reason;
	int64_t revoked_at;
	struct entry_values stage; /* reminders that were sent: "60" ... */
};

struct registry_key {
	struct registry_head head; /* id: the request's */
	struct bytes person, serial, sealed;
	int64_t until;
};

struct registry_token {
	struct registry_head head;
	struct bytes kind;  /* delivery, session, attempts, factor, setup, notice ... */
	struct bytes state; /* a delivery's: core/request.h */
	struct bytes person, request, link, by;
	struct bytes sealed; /* a PIN */
	struct bytes secret; /* of a second factor */
	int64_t begin, until, next, count;
	struct entry_values role, stage;
	struct bytes text, problem, reason, language, form, mail, display;
};

/* --- entries -------------------------------------------------------------------- */

/* Makes the containers that are missing. 0 or ERR_*. */
int registry_open(struct connection *c, const char *suffix, struct err *e);

/*
 * Reads one. out: a struct of this class, views into *store, which the caller frees
 * with search_result_fini, also after an error. 0; ERR_NOT_FOUND; ERR_SYNTAX (an
 * entry that does not mean anything); ERR_DIRECTORY; ERR_IO.
 */
int registry_get(struct connection *c, const char *suffix, enum registry_class class,
    struct bytes id, struct search_result *store, void *out, struct err *e);

/* A new entry of this struct (its head's id; csn and dn are not looked at).
 * 1 made; 0 there is one of this id already; ERR_*. */
int registry_add(struct connection *c, const char *suffix, enum registry_class class,
    const void *record, struct err *e);

/* Changes what was read: 1; 0 somebody else changed it: read again; ERR_NOT_FOUND;
 * ERR_IO: nobody knows, read again; ERR_DIRECTORY. */
int registry_change(struct connection *c, const struct registry_head *head,
    const struct fields *f, struct err *e);

/* Deletes what was read. As registry_change. */
int
registry_delete(struct connection *c, const struct registry_head *head, struct err *e);

/* --- many ------------------------------------------------------------------------ */

/* All that is not empty must hold. Strangers' text may stand in it. */
struct registry_where {
	const char *state[REGISTRY_STATES_MAX]; /* one of these */
	struct bytes person, kind, request, link, mail, serial, by;
	int64_t due;   /* chanceryNext at or before this second */
	int64_t ended; /* chanceryUntil at or before it */
	int64_t since; /* chanceryBegin at or after it */
	int64_t after; /* chanceryUntil at or after it */
};

/* Called with a struct of the class, which lives until it returns. Anything but 0
 * ends the search and is returned by registry_each. It must not use the connection. */
typedef int registry_fn(const void *record, void *ctx);

/* Every record of these, in any order; entries that mean nothing are passed over.
 * 0; ERR_DIRECTORY; ERR_IO; what fn returned. */
int registry_each(struct connection *c, const char *suffix, enum registry_class class,
    const struct registry_where *where, registry_fn *fn, void *ctx, struct err *e);

/*
 * The same, kept: *out is an array of the class's structs in *store's arena, at most
 * SEARCH_MAX_KEPT (more: ERR_LIMIT). Free *store in any case.
 */
int registry_find(struct connection *c, const char *suffix, enum registry_class class,
    const struct registry_where *where, struct search_result *store, void *out,
    size_t *n_out, struct err *e);

/* --- for those who read a registry's entry themselves ------------------------------
 */

/* What to ask for. */
extern const char *const registry_attrs[];

/* 0, or ERR_SYNTAX with the attribute. */
int registry_from_entry(
    const struct entry *entry, enum registry_class class, void *out, struct err *e);

#endif
