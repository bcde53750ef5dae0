/*
 * Mail addresses: one strict dot-atom parser for every program (RFC 5321
 * section 4.1.2, Dot-string only: no quoted local part, no comment, no
 * address literal). The local part keeps its case and is compared without
 * case; the domain is an A-label in lower case.
 */
#ifndef CHANCERY_CORE_ADDR_H
#define CHANCERY_CORE_ADDR_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	ADDR_LOCAL_MAX = 64,   /* RFC 5321 section 4.5.3.1.1 */
	ADDR_DOMAIN_MAX = 253, /* without the final dot */
	ADDR_MAX = ADDR_LOCAL_MAX + 1 + ADDR_DOMAIN_MAX,
};

struct addr {
	char text[ADDR_MAX + 1]; /* local part as given, '@', domain as A-label */
	size_t n;
	size_t at; /* index of '@' */
};

/*
 * Reads an address; a U-label domain (UTF-8, already NFC; upper case folded
 * here only within Latin-1, Latin Extended-A, Greek and Cyrillic) becomes an
 * A-label (RFC 5891, RFC 3492). A dot at the end of the domain is dropped.
 * 0, ERR_SYNTAX (text says which rule), ERR_LIMIT. e may be NULL.
 */
int addr_parse(struct bytes in, struct addr *out, struct err *e);

/*
 * A domain alone, U- or A-label, to lower-case A-label with NUL in out, which
 * has room for ADDR_DOMAIN_MAX + 1. 0, ERR_SYNTAX, ERR_LIMIT.
 */
int addr_domain(struct bytes in, char *out, size_t *n_out);

/* Equal as mailboxes here: local part and domain without case. */
bool addr_equal(const struct addr *a, const struct addr *b);

/*
 * The same mailbox without its tag: "anna+news@x" gives "anna@x". True where
 * there was a tag (and something before it).
 */
bool addr_untag(const struct addr *in, struct addr *out);

/*
 * Whether a name from a certificate (rfc822Name, emailAddress) or a value of
 * mail names the mailbox or, without '@', the domain `want`. Neither is
 * parsed again by the caller: bytes as stored. Compares without case, domains
 * as A-labels.
 */
bool addr_matches(struct bytes name, struct bytes want);

#endif
