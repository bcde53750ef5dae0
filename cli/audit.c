/*
 * `chancery audit verify|show`: proves that nobody changed, removed or moved a line of
 * the audit logs, and shows them. Reads files only, as whoever may read them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/show.h"
#include "cli/verb.h"
#include "core/isotime.h"
#include "enroll/chain.h"

struct audit_conf {
	const char *anchor; /* "NUMBER:HASH" */
	const char *find;
	bool json;
	bool help;
};

struct audit {
	struct audit_conf conf;
	const char *file;
	uint64_t anchor_n; /* 0: none */
	struct bytes anchor_hash;
	size_t n_shown;
};

static const char *const default_files[] = {
    "/var/lib/chancery/signer/audit.log", "/var/lib/chancery/clerk/audit.log"};

static const struct option_flag verify_flags[] = {
    OPT_TEXT("--anchor", "NUMBER:HASH", struct audit_conf, anchor, "",
	"the line of this number must have this hash (with one file)"),
    OPT_BOOL("--json", struct audit_conf, json, "print a JSON array"),
    OPT_BOOL("--help", struct audit_conf, help, "this text"),
};

static const struct option_flag show_flags[] = {
    OPT_TEXT("--find", "TEXT", struct audit_conf, find, "",
	"only lines with this text in a value"),
    OPT_BOOL("--json", struct audit_conf, json, "print a JSON object a line"),
    OPT_BOOL("--help", struct audit_conf, help, "this text"),
};

/* A log that is broken is an answer, no fault. */
static int
audit_exit(int rc)
{
	return rc == 0				      ? EXIT_OK
	       : rc == ERR_SYNTAX || rc == ERR_POLICY ? EXIT_NO
						      : EXIT_FAULT;
}

static int
audit_worse(int a, int b)
{
	return a > b ? a : b;
}

/* --- verify ---------------------------------------------------------------------- */

/* "12:HASH", the hash as verify prints it. */
static int
anchor_parse(struct audit *a, struct err *e)
{
	const char *text = a->conf.anchor;
	char *end;

	if (text == NULL)
		return 0;
	a->anchor_n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || a->anchor_n == 0 || *end != ':' ||
	    strspn(end + 1, "0123456789abcdef") != CHAIN_HASH_TEXT ||
	    strlen(end + 1) != CHAIN_HASH_TEXT)
		return err_set(e, ERR_USAGE,
		    "--anchor: found \"%.100s\", want NUMBER:HASH, as verify prints it",
		    text);
	a->anchor_hash = bytes_of(end + 1);
	return 0;
}

static int
anchor_check(const json_t *line, uint64_t n, void *ctx)
{
	const struct audit *a = ctx;
	const char *hash = json_string_value(json_object_get(line, "hash"));

	return n == a->anchor_n && !bytes_equal(bytes_of(hash), a->anchor_hash)
		   ? ERR_POLICY
		   : 0;
}

static int
verify_file(struct audit *a, uint64_t *n_out, char *hash_out, struct err *e)
{
	chain_line_fn *fn = a->anchor_n > 0 ? anchor_check : NULL;
	int rc = chain_verify(a->file, fn, a, n_out, hash_out, e);

	if (rc == ERR_POLICY)
		return err_set(e, rc, "%s: line %llu: has another hash than its anchor",
		    a->file, (unsigned long long)a->anchor_n);
	if (rc == 0 && *n_out < a->anchor_n)
		return err_set(e, ERR_POLICY,
		    "%s: ends with line %llu, but once had line %llu", a->file,
		    (unsigned long long)*n_out, (unsigned long long)a->anchor_n);
	return rc;
}

static int
verify_one(struct audit *a, json_t *results)
{
	char hash[CHAIN_HASH_TEXT + 1];
	struct err e = {0};
	uint64_t n;
	int rc = verify_file(a, &n, hash, &e);

	if (a->conf.json)
		json_array_append_new(
		    results, json_pack("{s:o, s:b, s:I, s:s, s:o?}", "file",
				 show_json_text(bytes_of(a->file)), "good", rc == 0,
				 "lines", (json_int_t)n, "hash", hash, "reason",
				 rc == 0 ? NULL : show_json_text(bytes_of(e.text))));
	else if (rc == 0)
		show_line(stdout, "%s: good, %llu lines, head %llu:%s", a->file,
		    (unsigned long long)n, (unsigned long long)n, hash);
	else
		show_line(rc == ERR_SYNTAX || rc == ERR_POLICY ? stdout : stderr,
		    "%s%s",
		    rc == ERR_SYNTAX || rc == ERR_POLICY ? "BAD " : "chancery: ",
		    e.text);
	return audit_exit(rc);
}

/* --- show ------------------------------------------------------------------------ */

static bool
has_text(const json_t *v, const char *text)
{
	const char *name;
	json_t *part;
	size_t i;

	if (json_is_string(v))
		return strstr(json_string_value(v), text) != NULL;
	json_array_foreach((json_t *)v, i, part) if (has_text(part, text)) return true;
	json_object_foreach(
	    (json_t *)v, name, part) if (has_text(part, text)) return true;
	return false;
}

