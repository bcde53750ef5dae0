/*
 * Punycode encoding (contract in punycode.h), by the procedure of RFC 3492
 * section 6.3 with the parameters of its section 5. Knows nothing of domains
 * or of which code points are allowed there. Called by idna.c.
 */
#include "core/punycode.h"

#include "core/bytes.h"
#include "core/err.h"

#include <limits.h>

enum {
	BASE = 36,
	TMIN = 1,
	TMAX = 26,
	SKEW = 38,
	DAMP = 700,
	INITIAL_BIAS = 72,
	INITIAL_N = 0x80,
};

struct sink {
	char *out;
	size_t n;
	size_t cap;
};

static bool
sink_put(struct sink *s, char c)
{
	if (s->n == s->cap)
		return false;
	s->out[s->n++] = c;
	return true;
}

/* Section 6.1. */
static uint32_t
punycode_adapt(uint32_t delta, uint32_t n_points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / n_points;
	while (delta > (BASE - TMIN) * TMAX / 2) {
		delta /= BASE - TMIN;
		k += BASE;
	}
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static char
punycode_digit(uint32_t d)
{
	return (char)(d < 26 ? 'a' + d : '0' + (d - 26));
}

/* A number as digits of varying base, least significant first. */
static bool
punycode_put_delta(struct sink *s, uint32_t delta, uint32_t bias)
{
	uint32_t q = delta;

	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;

		if (q < t)
			break;
		if (!sink_put(s, punycode_digit(t + (q - t) % (BASE - t))))
			return false;
		q = (q - t) / (BASE - t);
	}
	return sink_put(s, punycode_digit(q));
}

/* The smallest code point that is not yet handled. */
static uint32_t
punycode_next(const uint32_t *in, size_t n, uint32_t least)
{
	uint32_t m = UINT32_MAX;

	for (size_t i = 0; i < n; i++)
		if (in[i] >= least && in[i] < m)
			m = in[i];
	return m;
}

struct state {
	uint32_t delta, bias;
	size_t handled, basic;
};

/* All occurrences of one code point, in the order of the text. */
static bool
punycode_put_point(
    struct sink *s, struct state *st, const uint32_t *in, size_t n, uint32_t point)
{
	for (size_t i = 0; i < n; i++) {
		if (in[i] < point)
			st->delta++;
		if (in[i] != point)
			continue;
		if (!punycode_put_delta(s, st->delta, st->bias))
			return false;
		st->bias = punycode_adapt(
		    st->delta, (uint32_t)st->handled + 1, st->handled == st->basic);
		st->delta = 0;
		st->handled++;
	}
	return true;
}

static bool
punycode_put_basic(struct sink *s, const uint32_t *in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (in[i] < INITIAL_N && !sink_put(s, (char)in[i]))
			return false;
	return s->n == 0 || sink_put(s, '-');
}

long
punycode_encode(const uint32_t *in, size_t n, char *out, size_t cap)
{
	struct sink s = {out, 0, cap};
	struct state st = {.bias = INITIAL_BIAS};
	uint32_t point = INITIAL_N;

	/* keeps every delta below 2^32: at most 0x110000 * (n + 1) */
	if (n > 1024)
		return ERR_LIMIT;
	if (!punycode_put_basic(&s, in, n))
		return ERR_LIMIT;
	st.basic = st.handled = s.n == 0 ? 0 : s.n - 1;
	while (st.handled < n) {
		uint32_t m = punycode_next(in, n, point);

		st.delta += (m - point) * (uint32_t)(st.handled + 1);
		if (!punycode_put_point(&s, &st, in, n, m))
			return ERR_LIMIT;
		st.delta++;
		point = m + 1;
	}
	return (long)s.n;
}
