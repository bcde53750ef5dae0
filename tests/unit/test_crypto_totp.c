/*
 * One-time codes before the vectors of RFC 6238 and RFC 4226; the window; once
 * only; tokens' form and randomness.
 */
#include "crypto/totp.h"

#include "crypto/token.h"
#include "tests/unit/check.h"

enum {
	DRAWN = 4096
};

#define SECRET BYTES("12345678901234567890")

static void
test_crypto_totp__vectors(void)
{
	/* RFC 6238 appendix B, SHA-1; its eight digits end with our six. */
	static const struct {
		int64_t time;
		const char *want;
	} rows[] = {
	    {59, "287082"},
	    {1111111109, "081804"},
	    {1111111111, "050471"},
	    {1234567890, "005924"},
	    {2000000000, "279037"},
	    {20000000000, "353130"},
	};
	/* RFC 4226 appendix D. */
	static const char *const hotp[] = {"755224", "287082", "359152", "969429",
	    "338314", "254676", "287922", "162583", "399871", "520489"};
	char code[TOTP_DIGITS + 1], name[80];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		snprintf(name, sizeof(name), "crypto_totp__rfc6238_%lld",
		    (long long)rows[i].time);
		totp_code(SECRET, rows[i].time / TOTP_STEP, code);
		check_str(name, code, rows[i].want);
	}
	for (size_t i = 0; i < NITEMS(hotp); i++) {
		snprintf(name, sizeof(name), "crypto_totp__rfc4226_%zu", i);
		totp_code(SECRET, (int64_t)i, code);
		check_str(name, code, hotp[i]);
	}
}

static void
test_crypto_totp__window(void)
{
	/* The codes of steps 0 to 4 at 75 s, which is in step 2. */
	static const struct {
		const char *name, *code;
		int64_t last;
		int want;
		int64_t step;
	} rows[] = {
	    {"too_old", "755224", -1, 0, 0},
	    {"one_before", "287082", -1, 1, 1},
	    {"now", "359152", -1, 1, 2},
	    {"one_after", "969429", -1, 1, 3},
	    {"too_new", "338314", -1, 0, 0},
	    {"used", "359152", 2, 0, 0},
	    {"a_later_one_was_used", "287082", 2, 0, 0},
	    {"the_next_one", "969429", 2, 1, 3},
	    {"five_digits", "35915", -1, 0, 0},
	    {"seven_digits", "3591520", -1, 0, 0},
	    {"none", "", -1, 0, 0},
	    {"letters", "abcdef", -1, 0, 0},
	    {"blank_before", " 59152", -1, 0, 0},
	};
	char name[80];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		int64_t step = 0;
		int rc =
		    totp_check(SECRET, bytes_of(rows[i].code), 75, rows[i].last, &step);

		snprintf(name, sizeof(name), "crypto_totp__window_%s", rows[i].name);
		check(rc == rows[i].want && step == rows[i].step, name,
		    "got %d, step %lld", rc, (long long)step);
	}
}

