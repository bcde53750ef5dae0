/*
 * The pool: what goes in comes out once. Then takers and putters that are killed at
 * random moments (CHANCERY_SEED repeats their order): no key is given
 * twice, and none is lost but those in the hand of a killed taker.
 */
#include "enroll/signer/pool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

#define KIND "rsa3072"
#define NOW  INT64_C(1795348800)

enum {
	TAKERS = 3,
	PUTTERS = 2,
	WORKERS = TAKERS + PUTTERS,
	SECONDS_MAX = 20,
	KEYS_ENOUGH = 300, /* put before it ends */
	KILLS_ENOUGH = 60,
	KEYS_MAX = 200 * 1000, /* more than the time allows */
	FULL = 200,	       /* putters rest above */
};

static char path[SCRATCH_MAX];
static struct seal_key *sealing;

static struct pool *
open_pool(const struct seal_key *k)
{
	struct pool *pool;
	struct err e = {0};

	if (pool_open(path, k, &pool, &e) != 0) {
		printf("not ok enroll_pool: %s\n", e.text);
		exit(1);
	}
	return pool;
}

static void
test_signer_pool__once(void)
{
	struct pool *pool = open_pool(sealing);
	struct secret got;
	struct err e = {0};
	int seen = 0;

	check_int("signer_pool__empty_count", pool_count(pool, KIND, &e), 0);
	check_int("signer_pool__empty_take", pool_take(pool, KIND, &got, &e), 0);
	pool_put(pool, KIND, BYTES("one"), NOW, &e);
	pool_put(pool, KIND, BYTES("two"), NOW, &e);
	pool_put(pool, "p256", BYTES("four"), NOW, &e);
	check_int("signer_pool__count", pool_count(pool, KIND, &e), 2);
	check_int(
	    "signer_pool__count_of_part_of_a_name", pool_count(pool, "rsa", &e), 0);
	for (int i = 0; i < 2; i++) {
		check_int("signer_pool__take", pool_take(pool, KIND, &got, &e), 1);
		seen |= bytes_equal(secret_view(&got), BYTES("one"))   ? 1
			: bytes_equal(secret_view(&got), BYTES("two")) ? 2
								       : 4;
		secret_free(&got);
	}
	check_int("signer_pool__each_once", seen, 3);
	check_int("signer_pool__take_no_more", pool_take(pool, KIND, &got, &e), 0);
	check_int("signer_pool__other_kind", pool_take(pool, "p256", &got, &e), 1);
	secret_free(&got);
	check_int("signer_pool__kind_with_slash",
	    pool_put(pool, "../rsa", BYTES("x"), NOW, &e), ERR_USAGE);
	check_int("signer_pool__kind_longest",
	    pool_put(pool, "0123456789abcdef", BYTES("x"), NOW, &e), 0);
	check_int("signer_pool__kind_longest_take",
	    pool_take(pool, "0123456789abcdef", &got, &e), 1);
	secret_free(&got);
	check_int("signer_pool__kind_too_long",
	    pool_put(pool, "0123456789abcdefg", BYTES("x"), NOW, &e), ERR_USAGE);
	check_int("signer_pool__kind_empty", pool_take(pool, "", &got, &e), ERR_USAGE);
	check_int("signer_pool__folder_empty", scratch_count(path, ""), 0);
	pool_close(&pool);
}

/* Gives a key in the pool another's name. */
static void
rename_any(void)
{
	char from[SCRATCH_MAX + 300], to[SCRATCH_MAX + 300];
	DIR *dir = opendir(path);
	struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (strncmp(d->d_name, KIND, strlen(KIND)) == 0)
			snprintf(from, sizeof(from), "%s/%s", path, d->d_name);
	if (dir != NULL)
		closedir(dir);
	snprintf(to, sizeof(to), "%s/" KIND "-%032d", path, 0);
	if (rename(from, to) != 0)
		exit(1);
}

