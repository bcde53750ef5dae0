/*
 * The canonical form of a name (contract in name.h), in an encoding of our own
 * that is only ever compared: for each RDN the mark RDN_MARK, then its attributes
 * in order, each as length and octets of the type, a mark for what the value is,
 * length and octets of the value. Called by the set of revoked certificates and by
 * whoever looks for an issuer.
 */
#include "core/name.h"
#include "core/name_chars.h"

enum {
	CANON_RDN = 'R',
	CANON_TEXT = 'T',  /* any string type */
	CANON_OTHER = 'O', /* then comes the tag */
	CANON_LENGTH = 2,  /* octets of a length: enough for NAME_MAX_BYTES */
};
_Static_assert(2 * NAME_MAX_BYTES + 1 <= 0xffff, "lengths fit their octets");

/* Where the form is written; `at` goes on past cap, so that one check at the end
 * of each attribute is enough. */
struct canon {
	uint8_t *out;
	size_t cap;
	size_t at;
};

static void
canon_byte(struct canon *c, uint8_t byte)
{
	if (c->at < c->cap)
		c->out[c->at] = byte;
	c->at++;
}

static void
canon_bytes(struct canon *c, struct bytes in)
{
	for (size_t i = 0; i < in.n; i++)
		canon_byte(c, in.p[i]);
}

static void
canon_set_length(struct canon *c, size_t where, size_t n)
{
	if (where + CANON_LENGTH > c->cap)
		return;
	c->out[where] = (uint8_t)(n >> 8);
	c->out[where + 1] = (uint8_t)n;
}

static size_t
canon_get_length(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static bool
canon_is_blank(uint32_t ch)
{
	return ch == ' ' || (ch >= '\t' && ch <= '\r');
}

/* Text without case (ASCII), outer blanks and doubled inner ones. */
static void
canon_text(struct canon *c, const struct name_attr *attr)
{
	struct name_chars chars = {attr->value, attr->tag};
	uint8_t octets[NAME_CHAR_OCTETS_MAX];
	bool any = false, blank = false;
	uint32_t ch;

	while (name_chars_next(&chars, &ch) == 1) {
		if (canon_is_blank(ch)) {
			blank = any;
			continue;
		}
		if (blank)
			canon_byte(c, ' ');
		blank = false;
		any = true;
		if (ch < 0x80)
			ch = byte_lower((uint8_t)ch);
		canon_bytes(c, (struct bytes){octets, name_chars_put(ch, octets)});
	}
}

static void
canon_value(struct canon *c, const struct name_attr *attr)
{
	if (name_chars_are_text(attr->tag)) {
		canon_text(c, attr);
		return;
	}
	canon_byte(c, attr->tag);
	canon_bytes(c, attr->value);
}

static void
canon_attr(struct canon *c, const struct name_attr *attr)
{
	size_t where = c->at;

	c->at += CANON_LENGTH;
	canon_bytes(c, attr->type);
	canon_set_length(c, where, attr->type.n);
	canon_byte(c, name_chars_are_text(attr->tag) ? CANON_TEXT : CANON_OTHER);
	where = c->at;
	c->at += CANON_LENGTH;
	canon_value(c, attr);
	canon_set_length(c, where, c->at - where - CANON_LENGTH);
}

/* --- order within an RDN ------------------------------------------------- */

/* The attribute at p: type length, type, mark, value length, value. */
static struct bytes
canon_frame(const uint8_t *p)
{
	size_t type = CANON_LENGTH + canon_get_length(p) + 1;

	return (struct bytes){p, type + CANON_LENGTH + canon_get_length(p + type)};
}

static void
canon_reverse(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t keep = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = keep;
	}
}

/* Moves the attribute at `last`, the newest, to its place among those from
 * `start` on, which are in order: two neighbours change places by turning both
 * round and then each. */
static void
canon_insert(struct canon *c, size_t start, size_t last)
{
	struct bytes newest = {c->out + last, c->at - last};
	size_t place = start;

	while (place < last) {
		struct bytes other = canon_frame(c->out + place);

		if (bytes_compare(newest, other) < 0)
			break;
		place += other.n;
	}
	canon_reverse(c->out + place, c->at - place);
	canon_reverse(c->out + place, newest.n);
	canon_reverse(c->out + place + newest.n, last - place);
}

long
name_canon(struct bytes name, uint8_t *out, size_t cap)
{
	struct canon c = {out, cap, 0};
	struct name_walk walk;
	struct name_attr attr;
	size_t rdn = 0, last;
	int rc;

	if (name.n > NAME_MAX_BYTES)
		return ERR_LIMIT;
	if (name_open(name, &walk) != 0)
		return ERR_SYNTAX;
	while ((rc = name_next(&walk, &attr)) == 1) {
		if (attr.first) {
			canon_byte(&c, CANON_RDN);
			rdn = c.at;
		}
		last = c.at;
		canon_attr(&c, &attr);
		if (c.at > cap)
			return ERR_LIMIT;
		canon_insert(&c, rdn, last);
	}
	return rc == 0 ? (long)c.at : rc;
}

uint64_t
name_hash(struct bytes name)
{
	uint8_t canon[2 * NAME_MAX_BYTES + 16];
	long n = name_canon(name, canon, sizeof(canon));
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	if (n >= 0)
		name = (struct bytes){canon, (size_t)n};
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ name.p[i]) * UINT64_C(0x100000001b3);
	return h;
}
