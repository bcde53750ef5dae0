/*
 * Recognising keys, requests, lists and text (contract in recognize.h). Reads
 * headers only, tolerates whatever comes, and never looks into a key. Called by
 * the guard, and by import for files that it must refuse.
 */
#include "core/recognize.h"

#include "core/der.h"

#include <stdio.h>

static const char *const texts[] = {
    [RECOGNIZED_NOTHING] = "nothing that is known here",
    [RECOGNIZED_PKCS8] = "a private key (PKCS #8)",
    [RECOGNIZED_PKCS8_ENCRYPTED] = "an encrypted private key (PKCS #8)",
    [RECOGNIZED_PKCS1] = "a private key (PKCS #1)",
    [RECOGNIZED_SEC1] = "a private key (SEC 1)",
    [RECOGNIZED_DSA_KEY] = "a private key (DSA)",
    [RECOGNIZED_PFX] = "a private key with its certificate (PKCS #12, .pfx or .p12)",
    [RECOGNIZED_PEM_SECRET] = "a private key (PEM)",
    [RECOGNIZED_OPENPGP_SECRET] = "a secret OpenPGP key",
    [RECOGNIZED_REQUEST] = "a certificate request (PKCS #10)",
    [RECOGNIZED_CRL] = "a certificate revocation list",
    [RECOGNIZED_PUBLIC_KEY] = "a public key without certificate",
    [RECOGNIZED_CMS] = "a CMS message (PKCS #7, .p7b)",
    [RECOGNIZED_BER] = "BER with indefinite lengths",
    [RECOGNIZED_PEM] = "PEM text",
    [RECOGNIZED_BASE64] = "base64 text",
    [RECOGNIZED_OPENPGP] = "an OpenPGP key",
    [RECOGNIZED_CERTIFICATE] = "a certificate",
};
_Static_assert(NITEMS(texts) == RECOGNIZED__MAX, "a text for each");

/* 1.2.840.113549.1.5 (PKCS #5) and .1.12.1 (PKCS #12 PBE) begin the algorithms of
 * encrypted keys; .1.7 the content types of PKCS #7. */
static const struct bytes oid_pkcs5 = OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x05");
static const struct bytes oid_pkcs12_pbe =
    OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01");
static const struct bytes oid_pkcs7 = OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x07");

const char *
recognize_text(enum recognized what)
{
	return (unsigned)what < RECOGNIZED__MAX ? texts[what] : texts[0];
}

bool
recognize_is_secret(enum recognized what)
{
	return what >= RECOGNIZED_PKCS8 && what <= RECOGNIZED_OPENPGP_SECRET;
}

static bool
begins(struct bytes in, struct bytes with)
{
	return in.n >= with.n && memcmp(in.p, with.p, with.n) == 0;
}

/* The tags of the first elements, as far as they can be read, and the first
 * element's content. */
enum {
	SHAPE_MAX = 10
};
struct shape {
	uint8_t tag[SHAPE_MAX];
	size_t n;
	struct bytes first, second;
};

static void
shape_read(struct bytes content, struct shape *out)
{
	struct der d = der_open(content);
	struct der_item item;

	*out = (struct shape){.n = 0};
	while (out->n < SHAPE_MAX && der_read(&d, &item) == 0) {
		if (out->n == 0)
			out->first = item.content;
		if (out->n == 1)
			out->second = item.content;
		out->tag[out->n++] = item.tag;
	}
}

/* Whether the elements begin with these tags, written as a string. */
static bool
shape_is(const struct shape *s, struct bytes tags)
{
	return s->n >= tags.n && memcmp(s->tag, tags.p, tags.n) == 0;
}

/* INTEGER first: the version of a key or of a PFX. */
static enum recognized
recognize_versioned(const struct shape *s)
{
	int64_t version;

	if (der_integer(s->first, &version) < 0)
		return RECOGNIZED_NOTHING;
	if (version == 3 && shape_is(s, BYTES("\x02\x30")))
		return RECOGNIZED_PFX;
	if (version != 0 && version != 1)
		return RECOGNIZED_NOTHING;
	if (shape_is(s, BYTES("\x02\x30\x04")))
		return RECOGNIZED_PKCS8;
	if (version == 1 && shape_is(s, BYTES("\x02\x04")))
		return RECOGNIZED_SEC1;
	if (shape_is(s, BYTES("\x02\x02\x02\x02\x02\x02\x02\x02\x02")))
		return RECOGNIZED_PKCS1;
	return shape_is(s, BYTES("\x02\x02\x02\x02\x02\x02")) ? RECOGNIZED_DSA_KEY
							      : RECOGNIZED_NOTHING;
}

