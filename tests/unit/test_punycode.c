/*
 * Punycode: the samples of RFC 3492 section 7.1 (as code points; letters that
 * the section writes in capitals only to show mixed case are small here), and
 * its limits.
 */
#include "core/punycode.h"

#include "core/bytes.h"
#include "core/err.h"

#include "tests/unit/check.h"

static const struct row {
	const char *name;
	uint32_t in[64];
	const char *want;
} rows[] = {
    {"a_arabic",
	{0x0644, 0x064A, 0x0647, 0x0645, 0x0627, 0x0628, 0x062A, 0x0643, 0x0644, 0x0645,
	    0x0648, 0x0634, 0x0639, 0x0631, 0x0628, 0x064A, 0x061F},
	"egbpdaj6bu4bxfgehfvwxn"},
    {"b_chinese_simplified",
	{0x4ED6, 0x4EEC, 0x4E3A, 0x4EC0, 0x4E48, 0x4E0D, 0x8BF4, 0x4E2D, 0x6587},
	"ihqwcrb4cv8a8dqg056pqjye"},
    {"c_chinese_traditional",
	{0x4ED6, 0x5011, 0x7232, 0x4EC0, 0x9EBD, 0x4E0D, 0x8AAA, 0x4E2D, 0x6587},
	"ihqwctvzc91f659drss3x8bo0yb"},
    {"d_czech",
	{'p', 'r', 'o', 0x010D, 'p', 'r', 'o', 's', 't', 0x011B, 'n', 'e', 'm', 'l',
	    'u', 'v', 0x00ED, 0x010D, 'e', 's', 'k', 'y'},
	"proprostnemluvesky-uyb24dma41a"},
    {"e_hebrew",
	{0x05DC, 0x05DE, 0x05D4, 0x05D4, 0x05DD, 0x05E4, 0x05E9, 0x05D5, 0x05D8, 0x05DC,
	    0x05D0, 0x05DE, 0x05D3, 0x05D1, 0x05E8, 0x05D9, 0x05DD, 0x05E2, 0x05D1,
	    0x05E8, 0x05D9, 0x05EA},
	"4dbcagdahymbxekheh6e0a7fei0b"},
    {"g_japanese",
	{0x306A, 0x305C, 0x307F, 0x3093, 0x306A, 0x65E5, 0x672C, 0x8A9E, 0x3092, 0x8A71,
	    0x3057, 0x3066, 0x304F, 0x308C, 0x306A, 0x3044, 0x306E, 0x304B},
	"n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa"},
    {"i_russian",
	{0x043F, 0x043E, 0x0447, 0x0435, 0x043C, 0x0443, 0x0436, 0x0435, 0x043E, 0x043D,
	    0x0438, 0x043D, 0x0435, 0x0433, 0x043E, 0x0432, 0x043E, 0x0440, 0x044F,
	    0x0442, 0x043F, 0x043E, 0x0440, 0x0443, 0x0441, 0x0441, 0x043A, 0x0438},
	"b1abfaaepdrnnbgefbadotcwatmq2g4l"},
    {"j_spanish",
	{'p', 'o', 'r', 'q', 'u', 0x00E9, 'n', 'o', 'p', 'u', 'e', 'd', 'e', 'n', 's',
	    'i', 'm', 'p', 'l', 'e', 'm', 'e', 'n', 't', 'e', 'h', 'a', 'b', 'l', 'a',
	    'r', 'e', 'n', 'e', 's', 'p', 'a', 0x00F1, 'o', 'l'},
	"porqunopuedensimplementehablarenespaol-fmd56a"},
    {"k_vietnamese",
	{'t', 0x1EA1, 'i', 's', 'a', 'o', 'h', 0x1ECD, 'k', 'h', 0x00F4, 'n', 'g', 't',
	    'h', 0x1EC3, 'c', 'h', 0x1EC9, 'n', 0x00F3, 'i', 't', 'i', 0x1EBF, 'n', 'g',
	    'v', 'i', 0x1EC7, 't'},
	"tisaohkhngthchnitingvit-kjcr8268qyxafd2f1b9g"},
    {"l_japanese_with_digit",
	{'3', 0x5E74, 'b', 0x7D44, 0x91D1, 0x516B, 0x5148, 0x751F},
	"3b-ww4c5e180e575a65lsy2b"},
    {"m_japanese_with_latin",
	{0x5B89, 0x5BA4, 0x5948, 0x7F8E, 0x6075, '-', 'w', 'i', 't', 'h', '-', 's', 'u',
	    'p', 'e', 'r', '-', 'm', 'o', 'n', 'k', 'e', 'y', 's'},
	"-with-super-monkeys-pc58ag80a8qai00g7n9n"},
    {"n_japanese_with_latin",
	{'h', 'e', 'l', 'l', 'o', '-', 'a', 'n', 'o', 't', 'h', 'e', 'r', '-', 'w', 'a',
	    'y', '-', 0x305D, 0x308C, 0x305E, 0x308C, 0x306E, 0x5834, 0x6240},
	"hello-another-way--fc4qua05auwb3674vfr0b"},
    {"o_japanese_with_digit",
	{0x3072, 0x3068, 0x3064, 0x5C4B, 0x6839, 0x306E, 0x4E0B, '2'},
	"2-u9tlzr9756bt3uc0v"},
    {"p_japanese_with_latin",
	{'m', 'a', 'j', 'i', 0x3067, 'k', 'o', 'i', 0x3059, 0x308B, '5', 0x79D2,
	    0x524D},
	"majikoi5-783gue6qz075azm5e"},
    {"q_japanese_with_latin",
	{0x30D1, 0x30D5, 0x30A3, 0x30FC, 'd', 'e', 0x30EB, 0x30F3, 0x30D0},
	"de-jg4avhby1noc0d"},
    {"r_japanese", {0x305D, 0x306E, 0x30B9, 0x30D4, 0x30FC, 0x30C9, 0x3067},
	"d9juau41awczczp"},
    {"s_ascii", {'-', '>', ' ', '$', '1', '.', '0', '0', ' ', '<', '-'},
	"-> $1.00 <--"},
    {"one_letter", {0x00FC}, "tda"},
    {"mueller", {'m', 0x00FC, 'l', 'l', 'e', 'r'}, "mller-kva"},
    {"ascii_only", {'a', 'b', 'c'}, "abc-"},
    {"empty", {0}, ""},
    {"largest", {0x10FFFF, 'a', 0x10FFFF}, "a-g023pba"},
};