static void
test_crypto_totp__uri(void)
{
	struct secret uri;
	struct err e = {0};
	char text[TOTP_SECRET_TEXT + 1], name[TOTP_NAME_MAX + 2];

	totp_secret_text(SECRET, text);
	check_str("crypto_totp__base32", text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	check_int("crypto_totp__base32_short", totp_secret_text(BYTES("123"), text),
	    ERR_USAGE);
	if (check_int("crypto_totp__uri",
		totp_uri(SECRET, "M\xc3\xbcller & Co", "a@example.com", &uri, &e), 0))
		check_str("crypto_totp__uri_text", (char *)uri.p,
		    "otpauth://totp/M%C3%BCller%20%26%20Co:a%40example.com?secret="
		    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer="
		    "M%C3%BCller%20%26%20Co&algorithm=SHA1&digits=6&period=30");
	secret_free(&uri);
	/* The longest name, each octet of it escaped, and one octet more. */
	memset(name, ' ', sizeof(name));
	name[TOTP_NAME_MAX] = '\0';
	check_int(
	    "crypto_totp__uri_at_the_limit", totp_uri(SECRET, name, name, &uri, &e), 0);
	check_int("crypto_totp__uri_fits", uri.n < TOTP_URI_MAX, 1);
	secret_free(&uri);
	name[TOTP_NAME_MAX] = ' ';
	name[TOTP_NAME_MAX + 1] = '\0';
	check_int("crypto_totp__uri_over_the_limit",
	    totp_uri(SECRET, "x", name, &uri, &e), ERR_LIMIT);
}

static void
test_crypto_token__form(void)
{
	static const struct {
		const char *name, *text;
		bool token, link;
	} rows[] = {
	    {"token", "AZaz09-_AZaz09-_AZaz09-_AZaz09-_AZaz09-_AZA", true, false},
	    {"link", "abcdefghijklmnopqrstuvwx27", false, true},
	    {"token_short", "AZaz09-_AZaz09-_AZaz09-_AZaz09-_AZaz09-_AZ", false, false},
	    {"token_long", "AZaz09-_AZaz09-_AZaz09-_AZaz09-_AZaz09-_AZAA", false,
		false},
	    {"token_plus", "AZaz09+_AZaz09-_AZaz09-_AZaz09-_AZaz09-_AZA", false, false},
	    {"link_upper", "Abcdefghijklmnopqrstuvwx27", false, false},
	    {"link_1", "abcdefghijklmnopqrstuvwx21", false, false},
	    {"link_star", "abcdefghijklmnopqrstuvwx2*", false, false},
	    {"link_long", "abcdefghijklmnopqrstuvwx272", false, false},
	    {"empty", "", false, false},
	};
	char name[80];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct bytes t = bytes_of(rows[i].text);

		snprintf(name, sizeof(name), "crypto_token__form_%s", rows[i].name);
		check(token_valid(t) == rows[i].token &&
			  token_link_valid(t) == rows[i].link,
		    name, "got %d and %d", token_valid(t), token_link_valid(t));
	}
	check_int("crypto_token__equal",
	    token_equal(BYTES("ab"), BYTES("ab")) &&
		!token_equal(BYTES("ab"), BYTES("ac")) &&
		!token_equal(BYTES("ab"), BYTES("a")) &&
		token_equal(BYTES(""), BYTES("")),
	    1);
}

/* Each place shows each character of its alphabet, and no other. */
static void
test_crypto_token__random(void)
{
	static uint8_t seen[TOKEN_CHARS][256];
	char text[TOKEN_CHARS + 1], link[TOKEN_LINK_CHARS + 1];
	int bad = 0, kinds[3] = {0};
	struct err e = {0};

	for (int i = 0; i < DRAWN; i++) {
		bad += token_make(text, &e) != 0 || !token_valid(bytes_of(text));
		for (int k = 0; k < TOKEN_CHARS; k++)
			seen[k][(uint8_t)text[k]] |= 1;
		bad +=
		    token_make_link(link, &e) != 0 || !token_link_valid(bytes_of(link));
		for (int k = 0; k < TOKEN_LINK_CHARS; k++)
			seen[k][(uint8_t)link[k]] |= 2;
	}
	check_int("crypto_token__all_valid", bad, 0);
	for (int c = 0; c < 256; c++) {
		kinds[0] += seen[0][c] & 1;
		kinds[1] += seen[TOKEN_CHARS - 1][c] & 1;
		kinds[2] += seen[TOKEN_LINK_CHARS - 1][c] >> 1;
	}
	check_int("crypto_token__first_character", kinds[0], 64);
	check_int("crypto_token__last_character_holds_4_bits", kinds[1], 16);
	check_int("crypto_token__link_character", kinds[2], 32);
}

int
main(void)
{
	test_crypto_totp__vectors();
	test_crypto_totp__window();
	test_crypto_totp__uri();
	test_crypto_token__form();
	test_crypto_token__random();
	return check_done();
}
