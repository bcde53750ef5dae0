/*
 * Makes DER for tests: elements from their parts, and whole certificates from a
 * list of what is to be in them, so that a bad value is one field away from a
 * good one. Signatures are made up: core never checks them. All memory is one
 * static pool that der_reset empties.
 */
#ifndef CHANCERY_TESTS_DER_MAKE_H
#define CHANCERY_TESTS_DER_MAKE_H

#include "core/der.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	DER_POOL = 8 * 1024 * 1024
};
static uint8_t der_pool[DER_POOL];
static size_t der_used;

__attribute__((unused)) static void
der_reset(void)
{
	der_used = 0;
}

static uint8_t *
der_take(size_t n)
{
	uint8_t *p = der_pool + der_used;

	if (n > DER_POOL - der_used)
		abort();
	der_used += n;
	return p;
}

/* The views one behind the other. */
static struct bytes
der_join_array(const struct bytes *part, size_t n)
{
	size_t size = 0;
	uint8_t *p, *at;

	for (size_t i = 0; i < n; i++)
		size += part[i].n;
	p = at = der_take(size);
	for (size_t i = 0; i < n; i++) {
		if (part[i].n > 0)
			memcpy(at, part[i].p, part[i].n);
		at += part[i].n;
	}
	return (struct bytes){p, size};
}

static struct bytes
der_wrap(uint8_t tag, struct bytes content)
{
	uint8_t head[6] = {tag};
	size_t n = 2, size = content.n;
	struct bytes parts[2];

	if (size < 0x80) {
		head[1] = (uint8_t)size;
	} else {
		size_t octets = size < 0x100 ? 1 : size < 0x10000 ? 2 : 3;

		head[1] = (uint8_t)(0x80 | octets);
		for (size_t i = 0; i < octets; i++)
			head[n++] = (uint8_t)(size >> 8 * (octets - 1 - i));
	}
	parts[0] = (struct bytes){head, n};
	parts[1] = content;
	return der_join_array(parts, 2);
}

#define DER_PARTS(...)                                                                 \
	(const struct bytes[]){__VA_ARGS__},                                           \
	    sizeof((const struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes)
/* An element, or only its content, from parts. */
#define DER(tag, ...)	 der_wrap(tag, der_join_array(DER_PARTS(__VA_ARGS__)))
#define DER_JOIN(...)	 der_join_array(DER_PARTS(__VA_ARGS__))
#define DER_SEQ(...)	 DER(DER_SEQUENCE, __VA_ARGS__)
#define DER_LEAF(tag, s) der_wrap(tag, BYTES(s))

static const struct bytes der_nothing = {NULL, 0};

static struct bytes
der_fill(uint8_t byte, size_t n)
{
	uint8_t *p = der_take(n);

	memset(p, byte, n);
	return (struct bytes){p, n};
}

static struct bytes
der_number(uint8_t v)
{
	return der_wrap(DER_INTEGER, (struct bytes){&v, 1});
}

/* A positive INTEGER of exactly so many bits. */
static struct bytes
der_big(unsigned bits)
{
	size_t octets = (bits + 7) / 8;
	uint8_t *p = der_take(octets + 1);

	memset(p, 0xa5, octets + 1);
	p[0] = 0;
	p[1] = (uint8_t)(0xff >> (octets * 8 - bits));
	return der_wrap(DER_INTEGER, bits % 8 == 0 ? (struct bytes){p, octets + 1}
						   : (struct bytes){p + 1, octets});
}

static struct bytes
der_bits(struct bytes octets)
{
	return DER(DER_BIT_STRING, BYTES("\0"), octets);
}

/* --- names and keys ------------------------------------------------------------- */

static struct bytes
der_name_part(struct bytes oid, uint8_t tag, struct bytes value)
{
	return DER(DER_SET, DER_SEQ(der_wrap(DER_OID, oid), der_wrap(tag, value)));
}

/* CN=..., and an emailAddress where one is given. */
static struct bytes
der_name(const char *cn, const char *email)
{
	return DER_SEQ(
	    der_name_part(BYTES("\x55\x04\x03"), DER_UTF8_STRING, bytes_of(cn)),
	    email == NULL ? der_nothing
			  : der_name_part(BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"),
				DER_IA5_STRING, bytes_of(email)));
}

enum made_key {
	KEY_RSA,
	KEY_RSA_PSS,
	KEY_DSA,
	KEY_P256,
	KEY_CURVE_UNKNOWN,
	KEY_P256_COMPRESSED,
	KEY_X25519,
	KEY_ED25519,
	KEY_UNKNOWN,
};

#define OID_P256 "\x2a\x86\x48\xce\x3d\x03\x01\x07"
/* FIPS 186-4 section D.1.2.3: the base point is as good a public key as any. */
#define POINT_X                                                                        \
	"\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2"             \
	"\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96"
#define POINT_Y                                                                        \
	"\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16"             \
	"\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5"

static struct bytes
der_spki_of(struct bytes oid, struct bytes parameters, struct bytes key)
{
	return DER_SEQ(DER_SEQ(der_wrap(DER_OID, oid), parameters), der_bits(key));
}

static struct bytes
der_spki(enum made_key key, unsigned bits)
{
	struct bytes null = DER_LEAF(DER_NULL, "");
	struct bytes rsa =
	    DER_SEQ(der_big(bits), DER_LEAF(DER_INTEGER, "\x01\x00\x01"));
	struct bytes ec = BYTES("\x2a\x86\x48\xce\x3d\x02\x01");

	switch (key) {
	case KEY_RSA:
		return der_spki_of(
		    BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), null, rsa);
	case KEY_RSA_PSS:
		return der_spki_of(
		    BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), der_nothing, rsa);
	case KEY_DSA:
		return der_spki_of(BYTES("\x2a\x86\x48\xce\x38\x04\x01"),
		    DER_SEQ(der_big(bits), der_big(256), der_big(bits - 1)),
		    der_big(bits - 2));
	case KEY_P256:
		return der_spki_of(
		    ec, DER_LEAF(DER_OID, OID_P256), BYTES("\x04" POINT_X POINT_Y));
	case KEY_P256_COMPRESSED:
		return der_spki_of(
		    ec, DER_LEAF(DER_OID, OID_P256), BYTES("\x03" POINT_X));
	case KEY_CURVE_UNKNOWN: /* secp256k1 */
		return der_spki_of(ec, DER_LEAF(DER_OID, "\x2b\x81\x04\x00\x0a"),
		    BYTES("\x04" POINT_X POINT_Y));
	case KEY_X25519:
		return der_spki_of(BYTES("\x2b\x65\x6e"), der_nothing, BYTES(POINT_X));
	case KEY_ED25519:
		return der_spki_of(BYTES("\x2b\x65\x70"), der_nothing, BYTES(POINT_X));
	case KEY_UNKNOWN:
		break;
	}
	return der_spki_of(BYTES("\x2a\x03\x04"), der_nothing, BYTES("key"));
}