static size_t
length_of(const uint32_t *in)
{
	size_t n = 0;

	while (n < 64 && in[n] != 0)
		n++;
	return n;
}

static void
test_samples(void)
{
	for (size_t i = 0; i < NITEMS(rows); i++) {
		char out[128], name[64];
		long n = punycode_encode(
		    rows[i].in, length_of(rows[i].in), out, sizeof(out) - 1);

		out[n < 0 ? 0 : n] = '\0';
		snprintf(name, sizeof(name), "punycode__%s", rows[i].name);
		check_str(name, out, rows[i].want);
	}
}

/* Room for every length up to what is needed: refused, and never one byte more. */
static void
test_room(void)
{
	for (size_t i = 0; i < NITEMS(rows); i++) {
		size_t want = strlen(rows[i].want), n = length_of(rows[i].in);
		char out[128], name[64];
		bool good = true;

		for (size_t cap = 0; cap <= want; cap++) {
			long rc;

			memset(out, '#', sizeof(out));
			rc = punycode_encode(rows[i].in, n, out, cap);
			good = good && rc == (cap < want ? ERR_LIMIT : (long)want) &&
			       out[cap] == '#';
		}
		snprintf(name, sizeof(name), "punycode__room_%s", rows[i].name);
		check(good, name, "writes more than it may, or refuses what fits");
	}
}

static void
test_length(void)
{
	static uint32_t in[1025];
	static char out[8192];

	for (size_t i = 0; i < NITEMS(in); i++)
		in[i] = 0x10ffff - (uint32_t)i;
	check(punycode_encode(in, 1024, out, sizeof(out)) > 0, "punycode__length_at",
	    "refused");
	check_int("punycode__length_past", punycode_encode(in, 1025, out, sizeof(out)),
	    ERR_LIMIT);
}

int
main(void)
{
	test_samples();
	test_room();
	test_length();
	return check_done();
}
