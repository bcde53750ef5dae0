/*
 * A name for people's eyes (contract in name.h): in messages, in chanceryStatus, on
 * the command's screen. Not RFC 4514: the order is that of the encoding, and what
 * could deceive a reader is shown as '?'. Nothing reads it back.
 */
#include "core/name.h"
#include "core/name_chars.h"

#include <stdio.h>

#define OID_BYTES(literal)                                                             \
	{                                                                              \
		(const uint8_t *)(literal), sizeof(literal) - 1                        \
	}

/* Short names, as RFC 4514 section 3 and everybody's tools write them. */
static const struct name_label {
	struct bytes oid;
	const char *label;
} labels[] = {
    {OID_BYTES("\x55\x04\x03"), "CN"},
    {OID_BYTES("\x55\x04\x04"), "SN"},
    {OID_BYTES("\x55\x04\x05"), "serialNumber"},
    {OID_BYTES("\x55\x04\x06"), "C"},
    {OID_BYTES("\x55\x04\x07"), "L"},
    {OID_BYTES("\x55\x04\x08"), "ST"},
    {OID_BYTES("\x55\x04\x09"), "STREET"},
    {OID_BYTES("\x55\x04\x0a"), "O"},
    {OID_BYTES("\x55\x04\x0b"), "OU"},
    {OID_BYTES("\x55\x04\x0c"), "title"},
    {OID_BYTES("\x55\x04\x11"), "postalCode"},
    {OID_BYTES("\x55\x04\x2a"), "givenName"},
    {OID_BYTES("\x55\x04\x2e"), "dnQualifier"},
    {OID_BYTES("\x55\x04\x41"), "pseudonym"},
    {OID_BYTES("\x55\x04\x61"), "organizationIdentifier"},
    {OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"), "emailAddress"},
    {OID_BYTES("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"), "UID"},
    {OID_BYTES("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"), "DC"},
};

struct text {
	char *out;
	size_t cap; /* without the NUL */
	size_t at;
	bool full; /* a piece did not fit: nothing more is written */
};

/* A whole piece, or nothing of it. */
static void
text_piece(struct text *t, const void *piece, size_t n)
{
	if (t->full || n > t->cap - t->at) {
		t->full = true;
		return;
	}
	memcpy(t->out + t->at, piece, n);
	t->at += n;
}

static void
text_string(struct text *t, const char *s)
{
	text_piece(t, s, strlen(s));
}

/* 1.2.840...; arcs that do not fit 64 bits end it with '?'. */
static void
text_oid(struct text *t, struct bytes oid)
{
	uint64_t arc = 0;
	char digits[24];
	bool first = true;

	for (size_t i = 0; i < oid.n && !t->full; i++) {
		if (arc >> 57 != 0) {
			text_string(t, "?");
			return;
		}
		arc = arc << 7 | (oid.p[i] & 0x7f);
		if (oid.p[i] >= 0x80)
			continue;
		if (first) {
			uint64_t top = arc < 80 ? arc / 40 : 2;

			snprintf(digits, sizeof(digits), "%u", (unsigned)top);
			text_string(t, digits);
			arc -= top * 40;
		}
		snprintf(digits, sizeof(digits), ".%llu", (unsigned long long)arc);
		text_string(t, digits);
		first = false;
		arc = 0;
	}
}

/* Characters that move the cursor, turn the writing direction or cannot be seen
 * (Unicode's Cc, and of Cf those that deceive). */
static bool
text_deceives(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c >= 0xe0000;
}

static void
text_char(struct text *t, uint32_t c)
{
	uint8_t octets[1 + NAME_CHAR_OCTETS_MAX] = {'\\'};

	if (text_deceives(c)) {
		text_string(t, "?");
		return;
	}
	if (c == ',' || c == '+' || c == '\\') {
		octets[1] = (uint8_t)c;
		text_piece(t, octets, 2);
		return;
	}
	text_piece(t, octets, name_chars_put(c, octets));
}

static void
text_value(struct text *t, const struct name_attr *attr)
{
	struct name_chars chars = {attr->value, attr->tag};
	char hex[3];
	uint32_t c;

	if (name_chars_are_text(attr->tag)) {
		while (!t->full && name_chars_next(&chars, &c) == 1)
			text_char(t, c);
		return;
	}
	text_string(t, "#");
	for (size_t i = 0; i < attr->value.n && !t->full; i++) {
		snprintf(hex, sizeof(hex), "%02x", attr->value.p[i]);
		text_string(t, hex);
	}
}

static void
text_attr(struct text *t, const struct name_attr *attr)
{
	const char *label = NULL;

	for (size_t i = 0; i < NITEMS(labels) && label == NULL; i++)
		if (bytes_equal(labels[i].oid, attr->type))
			label = labels[i].label;
	if (label != NULL)
		text_string(t, label);
	else
		text_oid(t, attr->type);
	text_string(t, "=");
	text_value(t, attr);
}

char *
name_text(struct bytes name, char *buf, size_t cap)
{
	struct text t = {buf, cap == 0 ? 0 : cap - 1, 0, cap == 0};
	struct name_walk walk;
	struct name_attr attr;
	int rc;

	if (cap == 0)
		return buf;
	if ((rc = name_open(name, &walk)) == 0)
		while (!t.full && (rc = name_next(&walk, &attr)) == 1) {
			if (t.at > 0)
				text_string(&t, attr.first ? ", " : "+");
			text_attr(&t, &attr);
		}
	if (rc < 0)
		text_string(&t, t.at == 0 ? "?" : ", ?");
	buf[t.at] = '\0';
	return buf;
}
