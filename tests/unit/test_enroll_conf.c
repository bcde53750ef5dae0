/*
 * Configuration files: what the table does not want is refused with file, line,
 * option, what was found and what was wanted.
 */
#include "enroll/conf.h"

#include <sys/stat.h>

#include "crypto/owned.h"
#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

struct conf {
	const char *base, *file, *mode, *note;
	uint32_t port, interval;
	bool mail;
	struct conf_list domain;
};

static const struct conf_row rows[] = {
    {"base", CONF_TEXT, offsetof(struct conf, base), NULL, NULL, 0, 0, "the base"},
    {"file", CONF_PATH, offsetof(struct conf, file), "key.pem", NULL, 0, 0, "a file"},
    {"mode", CONF_WORD, offsetof(struct conf, mode), "archive", "archive|forget", 0, 0,
	"what happens to keys"},
    {"note", CONF_TEXT, offsetof(struct conf, note), "", NULL, 0, 0, "a note"},
    {"port", CONF_U32, offsetof(struct conf, port), "8443", NULL, 1, 65535, "a port"},
    {"interval", CONF_SECONDS, offsetof(struct conf, interval), "1m", NULL, 10, 86400,
	"how often"},
    {"mail", CONF_BOOL, offsetof(struct conf, mail), "on", NULL, 0, 0, "whether"},
    {"domain", CONF_LIST, offsetof(struct conf, domain), "", NULL, 0, 0, "domains"},
};

static char folder[SCRATCH_MAX], path[SCRATCH_MAX + 20];
static char room[4096];
static struct arena arena;

static void
put(struct bytes text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	if (f != NULL && fwrite(text.p, 1, text.n, f) == text.n) {
		fchmod(fileno(f), mode);
		fclose(f);
	}
}

static int
read_text(struct bytes text, struct conf *conf, struct err *e)
{
	*conf = (struct conf){0};
	*e = (struct err){0};
	put(text, 0640);
	arena_fini(&arena);
	arena_init(&arena, room, sizeof(room), 1 << 20);
	return conf_read(path, rows, NITEMS(rows), conf, &arena, e);
}

/* --- refusals ----------------------------------------------------------------------
 */

static const struct refusal {
	const char *name;
	struct bytes in;
	int want;
	const char *about; /* stands in the sentence */
} refusals[] = {
    {"least", BYTES("base=x"), 0, ""},
    {"comments",
	BYTES("# one\n\n  # two = 2\r\n\tbase\t=  dc=example, dc=com \r\nport=1\n"), 0,
	""},
    {"missing", BYTES("port = 1\n"), ERR_USAGE, "base: is missing (the base)"},
    {"empty_file", BYTES(""), ERR_USAGE, "base"},
    {"unknown", BYTES("base=x\nprot = 1\n"), ERR_USAGE,
	"line 2: there is no option \"prot\""},
    {"case_matters", BYTES("Base=x\n"), ERR_USAGE, "Base"},
    {"no_name", BYTES("base=x\n=1\n"), ERR_USAGE, "line 2"},
    {"no_equals", BYTES("base=x\nport 1\n"), ERR_SYNTAX, "line 2: want"},
    {"twice", BYTES("base=x\nbase=x\n"), ERR_USAGE,
	"line 2: base: stands here a second time"},
    {"no_value", BYTES("base =\n"), ERR_SYNTAX, "base: has no value"},
    {"nul", BYTES("base=x\0y\n"), ERR_SYNTAX, "control"},
    {"nul_in_name", BYTES("base\0=x\n"), ERR_USAGE, "no option"},
    {"bell", BYTES("base=\007\n"), ERR_SYNTAX, "control"},
    {"no_utf8", BYTES("base=\xfc\n"), ERR_SYNTAX, "UTF-8"},
    {"comment_behind", BYTES("base=x # the base\n"), ERR_SYNTAX, "line of its own"},
    {"hash_in_value", BYTES("base=https://x/#y\n"), 0, ""},
    {"port_least", BYTES("base=x\nport=1\n"), 0, ""},
    {"port_below", BYTES("base=x\nport=0\n"), ERR_SYNTAX,
	"port: found \"0\", want a number from 1 to 65535"},
    {"port_most", BYTES("base=x\nport=65535\n"), 0, ""},
    {"port_above", BYTES("base=x\nport=65536\n"), ERR_SYNTAX, "port"},
    {"port_wraps", BYTES("base=x\nport=4294967297\n"), ERR_SYNTAX, "port"},
    {"port_wraps_64", BYTES("base=x\nport=18446744073709551617\n"), ERR_SYNTAX, "port"},
    {"port_negative", BYTES("base=x\nport=-1\n"), ERR_SYNTAX, "port"},
    {"port_with_more", BYTES("base=x\nport=1x\n"), ERR_SYNTAX, "port"},
    {"port_hex", BYTES("base=x\nport=0x10\n"), ERR_SYNTAX, "port"},
    {"seconds_least", BYTES("base=x\ninterval=10\n"), 0, ""},
    {"seconds_below", BYTES("base=x\ninterval=9s\n"), ERR_SYNTAX, "interval"},
    {"seconds_most", BYTES("base=x\ninterval=1d\n"), 0, ""},
    {"seconds_above", BYTES("base=x\ninterval=1441m\n"), ERR_SYNTAX, "interval"},
    {"seconds_huge", BYTES("base=x\ninterval=4294967296d\n"), ERR_SYNTAX, "interval"},
    {"seconds_unit_alone", BYTES("base=x\ninterval=m\n"), ERR_SYNTAX, "interval"},
    {"seconds_two_units", BYTES("base=x\ninterval=1mm\n"), ERR_SYNTAX, "interval"},
    {"seconds_spaced", BYTES("base=x\ninterval=1 m\n"), ERR_SYNTAX, "interval"},
    {"word", BYTES("base=x\nmode=forget\n"), 0, ""},
    {"word_part", BYTES("base=x\nmode=arch\n"), ERR_SYNTAX, "want archive|forget"},
    {"word_both", BYTES("base=x\nmode=archive|forget\n"), ERR_SYNTAX, "mode"},
    {"bool_off", BYTES("base=x\nmail=off\n"), 0, ""},
    {"bool_yes", BYTES("base=x\nmail=yes\n"), ERR_SYNTAX, "want on or off"},
    {"list_twice", BYTES("base=x\ndomain=a\ndomain=a\n"), 0, ""},
};

