/*
 * `chancery ca show`: the signer's CA and those above it, as they are in the signer's
 * state folder. Reads certificates only, no key.
 */
#include <stdio.h>

#include "cli/ca.h"
#include "cli/show.h"
#include "core/isotime.h"
#include "core/name.h"
#include "enroll/ca_folder.h"

enum {
	NAME_ROOM = 300,
	SERIAL_ROOM = 48,
	KEY_ROOM = 24,
	ARENA_MOST = 256 * 1024,
};

struct show_conf {
	const char *state;
	bool json;
	bool help;
};

static const struct option_flag flags[] = {
    OPT_TEXT("--state", "FOLDER", struct show_conf, state, "/var/lib/chancery/signer",
	"the signer's state folder"),
    OPT_BOOL("--json", struct show_conf, json, "print a JSON object"),
    OPT_BOOL("--help", struct show_conf, help, "this text"),
};

static const struct verb verb_show = {"ca show", "", "shows the signer's CA",
    "Shows the issuing CA of the signer, the CAs above it, where its files are\n"
    "fetched, and what its certificates say. As the signer's user, or as root.",
    ca_show_main};

/* One CA: {"subject", "serial", "key", "from", "until", "crl_url", "ca_url"}. */
static json_t *
authority(struct bytes der, const char *label, const struct ca_facts *facts)
{
	char name[NAME_ROOM], serial[SERIAL_ROOM], key[KEY_ROOM];
	char from[ISOTIME_SIZE], until[ISOTIME_SIZE];
	struct ca_place place = {0};
	struct cert c;

	if (cert_parse(der, &c, NULL) != 0)
		return NULL;
	if (label != NULL)
		(void)ca_place_make(facts->base_url, label, c.spki, &place, NULL);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "subject",
	    name_text(c.subject, name, sizeof(name)), "serial",
	    cert_serial_text(c.serial, serial, sizeof(serial)), "key",
	    cert_key_text(&c, key, sizeof(key)), "from",
	    isotime_text(c.not_before, from), "until", isotime_text(c.not_after, until),
	    "crl_url", place.crl_url, "ca_url", place.ca_url);
}

static json_t *
describe(const struct ca_parts *parts, const struct ca_facts *facts)
{
	json_t *list = json_array();

	json_array_append_new(
	    list, authority(owned_view(&parts->certificate), CA_FOLDER_LABEL, facts));
	for (size_t i = 0; i < parts->n_chain; i++)
		json_array_append_new(
		    list, authority(owned_view(&parts->chain[i]),
			      i + 1 == parts->n_chain && parts->root_crl.n > 0
				  ? CA_FOLDER_ROOT
				  : NULL,
			      facts));
	return json_pack("{s:o, s:s*, s:s*, s:s*, s:s*, s:b}", "authorities", list,
	    "organization", facts->organization, "organization_id",
	    facts->organization_id, "country", facts->country, "policy_oid",
	    facts->policy_oid, "claim", facts->claim);
}

static void
print_authority(const json_t *ca)
{
	static const char *const members[] = {
	    "serial", "key", "from", "until", "crl_url", "ca_url"};

	show_line(stdout, "%s", json_string_value(json_object_get(ca, "subject")));
	for (size_t i = 0; i < NITEMS(members); i++) {
		const char *value = json_string_value(json_object_get(ca, members[i]));

		if (value != NULL && value[0] != '\0')
			show_line(stdout, "  %-8s %s", members[i], value);
	}
}

static int
show_run(const struct show_conf *conf, struct err *e)
{
	char room[1024];
	struct ca_facts facts;
	struct ca_parts parts;
	struct arena arena;
	json_t *all, *ca;
	size_t i;
	int rc;

	arena_init(&arena, room, sizeof(room), ARENA_MOST);
	rc = ca_folder_read(conf->state, &arena, &facts, &parts, e);
	if (rc == 0) {
		all = describe(&parts, &facts);
		if (conf->json) {
			show_json(json_incref(all));
		} else {
			json_array_foreach(json_object_get(all, "authorities"), i, ca)
			    print_authority(ca);
		}
		json_decref(all);
	}
	ca_parts_fini(&parts);
	arena_fini(&arena);
	return rc;
}

int
ca_show_main(int argc, char **argv)
{
	struct show_conf conf = {.state = "/var/lib/chancery/signer"};
	const struct option_table table = {flags, NITEMS(flags), &conf};
	struct err e = {0};
	int n = option_read(&table, 1, argc, argv, &e), rc;

	if (n >= 0 && conf.help) {
		verb_help(&verb_show, &table, 1);
		return EXIT_OK;
	}
	if (n > 0)
		n = err_set(&e, ERR_USAGE, "found \"%.60s\", want flags", argv[0]);
	if (n < 0)
		return verb_usage(&verb_show, &e);
	rc = show_run(&conf, &e);
	return rc == 0 ? EXIT_OK : ca_fail(rc, &e);
}
