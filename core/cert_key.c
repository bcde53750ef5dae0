/*
 * The subject's public key (RFC 3279, 5480, 8410, 4055): kind, curve and size,
 * which decide whether and how well mail can be encrypted to it. Keys of kinds
 * that we know must be well-formed; others are left alone. Part of cert_parse
 * (cert.c).
 */
#include "core/cert_parts.h"
#include "core/curve.h"

#include <stdio.h>

struct key_kind {
	struct bytes oid;
	enum cert_key key;
	/* Reads parameters and public key; 0 or ERR_SYNTAX. */
	int (*read)(const struct key_kind *kind, const struct algorithm *algorithm,
	    struct bytes public_key, struct cert *out);
	unsigned octets; /* of keys of fixed length */
	unsigned bits;
};

struct key_curve {
	struct bytes oid;
	enum cert_curve curve;
	unsigned bits;
};

static const struct key_curve curves[] = {
    {OID_BYTES("\x2a\x86\x48\xce\x3d\x03\x01\x07"), CERT_CURVE_P256, 256},
    {OID_BYTES("\x2b\x81\x04\x00\x22"), CERT_CURVE_P384, 384},
    {OID_BYTES("\x2b\x81\x04\x00\x23"), CERT_CURVE_P521, 521},
    {OID_BYTES("\x2b\x24\x03\x03\x02\x08\x01\x01\x07"), CERT_CURVE_BRAINPOOL_P256, 256},
    {OID_BYTES("\x2b\x24\x03\x03\x02\x08\x01\x01\x0b"), CERT_CURVE_BRAINPOOL_P384, 384},
    {OID_BYTES("\x2b\x24\x03\x03\x02\x08\x01\x01\x0d"), CERT_CURVE_BRAINPOOL_P512, 512},
};

/* The next INTEGER, not negative, in shortest form. */
static int
key_number(struct der *d, struct bytes *out)
{
	if (der_expect(d, DER_INTEGER, out) != 0 || !der_integer_valid(*out) ||
	    out->p[0] >= 0x80)
		return ERR_SYNTAX;
	return 0;
}

static unsigned
key_bits(struct bytes number)
{
	unsigned bits;

	if (number.n > 0 && number.p[0] == 0)
		number = (struct bytes){number.p + 1, number.n - 1};
	if (number.n == 0)
		return 0;
	bits = (unsigned)(number.n - 1) * 8;
	for (uint8_t top = number.p[0]; top != 0; top >>= 1)
		bits++;
	return bits;
}

/* RSAPublicKey. The parameters should be NULL; nobody minds if they are not. */
static int
key_read_rsa(const struct key_kind *kind, const struct algorithm *algorithm,
    struct bytes public_key, struct cert *out)
{
	struct bytes content, modulus, exponent;
	struct der d;

	(void)kind, (void)algorithm;
	if (der_only(public_key, DER_SEQUENCE, &content) != 0)
		return ERR_SYNTAX;
	d = der_open(content);
	if (key_number(&d, &modulus) != 0 || key_number(&d, &exponent) != 0 ||
	    !der_at_end(&d))
		return ERR_SYNTAX;
	out->key_bits = key_bits(modulus);
	return 0;
}

/* Parameters, where there are any, limit the key to one hash (RFC 4055 section 3). */
static int
key_read_pss(const struct key_kind *kind, const struct algorithm *algorithm,
    struct bytes public_key, struct cert *out)
{
	enum cert_hash hash;

	if (algorithm->has_parameters && cert_pss_hash(algorithm, &hash) != 0)
		return ERR_SYNTAX;
	return key_read_rsa(kind, algorithm, public_key, out);
}

/* Dss-Parms (or none: inherited from the issuer), and y. */
static int
key_read_dsa(const struct key_kind *kind, const struct algorithm *algorithm,
    struct bytes public_key, struct cert *out)
{
	struct bytes p, q, g, y;
	struct der key = der_open(public_key), d;

	(void)kind;
	if (key_number(&key, &y) != 0 || !der_at_end(&key))
		return ERR_SYNTAX;
	if (!algorithm->has_parameters || algorithm->parameters.tag == DER_NULL)
		return 0;
	if (algorithm->parameters.tag != DER_SEQUENCE)
		return ERR_SYNTAX;
	d = der_open(algorithm->parameters.content);
	if (key_number(&d, &p) != 0 || key_number(&d, &q) != 0 ||
	    key_number(&d, &g) != 0 || !der_at_end(&d))
		return ERR_SYNTAX;
	out->key_bits = key_bits(p);
	return 0;
}

static const struct key_curve *
key_find_curve(const struct algorithm *algorithm)
{
	if (!algorithm->has_parameters || algorithm->parameters.tag != DER_OID)
		return NULL;
	for (size_t i = 0; i < NITEMS(curves); i++)
		if (bytes_equal(curves[i].oid, algorithm->parameters.content))
			return &curves[i];
	return NULL;
}

/* ECPoint (RFC 5480 section 2.2): uncompressed, and then a point of the curve, or in
 * a form that is left alone. */
static int
key_read_ec(const struct key_kind *kind, const struct algorithm *algorithm,
    struct bytes point, struct cert *out)
{
	const struct key_curve *curve = key_find_curve(algorithm);
	size_t octets;

