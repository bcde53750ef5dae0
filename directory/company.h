/*
 * The company directory: Active Directory, or any other one, that tells who there
 * is, and whether a password is right. It is read as a service account and never
 * written here. What people type reaches it as one escaped value in a filter, and as
 * a password in one bind with the DN that the search found; whom it let in is known
 * by the GUID of the entry, which stays when names and addresses change.
 *
 * Referrals are not followed. Every wait has a deadline; what cannot be bounded
 * (the resolver of names) is the caller's to bound. Called by the clerk.
 */
#ifndef CHANCERY_DIRECTORY_COMPANY_H
#define CHANCERY_DIRECTORY_COMPANY_H

#include "core/arena.h"
#include "directory/match.h"
#include "directory/search.h"

enum {
	COMPANY_ID_TEXT = 32,	/* hex digits of a GUID, lower case */
	COMPANY_USER_MAX = 256, /* bytes of what is typed as a user name */
	COMPANY_PASSWORD_MAX = 1024,
	COMPANY_LOGIN_MAX = 8,	     /* attributes that a user name is looked for in */
	COMPANY_ADDRESSES_MAX = 256, /* of one entry */
	COMPANY_SECONDS = 3,	     /* for one step: a connection, a question */
	COMPANY_ATTRS_MAX = 40,
};

/*
 * What to read: attribute names and filters, "" or NULL for what the kind has.
 * All texts must live as long as the company made of them.
 */
struct company_how {
	struct connection_how reader; /* URI, TLS, the service account */
	const char *base;
	const char *kind;	  /* "ad", "generic" */
	const char *id;		  /* attribute with the GUID */
	const char *const *login; /* attributes with the user name */
	size_t n_login;
	const char *mail;      /* the primary address; several: the first one */
	const char *aliases;   /* further ones; "SMTP:" marks the primary one */
	const char *name;      /* to be shown; cn where it is missing */
	const char *people;    /* filter: people and mailboxes */
	const char *disabled;  /* filter, as match.h understands it */
	const char *shared;    /* the same: shared mailboxes */
	const char *delegates; /* attribute of a mailbox: DNs */
	const char *unit;      /* department */
	const char *member;    /* memberOf: groups of an entry; else: of a group */
	bool nested;	       /* groups in groups (Active Directory's rule) */
};

struct company {
	struct company_how how; /* nothing is "" that has a default */
	struct match disabled, shared;
	const char *attrs[COMPANY_ATTRS_MAX + 1]; /* to ask for; ends with NULL */
	bool binary_id;				  /* 16 octets, as objectGUID */
	struct arena arena;
};

/* 0; ERR_SYNTAX, ERR_UNSUPPORTED (a filter), ERR_LIMIT, ERR_MEMORY. */
int company_new(const struct company_how *how, struct company **out, struct err *e);
void company_free(struct company **cp);

/* One person or mailbox: views into the entry that it was read from, and into the
 * arena that was given. */
struct company_entry {
	const char *dn;
	char id[COMPANY_ID_TEXT + 1];
	struct bytes login; /* of the first attribute that has one */
	struct bytes name, given, surname;
	struct bytes phone, title, unit, place;
	/* As the directory has them, the primary one first, each once (without case).
	 * Nobody has checked that they are addresses. */
	struct entry_values mail;
	size_t mail_over; /* so many more than COMPANY_ADDRESSES_MAX, left out */
	bool disabled, shared;
	struct entry_values delegates; /* DNs */
	struct entry_values groups;    /* DNs, where `member` is memberOf */
};

/*
 * A GUID as 32 hex digits in the order in which it is written ("objectGUID" as
 * PowerShell shows it, entryUUID as ldapsearch does), without dashes. Of a binary
 * one the first three fields are little-endian (MS-DTYP 2.3.4.2). 0 or ERR_SYNTAX.
 */
int company_id_read(struct bytes value, bool binary, char out[COMPANY_ID_TEXT + 1]);

/* ERR_SYNTAX: it has no GUID; ERR_MEMORY. */
int company_from_entry(const struct company *co, const struct entry *entry,
    struct arena *a, struct company_entry *out, struct err *e);

/* --- one ------------------------------------------------------------------------- */

/* Each of these reads as the service account over c; *store holds what was found,
 * and is the caller's to free with search_result_fini in any case. */

/*
 * Who is meant by this user name: exactly one entry with it in one of the login
 * attributes. 1; 0 nobody, or several, or no user name at all (empty, too long, not
 * UTF-8, control characters); ERR_IO, ERR_DIRECTORY, ERR_SYNTAX.
 */
int
company_find_login(struct connection *c, const struct company *co, struct bytes user,
    struct search_result *store, struct company_entry *out, struct err *e);

/* By GUID. 1, 0, ERR_*. */
int company_get(struct connection *c, const struct company *co, struct bytes id,
    struct search_result *store, struct company_entry *out, struct err *e);

/* By address, primary or not: exactly one entry has it. 1; 0 nobody, or several (then
 * store->n is more than 1); ERR_*. */
int company_find_address(struct connection *c, const struct company *co,
    struct bytes address, struct search_result *store, struct company_entry *out,
    struct err *e);

/* By DN, as delegates are given. 1, 0 (also where it is no person or mailbox), ERR_*.
 */
int company_get_dn(struct connection *c, const struct company *co, struct bytes dn,
    struct search_result *store, struct company_entry *out, struct err *e);

/* Which of these groups it is in: bits 1 << i; n is at most 32. 0 or ERR_*. */
int company_groups(struct connection *c, const struct company *co,
    const struct company_entry *entry, const char *const *group, size_t n,
    uint32_t *out, struct err *e);

/* --- a login --------------------------------------------------------------------- */

enum company_login {
	COMPANY_RIGHT,
	COMPANY_WRONG,	  /* password; or there is none */
	COMPANY_DISABLED, /* the password was right, the account is not in use */
	COMPANY_EXPIRED,  /* the password was right, and has to be changed */
};

/*
 * Binds as the entry that was found, on a connection of its own, and reads the entry
 * again over it: the same GUID must be there. An empty password, and one with NUL,
 * is COMPANY_WRONG without any bind (RFC 4513 section 5.1.2). 0 and *out; ERR_IO: no
 * answer; ERR_DIRECTORY, ERR_SYNTAX: an answer that makes no sense.
 */
int company_login(const struct company *co, const struct company_entry *entry,
    struct bytes password, enum company_login *out, struct err *e);

/* --- all ------------------------------------------------------------------------- */

/* Takes one, which lives until it returns; anything but 0 ends the search. */
typedef int company_fn(const struct company_entry *entry, void *ctx);

/* Every person and mailbox below the base, page by page. An entry without a GUID is
 * passed over and counted. 0; ERR_IO; ERR_DIRECTORY where it was cut short; what fn
 * returned. */
int company_each(struct connection *c, const struct company *co, company_fn *fn,
    void *ctx, size_t *passed_over, struct err *e);

/* The members of a group, those of groups in it only where `nested` makes the server
 * find them. As company_each; a group that is not there has none. */
int company_members(struct connection *c, const struct company *co, const char *group,
    company_fn *fn, void *ctx, struct err *e);

#endif
