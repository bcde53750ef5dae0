/*
 * Tests of core/der: each rule of DER that it keeps, at its limit and one past it,
 * and times at the edges of the calendar.
 */
#include "core/der.h"
#include "tests/unit/asn.h"
#include "tests/unit/check.h"

static struct asn a;

static const char *
case_name(const char *group, const char *name)
{
	static char buf[128];

	snprintf(buf, sizeof(buf), "der/%s/%s", group, name);
	return buf;
}

/* --- headers ---------------------------------------------------------------- */

static void
test_der__read(void)
{
	static const struct {
		const char *name, *in;
		int want; /* length of the content, or ERR_SYNTAX */
	} table[] = {
	    {"empty_input", "", ERR_SYNTAX},
	    {"tag_only", "30", ERR_SYNTAX},
	    {"no_content", "0500", 0},
	    {"one_byte", "0201 05", 1},
	    {"cut_content", "0202 05", ERR_SYNTAX},
	    {"more_behind_is_left", "0201 05 0201 06", 1},
	    {"indefinite", "3080 0000", ERR_SYNTAX},
	    {"end_of_contents", "0000", ERR_SYNTAX},
	    {"long_tag", "1f2000", ERR_SYNTAX},
	    {"long_tag_context", "bf8100 00", ERR_SYNTAX},
	    {"long_form_too_long", "04 8105 0102030405", ERR_SYNTAX},
	    {"length_ff", "04 ff", ERR_SYNTAX},
	    {"length_cut", "04 82 01", ERR_SYNTAX},
	    {"length_leading_zero", "04 8200 81", ERR_SYNTAX},
	    {"length_four_octets_cut", "04 84 ffffffff 00", ERR_SYNTAX},
	    {"length_five_octets", "04 85 0100000000 00", ERR_SYNTAX},
	    {"length_eight_octets_wraps", "04 88 ffffffffffffffff 00", ERR_SYNTAX},
	    {"context_30", "9e00", 0},
	};

	for (size_t i = 0; i < NITEMS(table); i++) {
		struct bytes in = asn_exact(&a, table[i].in);
		struct der d = der_open(in);
		struct der_item item;
		int rc = der_read(&d, &item);

		check_int(case_name("read", table[i].name),
		    rc == 0 ? (int)item.content.n : rc, table[i].want);
		asn_free(in);
	}
}

/* Lengths around every step of the long form. */
static void
test_der__lengths(void)
{
	static uint8_t buf[0x1000000 + 16];
	static const struct {
		size_t len;
		uint8_t header[6];
		size_t octets;
		bool ok;
	} table[] = {
	    {127, {0x04, 0x7f}, 2, true},
	    {127, {0x04, 0x81, 0x7f}, 3, false},
	    {128, {0x04, 0x80}, 2, false},
	    {128, {0x04, 0x81, 0x80}, 3, true},
	    {128, {0x04, 0x82, 0x00, 0x80}, 4, false},
	    {255, {0x04, 0x81, 0xff}, 3, true},
	    {256, {0x04, 0x82, 0x01, 0x00}, 4, true},
	    {65535, {0x04, 0x82, 0xff, 0xff}, 4, true},
	    {65535, {0x04, 0x83, 0x00, 0xff, 0xff}, 5, false},
	    {65536, {0x04, 0x83, 0x01, 0x00, 0x00}, 5, true},
	    {65536, {0x04, 0x84, 0x00, 0x01, 0x00, 0x00}, 6, false},
	    {0x1000000, {0x04, 0x84, 0x01, 0x00, 0x00, 0x00}, 6, true},
	};
	char name[64];

	for (size_t i = 0; i < NITEMS(table); i++) {
		struct der d =
		    der_open((struct bytes){buf, table[i].octets + table[i].len});
		struct der_item item = {0};
		int rc;

		memcpy(buf, table[i].header, table[i].octets);
		rc = der_read(&d, &item);
		snprintf(name, sizeof(name), "der/length/%zu_in_%zu", table[i].len,
		    table[i].octets - 1);
		check(
		    (rc == 0) == table[i].ok &&
			(rc != 0 || (item.content.n == table[i].len && der_at_end(&d))),
		    name, "got %d with %zu bytes", rc, item.content.n);
		/* One byte less than it says. */
		d = der_open((struct bytes){buf, table[i].octets + table[i].len - 1});
		snprintf(name, sizeof(name), "der/length/%zu_in_%zu_cut", table[i].len,
		    table[i].octets - 1);
		check_int(name, der_read(&d, &item), ERR_SYNTAX);
	}
}

