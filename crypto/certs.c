/*
 * Certificates for OpenSSL: contract in certs.h.
 */
#include "crypto/certs.h"

#include <openssl/x509v3.h>

#include "crypto/reason.h"

static int
certs_read(const char *what, struct bytes der, X509 **out, struct err *e)
{
	const uint8_t *p = der.p;

	*out = NULL;
	if (der.n == 0 || der.n > CERTS_MAX_BYTES)
		return err_set(e, ERR_LIMIT,
		    "%s: a certificate of %zu bytes, want 1 to %d", what, der.n,
		    CERTS_MAX_BYTES);
	*out = d2i_X509(NULL, &p, (long)der.n);
	if (*out != NULL && p == der.p + der.n)
		return 0;
	X509_free(*out);
	*out = NULL;
	return err_set(
	    e, ERR_SYNTAX, "%s: no certificate in DER: %s", what, reason_take());
}

int
certs_leaf(const char *what, struct bytes der, EVP_PKEY *key, X509 **out, struct err *e)
{
	int rc = certs_read(what, der, out, e);

	if (rc != 0)
		return rc;
	if (X509_check_private_key(*out, key) == 1)
		return 0;
	X509_free(*out);
	*out = NULL;
	(void)reason_take();
	return err_set(
	    e, ERR_POLICY, "%s: the private key is not the certificate's", what);
}

/* Puts one more into the chain, unless it is a root. */
static int
certs_push(const char *what, struct bytes der, STACK_OF(X509) * chain, struct err *e)
{
	X509 *x;
	int rc = certs_read(what, der, &x, e);

	if (rc != 0)
		return rc;
	if (X509_get_extension_flags(x) & EXFLAG_SS) {
		X509_free(x);
		return 0;
	}
	if (sk_X509_push(chain, x) > 0)
		return 0;
	X509_free(x);
	return err_set(e, ERR_MEMORY, "%s: no memory for the chain", what);
}

int
certs_chain(const char *what, const struct bytes *der, size_t n, STACK_OF(X509) * *out,
    struct err *e)
{
	int rc = 0;

	if ((*out = sk_X509_new_null()) == NULL)
		return err_set(e, ERR_MEMORY, "%s: no memory for the chain", what);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = certs_push(what, der[i], *out, e);
	if (rc != 0) {
		sk_X509_pop_free(*out, X509_free);
		*out = NULL;
	}
	return rc;
}
