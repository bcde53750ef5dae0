/*
 * The audit log: every changed byte, missing or swapped line is found, a crash or a
 * full disk leaves a log that goes on, and only one process writes it.
 */
#include "enroll/chain.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/bytes.h"
#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

enum {
	FILE_MAX = 1 << 20,
	THREADS = 8,
	LINES_EACH = 50,
	KILLS = 25
};

static char folder[SCRATCH_MAX], path[SCRATCH_MAX + 20];

/* --- files ----------------------------------------------------------------------- */

static size_t
load(char *buf)
{
	FILE *f = fopen(path, "r");
	size_t n = f == NULL ? 0 : fread(buf, 1, FILE_MAX, f);

	if (f != NULL)
		fclose(f);
	return n;
}

static void
save(const char *buf, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, buf, n) != (ssize_t)n)
		printf("not ok chain__save: cannot be written\n");
	close(fd);
}

static uint64_t
verify(int *rc_out, struct err *e)
{
	char hash[CHAIN_HASH_TEXT + 1];
	uint64_t n;

	*e = (struct err){0};
	*rc_out = chain_verify(path, NULL, NULL, &n, hash, e);
	return n;
}

/* A log of so many lines. */
static void
make_log(int n)
{
	struct chain *c;
	struct err e = {0};

	unlink(path);
	if (chain_open(path, &c, &e) != 0) {
		printf("not ok chain__open: %s\n", e.text);
		return;
	}
	for (int i = 0; i < n; i++)
		if (chain_add(c, 1700000000 + i, "certificate.signed",
			json_pack("{s:i, s:s}", "serial", i, "mail", "j\u00fc\n@x"),
			&e) != 0)
			printf("not ok chain__add: %s\n", e.text);
	chain_close(&c);
}

/* --- what is found --------------------------------------------------------------- */

static void
test_chain__every_byte(void)
{
	static char good[FILE_MAX], bad[FILE_MAX];
	int missed = 0, wrong_line = 0, rc;
	struct err e;
	size_t n;

	make_log(4);
	n = load(good);
	check_int("chain__good", (long long)verify(&rc, &e), 4);
	check(rc == 0, "chain__good_verifies", "%s", e.text);
	for (size_t i = 0; i < n; i++)
		for (int bit = 0; bit < 8; bit += 3) {
			uint64_t line = 0;

			memcpy(bad, good, n);
			bad[i] = (char)(bad[i] ^ 1 << bit);
			save(bad, n);
			for (size_t k = 0; k < i; k++)
				line += good[k] == '\n';
			/* A flaw in line 3 leaves two good ones before it. */
			wrong_line += verify(&rc, &e) != line;
			missed += rc != ERR_SYNTAX;
		}
	check_int("chain__every_changed_byte_is_found", missed, 0);
	check_int("chain__the_changed_line_is_named", wrong_line, 0);
}

/* Writes the lines of a log of four in another order: "1234" as they are. */
static int
reordered(const char *order, uint64_t *n_out, struct err *e)
{
	static char good[FILE_MAX], bad[FILE_MAX];
	size_t begin[5] = {0}, n, at = 0;
	int k = 0, rc;

	make_log(4);
	n = load(good);
	for (size_t i = 0; i < n && k < 4; i++)
		if (good[i] == '\n')
			begin[++k] = i + 1;
	for (; *order != '\0'; order++) {
		int line = *order - '1';

		memcpy(bad + at, good + begin[line], begin[line + 1] - begin[line]);
		at += begin[line + 1] - begin[line];
	}
	save(bad, at);
	*n_out = verify(&rc, e);
	return rc;
}

static const struct order_case {
	const char *name, *order;
	int want;
	uint64_t good; /* lines before the first bad one */
	const char *about;
} orders[] = {
    {"as_it_is", "1234", 0, 4, ""},
    {"first_missing", "234", ERR_SYNTAX, 0, "found number 2"},
    {"one_missing", "134", ERR_SYNTAX, 1, "line 2: found number 3"},
    {"two_swapped", "1324", ERR_SYNTAX, 1, "line 2: found number 3"},
    {"last_two_swapped", "1243", ERR_SYNTAX, 2, "line 3: found number 4"},
    {"one_twice", "12234", ERR_SYNTAX, 2, "line 3: found number 2"},
    /* Only a head kept elsewhere shows this. */
    {"end_cut_off", "12", 0, 2, ""},
};

static void
test_chain__orders(void)
{
	for (size_t i = 0; i < NITEMS(orders); i++) {
		const struct order_case *c = &orders[i];
		struct err e;
		char name[100];
		uint64_t n;
		int rc = reordered(c->order, &n, &e);

		snprintf(name, sizeof(name), "chain__%s", c->name);
		check(rc == c->want && n == c->good && strstr(e.text, c->about) != NULL,
		    name, "got %d \"%s\" after %llu lines", rc, e.text,
		    (unsigned long long)n);
	}
}

