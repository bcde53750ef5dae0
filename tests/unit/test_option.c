/*
 * Command lines read by tables. A case is a line of words; what came out is
 * written as text (fields, then operands, or the sentence of the refusal) and
 * compared.
 */
#include "core/option.h"

#include <stdlib.h>

#include "tests/unit/check.h"

struct conf {
	bool json;
	const char *uri;
	const char *as;
	uint32_t days;
};
struct more {
	bool all;
};

static const struct option_flag flags[] = {
    OPT_BOOL("--json", struct conf, json, "as JSON"),
    OPT_TEXT("-H", "URI", struct conf, uri, "", "server"),
    OPT_WORD("--as", "outlook|gpgsm|all", struct conf, as, "all", "client"),
    OPT_DAYS("--expiring", struct conf, days, "", 1, 3650, "within"),
    OPT_NUMBER("--years", struct conf, days, "", 1, 25, "years"),
};
static const struct option_flag more_flags[] = {
    OPT_BOOL("--all", struct more, all, "all"),
};

static const struct {
	const char *name, *in, *want;
} cases[] = {
    {"option__none", "", "json=0 uri=- as=- days=0 all=0"},
    {"option__each", "--json -H u --as all --expiring 30d --all",
	"json=1 uri=u as=all days=30 all=1"},
    {"option__joined", "-Hldap://x --as=gpgsm --expiring=7",
	"json=0 uri=ldap://x as=gpgsm days=7 all=0"},
    {"option__operands_between", "a --json b -H u c",
	"json=1 uri=u as=- days=0 all=0 a b c"},
    {"option__end_of_flags", "a -- --json -H",
	"json=0 uri=- as=- days=0 all=0 a --json -H"},
    {"option__dash_is_operand", "-", "json=0 uri=- as=- days=0 all=0 -"},
    {"option__value_like_flag", "-H --json", "json=0 uri=--json as=- days=0 all=0"},
    {"option__last_wins", "-H a -H b", "json=0 uri=b as=- days=0 all=0"},
    {"option__most_days", "--expiring 3650", "json=0 uri=- as=- days=3650 all=0"},
    {"option__unknown", "--nope", "--nope: there is no such option"},
    {"option__prefix_is_unknown", "--jso", "--jso: there is no such option"},
    {"option__longer_is_unknown", "--jsonx", "--jsonx: there is no such option"},
    {"option__bool_with_value", "--json=1", "--json takes no argument"},
    {"option__value_missing", "a -H", "-H wants URI"},
    {"option__wrong_word", "--as outloo",
	"--as: found \"outloo\", want outlook|gpgsm|all"},
    {"option__empty_word", "--as=", "--as: found \"\", want outlook|gpgsm|all"},
    {"option__days_zero", "--expiring 0",
	"--expiring: found \"0\", want days from 1d to 3650d"},
    {"option__days_past", "--expiring 3651d",
	"--expiring: found \"3651d\", want days from 1d to 3650d"},
    {"option__days_huge", "--expiring 99999999999999999999",
	"--expiring: found \"99999999999999999999\", want days from 1d to 3650d"},
    {"option__days_letters", "--expiring 30x",
	"--expiring: found \"30x\", want days from 1d to 3650d"},
    {"option__days_more", "--expiring 30dd",
	"--expiring: found \"30dd\", want days from 1d to 3650d"},
    {"option__number", "--years 25", "json=0 uri=- as=- days=25 all=0"},
    {"option__number_past", "--years 26",
	"--years: found \"26\", want a number from 1 to 25"},
    {"option__number_is_no_days", "--years 2d",
	"--years: found \"2d\", want a number from 1 to 25"},
};

/* One that may be given several times: in their order, up to the limit. */
static void
test_option_texts(void)
{
	struct lists {
		struct option_texts to;
	} lists = {.to = {.n = 0}};
	const struct option_flag flag[] = {
	    OPT_TEXTS("--to", "ADDRESS", struct lists, to, "to")};
	const struct option_table table = {flag, 1, &lists};
	static char to[] = "--to", joined[] = "--to=b", a[] = "a", x[] = "x",
		    none[] = "";
	char *some[] = {to, a, x, joined, to, none}, *many[102];
	struct err e = {0};
	int n = option_read(&table, 1, 6, some, &e);

	check(n == 1 && lists.to.n == 3 && strcmp(lists.to.value[0], "a") == 0 &&
		  strcmp(lists.to.value[1], "b") == 0 && *lists.to.value[2] == '\0',
	    "option_texts__in_order", "%d, %zu", n, lists.to.n);
	for (int i = 0; i < 102; i++)
		many[i] = i % 2 == 0 ? to : a;
	lists.to.n = 0;
	check(option_read(&table, 1, 100, many, &e) == 0 &&
		  lists.to.n == OPTION_TEXTS_MAX,
	    "option_texts__at_the_limit", "%zu", lists.to.n);
	lists.to.n = 0;
	n = option_read(&table, 1, 102, many, &e);
	check_str("option_texts__over_the_limit", n < 0 ? e.text : "taken",
	    "--to: given more than 50 times");
}

int
main(void)
{
	test_option_texts();
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct conf conf = {.uri = "-", .as = "-"};
		struct more more = {0};
		struct option_table tables[] = {
		    {flags, NITEMS(flags), &conf},
		    {more_flags, NITEMS(more_flags), &more},
		};
		char line[256], got[600], *argv[16], *save = NULL;
		struct err e = {0};
		int argc = 0, n;
		size_t at;

		snprintf(line, sizeof(line), "%s", cases[i].in);
		for (char *w = strtok_r(line, " ", &save); w != NULL && argc < 16;
		     w = strtok_r(NULL, " ", &save))
			argv[argc++] = w;
		n = option_read(tables, NITEMS(tables), argc, argv, &e);
		at = (size_t)snprintf(got, sizeof(got),
		    "json=%d uri=%s as=%s days=%u all=%d", conf.json, conf.uri, conf.as,
		    conf.days, more.all);
		for (int k = 0; k < n; k++)
			at += (size_t)snprintf(
			    got + at, sizeof(got) - at, " %s", argv[k]);
		check_str(cases[i].name, n < 0 ? e.text : got, cases[i].want);
	}
	return check_done();
}
