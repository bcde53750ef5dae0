/*
 * A set of short texts without regard to case: domains, addresses. Grows up to a
 * limit, forgets nothing. Called by import and doctor.
 */
#ifndef CHANCERY_CLI_TEXT_SET_H
#define CHANCERY_CLI_TEXT_SET_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	TEXT_SET_MAX = 4 * 1024 * 1024
};

struct text_set {
	char **slot; /* open addressing; NULL is free */
	size_t n, room;
};

/* Adds a copy, ASCII letters in lower case. 1 added, 0 it was there, ERR_LIMIT,
 * ERR_MEMORY. */
int text_set_add(struct text_set *s, struct bytes text);

/* Whether it is there, without case. */
bool text_set_has(const struct text_set *s, struct bytes text);

void text_set_fini(struct text_set *s);

#endif
