/*
 * Whether a clock is believed: looks at it one after the other, as hours from a start,
 * and the state after each.
 */
#include "enroll/signer/clock.h"

#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

#define START INT64_C(1795348800)
#define HOUR  INT64_C(3600)
#define DAY   (24 * HOUR)

enum {
	LOOKS = 8
};

static const struct {
	const char *name;
	int64_t at[LOOKS]; /* seconds from START */
	const char *want;  /* a letter a look */
} cases[] = {
    {"signer_clock__goes_on", {0, HOUR, DAY, 2 * DAY}, "gggg"},
    {"signer_clock__stands", {0, HOUR, HOUR}, "ggg"},
    {"signer_clock__back_5_minutes", {HOUR, HOUR - CLOCK_BACK}, "gg"},
    {"signer_clock__back_more", {HOUR, HOUR - CLOCK_BACK - 1}, "gb"},
    {"signer_clock__back_and_right_again", {DAY, HOUR, DAY + 1}, "gbg"},
    {"signer_clock__back_does_not_creep", {DAY, DAY - CLOCK_BACK, DAY - 2 * CLOCK_BACK},
	"ggb"},
    {"signer_clock__2_days", {HOUR, HOUR + 2 * DAY}, "gg"},
    {"signer_clock__more_than_2_days", {HOUR, HOUR + 2 * DAY + 1}, "ga"},
    {"signer_clock__ahead_for_a_day",
	{HOUR, 40 * DAY, 40 * DAY + HOUR, 41 * DAY - 1, 41 * DAY, 41 * DAY + HOUR},
	"gaaagg"},
    {"signer_clock__ahead_and_right_again", {HOUR, 40 * DAY, 2 * HOUR, 3 * HOUR},
	"gagg"},
    {"signer_clock__ahead_twice",
	{HOUR, 40 * DAY, 40 * DAY + HOUR, 80 * DAY, 80 * DAY + HOUR, 81 * DAY},
	"gaaaag"},
    {"signer_clock__ahead_then_between",
	{HOUR, 40 * DAY, 20 * DAY, 20 * DAY + HOUR, 21 * DAY, 40 * DAY}, "gaaaga"},
    {"signer_clock__ahead_then_before_all", {DAY, 40 * DAY, HOUR}, "gab"},
    {"signer_clock__ahead_by_37_years", {HOUR, 13500 * DAY, 2 * HOUR}, "gag"},
};

static void
test_signer_clock__steps(void)
{
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct clock_seen seen = {0};
		size_t n = strlen(cases[i].want);
		char got[LOOKS + 1] = "";

		for (size_t k = 0; k < n; k++)
			got[k] =
			    clock_word(clock_step(&seen, START + cases[i].at[k]))[0];
		check_str(cases[i].name, got, cases[i].want);
	}
}

/* What was seen before a restart counts after it. */
static void
test_signer_clock__kept(void)
{
	char path[SCRATCH_MAX];
	struct folder *folder;
	enum clock_state state;
	struct clock c;
	struct err e = {0};

	scratch_make(path);
	if (folder_open(path, &folder, &e) != 0)
		return;
	check_int("signer_clock__no_file", clock_load(&c, folder, &e), 0);
	check_int("signer_clock__keep", clock_keep(&c, folder, START, &state, &e), 0);
	check_int("signer_clock__load", clock_load(&c, folder, &e), 0);
	check_int("signer_clock__kept", clock_last(&c), START);
	check_int(
	    "signer_clock__look_behind", clock_look(&c, START - HOUR), CLOCK_BEHIND);
	check_int("signer_clock__look_changes_nothing", clock_last(&c), START);
	clock_keep(&c, folder, START + 40 * DAY, &state, &e);
	check_int("signer_clock__ahead_is_not_believed", clock_last(&c), START);
	clock_load(&c, folder, &e);
	check_int("signer_clock__ahead_is_kept", c.seen.ahead_from, START + 40 * DAY);
	check_int("signer_clock__damaged_file",
	    folder_replace(folder, "clock", BYTES("17 x"), &e) == 0 &&
		clock_load(&c, folder, &e) == ERR_SYNTAX,
	    true);
	folder_close(&folder);
	scratch_remove(path);
}

int
main(void)
{
	test_signer_clock__steps();
	test_signer_clock__kept();
	return check_done();
}
