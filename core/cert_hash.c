/*
 * The signature algorithm of a certificate: which hash it rests on, because a
 * broken hash is a reason to refuse a certificate. Signatures themselves are
 * neither read nor checked here. Part of cert_parse (cert.c).
 */
#include "core/cert_parts.h"

/* Algorithms whose OIDs differ in the last arc only: arc to enum cert_hash. */
struct hash_family {
	struct bytes prefix;
	const uint8_t *by_arc;
	size_t n_arcs;
};

#define FAMILY(oid, arcs)                                                              \
	{                                                                              \
		OID_BYTES(oid), (arcs), sizeof(arcs)                                   \
	}

/* 1.2.840.113549.1.1: PKCS #1 (RFC 8017, RFC 4055) */
static const uint8_t arcs_pkcs1[] = {
    [2] = CERT_HASH_MD2,
    [3] = CERT_HASH_MD4,
    [4] = CERT_HASH_MD5,
    [5] = CERT_HASH_SHA1,
    [11] = CERT_HASH_SHA256,
    [12] = CERT_HASH_SHA384,
    [13] = CERT_HASH_SHA512,
    [14] = CERT_HASH_SHA224,
};
/* 1.2.840.10045.4: ecdsa-with-SHA1 (RFC 3279) */
static const uint8_t arcs_ecdsa_sha1[] = {[1] = CERT_HASH_SHA1};
/* 1.2.840.10045.4.3: ecdsa-with-SHA2 (RFC 5758) */
static const uint8_t arcs_ecdsa[] = {
    [1] = CERT_HASH_SHA224,
    [2] = CERT_HASH_SHA256,
    [3] = CERT_HASH_SHA384,
    [4] = CERT_HASH_SHA512,
};
/* 1.2.840.10040.4: dsa-with-sha1 (RFC 3279) */
static const uint8_t arcs_dsa[] = {[3] = CERT_HASH_SHA1};
/* 2.16.840.1.101.3.4.3: NIST's signatures (RFC 5758, RFC 8692) */
static const uint8_t arcs_nist[] = {
    [1] = CERT_HASH_SHA224, /* DSA */
    [2] = CERT_HASH_SHA256,
    [3] = CERT_HASH_SHA384,
    [4] = CERT_HASH_SHA512,
    [5] = CERT_HASH_SHA3, /* DSA, ECDSA, RSA: four lengths each */
    [6] = CERT_HASH_SHA3,
    [7] = CERT_HASH_SHA3,
    [8] = CERT_HASH_SHA3,
    [9] = CERT_HASH_SHA3,
    [10] = CERT_HASH_SHA3,
    [11] = CERT_HASH_SHA3,
    [12] = CERT_HASH_SHA3,
    [13] = CERT_HASH_SHA3,
    [14] = CERT_HASH_SHA3,
    [15] = CERT_HASH_SHA3,
    [16] = CERT_HASH_SHA3,
};
/* 1.3.14.3.2: the OSE implementors' workshop; SHA-0 is no better than SHA-1 */
static const uint8_t arcs_oiw[] = {
    [3] = CERT_HASH_MD5,
    [13] = CERT_HASH_SHA1,
    [15] = CERT_HASH_SHA1,
    [27] = CERT_HASH_SHA1,
    [29] = CERT_HASH_SHA1,
};
/* 1.3.101: Ed25519, Ed448 (RFC 8410) */
static const uint8_t arcs_edwards[] = {
    [112] = CERT_HASH_BUILTIN,
    [113] = CERT_HASH_BUILTIN,
};

static const struct hash_family signatures[] = {
    FAMILY("\x2a\x86\x48\x86\xf7\x0d\x01\x01", arcs_pkcs1),
    FAMILY("\x2a\x86\x48\xce\x3d\x04\x03", arcs_ecdsa),
    FAMILY("\x2a\x86\x48\xce\x3d\x04", arcs_ecdsa_sha1),
    FAMILY("\x2a\x86\x48\xce\x38\x04", arcs_dsa),
    FAMILY("\x60\x86\x48\x01\x65\x03\x04\x03", arcs_nist),
    FAMILY("\x2b\x0e\x03\x02", arcs_oiw),
    FAMILY("\x2b\x65", arcs_edwards),
};

/* 1.2.840.113549.2: RSA's hashes */
static const uint8_t arcs_rsadsi[] = {
    [2] = CERT_HASH_MD2,
    [4] = CERT_HASH_MD4,
    [5] = CERT_HASH_MD5,
};
/* 1.3.14.3.2.26 */
static const uint8_t arcs_sha1[] = {[26] = CERT_HASH_SHA1};
/* 2.16.840.1.101.3.4.2: NIST's hashes; 5 and 6, SHA-512 cut short, nobody uses */
static const uint8_t arcs_nist_hash[] = {
    [1] = CERT_HASH_SHA256,
    [2] = CERT_HASH_SHA384,
    [3] = CERT_HASH_SHA512,
    [4] = CERT_HASH_SHA224,
    [7] = CERT_HASH_SHA3,
    [8] = CERT_HASH_SHA3,
    [9] = CERT_HASH_SHA3,
    [10] = CERT_HASH_SHA3,
};

static const struct hash_family hashes[] = {
    FAMILY("\x60\x86\x48\x01\x65\x03\x04\x02", arcs_nist_hash),
    FAMILY("\x2b\x0e\x03\x02", arcs_sha1),
    FAMILY("\x2a\x86\x48\x86\xf7\x0d\x02", arcs_rsadsi),
};

