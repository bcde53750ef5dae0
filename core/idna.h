/*
 * One label of a domain: checked (RFC 1123 section 2.1) and brought into the one
 * form in which labels are compared and stored, the lower-case A-label
 * (RFC 5890 section 2.3.2.1).
 */
#ifndef CHANCERY_CORE_IDNA_H
#define CHANCERY_CORE_IDNA_H

#include "core/bytes.h"

enum {
	IDNA_LABEL_MAX = 63
};

/*
 * Writes the label (ASCII, or UTF-8 already in NFC) to out, which has room for
 * IDNA_LABEL_MAX bytes; no NUL. Letters are lowered in ASCII, Latin-1, Latin
 * Extended-A, Greek and Cyrillic. Returns its length, ERR_SYNTAX or ERR_LIMIT.
 *
 * Which code points RFC 5892 allows is not looked up in a table of Unicode:
 * controls, blanks, punctuation, symbols, private use and noncharacters are
 * refused by range. A label that no registry would give out can therefore pass;
 * it will only never be found.
 */
long idna_label(struct bytes in, char *out);

#endif
