/*
 * The verbs that ask the clerk: its socket, their common options, one call, and how a
 * refusal becomes a sentence and an exit code. The clerk knows who calls from the
 * socket; nothing here is a right. Called by enroll, renew, revoke, resend, approve,
 * list, status, factor.
 */
#ifndef CHANCERY_CLI_CLERK_H
#define CHANCERY_CLI_CLERK_H

#include <jansson.h>

#include "cli/verb.h"

/* What these verbs share; begin with zeros. */
struct clerk_way {
	const char *socket; /* -S; found by clerk_find where it is not given */
	bool json;
	bool help;
	char held[256];
};

extern const struct option_flag clerk_flags[];
extern const size_t clerk_n_flags;

/* -S, else CHANCERY_SOCKET, else the demonstration's, else the system's. */
void clerk_find(struct clerk_way *way);

/*
 * Reads a verb's command line: its own flags (NULL for none) and the common ones.
 * Returns the number of operands, at the front of argv; or -1, and *code_out is the
 * exit code: help was asked for, or the line is wrong.
 */
int clerk_options(const struct verb *v, const struct option_table *own,
    struct clerk_way *way, int argc, char **argv, int least, int most, int *code_out);

/*
 * Asks; fields are taken. 0 and the answer (the caller's), or a negative ERR_*: a
 * refusal's word gives the code, its text the sentence.
 */
int clerk_call(const struct clerk_way *way, const char *name, json_t *fields,
    json_t **answer_out, struct err *e);

/* What the clerk knows of the person or mailbox with exactly this address: the
 * caller's; NULL with a sentence. */
json_t *clerk_person(const struct clerk_way *way, const char *address, struct err *e);

/* --- answers ------------------------------------------------------------- */

/* The text of a field for people; "" where there is none. Not yet harmless: print it
 * with show_line. */
const char *clerk_text(const json_t *o, const char *name);
int64_t clerk_time(const json_t *o, const char *name);
/* The first text of a list. */
const char *clerk_first(const json_t *o, const char *name);

/* Prints an answer as JSON, without "ok", and gives it up; an exit code. */
int clerk_print_json(json_t *answer);

#endif
