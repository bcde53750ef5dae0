/*
 * Reading files to import (contract in import_read.h): finds out whether a file is
 * LDIF, and hands out each certificate in it. Called by import for each file.
 */
#include "cli/import_read.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/file.h"
#include "core/ldif.h"
#include "crypto/read_certs.h"

enum {
	SOURCE_MAX = PATH_MAX + 40
};

/* --- certificates ------------------------------------------------------------ */

static int
give_certs(
    const struct import_reader *r, const char *path, const struct read_certs *certs)
{
	char source[SOURCE_MAX];
	int rc = 0;

	for (size_t i = 0; i < certs->n && rc == 0; i++) {
		const struct import_item item = {source, IMPORT_CERT, certs->der[i]};

		if (certs->n == 1)
			snprintf(source, sizeof(source), "%s", path);
		else
			snprintf(source, sizeof(source), "%s #%zu", path, i + 1);
		rc = r->item(&item, r->ctx);
	}
	return rc;
}

static int
read_cert_file(const struct import_reader *r, const char *path, struct bytes content)
{
	struct read_certs certs;
	struct err why = {0};
	int rc;

	if (read_certs_parse(content, &certs, &why) != 0)
		return r->refuse(path, &why, r->ctx);
	rc = give_certs(r, path, &certs);
	read_certs_fini(&certs);
	return rc;
}

/* --- LDIF -------------------------------------------------------------------- */

/* The attributes that are read, by name and by OID; in this order, so that a
 * person's certificate comes before the signed one. */
static const struct {
	const char *name, *oid;
	enum import_kind kind;
	bool anchor;
} ldif_attrs[] = {
    {"userCertificate", "2.5.4.36", IMPORT_CERT, false},
    {"userSMIMECertificate", "2.16.840.1.113730.3.1.40", IMPORT_SIGNED, false},
    {"cACertificate", "2.5.4.37", IMPORT_CERT, true},
};

/* Whether a file is LDIF: its first line that says something is "version:" or
 * "dn:". */
static bool
is_ldif(struct bytes in)
{
	while (in.n > 0) {
		const uint8_t *lf = memchr(in.p, '\n', in.n);
		size_t n = lf == NULL ? in.n : (size_t)(lf - in.p) + 1;

		if (in.p[0] != '#' && in.p[0] != ' ' && in.p[0] != '\n' &&
		    in.p[0] != '\r')
			break;
		in.p += n;
		in.n -= n;
	}
	return (in.n >= 3 &&
		   bytes_equal_nocase((struct bytes){in.p, 3}, BYTES("dn:"))) ||
	       (in.n >= 8 &&
		   bytes_equal_nocase((struct bytes){in.p, 8}, BYTES("version:")));
}

/* The values of one of the attributes. */
static int
give_values(const struct import_reader *r, const char *source,
    const struct ldif_record *record, size_t which)
{
	int rc = 0;

	for (size_t i = 0; i < record->n_value && rc == 0; i++) {
		const struct import_item item = {
		    source, ldif_attrs[which].kind, record->value[i].value};

		if (ldif_attr_is(
			record->value[i].attr, bytes_of(ldif_attrs[which].name)) ||
		    ldif_attr_is(
			record->value[i].attr, bytes_of(ldif_attrs[which].oid)))
			rc = r->item(&item, r->ctx);
	}
	return rc;
}

static int
give_record(
    const struct import_reader *r, const char *path, const struct ldif_record *record)
{
	char source[SOURCE_MAX];
	int rc = 0;

	snprintf(source, sizeof(source), "%s line %zu", path, record->line);
	for (size_t i = 0; i < NITEMS(ldif_attrs) && rc == 0; i++)
		if (ldif_attrs[i].anchor == r->anchors)
			rc = give_values(r, source, record, i);
	return rc;
}

/* Reads the next record and gives what it holds: 1, or 0 at the end. */
static int
give_next_record(
    const struct import_reader *r, const char *path, struct ldif *l, bool *end_out)
{
	struct ldif_record record;
	struct err why = {0};
	struct arena a;
	int rc;

	arena_init(&a, NULL, 0, IMPORT_RECORD_MAX);
	rc = ldif_next(l, &a, &record, &why);
	*end_out = rc == 0;
	if (rc < 0)
		rc = r->refuse(path, &why, r->ctx);
	else if (rc == 1)
		rc = give_record(r, path, &record);
	arena_fini(&a);
	return rc;
}

static int
read_ldif(const struct import_reader *r, const char *path, struct bytes content)
{
	struct ldif l;
	bool end = false;
	int rc = 0;

	ldif_open(content, &l);
	while (rc == 0 && !end)
		rc = give_next_record(r, path, &l, &end);
	return rc;
}

/* --- any file ---------------------------------------------------------------- */

int
import_read_file(const struct import_reader *r, const char *path)
{
	struct err why = {0};
	uint8_t *p;
	size_t n;
	int rc;

	if (file_read(path, IMPORT_FILE_MAX, &p, &n, &why) != 0)
		return r->refuse(path, &why, r->ctx);
	rc = is_ldif((struct bytes){p, n})
		 ? read_ldif(r, path, (struct bytes){p, n})
		 : read_cert_file(r, path, (struct bytes){p, n});
	free(p);
	return rc;
}
