/*
 * A person's certificate and the CAs above it, from DER to OpenSSL's form, for
 * what is made for that person (pfx.c, smime_blob.c). Inside crypto/ only: the
 * results are OpenSSL's types. Our own CA issued what comes here; strangers'
 * certificates are read by core.
 */
#ifndef CHANCERY_CRYPTO_CERTS_H
#define CHANCERY_CRYPTO_CERTS_H

#include <openssl/x509.h>

#include "core/bytes.h"
#include "core/err.h"

enum {
	CERTS_MAX_BYTES = 64 * 1024 /* of one certificate */
};

/* The certificate of this key: 0 and *out, the caller's; ERR_LIMIT; ERR_SYNTAX;
 * ERR_POLICY where the key is another one's. `what` begins the sentences. */
int certs_leaf(
    const char *what, struct bytes der, EVP_PKEY *key, X509 **out, struct err *e);

/* The chain without self-signed ones: 0 and *out, the caller's, never NULL;
 * ERR_LIMIT, ERR_SYNTAX, ERR_MEMORY. */
int certs_chain(const char *what, const struct bytes *der, size_t n,
    STACK_OF(X509) * *out, struct err *e);

#endif
