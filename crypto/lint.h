/*
 * The lint: every certificate and CRL is read again, by OpenSSL and by core's
 * reader, not by the code that wrote it, and held against the S/MIME Baseline
 * Requirements (CA/Browser Forum, read at version 1.0.10 to 1.0.16) and RFC
 * 5280, one row a rule. What breaks one is refused: there are no warnings. It
 * runs before anything is signed, over the bytes that will be. Called by ca.c
 * and crl_make.c, and by nothing that could leave it out.
 */
#ifndef CHANCERY_CRYPTO_LINT_H
#define CHANCERY_CRYPTO_LINT_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/profile.h"

enum lint_kind {
	LINT_MAILBOX,
	LINT_ORGANIZATION,
	LINT_SPONSOR,
	LINT_ROOT,
	LINT_ISSUING,
	LINT_CRL,
	LINT__MAX
};

/* One rule. */
struct lint_rule {
	const char *name;   /* stable word: "ext-usage" */
	const char *clause; /* "S/MIME BR 7.1.2.3 f" */
	const char *want;   /* finishes "... , want ..." */
	unsigned kinds;	    /* 1 << enum lint_kind of those it holds for */
};

/* Against what to hold it. */
struct lint_want {
	enum lint_kind kind;
	enum profile_generation generation;
	const char *policy_oid; /* as in struct profile_policy */
	bool claim;
	const struct profile_issuer *issuer; /* of a root: its own */
	struct bytes issuer_spki;
};

/* All rules, in the order in which they are tried; static. */
const struct lint_rule *lint_rules(size_t *n_out);

/*
 * Holds a certificate (DER; its signature value is not looked at) against all
 * rules of its kind. 0; ERR_POLICY with the clause of the first one broken, what
 * was found and what was wanted, and the rule in *broken_out (may be NULL); or
 * ERR_MEMORY. Any thread.
 */
int lint_certificate(struct bytes der, const struct lint_want *want,
    const struct lint_rule **broken_out, struct err *e);

/* The same for a CRL; want->kind is LINT_CRL. root: it is a root's, which may be
 * valid for a year (4.9.7). */
int lint_crl(struct bytes der, const struct lint_want *want, bool root,
    const struct lint_rule **broken_out, struct err *e);

#endif
