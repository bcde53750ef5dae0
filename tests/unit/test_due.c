/*
 * Days to the second. Reminders are asked for at each edge, and once through a whole
 * life with a clock that is asked every hour, stops for weeks, or jumps forward and
 * back: each stage comes at most once, and never a later one before its time.
 */
#include "core/due.h"

#include "core/bytes.h"
#include "core/isotime.h"
#include "tests/unit/check.h"

#define BEGIN INT64_C(1700000000)
#define END   (BEGIN + INT64_C(730) * DUE_DAY)
#define AT(d) (END - (int64_t)(d)*DUE_DAY)

static due_sent
sent_of(const unsigned *days, size_t n)
{
	due_sent s = 0;

	for (size_t i = 0; i < n; i++)
		s = due_sent_add(s, days[i]);
	return s;
}

static const struct {
	const char *name;
	int64_t begin, now;
	unsigned sent[5], want;
} reminders[] = {
    {"fresh", BEGIN, BEGIN, {0}, 0},
    {"second_before_60", BEGIN, AT(60) - 1, {0}, 0},
    {"at_60", BEGIN, AT(60), {0}, 60},
    {"60_once", BEGIN, AT(60) + 5, {60}, 0},
    {"second_before_30", BEGIN, AT(30) - 1, {60}, 0},
    {"at_30", BEGIN, AT(30), {60}, 30},
    {"at_14", BEGIN, AT(14), {60, 30}, 14},
    {"at_7", BEGIN, AT(7), {60, 30, 14}, 7},
    {"at_1", BEGIN, AT(1), {60, 30, 14, 7}, 1},
    {"last_second", BEGIN, END - 1, {60, 30, 14, 7}, 1},
    {"last_second_sent", BEGIN, END - 1, {60, 30, 14, 7, 1}, 0},
    {"end", BEGIN, END, {0}, 0},
    {"long_after", BEGIN, END + 400 * DUE_DAY, {0}, 0},
    {"clerk_was_away", BEGIN, AT(8), {60}, 14},
    {"away_and_14_was_sent", BEGIN, AT(8), {14}, 0},
    {"never_an_older_one", BEGIN, AT(5), {7}, 0},
    {"jumped_back", BEGIN, AT(45), {7}, 60},
    {"short_life_begins", AT(20), AT(20), {0}, 0},
    {"short_life_14", AT(20), AT(14), {0}, 14},
    {"stage_at_begin", AT(30), AT(30), {0}, 0},
    {"no_stage_fits", AT(1), END - 1, {0}, 0},
};

static void
test_reminders(void)
{
	for (size_t i = 0; i < NITEMS(reminders); i++) {
		char name[64];

		snprintf(name, sizeof(name), "reminder__%s", reminders[i].name);
		check_int(name,
		    due_reminder(reminders[i].begin, END, reminders[i].now,
			sent_of(reminders[i].sent, 5)),
		    reminders[i].want);
	}
	check_int("reminder__no_stage_is_kept", due_sent_add(0, 31), 0);
}

/* Asks every hour from one time to another; writes what is sent behind `out`. */
static void
live(int64_t from, int64_t to, due_sent *sent, char *out, size_t room)
{
	for (int64_t now = from; now < to; now += 3600) {
		unsigned days = due_reminder(BEGIN, END, now, *sent);
		size_t n = strlen(out);

		if (days == 0)
			continue;
		*sent = due_sent_add(*sent, days);
		snprintf(out + n, room - n, "%u ", days);
	}
}

static void
test_lives(void)
{
	char all[256] = "", gap[256] = "", jump[256] = "";
	due_sent sent = 0;

	live(BEGIN, END + 10 * DUE_DAY, &sent, all, sizeof(all));
	check_str("life__each_once", all, "60 30 14 7 1 ");
	sent = 0;
	live(BEGIN, AT(50), &sent, gap, sizeof(gap));
	live(AT(10), END, &sent, gap, sizeof(gap)); /* down for 40 days */
	check_str("life__after_a_gap", gap, "60 14 7 1 ");
	sent = 0;
	live(AT(100), AT(90), &sent, jump, sizeof(jump));
	live(AT(5), AT(4), &sent, jump, sizeof(jump)); /* a wrong clock */
	live(AT(90), END, &sent, jump, sizeof(jump));
	check_str("life__after_a_jump", jump, "7 60 30 14 1 ");
}

static void
test_next(void)
{
	check_int("next__from_begin", due_reminder_next(BEGIN, END, BEGIN), AT(60));
	check_int("next__at_60", due_reminder_next(BEGIN, END, AT(60)), AT(30));
	check_int("next__after_1", due_reminder_next(BEGIN, END, AT(1)), INT64_MAX);
	check_int("next__short", due_reminder_next(AT(20), END, AT(20)), AT(14));
}

static void
test_rest(void)
{
	static const int64_t retry[] = {5, 10, 20, 40, 80, 160, 300, 300};
	unsigned bad = 0;

	check_int("renewal__early", due_renewal(BEGIN, END, AT(60) - 1), false);
	check_int("renewal__at_60", due_renewal(BEGIN, END, AT(60)), true);
	check_int("renewal__after_end", due_renewal(BEGIN, END, END + 1), true);
	check_int("renewal__short_early", due_renewal(AT(40), END, AT(20) - 1), false);
	check_int("renewal__short", due_renewal(AT(40), END, AT(20)), true);
	check_int("delivery__30_days", due_delivery_end(BEGIN), BEGIN + 2592000);
	for (unsigned i = 0; i < NITEMS(retry); i++)
		bad += due_retry(i + 1) != retry[i];
	check_int("retry__doubles", bad, 0);
	check_int("retry__none_yet", due_retry(0), 5);
	check_int("retry__for_ever", due_retry(4000000000u), 300);
}

static const struct {
	const char *text;
	int64_t seconds;
} times[] = {
    {"19700101000000Z", 0},
    {"20000229235959Z", 951868799},
    {"20270301120000Z", 1803902400},
    {"99991231235959Z", INT64_C(253402300799)},
    {"20270301120000", -1},
    {"20270301120000.5Z", -1},
    {"20270229120000Z", -1},
    {"20270301120000+0100", -1},
    {"", -1},
};

static void
test_general_time(void)
{
	for (size_t i = 0; i < NITEMS(times); i++) {
		int64_t got = -1;
		char name[64], buf[ISOTIME_SIZE];

		snprintf(name, sizeof(name), "time__read_%s", times[i].text);
		isotime_read_general(bytes_of(times[i].text), &got);
		check_int(name, got, times[i].seconds);
		if (got < 0)
			continue;
		snprintf(name, sizeof(name), "time__print_%s", times[i].text);
		check_str(name, isotime_general(got, buf), times[i].text);
	}
}

int
main(void)
{
	test_reminders();
	test_lives();
	test_next();
	test_rest();
	test_general_time();
	return check_done();
}
