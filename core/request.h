/*
 * The life of a request: its states and a delivery's as one table each, the names of
 * requests, and what is to be done next, decided from the fields of its record. Also
 * whether a new request may be made. Pure: the clock is an argument. Called by
 * directory/ (words), the clerk's runner and its calls. ARCHITECTURE.md, "The
 * registry", has the same tables in words.
 */
#ifndef CHANCERY_CORE_REQUEST_H
#define CHANCERY_CORE_REQUEST_H

#include "core/bytes.h"
#include "core/err.h"

/* State, word in the directory, may become (a set of REQUEST_BITs). */
#define REQUEST_STATES(X)                                                              \
	X(REQUEST_WAITING, "waiting",                                                  \
	    REQUEST_BIT(NEW) | REQUEST_BIT(REFUSED) | REQUEST_BIT(EXPIRED))            \
	X(REQUEST_NEW, "new",                                                          \
	    REQUEST_BIT(PREPARED) | REQUEST_BIT(FAILED) | REQUEST_BIT(CANCELED))       \
	X(REQUEST_PREPARED, "prepared", REQUEST_BIT(ISSUED) | REQUEST_BIT(FAILED))     \
	X(REQUEST_ISSUED, "issued", REQUEST_BIT(PUBLISHED))                            \
	X(REQUEST_PUBLISHED, "published", REQUEST_BIT(DONE))                           \
	X(REQUEST_DONE, "done", 0)                                                     \
	X(REQUEST_FAILED, "failed", 0)                                                 \
	X(REQUEST_REFUSED, "refused", 0)                                               \
	X(REQUEST_CANCELED, "canceled", 0)                                             \
	X(REQUEST_EXPIRED, "expired", 0)

enum request_state {
#define X(name, word, next) name,
	REQUEST_STATES(X)
#undef X
	REQUEST__MAX
};

/* What is mailed or shown to one recipient. */
#define DELIVERY_STATES(X)                                                             \
	X(DELIVERY_NEW, "new")	       /* no PIN yet */                                \
	X(DELIVERY_SEALED, "sealed")   /* the PIN is sealed: can be mailed */          \
	X(DELIVERY_MAILED, "mailed")   /* handed to the mail relay */                  \
	X(DELIVERY_EXPIRED, "expired") /* the PIN is destroyed */

enum delivery_state {
#define X(name, word) name,
	DELIVERY_STATES(X)
#undef X
	DELIVERY__MAX
};

#define CERTIFICATE_STATES(X)                                                          \
	X(CERTIFICATE_VALID, "valid") /* published, until it expires */                \
	X(CERTIFICATE_REPLACED,                                                        \
	    "replaced") /* by a newer one; still good for reading */                   \
	X(CERTIFICATE_REVOKED, "revoked")

enum certificate_state {
#define X(name, word) name,
	CERTIFICATE_STATES(X)
#undef X
	CERTIFICATE__MAX
};

/* The word; "?" for what is no state. Static. */
const char *request_state_word(enum request_state s);
const char *delivery_state_word(enum delivery_state s);
const char *certificate_state_word(enum certificate_state s);

/* 0; ERR_UNSUPPORTED with the word. Without case. */
int request_state_read(struct bytes word, enum request_state *out, struct err *e);
int delivery_state_read(struct bytes word, enum delivery_state *out, struct err *e);
int
certificate_state_read(struct bytes word, enum certificate_state *out, struct err *e);

/* Whether the table has this transition. */
bool request_may_become(enum request_state from, enum request_state to);

/* Whether something may still become of it: at most one request of a person or
 * mailbox is open. */
bool request_is_open(enum request_state s);

/* --- names --------------------------------------------------------------------- */

enum {
	REQUEST_PERSON_LEN = 32,	/* hex digits of a GUID */
	REQUEST_NUMBER_MAX = 999999999, /* requests of a person or mailbox */
	REQUEST_ID_SIZE = REQUEST_PERSON_LEN + 1 + 9 + 1,
};

/* "0123456789abcdef0123456789abcdef-12": whose, and which of theirs. */
struct request_id {
	char person[REQUEST_PERSON_LEN + 1]; /* lower case */
	uint32_t number;		     /* from 1 */
};

/* Whether this is a person id: 32 lower-case hex digits. */
bool request_person_valid(struct bytes text);

/* 0; ERR_SYNTAX: not exactly as request_id_print writes it. */
int request_id_parse(struct bytes text, struct request_id *out, struct err *e);

/* Returns buf. */
char *request_id_print(const struct request_id *id, char buf[REQUEST_ID_SIZE]);

/* --- what comes next -------------------------------------------------------------- */

enum request_step {
	REQUEST_REST,	 /* nothing, before `next` or for ever */
	REQUEST_EXPIRE,	 /* nobody agreed in time */
	REQUEST_PREPARE, /* serial, to-be-signed bytes, sealed key */
	REQUEST_ISSUE,	 /* signature; certificate and key recorded */
	REQUEST_PUBLISH, /* onto the entry */
	REQUEST_DELIVER, /* to every recipient */
};

/* Of the record. */
struct request_facts {
	enum request_state state;
	int64_t next;  /* not before this second; 0: at once */
	int64_t until; /* `waiting`: its end; 0: none */
};

enum request_step request_next_step(const struct request_facts *f, int64_t now);

/* --- whether a new one may be made ------------------------------------------------ */

enum request_answer {
	REQUEST_MAKE,	  /* with number *number_out */
	REQUEST_GIVE,	  /* the one of number *number_out, which is there already */
	REQUEST_TOO_MANY, /* today */
	REQUEST_AHEAD,	  /* `after` names one that does not exist */
};

struct request_past {
	uint32_t last;		       /* highest number there is; 0: none */
	enum request_state last_state; /* of it */
	unsigned today;		       /* how many were begun within 24 hours */
	unsigned most_a_day;	       /* 0: no limit */
};

/*
 * after: the number of the last request that the caller has seen. Who comes second
 * with the same one is given what the first one made; who has seen an open request
 * is given that one. So a double click or a retry makes nothing twice.
 */
enum request_answer
request_start(const struct request_past *past, uint32_t after, uint32_t *number_out);

#endif
