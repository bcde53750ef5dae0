/*
 * `chancery revoke`: the certificates of an address, or one by its serial number, are
 * no longer offered, and stand in the next CRL.
 */
#include <stdio.h>

#include "cli/clerk.h"
#include "cli/show.h"
#include "core/bytes.h"

struct revoke_conf {
	const char *serial, *reason;
};

static const struct option_flag flags[] = {
    OPT_TEXT("--serial", "HEX", struct revoke_conf, serial, "",
	"this certificate alone, instead of all of an address"),
    OPT_WORD("--reason",
	"unspecified|key-compromise|affiliation-changed|superseded|"
	"cessation-of-operation|privilege-withdrawn",
	struct revoke_conf, reason, "unspecified",
	"as it will stand in the CRL, and in the mail to the owner"),
};

static void
show(const json_t *answer)
{
	json_t *c;
	size_t i;

	json_array_foreach(json_object_get(answer, "certificates"), i, c)
	    show_line(stdout, "%s: certificate %s is revoked", clerk_first(c, "mail"),
		clerk_text(c, "serial"));
	if (json_array_size(json_object_get(answer, "certificates")) == 0)
		show_line(stdout, "nothing to revoke");
}

static int
revoke(const struct clerk_way *way, const struct revoke_conf *conf, const char *address)
{
	json_t *answer = NULL, *fields = json_pack("{s:s}", "reason", conf->reason);
	struct err e = {0};
	size_t n;
	int rc;

	json_object_set_new(fields, address != NULL ? "address" : "certificate",
	    show_json_text(bytes_of(address != NULL ? address : conf->serial)));
	if ((rc = clerk_call(way, "revoke", fields, &answer, &e)) != 0)
		return verb_fail(rc, &e);
	n = json_array_size(json_object_get(answer, "certificates"));
	if (way->json)
		rc = clerk_print_json(answer);
	else {
		show(answer);
		json_decref(answer);
	}
	return rc != 0 ? rc : n > 0 ? EXIT_OK : EXIT_NO;
}

static int
revoke_main(int argc, char **argv)
{
	struct revoke_conf conf = {.reason = "unspecified"};
	const struct option_table own = {flags, NITEMS(flags), &conf};
	struct clerk_way way = {.socket = NULL};
	struct err e = {0};
	int code, n = clerk_options(&verb_revoke, &own, &way, argc, argv, 0, 1, &code);

	if (n < 0)
		return code;
	if ((n == 1) == (conf.serial != NULL)) {
		err_set(&e, ERR_USAGE, "want an address, or --serial");
		return verb_usage(&verb_revoke, &e);
	}
	return revoke(&way, &conf, n == 1 ? argv[0] : NULL);
}

const struct verb verb_revoke = {"revoke", "[ADDRESS]",
    "revoke the certificates of an address, or one",
    "Revokes all valid certificates of an address, or the one with this serial "
    "number:\n"
    "within seconds nobody is offered them any more, within a minute the CRL has "
    "them.\n"
    "It cannot be undone. Exit code 1: there was nothing to revoke.",
    revoke_main};
