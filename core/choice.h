/*
 * The choice: which of an entry's certificates are published, and in which
 * order. Pure: the caller brings the time, the addresses, and whether a
 * revocation is known. A certificate is judged once (what never changes, and
 * the interval in which it is valid) and asked again at each query.
 *
 * Published are certificates that are valid now, may encrypt mail (key usage,
 * extended key usage, a key that can encrypt and is not weak), belong to an
 * end entity, carry one of the entry's addresses and are not known revoked.
 */
#ifndef CHANCERY_CORE_CHOICE_H
#define CHANCERY_CORE_CHOICE_H

#include "core/cert.h"
#include "core/cms.h"

/* Why a certificate is not published; the first that holds, in this order. Name,
 * stable word for scripts, text that finishes "The certificate ...". */
#define CHOICE_LIST(X)                                                                 \
	X(CHOICE_PUBLISHED, "published", "is published")                               \
	X(CHOICE_MALFORMED, "malformed", "is not well-formed")                         \
	X(CHOICE_EMPTY, "empty", "is missing: the value holds none")                   \
	X(CHOICE_AUTHORITY, "authority", "belongs to an authority, not to a person")   \
	X(CHOICE_CRITICAL, "critical", "has a critical extension that is not known")   \
	X(CHOICE_ADDRESS, "address", "names no address of this entry")                 \
	X(CHOICE_KEY, "key", "has a key that cannot encrypt or is too weak")           \
	X(CHOICE_KEY_USAGE, "key-usage", "may not encrypt (key usage)")                \
	X(CHOICE_EXT_USAGE, "ext-usage", "is not for mail (extended key usage)")       \
	X(CHOICE_REVOKED, "revoked", "is revoked")                                     \
	X(CHOICE_NOT_YET, "not-yet", "is not yet valid")                               \
	X(CHOICE_EXPIRED, "expired", "has expired")                                    \
	X(CHOICE_OTHER_FIRST, "other-first", "is good, but another one is better")

enum choice_reason {
#define X(name, word, text) name,
	CHOICE_LIST(X)
#undef X
	CHOICE__MAX
};

enum {
	CHOICE_RSA_MIN_BITS = 2048
};

struct choice_judgement {
	enum choice_reason lasting; /* CHOICE_PUBLISHED where only time and
				     * revocation can still forbid it */
	bool revoked;
	int64_t from;  /* first second of validity */
	int64_t until; /* first second after it: half open */
	uint64_t tie;  /* choice_tie of the value */
	size_t inside; /* which certificate of a SignedData it is about, from 0 */
};

/* "has expired" ... Static, English; finishes "The certificate ...". */
const char *choice_reason_text(enum choice_reason r);
/* The same behind a colon: "has expired", but "good, but another one is better". */
const char *choice_reason_brief(enum choice_reason r);
/* A stable word for scripts: "expired", "key-usage" ... Static. */
const char *choice_reason_word(enum choice_reason r);

/* Whether the key, its usage and its extended usage allow encrypting mail to
 * it (RFC 8550 sections 4.4.2, 4.4.4; RFC 5753 for EC): CHOICE_PUBLISHED,
 * _CRITICAL, _KEY, _KEY_USAGE or _EXT_USAGE. */
enum choice_reason choice_may_encrypt(const struct cert *c);

/* Whether the certificate carries one of these addresses (values of mail, or a
 * bare domain on a domain's entry, which a dNSName may match; the subject's
 * emailAddress counts only where there is no subjectAltName). */
bool choice_has_address(const struct cert *c, const struct bytes *mail, size_t n_mail);

/* Judges a parsed certificate. */
void choice_judge(const struct cert *c, const struct bytes *mail, size_t n_mail,
    bool revoked, struct choice_judgement *out);

/* Is this certificate known to be revoked? Answers of adapters; ctx theirs. */
typedef bool choice_revoked_fn(const struct cert *c, void *ctx);

/* Judges a stored value of userCertificate: parses, asks for revocation. */
void choice_judge_value(struct bytes der, const struct bytes *mail, size_t n_mail,
    choice_revoked_fn *revoked, void *ctx, struct choice_judgement *out);

/*
 * Judges a value of userSMIMECertificate by the certificates in it: at least one
 * must be publishable. CHOICE_MALFORMED for anything that is not SignedData.
 * The interval is the one around `now`, or else the next, or else the last one
 * in which any certificate inside can be published: after its end judge again.
 * Where none ever can be, the reason is that of the one that came nearest.
 */
void choice_judge_signed(struct bytes cms, const struct bytes *mail, size_t n_mail,
    choice_revoked_fn *revoked, void *ctx, int64_t now, struct choice_judgement *out);

/* Of a stored value, a hash: orders equals the same way on every server. */
uint64_t choice_tie(struct bytes value);

/* What holds at this second: a reason, never CHOICE_OTHER_FIRST. */
enum choice_reason choice_at(const struct choice_judgement *j, int64_t now);

/*
 * Writes the indexes of those published now to order[], best first (valid
 * longest, then newest, then by tie), at most max. Returns how many.
 */
size_t choice_rank(
    const struct choice_judgement *j, size_t n, int64_t now, size_t *order, size_t max);

/*
 * One line for chanceryStatus and for people, into buf: "published until
 * 2027-03-01T12:00:00Z: serial 0A1B, RSA 3072, issuer CN=..." or "not published:
 * has expired; valid ...". c is NULL where it could not be parsed. Returns buf.
 */
char *choice_line(const struct cert *c, const struct choice_judgement *j,
    enum choice_reason now_reason, char *buf, size_t cap);

#endif
