/*
 * `chancery resend`: mails the files of the last request of an address again.
 */
#include <stdio.h>

#include "cli/clerk.h"
#include "cli/show.h"
#include "core/bytes.h"

struct resend_conf {
	const char *recipient;
};

static const struct option_flag flags[] = {
    OPT_TEXT("--to", "ADDRESS", struct resend_conf, recipient, "",
	"of a shared mailbox: to this delegate alone"),
};

static int
resend(const struct clerk_way *way, const struct resend_conf *conf, const char *address)
{
	struct err e = {0};
	json_t *person = clerk_person(way, address, &e), *answer = NULL, *fields, *d;
	const char *id = clerk_text(json_object_get(person, "request"), "id");
	size_t i;
	int rc;

	if (person != NULL && *id == '\0')
		err_set(
		    &e, ERR_NOT_FOUND, "%s has not asked for a certificate", address);
	fields = json_pack("{s:s}", "request", id);
	json_decref(person);
	if (e.code != 0) {
		json_decref(fields);
		return verb_fail(e.code, &e);
	}
	if (conf->recipient != NULL)
		json_object_set_new(
		    fields, "recipient", show_json_text(bytes_of(conf->recipient)));
	if ((rc = clerk_call(way, "resend", fields, &answer, &e)) != 0)
		return verb_fail(rc, &e);
	if (way->json)
		return clerk_print_json(answer);
	json_array_foreach(json_object_get(answer, "deliveries"), i, d)
	    show_line(stdout, "%s: is mailed again", clerk_text(d, "address"));
	json_decref(answer);
	return EXIT_OK;
}

static int
resend_main(int argc, char **argv)
{
	struct resend_conf conf = {.recipient = NULL};
	const struct option_table own = {flags, NITEMS(flags), &conf};
	struct clerk_way way = {.socket = NULL};
	int code;

	if (clerk_options(&verb_resend, &own, &way, argc, argv, 1, 1, &code) < 0)
		return code;
	return resend(&way, &conf, argv[0]);
}

const struct verb verb_resend = {"resend", "ADDRESS", "mail a certificate again",
    "Mails the file of the last request of an address again, with a link to its PIN; "
    "of a\n"
    "shared mailbox, to all delegates or one. Exit code 1: there is no such request.",
    resend_main};
