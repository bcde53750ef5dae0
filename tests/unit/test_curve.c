/*
 * Tests of core/curve: the generators of SEC 2 and RFC 5639 are points, and nothing
 * that differs from one in a single bit is.
 */
#include "core/curve.h"
#include "tests/unit/asn.h"
#include "tests/unit/check.h"

/* clang-format off */
static const struct {
	enum cert_curve curve;
	const char *point; /* x and y of the generator */
} generators[] = {
    {CERT_CURVE_P256,
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"},
    {CERT_CURVE_P384,
        "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38"
	        "5502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29"
	        "f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"},
    {CERT_CURVE_P521,
        "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d"
	        "3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5"
	        "bd66011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17"
	        "273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be9476"
	        "9fd16650"},
    {CERT_CURVE_BRAINPOOL_P256,
        "8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262"
	        "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997"},
    {CERT_CURVE_BRAINPOOL_P384,
        "1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8"
	        "e826e03436d646aaef87b2e247d4af1e8abe1d7520f9c2a45cb1eb8e95cfd552"
	        "62b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315"},
    {CERT_CURVE_BRAINPOOL_P512,
        "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098e"
	        "ff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822"
	        "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111"
	        "b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892"},
};
/* clang-format on */

static bool
has(enum cert_curve curve, struct bytes p)
{
	size_t n = p.n / 2;

	return curve_has_point(
	    curve, (struct bytes){p.p, n}, (struct bytes){p.p + n, n});
}

static const char *
case_name(enum cert_curve curve, const char *what)
{
	static char buf[64];
	struct cert c = {.key = CERT_KEY_EC, .curve = curve};
	char key[32];

	snprintf(
	    buf, sizeof(buf), "curve/%s/%s", cert_key_text(&c, key, sizeof(key)), what);
	return buf;
}

static void
test_curve__generator(enum cert_curve curve, struct bytes point)
{
	uint8_t p[132];
	size_t on = 0;

	check(has(curve, point), case_name(curve, "generator"), "is no point");
	memcpy(p, point.p, point.n);
	for (size_t bit = 0; bit < point.n * 8; bit++) {
		p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		on += has(curve, (struct bytes){p, point.n});
		p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	check(on == 0, case_name(curve, "one_bit_off"), "%zu are points", on);
}

/* Coordinates are numbers below p: 0 and all ones are none of these curves'. */
static void
test_curve__edges(enum cert_curve curve, struct bytes point)
{
	uint8_t p[132] = {0};

	check(!has(curve, (struct bytes){p, point.n}), case_name(curve, "zero"),
	    "is a point");
	memset(p, 0xff, sizeof(p));
	check(!has(curve, (struct bytes){p, point.n}), case_name(curve, "ones"),
	    "is a point");
	memcpy(p, point.p, point.n);
	check(!has(curve, (struct bytes){p, point.n - 2}), case_name(curve, "short"),
	    "is a point");
}

/* P-256's generator with y replaced by p - y: its inverse. */
static void
test_curve__inverse(void)
{
	static struct asn a, b, c;
	struct bytes x =
	    asn(&a, "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
	struct bytes minus =
	    asn(&b, "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a");
	struct bytes zero =
	    asn(&c, "0000000000000000000000000000000000000000000000000000000000000000");

	check(curve_has_point(CERT_CURVE_P256, x, minus), "curve/EC P-256/inverse",
	    "is no point");
	check(!curve_has_point(CERT_CURVE_P256, minus, x), "curve/EC P-256/swapped",
	    "is a point");
	check(!curve_has_point(CERT_CURVE_OTHER, x, minus), "curve/unknown",
	    "is a point");
	check(!curve_has_point(CERT_CURVE_P256, zero, zero), "curve/EC P-256/0_0",
	    "is a point");
}

/* (0, y) with y the square root of b is a point of P-256; (p, y) is the same modulo p,
 * but no coordinate is p or longer than the field. */
static void
test_curve__coordinate_p(void)
{
	static struct asn a, b, c;
	struct bytes zero = asn(&a, "00 00000000 00000000 00000000 00000000 00000000 "
				    "00000000 00000000 00000000");
	struct bytes p =
	    asn(&b, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
	struct bytes y =
	    asn(&c, "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
	struct bytes fits = {zero.p, 32};

	check(curve_has_point(CERT_CURVE_P256, fits, y), "curve/EC P-256/x_0",
	    "is no point");
	check(!curve_has_point(CERT_CURVE_P256, p, y), "curve/EC P-256/x_p",
	    "is a point");
	check(!curve_has_point(CERT_CURVE_P256, zero, y), "curve/EC P-256/x_long",
	    "is a point");
}

int
main(void)
{
	static struct asn a;

	for (size_t i = 0; i < NITEMS(generators); i++) {
		struct bytes point = asn(&a, generators[i].point);

		test_curve__generator(generators[i].curve, point);
		test_curve__edges(generators[i].curve, point);
	}
	test_curve__inverse();
	test_curve__coordinate_p();
	return check_done();
}