/* Keys that do not open are put aside and never met again. */
static void
test_signer_pool__bad(void)
{
	struct pool *pool = open_pool(sealing), *stranger;
	struct seal_key *other;
	struct secret got;
	struct err e = {0};

	if (seal_key_make(&other, &e) != 0)
		return;
	stranger = open_pool(other);
	pool_put(stranger, KIND, BYTES("sealed by another"), NOW, &e);
	pool_put(pool, KIND, BYTES("good"), NOW, &e);
	check(pool_take(pool, KIND, &got, &e) == 1 &&
		  bytes_equal(secret_view(&got), BYTES("good")),
	    "signer_pool__bad_passed_over", "%s", e.text);
	secret_free(&got);
	check_int("signer_pool__bad_no_more", pool_take(pool, KIND, &got, &e), 0);
	check_int("signer_pool__bad_not_counted", pool_count(pool, KIND, &e), 0);
	check_int(
	    "signer_pool__bad_kept_aside", scratch_count(path, "bad-" KIND "-"), 1);
	/* A sealed key under another's name is not taken for it. */
	pool_put(pool, KIND, BYTES("moved"), NOW, &e);
	rename_any();
	check_int("signer_pool__renamed_not_given", pool_take(pool, KIND, &got, &e), 0);
	check_int("signer_pool__renamed_aside", scratch_count(path, "bad-"), 2);
	pool_close(&stranger);
	seal_key_free(&other);
	pool_close(&pool);
	scratch_remove(path);
	mkdir(path, 0700);
}

/* --- the filler -------------------------------------------------------------- */

static int
make_key(const char *kind, struct secret *out, void *ctx, struct err *e)
{
	int *made = ctx;

	if (*made == 5)
		return err_set(e, ERR_CRYPTO, "%s: no more today", kind);
	if (secret_new(1, out) != 0)
		return ERR_MEMORY;
	out->p[0] = (uint8_t)++ * made;
	return 0;
}

static void
test_signer_pool__fill(void)
{
	struct pool *pool = open_pool(sealing);
	struct secret got;
	struct err e = {0};
	int made = 0, steps = 0;

	while (pool_fill(pool, KIND, 3, NOW, make_key, &made, &e) == 1 && steps < 10)
		steps++;
	check(made == 3 && steps == 3 && pool_count(pool, KIND, &e) == 3,
	    "signer_pool__fill", "made %d in %d steps", made, steps);
	pool_take(pool, KIND, &got, &e);
	secret_free(&got);
	check_int("signer_pool__fill_one_taken",
	    pool_fill(pool, KIND, 3, NOW, make_key, &made, &e), 1);
	check_int("signer_pool__fill_most",
	    pool_fill(pool, KIND, POOL_WANT_MAX, NOW, make_key, &made, &e), 1);
	check_int("signer_pool__fill_too_many",
	    pool_fill(pool, KIND, POOL_WANT_MAX + 1, NOW, make_key, &made, &e),
	    ERR_LIMIT);
	check_int("signer_pool__fill_maker_fails",
	    pool_fill(pool, KIND, 10, NOW, make_key, &made, &e), ERR_CRYPTO);
	check_str("signer_pool__fill_sentence", e.text, "rsa3072: no more today");
	while (pool_take(pool, KIND, &got, &e) == 1)
		secret_free(&got);
	pool_close(&pool);
}

/* --- killed workers ---------------------------------------------------------- */

/* A worker's report: numbers of keys, written at once, so that they outlive it. */
static int
report_open(const char *what)
{
	char name[SCRATCH_MAX + 40];

	snprintf(name, sizeof(name), "%s-%s", path, what);
	return open(name, O_RDWR | O_CREAT | O_APPEND, 0600);
}

static bool
report(int fd, uint32_t key)
{
	return write(fd, &key, sizeof(key)) == sizeof(key);
}

/* Puts keys with numbers of its own until it is killed. */
static void
putter(uint32_t first, int fd)
{
	struct pool *pool = open_pool(sealing);

	for (uint32_t key = first;;) {
		struct bytes content = {(const uint8_t *)&key, sizeof(key)};
		int n = pool_count(pool, KIND, NULL);

		if (n < 0)
			_exit(2);
		if (n > FULL) {
			usleep(1000);
			continue;
		}
		if (pool_put(pool, KIND, content, NOW, NULL) != 0 || !report(fd, key))
			_exit(2);
		key++;
	}
}

static void
taker(int fd)
{
	struct pool *pool = open_pool(sealing);

	for (;;) {
		struct secret got;
		uint32_t key;
		int rc = pool_take(pool, KIND, &got, NULL);

		if (rc == 0)
			continue;
		if (rc < 0 || got.n != sizeof(key))
			_exit(3);
		memcpy(&key, got.p, sizeof(key));
		if (!report(fd, key))
			_exit(3);
		secret_free(&got);
	}
}

struct campaign {
	pid_t pid[WORKERS];
	int taken, put;		       /* reports */
	unsigned born;		       /* putters so far: each has numbers of its own */
	unsigned killed_takers, ended; /* ended by themselves: they must not */
};

enum {
	KEYS_A_PUTTER = 100 * 1000
};