/* What stands at the front of the line, or says nothing to people. */
static bool
is_frame(const char *name)
{
	static const char *const names[] = {"n", "time", "prev", "event", "hash"};

	for (size_t i = 0; i < NITEMS(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
print_line(const json_t *line, uint64_t n)
{
	char *fields = strdup(""), *more, when[ISOTIME_SIZE];
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)line, name, v)
	{
		char *value = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

		if (!is_frame(name) && fields != NULL && value != NULL &&
		    asprintf(&more, "%s %s=%s", fields, name, value) >= 0) {
			free(fields);
			fields = more;
		}
		free(value);
	}
	show_line(stdout, "%llu %s %s%s", (unsigned long long)n,
	    isotime_text(json_integer_value(json_object_get(line, "time")), when),
	    json_string_value(json_object_get(line, "event")),
	    fields == NULL ? "" : fields);
	free(fields);
}

static int
show_one_line(const json_t *line, uint64_t n, void *ctx)
{
	struct audit *a = ctx;

	if (a->conf.find != NULL && !has_text(line, a->conf.find))
		return 0;
	a->n_shown++;
	if (a->conf.json) {
		json_dumpf(line, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
		putchar('\n');
	} else {
		print_line(line, n);
	}
	return 0;
}

static int
show_one(struct audit *a, json_t *results)
{
	char hash[CHAIN_HASH_TEXT + 1];
	struct err e = {0};
	uint64_t n;
	int rc = chain_verify(a->file, show_one_line, a, &n, hash, &e);

	(void)results;
	if (rc != 0)
		show_line(stderr, "chancery: %s", e.text);
	return audit_exit(rc);
}

/* --- the verb ----------------------------------------------------------------------
 */

/* Those that are named, or those of the programs that have one here. */
static int
each_file(struct audit *a, int n, char **file, int (*one)(struct audit *, json_t *))
{
	json_t *results = json_array();
	int code = EXIT_OK;

	for (int i = 0; i < n; i++) {
		a->file = file[i];
		code = audit_worse(code, one(a, results));
	}
	for (size_t i = 0; n == 0 && i < NITEMS(default_files); i++) {
		a->file = default_files[i];
		code = audit_worse(code, one(a, results));
	}
	if (a->conf.json && one == verify_one)
		show_json(json_incref(results));
	json_decref(results);
	return fflush(stdout) == 0 ? code : EXIT_FAULT;
}

static int audit_verify_main(int argc, char **argv);
static int audit_show_main(int argc, char **argv);

static const struct verb verb_verify = {"audit verify", "[FILE]...",
    "proves that the audit logs are whole",
    "Reads audit logs (those of signer and clerk, if none is named) and finds each\n"
    "changed byte, missing line, or line in another place. What was cut off at the "
    "end\n"
    "shows with --anchor, a head that verify printed before.\n"
    "Exit code 1: a log is not whole.",
    audit_verify_main};

static const struct verb verb_show = {"audit show", "[FILE]...", "shows the audit logs",
    "Prints audit logs, a line each: number, time, event, the rest. Ends where a log\n"
    "is not whole, with exit code 1.",
    audit_show_main};

static int
audit_verify_main(int argc, char **argv)
{
	struct audit a = {0};
	const struct option_table table = {verify_flags, NITEMS(verify_flags), &a.conf};
	struct err e = {0};
	int n = option_read(&table, 1, argc, argv, &e);

	if (n >= 0 && a.conf.help) {
		verb_help(&verb_verify, &table, 1);
		return EXIT_OK;
	}
	if (n >= 0 && anchor_parse(&a, &e) != 0)
		n = ERR_USAGE;
	if (n >= 0 && n != 1 && a.anchor_n > 0)
		n = err_set(&e, ERR_USAGE, "--anchor: want one file with it");
	if (n < 0)
		return verb_usage(&verb_verify, &e);
	return each_file(&a, n, argv, verify_one);
}

static int
audit_show_main(int argc, char **argv)
{
	struct audit a = {0};
	const struct option_table table = {show_flags, NITEMS(show_flags), &a.conf};
	struct err e = {0};
	int n = option_read(&table, 1, argc, argv, &e);

	if (n >= 0 && a.conf.help) {
		verb_help(&verb_show, &table, 1);
		return EXIT_OK;
	}
	if (n < 0)
		return verb_usage(&verb_show, &e);
	return each_file(&a, n, argv, show_one);
}

static void
usage(FILE *f)
{
	fprintf(f, "usage: chancery audit PART [options] ...\n\n"
		   "  verify   proves that the audit logs are whole\n"
		   "  show     shows the audit logs\n\n"
		   "\"chancery audit PART --help\" says more.\n");
}

static int
audit_main(int argc, char **argv)
{
	if (argc > 0 && strcmp(argv[0], "verify") == 0)
		return audit_verify_main(argc - 1, argv + 1);
	if (argc > 0 && strcmp(argv[0], "show") == 0)
		return audit_show_main(argc - 1, argv + 1);
	if (argc > 0 && strcmp(argv[0], "--help") == 0) {
		usage(stdout);
		return EXIT_OK;
	}
	usage(stderr);
	return EXIT_USAGE;
}

const struct verb verb_audit = {
    "audit", "PART", "proves and shows the audit logs", "", audit_main};
