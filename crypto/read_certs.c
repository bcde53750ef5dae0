/*
 * Certificates out of PEM, DER and CMS files: contract in read_certs.h.
 * OpenSSL reads PEM's frame and CMS, because Windows writes CMS in BER; it
 * never sees a certificate's signature, and CMS_* is used instead of PKCS7_*,
 * whose parsers have the longer list of flaws.
 */
#include "crypto/read_certs.h"

#include <stdlib.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

enum {
	LABEL_SHOWN = 40
};

/* --- the list ---------------------------------------------------------------- */

void
read_certs_fini(struct read_certs *r)
{
	for (size_t i = 0; i < r->n; i++)
		free((void *)r->der[i].p);
	free(r->der);
	*r = (struct read_certs){0};
}

static int
read_certs_grow(struct read_certs *r, struct err *e)
{
	size_t room = r->room == 0 ? 4 : 2 * r->room;
	struct bytes *p;

	if (r->n >= READ_CERTS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d certificates in a file",
		    READ_CERTS_MAX);
	if (r->n < r->room)
		return 0;
	if ((p = reallocarray(r->der, room, sizeof(*p))) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the list of certificates");
	r->der = p;
	r->room = room;
	return 0;
}

/* Puts a copy of a certificate behind the others. */
static int
read_certs_add(struct read_certs *r, struct bytes der, struct err *e)
{
	int rc = read_certs_grow(r, e);
	uint8_t *copy;

	if (rc != 0)
		return rc;
	if ((copy = malloc(der.n == 0 ? 1 : der.n)) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a certificate");
	if (der.n > 0)
		memcpy(copy, der.p, der.n);
	r->der[r->n++] = (struct bytes){copy, der.n};
	return 0;
}

/* --- CMS --------------------------------------------------------------------- */

/* Whether this looks like ContentInfo: SEQUENCE, then an OBJECT IDENTIFIER. A
 * certificate has a SEQUENCE there, a PFX an INTEGER. */
static bool
is_content_info(struct bytes in)
{
	size_t at = 2;

	if (in.n < 3 || in.p[0] != 0x30)
		return false;
	if (in.p[1] > 0x80) /* long form; 0x80 is BER's indefinite length */
		at += in.p[1] & 0x7fU;
	return at < in.n && in.p[at] == 0x06;
}

/* OpenSSL's reason for the last failure, as text; forgets the others. */
static const char *
reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return text == NULL ? "unknown" : text;
}

static int
read_certs_add_x509(struct read_certs *r, X509 *x, struct err *e)
{
	uint8_t *der = NULL;
	int rc, n = i2d_X509(x, &der);

	if (n <= 0)
		return err_set(
		    e, ERR_CRYPTO, "a certificate cannot be encoded: %s", reason());
	rc = read_certs_add(r, (struct bytes){der, (size_t)n}, e);
	OPENSSL_free(der);
	return rc;
}

/* The certificates of an opened CMS. */
static int
read_certs_add_cms(struct read_certs *r, CMS_ContentInfo *cms, struct err *e)
{
	STACK_OF(X509) *certs = NULL;
	int rc = 0;

	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return err_set(e, ERR_UNSUPPORTED,
		    "a CMS file of type %s, want signedData (RFC 5652 section 5)",
		    OBJ_nid2sn(OBJ_obj2nid(CMS_get0_type(cms))));
	if ((certs = CMS_get1_certs(cms)) == NULL)
		return err_set(e, ERR_NOT_FOUND, "a CMS file without certificates");
	for (int i = 0; i < sk_X509_num(certs) && rc == 0; i++)
		rc = read_certs_add_x509(r, sk_X509_value(certs, i), e);
	sk_X509_pop_free(certs, X509_free);
	return rc;
}

static int
read_certs_cms(struct bytes in, struct read_certs *r, struct err *e)
{
	const uint8_t *p = in.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)in.n);
	int rc;

	if (cms == NULL)
		return err_set(
		    e, ERR_SYNTAX, "not well-formed CMS (RFC 5652): %s", reason());
	rc = read_certs_add_cms(r, cms, e);
	CMS_ContentInfo_free(cms);
	return rc;
}

/* --- PEM --------------------------------------------------------------------- */

enum label {
	LABEL_OTHER,
	LABEL_CERT,
	LABEL_TRUSTED,
	LABEL_CMS,
	LABEL_PRIVATE
};

static enum label
label_of(const char *name)
{
	static const struct {
		const char *name;
		enum label label;
	} labels[] = {
	    {PEM_STRING_X509, LABEL_CERT},
	    {PEM_STRING_X509_OLD, LABEL_CERT},
	    {PEM_STRING_X509_TRUSTED, LABEL_TRUSTED},
	    {PEM_STRING_PKCS7, LABEL_CMS},
	    {PEM_STRING_PKCS7_SIGNED, LABEL_CMS},
	    {PEM_STRING_CMS, LABEL_CMS},
	};

	if (strstr(name, "PRIVATE KEY") != NULL)
		return LABEL_PRIVATE;
	for (size_t i = 0; i < NITEMS(labels); i++)
		if (strcmp(name, labels[i].name) == 0)
			return labels[i].label;
	return LABEL_OTHER;
}

