/*
 * Key pairs: made, taken from PKCS#8 and given back as PKCS#8, always in the
 * secure heap; and public keys looked at before anything is signed for them.
 * No private byte ever leaves by another way than key_to_pkcs8 and
 * key_write_pem. Called by the signer, which is the only process that holds
 * private keys.
 */
#ifndef CHANCERY_CRYPTO_KEY_H
#define CHANCERY_CRYPTO_KEY_H

#include "core/bytes.h"
#include "core/cert.h"
#include "core/err.h"
#include "crypto/owned.h"

/* Kind, word in requests and configuration, RSA bits or 0, curve or NULL. RSA
 * with 3072 bits is what every mail program decrypts with. */
#define KEY_LIST(X)                                                                    \
	X(KEY_RSA_2048, "rsa2048", 2048, NULL)                                         \
	X(KEY_RSA_3072, "rsa3072", 3072, NULL)                                         \
	X(KEY_RSA_4096, "rsa4096", 4096, NULL)                                         \
	X(KEY_P256, "p256", 0, "P-256")                                                \
	X(KEY_P384, "p384", 0, "P-384")

enum key_kind {
#define X(name, word, bits, curve) name,
	KEY_LIST(X)
#undef X
	KEY__MAX
};

enum {
	KEY_RSA_MIN_BITS = 2048,
	KEY_RSA_MAX_BITS = 8192, /* larger ones cost seconds a signature */
	KEY_PKCS8_MAX = 16 * 1024,
	KEY_SPKI_MAX = 2 * 1024,
	KEY_CSR_MAX = 16 * 1024,
	KEY_FILE_MAX = 64 * 1024,
	KEY_PASSPHRASE_MIN = 12,
	KEY_PASSPHRASE_MAX = 1024,
	KEY_PEM_ITERATIONS = 600000, /* PBKDF2-HMAC-SHA256 */
	KEY_ID_BYTES = 20,
	KEY_MEMORY_BYTES = 4 * 1024 * 1024, /* Debian lets a process lock 8 MiB */
};

struct key;

/*
 * Makes the secure heap: locked in memory, left out of core dumps, guard pages
 * around it; and lets OpenSSL wipe all that it frees (wipe.h). Once, at the start
 * of the signer, before any other call and any thread. Without it everything
 * works in ordinary memory, most of which is wiped. 0; ERR_MEMORY where it could
 * not be made or not be locked; ERR_USAGE when OpenSSL was used before.
 */
int key_memory_init(struct err *e);

/* The kind of a word ("rsa3072"); 0, or ERR_UNSUPPORTED with the list. */
int key_kind_read(struct bytes word, enum key_kind *out, struct err *e);
const char *key_kind_word(enum key_kind kind);

/* A new pair from the operating system's and OpenSSL's randomness (private
 * DRBG). RSA: public exponent 65537; 0.3 to 6 seconds. 0, ERR_CRYPTO, ERR_MEMORY. */
int key_generate(enum key_kind kind, struct key **out, struct err *e);

/*
 * PKCS#8 PrivateKeyInfo (RFC 5958), not encrypted, filling the view. RSA within
 * KEY_RSA_*_BITS, P-256, P-384 or P-521. ERR_SYNTAX, ERR_LIMIT, ERR_UNSUPPORTED.
 * The caller wipes its own copy.
 */
int key_from_pkcs8(struct bytes der, struct key **out, struct err *e);

/* Its PKCS#8 DER, the caller's to free: 0, ERR_CRYPTO, ERR_MEMORY. */
int key_to_pkcs8(const struct key *k, struct secret *out, struct err *e);

/* Wipes and frees; NULL is left alone. */
void key_free(struct key **k);

/* SubjectPublicKeyInfo, borrowed. */
struct bytes key_spki(const struct key *k);
/* CERT_KEY_RSA or CERT_KEY_EC, its curve (or CERT_CURVE_OTHER), its bits. */
enum cert_key key_family(const struct key *k);
enum cert_curve key_curve(const struct key *k);
unsigned key_bits(const struct key *k);
/* Borrowed, for the other modules of crypto/. */
struct evp_pkey_st *key_pkey(const struct key *k);

/* --- files ------------------------------------------------------------------- */

/*
 * Reads a passphrase from a file descriptor (a pipe, a terminal, a credential
 * file), to the end or to the first line feed, which and a carriage return
 * before it do not count. 0; ERR_LIMIT when shorter or longer than
 * KEY_PASSPHRASE_*; ERR_IO; ERR_SYNTAX when it holds a NUL. Never from argv or
 * the environment, which others can read.
 */
int key_read_passphrase(int fd, struct secret *out, struct err *e);

/*
 * Writes an encrypted PKCS#8 PEM file (PBES2, AES-256-CBC, PBKDF2 with
 * HMAC-SHA256; RFC 8018) that `openssl pkey` opens. The file must not exist; it
 * is made with mode 0400 under a temporary name beside it, synced, and renamed.
 * 0, ERR_IO, ERR_LIMIT (the passphrase), ERR_CRYPTO. After an error no file is
 * left.
 */
int key_write_pem(
    const struct key *k, struct bytes passphrase, const char *path, struct err *e);

/*
 * Opens a PEM file with a private key: PKCS#8, encrypted or not, or the older
 * RSA and EC forms. ERR_POLICY where others than its owner can read it or it is
 * no plain file; ERR_CRYPTO for a wrong or missing passphrase (empty view: none).
 */
int key_read_pem(
    const char *path, struct bytes passphrase, struct key **out, struct err *e);

/* --- public keys ------------------------------------------------------------- */

/* A SubjectPublicKeyInfo, taken apart: views into it. */
struct key_public {
	enum cert_key family; /* CERT_KEY_RSA or CERT_KEY_EC */
	enum cert_curve curve;
	unsigned bits;
	struct bytes octets;   /* of the BIT STRING */
	struct bytes modulus;  /* of RSA: magnitude, no leading zero octet */
	struct bytes exponent; /* the same */
};

/* Reads one that fills the view and is encoded as S/MIME BR 7.1.3.1 wants it: RSA,
 * P-256, P-384 or P-521. 0, or ERR_SYNTAX / ERR_UNSUPPORTED with the clause. */
int key_public_read(struct bytes spki, struct key_public *out, struct err *e);

/*
 * Whether certificates may be issued for this SubjectPublicKeyInfo (S/MIME BR
 * 6.1.1.3, 6.1.5, 6.1.6): encoding and size, RSA exponent and modulus, no factor
 * below 752, not of the ROCA family, not found by 100 rounds of Fermat's method;
 * an EC point on its curve. 0, or ERR_POLICY / ERR_SYNTAX with clause and
 * finding. About 0.1 ms for RSA 3072. Any thread.
 */
int key_check_public(struct bytes spki, struct err *e);

/*
 * Takes the public key, and nothing else, out of a certification request (RFC
 * 2986, DER) whose signature proves that the sender has the private one. What
 * it asks for beside that (names, CA:TRUE, usages) is not even looked at.
 * 0, ERR_SYNTAX, ERR_LIMIT, ERR_CRYPTO (the proof fails).
 */
int key_from_csr(struct bytes csr, struct owned *spki_out, struct err *e);

/* Key identifier: the leftmost 160 bits of the SHA-256 of the BIT STRING's
 * octets (RFC 7093 section 2, method 1). 0 or ERR_SYNTAX. */
int key_id(struct bytes spki, uint8_t out[KEY_ID_BYTES]);

#endif
