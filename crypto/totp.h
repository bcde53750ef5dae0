/*
 * One-time codes from a shared secret and the time (RFC 6238, HMAC-SHA-1, six
 * digits, 30 seconds: what every authenticator program knows). A code is good in
 * its own 30 seconds and in those before and after, and once: who checks keeps the
 * step that was used, and no step up to it is good again. Called by the clerk.
 */
#ifndef CHANCERY_CRYPTO_TOTP_H
#define CHANCERY_CRYPTO_TOTP_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"

enum {
	TOTP_SECRET_BYTES = 20, /* RFC 4226 section 4, R6: at least 16 */
	TOTP_SECRET_TEXT = 32,	/* the same in base32 */
	TOTP_DIGITS = 6,
	TOTP_STEP = 30,	 /* seconds */
	TOTP_WINDOW = 1, /* steps before and after */
	TOTP_URI_MAX = 2048,
	TOTP_NAME_MAX = 200, /* bytes of issuer and of account */
};

/* A new secret of TOTP_SECRET_BYTES, the caller's to free. 0, ERR_CRYPTO,
 * ERR_MEMORY. */
int totp_secret(struct secret *out, struct err *e);

/* The code of a step (seconds / TOTP_STEP), with NUL; the caller wipes it. 0 or
 * ERR_CRYPTO. */
int totp_code(struct bytes secret, int64_t step, char out[TOTP_DIGITS + 1]);

/*
 * Whether a code is good at `now`, of a step after `last` (-1: none was used): 1
 * and the step in *step_out; 0; ERR_CRYPTO. Takes the same time for all codes.
 */
int totp_check(struct bytes secret, struct bytes code, int64_t now, int64_t last,
    int64_t *step_out);

/* The secret as people type it into their program: base32 without padding. out has
 * TOTP_SECRET_TEXT + 1 bytes; ERR_USAGE for a secret of another length. */
int totp_secret_text(struct bytes secret, char *out);

/*
 * "otpauth://totp/ISSUER:ACCOUNT?secret=...": what the QR code holds (Google
 * Authenticator's Key Uri Format). With NUL, in the secure heap. 0, ERR_LIMIT,
 * ERR_USAGE, ERR_MEMORY.
 */
int totp_uri(struct bytes secret, const char *issuer, const char *account,
    struct secret *out, struct err *e);

#endif