static void
test_conf__refusals(void)
{
	for (size_t i = 0; i < NITEMS(refusals); i++) {
		const struct refusal *c = &refusals[i];
		struct conf conf;
		struct err e;
		char name[100];
		int rc = read_text(c->in, &conf, &e);

		snprintf(name, sizeof(name), "conf__%s", c->name);
		check(rc == c->want && strstr(e.text, c->about) != NULL &&
			  (rc == 0 || strstr(e.text, path) != NULL),
		    name, "got %d \"%s\", want %d about \"%s\"", rc, e.text, c->want,
		    c->about);
	}
}

/* --- values ---------------------------------------------------------------------- */

static void
test_conf__values(void)
{
	struct conf conf;
	struct err e;
	char want[SCRATCH_MAX + 40];

	check_int("conf__all",
	    read_text(BYTES("base = dc=example, dc=com\nfile = keys/ca.pem\n"
			    "mode=forget\nport=25\ninterval=2h\nmail=off\n"
			    "domain=a.example\ndomain = b.example\n"
			    "domain=c.example"),
		&conf, &e),
	    0);
	check_str("conf__text", conf.base, "dc=example, dc=com");
	snprintf(want, sizeof(want), "%s/keys/ca.pem", folder);
	check_str("conf__path_counts_from_the_file", conf.file, want);
	check_str("conf__word_value", conf.mode, "forget");
	check_int("conf__number", conf.port, 25);
	check_int("conf__hours", conf.interval, 2 * 60 * 60);
	check_int("conf__off", conf.mail, false);
	check(conf.domain.n == 3 && strcmp(conf.domain.value[0], "a.example") == 0 &&
		  strcmp(conf.domain.value[2], "c.example") == 0,
	    "conf__list_in_its_order", "got %zu values", conf.domain.n);
}

static void
test_conf__defaults(void)
{
	struct conf conf;
	struct err e;
	char want[SCRATCH_MAX + 40];

	read_text(BYTES("base=x"), &conf, &e);
	snprintf(want, sizeof(want), "%s/key.pem", folder);
	check_str("conf__default_path", conf.file, want);
	check_str("conf__default_word", conf.mode, "archive");
	check_int("conf__default_number", conf.port, 8443);
	check_int("conf__default_seconds", conf.interval, 60);
	check_int("conf__default_bool", conf.mail, true);
	check(conf.note == NULL && conf.domain.n == 0, "conf__none_stays_empty",
	    "got %s", conf.note);
	read_text(BYTES("base=x\nfile=/etc/x"), &conf, &e);
	check_str("conf__absolute_path", conf.file, "/etc/x");
}

/* --- limits ---------------------------------------------------------------------- */

/* "base=x", filled up by what fill says, as many bytes. */
static int
read_filled(const char *head, char fill, size_t n, struct err *e)
{
	char *text = malloc(n);
	struct conf conf;
	int rc;

	memset(text, fill, n);
	memcpy(text, head, strlen(head));
	rc = read_text((struct bytes){(uint8_t *)text, n}, &conf, e);
	free(text);
	return rc;
}

static void
test_conf__limits(void)
{
	struct err e;

	check_int("conf__longest_value",
	    read_filled("base=", 'a', 5 + CONF_VALUE_MAX, &e), 0);
	check_int("conf__value_one_longer",
	    read_filled("base=", 'a', 5 + CONF_VALUE_MAX + 1, &e), ERR_LIMIT);
	check_int(
	    "conf__longest_file", read_filled("base=x\n#", 'a', CONF_FILE_MAX, &e), 0);
	check_int("conf__file_one_longer",
	    read_filled("base=x\n#", 'a', CONF_FILE_MAX + 1, &e), ERR_LIMIT);
}

