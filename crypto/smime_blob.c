/*
 * userSMIMECertificate: contract in smime_blob.h. CMS_* builds all but the
 * attributes of its key preference, which it does not know.
 */
#include "crypto/smime_blob.h"

#include <openssl/cms.h>
#include <openssl/x509v3.h>

#include "crypto/certs.h"
#include "crypto/reason.h"

#define WHAT	      "userSMIMECertificate"
#define ID_KEY_PREF   "1.2.840.113549.1.9.16.2.11"
#define ID_MS_PREF    "1.3.6.1.4.1.311.16.4"
#define TAG_CONTEXT_0 0xa0

/* What stands in Microsoft's example; nobody reads it. */
static const char content[] = "Empty Body";

/* --- attributes -------------------------------------------------------------- */

static bool
add_capabilities(CMS_SignerInfo *si)
{
	static const int ciphers[] = {
	    NID_aes_256_cbc, NID_aes_192_cbc, NID_aes_128_cbc};
	STACK_OF(X509_ALGOR) *list = NULL;
	bool ok = true;

	for (size_t i = 0; i < NITEMS(ciphers) && ok; i++)
		ok = CMS_add_simple_smimecap(&list, ciphers[i], -1) == 1;
	ok = ok && CMS_add_smimecap(si, list) == 1;
	sk_X509_ALGOR_pop_free(list, X509_ALGOR_free);
	return ok;
}

/* IssuerAndSerialNumber (RFC 5652 section 10.2.4) in DER, OpenSSL's memory. */
static int
issuer_and_serial(X509 *leaf, uint8_t **der)
{
	const X509_NAME *issuer = X509_get_issuer_name(leaf);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);
	int n_issuer = i2d_X509_NAME(issuer, NULL), n_serial, n, n_all;
	uint8_t *p;

	n_serial = i2d_ASN1_INTEGER(serial, NULL);
	if (n_issuer <= 0 || n_serial <= 0)
		return -1;
	n = n_issuer + n_serial;
	n_all = ASN1_object_size(1, n, V_ASN1_SEQUENCE);
	if (n_all <= 0 || (*der = p = OPENSSL_malloc((size_t)n_all)) == NULL)
		return -1;
	ASN1_put_object(&p, 1, n, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	i2d_X509_NAME(issuer, &p);
	i2d_ASN1_INTEGER(serial, &p);
	return n_all;
}

/* "Encrypt to this certificate", in both spellings. */
static bool
add_preference(CMS_SignerInfo *si, X509 *leaf)
{
	uint8_t *der = NULL;
	int n = issuer_and_serial(leaf, &der);
	bool ok;

	/* V_ASN1_SEQUENCE lets OpenSSL copy the octets as they are, also where the
	 * tag is another one; with V_ASN1_OTHER it silently adds nothing. */
	ok = n > 0 &&
	     CMS_signed_add1_attr_by_txt(si, ID_MS_PREF, V_ASN1_SEQUENCE, der, n) == 1;
	if (ok) {
		der[0] = TAG_CONTEXT_0; /* [0] IMPLICIT IssuerAndSerialNumber */
		ok = CMS_signed_add1_attr_by_txt(
			 si, ID_KEY_PREF, V_ASN1_SEQUENCE, der, n) == 1;
	}
	OPENSSL_free(der);
	return ok;
}

/* Otherwise CMS_final would take the clock's. */
static bool
add_time(CMS_SignerInfo *si, int64_t now)
{
	ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)now);
	bool ok = t != NULL && CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime,
				   ASN1_STRING_type(t), t, -1) == 1;

	ASN1_TIME_free(t);
	return ok;
}

/* --- the whole --------------------------------------------------------------- */

static CMS_ContentInfo *
build(EVP_PKEY *key, X509 *leaf, STACK_OF(X509) * chain, int64_t now)
{
	CMS_ContentInfo *cms =
	    CMS_sign(NULL, NULL, chain, NULL, CMS_PARTIAL | CMS_BINARY);
	BIO *in = BIO_new_mem_buf(content, sizeof(content) - 1);
	CMS_SignerInfo *si = NULL;

	if (cms != NULL && in != NULL)
		si = CMS_add1_signer(
		    cms, leaf, key, EVP_sha256(), CMS_NOSMIMECAP | CMS_PARTIAL);
	if (si == NULL || !add_time(si, now) || !add_capabilities(si) ||
	    !add_preference(si, leaf) || CMS_final(cms, in, NULL, CMS_BINARY) != 1) {
		CMS_ContentInfo_free(cms);
		cms = NULL;
	}
	BIO_free(in);
	return cms;
}

static int
encode(CMS_ContentInfo *cms, struct owned *out, struct err *e)
{
	uint8_t *der = NULL;
	int n = cms == NULL ? -1 : i2d_CMS_ContentInfo(cms, &der), rc;

	if (n <= 0)
		return err_set(
		    e, ERR_CRYPTO, WHAT ": could not be made: %s", reason_take());
	if (n > SMIME_BLOB_MAX_BYTES)
		rc = err_set(e, ERR_LIMIT, WHAT ": %d bytes, want at most %d", n,
		    SMIME_BLOB_MAX_BYTES);
	else if ((rc = owned_copy((struct bytes){der, (size_t)n}, out)) != 0)
		err_set(e, rc, WHAT ": no memory");
	OPENSSL_free(der);
	return rc;
}

static int
check_leaf(X509 *leaf, struct err *e)
{
	if (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE)
		return 0;
	return err_set(e, ERR_POLICY,
	    WHAT ": the certificate's key may not sign (keyUsage without "
		 "digitalSignature, RFC 5280 section 4.2.1.3)");
}

int
smime_blob_make(struct evp_pkey_st *key, struct bytes certificate,
    const struct bytes *chain, size_t n_chain, int64_t now, struct owned *out,
    struct err *e)
{
	STACK_OF(X509) *above = NULL;
	CMS_ContentInfo *cms = NULL;
	X509 *leaf = NULL;
	int rc;

	*out = (struct owned){0};
	if (n_chain > SMIME_BLOB_CHAIN_MAX)
		return err_set(e, ERR_LIMIT, WHAT ": a chain of %zu, want at most %d",
		    n_chain, SMIME_BLOB_CHAIN_MAX);
	if ((rc = certs_leaf(WHAT, certificate, key, &leaf, e)) != 0 ||
	    (rc = check_leaf(leaf, e)) != 0 ||
	    (rc = certs_chain(WHAT, chain, n_chain, &above, e)) != 0)
		goto out;
	cms = build(key, leaf, above, now);
	rc = encode(cms, out, e);
out:
	CMS_ContentInfo_free(cms);
	sk_X509_pop_free(above, X509_free);
	X509_free(leaf);
	return rc;
}
