/*
 * `chancery`, the command of administrators and of people who wonder why a mail
 * could not be encrypted. Finds the verb and hands it the rest of the line. It
 * has no right of its own: it reads as anybody may, and writes over ldapi as
 * whoever calls it.
 */
#include <signal.h>
#include <stdio.h>

#include "cli/verb.h"
#include "core/bytes.h"

static const struct verb *const verbs[] = {&verb_explain, &verb_doctor, &verb_list,
    &verb_import, &verb_export, &verb_ca, &verb_audit, &verb_enroll, &verb_renew,
    &verb_revoke, &verb_resend, &verb_approve, &verb_factor, &verb_status};

static void
usage(FILE *f)
{
	fprintf(f, "usage: chancery VERB [options] ...\n\n"
		   "The certificate directory: ask it, check it, fill it; have\n"
		   "certificates made.\n\n");
	for (size_t i = 0; i < NITEMS(verbs); i++)
		fprintf(f, "  %-8s %-10s %s\n", verbs[i]->name, verbs[i]->operands,
		    verbs[i]->summary);
	fprintf(f, "\n\"chancery VERB --help\" says more; so does chancery(1).\n");
}

static const struct verb *
find(const char *name)
{
	for (size_t i = 0; i < NITEMS(verbs); i++)
		if (strcmp(name, verbs[i]->name) == 0)
			return verbs[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct verb *v;

	signal(SIGPIPE, SIG_IGN); /* a server that goes away is an error code */
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return EXIT_OK;
	}
	if ((v = find(argv[1])) == NULL) {
		fprintf(stderr, "chancery: there is no verb \"%.40s\"\n\n", argv[1]);
		usage(stderr);
		return EXIT_USAGE;
	}
	return v->run(argc - 2, argv + 2);
}
