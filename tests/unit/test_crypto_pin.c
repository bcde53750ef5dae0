/*
 * PINs: their form, their randomness, and what people type instead of them.
 */
#include "crypto/pin.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check.h"

enum {
	DRAWN = 20000,
	LETTERS = 32
};

#define GOOD "ABCD-EFGH-IJKL-MNOP-QRST-UV27"

static void
test_crypto_pin__form(void)
{
	static const struct {
		const char *name, *text;
		bool want;
	} rows[] = {
	    {"good", GOOD, true},
	    {"lower_case", "abcd-EFGH-IJKL-MNOP-QRST-UV27", false},
	    {"digit_0", "0BCD-EFGH-IJKL-MNOP-QRST-UV27", false},
	    {"digit_1", "ABCD-EFGH-IJKL-MNOP-QRST-UV21", false},
	    {"digit_8", "ABCD-EFGH-IJKL-MNOP-QRST-UV28", false},
	    {"no_dash", "ABCDAEFGH-IJKL-MNOP-QRST-UV27", false},
	    {"dash_at_the_wrong_place", "ABC-DEFGH-IJKL-MNOP-QRST-UV27", false},
	    {"short", "ABCD-EFGH-IJKL-MNOP-QRST-UV2", false},
	    {"long", GOOD "A", false},
	    {"empty", "", false},
	    {"without_dashes", "ABCDEFGHIJKLMNOPQRSTUV27", false},
	};
	char name[80];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		snprintf(name, sizeof(name), "crypto_pin__form_%s", rows[i].name);
		check_int(name, pin_valid(bytes_of(rows[i].text)), rows[i].want);
	}
}

static void
test_crypto_pin__typed(void)
{
	static const struct {
		const char *name, *typed;
		int want;
		const char *words; /* of the text, or of the sentence */
	} rows[] = {
	    {"as_shown", GOOD, 0, GOOD},
	    {"lower_case", "abcd-efgh-ijkl-mnop-qrst-uv27", 0, GOOD},
	    {"blanks", " ABCD EFGH\tIJKL  MNOP QRST UV27\r\n", 0, GOOD},
	    {"no_groups", "ABCDEFGHIJKLMNOPQRSTUV27", 0, GOOD},
	    {"long_dashes",
		"ABCD\xe2\x80\x93"
		"EFGH\xe2\x80\x94IJKL\xe2\x80\x91MNOP\xe2\x88\x92QRST\xc2\xa0UV27",
		0, GOOD},
	    {"zero_for_o", "ABCD-EFGH-IJKL-MN0P-QRST-UV27", 0, GOOD},
	    {"eight_for_b", "A8CD-EFGH-IJKL-MNOP-QRST-UV27", 0, GOOD},
	    {"one", "ABCD-EFGH-1JKL-MNOP-QRST-UV27", ERR_SYNTAX,
		"character 9 is the digit 1"},
	    {"nine", "ABCD-EFGH-IJKL-MNOP-QRST-UV97", ERR_SYNTAX,
		"character 23 is neither"},
	    {"umlaut",
		"\xc3\x84"
		"BCD-EFGH",
		ERR_SYNTAX, "character 1 is neither"},
	    {"half_a_dash", "ABCD\xe2\x80", ERR_SYNTAX, "character 5 is neither"},
	    {"one_short", "ABCD-EFGH-IJKL-MNOP-QRST-UV2", ERR_SYNTAX,
		"23 characters, want 24"},
	    {"one_long", GOOD "A", ERR_SYNTAX, "25 characters, want 24"},
	    {"empty", "", ERR_SYNTAX, "0 characters"},
	};
	char name[80];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct secret pin;
		struct err e = {0};
		int rc = pin_parse(bytes_of(rows[i].typed), &pin, &e);

		snprintf(name, sizeof(name), "crypto_pin__typed_%s", rows[i].name);
		if (rc == 0)
			check(rows[i].want == 0 && bytes_equal(secret_view(&pin),
						       bytes_of(rows[i].words)),
			    name, "got %.*s, want %d %s", (int)pin.n, (char *)pin.p,
			    rows[i].want, rows[i].words);
		else
			check(rc == rows[i].want && pin.p == NULL &&
				  strstr(e.text, rows[i].words) != NULL,
			    name, "got %d \"%s\", want %d \"%s\"", rc, e.text,
			    rows[i].want, rows[i].words);
		secret_free(&pin);
	}
}

