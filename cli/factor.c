/*
 * `chancery factor allow USER`: gives somebody with a role the permission to set up a
 * second factor, once.
 */
#include <stdio.h>

#include "cli/clerk.h"
#include "cli/show.h"
#include "core/isotime.h"

static int
allow(const struct clerk_way *way, const char *user)
{
	json_t *answer = NULL;
	char until[ISOTIME_SIZE];
	struct err e = {0};
	int rc = clerk_call(
	    way, "factor.allow", json_pack("{s:s}", "user", user), &answer, &e);

	if (rc != 0)
		return verb_fail(rc, &e);
	if (way->json)
		return clerk_print_json(answer);
	show_line(stdout, "%s", clerk_text(answer, "code"));
	show_line(stderr,
	    "Tell %s this code, by telephone or in person: the portal asks for it "
	    "after "
	    "the login. It works once, until %s.",
	    user, isotime_text(clerk_time(answer, "until"), until));
	json_decref(answer);
	return EXIT_OK;
}

static int
factor_main(int argc, char **argv)
{
	struct clerk_way way = {.socket = NULL};
	struct err e = {0};
	int code;

	if (clerk_options(&verb_factor, NULL, &way, argc, argv, 2, 2, &code) < 0)
		return code;
	if (strcmp(argv[0], "allow") != 0) {
		err_set(&e, ERR_USAGE, "found \"%.40s\", want allow USER", argv[0]);
		return verb_usage(&verb_factor, &e);
	}
	return allow(&way, argv[1]);
}

const struct verb verb_factor = {"factor", "allow USER",
    "let somebody set up a second factor",
    "Prints a code with which this user of the helpdesk, an approver or an "
    "administrator\n"
    "sets up a second factor in the portal; a former one is replaced. Exit code 1: "
    "there is\n"
    "no such user, or one without a role.",
    factor_main};
