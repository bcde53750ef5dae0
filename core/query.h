/*
 * The query plan: what a mail program's LDAP filter stands for, and which
 * filter to run instead of it under a published base. Pure: filters come in
 * as a tree, the plan goes out as RFC 4515 text, and the adapter turns both
 * into its server's own types.
 *
 * Rules (each with its cases in tests/unit/test_query.c):
 * - An attribute that is not published is treated like one that does not
 *   exist: nobody can find out by filters what is not shown.
 * - Names that other directories have are read as ours: anr, proxyAddresses,
 *   mailNickname, userPrincipalName, display-name ...
 * - An unknown part is false within OR, and its negation is true. Within AND
 *   it is passed over if what remains still names somebody: an equality or
 *   substring on an identifying attribute, or an OR of such, in which parts on
 *   other attributes (one word asked of many) may stand too. Otherwise nothing
 *   matches, so that (&(userCertificate=*)(unknown=x)) never returns everybody.
 *   A value that does not fit a published attribute (known == false) is false,
 *   not unknown.
 * - Addresses: any case; a U-label domain as its A-label; "a+tag@d" also finds
 *   "a@d" where rules->plus_tags says so.
 * - Parts about certificates ask what is published, not what is stored: the
 *   plan then has a `candidates` filter that is wide enough, and an `exact`
 *   one to be tested on the entry as it will be sent.
 * - A person search finds people: entries of authorities and OpenPGP keys are
 *   wanted only if the filter names an attribute or object class of theirs.
 */
#ifndef CHANCERY_CORE_QUERY_H
#define CHANCERY_CORE_QUERY_H

#include "core/arena.h"
#include "core/bytes.h"
#include "core/err.h"

enum query_op {
	QUERY_AND,
	QUERY_OR,
	QUERY_NOT,
	QUERY_PRESENT,
	QUERY_EQUAL,
	QUERY_SUBSTRING,
	QUERY_GREATER, /* >= */
	QUERY_LESS,    /* <= */
	QUERY_APPROX,
	QUERY_EXTENSIBLE,
	QUERY_TRUE,    /* (&) */
	QUERY_FALSE,   /* (|) */
	QUERY_UNKNOWN, /* undefined, and nothing more is known of it */
};

struct query {
	enum query_op op;
	bool known;	      /* the server has the attribute and the value fits it */
	bool dn_attrs;	      /* of QUERY_EXTENSIBLE */
	struct bytes attr;    /* attribute description, with options; may be empty for
			       * QUERY_EXTENSIBLE */
	struct bytes value;   /* raw, not escaped; of EQUAL, GREATER ... EXTENSIBLE */
	struct bytes rule;    /* matching rule of QUERY_EXTENSIBLE, may be empty */
	struct bytes initial; /* of QUERY_SUBSTRING; empty where absent */
	struct bytes final;
	const struct bytes *any;
	size_t n_any;
	struct query *child; /* first operand of AND, OR, NOT */
	struct query *next;  /* next operand of the same parent */
};

enum {
	QUERY_MAX_DEPTH = 32,
	QUERY_MAX_NODES = 2048,
	/* A plan may be larger than what was asked: two words, umlauts, tags.
	 * query_parse reads back what query_plan wrote. */
	QUERY_MAX_PLANNED = 2 * QUERY_MAX_NODES,
	QUERY_MAX_PLANNED_DEPTH = QUERY_MAX_DEPTH + 8,
	QUERY_MAX_TEXT = 128 * 1024, /* bytes of a planned filter */
};

/* Kinds of entries, as bits. */
enum query_kind {
	QUERY_PEOPLE = 1 << 0,	    /* ou=people and ou=partners */
	QUERY_KEYS = 1 << 1,	    /* ou=keys, cn=PGPServerInfo */
	QUERY_AUTHORITIES = 1 << 2, /* ou=authorities */
	QUERY_STRUCTURE = 1 << 3,   /* the base and the containers themselves */
};

struct query_rules {
	bool plus_tags;
	/* Is this attribute (its name without options) published? */
	bool (*is_published)(struct bytes attr, void *ctx);
	void *ctx;
};

struct query_plan {
	bool unchanged;		/* run the client's own filter; texts are NULL */
	const char *candidates; /* the filter to run */
	const char *exact;	/* to test on the entry as sent, or NULL */
	unsigned kinds;		/* enum query_kind bits; QUERY_PEOPLE always, the others
				 * where a part outside of every NOT names them */
	bool nothing;		/* can match nothing: answer without searching */
};

/*
 * Makes the plan. Its texts live in the arena; bytes outside of printable
 * ASCII are escaped in them (RFC 4515 section 3). 0; ERR_LIMIT with a sentence
 * over QUERY_MAX_*; ERR_MEMORY.
 *
 * A part with known == false is still read by its attribute and value: a mail
 * with a U-label, userSMIMECertificate;binary (which a server may not know
 * under this option), anr. An attribute description of a known part must be
 * well-formed: it is copied into the text.
 */
int query_plan(const struct query *q, const struct query_rules *rules, struct arena *a,
    struct query_plan *out, struct err *e);

/*
 * Reads RFC 4515 text into a tree in the arena, for tests and tools (the
 * overlay gets trees from slapd). Taken too: one part without parentheses, and
 * slapd's log notation (?=true), (?=false), (?=undefined), (?=error). Every
 * part is marked known unless is_known says otherwise of its attribute
 * description (NULL: all known). 0, ERR_SYNTAX, ERR_LIMIT, ERR_MEMORY.
 */
int query_parse(struct bytes text, bool (*is_known)(struct bytes attr), struct arena *a,
    struct query **out, struct err *e);

#endif
