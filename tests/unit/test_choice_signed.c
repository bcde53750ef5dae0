/*
 * The choice for userSMIMECertificate: SignedData with several certificates,
 * of which one that can be published is enough; and the interval that is then
 * remembered. Also userCertificate's value, parsed here and not filled in.
 */
#include "core/choice.h"

#include "tests/unit/check.h"
#include "tests/unit/der_make.h"

enum {
	DS = CERT_KU_DIGITAL_SIGNATURE,
	KE = CERT_KU_KEY_ENCIPHERMENT,
	DAY = 86400
};
#define JAN(day) (INT64_C(1704067200) + ((day)-1) * (int64_t)DAY) /* 2024-01-01 */

static const struct bytes anna = BYTES("anna@example.com");

/*
 * A value as words, one a certificate: its kind, then the first and last day of
 * January 2024 on which it is valid, "e1-9". e encrypts, s signs only, t is
 * theirs, c the authority, r is revoked, j is no certificate.
 */
static struct bytes
signed_of(const char *words)
{
	struct bytes all = der_nothing;
	char kind, from[32], last[32];
	int first, end;
	uint8_t serial = 1;

	while (sscanf(words, " %c%d-%d", &kind, &first, &end) == 3) {
		struct made_cert m = {.names = "anna@example.com",
		    .usage = kind == 's' ? DS : KE,
		    .ext_usage = "e",
		    .from = from,
		    .last = last,
		    .constraints = kind == 'c' ? 'c' : 0,
		    .serial = kind == 'r' ? 99 : serial++};

		if (kind == 't')
			m.names = "bruno@example.com";
		snprintf(from, sizeof(from), "2401%02d000000Z", first % 100);
		snprintf(last, sizeof(last), "2401%02d235959Z", end % 100);
		all = DER_JOIN(
		    all, kind == 'j' ? DER_SEQ(BYTES("\x05\0")) : der_cert(&m));
		words += strcspn(words, " ");
		words += *words == ' ';
	}
	return der_signed_data(all);
}

static bool
is_revoked(const struct cert *c, void *ctx)
{
	++*(size_t *)ctx;
	return c->serial.n == 1 && c->serial.p[0] == 100;
}

/* At noon of a day; until: the day after the last one of the interval. */
static const struct row {
	const char *name, *value;
	int now;
	const char *want; /* word, and for those that time decides "from-until" */
} rows[] = {
    {"one", "e1-9", 5, "published 1-10"},
    {"first_day", "e5-9", 5, "published 5-10"},
    {"not_yet", "e6-9", 5, "not-yet 6-10"},
    {"ended", "e1-4", 5, "expired 1-5"},
    {"none", "", 5, "empty"},
    {"sign_and_encrypt", "s1-9 e1-7", 5, "published 1-8"},
    {"encrypt_and_sign", "e1-7 s1-9", 5, "published 1-8"},
    {"chain", "c1-31 e1-9 c1-31", 5, "published 1-10"},
    {"sign_only", "s1-9", 5, "key-usage"},
    {"theirs", "t1-9", 5, "address"},
    {"theirs_beside", "t1-9 e1-7", 5, "published 1-8"},
    {"authorities", "c1-31 c1-31", 5, "authority"},
    {"nearest_reason", "c1-31 t1-9 s1-9", 5, "key-usage"},
    {"nearest_reason_first", "s1-9 t1-9 c1-31", 5, "key-usage"},
    {"revoked", "r1-9", 5, "revoked"},
    {"revoked_beside", "r1-9 e2-7", 5, "published 2-8"},
    {"revoked_is_no_part", "e2-5 r4-9", 5, "published 2-6"},
    {"junk_inside", "j0-0 e1-9", 5, "published 1-10"},
    {"junk_only", "j0-0", 5, "malformed"},
    {"overlap", "e1-5 e4-9", 5, "published 1-10"},
    {"overlap_other_order", "e4-9 e1-5", 5, "published 1-10"},
    {"touching", "e1-5 e6-9", 5, "published 1-10"},
    {"chain_of_three", "e8-12 e1-5 e4-9", 5, "published 1-13"},
    {"gap_after", "e1-5 e7-9", 5, "published 1-6"},
    {"gap_before", "e1-3 e5-9", 5, "published 5-10"},
    {"in_the_gap", "e1-3 e7-9", 5, "not-yet 7-10"},
    {"in_the_gap_next", "e12-13 e7-9 e1-3", 5, "not-yet 7-10"},
    {"next_grows", "e7-9 e9-12", 5, "not-yet 7-13"},
    {"all_past", "e1-2 e3-4", 5, "expired 1-5"},
    {"past_latest", "e1-1 e3-4", 5, "expired 3-5"},
    {"not_yet_before_expired", "e1-2 e8-9", 5, "not-yet 8-10"},
    {"backwards", "e9-1", 5, "not-yet 9-2"},
    {"backwards_is_no_part", "e1-5 e9-3", 5, "published 1-6"},
};

