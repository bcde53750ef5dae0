/*
 * Writes DER (X.690): elements one behind the other, constructed ones opened and
 * closed around them. The counterpart of core/der.h's reader; independent of
 * OpenSSL, so that the same fields always give the same bytes, whatever version
 * is installed. Called by profile.c and crl_make.c.
 *
 * Memory that runs out is remembered, and der_write_take alone reports it: what
 * is between needs no checks.
 */
#ifndef CHANCERY_CRYPTO_DER_WRITE_H
#define CHANCERY_CRYPTO_DER_WRITE_H

#include "core/der.h"
#include "crypto/owned.h"

struct der_write {
	uint8_t *p;
	size_t n, room;
	size_t most; /* bytes that it may grow to */
	bool failed;
};

void der_write_init(struct der_write *w, size_t most);
/* Frees what was not taken. */
void der_write_fini(struct der_write *w);

/* What was written; the writer is empty afterwards. 0, or ERR_MEMORY when
 * memory or `most` did not suffice. */
int der_write_take(struct der_write *w, struct owned *out);

/* Opens a constructed element, and closes it with what open returned. */
size_t der_write_open(struct der_write *w, uint8_t tag);
void der_write_close(struct der_write *w, size_t mark);

/* Octets as they are: elements encoded elsewhere. */
void der_write_raw(struct der_write *w, struct bytes octets);
/* One element of any tag with this content. */
void der_write_item(struct der_write *w, uint8_t tag, struct bytes content);
/* INTEGER: content octets given, or a number. */
void der_write_number(struct der_write *w, uint64_t number);
/* BOOLEAN TRUE; FALSE is a default everywhere here and thus never written. */
void der_write_true(struct der_write *w);
/* BIT STRING of whole octets, and of a named bit list (bit n is 1 << n, n < 16),
 * whose zero bits at the end are left out (X.690 section 11.2.2). */
void der_write_bit_octets(struct der_write *w, struct bytes octets);
void der_write_named_bits(struct der_write *w, unsigned bits);
/* UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5).
 * Years 1950 to 9999; beyond them the writer fails. */
void der_write_time(struct der_write *w, int64_t seconds);

#endif