static void
spawn(struct campaign *c, int i)
{
	uint32_t first = i < TAKERS ? 0 : c->born++ * KEYS_A_PUTTER;

	if ((c->pid[i] = fork()) == 0) {
		if (i < TAKERS)
			taker(c->taken);
		putter(first, c->put);
	}
}

static void
end(struct campaign *c, int i)
{
	int status;

	kill(c->pid[i], SIGKILL);
	waitpid(c->pid[i], &status, 0);
	c->ended += !WIFSIGNALED(status);
	c->killed_takers += i < TAKERS;
}

static size_t
reported(int fd)
{
	off_t n = lseek(fd, 0, SEEK_END);

	return n < 0 ? 0 : (size_t)n / sizeof(uint32_t);
}

/* All numbers of a report. */
static size_t
report_read(int fd, uint32_t *keys)
{
	ssize_t n;
	size_t got = 0;

	lseek(fd, 0, SEEK_SET);
	while (got < KEYS_MAX &&
	       (n = read(fd, keys + got, (KEYS_MAX - got) * sizeof(*keys))) > 0)
		got += (size_t)n / sizeof(*keys);
	return got;
}

static int
compare(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static void
judge(struct campaign *c, unsigned seed)
{
	static uint32_t put[KEYS_MAX], taken[KEYS_MAX];
	struct pool *pool = open_pool(sealing); /* also tidies */
	size_t n_put = report_read(c->put, put), n_taken, twice = 0, lost = 0;
	struct secret got;
	struct err e = {0};
	int rc;

	check_int("signer_pool__kill_nothing_half_done", scratch_count(path, "."), 0);
	check_int("signer_pool__kill_nothing_bad", scratch_count(path, "bad-"), 0);
	while ((rc = pool_take(pool, KIND, &got, &e)) == 1) { /* what is left */
		uint32_t key;

		memcpy(&key, got.p, sizeof(key));
		report(c->taken, key);
		secret_free(&got);
	}
	check(rc == 0, "signer_pool__kill_rest_opens", "%s", e.text);
	n_taken = report_read(c->taken, taken);
	qsort(taken, n_taken, sizeof(*taken), compare);
	for (size_t i = 1; i < n_taken; i++)
		twice += taken[i] == taken[i - 1];
	for (size_t i = 0; i < n_put; i++)
		lost +=
		    bsearch(&put[i], taken, n_taken, sizeof(*taken), compare) == NULL;
	check(twice == 0, "signer_pool__kill_no_key_twice", "%zu twice, seed %u", twice,
	    seed);
	check(lost <= c->killed_takers, "signer_pool__kill_no_key_lost",
	    "%zu lost, %u takers killed, seed %u", lost, c->killed_takers, seed);
	check(n_put > 100 && n_taken > 100 && c->killed_takers > 10,
	    "signer_pool__kill_had_work", "%zu put, %zu taken, %u killed, seed %u",
	    n_put, n_taken, c->killed_takers, seed);
	check_int("signer_pool__kill_nobody_failed", c->ended, 0);
	printf(
	    "note pool: seed %u: %zu put, %zu taken, %u takers and %u putters killed, "
	    "%zu keys lost in their hands\n",
	    seed, n_put, n_taken, c->killed_takers, c->born, lost);
	pool_close(&pool);
}

static void
test_signer_pool__kill(void)
{
	const char *given = getenv("CHANCERY_SEED");
	struct campaign c = {.taken = report_open("taken"), .put = report_open("put")};
	struct timespec begin, now;
	unsigned seed =
	    given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	char name[SCRATCH_MAX + 40];

	srandom(seed);
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < WORKERS; i++)
		spawn(&c, i);
	do {
		int i = (int)(random() % WORKERS);

		usleep((useconds_t)(random() % 8000));
		end(&c, i);
		spawn(&c, i);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - begin.tv_sec < SECONDS_MAX &&
		 (reported(c.put) < KEYS_ENOUGH || c.killed_takers < KILLS_ENOUGH));
	for (int i = 0; i < WORKERS; i++)
		end(&c, i);
	judge(&c, seed);
	close(c.taken);
	close(c.put);
	snprintf(name, sizeof(name), "%s-taken", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-put", path);
	unlink(name);
}

int
main(void)
{
	struct err e = {0};

	scratch_make(path);
	if (seal_key_make(&sealing, &e) != 0) {
		printf("not ok enroll_pool: %s\n", e.text);
		return 1;
	}
	test_signer_pool__once();
	test_signer_pool__bad();
	test_signer_pool__fill();
	test_signer_pool__kill();
	check_int("signer_pool__end_empty", scratch_count(path, ""), 0);
	seal_key_free(&sealing);
	scratch_remove(path);
	return check_done();
}
