/*
 * Which request got which to-be-signed bytes, for ever: so that nothing else is ever
 * signed for it, whatever the directory says after a restored backup, and whoever
 * asks at the same time. Read out of the audit log at the start, then kept in memory
 * (64 bytes a request). Called by prepare and sign; any thread.
 */
#ifndef CHANCERY_ENROLL_SIGNER_JOURNAL_H
#define CHANCERY_ENROLL_SIGNER_JOURNAL_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/digest.h"

struct journal;

/* Reads the log (a file that is not there is an empty one) and checks its chain;
 * also the greatest CRL number in it. 0, or as chain_verify. */
int journal_open(const char *log_path, struct journal **out, uint64_t *crl_number_out,
    struct err *e);
void journal_free(struct journal **jp);

/*
 * Claims the request for these bytes (their SHA-256): 1 where it was nobody's, 0 where
 * it was theirs already, ERR_POLICY where it is for others. A claim stays, also when
 * the caller then fails: it only ever asks for the same bytes again. ERR_MEMORY.
 */
int journal_claim(struct journal *j, struct bytes request,
    const uint8_t tbs[DIGEST_BYTES], struct err *e);

/* Whether anything was claimed for the request. */
bool journal_has(struct journal *j, struct bytes request);

/* How many requests. */
size_t journal_count(struct journal *j);

#endif
