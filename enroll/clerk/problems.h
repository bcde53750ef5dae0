/*
 * Problems that a part of the clerk has found, and will look for again: kept in memory
 * with the time when each was first and last seen, shown by `chancery list --problems`.
 * A part tells all of its problems in rounds; what it does not tell again in a round
 * that was finished is over. Any thread.
 */
#ifndef CHANCERY_CLERK_PROBLEMS_H
#define CHANCERY_CLERK_PROBLEMS_H

#include <jansson.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/err.h"

enum {
	PROBLEMS_MAX = 10 * 1000 /* more are counted */
};

struct problems;

struct problem {
	const char *part; /* who tells it: "mirror" */
	const char *kind; /* in one word: "conflict" */
	struct bytes address, person;
	struct bytes text; /* one sentence */
};

int problems_new(struct problems **out, struct err *e);
void problems_free(struct problems **pp);

/* Copies it; one that is known gets another `last`. */
void problems_tell(struct problems *p, const struct problem *problem, int64_t now);

/* A round of a part: those told between the two are what is wrong. Without
 * problems_end_round nothing is over. */
void problems_begin_round(struct problems *p, const char *part);
void problems_end_round(struct problems *p, const char *part);

size_t problems_count(struct problems *p);

/* Puts {kind, address, person, problem, first, last} for each behind the rows. */
void problems_rows(struct problems *p, json_t *rows);

#endif