static void
test_crypto_pin__typed_limit(void)
{
	char typed[PIN_TYPED_MAX + 2];
	struct secret pin;
	int rc;

	memset(typed, ' ', sizeof(typed));
	memcpy(typed, GOOD, PIN_TEXT);
	rc = pin_parse((struct bytes){(uint8_t *)typed, PIN_TYPED_MAX}, &pin, NULL);
	check(rc == 0, "crypto_pin__typed_most_bytes", "got %d", rc);
	secret_free(&pin);
	rc = pin_parse((struct bytes){(uint8_t *)typed, PIN_TYPED_MAX + 1}, &pin, NULL);
	check_int("crypto_pin__typed_one_byte_too_many", rc, ERR_LIMIT);
}

/* Every letter at every place about as often as every other: chi-square with 31
 * degrees of freedom is beyond 90 once in 10^7. */
static void
test_crypto_pin__random(void)
{
	static unsigned count[PIN_TEXT][256];
	double worst = 0;
	bool valid = true;

	for (int i = 0; i < DRAWN; i++) {
		struct secret pin;

		if (pin_make(&pin, NULL) != 0 || !pin_valid(secret_view(&pin))) {
			valid = false;
			break;
		}
		for (size_t at = 0; at < PIN_TEXT; at++)
			count[at][pin.p[at]]++;
		secret_free(&pin);
	}
	check(valid, "crypto_pin__made_is_valid", "want pin_valid");
	for (size_t at = 0; at < PIN_TEXT; at++) {
		double chi = 0, mean = (double)DRAWN / LETTERS;

		for (int c = 0; c < 256; c++)
			if (count[at][c] > 0)
				chi += (count[at][c] - mean) * (count[at][c] - mean) /
				       mean;
		for (int c = '2'; c <= 'Z'; c++) /* one that never comes */
			if (((c >= '2' && c <= '7') || c >= 'A') && count[at][c] == 0)
				chi += mean;
		if (at % 5 != 4 && chi > worst)
			worst = chi;
	}
	check(worst < 90, "crypto_pin__letters_evenly", "chi-square %.1f, want < 90",
	    worst);
}

/* Parent and child must not draw the same ones. */
static void
test_crypto_pin__fork(void)
{
	struct secret ours, first;
	char theirs[PIN_TEXT];
	int pipes[2], status = 1;
	pid_t pid;

	if (pin_make(&first, NULL) != 0 || pipe(pipes) != 0)
		return;
	fflush(stdout);
	if ((pid = fork()) == 0) {
		struct secret pin;
		bool ok = pin_make(&pin, NULL) == 0 &&
			  write(pipes[1], pin.p, pin.n) == PIN_TEXT;

		_exit(ok ? 0 : 1);
	}
	if (pin_make(&ours, NULL) == 0 && waitpid(pid, &status, 0) == pid &&
	    read(pipes[0], theirs, PIN_TEXT) == PIN_TEXT)
		check(memcmp(theirs, ours.p, PIN_TEXT) != 0 && status == 0,
		    "crypto_pin__fork", "both drew %.*s", PIN_TEXT, theirs);
	close(pipes[0]);
	close(pipes[1]);
	secret_free(&ours);
	secret_free(&first);
}

int
main(void)
{
	test_crypto_pin__form();
	test_crypto_pin__typed();
	test_crypto_pin__typed_limit();
	test_crypto_pin__random();
	test_crypto_pin__fork();
	return check_done();
}
