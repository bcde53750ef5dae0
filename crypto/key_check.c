/*
 * Public keys before anything is signed for them: contract in key.h. Reads
 * SubjectPublicKeyInfo with core's strict reader; OpenSSL only counts.
 */
#include "crypto/key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "core/der.h"

enum {
	EXPONENT_MIN = 65537,
	EXPONENT_MAX_BITS = 256,
	FACTOR_LIMIT = 752, /* NIST SP 800-89 section 5.3.3, which the BR quote */
	ROCA_LAST = 167,
	ROCA_GENERATOR = 65537,
	FERMAT_ROUNDS = 100,
	ISQRT_ROUNDS = 64,
};

/* AlgorithmIdentifiers, byte for byte (S/MIME BR 7.1.3.1). */
static const struct {
	struct bytes algorithm; /* with header */
	enum cert_key family;
	enum cert_curve curve;
	unsigned bits; /* of the curve */
	int nid;
} algorithms[] = {
    {OID_BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"),
	CERT_KEY_RSA, CERT_CURVE_OTHER, 0, NID_undef},
    {OID_BYTES(
	 "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d"
	 "\x03\x01\x07"),
	CERT_KEY_EC, CERT_CURVE_P256, 256, NID_X9_62_prime256v1},
    {OID_BYTES(
	 "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"),
	CERT_KEY_EC, CERT_CURVE_P384, 384, NID_secp384r1},
    {OID_BYTES(
	 "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23"),
	CERT_KEY_EC, CERT_CURVE_P521, 521, NID_secp521r1},
};

static int
unreadable(struct err *e)
{
	return err_set(e, ERR_SYNTAX,
	    "not a public key (SubjectPublicKeyInfo, RFC 5280 section 4.1.2.7)");
}

/* A positive INTEGER's magnitude. */
static int
magnitude(struct der *d, struct bytes *out)
{
	if (der_expect(d, DER_INTEGER, out) != 0 || !der_integer_valid(*out) ||
	    (out->p[0] & 0x80) != 0)
		return ERR_SYNTAX;
	if (out->n > 1 && out->p[0] == 0)
		*out = (struct bytes){out->p + 1, out->n - 1};
	return 0;
}

static unsigned
magnitude_bits(struct bytes number)
{
	unsigned bits = number.n == 0 ? 0 : (unsigned)(8 * (number.n - 1));

	for (uint8_t top = number.n == 0 ? 0 : number.p[0]; top > 0; top >>= 1)
		bits++;
	return bits;
}

static int
read_rsa(struct key_public *k, struct err *e)
{
	struct bytes content;
	struct der d;

	if (der_only(k->octets, DER_SEQUENCE, &content) != 0)
		return unreadable(e);
	d = der_open(content);
	if (magnitude(&d, &k->modulus) != 0 || magnitude(&d, &k->exponent) != 0 ||
	    !der_at_end(&d))
		return unreadable(e);
	k->bits = magnitude_bits(k->modulus);
	return 0;
}

int
key_public_read(struct bytes spki, struct key_public *out, struct err *e)
{
	struct bytes content, bits;
	struct der_item algorithm;
	unsigned unused;
	struct der d;

	*out = (struct key_public){0};
	if (spki.n > KEY_SPKI_MAX)
		return err_set(e, ERR_LIMIT,
		    "a public key of %zu bytes, want at most %d", spki.n, KEY_SPKI_MAX);
	if (der_only(spki, DER_SEQUENCE, &content) != 0)
		return unreadable(e);
	d = der_open(content);
	if (der_read(&d, &algorithm) != 0 ||
	    der_expect(&d, DER_BIT_STRING, &bits) != 0 || !der_at_end(&d) ||
	    der_bit_string(bits, &out->octets, &unused) != 0 || unused != 0)
		return unreadable(e);
	for (size_t i = 0; i < NITEMS(algorithms); i++)
		if (bytes_equal(algorithm.whole, algorithms[i].algorithm)) {
			out->family = algorithms[i].family;
			out->curve = algorithms[i].curve;
			out->bits = algorithms[i].bits;
			return out->family == CERT_KEY_RSA ? read_rsa(out, e) : 0;
		}
	return err_set(e, ERR_UNSUPPORTED,
	    "S/MIME BR 7.1.3.1: a public key that is neither RSA nor EC P-256, P-384 "
	    "or "
	    "P-521, or is not encoded as that clause says");
}

