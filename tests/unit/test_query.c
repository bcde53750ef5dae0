/*
 * The query plan against tables of filters: what mail programs ask
 * (tests/data/client-queries.txt) and variations on it
 * (tests/data/query-variations.txt), which also say what to expect; and here
 * the limits, the rules that can be set, and what holds for every plan.
 */
#include "tests/unit/check.h"
#include "tests/unit/query_world.h"

enum {
	LINE_MAX_BYTES = 8192,
	ARENA_LIMIT = 32 * 1024 * 1024
};

static const struct query_rules world_rules = {true, world_is_published, NULL};

/* A plan as text, in the form of the files. */
static void
describe(const struct query_plan *p, char *out, size_t cap)
{
	snprintf(out, cap, "    people%s%s%s: %s\n%s%s%s",
	    p->kinds & QUERY_KEYS ? " keys" : "",
	    p->kinds & QUERY_AUTHORITIES ? " authorities" : "",
	    p->kinds & QUERY_STRUCTURE ? " structure" : "",
	    p->nothing	   ? "nothing"
	    : p->unchanged ? "unchanged"
			   : p->candidates,
	    p->exact == NULL ? "" : "    exact: ", p->exact == NULL ? "" : p->exact,
	    p->exact == NULL ? "" : "\n");
}

static void
plan_text(const char *filter, const struct query_rules *rules, char *out, size_t cap)
{
	char buf[2048];
	struct arena a;
	struct err e = {0};
	struct query *q;
	struct query_plan plan;
	int rc;

	arena_init(&a, buf, sizeof(buf), ARENA_LIMIT);
	rc = world_read(&a, bytes_of(filter), &q, &e);
	if (rc == 0)
		rc = query_plan(q, rules, &a, &plan, &e);
	if (rc == 0)
		describe(&plan, out, cap);
	else
		snprintf(out, cap, "    error: %s\n", e.text);
	arena_fini(&a);
}

/* A plan's texts are filters that need no plan any more. */
static void
check_settled(const char *filter, const char *text)
{
	char buf[2048], name[LINE_MAX_BYTES];
	struct arena a;
	struct err e = {0};
	struct query *q;
	struct query_plan again;

	arena_init(&a, buf, sizeof(buf), ARENA_LIMIT);
	snprintf(name, sizeof(name), "query__settled %s", filter);
	if (query_parse(bytes_of(text), NULL, &a, &q, &e) < 0 ||
	    query_plan(q, &world_rules, &a, &again, &e) < 0)
		check(false, name, "%s: %s", text, e.text);
	else
		check_str(name, again.unchanged ? text : again.candidates, text);
	arena_fini(&a);
}

static void
check_row(const char *filter, const char *want)
{
	char got[4 * LINE_MAX_BYTES], name[LINE_MAX_BYTES], *text;

	plan_text(filter, &world_rules, got, sizeof(got));
	snprintf(name, sizeof(name), "query__plan %s", filter);
	check_str(name, got, want);
	/* nothing of certificates is loosened twice: the rest must stand */
	text = strstr(got, ": (");
	if (text == NULL || strstr(got, "exact:") != NULL)
		return;
	text[strcspn(text, "\n")] = '\0';
	check_settled(filter, text + 2);
}

/* Rows of a file: a filter, then indented lines with the plan. */
static void
check_file(const char *path)
{
	char line[LINE_MAX_BYTES], filter[LINE_MAX_BYTES] = "";
	char want[2 * LINE_MAX_BYTES] = "";
	FILE *f = fopen(path, "r");
	size_t rows = 0;

	if (!check(f != NULL, path, "cannot be opened"))
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == ' ') {
			strncat(want, line, sizeof(want) - strlen(want) - 1);
			continue;
		}
		if (filter[0] != '\0') {
			check_row(filter, want);
			rows++;
		}
		line[strcspn(line, "\n")] = '\0';
		strcpy(filter, line[0] == '#' ? "" : line);
		want[0] = '\0';
	}
	if (filter[0] != '\0')
		check_row(filter, want);
	fclose(f);
	check(rows > 50, path, "has only %zu rows", rows);
}

/* Rules that a site sets. */
static bool
no_surnames(struct bytes attr, void *ctx)
{
	return !bytes_equal_nocase(attr, BYTES("sn")) && world_is_published(attr, ctx);
}

static bool
no_certificates(struct bytes attr, void *ctx)
{
	return !bytes_equal_nocase(attr, BYTES("userCertificate")) &&
	       world_is_published(attr, ctx);
}

static bool
nothing_published(struct bytes attr, void *ctx)
{
	(void)attr;
	(void)ctx;
	return false;
}

