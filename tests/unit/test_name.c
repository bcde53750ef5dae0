/*
 * Tests of core/name and what belongs to it: walking, the canonical form (which
 * names are the same and which are not), and the text for people.
 */
#include "core/name.h"
#include "core/name_chars.h"
#include "tests/unit/asn.h"
#include "tests/unit/check.h"

#define ATTR(type, value) "30{0603" type " " value "}"
#define CN(value)	  "31{" ATTR("550403", value) "}"
#define O(value)	  "31{" ATTR("55040a", value) "}"
#define NAME(rdns)	  "30{" rdns "}"

static struct asn a, b;

static const char *
case_name(const char *group, const char *name)
{
	static char buf[128];

	snprintf(buf, sizeof(buf), "name/%s/%s", group, name);
	return buf;
}

/* --- same or not --------------------------------------------------------------- */

static void
test_name__canon(void)
{
	static const struct {
		const char *name, *one, *other;
		bool same;
	} table[] = {
	    {"itself", NAME(CN("0c{'Anna'}")), NAME(CN("0c{'Anna'}")), true},
	    {"string_type", NAME(CN("0c{'Anna'}")), NAME(CN("13{'Anna'}")), true},
	    {"bmp", NAME(CN("0c{'Anna'}")), NAME(CN("1e{0041006e006e0061}")), true},
	    {"universal", NAME(CN("0c{'AB'}")), NAME(CN("1c{0000004100000042}")), true},
	    {"umlaut_bmp", NAME(CN("0c{'M' c3bc 'r'}")), NAME(CN("1e{004d00fc0072}")),
		true},
	    {"umlaut_t61", NAME(CN("0c{'M' c3bc 'r'}")), NAME(CN("14{'M' fc 'r'}")),
		true},
	    {"case", NAME(CN("0c{'ANNA'}")), NAME(CN("13{'anna'}")), true},
	    {"case_beyond_ascii", NAME(CN("0c{c39c}")), NAME(CN("0c{c3bc}")), false},
	    {"every_blank", NAME(CN("0c{'a' 0d 'b' 0a0b0c 'c'}")),
		NAME(CN("0c{'a b c'}")), true},
	    {"largest_character", NAME(CN("1c{0010ffff}")), NAME(CN("0c{f48fbfbf}")),
		true},
	    {"outer_blanks", NAME(CN("0c{'  Anna M '}")), NAME(CN("0c{'Anna M'}")),
		true},
	    {"inner_blanks", NAME(CN("0c{'Anna   M'}")), NAME(CN("0c{'Anna M'}")),
		true},
	    {"tabulator", NAME(CN("0c{'Anna' 09 'M'}")), NAME(CN("0c{'Anna M'}")),
		true},
	    {"blank_or_none", NAME(CN("0c{'Anna M'}")), NAME(CN("0c{'AnnaM'}")), false},
	    {"only_blanks", NAME(CN("0c{'   '}")), NAME(CN("0c{}")), true},
	    {"other_value", NAME(CN("0c{'Anna'}")), NAME(CN("0c{'Anne'}")), false},
	    {"other_type", NAME(CN("0c{'Anna'}")), NAME(O("0c{'Anna'}")), false},
	    {"longer", NAME(CN("0c{'Anna'}")), NAME(CN("0c{'Anna'}") O("0c{'X'}")),
		false},
	    {"order_of_rdns", NAME(CN("0c{'A'}") O("0c{'B'}")),
		NAME(O("0c{'B'}") CN("0c{'A'}")), false},
	    {"order_in_rdn",
		NAME("31{" ATTR("550403", "0c{'A'}") ATTR("55040a", "0c{'B'}") "}"),
		NAME("31{" ATTR("55040a", "0c{'B'}") ATTR("550403", "0c{'a'}") "}"),
		true},
	    {"order_of_three",
		NAME("31{" ATTR("550403", "0c{'A'}") ATTR("55040a", "0c{'B'}")
			ATTR("55040b", "0c{'CCC'}") "}"),
		NAME("31{" ATTR("55040b", "0c{'CCC'}") ATTR("550403", "0c{'A'}")
			ATTR("55040a", "0c{'B'}") "}"),
		true},
	    {"one_rdn_or_two",
		NAME("31{" ATTR("550403", "0c{'A'}") ATTR("55040a", "0c{'B'}") "}"),
		NAME(CN("0c{'A'}") O("0c{'B'}")), false},
	    {"bits", NAME(CN("03{0055}")), NAME(CN("03{0055}")), true},
	    {"bits_or_text", NAME(CN("03{0055}")), NAME(CN("0c{0055}")), false},
	    {"bits_keep_case", NAME(CN("03{0041}")), NAME(CN("03{0061}")), false},
	    {"split_otherwise", NAME(CN("0c{'ab'}")), NAME(CN("0c{'a'}") CN("0c{'b'}")),
		false},
	    {"empty", NAME(""), NAME(""), true},
	};

	for (size_t i = 0; i < NITEMS(table); i++) {
		struct bytes one = asn_exact(&a, table[i].one);
		struct bytes other = asn_exact(&b, table[i].other);
		uint8_t x[512], y[512];
		long n = name_canon(one, x, 2 * one.n + 16);
		long m = name_canon(other, y, 2 * other.n + 16);
		bool same = n == m && n >= 0 && memcmp(x, y, (size_t)n) == 0;

		check(n >= 0 && m >= 0 && same == table[i].same &&
			  (name_hash(one) == name_hash(other)) == table[i].same,
		    case_name("canon", table[i].name), "got %ld, %ld, same %d; want %d",
		    n, m, same, table[i].same);
		asn_free(one);
		asn_free(other);
	}
}