int
key_id(struct bytes spki, uint8_t out[KEY_ID_BYTES])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct key_public k;
	int rc = key_public_read(spki, &k, NULL);

	if (rc != 0)
		return rc;
	SHA256(k.octets.p, k.octets.n, digest);
	memcpy(out, digest, KEY_ID_BYTES);
	return 0;
}

/* --- RSA --------------------------------------------------------------------- */

/* The primes below FACTOR_LIMIT. */
static const uint16_t primes[] = {
    2,
    3,
    5,
    7,
    11,
    13,
    17,
    19,
    23,
    29,
    31,
    37,
    41,
    43,
    47,
    53,
    59,
    61,
    67,
    71,
    73,
    79,
    83,
    89,
    97,
    101,
    103,
    107,
    109,
    113,
    127,
    131,
    137,
    139,
    149,
    151,
    157,
    163,
    167,
    173,
    179,
    181,
    191,
    193,
    197,
    199,
    211,
    223,
    227,
    229,
    233,
    239,
    241,
    251,
    257,
    263,
    269,
    271,
    277,
    281,
    283,
    293,
    307,
    311,
    313,
    317,
    331,
    337,
    347,
    349,
    353,
    359,
    367,
    373,
    379,
    383,
    389,
    397,
    401,
    409,
    419,
    421,
    431,
    433,
    439,
    443,
    449,
    457,
    461,
    463,
    467,
    479,
    487,
    491,
    499,
    503,
    509,
    521,
    523,
    541,
    547,
    557,
    563,
    569,
    571,
    577,
    587,
    593,
    599,
    601,
    607,
    613,
    617,
    619,
    631,
    641,
    643,
    647,
    653,
    659,
    661,
    673,
    677,
    683,
    691,
    701,
    709,
    719,
    727,
    733,
    739,
    743,
    751,
};

/* What n leaves when divided by each of the first primes, into rest[]. Division of
 * a large number is what costs: one by a product of several primes serves all of
 * them. */
static void
remainders(const BIGNUM *n, unsigned *rest)
{
	for (size_t i = 0, k; i < NITEMS(primes); i = k) {
		uint64_t product = primes[i];
		BN_ULONG r;

		for (k = i + 1; k < NITEMS(primes) && product * primes[k] <= UINT32_MAX;
		     k++)
			product *= primes[k];
		r = BN_mod_word(n, (BN_ULONG)product);
		for (size_t j = i; j < k; j++)
			rest[j] = (unsigned)(r % primes[j]);
	}
}

/* Whether r is a power of 65537 modulo p. */
static bool
is_power(unsigned r, unsigned p)
{
	unsigned x = 1;

	do {
		if (x == r)
			return true;
		x = x * (ROCA_GENERATOR % p) % p;
	} while (x != 1);
	return false;
}

/* The flawed library's primes are k * M + (65537^a mod M), M a product of the
 * first primes: so is the modulus a power of 65537 modulo each of them (Nemec and
 * others, CCS 2017). By chance that happens once in about 2^150 keys. */
static bool
is_roca(const unsigned *rest)
{
	for (size_t i = 1; primes[i] <= ROCA_LAST; i++)
		if (!is_power(rest[i], primes[i]))
			return false;
	return true;
}

/* Sets root to the integer part of the square root (Newton). */
static bool
isqrt(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *next, *quotient;
	bool ok = false;

	BN_CTX_start(ctx);
	next = BN_CTX_get(ctx);
	quotient = BN_CTX_get(ctx);
	if (quotient == NULL)
		goto out;
	BN_zero(root);
	if (BN_set_bit(root, (BN_num_bits(n) + 1) / 2) != 1) /* not below the root */
		goto out;
	for (int i = 0; i < ISQRT_ROUNDS; i++) {
		if (BN_div(quotient, NULL, n, root, ctx) != 1 ||
		    BN_add(next, root, quotient) != 1 || BN_rshift1(next, next) != 1)
			goto out;
		if (BN_cmp(next, root) >= 0) {
			ok = true;
			break;
		}
		if (BN_copy(root, next) == NULL)
			goto out;
	}
out:
	BN_CTX_end(ctx);
	return ok;
}

