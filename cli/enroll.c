/*
 * `chancery enroll` and `chancery renew`: has a certificate made for an employee or a
 * shared mailbox, as the portal would, and waits until it was mailed.
 */
#include <stdio.h>

#include "cli/request_wait.h"
#include "cli/show.h"
#include "core/bytes.h"

struct enroll_conf {
	struct option_texts delegates;
	bool again, shared, no_wait;
};

#define NO_WAIT                                                                        \
	OPT_BOOL("--no-wait", struct enroll_conf, no_wait,                             \
	    "do not wait until it was mailed")

static const struct option_flag enroll_flags[] = {
    OPT_BOOL("--again", struct enroll_conf, again,
	"also where there is a certificate: another one, with a new key"),
    OPT_BOOL("--shared-mailbox", struct enroll_conf, shared,
	"for a shared mailbox; its delegates get the files"),
    OPT_TEXTS("--delegate", "ADDRESS", struct enroll_conf, delegates,
	"who works with the mailbox; may be given several times"),
    NO_WAIT,
};

static const struct option_flag renew_flags[] = {NO_WAIT};

/* --- asking -------------------------------------------------------------- */

/* Whether the person has a certificate that still holds. */
static bool
has_certificate(const json_t *person)
{
	const json_t *c = json_object_get(person, "certificate");

	return strcmp(clerk_text(c, "state"), "valid") == 0;
}

static json_t *
mailbox_fields(const struct enroll_conf *conf, const char *address, int64_t after)
{
	json_t *delegates = json_array();

	for (size_t i = 0; i < conf->delegates.n; i++)
		json_array_append_new(
		    delegates, show_json_text(bytes_of(conf->delegates.value[i])));
	return json_pack("{s:s, s:o, s:I}", "mailbox", address, "delegates", delegates,
	    "after", (json_int_t)after);
}

/* Asks for it; the number of the last request that there is goes along, so that a
 * second call meanwhile gets the request that the first one made. */
static int
start(const struct clerk_way *way, const struct enroll_conf *conf, const char *address,
    json_t **answer_out, struct err *e)
{
	json_t *person = clerk_person(way, address, e);
	int64_t after = json_integer_value(
	    json_object_get(json_object_get(person, "request"), "number"));
	bool has = has_certificate(person);

	json_decref(person);
	if (person == NULL)
		return e->code;
	if (has && !conf->again)
		return err_set(e, ERR_NOT_FOUND,
		    "%s has a certificate; \"chancery renew\" makes another one, "
		    "\"chancery resend\" mails it again",
		    address);
	if (conf->shared)
		return clerk_call(way, "mailbox.enroll",
		    mailbox_fields(conf, address, after), answer_out, e);
	return clerk_call(way, "enroll.for",
	    json_pack("{s:s, s:I, s:b}", "address", address, "after", (json_int_t)after,
		"again", conf->again),
	    answer_out, e);
}

/* --- the verbs ----------------------------------------------------------- */

static int
finish(const struct clerk_way *way, const struct enroll_conf *conf, json_t *answer,
    struct err *e)
{
	json_t *request = json_incref(json_object_get(answer, "request"));
	int rc = 0, code;

	json_decref(answer);
	if (!conf->no_wait) {
		json_t *first = request;

		rc = request_wait(way, clerk_text(first, "id"), way->json, &request, e);
		json_decref(first);
	}
	if (rc != 0)
		return verb_fail(rc, e);
	code = request_exit(request);
	if (way->json) {
		show_json(request); /* takes it */
		return code;
	}
	request_show(request);
	json_decref(request);
	return code;
}

static int
run(const struct clerk_way *way, const struct enroll_conf *conf, const char *address)
{
	json_t *answer = NULL;
	struct err e = {0};
	int rc = start(way, conf, address, &answer, &e);

	return rc != 0 ? verb_fail(rc, &e) : finish(way, conf, answer, &e);
}

static int
enroll_main(int argc, char **argv)
{
	struct enroll_conf conf = {.again = false};
	const struct option_table own = {enroll_flags, NITEMS(enroll_flags), &conf};
	struct clerk_way way = {.socket = NULL};
	struct err e = {0};
	int code;

	if (clerk_options(&verb_enroll, &own, &way, argc, argv, 1, 1, &code) < 0)
		return code;
	if (conf.shared != (conf.delegates.n > 0)) {
		err_set(&e, ERR_USAGE,
		    "--shared-mailbox and --delegate: want both, or neither");
		return verb_usage(&verb_enroll, &e);
	}
	return run(&way, &conf, argv[0]);
}

static int
renew_main(int argc, char **argv)
{
	struct enroll_conf conf = {.again = true};
	const struct option_table own = {renew_flags, NITEMS(renew_flags), &conf};
	struct clerk_way way = {.socket = NULL};
	int code;

	if (clerk_options(&verb_renew, &own, &way, argc, argv, 1, 1, &code) < 0)
		return code;
	return run(&way, &conf, argv[0]);
}

const struct verb verb_enroll = {"enroll", "ADDRESS",
    "have a certificate made, and mailed",
    "Has a certificate made for an employee or a shared mailbox of the company\n"
    "directory, publishes it, and mails it with a link to its PIN. Waits until that "
    "is\n"
    "done; waiting can be ended without harm.\n"
    "Exit code 1: nobody has this address, there is a certificate already, or the\n"
    "request failed.",
    enroll_main};

const struct verb verb_renew = {"renew", "ADDRESS",
    "have another certificate made, with a new key",
    "The same as enroll --again: the new certificate takes the place of the former "
    "one,\n"
    "which its owner keeps for reading old mail. Exit codes as enroll's.",
    renew_main};