/* "TRUSTED CERTIFICATE" is a certificate with OpenSSL's own notes behind it. */
static int
read_certs_trusted(struct bytes in, struct read_certs *r, struct err *e)
{
	const uint8_t *p = in.p;
	X509 *x = d2i_X509_AUX(NULL, &p, (long)in.n);
	int rc;

	if (x == NULL)
		return err_set(e, ERR_SYNTAX,
		    "a TRUSTED CERTIFICATE that cannot be read: %s", reason());
	rc = read_certs_add_x509(r, x, e);
	X509_free(x);
	return rc;
}

/* What was found beside certificates, for the sentence where there is none. */
struct pem_other {
	char label[LABEL_SHOWN + 1];
};

static int
read_certs_block(const char *name, struct bytes content, struct read_certs *r,
    struct pem_other *other, struct err *e)
{
	switch (label_of(name)) {
	case LABEL_CERT:
		return read_certs_add(r, content, e);
	case LABEL_TRUSTED:
		return read_certs_trusted(content, r, e);
	case LABEL_CMS:
		return read_certs_cms(content, r, e);
	case LABEL_PRIVATE:
		return err_set(e, ERR_POLICY,
		    "holds a private key (%.*s): it belongs to its owner alone; give "
		    "a file with the certificate only",
		    LABEL_SHOWN, name);
	case LABEL_OTHER:
		break;
	}
	snprintf(other->label, sizeof(other->label), "%.*s", LABEL_SHOWN, name);
	return 0;
}

/* Reads the next block: 1 read, 0 no more, or an error. */
static int
read_certs_next_block(
    BIO *bio, struct read_certs *r, struct pem_other *other, struct err *e)
{
	char *name = NULL, *header = NULL;
	uint8_t *content = NULL;
	long n = 0;
	int rc;

	if (PEM_read_bio(bio, &name, &header, &content, &n) != 1) {
		unsigned long code = ERR_peek_last_error();
		bool end = ERR_GET_LIB(code) == ERR_LIB_PEM &&
			   ERR_GET_REASON(code) == PEM_R_NO_START_LINE;

		if (!end)
			return err_set(e, ERR_SYNTAX,
			    "a PEM block that cannot be read: %s (RFC 7468)", reason());
		ERR_clear_error();
		return 0;
	}
	rc = read_certs_block(name, (struct bytes){content, (size_t)n}, r, other, e);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(content, (size_t)n); /* it may have been a key */
	return rc == 0 ? 1 : rc;
}

static int
read_certs_pem(struct bytes in, struct read_certs *r, struct err *e)
{
	struct pem_other other = {""};
	BIO *bio = BIO_new_mem_buf(in.p, (int)in.n);
	int rc;

	if (bio == NULL)
		return err_set(e, ERR_MEMORY, "no memory to read PEM");
	while ((rc = read_certs_next_block(bio, r, &other, e)) == 1)
		continue;
	BIO_free(bio);
	if (rc == 0 && r->n == 0)
		return err_set(e, ERR_NOT_FOUND, "holds %s, want CERTIFICATE or PKCS7",
		    other.label[0] == '\0' ? "no PEM block" : other.label);
	return rc;
}

/* --- any file ---------------------------------------------------------------- */

static int
read_certs_any(struct bytes in, struct read_certs *r, struct err *e)
{
	if (in.n > READ_CERTS_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "%zu bytes, want at most %d", in.n,
		    READ_CERTS_MAX_BYTES);
	if (in.n == 0 || in.p == NULL)
		return err_set(e, ERR_NOT_FOUND, "is empty");
	if (is_content_info(in))
		return read_certs_cms(in, r, e);
	if (in.p[0] == 0x30)
		return read_certs_add(r, in, e);
	if (memmem(in.p, in.n, "-----BEGIN PGP ", 15) != NULL)
		return err_set(e, ERR_UNSUPPORTED,
		    "holds something of OpenPGP, want X.509 certificates");
	if (memmem(in.p, in.n, "-----BEGIN ", 11) != NULL)
		return read_certs_pem(in, r, e);
	return err_set(e, ERR_SYNTAX,
	    "neither PEM, DER nor PKCS#7: begins with byte 0x%02x", in.p[0]);
}

int
read_certs_parse(struct bytes in, struct read_certs *out, struct err *e)
{
	int rc;

	*out = (struct read_certs){0};
	rc = read_certs_any(in, out, e);
	if (rc != 0)
		read_certs_fini(out);
	return rc;
}
