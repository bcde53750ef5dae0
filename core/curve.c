/*
 * The equation y^2 = x^3 + ax + b in the field of a curve (contract in curve.h), with
 * Montgomery's multiplication, so that no division is needed. Not for signing or
 * encrypting: it is not made against side channels. Called by cert_key.c.
 */
#include "core/curve.h"

enum {
	CURVE_LIMBS = 9,
	CURVE_LIMB_OCTETS = 8
};

/* A number below p; the limb of least weight first. */
struct number {
	uint64_t limb[CURVE_LIMBS];
};

/* The domain parameters of SEC 2 and RFC 5639. */
struct curve {
	unsigned limbs;
	uint64_t p[CURVE_LIMBS];
	uint64_t a[CURVE_LIMBS];
	uint64_t b[CURVE_LIMBS];
};

/* clang-format off */
static const struct curve curves[CERT_CURVE__MAX] = {
    [CERT_CURVE_P256] = {
        .limbs = 4,
        .p = {
            0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000,
            0xffffffff00000001},
        .a = {
            0xfffffffffffffffc, 0x00000000ffffffff, 0x0000000000000000,
            0xffffffff00000001},
        .b = {
            0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc,
            0x5ac635d8aa3a93e7},
    },
    [CERT_CURVE_P384] = {
        .limbs = 6,
        .p = {
            0x00000000ffffffff, 0xffffffff00000000, 0xfffffffffffffffe,
            0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff},
        .a = {
            0x00000000fffffffc, 0xffffffff00000000, 0xfffffffffffffffe,
            0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff},
        .b = {
            0x2a85c8edd3ec2aef, 0xc656398d8a2ed19d, 0x0314088f5013875a,
            0x181d9c6efe814112, 0x988e056be3f82d19, 0xb3312fa7e23ee7e4},
    },
    [CERT_CURVE_P521] = {
        .limbs = 9,
        .p = {
            0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
            0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
            0xffffffffffffffff, 0xffffffffffffffff, 0x00000000000001ff},
        .a = {
            0xfffffffffffffffc, 0xffffffffffffffff, 0xffffffffffffffff,
            0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
            0xffffffffffffffff, 0xffffffffffffffff, 0x00000000000001ff},
        .b = {
            0xef451fd46b503f00, 0x3573df883d2c34f1, 0x1652c0bd3bb1bf07,
            0x56193951ec7e937b, 0xb8b489918ef109e1, 0xa2da725b99b315f3,
            0x929a21a0b68540ee, 0x953eb9618e1c9a1f, 0x0000000000000051},
    },
    [CERT_CURVE_BRAINPOOL_P256] = {
        .limbs = 4,
        .p = {
            0x2013481d1f6e5377, 0x6e3bf623d5262028, 0x3e660a909d838d72,
            0xa9fb57dba1eea9bc},
        .a = {
            0xe94a4b44f330b5d9, 0xfb8055c126dc5c6c, 0xeef67530417affe7,
            0x7d5a0975fc2c3057},
        .b = {
            0x6bccdc18ff8c07b6, 0x958416295cf7e1ce, 0xf330b5d9bbd77cbf,
            0x26dc5c6ce94a4b44},
    },
    [CERT_CURVE_BRAINPOOL_P384] = {
        .limbs = 6,
        .p = {
            0x874700133107ec53, 0xacd3a729901d1a71, 0x12b1da197fb71123,
            0x152f7109ed5456b4, 0x0f5d6f7e50e641df, 0x8cb91e82a3386d28},
        .a = {
            0x04a8c7dd22ce2826, 0x8aa5814a503ad4eb, 0x139165efba91f90f,
            0xc2bea28e4fb22787, 0x3c72080ace05afa0, 0x7bc382c63d8c150c},
        .b = {
            0x3ab78696fa504c11, 0x7cb4390295dbc994, 0x2e880ea53eeb62d5,
            0x2fb77de107dcd2a6, 0x8b39b55416f0447c, 0x04a8c7dd22ce2826},
    },
    [CERT_CURVE_BRAINPOOL_P512] = {
        .limbs = 8,
        .p = {
            0x28aa6056583a48f3, 0x2881ff2f2d82c685, 0xaecda12ae6a380e6,
            0x7d4d9b009bc66842, 0xd6639cca70330871, 0xcb308db3b3c9d20e,
            0x3fd4e6ae33c9fc07, 0xaadd9db8dbe9c48b},
        .a = {
            0xe7c1ac4d77fc94ca, 0x7f1117a72bf2c7b9, 0x0a2ef1c98b9ac8b5,
            0x2ded5d5aa8253aa1, 0xa83441caea9863bc, 0x94cbdd8d3df91610,
            0xe2327145ac234cc5, 0x7830a3318b603b89},
        .b = {
            0x2809bd638016f723, 0x984050b75ebae5dd, 0x77fc94cadc083e67,
            0x2bf2c7b9e7c1ac4d, 0x8b9ac8b57f1117a7, 0xa8253aa10a2ef1c9,
            0xea9863bc2ded5d5a, 0x3df91610a83441ca},
    },
};
/* clang-format on */

