/*
 * `chancery approve`: shows requests that wait for somebody to agree, and decides one.
 */
#include <stdio.h>

#include "cli/request_wait.h"
#include "cli/show.h"
#include "core/bytes.h"

struct approve_conf {
	const char *refuse;
};

static const struct option_flag flags[] = {
    OPT_TEXT("--refuse", "REASON", struct approve_conf, refuse, "",
	"refuse it; the reason goes to whoever asked"),
};

static void
show_waiting(const json_t *request)
{
	json_t *delegates = json_object_get(request, "delegates"), *d;
	char date[32];
	size_t i;

	show_line(stdout, "%s", clerk_text(request, "id"));
	show_line(stdout, "    mailbox    %s", clerk_first(request, "mail"));
	json_array_foreach(delegates, i, d) show_line(stdout, "    delegate   %s",
	    json_string_value(d) ? json_string_value(d) : "");
	show_line(stdout, "    asked by   %s, %s", clerk_text(request, "by"),
	    show_date(clerk_time(request, "begin"), date));
}

static int
list(const struct clerk_way *way)
{
	json_t *answer = NULL, *requests, *r;
	struct err e = {0};
	int rc = clerk_call(way, "approve.list", NULL, &answer, &e);
	size_t i;

	if (rc != 0)
		return verb_fail(rc, &e);
	if (way->json)
		return clerk_print_json(answer);
	requests = json_object_get(answer, "requests");
	json_array_foreach(requests, i, r) show_waiting(r);
	show_line(stderr, "%zu waiting", json_array_size(requests));
	json_decref(answer);
	return EXIT_OK;
}

static int
decide(const struct clerk_way *way, const char *id, const char *refuse)
{
	json_t *answer = NULL, *fields;
	struct err e = {0};
	int rc;

	fields = json_pack("{s:s, s:b}", "request", id, "agree", refuse == NULL);
	if (refuse != NULL)
		json_object_set_new(fields, "reason", show_json_text(bytes_of(refuse)));
	if ((rc = clerk_call(way, "approve.decide", fields, &answer, &e)) != 0)
		return verb_fail(rc, &e);
	if (way->json)
		return clerk_print_json(answer);
	request_show(json_object_get(answer, "request"));
	json_decref(answer);
	return EXIT_OK;
}

static int
approve_main(int argc, char **argv)
{
	struct approve_conf conf = {.refuse = NULL};
	const struct option_table own = {flags, NITEMS(flags), &conf};
	struct clerk_way way = {.socket = NULL};
	struct err e = {0};
	int code, n = clerk_options(&verb_approve, &own, &way, argc, argv, 0, 1, &code);

	if (n < 0)
		return code;
	if (n == 0 && conf.refuse != NULL) {
		err_set(&e, ERR_USAGE, "--refuse: want the request as well");
		return verb_usage(&verb_approve, &e);
	}
	return n == 0 ? list(&way) : decide(&way, argv[0], conf.refuse);
}

const struct verb verb_approve = {"approve", "[REQUEST]",
    "agree to a request that waits, or refuse it",
    "Without a request: lists those that wait for somebody to agree. With one: agrees, "
    "or\n"
    "refuses with --refuse. Nobody decides what they asked for themselves.",
    approve_main};
