/*
 * SHA-256: contract in digest.h.
 */
#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

int
digest_sha256(struct bytes in, uint8_t out[DIGEST_BYTES])
{
	return EVP_Digest(in.p, in.n, out, NULL, EVP_sha256(), NULL) == 1 ? 0
									  : ERR_CRYPTO;
}

char *
digest_hex(struct bytes in, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < in.n; i++) {
		out[2 * i] = digits[in.p[i] >> 4];
		out[2 * i + 1] = digits[in.p[i] & 0xf];
	}
	out[2 * in.n] = '\0';
	return out;
}

int
digest_sha256_text(struct bytes in, char out[DIGEST_TEXT + 1])
{
	uint8_t hash[DIGEST_BYTES];
	int rc = digest_sha256(in, hash);

	digest_hex((struct bytes){hash, sizeof(hash)}, out);
	if (rc != 0)
		out[0] = '\0';
	return rc;
}

bool
digest_equal(const uint8_t a[DIGEST_BYTES], const uint8_t b[DIGEST_BYTES])
{
	return CRYPTO_memcmp(a, b, DIGEST_BYTES) == 0;
}