/* 1 a square, 0 none, -1 no memory. Most are no square modulo a few primes. */
static int
is_square(const BIGNUM *n, BN_CTX *ctx)
{
	enum {
		ODD = 9
	}; /* 3 to 29, the first odd ones */
	BIGNUM *root, *square;
	BN_ULONG rest = BN_mod_word(n, 3234846615U); /* their product */
	int rc = -1;

	for (size_t i = 1; i <= ODD; i++) {
		unsigned p = primes[i], r = (unsigned)(rest % p), x = 0;

		while (x <= p / 2 && x * x % p != r)
			x++;
		if (x > p / 2)
			return 0;
	}
	BN_CTX_start(ctx);
	root = BN_CTX_get(ctx);
	square = BN_CTX_get(ctx);
	if (square != NULL && isqrt(root, n, ctx) && BN_sqr(square, root, ctx) == 1)
		rc = BN_cmp(square, n) == 0;
	BN_CTX_end(ctx);
	return rc;
}

/* Whether Fermat's method finds n = (a + b)(a - b) within 100 values of a: 1 it
 * does, 0 not, -1 no memory. */
static int
is_fermat(const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *a, *rest;
	int rc = -1;

	BN_CTX_start(ctx);
	a = BN_CTX_get(ctx);
	rest = BN_CTX_get(ctx);
	if (rest == NULL || !isqrt(a, n, ctx) || BN_sqr(rest, a, ctx) != 1)
		goto out;
	if (BN_cmp(rest, n) < 0 &&
	    (BN_add_word(a, 1) != 1 || BN_sqr(rest, a, ctx) != 1))
		goto out;
	if (BN_sub(rest, rest, n) != 1)
		goto out;
	rc = 0;
	for (int i = 0; i < FERMAT_ROUNDS && rc == 0; i++) {
		rc = is_square(rest, ctx);
		/* (a + 1)^2 - n = a^2 - n + 2a + 1 */
		if (BN_add(rest, rest, a) != 1 || BN_add_word(a, 1) != 1 ||
		    BN_add(rest, rest, a) != 1)
			rc = -1;
	}
out:
	BN_CTX_end(ctx);
	return rc;
}

static int
check_modulus(const BIGNUM *n, struct err *e)
{
	unsigned rest[NITEMS(primes)];
	BN_CTX *ctx;
	int found;

	remainders(n, rest);
	for (size_t i = 0; i < NITEMS(primes); i++)
		if (rest[i] == 0)
			return err_set(e, ERR_POLICY,
			    "S/MIME BR 6.1.6: an RSA modulus that %u divides, want no "
			    "factor below %d",
			    primes[i], FACTOR_LIMIT);
	if (is_roca(rest))
		return err_set(e, ERR_POLICY,
		    "S/MIME BR 6.1.1.3: an RSA key of the ROCA family "
		    "(CVE-2017-15361), "
		    "whose private key can be computed");
	if ((ctx = BN_CTX_new()) == NULL)
		return err_set(e, ERR_MEMORY, "no memory to check an RSA key");
	found = is_fermat(n, ctx);
	BN_CTX_free(ctx);
	if (found < 0)
		return err_set(e, ERR_MEMORY, "no memory to check an RSA key");
	if (found > 0)
		return err_set(e, ERR_POLICY,
		    "S/MIME BR 6.1.1.3: an RSA key with close primes, which %d rounds "
		    "of "
		    "Fermat's method factor",
		    FERMAT_ROUNDS);
	return 0;
}