static const struct {
	const char *name;
	struct query_rules rules;
	const char *in, *want;
} rule_cases[] = {
    {"no_tags", {false, world_is_published, NULL}, "(mail=anna+x@example.com)",
	"    people: unchanged\n"},
    {"no_tags_in_substrings", {false, world_is_published, NULL},
	"(mail=*anna+x@example.com*)", "    people: unchanged\n"},
    {"hidden_surname", {true, no_surnames, NULL}, "(sn=muster)",
	"    people: nothing\n"},
    {"hidden_surname_is_not_used", {true, no_surnames, NULL}, "(cn=Anna Muster*)",
	"    people: unchanged\n"},
    {"hidden_surname_not_by_anr", {true, no_surnames, NULL}, "(anr==Anna Muster)",
	"    people: (|(displayName=Anna Muster)(cn=Anna Muster)(givenName=Anna "
	"Muster)(mail=Anna Muster))\n"},
    {"hidden_certificates", {true, no_certificates, NULL},
	"(|(userCertificate=*)(cn=x))", "    people: (cn=x)\n"},
    {"hidden_certificates_unknown", {true, no_certificates, NULL},
	"(&(userCertificate=*)(objectClass=*))", "    people: nothing\n"},
    {"nothing_shown", {true, nothing_published, NULL}, "(mail=anna@example.com)",
	"    people: nothing\n"},
    {"nothing_shown_but_entries", {true, nothing_published, NULL}, "(objectClass=*)",
	"    people: unchanged\n"},
};

static void
test_rules(void)
{
	for (size_t i = 0; i < NITEMS(rule_cases); i++) {
		char got[LINE_MAX_BYTES], name[128];

		plan_text(rule_cases[i].in, &rule_cases[i].rules, got, sizeof(got));
		snprintf(name, sizeof(name), "query__rule_%s", rule_cases[i].name);
		check_str(name, got, rule_cases[i].want);
	}
}

/* `head` n times, then `middle`, then ')' n times, or `middle` n times. */
static char *
repeat(const char *head, const char *middle, size_t n, bool nest)
{
	size_t cap = (strlen(head) + strlen(middle) + 1) * (n + 1) + 8;
	char *text = malloc(cap), *at = text;

	if (text == NULL)
		abort();
	for (size_t i = 0; i < (nest ? n : 1); i++)
		at = stpcpy(at, head);
	for (size_t i = 0; i < (nest ? 1 : n); i++)
		at = stpcpy(at, middle);
	for (size_t i = 0; i < (nest ? n : 1); i++)
		at = stpcpy(at, ")");
	return text;
}

static const struct {
	const char *name, *head, *middle;
	size_t n;
	bool nest;
	int want;
} limit_cases[] = {
    {"depth_at", "(&", "(cn=x)", QUERY_MAX_DEPTH - 1, true, 0},
    {"depth_past", "(&", "(cn=x)", QUERY_MAX_DEPTH, true, ERR_LIMIT},
    {"depth_of_not_at", "(!", "(cn=x)", QUERY_MAX_DEPTH - 1, true, 0},
    {"depth_of_not_past", "(!", "(cn=x)", QUERY_MAX_DEPTH, true, ERR_LIMIT},
    {"depth_of_unknown_past", "(|", "(unknown=x)", QUERY_MAX_DEPTH, true, ERR_LIMIT},
    {"depth_at_grows", "(&(o=y)", "(cn=anna mueller*)", QUERY_MAX_DEPTH - 1, true, 0},
    {"depth_read_past", "(!", "(cn=x)", QUERY_MAX_PLANNED_DEPTH, true, ERR_LIMIT},
    {"depth_far_past", "(!", "(cn=x)", 20000, true, ERR_LIMIT},
    {"nodes_at", "(|", "(cn=x)", QUERY_MAX_NODES - 1, false, 0},
    {"nodes_past", "(|", "(cn=x)", QUERY_MAX_NODES, false, ERR_LIMIT},
    {"nodes_read_past", "(|", "(cn=x)", QUERY_MAX_PLANNED, false, ERR_LIMIT},
    {"nodes_unknown_past", "(&", "(u=x)", QUERY_MAX_NODES, false, ERR_LIMIT},
    {"planned_at", "(|", "(sn=ue)", 1365, false, 0},
    {"planned_past", "(|", "(sn=ue)", 1366, false, ERR_LIMIT},
    {"names_past", "(|", "(cn=anna mueller*)", 1000, false, ERR_LIMIT},
};

/* Read with memory enough, planned with what the limit leaves. */
static int
plan_rc(const char *text, size_t limit, struct err *e)
{
	struct arena tree, a;
	struct query *q;
	struct query_plan plan;
	int rc;

	arena_init(&tree, NULL, 0, ARENA_LIMIT);
	arena_init(&a, NULL, 0, limit);
	rc = world_read(&tree, bytes_of(text), &q, e);
	if (rc == 0)
		rc = query_plan(q, &world_rules, &a, &plan, e);
	arena_fini(&tree);
	arena_fini(&a);
	return rc;
}

