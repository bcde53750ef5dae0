/*
 * One-time codes: contract in totp.h.
 */
#include "crypto/totp.h"

#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum {
	HMAC_BYTES = 20,
	CODES = 1000 * 1000, /* ten to the TOTP_DIGITS */
	ESCAPED_MAX = 3 * TOTP_NAME_MAX + 1,
};

int
totp_secret(struct secret *out, struct err *e)
{
	if (secret_new(TOTP_SECRET_BYTES, out) != 0)
		return err_set(e, ERR_MEMORY, "no memory for a secret");
	if (RAND_priv_bytes(out->p, TOTP_SECRET_BYTES) == 1)
		return 0;
	secret_free(out);
	ERR_clear_error();
	return err_set(e, ERR_CRYPTO, "no randomness for a second factor");
}

/* RFC 4226 section 5.3: HMAC of the counter, four octets of it, the last digits. */
int
totp_code(struct bytes secret, int64_t step, char out[TOTP_DIGITS + 1])
{
	uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	uint32_t at, value;

	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (8 * (7 - i)));
	if (HMAC(EVP_sha1(), secret.p, (int)secret.n, counter, sizeof(counter), mac,
		&n) == NULL ||
	    n != HMAC_BYTES) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	at = mac[HMAC_BYTES - 1] & 0xf;
	value = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 |
		(uint32_t)mac[at + 2] << 8 | mac[at + 3];
	snprintf(out, TOTP_DIGITS + 1, "%06u", (unsigned)(value % CODES));
	OPENSSL_cleanse(mac, sizeof(mac));
	return 0;
}

int
totp_check(struct bytes secret, struct bytes code, int64_t now, int64_t last,
    int64_t *step_out)
{
	char want[TOTP_DIGITS + 1];
	int64_t step = now / TOTP_STEP;
	int found = 0;

	if (code.n != TOTP_DIGITS)
		return 0;
	for (int64_t s = step - TOTP_WINDOW; s <= step + TOTP_WINDOW; s++) {
		if (totp_code(secret, s, want) != 0)
			return ERR_CRYPTO;
		if (CRYPTO_memcmp(want, code.p, TOTP_DIGITS) == 0 && s > last &&
		    found == 0) {
			*step_out = s;
			found = 1;
		}
	}
	OPENSSL_cleanse(want, sizeof(want));
	return found;
}

int
totp_secret_text(struct bytes secret, char *out)
{
	static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint64_t bits = 0;
	unsigned have = 0;

	if (secret.n != TOTP_SECRET_BYTES)
		return ERR_USAGE;
	for (size_t i = 0; i < secret.n; i++) {
		bits = bits << 8 | secret.p[i];
		for (have += 8; have >= 5; have -= 5)
			*out++ = base32[bits >> (have - 5) & 31];
	}
	*out = '\0';
	return 0;
}

/* Percent-encoding (RFC 3986 section 2.1) of all but letters, digits and "-._~". */
static int
escape_uri(const char *in, char out[ESCAPED_MAX])
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-._~";
	size_t n = strlen(in);

	if (n > TOTP_NAME_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++) {
		if (strchr(plain, in[i]) != NULL)
			*out++ = in[i];
		else
			out += sprintf(out, "%%%02X", (unsigned char)in[i]);
	}
	*out = '\0';
	return 0;
}

int
totp_uri(struct bytes secret, const char *issuer, const char *account,
    struct secret *out, struct err *e)
{
	char i[ESCAPED_MAX], a[ESCAPED_MAX], text[TOTP_SECRET_TEXT + 1];
	int rc;

	*out = (struct secret){0};
	if (escape_uri(issuer, i) != 0 || escape_uri(account, a) != 0)
		return err_set(
		    e, ERR_LIMIT, "a name of more than %d bytes", TOTP_NAME_MAX);
	if ((rc = totp_secret_text(secret, text)) != 0)
		return err_set(e, rc, "a secret of %zu bytes, want %d", secret.n,
		    TOTP_SECRET_BYTES);
	if ((rc = secret_new(TOTP_URI_MAX, out)) != 0)
		return err_set(e, rc, "no memory for a QR code");
	out->n = (size_t)snprintf((char *)out->p, TOTP_URI_MAX,
	    "otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d"
	    "&period=%d",
	    i, a, text, i, TOTP_DIGITS, TOTP_STEP);
	OPENSSL_cleanse(text, sizeof(text));
	return 0;
}
