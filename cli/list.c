/*
 * `chancery list`: everybody in the directory, one line each: published until
 * when, or why not. With --problems only those who get no encrypted mail, with
 * --expiring only those who soon will not. As administrator where that is
 * possible, otherwise what anybody sees. With --requests, --certificates,
 * --deliveries and --problems what the clerk has (list_registry.c).
 */
#include <stdio.h>
#include <time.h>

#include "cli/list_registry.h"
#include "cli/person_state.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/verb.h"
#include "core/isotime.h"

enum {
	DAY = 24 * 60 * 60
};

struct list_conf {
	uint32_t expiring; /* days; 0 where not asked for */
	bool problems;
	bool json;
	bool requests, certificates, deliveries;
	const char *state;
	const char *socket;
};

static const struct option_flag flags[] = {
    OPT_DAYS("--expiring", struct list_conf, expiring, "", 1, 36500,
	"only whose last published certificate ends within so many days"),
    OPT_BOOL("--problems", struct list_conf, problems,
	"only who has nothing published, and what went wrong with enrollment"),
    OPT_BOOL("--requests", struct list_conf, requests, "the clerk's requests"),
    OPT_BOOL(
	"--certificates", struct list_conf, certificates, "certificates issued here"),
    OPT_BOOL("--deliveries", struct list_conf, deliveries,
	"files on their way, or that can be asked for"),
    OPT_TEXT("--state", "WORD", struct list_conf, state, "",
	"of these, only those in this state"),
    OPT_TEXT("-S", "SOCKET", struct list_conf, socket, "/run/chancery/clerk.sock",
	"the clerk's socket"),
    OPT_BOOL("--json", struct list_conf, json, "print JSON"),
};

struct list {
	struct list_conf conf;
	struct session session;
	int64_t now;
	size_t n_all, n_shown;
	bool as_admin;
};

/* --- judging ----------------------------------------------------------------- */

static bool
is_wanted(const struct list *l, const struct person_state *s)
{
	int64_t end = l->now + (int64_t)l->conf.expiring * DAY;

	if (!l->conf.problems && l->conf.expiring == 0)
		return true;
	return (l->conf.problems && !s->published) ||
	       (l->conf.expiring > 0 && s->published && s->until < end);
}

/* --- showing ----------------------------------------------------------------- */

static const char *
why_not(const struct person_state *s)
{
	return s->n_certs == 0 ? "no certificate" : choice_reason_brief(s->reason);
}

static void
show_person(const struct person *p, const struct person_state *s)
{
	struct bytes mail = p->mail.n > 0 ? p->mail.value[0] : bytes_of("?");
	char date[ISOTIME_SIZE];

	if (s->published)
		show_line(stdout, "%-40.*s published until %s", (int)mail.n,
		    (const char *)mail.p, show_date(s->until, date));
	else
		show_line(stdout, "%-40.*s NOT published: %s", (int)mail.n,
		    (const char *)mail.p, why_not(s));
}

static void
json_person(const struct list *l, const struct person *p, const struct person_state *s)
{
	char until[ISOTIME_SIZE];
	json_t *mail = json_array(), *line;

	for (size_t i = 0; i < p->mail.n; i++)
		json_array_append_new(mail, show_json_text(p->mail.value[i]));
	line = json_pack("{s:o, s:o, s:o, s:b, s:s?, s:s?, s:i}", "dn",
	    show_json_text(bytes_of(p->dn)), "cn", show_json_text(p->cn), "mail", mail,
	    "published", s->published, "until",
	    s->published ? isotime_text(s->until, until) : NULL, "reason",
	    s->published      ? NULL
	    : s->n_certs == 0 ? "no-certificate"
			      : choice_reason_word(s->reason),
	    "certificates", (int)s->n_certs);
	printf("%s  ", l->n_shown == 0 ? "" : ",\n");
	json_dumpf(line, stdout, 0);
	json_decref(line);
}

