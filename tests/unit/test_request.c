/*
 * The states of requests, as ARCHITECTURE.md has them: every pair of states is asked
 * about, every name that could be mistaken for one of a request is refused, and each
 * next step and new request is a row of a table.
 */
#include "core/request.h"

#include "tests/unit/check.h"

/* The table of ARCHITECTURE.md once more, by hand: what is not here must not be. */
static const struct {
	enum request_state from, to;
} transitions[] = {
    {REQUEST_WAITING, REQUEST_NEW},
    {REQUEST_WAITING, REQUEST_REFUSED},
    {REQUEST_WAITING, REQUEST_EXPIRED},
    {REQUEST_NEW, REQUEST_PREPARED},
    {REQUEST_NEW, REQUEST_FAILED},
    {REQUEST_NEW, REQUEST_CANCELED},
    {REQUEST_PREPARED, REQUEST_ISSUED},
    {REQUEST_PREPARED, REQUEST_FAILED},
    {REQUEST_ISSUED, REQUEST_PUBLISHED},
    {REQUEST_PUBLISHED, REQUEST_DONE},
};

static bool
listed(enum request_state from, enum request_state to)
{
	for (size_t i = 0; i < NITEMS(transitions); i++)
		if (transitions[i].from == from && transitions[i].to == to)
			return true;
	return false;
}

static void
test_transitions(void)
{
	for (unsigned from = 0; from <= REQUEST__MAX; from++) {
		unsigned bad = 0, open = 0;
		char name[64];

		for (unsigned to = 0; to <= REQUEST__MAX; to++) {
			bad += request_may_become(from, to) != listed(from, to);
			open += listed(from, to);
		}
		snprintf(name, sizeof(name), "request__from_%s",
		    request_state_word((enum request_state)from));
		check_int(name, bad, 0);
		snprintf(name, sizeof(name), "request__open_%s",
		    request_state_word((enum request_state)from));
		check_int(name, request_is_open(from), open > 0);
	}
}

static void
test_words(void)
{
	enum request_state r = REQUEST__MAX;
	enum delivery_state d = DELIVERY__MAX;
	enum certificate_state c = CERTIFICATE__MAX;
	struct err e = {0};
	unsigned bad = 0;

	for (unsigned i = 0; i < REQUEST__MAX; i++)
		bad +=
		    request_state_read(bytes_of(request_state_word(i)), &r, &e) != 0 ||
		    r != i;
	for (unsigned i = 0; i < DELIVERY__MAX; i++)
		bad += delivery_state_read(bytes_of(delivery_state_word(i)), &d, &e) !=
			   0 ||
		       d != i;
	for (unsigned i = 0; i < CERTIFICATE__MAX; i++)
		bad += certificate_state_read(
			   bytes_of(certificate_state_word(i)), &c, &e) != 0 ||
		       c != i;
	check_int("words__and_back", bad, 0);
	check_int("words__case", request_state_read(BYTES("Done"), &r, &e), 0);
	check_int("words__unknown", request_state_read(BYTES("donee"), &r, &e),
	    ERR_UNSUPPORTED);
	check_str("words__sentence", e.text, "\"donee\" is no state of a request");
	check_int(
	    "words__empty", delivery_state_read(BYTES(""), &d, &e), ERR_UNSUPPORTED);
	check_int("words__of_another", certificate_state_read(BYTES("mailed"), &c, &e),
	    ERR_UNSUPPORTED);
	check_str("words__none", request_state_word(REQUEST__MAX), "?");
}

#define P "0123456789abcdef0123456789abcdef"

static const struct {
	const char *name, *in, *want; /* "" : refused */
} ids[] = {
    {"first", P "-1", P "-1"},
    {"twelfth", P "-12", P "-12"},
    {"largest", P "-999999999", P "-999999999"},
    {"past_largest", P "-1000000000", ""},
    {"zero", P "-0", ""},
    {"leading_zero", P "-01", ""},
    {"no_number", P "-", ""},
    {"no_dash", P, ""},
    {"other_dash", P "_1", ""},
    {"sign", P "-+1", ""},
    {"two_dashes", P "--1", ""},
    {"blank_behind", P "-1 ", ""},
    {"letter_behind", P "-1a", ""},
    {"upper_case", "0123456789ABCDEF0123456789ABCDEF-1", ""},
    {"short", "0123456789abcdef0123456789abcde-1", ""},
    {"long", P "0-1", ""},
    {"no_hex", "0123456789abcdef0123456789abcdeg-1", ""},
    {"filter", "0123456789abcdef0123456789abcd*)-1", ""},
    {"empty", "", ""},
};

static void
test_ids(void)
{
	for (size_t i = 0; i < NITEMS(ids); i++) {
		char name[64], buf[REQUEST_ID_SIZE] = "";
		struct request_id id;
		struct err e;

		if (request_id_parse(bytes_of(ids[i].in), &id, &e) == 0)
			request_id_print(&id, buf);
		snprintf(name, sizeof(name), "id__%s", ids[i].name);
		check_str(name, buf, ids[i].want);
	}
	check_int("id__nul_behind",
	    request_id_parse(BYTES(P "-1\0"), &(struct request_id){.number = 0}, NULL),
	    ERR_SYNTAX);
}

