/*
 * What a value is that is not the certificate that was wanted: so that a refusal
 * can say "this is a private key" rather than "not well-formed". By its outer
 * form alone: a kind is a good guess, never a proof.
 */
#ifndef CHANCERY_CORE_RECOGNIZE_H
#define CHANCERY_CORE_RECOGNIZE_H

#include "core/bytes.h"

enum recognized {
	RECOGNIZED_NOTHING = 0,
	/* secret ones first: see recognize_is_secret */
	RECOGNIZED_PKCS8,
	RECOGNIZED_PKCS8_ENCRYPTED,
	RECOGNIZED_PKCS1,
	RECOGNIZED_SEC1,
	RECOGNIZED_DSA_KEY,
	RECOGNIZED_PFX,
	RECOGNIZED_PEM_SECRET,
	RECOGNIZED_OPENPGP_SECRET,
	RECOGNIZED_REQUEST,
	RECOGNIZED_CRL,
	RECOGNIZED_PUBLIC_KEY,
	RECOGNIZED_CMS,
	RECOGNIZED_BER, /* CMS, or something else, with indefinite lengths */
	RECOGNIZED_PEM, /* of something public */
	RECOGNIZED_BASE64,
	RECOGNIZED_OPENPGP,
	RECOGNIZED_CERTIFICATE, /* or what has its form */
	RECOGNIZED__MAX
};

/* What the value looks like from its first byte; what stands behind it is not
 * looked at, except in text, where any private key counts. */
enum recognized recognize(struct bytes value);

/* Whether this is something that nobody but its owner may have. */
bool recognize_is_secret(enum recognized what);

/* "a private key (PKCS #8)" ... Static. */
const char *recognize_text(enum recognized what);

#endif
