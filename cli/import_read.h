/*
 * What a file holds for `chancery import`: certificates (PEM, DER, P7B) or an LDIF
 * export with certificates of people or authorities. Reads, judges nothing, writes
 * nothing.
 */
#ifndef CHANCERY_CLI_IMPORT_READ_H
#define CHANCERY_CLI_IMPORT_READ_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	IMPORT_FILE_MAX = 512 * 1024 * 1024,  /* bytes; LDIF, others: read_certs.h */
	IMPORT_RECORD_MAX = 64 * 1024 * 1024, /* bytes that one LDIF record may need */
};

enum import_kind {
	IMPORT_CERT,   /* of a person, or of an authority: not yet known */
	IMPORT_SIGNED, /* a value of userSMIMECertificate */
};

struct import_item {
	const char *source; /* "FILE", "FILE #2", "FILE line 12": for messages */
	enum import_kind kind;
	struct bytes value; /* lives until the callback returns */
};

/* Both: anything but 0 ends the reading, and is returned. */
struct import_reader {
	bool anchors; /* of LDIF: cACertificate instead of people's attributes */
	int (*item)(const struct import_item *item, void *ctx);
	int (*refuse)(const char *source, const struct err *why, void *ctx);
	void *ctx;
};

/* Reads one file. What cannot be read of it is given to refuse. 0, or what a
 * callback returned. */
int import_read_file(const struct import_reader *r, const char *path);

#endif
