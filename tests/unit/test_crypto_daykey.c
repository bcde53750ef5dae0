/*
 * Day keys: thirty days to the second, thirty-one and the key is gone, two processes
 * at midnight, clocks that jump, folders that are restored or damaged.
 */
#include "crypto/daykey.h"

#include <sys/wait.h>

#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

#define NOON   INT64_C(1795348800) /* 2026-11-22 12:00:00 UTC */
#define DAY    INT64_C(86400)
#define RECORD BYTES("cn=4711,ou=registry")
#define PIN    BYTES("ABCD-EFGH-IJKL-MNOP-QRST-UV27")
#define FEB_29 INT64_C(1835395199) /* 2028-02-28 23:59:59, a leap year */
#define Y2038  INT64_C(2147483647)

static char path[SCRATCH_MAX];
static struct seal_key *sealing;

static struct daykey_ring *
ring_open(void)
{
	struct daykey_ring *ring;
	struct err e = {0};

	if (daykey_open(path, sealing, &ring, &e) != 0) {
		printf("not ok crypto_daykey: %s\n", e.text);
		exit(1);
	}
	return ring;
}

static void
opens(const char *name, struct daykey_ring *ring, const struct owned *sealed,
    int64_t now, int want, const char *words)
{
	struct secret out;
	struct err e = {0};
	int rc = daykey_unseal(ring, RECORD, now, owned_view(sealed), &out, &e);
	bool same = rc != 0 || bytes_equal(secret_view(&out), PIN);

	check(rc == want && same && strstr(e.text, words) != NULL, name,
	    "got %d \"%s\", want %d \"%s\"", rc, e.text, want, words);
	secret_free(&out);
}

static void
test_crypto_daykey__thirty_days(void)
{
	static const struct {
		const char *name;
		int64_t t;
	} rows[] = {
	    {"noon", NOON}, {"leap_year", FEB_29}, {"year_2038", Y2038}, {"1970", 0}};
	struct daykey_ring *ring = ring_open();
	struct owned sealed;
	char name[100];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		int64_t t = rows[i].t;

		daykey_seal(ring, RECORD, t, PIN, &sealed, NULL);
		snprintf(name, sizeof(name), "crypto_daykey__%s_at_once", rows[i].name);
		opens(name, ring, &sealed, t, 0, "");
		snprintf(
		    name, sizeof(name), "crypto_daykey__%s_last_second", rows[i].name);
		opens(name, ring, &sealed, t + 30 * DAY - 1, 0, "");
		snprintf(name, sizeof(name), "crypto_daykey__%s_30_days", rows[i].name);
		opens(
		    name, ring, &sealed, t + 30 * DAY, ERR_NOT_FOUND, "ended after 30");
		snprintf(
		    name, sizeof(name), "crypto_daykey__%s_30_days_1_s", rows[i].name);
		opens(name, ring, &sealed, t + 30 * DAY + 1, ERR_NOT_FOUND, "ended");
		snprintf(
		    name, sizeof(name), "crypto_daykey__%s_clock_back", rows[i].name);
		opens(name, ring, &sealed, t - 3600, 0, "");
		owned_free(&sealed);
	}
	check_int(
	    "crypto_daykey__a_file_a_day", scratch_count(path, "day-"), NITEMS(rows));
	check_int(
	    "crypto_daykey__named_by_date", scratch_count(path, "day-2028-02-28"), 1);
	check_int(
	    "crypto_daykey__sweep_all", daykey_sweep(ring, Y2038 + 40 * DAY, NULL), 4);
	check_int("crypto_daykey__nothing_left", scratch_count(path, ""), 0);
	daykey_close(&ring);
}

/* The key of a day lives as long as its last PIN, to the second. */
static void
test_crypto_daykey__sweep(void)
{
	int64_t begin = NOON - NOON % DAY, last = begin + DAY - 1;
	struct daykey_ring *ring = ring_open();
	struct owned sealed;
	struct err e = {0};

	daykey_seal(ring, RECORD, last, PIN, &sealed, &e);
	check_int("crypto_daykey__sweep_early",
	    daykey_sweep(ring, begin + 31 * DAY - 1, &e), 0);
	opens("crypto_daykey__last_pin_of_the_day_opens", ring, &sealed,
	    begin + 31 * DAY - 2, 0, "");
	opens("crypto_daykey__last_pin_of_the_day_ends", ring, &sealed,
	    begin + 31 * DAY - 1, ERR_NOT_FOUND, "ended");
	check_int("crypto_daykey__sweep", daykey_sweep(ring, begin + 31 * DAY, &e), 1);
	check_int(
	    "crypto_daykey__sweep_again", daykey_sweep(ring, begin + 31 * DAY, &e), 0);
	opens("crypto_daykey__dead_also_with_the_clock_set_back", ring, &sealed, last,
	    ERR_NOT_FOUND, "day-2026-11-22, was deleted");
	/* A new key of the same day does not open what the old one closed. */
	owned_free(&sealed);
	daykey_seal(ring, RECORD, last, PIN, &sealed, &e);
	daykey_sweep(ring, begin + 31 * DAY, &e);
	{
		struct owned again;

		daykey_seal(ring, RECORD, last, PIN, &again, &e);
		owned_free(&again);
	}
	opens("crypto_daykey__new_key_of_an_old_day", ring, &sealed, last,
	    ERR_NOT_FOUND, "another key");
	owned_free(&sealed);
	daykey_sweep(ring, begin + 31 * DAY, &e);
	daykey_close(&ring);
}