static void
test_name__malformed(void)
{
	static const struct {
		const char *name, *in;
	} table[] = {
	    {"nothing", ""},
	    {"set_outside", "31{}"},
	    {"behind", "30{} 00"},
	    {"rdn_is_sequence", "30{30{}}"},
	    {"attribute_is_set", "30{31{31{}}}"},
	    {"no_value", "30{31{30{0603550403}}}"},
	    {"no_type", "30{31{30{0c{'x'}}}}"},
	    {"two_values", "30{31{30{0603550403 0c00 0c00}}}"},
	    {"utf8_cut", NAME(CN("0c{c3}"))},
	    {"utf8_overlong", NAME(CN("0c{c080}"))},
	    {"utf8_overlong_3", NAME(CN("0c{e08080}"))},
	    {"utf8_surrogate", NAME(CN("0c{eda080}"))},
	    {"utf8_too_large", NAME(CN("0c{f4908080}"))},
	    {"utf8_continued_only", NAME(CN("0c{80}"))},
	    {"bmp_first_surrogate", NAME(CN("1e{d800}"))},
	    {"bmp_odd", NAME(CN("1e{004100}"))},
	    {"bmp_surrogate", NAME(CN("1e{dfff}"))},
	    {"universal_odd", NAME(CN("1c{000041}"))},
	    {"universal_too_large", NAME(CN("1c{00110000}"))},
	    {"string_in_pieces", NAME(CN("2c{0c{'x'}}"))},
	    {"context_value", NAME(CN("80{'x'}"))},
	    {"integer_value", NAME(CN("020101"))},
	};
	uint8_t out[256];

	for (size_t i = 0; i < NITEMS(table); i++) {
		struct bytes in = asn_exact(&a, table[i].in);
		long n = name_canon(in, out, sizeof(out));

		check(n == ERR_SYNTAX && !name_valid(in),
		    case_name("malformed", table[i].name), "got %ld, valid %d", n,
		    name_valid(in));
		asn_free(in);
	}
	check(name_hash(asn(&a, "31{}")) != name_hash(asn(&b, "31{00}")),
	    "name/hash/of_raw_bytes", "are equal");
}

/* A name of about n bytes, whose canonical form is as long as can be. */
static struct bytes
wide_name(size_t n)
{
	static char text[64 * 1024];
	size_t at = (size_t)snprintf(text, sizeof(text), "30{ 31{30{0603550403 14{");

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "ff");
	snprintf(text + at, sizeof(text) - at, "}}}}");
	return asn(&a, text);
}