static void
test_der__expect(void)
{
	struct bytes in = asn(&a, "02{05} 0c{'x'}"), content = {0};
	struct der d = der_open(in);

	check_int("der/optional/other", der_optional(&d, DER_BOOLEAN, &content), 0);
	check_int("der/optional/there", der_optional(&d, DER_INTEGER, &content), 1);
	check_int(
	    "der/expect/other", der_expect(&d, DER_INTEGER, &content), ERR_SYNTAX);
	check_int("der/expect/there", der_expect(&d, DER_UTF8_STRING, &content), 0);
	check(content.n == 1 && content.p[0] == 'x' && der_at_end(&d),
	    "der/expect/content", "got %zu bytes", content.n);
	check_int("der/optional/at_end", der_optional(&d, DER_INTEGER, &content), 0);
	check_int(
	    "der/expect/at_end", der_expect(&d, DER_INTEGER, &content), ERR_SYNTAX);
	check_int("der/peek/at_end", der_peek(&d), -1);
	d = der_open(asn(&a, "0282"));
	check_int(
	    "der/optional/broken", der_optional(&d, DER_INTEGER, &content), ERR_SYNTAX);
	check_int(
	    "der/only/alone", der_only(asn(&a, "02{05}"), DER_INTEGER, &content), 0);
	check_int("der/only/more",
	    der_only(asn(&a, "02{05} 05{}"), DER_INTEGER, &content), ERR_SYNTAX);
	check_int("der/only/empty", der_only((struct bytes){0}, DER_INTEGER, &content),
	    ERR_SYNTAX);
}

/* --- values ------------------------------------------------------------------- */

static void
test_der__integer(void)
{
	static const struct {
		const char *name, *in;
		int rc;
		long long want;
	} table[] = {
	    {"empty", "", ERR_SYNTAX, 0},
	    {"zero", "00", 0, 0},
	    {"one", "01", 0, 1},
	    {"minus_one", "ff", 0, -1},
	    {"127", "7f", 0, 127},
	    {"128", "0080", 0, 128},
	    {"minus_128", "80", 0, -128},
	    {"minus_129", "ff7f", 0, -129},
	    {"zero_padded", "007f", ERR_SYNTAX, 0},
	    {"minus_padded", "ff80", ERR_SYNTAX, 0},
	    {"most", "7fffffffffffffff", 0, 0x7fffffffffffffffLL},
	    {"least", "8000000000000000", 0, -0x7fffffffffffffffLL - 1},
	    {"one_octet_too_many", "008000000000000000", ERR_SYNTAX, 0},
	};

	for (size_t i = 0; i < NITEMS(table); i++) {
		int64_t value = 0;
		int rc = der_integer(asn(&a, table[i].in), &value);

		check(rc == table[i].rc && (rc != 0 || value == table[i].want),
		    case_name("integer", table[i].name), "got %d, %lld; want %d, %lld",
		    rc, (long long)value, table[i].rc, table[i].want);
	}
	check(der_integer_valid(asn(&a, "008000000000000000")),
	    "der/integer/long_valid", "got false");
}

static void
test_der__boolean(void)
{
	static const struct {
		const char *name, *in;
		int want; /* 0, 1, ERR_SYNTAX */
	} table[] = {
	    {"false", "00", 0},
	    {"true", "ff", 1},
	    {"one", "01", ERR_SYNTAX},
	    {"fe", "fe", ERR_SYNTAX},
	    {"empty", "", ERR_SYNTAX},
	    {"two_octets", "ffff", ERR_SYNTAX},
	};

	for (size_t i = 0; i < NITEMS(table); i++) {
		bool value = false;
		int rc = der_boolean(asn(&a, table[i].in), &value);

		check_int(case_name("boolean", table[i].name), rc == 0 ? value : rc,
		    table[i].want);
	}
}

