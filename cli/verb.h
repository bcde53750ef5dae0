/*
 * The verbs of the `chancery` command and what they answer to the shell. One file
 * a verb: cli/NAME.c, its parts beside it; main.c finds it by name.
 */
#ifndef CHANCERY_CLI_VERB_H
#define CHANCERY_CLI_VERB_H

#include "core/err.h"
#include "core/option.h"

/* Exit codes; the manual page lists them. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_NO = 1,	      /* asked and answered: no (each verb says what) */
	EXIT_USAGE = 2,	      /* wrong options or settings */
	EXIT_UNREACHABLE = 3, /* the directory or the clerk does not answer */
	EXIT_REFUSED = 4,     /* it answered and refused */
	EXIT_FAULT = 5,	      /* memory, files */
};

struct verb {
	const char *name;
	const char *operands; /* "ADDRESS" */
	const char *summary;  /* one line, for `chancery --help` */
	const char *about;    /* what it does, for `chancery VERB --help` */
	int (*run)(int argc, char **argv); /* operands and flags; an exit_code */
};

extern const struct verb verb_explain, verb_doctor, verb_list, verb_import, verb_export,
    verb_ca, verb_audit, verb_enroll, verb_renew, verb_revoke, verb_resend,
    verb_approve, verb_factor, verb_status;

/* Prints the verb's help from its tables to stdout. */
void
verb_help(const struct verb *v, const struct option_table *tables, size_t n_tables);

/* Prints the sentence to stderr ("chancery: ...") and returns its exit code. */
int verb_fail(int code, const struct err *e);

/* The same for wrong usage, with a pointer to the verb's help. */
int verb_usage(const struct verb *v, const struct err *e);

#endif