static void
test_rows(void)
{
	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct choice_judgement j;
		enum choice_reason r;
		int64_t now = JAN(rows[i].now) + DAY / 2;
		char got[64], name[64];
		size_t asked = 0;

		der_reset();
		choice_judge_signed(
		    signed_of(rows[i].value), &anna, 1, is_revoked, &asked, now, &j);
		r = choice_at(&j, now);
		snprintf(got, sizeof(got), "%s", choice_reason_word(r));
		if (r == CHOICE_PUBLISHED || r == CHOICE_NOT_YET || r == CHOICE_EXPIRED)
			snprintf(got, sizeof(got), "%s %d-%d", choice_reason_word(r),
			    (int)((j.from - JAN(1)) / DAY) + 1,
			    (int)((j.until - JAN(1)) / DAY) + 1);
		snprintf(name, sizeof(name), "choice__signed_%s", rows[i].name);
		check_str(name, got, rows[i].want);
	}
}

/* What was judged once stays true until the interval's end. */
static void
test_remembered(void)
{
	const char *value = "e4-9 e1-5 e12-13 s1-31";
	struct choice_judgement once, fresh;
	size_t asked = 0;
	bool same = true;

	der_reset();
	choice_judge_signed(
	    signed_of(value), &anna, 1, is_revoked, &asked, JAN(2), &once);
	for (int64_t now = JAN(2); now < once.until; now += DAY / 4) {
		choice_judge_signed(
		    signed_of(value), &anna, 1, is_revoked, &asked, now, &fresh);
		same = same && choice_at(&once, now) == choice_at(&fresh, now);
		der_reset();
	}
	check(same && once.until == JAN(10), "choice__signed_remembered",
	    "differs before %lld", (long long)once.until);
}

/* Which certificate speaks for the value. */
static void
test_inside(void)
{
	static const struct {
		const char *name, *value;
		size_t want;
	} inside[] = {
	    {"only", "e1-9", 0},
	    {"behind_the_chain", "c1-31 c1-31 e1-9", 2},
	    {"longest", "e1-7 e1-9 e1-8", 1},
	    {"not_the_signing_one", "s1-9 e1-7", 1},
	    {"junk_counts", "j0-0 e1-9", 1},
	    {"nearest", "c1-31 s1-9 t1-9", 1},
	};

	for (size_t i = 0; i < NITEMS(inside); i++) {
		struct choice_judgement j;
		char name[64];

		der_reset();
		choice_judge_signed(
		    signed_of(inside[i].value), &anna, 1, NULL, NULL, JAN(5), &j);
		snprintf(
		    name, sizeof(name), "choice__signed_inside_%s", inside[i].name);
		check_int(name, (long long)j.inside, (long long)inside[i].want);
	}
}

static void
test_malformed(void)
{
	struct choice_judgement j;
	struct bytes good;

	der_reset();
	good = signed_of("e1-9");
	choice_judge_signed(
	    (struct bytes){good.p, good.n - 1}, &anna, 1, NULL, NULL, JAN(5), &j);
	check_str("choice__signed_cut", choice_reason_word(choice_at(&j, JAN(5))),
	    "malformed");
	choice_judge_signed(
	    DER_JOIN(good, BYTES("x")), &anna, 1, NULL, NULL, JAN(5), &j);
	check_str("choice__signed_trailing", choice_reason_word(choice_at(&j, JAN(5))),
	    "malformed");
	choice_judge_signed(der_cert(&(struct made_cert){.names = "anna@example.com"}),
	    &anna, 1, NULL, NULL, JAN(5), &j);
	check_str("choice__signed_certificate",
	    choice_reason_word(choice_at(&j, JAN(5))), "malformed");
	choice_judge_signed(good, &anna, 1, NULL, NULL, JAN(5), &j);
	check(j.tie == choice_tie(good) && choice_at(&j, JAN(5)) == CHOICE_PUBLISHED,
	    "choice__signed_nobody_to_ask", "got %s",
	    choice_reason_word(choice_at(&j, JAN(5))));
	choice_judge_signed(good, NULL, 0, NULL, NULL, JAN(5), &j);
	check_str("choice__signed_no_mail", choice_reason_word(choice_at(&j, JAN(5))),
	    "address");
}

static void
test_value(void)
{
	struct made_cert m = {.names = "anna@example.com",
	    .usage = KE,
	    .ext_usage = "e",
	    .from = "240101000000Z",
	    .last = "240109235959Z"};
	struct choice_judgement j;
	struct bytes der;
	size_t asked = 0;

	der_reset();
	der = der_cert(&m);
	choice_judge_value(der, &anna, 1, is_revoked, &asked, &j);
	check(choice_at(&j, JAN(9)) == CHOICE_PUBLISHED && asked == 1 &&
		  j.from == JAN(1) && j.until == JAN(10) && j.tie == choice_tie(der),
	    "choice__value", "got %s, asked %zu",
	    choice_reason_word(choice_at(&j, JAN(9))), asked);
	m.serial = 99;
	choice_judge_value(der_cert(&m), &anna, 1, is_revoked, &asked, &j);
	check_str("choice__value_revoked", choice_reason_word(choice_at(&j, JAN(9))),
	    "revoked");
	m.key = KEY_P256;
	choice_judge_value(der_cert(&m), &anna, 1, is_revoked, &asked, &j);
	check_str("choice__value_ec_without_agreement",
	    choice_reason_word(choice_at(&j, JAN(9))), "key-usage");
	choice_judge_value((struct bytes){der.p, der.n - 1}, &anna, 1, NULL, NULL, &j);
	check_str("choice__value_cut", choice_reason_word(choice_at(&j, JAN(9))),
	    "malformed");
}

int
main(void)
{
	test_rows();
	test_remembered();
	test_inside();
	test_malformed();
	test_value();
	return check_done();
}
