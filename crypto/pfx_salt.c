/*
 * Salts of compatible PFX files: contract in pfx_salt.h.
 */
#include "crypto/pfx_salt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>

#include "crypto/pin.h"

enum {
	BLOCK = 64, /* v of SHA-1 */
	ROUND = 20, /* u of SHA-1 */
	SALT_MAX = 64,
};

/* Fills a block with what is repeated. */
static void
repeat(uint8_t block[BLOCK], const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < BLOCK; i++)
		block[i] = p[i % n];
}

/* Whether the sum of two blocks and 1, without its carry, begins with zero. */
static bool
sum_begins_with_zero(const uint8_t a[BLOCK], const uint8_t b[BLOCK])
{
	unsigned sum = 0x100; /* the carry of the 1 */

	for (size_t i = BLOCK; i-- > 0;)
		sum = (sum >> 8) + a[i] + b[i];
	return (sum & 0xff) == 0;
}

bool
pfx_salt_good(const char *pin, struct bytes salt, unsigned iterations)
{
	uint8_t first[ROUND], b[BLOCK], block[BLOCK], text[2 * (PIN_TEXT + 1)] = {0};
	size_t n = strlen(pin);
	bool good = false;

	if (n == PIN_TEXT && salt.n > 0 && salt.n <= SALT_MAX &&
	    PKCS12_key_gen_utf8(pin, (int)n, (uint8_t *)salt.p, (int)salt.n,
		PKCS12_KEY_ID, (int)iterations, ROUND, first, EVP_sha1()) == 1) {
		repeat(b, first, ROUND);
		repeat(block, salt.p, salt.n);
		good = !sum_begins_with_zero(block, b);
		for (size_t i = 0; i < n; i++) /* BMPString with its NUL */
			text[2 * i + 1] = (uint8_t)pin[i];
		repeat(block, text, sizeof(text));
		good = good && !sum_begins_with_zero(block, b);
	}
	OPENSSL_cleanse(first, sizeof(first));
	OPENSSL_cleanse(b, sizeof(b));
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(text, sizeof(text));
	return good;
}

static bool
algorithm_good(const X509_ALGOR *algorithm, const char *pin, unsigned iterations)
{
	const void *value = NULL;
	PBEPARAM *pbe;
	int type = V_ASN1_UNDEF;
	bool good;

	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	if (type != V_ASN1_SEQUENCE ||
	    (pbe = ASN1_item_unpack(value, ASN1_ITEM_rptr(PBEPARAM))) == NULL)
		return false;
	good = pfx_salt_good(pin,
	    (struct bytes){ASN1_STRING_get0_data(pbe->salt),
		(size_t)ASN1_STRING_length(pbe->salt)},
	    iterations);
	PBEPARAM_free(pbe);
	return good;
}

/* The keys in a part that is not encrypted as a whole. */
static bool
bags_good(PKCS7 *part, const char *pin, unsigned iterations)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = PKCS12_unpack_p7data(part);
	bool good = bags != NULL;

	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags) && good; i++) {
		const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
		const X509_ALGOR *algorithm;

		if (PKCS12_SAFEBAG_get_nid(bag) != NID_pkcs8ShroudedKeyBag)
			continue;
		X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, NULL);
		good = algorithm_good(algorithm, pin, iterations);
	}
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return good;
}

bool
pfx_salts_good(const PKCS12 *file, const char *pin, unsigned iterations)
{
	STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(file);
	bool good = parts != NULL;

	for (int i = 0; i < sk_PKCS7_num(parts) && good; i++) {
		PKCS7 *part = sk_PKCS7_value(parts, i);

		good = PKCS7_type_is_encrypted(part)
			   ? algorithm_good(part->d.encrypted->enc_data->algorithm, pin,
				 iterations)
			   : bags_good(part, pin, iterations);
	}
	sk_PKCS7_pop_free(parts, PKCS7_free);
	return good;
}
