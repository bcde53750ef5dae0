/*
 * Tokens: contract in token.h.
 */
#include "crypto/token.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

static const char base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";

enum {
	TOKEN_BITS = 256,
	BASE64_BITS = 6,
	BASE32_BITS = 5
};

/* n characters, each a random value below the alphabet's size, a power of two. The
 * last one of a base64url text holds the bits that are left, and no others. */
static int
draw(const char *alphabet, unsigned size, char *out, size_t n, struct err *e)
{
	uint8_t raw[TOKEN_CHARS];

	if (n > sizeof(raw) || RAND_priv_bytes(raw, (int)n) != 1) {
		ERR_clear_error();
		return err_set(e, ERR_CRYPTO, "no randomness for a token");
	}
	for (size_t i = 0; i < n; i++)
		out[i] = alphabet[raw[i] & (size - 1)];
	out[n] = '\0';
	OPENSSL_cleanse(raw, sizeof(raw));
	return 0;
}

int
token_make(char out[TOKEN_CHARS + 1], struct err *e)
{
	const unsigned unused = TOKEN_CHARS * BASE64_BITS - TOKEN_BITS;
	int rc = draw(base64url, 1u << BASE64_BITS, out, TOKEN_CHARS, e);
	const char *last;

	if (rc != 0)
		return rc;
	last = strchr(base64url, out[TOKEN_CHARS - 1]);
	out[TOKEN_CHARS - 1] =
	    base64url[(size_t)(last - base64url) >> unused << unused];
	return 0;
}

int
token_make_link(char out[TOKEN_LINK_CHARS + 1], struct err *e)
{
	return draw(base32, 1u << BASE32_BITS, out, TOKEN_LINK_CHARS, e);
}

static bool
is_of(struct bytes text, size_t n, const char *alphabet)
{
	bool good = text.n == n;

	for (size_t i = 0; i < text.n && good; i++)
		good = text.p[i] != '\0' && strchr(alphabet, text.p[i]) != NULL;
	return good;
}

bool
token_valid(struct bytes text)
{
	return is_of(text, TOKEN_CHARS, base64url);
}

bool
token_link_valid(struct bytes text)
{
	return is_of(text, TOKEN_LINK_CHARS, base32);
}

bool
token_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

void
token_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}