/* Reading alone, with little memory. */
static int
read_rc(const char *text, size_t limit)
{
	struct arena a;
	struct query *q;
	int rc;

	arena_init(&a, NULL, 0, limit);
	rc = query_parse(bytes_of(text), NULL, &a, &q, NULL);
	arena_fini(&a);
	return rc;
}

static void
test_limits(void)
{
	for (size_t i = 0; i < NITEMS(limit_cases); i++) {
		char *text = repeat(limit_cases[i].head, limit_cases[i].middle,
		    limit_cases[i].n, limit_cases[i].nest);
		struct err e = {0};
		char name[64];
		int rc = plan_rc(text, ARENA_LIMIT, &e);

		snprintf(name, sizeof(name), "query__limit_%s", limit_cases[i].name);
		check(rc == limit_cases[i].want && (rc == 0 || e.text[0] != '\0'), name,
		    "got %d \"%s\", want %d", rc, e.text, limit_cases[i].want);
		free(text);
	}
}

/* A value of n bytes of which each becomes `size` bytes in the plan's text. */
static void
check_text_limit(const char *name, char byte, size_t n, int want)
{
	char *text = malloc(n + 32);
	struct err e = {0};
	int rc;

	if (text == NULL)
		abort();
	strcpy(text, "(|(unknown=x)(cn=");
	memset(text + strlen("(|(unknown=x)(cn="), byte, n);
	strcpy(text + strlen("(|(unknown=x)(cn=") + n, "))");
	rc = plan_rc(text, ARENA_LIMIT, &e);
	check(rc == want, name, "got %d \"%s\", want %d", rc, e.text, want);
	free(text);
}

static void
test_text_limits(void)
{
	size_t frame = strlen("(cn=)");
	size_t read = strlen("(|(unknown=x)(cn=))");

	check_text_limit("query__limit_text_read_at", 'x', QUERY_MAX_TEXT - read, 0);
	check_text_limit(
	    "query__limit_text_read_past", 'x', QUERY_MAX_TEXT - read + 1, ERR_LIMIT);
	check_text_limit(
	    "query__limit_text_at", '\x01', (QUERY_MAX_TEXT - frame) / 3, 0);
	check_text_limit("query__limit_text_past", '\x01',
	    (QUERY_MAX_TEXT - frame) / 3 + 1, ERR_LIMIT);
}

/* Whatever memory is missing where: an error, never half a plan. */
static void
test_memory(void)
{
	static const char filter[] =
	    "(|(&(cn=Anna Mueller*)(userCertificate=*))(anr=x y)(mail=a+b@müller.d)"
	    "(!(&(mailNickname=*a)(unknown=x)(userSMIMECertificate=*))))";
	size_t limit;
	int rc = ERR_MEMORY;

	for (limit = 0; limit < 1024 * 1024 && rc == ERR_MEMORY; limit += 64)
		rc = plan_rc(filter, limit, NULL);
	check(
	    rc == 0 && limit > 4096, "query__memory", "got %d at %zu bytes", rc, limit);
	rc = ERR_MEMORY;
	for (limit = 0; limit < 1024 * 1024 && rc == ERR_MEMORY; limit += 16)
		rc = read_rc(filter, limit);
	check(rc == 0 && limit > 1024, "query__memory_to_read", "got %d at %zu bytes",
	    rc, limit);
}

/* As the adapter may hand over what the parser never makes. */
static void
test_trees(void)
{
	char buf[2048];
	struct arena a;
	struct query_plan plan;
	struct query undefined = {.op = QUERY_UNKNOWN};
	struct query empty_and = {.op = QUERY_AND};
	struct query no_attr = {.op = QUERY_EQUAL, .known = false};
	struct query both = {.op = QUERY_OR, .child = &no_attr};

	arena_init(&a, buf, sizeof(buf), ARENA_LIMIT);
	query_plan(&undefined, &world_rules, &a, &plan, NULL);
	check(plan.nothing, "query__tree_undefined", "got %d, want nothing",
	    plan.nothing);
	query_plan(&empty_and, &world_rules, &a, &plan, NULL);
	check(!plan.nothing, "query__tree_empty_and", "got nothing, want everything");
	query_plan(&both, &world_rules, &a, &plan, NULL);
	check(plan.nothing, "query__tree_no_attribute", "got %d, want nothing",
	    plan.nothing);
	arena_fini(&a);
}

int
main(void)
{
	check_file("tests/data/client-queries.txt");
	check_file("tests/data/query-variations.txt");
	test_rules();
	test_limits();
	test_text_limits();
	test_memory();
	test_trees();
	return check_done();
}