static void
test_conf__list_limit(void)
{
	char *text = malloc((CONF_LIST_MAX + 1) * 10 + 10);
	struct conf conf;
	struct err e;
	int n = sprintf(text, "base=x\n");

	for (int i = 0; i < CONF_LIST_MAX; i++)
		n += sprintf(text + n, "domain=d\n");
	check_int("conf__longest_list",
	    read_text((struct bytes){(uint8_t *)text, (size_t)n}, &conf, &e), 0);
	n += sprintf(text + n, "domain=d\n");
	check_int("conf__list_one_longer",
	    read_text((struct bytes){(uint8_t *)text, (size_t)n}, &conf, &e),
	    ERR_LIMIT);
	free(text);
}

static void
test_conf__files(void)
{
	struct conf conf = {0};
	struct err e = {0};

	put(BYTES("base=x"), 0646);
	check_int("conf__everybody_can_write",
	    conf_read(path, rows, NITEMS(rows), &conf, &arena, &e), ERR_POLICY);
	check_int("conf__folder",
	    conf_read(folder, rows, NITEMS(rows), &conf, &arena, &e), ERR_IO);
	unlink(path);
	check_int("conf__no_file",
	    conf_read(path, rows, NITEMS(rows), &conf, &arena, &e), ERR_IO);
	check(strstr(e.text, path) != NULL, "conf__no_file_is_named", "%s", e.text);
	check_int("conf__never_ending_file",
	    conf_read("/dev/zero", rows, NITEMS(rows), &conf, &arena, &e), ERR_IO);
}

/* --- secrets --------------------------------------------------------------------- */

static char longest[CONF_SECRET_MAX + 3];

static const struct secret_case {
	const char *name;
	const char *in;
	mode_t mode;
	int want;
	const char *got;
} secrets[] = {
    {"line", "demo-clerk\n", 0600, 0, "demo-clerk"},
    {"no_end", "demo clerk ", 0400, 0, "demo clerk "},
    {"first_of_two", "one\ntwo\n", 0600, 0, "one"},
    {"windows", "one\r\n", 0600, 0, "one"},
    {"empty", "", 0600, ERR_POLICY, ""},
    {"empty_line", "\nsecond\n", 0600, ERR_POLICY, ""},
    {"others_read", "x", 0604, ERR_POLICY, ""},
    {"group_writes", "x", 0620, ERR_POLICY, ""},
    {"longest", longest + 1, 0600, 0, longest + 1},
    {"one_longer", longest, 0600, ERR_LIMIT, ""},
};

static void
test_conf__secrets(void)
{
	memset(longest, 'x', CONF_SECRET_MAX + 1);
	for (size_t i = 0; i < NITEMS(secrets); i++) {
		const struct secret_case *c = &secrets[i];
		struct secret got;
		struct err e = {0};
		char name[100];
		int rc;

		put(bytes_of(c->in), c->mode);
		rc = conf_secret(path, &got, &e);
		snprintf(name, sizeof(name), "conf__secret_%s", c->name);
		check(rc == c->want && bytes_equal(secret_view(&got), bytes_of(c->got)),
		    name, "got %d %s and %zu bytes", rc, e.text, got.n);
		secret_free(&got);
		unlink(path);
	}
}

/* A group may read where root gave the file to it; not where the user did. */
static void
test_conf__secret_of_another(void)
{
	struct secret got;
	struct err e = {0};

	if (geteuid() != 0) {
		printf("skip conf__secret_of_another: only root can make one\n");
		return;
	}
	put(BYTES("x"), 0640);
	check_int("conf__secret_of_root_group_reads", conf_secret(path, &got, &e), 0);
	secret_free(&got);
	if (chown(path, 12345, 0) != 0 || chmod(folder, 0711) != 0)
		return;
	check_int("conf__secret_of_another", conf_secret(path, &got, &e), ERR_POLICY);
	check(seteuid(12345) == 0, "conf__another_user", "cannot be");
	check_int(
	    "conf__own_secret_group_reads", conf_secret(path, &got, &e), ERR_POLICY);
	check(seteuid(0) == 0, "conf__root_again", "cannot be");
}

int
main(void)
{
	arena_init(&arena, room, sizeof(room), 1 << 20);
	scratch_make(folder);
	snprintf(path, sizeof(path), "%s/test.conf", folder);
	test_conf__refusals();
	test_conf__values();
	test_conf__defaults();
	test_conf__limits();
	test_conf__list_limit();
	test_conf__secrets();
	test_conf__secret_of_another();
	test_conf__files();
	arena_fini(&arena);
	scratch_remove(folder);
	return check_done();
}
