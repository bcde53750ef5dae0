/*
 * Certificates to try: all that Debian's python3-cryptography-vectors holds, as
 * DER: single files, PEM blocks, and those inside PKCS #7. What is no certificate
 * (keys, CRLs, OCSP answers) is kept too: it must be refused by everybody. Used by
 * test_cert_openssl.c and test_crl_openssl.c.
 */
#ifndef CHANCERY_TESTS_CERT_VECTORS_H
#define CHANCERY_TESTS_CERT_VECTORS_H

#include "core/bytes.h"

#include <ftw.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <stdio.h>
#include <stdlib.h>

#define VECTORS_DIR "/usr/lib/python3/dist-packages/cryptography_vectors"

enum {
	VECTORS_MAX = 4096,
	VECTORS_NAME_MAX = 96
};

struct vector {
	char name[VECTORS_NAME_MAX]; /* the file's, and a number in it */
	struct bytes der;
};

static struct vector vectors[VECTORS_MAX];
static size_t n_vectors;

static void
vectors_add(const char *path, size_t number, const uint8_t *p, size_t n)
{
	struct vector *v = &vectors[n_vectors];
	uint8_t *copy = malloc(n + 1);

	if (n_vectors == VECTORS_MAX || copy == NULL)
		abort();
	memcpy(copy, p, n);
	snprintf(
	    v->name, sizeof(v->name), "%s#%zu", path + strlen(VECTORS_DIR) + 1, number);
	v->der = (struct bytes){copy, n};
	n_vectors++;
}

static void
vectors_add_pkcs7(const char *path, const uint8_t *p, size_t n)
{
	const STACK_OF(X509) *certs = NULL;
	PKCS7 *p7 = d2i_PKCS7(NULL, &p, (long)n);

	if (p7 != NULL && PKCS7_type_is_signed(p7))
		certs = p7->d.sign->cert;
	for (int i = 0; certs != NULL && i < sk_X509_num(certs); i++) {
		uint8_t *der = NULL;
		int len = i2d_X509(sk_X509_value(certs, i), &der);

		vectors_add(path, (size_t)i, der, (size_t)len);
		OPENSSL_free(der);
	}
	PKCS7_free(p7);
}

static void
vectors_add_pem(const char *path)
{
	BIO *in = BIO_new_file(path, "r");
	char *name, *header;
	unsigned char *data;
	size_t number = 0;
	long len;

	while (PEM_read_bio(in, &name, &header, &data, &len) == 1) {
		vectors_add(path, number++, data, (size_t)len);
		if (strstr(name, "PKCS7") != NULL || strstr(name, "CMS") != NULL)
			vectors_add_pkcs7(path, data, (size_t)len);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(data);
	}
	BIO_free(in);
}

static bool
vectors_ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n > m && strcmp(path + n - m, end) == 0;
}

static void
vectors_add_der(const char *path)
{
	static uint8_t buf[1024 * 1024];
	FILE *f = fopen(path, "rb");
	size_t n = f == NULL ? 0 : fread(buf, 1, sizeof(buf), f);

	if (f != NULL)
		fclose(f);
	if (n == 0 || buf[0] != 0x30)
		return;
	vectors_add(path, 0, buf, n);
	vectors_add_pkcs7(path, buf, n);
}

static int
vectors_visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	if (type != FTW_F)
		return 0;
	if (vectors_ends_with(path, ".pem") || vectors_ends_with(path, ".p7b"))
		vectors_add_pem(path);
	if (vectors_ends_with(path, ".der") || vectors_ends_with(path, ".crt") ||
	    vectors_ends_with(path, ".crl") || vectors_ends_with(path, ".p7b"))
		vectors_add_der(path);
	return 0;
}

static int
vectors_compare(const void *a, const void *b)
{
	return strcmp(
	    ((const struct vector *)a)->name, ((const struct vector *)b)->name);
}

/* In the same order everywhere, so that a seed means the same mutants. */
static void
vectors_load(void)
{
	nftw(VECTORS_DIR, vectors_visit, 16, FTW_PHYS);
	qsort(vectors, n_vectors, sizeof(vectors[0]), vectors_compare);
}

static void
vectors_unload(void)
{
	for (size_t i = 0; i < n_vectors; i++)
		free((void *)(uintptr_t)vectors[i].der.p);
	n_vectors = 0;
}

#endif
