/*
 * The certificate view: what Chancery needs to know of an X.509 certificate
 * (RFC 5280), read by the strict DER reader in about a microsecond, without
 * memory of its own. It judges nothing: see choice.h and guard.h.
 *
 * Strict where OpenSSL 3 is strict: what one refuses to parse, the other
 * refuses too (a differential test holds the two together).
 */
#ifndef CHANCERY_CORE_CERT_H
#define CHANCERY_CORE_CERT_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	CERT_MAX_BYTES = 64 * 1024,
	CERT_MAX_EXTENSIONS = 64,
	CERT_MAX_NAMES = 64, /* addresses, and the same of domains */
};

enum cert_key {
	CERT_KEY_OTHER = 0, /* an algorithm we do not know: nothing more is read */
	CERT_KEY_RSA,
	CERT_KEY_RSA_PSS, /* can sign only */
	CERT_KEY_DSA,
	CERT_KEY_EC,
	CERT_KEY_X25519,
	CERT_KEY_X448,
	CERT_KEY_ED25519,
	CERT_KEY_ED448,
	CERT_KEY__MAX
};

/* Nothing can be encrypted to CERT_CURVE_OTHER: a curve not in this list,
 * parameters spelled out instead of named (RFC 5480 section 2.1.1 forbids them),
 * or a point that is not in uncompressed form, which mail programs do not read. */
enum cert_curve {
	CERT_CURVE_OTHER = 0,
	CERT_CURVE_P256,
	CERT_CURVE_P384,
	CERT_CURVE_P521,
	CERT_CURVE_BRAINPOOL_P256,
	CERT_CURVE_BRAINPOOL_P384,
	CERT_CURVE_BRAINPOOL_P512,
	CERT_CURVE__MAX
};

/* The hash a signature rests on: what matters is whether it is broken. */
enum cert_hash {
	CERT_HASH_OTHER = 0,
	CERT_HASH_MD2,
	CERT_HASH_MD4,
	CERT_HASH_MD5,
	CERT_HASH_SHA1,
	CERT_HASH_SHA224,
	CERT_HASH_SHA256,
	CERT_HASH_SHA384,
	CERT_HASH_SHA512,
	CERT_HASH_SHA3,	   /* any length */
	CERT_HASH_BUILTIN, /* Ed25519, Ed448 */
	CERT_HASH__MAX
};

/* Key usage, RFC 5280 section 4.2.1.3: bit n of the BIT STRING is 1 << n. */
enum cert_key_usage {
	CERT_KU_DIGITAL_SIGNATURE = 1 << 0,
	CERT_KU_NON_REPUDIATION = 1 << 1,
	CERT_KU_KEY_ENCIPHERMENT = 1 << 2,
	CERT_KU_DATA_ENCIPHERMENT = 1 << 3,
	CERT_KU_KEY_AGREEMENT = 1 << 4,
	CERT_KU_KEY_CERT_SIGN = 1 << 5,
	CERT_KU_CRL_SIGN = 1 << 6,
	CERT_KU_ENCIPHER_ONLY = 1 << 7,
	CERT_KU_DECIPHER_ONLY = 1 << 8,
};

/* Extended key usage, section 4.2.1.12; all others are CERT_EKU_OTHER. */
enum cert_ext_usage {
	CERT_EKU_EMAIL_PROTECTION = 1 << 0,
	CERT_EKU_ANY = 1 << 1,
	CERT_EKU_OTHER = 1 << 2,
};

struct cert {
	struct bytes der;    /* all of it */
	struct bytes tbs;    /* TBSCertificate with header */
	int version;	     /* 1, 2 or 3 */
	struct bytes serial; /* content octets of the INTEGER, as encoded */
	struct bytes issuer; /* Name with header */
	struct bytes subject;
	int64_t not_before; /* seconds since 1970, UTC; inclusive */
	int64_t not_after;  /* inclusive, as the certificate says */
	struct bytes spki;  /* SubjectPublicKeyInfo with header */
	enum cert_key key;
	enum cert_curve curve; /* of CERT_KEY_EC */
	unsigned key_bits;     /* of the RSA or DSA modulus or the curve; 0 unknown */
	struct bytes signature_oid; /* content octets of the outer algorithm */
	enum cert_hash signature_hash;
	bool has_key_usage;
	unsigned key_usage; /* CERT_KU_* */
	bool has_ext_usage;
	unsigned ext_usage; /* CERT_EKU_* */
	bool has_basic_constraints;
	bool is_ca;
	bool has_alt_name;
	bool unknown_critical;	 /* a critical extension we cannot process */
	struct bytes crl_url;	 /* first URI of cRLDistributionPoints, or empty */
	struct bytes subject_cn; /* last commonName, raw value; or empty */
	uint8_t subject_cn_tag;	 /* its string type (der.h) */
	size_t n_address;
	size_t n_domain;
	size_t n_subject_email;
	/* Lists, valid up to their counts. rfc822Name (IA5) and SmtpUTF8Mailbox
	 * (RFC 9598, UTF-8) of subjectAltName, as encoded; its dNSName; the
	 * emailAddresses of the subject, the first four in order. */
	struct bytes address[CERT_MAX_NAMES];
	struct bytes domain[CERT_MAX_NAMES];
	struct bytes subject_email[4];
};

/*
 * Reads one certificate, which must fill the view to its last byte. Fills
 * *out with views into der. 0; ERR_SYNTAX with the field and what is wrong;
 * ERR_LIMIT over CERT_MAX_*; after an error *out is not to be used. Any thread.
 * e may be NULL.
 */
int cert_parse(struct bytes der, struct cert *out, struct err *e);

/* "RSA 2048", "EC P-256", "Ed25519" ... into buf (24 bytes do). Returns buf. */
char *cert_key_text(const struct cert *c, char *buf, size_t cap);

/* "sha256", "md5" ... Static. */
const char *cert_hash_text(enum cert_hash h);

/* The serial as upper-case hexadecimal without colons; 20 octets give 40
 * digits, longer ones are cut with "...". Returns buf. */
char *cert_serial_text(struct bytes serial, char *buf, size_t cap);

#endif
