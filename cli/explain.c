/*
 * `chancery explain ADDRESS`: what each kind of mail program gets for an address,
 * and when it cannot encrypt, why and what to do. Asks the published base from
 * outside, as the programs do; the reasons come from chanceryStatus, which only
 * an administrator on the server may read.
 */
#include <stdio.h>
#include <time.h>

#include "cli/advice.h"
#include "cli/client.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/verb.h"
#include "core/isotime.h"
#include "core/name.h"
#include "directory/person.h"

enum {
	EXPLAIN_MAX_ENTRIES = 4,
	EXPLAIN_TEXT_MAX = 1024
};

struct explain_conf {
	const char *as;
	bool json;
};

static const struct option_flag flags[] = {
    OPT_WORD("--as", "outlook|thunderbird|evolution|gpgsm|all", struct explain_conf, as,
	"all", "the mail program to ask like"),
    OPT_BOOL("--json", struct explain_conf, json, "print JSON"),
};

/* All that was found out. */
struct explain {
	struct explain_conf conf;
	struct session session;
	struct addr address;
	int64_t now;
	struct client_answer answer[CLIENT__MAX];
	bool asked[CLIENT__MAX];
	bool has_stored;	     /* the administrator could look */
	struct search_result stored; /* entries with this address, real suffix */
	struct err why_not;	     /* the administrator could not */
	struct advice advice;
};

/* --- finding out ------------------------------------------------------------- */

static bool
wants(const struct explain *x, enum client_kind kind)
{
	return strcmp(x->conf.as, "all") == 0 ||
	       strcmp(x->conf.as, client_word(kind)) == 0;
}