/* --- extensions --------------------------------------------------------------------
 */

static struct bytes
der_extension(struct bytes oid, bool critical, struct bytes value)
{
	return DER_SEQ(der_wrap(DER_OID, oid),
	    critical ? DER_LEAF(DER_BOOLEAN, "\xff") : der_nothing,
	    der_wrap(DER_OCTET_STRING, value));
}

/* GeneralNames from text: "a@b" rfc822Name, "=b" dNSName, "!x" a URI, by blanks. */
static struct bytes
der_alt_names(const char *list)
{
	struct bytes all = der_nothing;

	while (*list != '\0') {
		size_t n = strcspn(list, " ");
		bool marked = *list == '=' || *list == '!';
		uint8_t tag = *list == '=' ? 2 : *list == '!' ? 6 : 1;
		struct bytes name = {(const uint8_t *)list + marked, n - marked};

		all = DER_JOIN(all, der_wrap(DER_CONTEXT(tag), name));
		list += n + (list[n] == ' ');
	}
	return der_extension(BYTES("\x55\x1d\x11"), false, der_wrap(DER_SEQUENCE, all));
}

/* BIT STRING with the unused bits of the last octet counted, X.690 section 11.2. */
static struct bytes
der_key_usage(unsigned bits)
{
	uint8_t v[3] = {0};
	size_t n;

	for (unsigned i = 0; i < 9; i++)
		if ((bits >> i & 1) != 0)
			v[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
	n = v[2] != 0 ? 3 : v[1] != 0 ? 2 : 1;
	while (n > 1 && (v[n - 1] >> v[0] & 1) == 0)
		v[0]++;
	return der_extension(BYTES("\x55\x1d\x0f"), true,
	    der_wrap(DER_BIT_STRING, (struct bytes){v, n}));
}

/* By letter: e emailProtection, c clientAuth, s serverAuth, a any. */
static struct bytes
der_ext_usage(const char *letters)
{
	struct bytes all = der_nothing;

	for (; *letters != '\0'; letters++)
		all = DER_JOIN(
		    all, *letters == 'e'
			     ? DER_LEAF(DER_OID, "\x2b\x06\x01\x05\x05\x07\x03\x04")
			 : *letters == 'c'
			     ? DER_LEAF(DER_OID, "\x2b\x06\x01\x05\x05\x07\x03\x02")
			 : *letters == 's'
			     ? DER_LEAF(DER_OID, "\x2b\x06\x01\x05\x05\x07\x03\x01")
			     : DER_LEAF(DER_OID, "\x55\x1d\x25\x00"));
	return der_extension(BYTES("\x55\x1d\x25"), false, der_wrap(DER_SEQUENCE, all));
}

static struct bytes
der_constraints(bool ca)
{
	return der_extension(BYTES("\x55\x1d\x13"), true,
	    DER_SEQ(ca ? DER_LEAF(DER_BOOLEAN, "\xff") : der_nothing));
}

/* --- certificates ------------------------------------------------------------------
 */

enum made_hash {
	MADE_SHA256,
	MADE_SHA384,
	MADE_SHA512,
	MADE_SHA1,
	MADE_MD5,
	MADE_MD4,
	MADE_MD2,
	MADE_ECDSA_SHA256,
	MADE_ECDSA_SHA1,
	MADE_ED25519,
};

static struct bytes
der_algorithm(enum made_hash hash)
{
	struct bytes null = DER_LEAF(DER_NULL, "");
#define PKCS1 "\x2a\x86\x48\x86\xf7\x0d\x01\x01"

	switch (hash) {
	case MADE_SHA256:
		return DER_SEQ(DER_LEAF(DER_OID, PKCS1 "\x0b"), null);
	case MADE_SHA384:
		return DER_SEQ(DER_LEAF(DER_OID, PKCS1 "\x0c"), null);
	case MADE_SHA512:
		return DER_SEQ(DER_LEAF(DER_OID, PKCS1 "\x0d"), null);
	case MADE_SHA1:
		return DER_SEQ(DER_LEAF(DER_OID, PKCS1 "\x05"), null);
	case MADE_MD5:
		return DER_SEQ(DER_LEAF(DER_OID, PKCS1 "\x04"), null);
	case MADE_MD4:
		return DER_SEQ(DER_LEAF(DER_OID, PKCS1 "\x03"), null);
	case MADE_MD2:
		return DER_SEQ(DER_LEAF(DER_OID, PKCS1 "\x02"), null);
	case MADE_ECDSA_SHA256:
		return DER_SEQ(DER_LEAF(DER_OID, "\x2a\x86\x48\xce\x3d\x04\x03\x02"));
	case MADE_ECDSA_SHA1:
		return DER_SEQ(DER_LEAF(DER_OID, "\x2a\x86\x48\xce\x3d\x04\x01"));
	case MADE_ED25519:
		break;
	}
	return DER_SEQ(DER_LEAF(DER_OID, "\x2b\x65\x70"));
}

struct made_cert {
	const char *names; /* der_alt_names; NULL for no such extension */
	const char *email; /* emailAddress of the subject, or NULL */
	enum made_key key; /* with bits, default 3072 */
	unsigned bits;
	enum made_hash hash;
	int usage;		 /* CERT_KU_*; 0 for no such extension */
	const char *ext_usage;	 /* der_ext_usage; NULL for no such extension */
	char constraints;	 /* 'c' an authority, 'e' an end entity, 0 none */
	bool critical;		 /* an unknown critical extension */
	size_t padding;		 /* bytes of an extension that is not critical */
	const char *from, *last; /* UTCTime; default 230101000000Z, 330101000000Z */
	bool v1;
	uint8_t serial;
};

static struct bytes
der_extensions(const struct made_cert *m)
{
	if (m->v1)
		return der_nothing;
	return DER(DER_CONTEXT_CONSTRUCTED(3),
	    DER_SEQ(m->names == NULL ? der_nothing : der_alt_names(m->names),
		m->usage == 0 ? der_nothing : der_key_usage((unsigned)m->usage),
		m->ext_usage == NULL ? der_nothing : der_ext_usage(m->ext_usage),
		m->constraints == 0 ? der_nothing
				    : der_constraints(m->constraints == 'c'),
		der_extension(BYTES("\x2a\x03\x05"), m->critical, BYTES("\x05\0")),
		m->padding == 0
		    ? der_nothing
		    : der_extension(BYTES("\x2a\x03\x06"), false,
			  der_wrap(DER_OCTET_STRING, der_fill('x', m->padding)))));
}

static struct bytes
der_time_of(const char *text, const char *otherwise)
{
	return der_wrap(DER_UTC_TIME, bytes_of(text == NULL ? otherwise : text));
}

__attribute__((unused)) static struct bytes
der_cert(const struct made_cert *m)
{
	struct bytes algorithm = der_algorithm(m->hash);
	struct bytes tbs = DER_SEQ(
	    m->v1 ? der_nothing : DER(DER_CONTEXT_CONSTRUCTED(0), der_number(2)),
	    der_number((uint8_t)(m->serial + 1)), algorithm, der_name("Test CA", NULL),
	    DER_SEQ(der_time_of(m->from, "230101000000Z"),
		der_time_of(m->last, "330101000000Z")),
	    der_name("Anna Muster", m->email),
	    der_spki(m->key, m->bits == 0 ? 3072 : m->bits), der_extensions(m));

	return DER_SEQ(tbs, algorithm, der_bits(der_fill(0x5a, 64)));
}

/* Certificates, one behind the other, as SignedData without signers. */
__attribute__((unused)) static struct bytes
der_signed_data(struct bytes certs)
{
	struct bytes data =
	    DER_SEQ(DER_LEAF(DER_OID, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"));

	return DER_SEQ(DER_LEAF(DER_OID, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"),
	    DER(DER_CONTEXT_CONSTRUCTED(0),
		DER_SEQ(der_number(1), DER(DER_SET, der_nothing), data,
		    certs.n == 0 ? der_nothing
				 : der_wrap(DER_CONTEXT_CONSTRUCTED(0), certs),
		    DER(DER_SET, der_nothing))));
}

#endif
