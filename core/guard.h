/*
 * The guard: may this value be written into userCertificate or
 * userSMIMECertificate of an entry with these addresses? A refusal is one
 * sentence: what, which rule, found, wanted. Pure.
 */
#ifndef CHANCERY_CORE_GUARD_H
#define CHANCERY_CORE_GUARD_H

#include "core/bytes.h"
#include "core/err.h"

enum guard_kind {
	GUARD_CERTIFICATE, /* userCertificate: one DER certificate */
	GUARD_SIGNED,	   /* userSMIMECertificate: DER CMS SignedData */
};

/*
 * mail: the entry's addresses as it will be; a value without '@' is a domain's
 * entry (Direct). now: seconds since 1970. 0, or ERR_SYNTAX / ERR_POLICY /
 * ERR_LIMIT with the sentence. Recognises private keys (PKCS#1, PKCS#8, SEC1,
 * PFX, PEM of any of them), CSRs, CRLs, PEM instead of DER, and says what to do.
 */
int guard_check(enum guard_kind kind, struct bytes value, const struct bytes *mail,
    size_t n_mail, int64_t now, struct err *e);

#endif