static void
test_der__bit_string(void)
{
	static const struct {
		const char *name, *in;
		int want; /* number of bits, or ERR_SYNTAX */
	} table[] = {
	    {"empty", "", ERR_SYNTAX},
	    {"no_bits", "00", 0},
	    {"no_bits_but_unused", "01", ERR_SYNTAX},
	    {"eight", "00ff", 8},
	    {"one", "0780", 1},
	    {"one_and_rest_set", "07c0", ERR_SYNTAX},
	    {"unused_7_all_set", "07ff", ERR_SYNTAX},
	    {"unused_8", "0800", ERR_SYNTAX},
	    {"unused_255", "ff00", ERR_SYNTAX},
	    {"trailing_zero_bits_kept", "0500", 3},
	    {"sixteen", "000180", 16},
	};

	for (size_t i = 0; i < NITEMS(table); i++) {
		struct bytes octets = {0};
		unsigned unused = 0;
		int rc = der_bit_string(asn(&a, table[i].in), &octets, &unused);

		check_int(case_name("bit_string", table[i].name),
		    rc == 0 ? (int)(octets.n * 8 - unused) : rc, table[i].want);
	}
}

static void
test_der__oid(void)
{
	static const struct {
		const char *name, *in;
		bool want;
	} table[] = {
	    {"empty", "", false},
	    {"common_name", "550403", true},
	    {"one_octet", "2a", true},
	    {"cut", "5504 83", false},
	    {"only_continued", "80", false},
	    {"padded_first", "8055", false},
	    {"padded_inside", "55 8004", false},
	    {"large", "55 ffffffffffffffffffffff7f", true},
	    {"ends_in_80", "55 8180", false},
	    {"80_inside_is_no_padding", "55 81808005", true},
	    {"81_is_no_padding", "55 8100", true},
	};

	for (size_t i = 0; i < NITEMS(table); i++)
		check_int(case_name("oid", table[i].name),
		    der_oid_valid(asn(&a, table[i].in)), table[i].want);
}

static void
test_der__item_valid(void)
{
	static const struct {
		const char *name, *in;
		bool want;
	} table[] = {
	    {"null", "0500", true},
	    {"null_with_content", "05{00}", false},
	    {"integer_padded", "02{0001}", false},
	    {"boolean_one", "01{01}", false},
	    {"oid_cut", "06{5583}", false},
	    {"bmp_odd", "1e{00}", false},
	    {"universal_odd", "1c{000000}", false},
	    {"bits_unused", "03{0101}", false},
	    {"printable", "13{'x'}", true},
	    {"printable_in_pieces", "33{13{'x'}}", false},
	    {"sequence_opaque", "30{ff}", true},
	    {"sequence_primitive", "10{}", false},
	    {"set_primitive", "11{}", false},
	    {"external_primitive", "08{}", false},
	    {"external", "28{}", true},
	    {"context_anything", "85{ffff}", true},
	    {"context_constructed", "a5{ffff}", true},
	};

	for (size_t i = 0; i < NITEMS(table); i++) {
		struct der d = der_open(asn(&a, table[i].in));
		struct der_item item;

		check(
		    der_read(&d, &item) == 0 && der_item_valid(&item) == table[i].want,
		    case_name("item", table[i].name), "want %d", table[i].want);
	}
}

/* --- time ---------------------------------------------------------------------- */