static void
test_crypto_daykey__bound(void)
{
	struct daykey_ring *ring = ring_open();
	struct owned sealed;
	struct secret out;
	struct err e = {0};

	daykey_seal(ring, RECORD, NOON, PIN, &sealed, &e);
	check_int("crypto_daykey__other_record",
	    daykey_unseal(ring, BYTES("cn=4712,ou=registry"), NOON, owned_view(&sealed),
		&out, &e),
	    ERR_CRYPTO);
	/* A later time in the head, to live longer: of the same day, of another. */
	sealed.p[17] ^= 1;
	opens("crypto_daykey__time_forged", ring, &sealed, NOON, ERR_CRYPTO, "damaged");
	sealed.p[15] ^= 0x20;
	opens(
	    "crypto_daykey__day_forged", ring, &sealed, NOON, ERR_NOT_FOUND, "deleted");
	sealed.p[10] = 0x80;
	opens("crypto_daykey__time_absurd", ring, &sealed, NOON, ERR_SYNTAX,
	    "1970 to 9999");
	owned_free(&sealed);
	check_int("crypto_daykey__empty",
	    daykey_unseal(ring, RECORD, NOON, BYTES(""), &out, &e), ERR_SYNTAX);
	check_int("crypto_daykey__seal_year_10000",
	    daykey_seal(ring, RECORD, INT64_C(253402300800), PIN, &sealed, &e),
	    ERR_SYNTAX);
	daykey_sweep(ring, NOON + 31 * DAY, &e);
	daykey_close(&ring);
}

/* Files that are no day keys stay; a damaged key is no key. */
static void
test_crypto_daykey__strange_files(void)
{
	static const char *const names[] = {"day-2020-1-1", "day-2020-13-01",
	    "day-2020-02-30", "day-2020-01-01x", "day-", "readme", "xday-2020-01-01"};
	struct daykey_ring *ring = ring_open();
	char file[SCRATCH_MAX + 100];
	struct owned sealed;
	struct err e = {0};
	FILE *f;

	for (size_t i = 0; i < NITEMS(names); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]);
		if ((f = fopen(file, "w")) != NULL)
			fclose(f);
	}
	check_int("crypto_daykey__strange_files_stay", daykey_sweep(ring, NOON, &e), 0);
	check_int("crypto_daykey__strange_files_count", scratch_count(path, ""),
	    NITEMS(names));
	for (size_t i = 0; i < NITEMS(names); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]);
		unlink(file);
	}
	daykey_seal(ring, RECORD, NOON, PIN, &sealed, &e);
	snprintf(file, sizeof(file), "%s/day-2026-11-22", path);
	check(truncate(file, 60) == 0, "crypto_daykey__truncate", "cannot");
	opens("crypto_daykey__damaged_key", ring, &sealed, NOON, ERR_CRYPTO,
	    "sealed day");
	owned_free(&sealed);
	daykey_sweep(ring, NOON + 31 * DAY, &e);
	daykey_close(&ring);
}

/* Many processes seal the first PIN of a day at once: one key, all can be opened. */
static void
test_crypto_daykey__midnight(void)
{
	enum {
		PROCESSES = 16
	};
	struct daykey_ring *ring;
	struct owned one;
	struct secret out;
	int pipes[2], good = 0;
	uint8_t sealed[256];

	if (daykey_open(path, sealing, &ring, NULL) != 0 || pipe(pipes) != 0)
		return;
	daykey_seal(ring, RECORD, NOON + DAY, PIN, &one, NULL); /* for its size */
	fflush(stdout);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0) {
			struct daykey_ring *mine = ring_open();
			struct owned o;
			bool ok = daykey_seal(mine, RECORD, NOON, PIN, &o, NULL) == 0 &&
				  write(pipes[1], o.p, o.n) == (ssize_t)o.n;

			_exit(ok ? 0 : 1);
		}
	for (int i = 0; i < PROCESSES; i++)
		wait(NULL);
	close(pipes[1]);
	while (read(pipes[0], sealed, one.n) == (ssize_t)one.n) {
		good += daykey_unseal(ring, RECORD, NOON, (struct bytes){sealed, one.n},
			    &out, NULL) == 0;
		secret_free(&out);
	}
	close(pipes[0]);
	check_int("crypto_daykey__midnight_all_open", good, PROCESSES);
	check_int("crypto_daykey__midnight_one_key",
	    scratch_count(path, "day-2026-11-22"), 1);
	owned_free(&one);
	daykey_sweep(ring, NOON + 40 * DAY, NULL);
	daykey_close(&ring);
}

int
main(void)
{
	struct err e = {0};

	scratch_make(path);
	if (seal_key_make(&sealing, &e) != 0) {
		printf("not ok crypto_daykey: %s\n", e.text);
		return 1;
	}
	test_crypto_daykey__thirty_days();
	test_crypto_daykey__sweep();
	test_crypto_daykey__bound();
	test_crypto_daykey__strange_files();
	test_crypto_daykey__midnight();
	check_int("crypto_daykey__folder_empty", scratch_count(path, ""), 0);
	seal_key_free(&sealing);
	scratch_remove(path);
	return check_done();
}