/* The second line of another log, with a good hash and the right number. */
static void
test_chain__foreign_line(void)
{
	static char text[FILE_MAX], other[FILE_MAX];
	const char *second;
	struct chain *c;
	struct err e;
	size_t n, m;
	int rc;

	make_log(2);
	m = load(other);
	second = strchr(other, '\n') + 1;
	m -= (size_t)(second - other);
	unlink(path);
	chain_open(path, &c, &e);
	chain_add(c, 1, "another beginning", NULL, &e);
	chain_close(&c);
	n = load(text);
	memcpy(text + n, second, m);
	save(text, n + m);
	check_int("chain__foreign_line_after", (long long)verify(&rc, &e), 1);
	check(rc == ERR_SYNTAX && strstr(e.text, "follows another line") != NULL,
	    "chain__foreign_line", "got %d \"%s\"", rc, e.text);
}

/* --- what is refused ---------------------------------------------------------------
 */

static void
test_chain__second_writer(void)
{
	struct chain *c, *other;
	struct err e = {0};

	make_log(1);
	chain_open(path, &c, &e);
	check_int("chain__second_writer", chain_open(path, &other, &e), ERR_POLICY);
	chain_close(&c);
	check_int("chain__next_writer", chain_open(path, &other, &e), 0);
	chain_close(&other);
	chmod(path, 0604);
	check_int(
	    "chain__readable_by_others", chain_open(path, &other, &e), ERR_POLICY);
	chmod(path, 0600);
	save("{}\n", 3);
	check_int(
	    "chain__broken_is_not_opened", chain_open(path, &other, &e), ERR_SYNTAX);
	check(strstr(e.text, "line 1") != NULL, "chain__broken_names_the_line", "%s",
	    e.text);
}

static void
test_chain__fields(void)
{
	static const char *const own[] = {"n", "time", "prev", "event", "hash"};
	static char big[CHAIN_LINE_MAX + 1];
	struct chain *c;
	struct err e = {0};
	int refused = 0, rc;

	make_log(0);
	chain_open(path, &c, &e);
	for (size_t i = 0; i < NITEMS(own); i++)
		refused += chain_add(c, 1, "x", json_pack("{s:i}", own[i], 1), &e) ==
			   ERR_USAGE;
	check_int("chain__own_names_are_refused", refused, 5);
	memset(big, 'x', sizeof(big) - 1);
	for (size_t n = sizeof(big) - 1; n > CHAIN_LINE_MAX - 500; n--) {
		big[n] = '\0';
		rc = chain_add(c, 1, "x", json_pack("{s:s}", "f", big), &e);
		if (rc == 0)
			break;
		refused += rc == ERR_LIMIT;
	}
	check(rc == 0 && refused > 10, "chain__longest_line", "%d refused", refused);
	check_int("chain__longest_line_verifies", (long long)verify(&rc, &e), 1);
	chain_close(&c);
	check_int("chain__longest_line_opens", chain_open(path, &c, &e), 0);
	chain_close(&c);
}

/* --- crashes --------------------------------------------------------------------- */

static int
count_cut(const json_t *line, uint64_t n, void *ctx)
{
	*(json_int_t *)ctx += json_integer_value(json_object_get(line, "cut"));
	return n == 0;
}

static void
test_chain__unfinished(void)
{
	static char text[FILE_MAX];
	char hash[CHAIN_HASH_TEXT + 1];
	json_int_t cut = 0;
	struct chain *c;
	struct err e;
	uint64_t lines;
	size_t n;
	int rc;

	make_log(3);
	n = load(text);
	save(text, n - 10);
	check_int("chain__unfinished_lines", (long long)verify(&rc, &e), 2);
	check(rc == ERR_SYNTAX && strstr(e.text, "line 3: is not finished") != NULL,
	    "chain__unfinished_is_said", "got %d %s", rc, e.text);
	check_int("chain__unfinished_is_opened", chain_open(path, &c, &e), 0);
	check_int("chain__goes_on", chain_add(c, 5, "start", NULL, &e), 0);
	check_int("chain__goes_on_twice", chain_add(c, 6, "start", NULL, &e), 0);
	chain_close(&c);
	rc = chain_verify(path, count_cut, &cut, &lines, hash, &e);
	check_int("chain__good_again", rc, 0);
	check_int("chain__good_again_lines", (long long)lines, 4);
	check(cut > 100, "chain__what_was_cut_is_told_once", "%lld bytes", cut);
}

/* Adds lines for ever; counts in shared memory those that were acknowledged. */
static void
write_for_ever(volatile uint64_t *acknowledged)
{
	struct chain *c;
	struct err e;

	if (chain_open(path, &c, &e) != 0)
		_exit(1);
	for (;;) {
		uint64_t n;
		char hash[CHAIN_HASH_TEXT + 1];

		if (chain_add(c, 1, "x", json_pack("{s:s}", "f", "0123456789"), &e) !=
		    0)
			_exit(1);
		chain_head(c, &n, hash);
		*acknowledged = n;
	}
}