	(void)kind;
	if (point.n == 0)
		return ERR_SYNTAX;
	if (curve == NULL)
		return 0;
	out->key_bits = curve->bits;
	if (point.p[0] != 0x04)
		return 0;
	octets = (curve->bits + 7) / 8;
	if (point.n != 1 + 2 * octets ||
	    !curve_has_point(curve->curve, (struct bytes){point.p + 1, octets},
		(struct bytes){point.p + 1 + octets, octets}))
		return ERR_SYNTAX;
	out->curve = curve->curve;
	return 0;
}

/* X25519 and its like (RFC 8410 section 3): no parameters, a fixed length. */
static int
key_read_fixed(const struct key_kind *kind, const struct algorithm *algorithm,
    struct bytes public_key, struct cert *out)
{
	if (algorithm->has_parameters || public_key.n != kind->octets)
		return ERR_SYNTAX;
	out->key_bits = kind->bits;
	return 0;
}

static const struct key_kind kinds[] = {
    {OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), CERT_KEY_RSA, key_read_rsa, 0,
	0},
    {OID_BYTES("\x2a\x86\x48\xce\x3d\x02\x01"), CERT_KEY_EC, key_read_ec, 0, 0},
    {OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), CERT_KEY_RSA_PSS, key_read_pss,
	0, 0},
    {OID_BYTES("\x2a\x86\x48\xce\x38\x04\x01"), CERT_KEY_DSA, key_read_dsa, 0, 0},
    {OID_BYTES("\x2b\x65\x6e"), CERT_KEY_X25519, key_read_fixed, 32, 256},
    {OID_BYTES("\x2b\x65\x6f"), CERT_KEY_X448, key_read_fixed, 56, 448},
    {OID_BYTES("\x2b\x65\x70"), CERT_KEY_ED25519, key_read_fixed, 32, 256},
    {OID_BYTES("\x2b\x65\x71"), CERT_KEY_ED448, key_read_fixed, 57, 456},
};

static int
key_read_known(
    const struct algorithm *algorithm, struct bytes public_key, struct cert *out)
{
	for (size_t i = 0; i < NITEMS(kinds); i++) {
		if (!bytes_equal(kinds[i].oid, algorithm->oid))
			continue;
		out->key = kinds[i].key;
		return kinds[i].read(&kinds[i], algorithm, public_key, out);
	}
	return 0;
}

int
cert_read_key(struct bytes content, struct cert *out, struct err *e)
{
	struct bytes algorithm_content, bit_string, public_key;
	struct algorithm algorithm;
	struct der d = der_open(content);
	unsigned unused;

	if (der_expect(&d, DER_SEQUENCE, &algorithm_content) != 0 ||
	    algorithm_read(algorithm_content, &algorithm) != 0)
		return cert_bad(
		    e, "4.1.2.7", "algorithm of the public key is not well-formed");
	if (der_expect(&d, DER_BIT_STRING, &bit_string) != 0 || !der_at_end(&d) ||
	    der_bit_string(bit_string, &public_key, &unused) != 0 || unused != 0)
		return cert_bad(e, "4.1.2.7",
		    "subjectPublicKey is not a BIT STRING of whole octets");
	if (key_read_known(&algorithm, public_key, out) != 0)
		return cert_bad(
		    e, "4.1.2.7", "subjectPublicKey is not what its algorithm wants");
	return 0;
}

/* --- for people ---------------------------------------------------------- */

static const char *
key_curve_text(enum cert_curve curve)
{
	static const char *const text[] = {
	    [CERT_CURVE_OTHER] = "unknown curve",
	    [CERT_CURVE_P256] = "P-256",
	    [CERT_CURVE_P384] = "P-384",
	    [CERT_CURVE_P521] = "P-521",
	    [CERT_CURVE_BRAINPOOL_P256] = "brainpoolP256r1",
	    [CERT_CURVE_BRAINPOOL_P384] = "brainpoolP384r1",
	    [CERT_CURVE_BRAINPOOL_P512] = "brainpoolP512r1",
	};
	_Static_assert(NITEMS(text) == CERT_CURVE__MAX, "one text a curve");

	return curve < CERT_CURVE__MAX ? text[curve] : text[CERT_CURVE_OTHER];
}

char *
cert_key_text(const struct cert *c, char *buf, size_t cap)
{
	static const char *const text[] = {
	    [CERT_KEY_OTHER] = "unknown key",
	    [CERT_KEY_RSA] = "RSA",
	    [CERT_KEY_RSA_PSS] = "RSA-PSS",
	    [CERT_KEY_DSA] = "DSA",
	    [CERT_KEY_EC] = "EC",
	    [CERT_KEY_X25519] = "X25519",
	    [CERT_KEY_X448] = "X448",
	    [CERT_KEY_ED25519] = "Ed25519",
	    [CERT_KEY_ED448] = "Ed448",
	};
	_Static_assert(NITEMS(text) == CERT_KEY__MAX, "one text a key");
	const char *kind = c->key < CERT_KEY__MAX ? text[c->key] : text[0];

	if (c->key == CERT_KEY_EC)
		snprintf(buf, cap, "%s %s", kind, key_curve_text(c->curve));
	else if (c->key >= CERT_KEY_RSA && c->key <= CERT_KEY_DSA)
		snprintf(buf, cap, "%s %u", kind, c->key_bits);
	else
		snprintf(buf, cap, "%s", kind);
	return buf;
}
