/*
 * `chancery status`: how enrollment is doing: what waits and since when, and whether
 * directory, signer, mail, mirror and CRL are well. The clerk says what there is; this
 * prints it as it comes, times as dates.
 */
#include <stdio.h>
#include <string.h>

#include "cli/clerk.h"
#include "cli/show.h"
#include "core/isotime.h"

enum {
	DEEP = 4,		 /* objects in objects */
	LABEL = 28,		 /* width of the names */
	TIMES_FROM = 1000000000, /* a number of seconds since 1970, and no count */
};

/* Whether anything in the answer says that there is a problem. */
static bool
has_problem(const json_t *o, int depth)
{
	const char *name;
	json_t *value;

	if (depth == DEEP)
		return false;
	json_object_foreach((json_t *)o, name, value)
	{
		if (strcmp(name, "problem") == 0 && json_string_length(value) > 0)
			return true;
		if (json_is_object(value) && has_problem(value, depth + 1))
			return true;
	}
	return false;
}

static void
print_value(const char *name, const json_t *v, int depth)
{
	char time[ISOTIME_SIZE];
	int width = LABEL - 2 * depth;

	if (json_is_integer(v) && json_integer_value(v) >= TIMES_FROM)
		show_line(stdout, "%*s%-*s %s", 2 * depth, "", width, name,
		    isotime_text(json_integer_value(v), time));
	else if (json_is_integer(v))
		show_line(stdout, "%*s%-*s %lld", 2 * depth, "", width, name,
		    (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		show_line(stdout, "%*s%-*s %s", 2 * depth, "", width, name,
		    json_is_true(v) ? "yes" : "no");
	else if (json_string_length(v) > 0)
		show_line(stdout, "%*s%-*s %s", 2 * depth, "", width, name,
		    json_string_value(v));
}

static void
print_object(const json_t *o, int depth)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)o, name, value)
	{
		if (strcmp(name, "ok") == 0)
			continue;
		if (!json_is_object(value)) {
			print_value(name, value, depth);
		} else if (depth + 1 < DEEP) {
			show_line(stdout, "%*s%s", 2 * depth, "", name);
			print_object(value, depth + 1);
		}
	}
}

static int
status_main(int argc, char **argv)
{
	struct clerk_way way = {.socket = NULL};
	json_t *answer = NULL;
	struct err e = {0};
	bool problem;
	int code, rc;

	if (clerk_options(&verb_status, NULL, &way, argc, argv, 0, 0, &code) < 0)
		return code;
	if ((rc = clerk_call(&way, "status", NULL, &answer, &e)) != 0)
		return verb_fail(rc, &e);
	problem = has_problem(answer, 0);
	if (way.json)
		code = clerk_print_json(answer);
	else {
		print_object(answer, 0);
		json_decref(answer);
		code = EXIT_OK;
	}
	return code != EXIT_OK ? code : problem ? EXIT_NO : EXIT_OK;
}

const struct verb verb_status = {"status", "",
    "how enrollment is doing: queues, signer, mail, CRL",
    "Prints what waits and since when, and how signer, mail, mirror and CRL are.\n"
    "Exit code 1: something has a problem.",
    status_main};
