/*
 * Names (RFC 5280 sections 4.1.2.4 and 7.1): walked attribute by attribute, shown
 * to people, and made comparable: two encodings of one name (PrintableString
 * against UTF8String, other case, doubled spaces) give the same canonical bytes.
 * Wide rather than narrow: it serves to find the CRL that concerns a certificate.
 */
#ifndef CHANCERY_CORE_NAME_H
#define CHANCERY_CORE_NAME_H

#include "core/bytes.h"
#include "core/der.h"

enum {
	NAME_MAX_BYTES = 8 * 1024
};

struct name_attr {
	struct bytes type; /* content octets of the OID */
	uint8_t tag;	   /* enum der_tag of the value */
	struct bytes value;
	bool first; /* begins a relative distinguished name */
};

struct name_walk {
	struct der rdns;
	struct der rdn;
};

/* Begins to walk a Name (with header, and nothing behind it), first RDN first.
 * 0 or ERR_SYNTAX. */
int name_open(struct bytes name, struct name_walk *out);

/* The next attribute: 1, 0 at the end, or ERR_SYNTAX: also where a string is not
 * what its type says (UTF-8, BMPString, UniversalString: Unicode scalar values). */
int name_next(struct name_walk *w, struct name_attr *out);

/* Whether all of a Name is well-formed. */
bool name_valid(struct bytes name);

/* Whether a SET's content is that of a well-formed relative distinguished name. */
bool name_rdn_valid(struct bytes set_content);

/*
 * Writes the canonical form of a Name (with header) to out: every RDN's
 * attributes sorted, string values as UTF-8 with ASCII letters lowered, outer
 * blanks cut and inner runs of blanks made one. Returns its length, ERR_SYNTAX,
 * or ERR_LIMIT where cap is too small (2 * name.n + 16 always does) or the name is
 * longer than NAME_MAX_BYTES.
 */
long name_canon(struct bytes name, uint8_t *out, size_t cap);

/* FNV-1a of the canonical form, or of the raw bytes where there is none. */
uint64_t name_hash(struct bytes name);

/* "CN=Example CA, O=Example" for people, in the order of the encoding, cut to
 * cap (between characters); control characters shown as '?'. Returns buf. */
char *name_text(struct bytes name, char *buf, size_t cap);

#endif