/* SEQUENCE, SEQUENCE, BIT STRING: something signed. */
static enum recognized
recognize_signed(struct bytes tbs)
{
	struct shape s;

	shape_read(tbs, &s);
	/* version INTEGER, subject, key, attributes [0] */
	if (shape_is(&s, BYTES("\x02\x30\x30\xa0")))
		return RECOGNIZED_REQUEST;
	/* version INTEGER OPTIONAL, algorithm, issuer, thisUpdate */
	if (shape_is(&s, BYTES("\x02\x30\x30\x17")) ||
	    shape_is(&s, BYTES("\x02\x30\x30\x18")) ||
	    shape_is(&s, BYTES("\x30\x30\x17")) || shape_is(&s, BYTES("\x30\x30\x18")))
		return RECOGNIZED_CRL;
	if (shape_is(&s, BYTES("\xa0\x02\x30\x30\x30")) ||
	    shape_is(&s, BYTES("\x02\x30\x30\x30\x30\x30")))
		return RECOGNIZED_CERTIFICATE;
	return RECOGNIZED_NOTHING;
}

/* SEQUENCE first: an algorithm, or what was signed. */
static enum recognized
recognize_nested(const struct shape *s)
{
	struct shape inner;

	if (shape_is(s, BYTES("\x30\x30\x03")))
		return recognize_signed(s->first);
	shape_read(s->first, &inner);
	if (!shape_is(&inner, BYTES("\x06")))
		return RECOGNIZED_NOTHING;
	if (shape_is(s, BYTES("\x30\x04")) &&
	    (begins(inner.first, oid_pkcs5) || begins(inner.first, oid_pkcs12_pbe)))
		return RECOGNIZED_PKCS8_ENCRYPTED;
	return shape_is(s, BYTES("\x30\x03")) ? RECOGNIZED_PUBLIC_KEY
					      : RECOGNIZED_NOTHING;
}

static enum recognized
recognize_der(struct bytes content)
{
	struct shape s;

	shape_read(content, &s);
	if (s.n == 0)
		return RECOGNIZED_NOTHING;
	switch (s.tag[0]) {
	case DER_INTEGER:
		return recognize_versioned(&s);
	case DER_SEQUENCE:
		return recognize_nested(&s);
	case DER_OID:
		return begins(s.first, oid_pkcs7) ? RECOGNIZED_CMS : RECOGNIZED_NOTHING;
	default:
		return RECOGNIZED_NOTHING;
	}
}

/* Labels of RFC 7468 wherever they stand: openssl writes text before them. */
static enum recognized
recognize_pem(struct bytes value)
{
	static const char begin[] = "-----BEGIN ";
	enum {
		LABEL_MAX = 64
	};
	enum recognized found = RECOGNIZED_NOTHING;
	const uint8_t *at = value.p, *end = value.p + value.n;

	while (
	    (at = memmem(at, (size_t)(end - at), begin, sizeof(begin) - 1)) != NULL) {
		size_t left;

		at += sizeof(begin) - 1;
		left = (size_t)(end - at) < LABEL_MAX ? (size_t)(end - at) : LABEL_MAX;
		if (memmem(at, left, "PRIVATE KEY", strlen("PRIVATE KEY")) != NULL)
			return RECOGNIZED_PEM_SECRET;
		found = RECOGNIZED_PEM;
	}
	return found;
}

/* "MII" begins nearly every certificate and key in base64. */
static bool
recognize_base64(struct bytes value)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/=\r\n";

	if (!begins(value, BYTES("MI")))
		return false;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] == '\0' || strchr(digits, value.p[i]) == NULL)
			return false;
	return true;
}

/* RFC 9580 section 4.2: the packet type of the first octet, old or new form. */
static enum recognized
recognize_openpgp(uint8_t octet)
{
	unsigned type = (octet & 0x40) != 0 ? octet & 0x3f : (octet & 0x3c) >> 2;

	if ((octet & 0x80) == 0)
		return RECOGNIZED_NOTHING;
	if (type == 5 || type == 7)
		return RECOGNIZED_OPENPGP_SECRET;
	return type == 6 || type == 14 ? RECOGNIZED_OPENPGP : RECOGNIZED_NOTHING;
}

/* SEQUENCE with indefinite length; Windows and old tools write PFX so. */
static enum recognized
recognize_ber(struct bytes value)
{
	return begins(value, BYTES("\x30\x80\x02\x01\x03")) ? RECOGNIZED_PFX
							    : RECOGNIZED_BER;
}

enum recognized
recognize(struct bytes value)
{
	struct der d = der_open(value);
	enum recognized what;
	struct bytes content;

	if (value.n == 0)
		return RECOGNIZED_NOTHING;
	if (begins(value, BYTES("\x30\x80")))
		return recognize_ber(value);
	if (der_expect(&d, DER_SEQUENCE, &content) == 0)
		return recognize_der(content);
	if ((what = recognize_pem(value)) != RECOGNIZED_NOTHING)
		return what;
	if (recognize_base64(value))
		return RECOGNIZED_BASE64;
	return recognize_openpgp(value.p[0]);
}
