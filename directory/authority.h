/*
 * Certification authorities (ou=authorities): their certificates, and the CRLs
 * that they last gave; pkiCA of RFC 4523 section 4. Judges no certificate. Called
 * by doctor and import.
 */
#ifndef CHANCERY_DIRECTORY_AUTHORITY_H
#define CHANCERY_DIRECTORY_AUTHORITY_H

#include "directory/search.h"

struct authority {
	const char *dn;
	struct bytes cn;
	struct entry_values cert; /* cACertificate, DER */
	struct entry_values crl;  /* certificateRevocationList, DER */
	struct entry_values arl;  /* authorityRevocationList, DER */
};

typedef int authority_fn(const struct authority *a, void *ctx);

/* Every authority below ou=authorities of a suffix or a published base. 0; ERR_IO;
 * ERR_DIRECTORY. A missing container counts as empty. */
int authority_each(
    struct connection *c, const char *base, authority_fn *fn, void *ctx, struct err *e);

/* A new entry cn=CN,ou=authorities,SUFFIX with one certificate. 1 made; 0 there
 * is one of this name; ERR_*. */
int authority_add(struct connection *c, const char *suffix, struct bytes cn,
    struct bytes cert, struct err *e);

/* One more certificate (a new key of the same authority): as write_value. */
int authority_add_cert(
    struct connection *c, const char *dn, struct bytes cert, struct err *e);

#endif