static int
take_person(const struct person *p, void *ctx)
{
	struct list *l = ctx;
	struct person_state s;

	l->n_all++;
	person_state_of(p, l->now, &s);
	if (!is_wanted(l, &s))
		return 0;
	if (l->conf.json)
		json_person(l, p, &s);
	else
		show_person(p, &s);
	l->n_shown++;
	return 0;
}

/* --- asking ------------------------------------------------------------------ */

/* As administrator if possible; without, what anybody sees, and saying so. */
static int
open_either(struct list *l, struct err *e)
{
	struct err why = {0};

	if (session_open_admin(&l->session, &why) == 0) {
		l->as_admin = true;
		return 0;
	}
	show_line(stderr, "chancery: listing only what anybody sees (%s)", why.text);
	return session_open_outside(&l->session, e);
}

static int
list_all(struct list *l, struct err *e)
{
	struct connection *c = l->as_admin ? l->session.admin : l->session.outside;
	const char *suffix = l->as_admin ? l->session.suffix : l->session.base;
	int rc = person_each(c, suffix, LAYOUT_PEOPLE, take_person, l, e);

	if (rc == 0)
		rc = person_each(c, suffix, LAYOUT_PARTNERS, take_person, l, e);
	return rc;
}

static int
list_run(struct list *l, struct err *e)
{
	bool filtered = l->conf.problems || l->conf.expiring > 0;
	int rc;

	if ((rc = settings_load(&l->session.set, e)) != 0 ||
	    (rc = open_either(l, e)) != 0)
		return verb_fail(rc, e);
	if (l->conf.json)
		printf("[\n");
	rc = list_all(l, e);
	if (l->conf.json)
		printf("%s]\n", l->n_shown == 0 ? "" : "\n");
	if (fflush(stdout) != 0)
		return EXIT_FAULT;
	if (rc != 0)
		return verb_fail(rc, e);
	if (!l->conf.json)
		show_line(stderr, "%zu of %zu entries", l->n_shown, l->n_all);
	return filtered && l->n_shown > 0 ? EXIT_NO : EXIT_OK;
}

/* What is asked of the clerk; NULL: nothing. */
static const char *
registry_of(const struct list_conf *conf, struct err *e)
{
	int n = conf->requests + conf->certificates + conf->deliveries;

	if (n + (conf->problems || conf->expiring > 0) > 1)
		err_set(e, ERR_USAGE, "want one thing to be listed");
	else if (n == 0 && conf->state != NULL)
		err_set(e, ERR_USAGE,
		    "--state: want --requests, --certificates or --deliveries with it");
	return conf->requests	    ? "requests"
	       : conf->certificates ? "certificates"
	       : conf->deliveries   ? "deliveries"
				    : NULL;
}

static int
list_main(int argc, char **argv)
{
	struct list l = {.now = time(NULL)};
	const struct option_table tables[] = {{flags, NITEMS(flags), &l.conf},
	    {settings_flags, settings_n_flags, &l.session.set}};
	struct err e = {0};
	int n = option_read(tables, NITEMS(tables), argc, argv, &e), code;
	const char *what = n < 0 ? NULL : registry_of(&l.conf, &e);

	if (n >= 0 && l.session.set.help) {
		verb_help(&verb_list, tables, NITEMS(tables));
		return EXIT_OK;
	}
	if (n > 0)
		n = err_set(&e, ERR_USAGE, "%.40s: takes no operand", argv[0]);
	if (n < 0 || e.code != 0)
		return verb_usage(&verb_list, &e);
	if (what != NULL)
		return list_registry(l.conf.socket, what, l.conf.state, l.conf.json);
	code = list_run(&l, &e);
	if (l.conf.problems && !l.conf.json)
		code = list_problems(l.conf.socket, code);
	session_close(&l.session);
	return code;
}

const struct verb verb_list = {"list", "",
    "who is published until when, and who is not",
    "Lists people and partners, a line each: published until when, or why not. Or "
    "asks\n"
    "the clerk for requests, certificates or deliveries.\n"
    "Exit code 1: --problems or --expiring found something.",
    list_main};
