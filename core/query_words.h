/*
 * What people type: umlauts written out or not, and two words that are a given
 * name and a surname. Within core only; memory and errors as in query_tree.h.
 */
#ifndef CHANCERY_CORE_QUERY_WORDS_H
#define CHANCERY_CORE_QUERY_WORDS_H

#include "core/query_tree.h"

enum query_spelling {
	QUERY_SPELL_PLAIN,  /* ae oe ue ss */
	QUERY_SPELL_UMLAUT, /* the letters for which these are written */
};

/* The same text in that spelling; the same pointer where nothing changes. */
struct bytes
query_respell(struct query_builder *b, struct bytes in, enum query_spelling to);

/*
 * Adds to the list the part itself and the other spellings of its values: at
 * most two. They are a closed set: each of them leads to the others.
 */
void query_add_spellings(
    struct query_builder *b, const struct query *q, struct query_list *list);

/*
 * Where the values of an EQUAL or SUBSTRING part are two or more words, adds
 * (&(sn=..)(givenName=..)): in both orders, or, with a comma, surname first.
 */
void query_add_names(
    struct query_builder *b, const struct query *q, struct query_list *list);

#endif