/* -1 / p[0] modulo 2^64: each step doubles the bits that are right. */
static uint64_t
curve_inverse(const struct curve *c)
{
	uint64_t inverse = 1;

	for (int i = 0; i < 6; i++)
		inverse *= 2 - c->p[0] * inverse;
	return 0 - inverse;
}

static bool
number_less(const uint64_t *a, const uint64_t *b, unsigned limbs)
{
	for (unsigned i = limbs; i-- > 0;)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

/* r -= p */
static void
number_subtract(uint64_t *r, const uint64_t *p, unsigned limbs)
{
	uint64_t borrow = 0;

	for (unsigned i = 0; i < limbs; i++) {
		unsigned __int128 d = (unsigned __int128)r[i] - p[i] - borrow;

		r[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> 64) & 1;
	}
}

/* t += a * m; the carry goes into the two limbs above. */
static void
number_add_product(uint64_t *t, const uint64_t *a, uint64_t m, unsigned limbs)
{
	unsigned __int128 sum = 0;

	for (unsigned i = 0; i < limbs; i++) {
		sum += (unsigned __int128)a[i] * m + t[i];
		t[i] = (uint64_t)sum;
		sum >>= 64;
	}
	sum += t[limbs];
	t[limbs] = (uint64_t)sum;
	t[limbs + 1] += (uint64_t)(sum >> 64);
}

/* a * b / 2^(64 limbs) modulo p */
static struct number
curve_multiply(
    const struct curve *c, uint64_t inverse, const uint64_t *a, const uint64_t *b)
{
	uint64_t t[CURVE_LIMBS + 2] = {0};
	struct number r = {0};

	for (unsigned i = 0; i < c->limbs; i++) {
		number_add_product(t, a, b[i], c->limbs);
		number_add_product(t, c->p, t[0] * inverse, c->limbs);
		memmove(t, t + 1, (c->limbs + 1) * sizeof(t[0]));
		t[c->limbs + 1] = 0;
	}
	if (t[c->limbs] != 0 || !number_less(t, c->p, c->limbs))
		number_subtract(t, c->p, c->limbs);
	memcpy(r.limb, t, c->limbs * sizeof(t[0]));
	return r;
}

/* a + b modulo p */
static struct number
curve_add(const struct curve *c, const struct number *a, const struct number *b)
{
	unsigned __int128 sum = 0;
	struct number r = {0};

	for (unsigned i = 0; i < c->limbs; i++) {
		sum += (unsigned __int128)a->limb[i] + b->limb[i];
		r.limb[i] = (uint64_t)sum;
		sum >>= 64;
	}
	if (sum != 0 || !number_less(r.limb, c->p, c->limbs))
		number_subtract(r.limb, c->p, c->limbs);
	return r;
}

/* Reads a coordinate; false where it is not below p. */
static bool
curve_read(const struct curve *c, struct bytes in, struct number *out)
{
	*out = (struct number){0};
	if (in.n > c->limbs * CURVE_LIMB_OCTETS)
		return false;
	for (size_t i = 0; i < in.n; i++)
		out->limb[i / CURVE_LIMB_OCTETS] |= (uint64_t)in.p[in.n - 1 - i]
						    << i % CURVE_LIMB_OCTETS * 8;
	return number_less(out->limb, c->p, c->limbs);
}

/*
 * With R = 2^(64 limbs), every multiplication divides by R once; both sides are
 * brought to the same power: y^2 / R^2 and ((x^2 + a) / R) * x / R + b / R^2.
 */
bool
curve_has_point(enum cert_curve curve, struct bytes x_in, struct bytes y_in)
{
	const struct curve *c = &curves[curve];
	static const uint64_t one[CURVE_LIMBS] = {1};
	struct number x, y, left, right, part;
	uint64_t inverse;

	if (c->limbs == 0 || !curve_read(c, x_in, &x) || !curve_read(c, y_in, &y))
		return false;
	inverse = curve_inverse(c);
	left = curve_multiply(c, inverse, y.limb, y.limb);
	left = curve_multiply(c, inverse, left.limb, one);
	right = curve_multiply(c, inverse, x.limb, x.limb);
	part = curve_multiply(c, inverse, c->a, one);
	right = curve_add(c, &right, &part);
	right = curve_multiply(c, inverse, right.limb, x.limb);
	part = curve_multiply(c, inverse, c->b, one);
	part = curve_multiply(c, inverse, part.limb, one);
	right = curve_add(c, &right, &part);
	return memcmp(left.limb, right.limb, c->limbs * sizeof(uint64_t)) == 0;
}