static const struct bytes oid_pss = OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a");
static const struct bytes oid_mgf1 = OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08");

static enum cert_hash
hash_find(const struct hash_family *families, size_t n, struct bytes oid)
{
	for (size_t i = 0; i < n; i++) {
		const struct hash_family *f = &families[i];

		if (oid.n != f->prefix.n + 1 ||
		    memcmp(oid.p, f->prefix.p, f->prefix.n) != 0)
			continue;
		if (oid.p[oid.n - 1] < f->n_arcs)
			return (enum cert_hash)f->by_arc[oid.p[oid.n - 1]];
	}
	return CERT_HASH_OTHER;
}

/* [n] EXPLICIT AlgorithmIdentifier OPTIONAL: 1, 0 or ERR_SYNTAX. */
static int
pss_algorithm(struct der *d, unsigned n, struct algorithm *out)
{
	struct bytes explicit_value, content;
	int has = der_optional(d, (uint8_t)DER_CONTEXT_CONSTRUCTED(n), &explicit_value);

	if (has != 1)
		return has;
	if (der_only(explicit_value, DER_SEQUENCE, &content) != 0 ||
	    algorithm_read(content, out) != 0)
		return ERR_SYNTAX;
	return 1;
}

/* [n] EXPLICIT INTEGER DEFAULT: *value keeps its default where absent. */
static int
pss_integer(struct der *d, unsigned n, int64_t *value)
{
	struct bytes explicit_value, content;
	int has = der_optional(d, (uint8_t)DER_CONTEXT_CONSTRUCTED(n), &explicit_value);

	if (has != 1)
		return has;
	if (der_only(explicit_value, DER_INTEGER, &content) != 0)
		return ERR_SYNTAX;
	return der_integer(content, value);
}

/* The hash that the parameters name; one that we do not know nobody else uses. */
static int
pss_hash(const struct algorithm *algorithm, enum cert_hash *out)
{
	*out = hash_find(hashes, NITEMS(hashes), algorithm->oid);
	return *out == CERT_HASH_OTHER ? ERR_SYNTAX : 0;
}

/* The mask must be made by MGF1, whose parameter is a hash algorithm. */
static int
pss_mask(const struct algorithm *mask)
{
	struct algorithm algorithm;
	enum cert_hash hash;

	if (!bytes_equal(mask->oid, oid_mgf1) || !mask->has_parameters ||
	    mask->parameters.tag != DER_SEQUENCE ||
	    algorithm_read(mask->parameters.content, &algorithm) != 0)
		return ERR_SYNTAX;
	return pss_hash(&algorithm, &hash);
}

/* RSASSA-PSS-params; SHA-1 where nothing is said. */
int
cert_pss_hash(const struct algorithm *algorithm, enum cert_hash *out)
{
	struct algorithm hash, mask;
	int64_t salt = 20, trailer = 1;
	struct der d;
	int has;

	*out = CERT_HASH_SHA1;
	if (!algorithm->has_parameters || algorithm->parameters.tag != DER_SEQUENCE)
		return ERR_SYNTAX;
	d = der_open(algorithm->parameters.content);
	has = pss_algorithm(&d, 0, &hash);
	if (has < 0 || (has == 1 && pss_hash(&hash, out) != 0))
		return ERR_SYNTAX;
	has = pss_algorithm(&d, 1, &mask);
	if (has < 0 || (has == 1 && pss_mask(&mask) != 0))
		return ERR_SYNTAX;
	if (pss_integer(&d, 2, &salt) < 0 || pss_integer(&d, 3, &trailer) < 0)
		return ERR_SYNTAX;
	return der_at_end(&d) && salt >= 0 && trailer == 1 ? 0 : ERR_SYNTAX;
}

int
cert_read_signature(struct bytes content, struct cert *out, struct err *e)
{
	struct algorithm algorithm;

	if (algorithm_read(content, &algorithm) != 0)
		return cert_bad(e, "4.1.1.2",
		    "signatureAlgorithm is not a well-formed AlgorithmIdentifier");
	out->signature_oid = algorithm.oid;
	if (!bytes_equal(algorithm.oid, oid_pss)) {
		out->signature_hash =
		    hash_find(signatures, NITEMS(signatures), algorithm.oid);
		return 0;
	}
	if (cert_pss_hash(&algorithm, &out->signature_hash) != 0)
		return cert_bad(e, "4.1.1.2",
		    "signatureAlgorithm has not the parameters of RSASSA-PSS");
	return 0;
}

const char *
cert_hash_text(enum cert_hash h)
{
	static const char *const text[] = {
	    [CERT_HASH_OTHER] = "unknown",
	    [CERT_HASH_MD2] = "md2",
	    [CERT_HASH_MD4] = "md4",
	    [CERT_HASH_MD5] = "md5",
	    [CERT_HASH_SHA1] = "sha1",
	    [CERT_HASH_SHA224] = "sha224",
	    [CERT_HASH_SHA256] = "sha256",
	    [CERT_HASH_SHA384] = "sha384",
	    [CERT_HASH_SHA512] = "sha512",
	    [CERT_HASH_SHA3] = "sha3",
	    [CERT_HASH_BUILTIN] = "builtin",
	};
	_Static_assert(NITEMS(text) == CERT_HASH__MAX, "one text a hash");

	return h < CERT_HASH__MAX ? text[h] : text[CERT_HASH_OTHER];
}
