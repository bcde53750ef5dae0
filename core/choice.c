/*
 * Judging and ranking certificates (contract in choice.h). Takes time, addresses
 * and revocations as they are given and remembers nothing. Called by the overlay
 * for each certificate of an entry it sends, by the keyserver, and by the
 * commands that explain and list.
 */
#include "core/choice.h"

#include "core/addr.h"

#include <endian.h>

/* RFC 8551 section 4.2 wants 2048 bits. EC: RFC 5753 on curves that are known;
 * RSA-PSS (RFC 4055 section 1.2), DSA, Ed25519 and Ed448 only sign. */
static bool
choice_key_encrypts(const struct cert *c)
{
	switch (c->key) {
	case CERT_KEY_RSA:
		return c->key_bits >= CHOICE_RSA_MIN_BITS;
	case CERT_KEY_EC:
		return c->curve != CERT_CURVE_OTHER;
	case CERT_KEY_X25519:
	case CERT_KEY_X448:
		return true;
	default:
		return false;
	}
}

/*
 * RFC 8550 section 4.4.2: RSA carries keys (keyEncipherment), the others agree on
 * them (keyAgreement). decipherOnly (RFC 5280 section 4.2.1.3) leaves the key to
 * the opposite direction, unless encipherOnly stands beside it.
 */
static bool
choice_usage_encrypts(const struct cert *c)
{
	unsigned only = c->key_usage & (CERT_KU_ENCIPHER_ONLY | CERT_KU_DECIPHER_ONLY);

	if (!c->has_key_usage)
		return true;
	if (c->key == CERT_KEY_RSA)
		return (c->key_usage & CERT_KU_KEY_ENCIPHERMENT) != 0;
	return (c->key_usage & CERT_KU_KEY_AGREEMENT) != 0 &&
	       only != CERT_KU_DECIPHER_ONLY;
}

enum choice_reason
choice_may_encrypt(const struct cert *c)
{
	if (c->unknown_critical)
		return CHOICE_CRITICAL;
	if (!choice_key_encrypts(c))
		return CHOICE_KEY;
	if (!choice_usage_encrypts(c))
		return CHOICE_KEY_USAGE;
	if (c->has_ext_usage &&
	    (c->ext_usage & (CERT_EKU_EMAIL_PROTECTION | CERT_EKU_ANY)) == 0)
		return CHOICE_EXT_USAGE;
	return CHOICE_PUBLISHED;
}

static bool
choice_any_matches(const struct bytes *name, size_t n, struct bytes want)
{
	for (size_t i = 0; i < n; i++)
		if (addr_matches(name[i], want))
			return true;
	return false;
}

bool
choice_has_address(const struct cert *c, const struct bytes *mail, size_t n_mail)
{
	for (size_t i = 0; i < n_mail; i++) {
		if (choice_any_matches(c->address, c->n_address, mail[i]) ||
		    choice_any_matches(c->domain, c->n_domain, mail[i]))
			return true;
		/* RFC 8550 section 3: only where subjectAltName says nothing */
		if (!c->has_alt_name &&
		    choice_any_matches(c->subject_email, c->n_subject_email, mail[i]))
			return true;
	}
	return false;
}

static uint64_t
tie_mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

/* Eight bytes at a time: byte by byte it would cost as much as all else here. */
uint64_t
choice_tie(struct bytes value)
{
	uint64_t h = value.n, word;
	size_t i;

	for (i = 0; value.n - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, value.p + i, sizeof(word));
		h = tie_mix(h, le64toh(word));
	}
	for (word = 0; i < value.n; i++)
		word = word << 8 | value.p[i];
	return tie_mix(h, word);
}

static enum choice_reason
choice_lasting(const struct cert *c, const struct bytes *mail, size_t n_mail)
{
	enum choice_reason may = choice_may_encrypt(c);

	if (c->is_ca)
		return CHOICE_AUTHORITY;
	if (may == CHOICE_CRITICAL)
		return may;
	return choice_has_address(c, mail, n_mail) ? may : CHOICE_ADDRESS;
}

void
choice_judge(const struct cert *c, const struct bytes *mail, size_t n_mail,
    bool revoked, struct choice_judgement *out)
{
	*out = (struct choice_judgement){
	    .lasting = choice_lasting(c, mail, n_mail),
	    .revoked = revoked,
	    .from = c->not_before,
	    .until = c->not_after + 1, /* notAfter is the last valid second */
	    .tie = choice_tie(c->der),
	};
}

void
choice_judge_value(struct bytes der, const struct bytes *mail, size_t n_mail,
    choice_revoked_fn *revoked, void *ctx, struct choice_judgement *out)
{
	struct cert c;

	if (cert_parse(der, &c, NULL) < 0) {
		*out = (struct choice_judgement){
		    .lasting = CHOICE_MALFORMED, .tie = choice_tie(der)};
		return;
	}
	choice_judge(&c, mail, n_mail, revoked != NULL && revoked(&c, ctx), out);
}

enum choice_reason
choice_at(const struct choice_judgement *j, int64_t now)
{
	if (j->lasting != CHOICE_PUBLISHED)
		return j->lasting;
	if (j->revoked)
		return CHOICE_REVOKED;
	if (now < j->from)
		return CHOICE_NOT_YET;
	return now < j->until ? CHOICE_PUBLISHED : CHOICE_EXPIRED;
}

/* Longest valid, newest, then the tie: gpgsm and Evolution read the first only. */
static bool
choice_before(const struct choice_judgement *j, size_t x, size_t y)
{
	if (j[x].until != j[y].until)
		return j[x].until > j[y].until;
	if (j[x].from != j[y].from)
		return j[x].from > j[y].from;
	if (j[x].tie != j[y].tie)
		return j[x].tie < j[y].tie;
	return x < y;
}

static void
swap(size_t *a, size_t *b)
{
	size_t kept = *a;

	*a = *b;
	*b = kept;
}

/* A heap with the worst on top: what is better than it takes its place. */
static void
heap_sink(size_t *heap, size_t n, size_t at, const struct choice_judgement *j)
{
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= n)
			return;
		if (child + 1 < n && choice_before(j, heap[child], heap[child + 1]))
			child++;
		if (!choice_before(j, heap[at], heap[child]))
			return;
		swap(&heap[at], &heap[child]);
		at = child;
	}
}

static void
heap_rise(size_t *heap, size_t at, const struct choice_judgement *j)
{
	while (at > 0 && choice_before(j, heap[(at - 1) / 2], heap[at])) {
		swap(&heap[at], &heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
}

size_t
choice_rank(
    const struct choice_judgement *j, size_t n, int64_t now, size_t *order, size_t max)
{
	size_t kept = 0;

	for (size_t i = 0; i < n && max > 0; i++) {
		if (choice_at(&j[i], now) != CHOICE_PUBLISHED)
			continue;
		if (kept < max) {
			order[kept] = i;
			heap_rise(order, kept++, j);
		} else if (choice_before(j, i, order[0])) {
			order[0] = i;
			heap_sink(order, kept, 0, j);
		}
	}
	for (size_t left = kept; left > 1; left--) {
		swap(&order[0], &order[left - 1]);
		heap_sink(order, left - 1, 0, j);
	}
	return kept;
}
