/*
 * Base64, both ways, with the vectors of RFC 4648 section 10, and what must be
 * refused: other alphabets, padding in the wrong place, unused bits that are not
 * zero.
 */
#include "core/base64.h"
#include "core/err.h"

#include "tests/unit/check.h"

static const struct {
	const char *name, *text, *bytes;
} good[] = {
    {"base64__empty", "", ""},
    {"base64__f", "Zg==", "f"},
    {"base64__fo", "Zm8=", "fo"},
    {"base64__foo", "Zm9v", "foo"},
    {"base64__foob", "Zm9vYg==", "foob"},
    {"base64__fooba", "Zm9vYmE=", "fooba"},
    {"base64__foobar", "Zm9vYmFy", "foobar"},
    {"base64__high_digits", "/+//", "\xff\xef\xff"},
};

static const struct {
	const char *name, *text;
} bad[] = {
    {"base64__bad_no_padding", "Zg"},
    {"base64__bad_one_pad_too_few", "Zg="},
    {"base64__bad_three_pads", "Z==="},
    {"base64__bad_only_pads", "===="},
    {"base64__bad_pad_inside", "Zg==Zm9v"},
    {"base64__bad_space", "Zm9 v"},
    {"base64__bad_newline", "Zm9v\n"},
    {"base64__bad_url_alphabet", "-_-_"},
    {"base64__bad_unused_bits_2", "Zh=="},
    {"base64__bad_unused_bits_3", "Zm9="},
    {"base64__bad_high_byte", "Zm9\xc3"},
};

int
main(void)
{
	uint8_t raw[64];
	char text[64];

	for (size_t i = 0; i < NITEMS(good); i++) {
		long n = base64_decode(bytes_of(good[i].text), raw);

		check(n == (long)strlen(good[i].bytes) &&
			  memcmp(raw, good[i].bytes, (size_t)n) == 0,
		    good[i].name, "got %ld bytes, want %zu", n, strlen(good[i].bytes));
		base64_encode(bytes_of(good[i].bytes), text);
		check_str(good[i].name, text, good[i].text);
	}
	for (size_t i = 0; i < NITEMS(bad); i++)
		check_int(
		    bad[i].name, base64_decode(bytes_of(bad[i].text), raw), ERR_SYNTAX);
	return check_done();
}