static void
test_name__limits(void)
{
	static uint8_t out[2 * NAME_MAX_BYTES + 16];
	struct bytes name = wide_name(NAME_MAX_BYTES - 21);
	long n;

	n = name_canon(name, out, sizeof(out));
	check(name.n == NAME_MAX_BYTES && n > (long)NAME_MAX_BYTES,
	    "name/limit/bytes_at", "got %ld of %zu", n, name.n);
	check_int("name/limit/room_at", name_canon(name, out, (size_t)n), n);
	check_int("name/limit/room_one_less", name_canon(name, out, (size_t)n - 1),
	    ERR_LIMIT);
	check_int("name/limit/no_room", name_canon(name, out, 0), ERR_LIMIT);
	name = wide_name(NAME_MAX_BYTES - 20);
	check(name.n == NAME_MAX_BYTES + 1 &&
		  name_canon(name, out, sizeof(out)) == ERR_LIMIT,
	    "name/limit/bytes_one_past", "got %ld of %zu",
	    name_canon(name, out, sizeof(out)), name.n);
}

/* The room that the contract promises to be enough, for the narrowest attributes. */
static void
test_name__promised_room(void)
{
	static char text[64 * 1024];
	static uint8_t out[2 * NAME_MAX_BYTES + 16];
	size_t at = (size_t)snprintf(text, sizeof(text), "30{");
	struct bytes name;
	long n;

	for (int i = 0; i < 700; i++)
		at += (size_t)snprintf(
		    text + at, sizeof(text) - at, "31{30{060100 14{ff}}}");
	snprintf(text + at, sizeof(text) - at, "}");
	name = asn(&a, text);
	n = name_canon(name, out, 2 * name.n + 16);
	check(n > 0, "name/limit/promised_room", "got %ld of %zu", n, name.n);
}

/* --- text ------------------------------------------------------------------------ */

static void
test_name__text(void)
{
	static const struct {
		const char *name, *in;
		size_t cap;
		const char *want;
	} table[] = {
	    {"two", NAME(CN("0c{'Example CA'}") O("13{'Example'}")), 99,
		"CN=Example CA, O=Example"},
	    {"multi_valued",
		NAME("31{" ATTR("550403", "0c{'A'}") ATTR("55040a", "0c{'B'}") "}"), 99,
		"CN=A+O=B"},
	    {"email", NAME("31{30{06092a864886f70d010901 16{'a@b.c'}}}"), 99,
		"emailAddress=a@b.c"},
	    {"dc", NAME("31{30{060a0992268993f22c640119 16{'example'}}}"), 99,
		"DC=example"},
	    {"unknown_type", NAME("31{30{06032a0304 0c{'x'}}}"), 99, "1.2.3.4=x"},
	    {"type_with_80", NAME("31{30{06042a818005 0c{'x'}}}"), 99, "1.2.16389=x"},
	    {"joint_type", NAME("31{30{0603883703 0c{'x'}}}"), 99, "2.999.3=x"},
	    {"huge_arc", NAME("31{30{060c2affffffffffffffffffff7f 0c{'x'}}}"), 99,
		"1.2?=x"},
	    {"umlaut", NAME(CN("0c{'M' c3bc 'ller'}")), 99, "CN=M\xc3\xbcller"},
	    {"bmp", NAME(CN("1e{004d00fc}")), 99, "CN=M\xc3\xbc"},
	    {"comma", NAME(CN("0c{'A, Inc.+'}")), 99, "CN=A\\, Inc.\\+"},
	    {"newline", NAME(CN("0c{'a' 0a 'b' 7f}")), 99, "CN=a?b?"},
	    {"c1_control", NAME(CN("0c{'a' c285}")), 99, "CN=a?"},
	    {"right_to_left", NAME(CN("0c{'a' e280ae 'b'}")), 99, "CN=a?b"},
	    {"zero_octet", NAME(CN("0c{'a' 00 'b'}")), 99, "CN=a?b"},
	    {"bits", NAME(CN("03{0055}")), 99, "CN=#0055"},
	    {"empty", NAME(""), 99, ""},
	    {"cut", NAME(CN("0c{'Anna'}")), 6, "CN=An"},
	    {"cut_between_characters", NAME(CN("0c{'M' c3bc}")), 6, "CN=M"},
	    {"cut_fits", NAME(CN("0c{'M' c3bc}")), 7, "CN=M\xc3\xbc"},
	    {"cut_escape", NAME(CN("0c{'M,x'}")), 6, "CN=M"},
	    {"one_byte", NAME(CN("0c{'Anna'}")), 1, ""},
	    {"malformed", "31{}", 99, "?"},
	    {"malformed_later", NAME(CN("0c{'Anna'}") CN("0c{c3}")), 99, "CN=Anna, ?"},
	};

	for (size_t i = 0; i < NITEMS(table); i++) {
		struct bytes in = asn_exact(&a, table[i].in);
		char *buf = malloc(table[i].cap);

		check_str(case_name("text", table[i].name),
		    name_text(in, buf, table[i].cap), table[i].want);
		free(buf);
		asn_free(in);
	}
}

