/*
 * `chancery doctor`: looks at an installation from outside in, as mail programs
 * meet it, and then as its administrator; every finding is a line with what to
 * do. It changes nothing.
 */
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "cli/show.h"
#include "cli/verb.h"
#include "core/escape.h"

static const struct option_flag flags[] = {
    OPT_BOOL("--json", struct doctor_conf, json, "print JSON"),
};

static const char *const verdicts[] = {[DOCTOR_OK] = "ok",
    [DOCTOR_WARN] = "warn",
    [DOCTOR_FAIL] = "FAIL",
    [DOCTOR_SKIP] = "skip"};
static const char *const verdict_words[] = {[DOCTOR_OK] = "ok",
    [DOCTOR_WARN] = "warn",
    [DOCTOR_FAIL] = "fail",
    [DOCTOR_SKIP] = "skip"};
_Static_assert(NITEMS(verdicts) == DOCTOR__MAX && NITEMS(verdict_words) == DOCTOR__MAX,
    "a word for each verdict");

/* In this order: what a later one builds on comes first. */
static void (*const checks[])(struct doctor *d) = {
    doctor_overlay,
    doctor_tls,
    doctor_contexts,
    doctor_search,
    doctor_containers,
    doctor_programs,
    doctor_spellings,
    doctor_empty_base,
    doctor_suffix,
    doctor_private,
    doctor_password,
    doctor_authorities,
    doctor_user_name,
    doctor_clock,
    doctor_people,
};

void
doctor_say(struct doctor *d, enum doctor_verdict v, const char *check, const char *todo,
    const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->count[v]++;
	json_array_append_new(
	    d->lines, json_pack("{s:s, s:s, s:o, s:s?}", "check", check, "verdict",
			  verdict_words[v], "text", show_json_text(bytes_of(text)),
			  "todo", todo));
	if (d->conf.json)
		return;
	show_line(stdout, "%-4s  %-12s %s", verdicts[v], check, text);
	if (todo != NULL)
		show_line(stdout, "                   -> %s", todo);
}

bool
doctor_ask(struct doctor *d, const char *check, const struct search *s,
    struct search_result *out)
{
	struct err e = {0};

	if (search_all(d->session.outside, s, out, &e) == 0)
		return true;
	doctor_say(d, DOCTOR_FAIL, check, "is the server overloaded, or did it stop?",
	    "%s", e.text);
	return false;
}

char *
doctor_sample_filter(const struct doctor *d, char *buf)
{
	char value[ESCAPE_MAX(ADDR_MAX)];

	escape_filter(bytes_of(d->sample.text), value);
	snprintf(buf, DOCTOR_FILTER_MAX, "(mail=%s)", value);
	return buf;
}

/* --- the verb ---------------------------------------------------------------- */

static json_t *
json_all(struct doctor *d)
{
	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:O}", "uri",
	    show_json_text(bytes_of(d->session.set.uri)), "base",
	    show_json_text(bytes_of(d->session.base)), "ok",
	    (json_int_t)d->count[DOCTOR_OK], "warn", (json_int_t)d->count[DOCTOR_WARN],
	    "fail", (json_int_t)d->count[DOCTOR_FAIL], "skip",
	    (json_int_t)d->count[DOCTOR_SKIP], "checks", d->lines);
}

static int
doctor_run(struct doctor *d, struct err *e)
{
	int rc = settings_load(&d->session.set, e);

	if (rc != 0)
		return verb_fail(rc, e);
	doctor_server(d);
	if (d->reachable) {
		d->is_admin = session_open_admin(&d->session, e) == 0;
		if (!d->is_admin)
			doctor_say(d, DOCTOR_SKIP, "administrator",
			    "run this as root on the directory's server to see more",
			    "%s", e->text);
		if (d->sample.n == 0)
			doctor_find_sample(d);
		for (size_t i = 0; i < NITEMS(checks); i++)
			checks[i](d);
	}
	if (d->conf.json)
		show_json(json_all(d));
	else
		show_line(stdout, "%zu ok, %zu warn, %zu FAIL, %zu skipped",
		    d->count[DOCTOR_OK], d->count[DOCTOR_WARN], d->count[DOCTOR_FAIL],
		    d->count[DOCTOR_SKIP]);
	if (!d->reachable)
		return EXIT_UNREACHABLE;
	return d->count[DOCTOR_FAIL] > 0 ? EXIT_NO : EXIT_OK;
}

static int
doctor_main(int argc, char **argv)
{
	struct doctor d = {.now = time(NULL), .lines = json_array()};
	const struct option_table tables[] = {{flags, NITEMS(flags), &d.conf},
	    {settings_flags, settings_n_flags, &d.session.set}};
	struct err e = {0};
	int n = option_read(tables, NITEMS(tables), argc, argv, &e), code = EXIT_OK;

	if (n > 1)
		n = err_set(&e, ERR_USAGE, "want at most one ADDRESS, found %d", n);
	if (n == 1 && addr_parse(bytes_of(argv[0]), &d.sample, &e) != 0)
		n = ERR_USAGE;
	if (n < 0)
		code = verb_usage(&verb_doctor, &e);
	else if (d.session.set.help)
		verb_help(&verb_doctor, tables, NITEMS(tables));
	else
		code = doctor_run(&d, &e);
	rootdse_fini(&d.dse);
	json_decref(d.lines);
	session_close(&d.session);
	return code;
}

const struct verb verb_doctor = {"doctor", "[ADDRESS]",
    "check an installation from outside in",
    "Looks at the directory as mail programs do, then as administrator, and says\n"
    "what is wrong and what to do. ADDRESS is somebody who should have a published\n"
    "certificate; without it, somebody is found. Exit code 1: a check failed;\n"
    "3: the directory does not answer.",
    doctor_main};
