/*
 * The value of userSMIMECertificate (RFC 2798 section 2.8): a CMS SignedData (RFC
 * 5652) made with the person's own key, which carries the certificate, the CAs
 * above it, and, signed, what the person's mail program can decrypt
 * (SMIMECapabilities, RFC 8551 section 2.5.2) with which certificate. Outlook looks
 * here before it looks at userCertificate, and encrypts with the first capability:
 * so a colleague's first mail is AES-256 already. Content and attributes are those
 * of MS-OXOABK section 4.2. Made while the key is at hand. Called by the signer.
 */
#ifndef CHANCERY_CRYPTO_SMIME_BLOB_H
#define CHANCERY_CRYPTO_SMIME_BLOB_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY; see key_pkey in key.h */

enum {
	SMIME_BLOB_CHAIN_MAX = 8,
	SMIME_BLOB_MAX_BYTES = 64 * 1024,
};

/*
 * Makes it. key: RSA or EC, of this certificate (DER), which must allow signing
 * (keyUsage digitalSignature). chain: DER, self-signed ones are left out. now: the
 * signing time. Signed attributes: contentType, messageDigest (SHA-256),
 * signingTime, SMIMECapabilities (AES-256-CBC, AES-192-CBC, AES-128-CBC; no GCM,
 * which older Thunderbird and gpgsm cannot decrypt), encryption key preference
 * twice: id-aa-encrypKeyPref (RFC 8551 section 2.5.3) and Microsoft's
 * 1.3.6.1.4.1.311.16.4.
 *
 * 0 and *out (DER), the caller's; ERR_POLICY (another key, or one that may not
 * sign); ERR_SYNTAX; ERR_LIMIT; ERR_CRYPTO; ERR_MEMORY. After an error *out is
 * empty. Any thread.
 */
int smime_blob_make(struct evp_pkey_st *key, struct bytes certificate,
    const struct bytes *chain, size_t n_chain, int64_t now, struct owned *out,
    struct err *e);

#endif