static void
test_chain__killed(void)
{
	volatile uint64_t *acknowledged = mmap(NULL, sizeof(*acknowledged),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int lost = 0, broken = 0, rc;
	struct err e;

	make_log(0);
	for (int i = 0; i < KILLS; i++) {
		uint64_t before = *acknowledged, n;
		pid_t pid = fork();
		struct chain *c;

		if (pid == 0)
			write_for_ever(acknowledged);
		while (*acknowledged < before + 3 && waitpid(pid, NULL, WNOHANG) == 0)
			poll(NULL, 0, 1);
		poll(NULL, 0, i % 7);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		n = verify(&rc, &e);
		lost += n < *acknowledged;
		broken += chain_open(path, &c, &e) != 0;
		chain_close(&c);
	}
	check_int("chain__nothing_acknowledged_is_lost", lost, 0);
	check_int("chain__opens_after_every_kill", broken, 0);
	verify(&rc, &e);
	check(rc == 0 && *acknowledged >= 3 * KILLS, "chain__good_after_all_kills",
	    "got %d %s, %llu lines", rc, e.text, (unsigned long long)*acknowledged);
}

/* --- a full disk ----------------------------------------------------------------- */

static void
test_chain__full(void)
{
	struct rlimit before, limit;
	struct chain *c;
	struct err e = {0};
	struct stat st;
	int added = 0, rc = 0;

	make_log(1);
	stat(path, &st);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = (rlim_t)st.st_size * 3 + 20;
	signal(SIGXFSZ, SIG_IGN);
	chain_open(path, &c, &e);
	setrlimit(RLIMIT_FSIZE, &limit);
	while (added < 10 && (rc = chain_add(c, 1, "x", NULL, &e)) == 0)
		added++;
	check(rc == ERR_IO && added > 0, "chain__full_disk_is_an_error",
	    "got %d after %d lines", rc, added);
	check_int("chain__nothing_was_added", (long long)verify(&rc, &e), added + 1);
	check_int("chain__nothing_half_is_left", rc, 0);
	setrlimit(RLIMIT_FSIZE, &before);
	check_int("chain__goes_on_with_room", chain_add(c, 1, "x", NULL, &e), 0);
	check_int("chain__with_room_again", (long long)verify(&rc, &e), added + 2);
	chain_close(&c);
}

/* --- many threads ---------------------------------------------------------------- */

static struct chain *shared;

static void *
add_lines(void *arg)
{
	struct err e;
	long *failed = arg;

	for (int i = 0; i < LINES_EACH; i++)
		*failed += chain_add(shared, i, "x", NULL, &e) != 0;
	return NULL;
}

static void
test_chain__threads(void)
{
	pthread_t t[THREADS];
	long failed[THREADS] = {0}, sum = 0;
	char hash[CHAIN_HASH_TEXT + 1], head[CHAIN_HASH_TEXT + 1];
	struct err e = {0};
	uint64_t n;

	unlink(path);
	chain_open(path, &shared, &e);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, add_lines, &failed[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		sum += failed[i];
	}
	check_int("chain__threads_failed", sum, 0);
	chain_head(shared, &n, head);
	chain_close(&shared);
	check_int(
	    "chain__threads_verify", chain_verify(path, NULL, NULL, &n, hash, &e), 0);
	check_int("chain__threads_lines", (long long)n, THREADS * LINES_EACH);
	check_str("chain__head", head, hash);
}

static int
stop_at_two(const json_t *line, uint64_t n, void *ctx)
{
	*(int *)ctx += (int)json_integer_value(json_object_get(line, "serial"));
	return n == 2 ? 77 : 0;
}

static void
test_chain__reading_ends(void)
{
	char hash[CHAIN_HASH_TEXT + 1];
	struct err e;
	uint64_t n;
	int sum = 10;

	make_log(5);
	check_int("chain__reader_ends_it",
	    chain_verify(path, stop_at_two, &sum, &n, hash, &e), 77);
	check_int("chain__reader_saw_two", sum, 11);
	unlink(path);
	check_int(
	    "chain__no_file", chain_verify(path, NULL, NULL, &n, hash, &e), ERR_IO);
	save("", 0);
	check_int("chain__empty", chain_verify(path, NULL, NULL, &n, hash, &e), 0);
}

int
main(void)
{
	scratch_make(folder);
	snprintf(path, sizeof(path), "%s/log", folder);
	test_chain__every_byte();
	test_chain__orders();
	test_chain__foreign_line();
	test_chain__second_writer();
	test_chain__fields();
	test_chain__unfinished();
	test_chain__killed();
	test_chain__full();
	test_chain__threads();
	test_chain__reading_ends();
	scratch_remove(folder);
	return check_done();
}