/* --- UTF-8 -------------------------------------------------------------------------
 */

/* All that there is, and nothing else: every scalar value there and back. */
static void
test_name__utf8_round(void)
{
	uint32_t wrong = 0, got;
	uint8_t out[NAME_CHAR_OCTETS_MAX];

	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		struct bytes text = {out, name_chars_put(c, out)};
		struct name_chars chars = {text, DER_UTF8_STRING};
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		if (name_chars_valid(DER_UTF8_STRING, text) == surrogate)
			wrong++;
		else if (!surrogate &&
			 (name_chars_next(&chars, &got) != 1 || got != c ||
			     name_chars_next(&chars, &got) != 0))
			wrong++;
	}
	check_int("name/utf8/every_character", wrong, 0);
}

/* How many strings are valid that begin with first octets from `first` on, have two
 * any octets behind it, and end in one of these. */
static size_t
count_valid(unsigned first, const uint8_t *last, size_t n_last)
{
	uint8_t s[4];
	size_t valid = 0;

	for (unsigned i = first; i < 0x100; i++)
		for (unsigned k = 0; k < 0x10000; k++) {
			s[0] = (uint8_t)i;
			s[1] = (uint8_t)(k >> 8);
			s[2] = (uint8_t)k;
			for (size_t j = 0; j < n_last; j++) {
				s[3] = last[j];
				valid += name_chars_valid(
				    DER_UTF8_STRING, (struct bytes){s, 4});
			}
			valid += n_last == 0 && name_chars_valid(DER_UTF8_STRING,
						    (struct bytes){s, 3});
		}
	return valid;
}

/* Every character is taken (see above); that there are no more strings than
 * characters make shows that nothing else is. */
static void
test_name__utf8_nothing_else(void)
{
	static const uint8_t ends[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
	const size_t one = 128, two = 1920, three = 63488 - 2048, four = 1048576;

	check_int("name/utf8/three_octets", (long long)count_valid(0, NULL, 0),
	    (long long)(one * one * one + 2 * one * two + three));
	/* Two of the 64 last octets that there can be. */
	check_int("name/utf8/four_octets", (long long)count_valid(0xf0, ends, 6),
	    (long long)(four / 64 * 2));
}

/* Characters at both edges of each range that is not shown. */
static void
test_name__deceivers(void)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x200b, 0x200f},
	    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xe0000, 0x10ffff}};
	char text[64], buf[32];
	int wrong = 0;

	for (size_t i = 0; i < NITEMS(hidden); i++)
		for (int64_t c = (int64_t)hidden[i].first - 1;
		     c <= (int64_t)hidden[i].last + 1;
		     c = c < hidden[i].first  ? hidden[i].first
			 : c < hidden[i].last ? hidden[i].last
					      : c + 1) {
			bool inside = c >= hidden[i].first && c <= hidden[i].last;

			if (c < 0 || c > 0x10ffff)
				continue;
			snprintf(text, sizeof(text), NAME(CN("1c{%08x}")), (unsigned)c);
			name_text(asn(&a, text), buf, sizeof(buf));
			wrong += (strcmp(buf, "CN=?") == 0) != inside;
		}
	check_int("name/text/deceivers", wrong, 0);
}

int
main(void)
{
	test_name__canon();
	test_name__malformed();
	test_name__limits();
	test_name__promised_room();
	test_name__text();
	test_name__deceivers();
	test_name__utf8_round();
	test_name__utf8_nothing_else();
	return check_done();
}
