/*
 * Makes certificate revocation lists (RFC 5280 section 5, S/MIME BR 4.9.7, 7.2):
 * one complete CRL of an issuing CA or a root, from the list of what is revoked.
 * The clock, the last number and the entries come as arguments; the same ones
 * give the same to-be-signed bytes. Called by the signer.
 */
#ifndef CHANCERY_CRYPTO_CRL_MAKE_H
#define CHANCERY_CRYPTO_CRL_MAKE_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/ca.h"

enum {
	CRL_MAKE_MAX_ENTRIES = 1000000,
	CRL_MAKE_SERIAL_MAX = 20,
	CRL_MAKE_HOURS = 7 * 24, /* until nextUpdate, of an issuing CA, by default */
	CRL_MAKE_MAX_HOURS = 10 * 24,
	CRL_MAKE_MAX_HOURS_ROOT = 365 * 24,
};

/* Why (RFC 5280 section 5.3.1): the ones that may be given (S/MIME BR 7.2.2). On
 * hold, removeFromCRL and unspecified (spelled out) may not. */
#define CRL_MAKE_REASONS(X)                                                            \
	X(CRL_MAKE_UNSPECIFIED, 0, "unspecified") /* left out */                       \
	X(CRL_MAKE_KEY_COMPROMISE, 1, "key-compromise")                                \
	X(CRL_MAKE_CA_COMPROMISE, 2, "ca-compromise") /* roots only */                 \
	X(CRL_MAKE_AFFILIATION, 3, "affiliation-changed")                              \
	X(CRL_MAKE_SUPERSEDED, 4, "superseded")                                        \
	X(CRL_MAKE_CESSATION, 5, "cessation-of-operation")                             \
	X(CRL_MAKE_PRIVILEGE, 9, "privilege-withdrawn")

enum crl_make_reason {
#define X(name, value, word) name = value,
	CRL_MAKE_REASONS(X)
#undef X
};

struct crl_make_entry {
	struct bytes serial; /* content octets of the INTEGER, positive */
	int64_t revoked_at;
	int reason; /* enum crl_make_reason */
};

/* "superseded"; 0, or ERR_UNSUPPORTED with the list. */
int crl_make_reason_read(struct bytes word, int *out, struct err *e);
/* NULL for a reason that may not be given. */
const char *crl_make_reason_word(int reason);

/*
 * The number of the next CRL: seconds since 1970, or one more than the last where
 * the clock stands or went back. So it never falls, also after a restored backup,
 * as long as the clock is right. 0 for last where there was none.
 */
uint64_t crl_make_number(uint64_t last, int64_t now);

/*
 * Makes, lints and signs the CRL. Entries in any order; one serial number given
 * several times counts once, with its earliest date, and key compromise before
 * other reasons. thisUpdate is now, nextUpdate now + hours, cut to the end of the
 * CA. Entries must stay until their certificates have expired (4.10.1): that is
 * the caller's to see to.
 * 0 and *crl_out; ERR_LIMIT (entries, hours), ERR_POLICY (a reason, a date in the
 * future), ERR_SYNTAX (a serial number), ERR_CRYPTO, ERR_MEMORY. Any thread.
 */
int crl_make(const struct ca *ca, const struct crl_make_entry *entry, size_t n,
    uint64_t number, int64_t now, unsigned hours, struct owned *crl_out, struct err *e);

#endif