static const struct {
	const char *name;
	struct request_facts in;
	int64_t now;
	enum request_step want;
} steps[] = {
    {"waiting", {REQUEST_WAITING, 0, 100}, 99, REQUEST_REST},
    {"waiting_ends", {REQUEST_WAITING, 0, 100}, 100, REQUEST_EXPIRE},
    {"waiting_for_ever", {REQUEST_WAITING, 0, 0}, 1000000, REQUEST_REST},
    {"new", {REQUEST_NEW, 0, 0}, 1, REQUEST_PREPARE},
    {"new_later", {REQUEST_NEW, 10, 0}, 9, REQUEST_REST},
    {"new_at_the_second", {REQUEST_NEW, 10, 0}, 10, REQUEST_PREPARE},
    {"prepared", {REQUEST_PREPARED, 0, 0}, 1, REQUEST_ISSUE},
    {"issued", {REQUEST_ISSUED, 0, 0}, 1, REQUEST_PUBLISH},
    {"published", {REQUEST_PUBLISHED, 0, 0}, 1, REQUEST_DELIVER},
    {"published_later", {REQUEST_PUBLISHED, 10, 0}, 1, REQUEST_REST},
    {"done", {REQUEST_DONE, 0, 0}, 1, REQUEST_REST},
    {"failed", {REQUEST_FAILED, 0, 0}, 1, REQUEST_REST},
    {"refused", {REQUEST_REFUSED, 0, 1}, 2, REQUEST_REST},
    {"canceled", {REQUEST_CANCELED, 0, 0}, 1, REQUEST_REST},
    {"expired", {REQUEST_EXPIRED, 0, 1}, 2, REQUEST_REST},
    {"no_state", {REQUEST__MAX, 0, 0}, 1, REQUEST_REST},
};

static void
test_steps(void)
{
	for (size_t i = 0; i < NITEMS(steps); i++) {
		char name[64];

		snprintf(name, sizeof(name), "step__%s", steps[i].name);
		check_int(
		    name, request_next_step(&steps[i].in, steps[i].now), steps[i].want);
	}
}

static const struct {
	const char *name;
	struct request_past past;
	uint32_t after;
	enum request_answer want;
	uint32_t number;
} starts[] = {
    {"first", {0, 0, 0, 3}, 0, REQUEST_MAKE, 1},
    {"second_click", {1, REQUEST_NEW, 1, 3}, 0, REQUEST_GIVE, 1},
    {"late_retry", {1, REQUEST_DONE, 1, 3}, 0, REQUEST_GIVE, 1},
    {"open_one", {1, REQUEST_PUBLISHED, 1, 3}, 1, REQUEST_GIVE, 1},
    {"waiting_one", {1, REQUEST_WAITING, 1, 3}, 1, REQUEST_GIVE, 1},
    {"renewal", {1, REQUEST_DONE, 0, 3}, 1, REQUEST_MAKE, 2},
    {"after_failed", {4, REQUEST_FAILED, 1, 3}, 4, REQUEST_MAKE, 5},
    {"after_refused", {4, REQUEST_REFUSED, 1, 3}, 4, REQUEST_MAKE, 5},
    {"old_number", {4, REQUEST_DONE, 1, 3}, 3, REQUEST_GIVE, 4},
    {"ahead", {4, REQUEST_DONE, 1, 3}, 5, REQUEST_AHEAD, 4},
    {"ahead_of_none", {0, 0, 0, 3}, 1, REQUEST_AHEAD, 0},
    {"last_of_today", {4, REQUEST_DONE, 2, 3}, 4, REQUEST_MAKE, 5},
    {"too_many", {4, REQUEST_DONE, 3, 3}, 4, REQUEST_TOO_MANY, 4},
    {"no_limit", {4, REQUEST_DONE, 300, 0}, 4, REQUEST_MAKE, 5},
    {"numbers_used_up", {REQUEST_NUMBER_MAX, REQUEST_DONE, 0, 0}, REQUEST_NUMBER_MAX,
	REQUEST_TOO_MANY, REQUEST_NUMBER_MAX},
};

static void
test_starts(void)
{
	for (size_t i = 0; i < NITEMS(starts); i++) {
		uint32_t number = 77;
		char name[64];
		int got = (int)request_start(&starts[i].past, starts[i].after, &number);

		snprintf(name, sizeof(name), "start__%s", starts[i].name);
		check(got == (int)starts[i].want && number == starts[i].number, name,
		    "got %d number %u, want %d number %u", got, number, starts[i].want,
		    starts[i].number);
	}
}

int
main(void)
{
	test_transitions();
	test_words();
	test_ids();
	test_steps();
	test_starts();
	return check_done();
}
