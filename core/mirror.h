/*
 * The mirror's decisions: what should stand in ou=people, told from what the company
 * directory has. All of its people are put in, then settled: addresses read and
 * compared, those refused that are malformed, outside of the organization's domains or
 * somebody else's too, and what is wrong said in a sentence each. Then every entry of
 * ou=people is compared with what is wanted. Asks nobody, writes nothing. Called by
 * the clerk.
 */
#ifndef CHANCERY_CORE_MIRROR_H
#define CHANCERY_CORE_MIRROR_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	MIRROR_ID = 32,		    /* hex digits */
	MIRROR_ADDRESSES_MAX = 256, /* of one entry */
	MIRROR_TEXT_MAX = 256,	    /* bytes of a name, a title ... */
	MIRROR_PEOPLE_MAX = 2 * 1000 * 1000,
	MIRROR_DOMAINS_MAX = 1000,
	MIRROR_PROBLEMS_MAX = 10 * 1000, /* told; more are counted */
	/* More leavers than this, and than so many of a hundred, are no leavers. */
	MIRROR_LEAVERS = 10,
	MIRROR_LEAVERS_PERCENT = 5,
};

/* The attributes that are copied as text. */
enum mirror_text {
	MIRROR_DISPLAY,
	MIRROR_CN, /* always the same as DISPLAY */
	MIRROR_GIVEN,
	MIRROR_SURNAME,
	MIRROR_PHONE,
	MIRROR_TITLE,
	MIRROR_UNIT,
	MIRROR_PLACE,
	MIRROR_TEXTS
};

/* What differs: 1 << a text, or one of these. */
enum mirror_change {
	MIRROR_MAIL = 1 << 16,	/* addresses, or their order */
	MIRROR_KIND = 1 << 17,	/* person, mailbox */
	MIRROR_OWNER = 1 << 18, /* it is not marked as this person's yet */
	MIRROR_NAMED = 1 << 19, /* the entry has the name of another address */
};

/* As the company directory has it; nobody has checked anything. */
struct mirror_person {
	struct bytes id; /* 32 hex digits, lower case */
	struct bytes dn; /* for sentences */
	bool shared, disabled;
	const struct bytes *mail; /* the primary address first */
	size_t n_mail;
	size_t n_mail_over;		 /* further ones that nobody read */
	struct bytes text[MIRROR_TEXTS]; /* CN is not looked at */
};

/* As it stands in ou=people, or should. */
struct mirror_entry {
	struct bytes id; /* empty: nobody's that we know */
	bool shared;
	const struct bytes *mail; /* the primary address first: it names the entry */
	size_t n_mail;
	struct bytes text[MIRROR_TEXTS]; /* empty: not there */
	unsigned odd;			 /* as it stands: texts with several values */
	struct bytes named; /* as it stands: the address that names it, or empty */
};

enum mirror_state {
	MIRROR_PRESENT,
	MIRROR_DISABLED,
	MIRROR_REFUSED, /* there, but without any address that may be published */
};

struct mirror_row {
	struct mirror_entry want; /* of MIRROR_PRESENT; else its id only */
	enum mirror_state state;
	struct bytes dn;
	bool seen; /* the caller's: an entry for it was found */
};

struct mirror_problem {
	const char *kind;     /* "conflict", "outside", "syntax", "limit", "id" */
	struct bytes address; /* or empty */
	struct bytes id;      /* of one whom it is about */
	const char *text;     /* one sentence */
};

/* Domains as people write them (U- or A-labels). No own ones: all are. */
struct mirror_domains {
	const char *const *own;
	size_t n_own;
	const char *const *ignored; /* addresses there are left out in silence */
	size_t n_ignored;
};

struct mirror;

/* 0; ERR_SYNTAX (no domain), ERR_LIMIT, ERR_MEMORY. */
int
mirror_new(const struct mirror_domains *domains, struct mirror **out, struct err *e);
void mirror_free(struct mirror **mp);

/* Puts one in; everything is copied. One with an id that is there already is left out,
 * and told. 0, ERR_LIMIT, ERR_MEMORY. */
int mirror_add(struct mirror *m, const struct mirror_person *p, struct err *e);

/* After the last one: who may have which address. 0 or ERR_MEMORY. What follows is
 * for afterwards. */
int mirror_settle(struct mirror *m, struct err *e);

size_t mirror_count(const struct mirror *m);
struct mirror_row *mirror_at(const struct mirror *m, size_t i);
/* By id; NULL: the company directory has no such entry. */
struct mirror_row *mirror_find(const struct mirror *m, struct bytes id);
/* Who is to have this address in ou=people: MIRROR_PRESENT, or NULL. */
struct mirror_row *mirror_find_address(const struct mirror *m, struct bytes address);

/* What is wrong with the company directory's people; *over: how many more. */
const struct mirror_problem *
mirror_problems(const struct mirror *m, size_t *n_out, size_t *over_out);

/* What has to change; 0: nothing. */
unsigned mirror_compare(const struct mirror_entry *want, const struct mirror_entry *is);

/* Whether so many leavers among so many that are managed are rather a directory that
 * does not tell everything. listed: whom it told at all. */
bool mirror_is_disappearance(size_t leavers, size_t managed, size_t listed);

/* A stranger's text for a sentence: at most `most` bytes, whole code points, others
 * than UTF-8 and control characters as '?'. out has room for most + 1. */
const char *mirror_text_show(struct bytes in, char *out, size_t most);

#endif
