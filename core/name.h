/*
 * Names (RFC 5280 section 7.1) made comparable: two encodings of one name
 * (PrintableString against UTF8String, other case, doubled spaces) give the
 * same canonical bytes. Wide rather than narrow: it serves to find the CRL
 * that concerns a certificate.
 */
#ifndef CHANCERY_CORE_NAME_H
#define CHANCERY_CORE_NAME_H

#include "core/bytes.h"

enum { NAME_MAX_BYTES = 8 * 1024 };

/*
 * Writes the canonical form of a Name (with header) to out: every RDN's
 * attributes sorted, string values as UTF-8 with ASCII letters lowered, outer
 * blanks cut and inner runs of blanks made one. Returns its length, ERR_SYNTAX,
 * or ERR_LIMIT where cap is too small (2 * name.n + 16 always does).
 */
long name_canon(struct bytes name, uint8_t *out, size_t cap);

/* FNV-1a of the canonical form, or of the raw bytes where there is none. */
uint64_t name_hash(struct bytes name);

/* "CN=Example CA, O=Example" for people, in the order of the encoding, cut to
 * cap; control characters shown as '?'. Returns buf. */
char *name_text(struct bytes name, char *buf, size_t cap);

#endif