static int
check_rsa(const struct key_public *k, struct err *e)
{
	unsigned exponent_bits = magnitude_bits(k->exponent);
	BIGNUM *n;
	int rc;

	if (k->bits < KEY_RSA_MIN_BITS || k->bits > KEY_RSA_MAX_BITS ||
	    k->bits % 8 != 0)
		return err_set(e, ERR_POLICY,
		    "S/MIME BR 6.1.5: an RSA modulus of %u bits, want %d to %d and a "
		    "multiple of 8",
		    k->bits, KEY_RSA_MIN_BITS, KEY_RSA_MAX_BITS);
	/* 17 bits and odd: 65537 or more */
	if (exponent_bits < 17 || exponent_bits > EXPONENT_MAX_BITS ||
	    (k->exponent.p[k->exponent.n - 1] & 1) == 0)
		return err_set(e, ERR_POLICY,
		    "S/MIME BR 6.1.6: an RSA exponent of %u bits, want an odd one from "
		    "%d "
		    "to 2^%d",
		    exponent_bits, EXPONENT_MIN, EXPONENT_MAX_BITS);
	if ((n = BN_bin2bn(k->modulus.p, (int)k->modulus.n, NULL)) == NULL)
		return err_set(e, ERR_MEMORY, "no memory to check an RSA key");
	rc = check_modulus(n, e);
	BN_free(n);
	return rc;
}

/* --- EC ---------------------------------------------------------------------- */

static int
curve_nid(enum cert_curve curve)
{
	for (size_t i = 0; i < NITEMS(algorithms); i++)
		if (algorithms[i].family == CERT_KEY_EC && algorithms[i].curve == curve)
			return algorithms[i].nid;
	return NID_undef;
}

/* These curves have cofactor 1: a point on the curve that is not infinity is in
 * the right group (NIST SP 800-56A section 5.6.2.3.4). */
static int
check_ec(const struct key_public *k, struct err *e)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(curve_nid(k->curve));
	EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
	int rc = 0;

	if (point == NULL)
		rc = err_set(e, ERR_MEMORY, "no memory to check an EC key");
	else if (k->octets.n == 0 || k->octets.p[0] != POINT_CONVERSION_UNCOMPRESSED)
		rc = err_set(e, ERR_POLICY,
		    "S/MIME BR 6.1.6: an EC point in a form that mail programs do not "
		    "read, want it uncompressed (RFC 5480 section 2.2)");
	else if (EC_POINT_oct2point(group, point, k->octets.p, k->octets.n, NULL) != 1)
		rc = err_set(e, ERR_POLICY,
		    "S/MIME BR 6.1.6: an EC point that is not on its curve");
	EC_POINT_free(point);
	EC_GROUP_free(group);
	ERR_clear_error();
	return rc;
}

int
key_check_public(struct bytes spki, struct err *e)
{
	struct key_public k;
	int rc = key_public_read(spki, &k, e);

	if (rc != 0)
		return rc;
	return k.family == CERT_KEY_RSA ? check_rsa(&k, e) : check_ec(&k, e);
}

/* --- certification requests -------------------------------------------------- */

/* Checks the key before its signature, so that a huge one costs nothing. */
static int
csr_key(X509_REQ *request, struct owned *spki_out, struct err *e)
{
	uint8_t *der = NULL;
	int n = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request), &der);
	int rc = n <= 0 ? unreadable(e) : 0;
	EVP_PKEY *key;

	if (rc == 0)
		rc = key_check_public((struct bytes){der, (size_t)n}, e);
	if (rc == 0) {
		key = X509_REQ_get0_pubkey(request);
		if (key == NULL || X509_REQ_verify(request, key) != 1)
			rc = err_set(e, ERR_CRYPTO,
			    "a request whose signature does not fit its key (RFC 2986 "
			    "section 3; S/MIME BR 3.2.1)");
	}
	if (rc == 0 && owned_copy((struct bytes){der, (size_t)n}, spki_out) != 0)
		rc = err_set(e, ERR_MEMORY, "no memory for a public key");
	OPENSSL_free(der);
	return rc;
}

int
key_from_csr(struct bytes csr, struct owned *spki_out, struct err *e)
{
	const uint8_t *p = csr.p;
	X509_REQ *request;
	int rc;

	*spki_out = (struct owned){0};
	if (csr.n > KEY_CSR_MAX)
		return err_set(e, ERR_LIMIT, "a request of %zu bytes, want at most %d",
		    csr.n, KEY_CSR_MAX);
	request = d2i_X509_REQ(NULL, &p, (long)csr.n);
	if (request == NULL || p != csr.p + csr.n)
		rc = err_set(e, ERR_SYNTAX, "not a certification request (RFC 2986)");
	else
		rc = csr_key(request, spki_out, e);
	X509_REQ_free(request);
	ERR_clear_error();
	return rc;
}
