/*
 * The names that filters use: which of the directory's own attributes the plan
 * treats in a way of their own, what the names of other directories stand for,
 * and which kind of entry an attribute or object class belongs to. Tables and
 * look-ups only; query_leaf.c decides what to do with the answer.
 */
#ifndef CHANCERY_CORE_QUERY_NAMES_H
#define CHANCERY_CORE_QUERY_NAMES_H

#include "core/query.h"

enum query_trait {
	QUERY_TRAIT_MAIL = 1 << 0,
	QUERY_TRAIT_NAME = 1 << 1,	/* of a person: umlauts have two spellings */
	QUERY_TRAIT_FULL_NAME = 1 << 2, /* holds given name and surname */
	QUERY_TRAIT_CERTIFICATE = 1 << 3,
	QUERY_TRAIT_CLASS = 1 << 4,	 /* objectClass */
	QUERY_TRAIT_IDENTIFIES = 1 << 5, /* a value of it names somebody */
};

struct query_attr {
	struct bytes name;     /* as the plan spells it */
	struct bytes other[2]; /* further names, OID; or empty */
	unsigned traits;
	unsigned kinds; /* of entry, beside QUERY_PEOPLE */
};

/* What a name that is not ours stands for. */
enum query_stand_in {
	QUERY_AS_ATTRIBUTE, /* the same question about another attribute */
	QUERY_AS_PROXY,	    /* mail behind "smtp:" */
	QUERY_AS_NICKNAME,  /* what stands before the '@' of mail */
	QUERY_AS_ANYTHING,  /* ambiguous name resolution: names and mail */
	QUERY_AS_CATEGORY,  /* objectCategory: a word or a DN, names a class */
};

struct query_foreign {
	struct bytes name;
	enum query_stand_in as;
	struct bytes attr; /* of QUERY_AS_ATTRIBUTE */
};

/* Name without options. NULL where it has no row. */
const struct query_attr *query_attr_find(struct bytes name);
const struct query_foreign *query_foreign_find(struct bytes name);

/* The kinds besides QUERY_PEOPLE that an object class names; 0 if none. */
unsigned query_class_kinds(struct bytes class_name);

/* What another directory's object class stands for, or empty. */
struct bytes query_class_foreign(struct bytes class_name);

/* "cn;lang-de" gives "cn". */
struct bytes query_attr_base(struct bytes description);

/* Whether the options are none, or only "binary" in any case. */
bool query_attr_only_binary(struct bytes description);

#endif
