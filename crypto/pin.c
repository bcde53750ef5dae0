/*
 * PINs: contract in pin.h. Nothing secret stays on the stack.
 */
#include "crypto/pin.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "crypto/reason.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

_Static_assert(PIN_RANDOM_BYTES * 8 == PIN_CHARS * 5, "five bits a character");

/* Where the i-th character stands in the text. */
static size_t
pin_place(size_t i)
{
	return i + i / PIN_GROUP;
}

static bool
pin_is_dash(size_t at)
{
	return at % (PIN_GROUP + 1) == PIN_GROUP;
}

static void
pin_write(const uint8_t random[PIN_RANDOM_BYTES], uint8_t *text)
{
	memset(text, '-', PIN_TEXT);
	for (size_t i = 0; i < PIN_CHARS; i++) {
		size_t bit = 5 * i, at = bit / 8;
		unsigned two = (unsigned)random[at] << 8;

		if (at + 1 < PIN_RANDOM_BYTES)
			two |= random[at + 1];
		text[pin_place(i)] =
		    (uint8_t)alphabet[(two >> (16 - 5 - bit % 8)) & 0x1f];
	}
}

int
pin_make(struct secret *out, struct err *e)
{
	uint8_t random[PIN_RANDOM_BYTES];
	int rc = 0;

	*out = (struct secret){0};
	if (RAND_priv_bytes(random, sizeof(random)) != 1)
		rc = err_set(
		    e, ERR_CRYPTO, "no randomness for a PIN: %s", reason_take());
	else if (secret_new(PIN_TEXT, out) != 0)
		rc = err_set(e, ERR_MEMORY, "no secure memory for a PIN");
	else
		pin_write(random, out->p);
	OPENSSL_cleanse(random, sizeof(random));
	return rc;
}

static bool
pin_has(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
}

bool
pin_valid(struct bytes text)
{
	bool good = text.n == PIN_TEXT;

	for (size_t i = 0; i < PIN_TEXT && text.n == PIN_TEXT; i++)
		good &= pin_is_dash(i) ? text.p[i] == '-' : pin_has(text.p[i]);
	return good;
}

/* How many bytes at p are a separator: 0 where there is none. */
static size_t
pin_separator(struct bytes in)
{
	static const char *const wide[] = {"\xc2\xa0", "\xe2\x80\x90", "\xe2\x80\x91",
	    "\xe2\x80\x92", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x95",
	    "\xe2\x88\x92"};

	if (memchr(" -\t\r\n", in.p[0], 5) != NULL)
		return 1;
	for (size_t i = 0; i < NITEMS(wide); i++) {
		size_t n = strlen(wide[i]);

		if (in.n >= n && memcmp(in.p, wide[i], n) == 0)
			return n;
	}
	return 0;
}

/* The character that was meant, or what was typed. */
static uint8_t
pin_meant(uint8_t c)
{
	if (c >= 'a' && c <= 'z')
		return (uint8_t)(c - 'a' + 'A');
	return c == '0' ? 'O' : c == '8' ? 'B' : c;
}

static int
pin_read(struct bytes typed, uint8_t *text, struct err *e)
{
	size_t n = 0, skip;

	memset(text, '-', PIN_TEXT);
	for (size_t i = 0; i < typed.n;) {
		uint8_t c = pin_meant(typed.p[i]);

		skip = pin_separator((struct bytes){typed.p + i, typed.n - i});
		i += skip == 0 ? 1 : skip;
		if (skip != 0)
			continue;
		if (c == '1')
			return err_set(e, ERR_SYNTAX,
			    "PIN: character %zu is the digit 1, which no PIN has: it "
			    "is the letter I or L",
			    n + 1);
		if (!pin_has(c))
			return err_set(e, ERR_SYNTAX,
			    "PIN: character %zu is neither a letter nor one of the "
			    "digits 2 to 7",
			    n + 1);
		if (n < PIN_CHARS)
			text[pin_place(n)] = c;
		n++;
	}
	if (n != PIN_CHARS)
		return err_set(
		    e, ERR_SYNTAX, "PIN: %zu characters, want %d", n, PIN_CHARS);
	return 0;
}

int
pin_parse(struct bytes typed, struct secret *out, struct err *e)
{
	int rc;

	*out = (struct secret){0};
	if (typed.n > PIN_TYPED_MAX)
		return err_set(e, ERR_LIMIT, "PIN: %zu bytes typed, want at most %d",
		    typed.n, PIN_TYPED_MAX);
	if (secret_new(PIN_TEXT, out) != 0)
		return err_set(e, ERR_MEMORY, "no secure memory for a PIN");
	if ((rc = pin_read(typed, out->p, e)) != 0)
		secret_free(out);
	return rc;
}