static int
ask_clients(struct explain *x, struct err *e)
{
	int rc;

	for (int k = 0; k < CLIENT__MAX; k++) {
		if (!wants(x, k))
			continue;
		x->asked[k] = true;
		rc = client_ask(k, x->session.outside, x->session.base, &x->address,
		    x->now, &x->answer[k], e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Entries with this address or, where there is none, with it without its tag. */
static int
find_stored(struct explain *x)
{
	struct connection *c = x->session.admin;
	struct addr untagged;
	int rc = person_find(
	    c, x->session.suffix, bytes_of(x->address.text), &x->stored, &x->why_not);

	if (rc != 0 || x->stored.n > 0 || !addr_untag(&x->address, &untagged))
		return rc;
	search_result_fini(&x->stored);
	return person_find(
	    c, x->session.suffix, bytes_of(untagged.text), &x->stored, &x->why_not);
}

/* What is stored, for the reasons. That nobody may look is no failure. */
static void
ask_stored(struct explain *x)
{
	x->has_stored =
	    session_open_admin(&x->session, &x->why_not) == 0 && find_stored(x) == 0;
}

static bool
all_usable(const struct explain *x)
{
	for (int k = 0; k < CLIENT__MAX; k++)
		if (x->asked[k] && x->answer[k].result != CLIENT_USABLE)
			return false;
	return true;
}

/* Collects what to do from what the programs met and from what is stored. */
static void
collect_advice(struct explain *x)
{
	for (int k = 0; k < CLIENT__MAX; k++)
		if (x->asked[k])
			advice_from_answer(&x->advice, &x->answer[k]);
	if (all_usable(x))
		return;
	if (!x->has_stored)
		advice_add(&x->advice, ADVICE_ASK_ADMIN);
	else if (x->stored.n == 0)
		advice_add(&x->advice, ADVICE_NO_ENTRY);
	for (size_t i = 0; x->has_stored && i < x->stored.n; i++) {
		struct person p;

		person_from_entry(&x->stored.entry[i], &p);
		advice_from_person(&x->advice, &p, x->now);
	}
}

/* --- to people --------------------------------------------------------------- */

static void
show_answer(const struct client_answer *a)
{
	char text[EXPLAIN_TEXT_MAX];

	show_line(stdout, "  %-12s %-4s %s", client_name(a->kind),
	    a->result == CLIENT_USABLE ? "yes" : "NO",
	    client_answer_text(a, text, sizeof(text)));
	if (a->note != NULL)
		show_line(stdout, "  %-12s      %s", "", a->note);
}

static void
show_stored(const struct explain *x)
{
	char line[EXPLAIN_TEXT_MAX];

	if (!x->has_stored)
		return;
	for (size_t i = 0; i < x->stored.n && i < EXPLAIN_MAX_ENTRIES; i++) {
		struct person p;
		struct person_lines lines;

		person_from_entry(&x->stored.entry[i], &p);
		person_lines_open(&lines, &p, x->now);
		show_line(stdout, "%s", "");
		show_line(stdout, "Stored in %s:", p.dn);
		if (p.cert.n + p.smime.n == 0)
			show_line(stdout, "  no certificate");
		while (person_lines_next(&lines, line, sizeof(line)))
			show_line(stdout, "  %s", line);
	}
}

static void
show_advice(const struct explain *x)
{
	if (x->advice.n == 0)
		return;
	show_line(stdout, "%s", "");
	show_line(stdout, "What to do:");
	for (size_t i = 0; i < x->advice.n; i++)
		show_line(stdout, "  - %s", advice_text(x->advice.what[i]));
	if (!x->has_stored && x->why_not.text[0] != '\0')
		show_line(stdout, "    (%s)", x->why_not.text);
}

static void
show_all(const struct explain *x)
{
	show_line(stdout, "%s", x->address.text);
	show_line(
	    stdout, "asked at %s under \"%s\"", x->session.set.uri, x->session.base);
	show_line(stdout, "%s", "");
	for (int k = 0; k < CLIENT__MAX; k++)
		if (x->asked[k])
			show_answer(&x->answer[k]);
	show_stored(x);
	show_advice(x);
	if (x->asked[CLIENT_OUTLOOK] &&
	    x->answer[CLIENT_OUTLOOK].result == CLIENT_USABLE) {
		show_line(stdout, "%s", "");
		show_line(stdout, "Should Outlook still report Encryption Problems, it "
				  "remembers an older "
				  "answer:");
		show_line(stdout, "delete this address from its auto-complete list, "
				  "and type it again.");
	}
}

/* --- to programs ------------------------------------------------------------- */

static json_t *
json_cert(struct bytes der)
{
	char key[24], from[ISOTIME_SIZE], until[ISOTIME_SIZE], serial[48], issuer[256];
	struct cert c;

	if (der.n == 0 || cert_parse(der, &c, NULL) != 0)
		return json_null();
	name_text(c.issuer, issuer, sizeof(issuer));
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "serial",
	    cert_serial_text(c.serial, serial, sizeof(serial)), "key",
	    cert_key_text(&c, key, sizeof(key)), "not_before",
	    isotime_text(c.not_before, from), "not_after",
	    isotime_text(c.not_after, until), "issuer",
	    show_json_text(bytes_of(issuer)));
}

static json_t *
json_asked(const struct client_answer *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->n_asked; i++)
		json_array_append_new(list, show_json_text(bytes_of(a->asked[i])));
	return list;
}

static json_t *
json_answer(const struct client_answer *a)
{
	static const char *const results[] = {[CLIENT_USABLE] = "usable",
	    [CLIENT_NO_ENTRY] = "no-entry",
	    [CLIENT_NO_CERTIFICATE] = "no-certificate",
	    [CLIENT_UNUSABLE] = "unusable",
	    [CLIENT_ERROR] = "error"};
	bool bad = a->result == CLIENT_UNUSABLE;
	char text[EXPLAIN_TEXT_MAX];

	client_answer_text(a, text, sizeof(text));
	return json_pack("{s:s, s:b, s:s, s:s?, s:o, s:o?, s:i, s:s?, s:o, s:s?, s:o}",
	    "client", client_word(a->kind), "usable", a->result == CLIENT_USABLE,
	    "result", results[a->result], "reason",
	    bad ? choice_reason_word(a->reason) : NULL, "text",
	    show_json_text(bytes_of(text)), "dn",
	    a->dn == NULL ? NULL : show_json_text(bytes_of(a->dn)), "certificates",
	    (int)a->n_values, "attribute", a->attr, "certificate", json_cert(a->der),
	    "note", a->note, "asked", json_asked(a));
}

static json_t *
json_stored(const struct explain *x)
{
	json_t *list = json_array();
	char line[EXPLAIN_TEXT_MAX];

	for (size_t i = 0; i < x->stored.n && i < EXPLAIN_MAX_ENTRIES; i++) {
		struct person p;
		struct person_lines lines;
		json_t *status = json_array();

		person_from_entry(&x->stored.entry[i], &p);
		person_lines_open(&lines, &p, x->now);
		while (person_lines_next(&lines, line, sizeof(line)))
			json_array_append_new(status, show_json_text(bytes_of(line)));
		json_array_append_new(
		    list, json_pack("{s:o, s:o}", "dn", show_json_text(bytes_of(p.dn)),
			      "status", status));
	}
	return list;
}

static json_t *
json_all(const struct explain *x)
{
	json_t *clients = json_array(), *advice = json_array();

	for (int k = 0; k < CLIENT__MAX; k++)
		if (x->asked[k])
			json_array_append_new(clients, json_answer(&x->answer[k]));
	for (size_t i = 0; i < x->advice.n; i++)
		json_array_append_new(
		    advice, json_string(advice_text(x->advice.what[i])));
	return json_pack("{s:s, s:s, s:o, s:b, s:o, s:o, s:o}", "address",
	    x->address.text, "uri", x->session.set.uri, "base",
	    show_json_text(bytes_of(x->session.base)), "usable", all_usable(x),
	    "clients", clients, "stored", x->has_stored ? json_stored(x) : json_null(),
	    "advice", advice);
}

/* --- the verb ---------------------------------------------------------------- */

static int
explain_run(struct explain *x, struct err *e)
{
	int rc;

	if ((rc = settings_load(&x->session.set, e)) != 0 ||
	    (rc = session_open_outside(&x->session, e)) != 0 ||
	    (rc = ask_clients(x, e)) != 0)
		return verb_fail(rc, e);
	ask_stored(x);
	collect_advice(x);
	if (!x->conf.json)
		show_all(x);
	else if (!show_json(json_all(x)))
		return EXIT_FAULT;
	return all_usable(x) ? EXIT_OK : EXIT_NO;
}

static void
explain_fini(struct explain *x)
{
	for (int k = 0; k < CLIENT__MAX; k++)
		client_answer_fini(&x->answer[k]);
	search_result_fini(&x->stored);
	session_close(&x->session);
}

static int
explain_main(int argc, char **argv)
{
	struct explain x = {.conf = {.as = "all"}, .now = time(NULL)};
	const struct option_table tables[] = {{flags, NITEMS(flags), &x.conf},
	    {settings_flags, settings_n_flags, &x.session.set}};
	struct err e = {0};
	int n = option_read(tables, NITEMS(tables), argc, argv, &e), code;

	if (n >= 0 && x.session.set.help) {
		verb_help(&verb_explain, tables, NITEMS(tables));
		return EXIT_OK;
	}
	if (n >= 0 && n != 1)
		n = err_set(&e, ERR_USAGE, "want one ADDRESS, found %d", n);
	if (n == 1 && addr_parse(bytes_of(argv[0]), &x.address, &e) != 0)
		n = ERR_USAGE;
	if (n < 0)
		return verb_usage(&verb_explain, &e);
	code = explain_run(&x, &e);
	explain_fini(&x);
	return code;
}

const struct verb verb_explain = {"explain", "ADDRESS",
    "what mail programs get for an address, and why not",
    "Asks the directory for ADDRESS exactly as mail programs do, and says which\n"
    "certificate each gets and whether it can encrypt with it. Run as root on the\n"
    "server it also says why a stored certificate is not published, and what to do.\n"
    "Exit code 0: every program asked has a usable certificate; 1: not every one.",
    explain_main};
