/*
 * Files with certificates, as people have them: PEM (any number, text between
 * them), DER, and PKCS#7/CMS certificate files (.p7b, .p7c, .spc; DER or, as
 * Windows writes them, BER; also within PEM). All that comes out is DER
 * certificates; whether they are good is judged by core (cert.h, guard.h).
 * Nothing is verified, decrypted or fetched. Called by `chancery import`.
 */
#ifndef CHANCERY_CRYPTO_READ_CERTS_H
#define CHANCERY_CRYPTO_READ_CERTS_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	READ_CERTS_MAX_BYTES = 16 * 1024 * 1024, /* of a file */
	READ_CERTS_MAX = 16 * 1024,		 /* certificates in a file */
};

struct read_certs {
	struct bytes *der; /* each in memory of its own */
	size_t n;
	size_t room;
};

/*
 * Reads all certificates of a file. 0; ERR_POLICY when it holds a private key
 * (it is then refused whole: whoever sends one should notice); ERR_SYNTAX;
 * ERR_NOT_FOUND when there is no certificate in it, naming what there is;
 * ERR_LIMIT; ERR_MEMORY. A DER file that is no CMS is handed out as one
 * certificate unread, so that the guard can say what it is (a PFX, a request).
 * On error *out is empty. Any thread.
 */
int read_certs_parse(struct bytes in, struct read_certs *out, struct err *e);

/* Frees what read_certs_parse gave. */
void read_certs_fini(struct read_certs *r);

#endif
