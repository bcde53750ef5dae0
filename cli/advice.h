/*
 * What to do when a mail program gets nothing that it can use: from the cause to a
 * sentence, each said once. It decides nothing about certificates; core did.
 * Called by explain.
 */
#ifndef CHANCERY_CLI_ADVICE_H
#define CHANCERY_CLI_ADVICE_H

#include "cli/client.h"
#include "cli/person_lines.h"

enum advice_what {
	ADVICE_ASK_ADMIN,
	ADVICE_NO_ENTRY,
	ADVICE_NO_CERTIFICATE,
	ADVICE_ERROR,
	ADVICE_BASE,
	ADVICE_AMBIGUOUS,
	ADVICE_OTHER_ADDRESS,
	ADVICE_BAD_SIGNED,
	ADVICE_NOT_ANSWERED,
	ADVICE_MALFORMED,
	ADVICE_AUTHORITY,
	ADVICE_ADDRESS,
	ADVICE_KEY,
	ADVICE_USAGE,
	ADVICE_REVOKED,
	ADVICE_NOT_YET,
	ADVICE_EXPIRED,
	ADVICE__MAX
};

struct advice {
	enum advice_what what[ADVICE__MAX];
	size_t n;
};

/* Adds it, unless it is there. */
void advice_add(struct advice *a, enum advice_what what);

/* Adds what follows from one program's answer, and from what is stored. */
void advice_from_answer(struct advice *a, const struct client_answer *answer);
void advice_from_person(struct advice *a, const struct person *p, int64_t now);

/* The sentence. Static, English. */
const char *advice_text(enum advice_what what);

/* What to do about one certificate that is not published. */
enum advice_what advice_for_reason(enum choice_reason r);

#endif