static void
test_der__time(void)
{
	enum {
		UTC = DER_UTC_TIME,
		GENERAL = DER_GENERALIZED_TIME
	};
	static const struct {
		const char *name;
		uint8_t tag;
		const char *in;
		int rc;
		long long want;
	} table[] = {
	    {"epoch", UTC, "700101000000Z", 0, 0},
	    {"epoch_generalized", GENERAL, "19700101000000Z", 0, 0},
	    {"one_second_before", UTC, "691231235959Z", 0, -1},
	    {"year_49_is_2049", UTC, "491231235959Z", 0, 2524607999},
	    {"year_50_is_1950", UTC, "500101000000Z", 0, -631152000},
	    {"leap_day_2024", UTC, "240229120000Z", 0, 1709208000},
	    {"no_leap_day_2023", UTC, "230229120000Z", ERR_SYNTAX, 0},
	    {"leap_day_2000", UTC, "000229000000Z", 0, 951782400},
	    {"no_leap_day_1900", GENERAL, "19000229000000Z", ERR_SYNTAX, 0},
	    {"no_leap_day_2100", GENERAL, "21000229000000Z", ERR_SYNTAX, 0},
	    {"leap_day_2400", GENERAL, "24000229000000Z", 0, 13574563200},
	    {"year_0", GENERAL, "00000101000000Z", 0, -62167219200},
	    {"year_0_march", GENERAL, "00000301000000Z", 0, -62162035200},
	    {"year_9999", GENERAL, "99991231235959Z", 0, 253402300799},
	    {"march_1_1600", GENERAL, "16000301000000Z", 0, -11670912000},
	    {"month_0", UTC, "240001000000Z", ERR_SYNTAX, 0},
	    {"month_13", UTC, "241301000000Z", ERR_SYNTAX, 0},
	    {"day_0", UTC, "240100000000Z", ERR_SYNTAX, 0},
	    {"january_32", UTC, "240132000000Z", ERR_SYNTAX, 0},
	    {"april_31", UTC, "240431000000Z", ERR_SYNTAX, 0},
	    {"hour_24", UTC, "240101240000Z", ERR_SYNTAX, 0},
	    {"minute_60", UTC, "240101006000Z", ERR_SYNTAX, 0},
	    {"leap_second", UTC, "161231235960Z", ERR_SYNTAX, 0},
	    {"no_seconds", UTC, "2401010000Z", ERR_SYNTAX, 0},
	    {"offset", UTC, "240101000000+0000", ERR_SYNTAX, 0},
	    {"no_z", UTC, "240101000000", ERR_SYNTAX, 0},
	    {"small_z", UTC, "240101000000z", ERR_SYNTAX, 0},
	    {"fraction", GENERAL, "20240101000000.5Z", ERR_SYNTAX, 0},
	    {"letter", UTC, "2401010000O0Z", ERR_SYNTAX, 0},
	    {"before_0_first", UTC, "/40101000000Z", ERR_SYNTAX, 0},
	    {"behind_9_first", UTC, ":40101000000Z", ERR_SYNTAX, 0},
	    {"before_0_second", UTC, "2/0101000000Z", ERR_SYNTAX, 0},
	    {"behind_9_second", UTC, "2:0101000000Z", ERR_SYNTAX, 0},
	    {"minus", UTC, "-10101000000Z", ERR_SYNTAX, 0},
	    {"space", UTC, " 10101000000Z", ERR_SYNTAX, 0},
	    {"utc_with_long_year", UTC, "20240101000000Z", ERR_SYNTAX, 0},
	    {"general_with_short_year", GENERAL, "240101000000Z", ERR_SYNTAX, 0},
	    {"other_tag", DER_PRINTABLE_STRING, "240101000000Z", ERR_SYNTAX, 0},
	    {"empty", UTC, "", ERR_SYNTAX, 0},
	};

	for (size_t i = 0; i < NITEMS(table); i++) {
		int64_t t = 0;
		int rc = der_time(table[i].tag, bytes_of(table[i].in), &t);

		check(rc == table[i].rc && (rc != 0 || t == table[i].want),
		    case_name("time", table[i].name), "got %d, %lld; want %d, %lld", rc,
		    (long long)t, table[i].rc, table[i].want);
	}
}

/* Every day from 0000 to 9999 is one day after the day before. */
static void
test_der__calendar(void)
{
	int64_t before = -62167219200 - 86400, t;
	int days = 0, wrong = 0;
	char text[48];

	for (int y = 0; y <= 9999; y++)
		for (int m = 1; m <= 12; m++)
			for (int d = 1; d <= 31; d++) {
				snprintf(
				    text, sizeof(text), "%04d%02d%02d000000Z", y, m, d);
				if (der_time(
					DER_GENERALIZED_TIME, bytes_of(text), &t) != 0)
					continue;
				days++;
				wrong += t != before + 86400;
				before = t;
			}
	check(wrong == 0 && days == 3652425, "der/time/every_day",
	    "%d wrong of %d days, want 3652425", wrong, days);
}

int
main(void)
{
	test_der__read();
	test_der__lengths();
	test_der__expect();
	test_der__integer();
	test_der__boolean();
	test_der__bit_string();
	test_der__oid();
	test_der__item_valid();
	test_der__time();
	test_der__calendar();
	return check_done();
}
