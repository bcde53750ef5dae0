/*
 * Sealing: what must be kept but not be readable (archived private keys, PINs,
 * the pool of fresh keys, the day keys themselves), encrypted with AES-256-GCM
 * (NIST SP 800-38D, RFC 5116) and bound to what it is for and whose it is: a
 * sealed value moved to another record, or used as something else, does not open.
 *
 * A sealed value, version 1 (numbers big-endian):
 *   1 byte   version, 1
 *   1 byte   purpose, the number of enum seal_purpose
 *   8 bytes  which key: its mark (see below)
 *   8 bytes  when it was sealed, seconds since 1970
 *   12 bytes nonce, random
 *   n bytes  ciphertext
 *   16 bytes tag
 * Associated data: the first 18 bytes, then the record's id. Values are of the
 * signer alone; who has the key can read and forge them all, nobody else any.
 * Random nonces allow 2^32 values a key (SP 800-38D section 8.3): one a second for
 * 136 years. Called by the signer only.
 */
#ifndef CHANCERY_CRYPTO_SEAL_H
#define CHANCERY_CRYPTO_SEAL_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"

/* Name, number in the sealed value (never used again for another), word. */
#define SEAL_LIST(X)                                                                   \
	X(SEAL_KEY, 1, "key")	/* a person's archived private key */                  \
	X(SEAL_PIN, 2, "pin")	/* the PIN of a PFX, under a day key */                \
	X(SEAL_POOL, 3, "pool") /* a private key that is nobody's yet */               \
	X(SEAL_DAY, 4, "day")	/* a day key, under the sealing key */                 \
	X(SEAL_CA, 5, "ca")	/* the issuing CA's private key */

enum seal_purpose {
#define X(name, number, word) name = number,
	SEAL_LIST(X)
#undef X
};

enum {
	SEAL_KEY_BYTES = 32,
	SEAL_MARK_BYTES = 8,
	SEAL_OVERHEAD = 1 + 1 + 8 + 8 + 12 + 16,
	SEAL_PLAIN_MAX = 64 * 1024,
	SEAL_RECORD_MAX = 512, /* bytes of a record's id; at least 1 */
};

struct seal_key;

/* A new key from RAND_priv_bytes. 0, ERR_CRYPTO, ERR_MEMORY. */
int seal_key_make(struct seal_key **out, struct err *e);

/* From exactly SEAL_KEY_BYTES, which the caller wipes. All zeros are refused: a
 * file that was allocated but never written. 0, ERR_SYNTAX, ERR_MEMORY. */
int seal_key_from(struct bytes raw, struct seal_key **out, struct err *e);

/* Its SEAL_KEY_BYTES, borrowed, for the one file that it is kept in. */
struct bytes seal_key_raw(const struct seal_key *k);

/* Its mark, which tells keys apart without telling anything about them: the first
 * bytes of HMAC-SHA-256 over a fixed text. Borrowed. */
struct bytes seal_key_mark(const struct seal_key *k);

/* Wipes and frees; NULL is left alone. A key is never changed: any thread. */
void seal_key_free(struct seal_key **k);

/*
 * Seals plain (0 to SEAL_PLAIN_MAX bytes) for this purpose and record at `now`.
 * *out, the caller's, has SEAL_OVERHEAD bytes more. 0, ERR_LIMIT, ERR_USAGE (an
 * empty record), ERR_CRYPTO, ERR_MEMORY. After an error *out is empty.
 */
int seal_make(const struct seal_key *k, enum seal_purpose purpose, struct bytes record,
    int64_t now, struct bytes plain, struct owned *out, struct err *e);

/*
 * Opens it. 0 and *out, the caller's (never NULL, n may be 0); ERR_SYNTAX for what
 * is no sealed value; ERR_UNSUPPORTED for another version; ERR_POLICY when it says
 * itself that it has another purpose; ERR_NOT_FOUND when it was sealed under
 * another key; ERR_CRYPTO when the tag does not fit: damaged, or of another
 * record. No plaintext is handed out before the tag was checked.
 */
int seal_open(const struct seal_key *k, enum seal_purpose purpose, struct bytes record,
    struct bytes sealed, struct secret *out, struct err *e);

/* When it was sealed, as it says itself: proven only once it was opened. 0, or
 * ERR_SYNTAX / ERR_UNSUPPORTED. */
int seal_time(struct bytes sealed, int64_t *out, struct err *e);

/* "key", "pin" ... Static; "?" for none of them. */
const char *seal_purpose_word(enum seal_purpose purpose);

#endif
