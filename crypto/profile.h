/*
 * The certificate profile: from a request's fields to the bytes that will be
 * signed (TBSCertificate, RFC 5280 section 4.1.2), as the S/MIME Baseline
 * Requirements 7.1 want them. The same fields, policy and issuer give the same
 * bytes, always: the signer builds them twice, before and after they are
 * recorded, and compares. Nothing of a requester's own choosing gets in but what
 * has a field here. Takes the time and the serial number as arguments; never
 * signs. Called by ca.c.
 */
#ifndef CHANCERY_CRYPTO_PROFILE_H
#define CHANCERY_CRYPTO_PROFILE_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"

/* Certificate types (S/MIME BR 7.1.6.1): what the subject says. Word, last arc but
 * one of the reserved policy identifier. */
#define PROFILE_LIST(X)                                                                \
	X(PROFILE_MAILBOX, "mailbox", 1) /* the address alone: shared mailboxes */     \
	X(PROFILE_ORGANIZATION, "organization", 2) /* company and address */           \
	X(PROFILE_SPONSOR, "person", 3)		   /* company and name of a person */

enum profile_kind {
#define X(name, word, arc) name,
	PROFILE_LIST(X)
#undef X
	PROFILE__MAX
};

/* Generations (7.1.6.1); the last arc of the reserved policy identifier. */
enum profile_generation {
	PROFILE_MULTIPURPOSE = 2,
	PROFILE_STRICT = 3,
};

/* What the key is for (7.1.2.3 e). */
enum profile_use {
	PROFILE_DUAL, /* signing and encryption */
	PROFILE_SIGN,
	PROFILE_ENCRYPT,
};

enum {
	PROFILE_MAX_MAIL = 50,
	PROFILE_MAX_NAME = 64, /* characters: RFC 5280 appendix A, ub-common-name */
	PROFILE_MAX_DOMAINS = 1000,
	PROFILE_MAX_URL = 255,
	PROFILE_MAX_OID = 128,	/* as text */
	PROFILE_MAX_DAYS = 825, /* 6.3.2 */
	PROFILE_MAX_TBS = 64 * 1024,
	PROFILE_BACKDATE = 300,	  /* seconds before now, for clocks that are behind */
	PROFILE_MIN_LEFT = 86400, /* of the CA's own validity */
	PROFILE_CA_MAX_YEARS = 25,
};

/* What an installation fixed. Strings are UTF-8 or ASCII with NUL, or NULL where
 * there is none; all outlive the calls. */
struct profile_policy {
	enum profile_generation generation;
	enum profile_use use;
	unsigned days; /* of validity, 1 to PROFILE_MAX_DAYS */
	/* The policy asserted: own OID as text, the reserved one of the S/MIME BR
	 * (claim: it says that they are kept), both, or none: then the certificate
	 * has no certificatePolicies. */
	const char *policy_oid;
	bool claim;
	const char *organization;    /* for PROFILE_ORGANIZATION and _SPONSOR */
	const char *organization_id; /* "NTRCH-CHE-123.456.789": 7.1.4.2.2 d */
	const char *country;	     /* "CH", or NULL */
	const char *const
	    *domain;	 /* A-labels, lower case: addresses may be in these, */
	size_t n_domain; /* not in domains below them; at least one */
};

/* The CA whose certificate will be above. Views outlive the calls. */
struct profile_issuer {
	struct bytes name;		  /* its subject, DER with header */
	struct bytes key_id;		  /* its subjectKeyIdentifier */
	struct bytes signature_algorithm; /* AlgorithmIdentifier, DER with header */
	int64_t not_before, not_after;
	const char *crl_url; /* http, of its CRL */
	const char *ca_url;  /* http, of its certificate */
};

/* One request, from its record. */
struct profile_request {
	enum profile_kind kind;
	const struct bytes *mail; /* the first is the primary one */
	size_t n_mail;
	struct bytes given, surname; /* UTF-8; PROFILE_SPONSOR: at least one */
	struct bytes display;	     /* UTF-8; its commonName; empty: "given surname" */
	struct bytes spki;	     /* DER */
	struct bytes serial;	     /* from serial_make */
	int64_t now;		     /* when it was prepared, as recorded */
};

/* 0, or ERR_UNSUPPORTED with the list. */
int profile_kind_read(struct bytes word, enum profile_kind *out, struct err *e);
const char *profile_kind_word(enum profile_kind kind);

/*
 * Whether a policy is one that certificates can be made with: URLs, OID, days,
 * organization, country, domains. 0, or ERR_POLICY / ERR_SYNTAX / ERR_LIMIT with
 * the field. Once, when it is loaded; profile_tbs relies on it.
 */
int profile_check_policy(const struct profile_policy *p, struct err *e);

/* An http URL without query, blank or control, at most PROFILE_MAX_URL octets. */
int profile_check_url(const char *url, struct err *e);

/*
 * Builds a person's or mailbox's TBSCertificate. Addresses: strict dot-atom, ASCII
 * local part, domain one of the policy's, at most PROFILE_MAX_MAIL, repeated ones
 * (without case) once; the commonName of PROFILE_MAILBOX is the primary address,
 * or, beyond 64 characters, the subject is empty and subjectAltName critical.
 * Names: UTF-8, at most PROFILE_MAX_NAME characters, none of them a control, a
 * private or unassigned code, or one that changes the direction of text.
 * Validity: now - PROFILE_BACKDATE, for policy->days, last second included, cut
 * to the CA's. Key: RSA or EC as key_public_read takes it; whether it is a good one
 * is the lint's to say.
 *
 * 0 and *tbs_out, the caller's; or ERR_POLICY, ERR_SYNTAX, ERR_LIMIT,
 * ERR_UNSUPPORTED with a sentence, ERR_MEMORY. Any thread.
 */
int
profile_tbs(const struct profile_policy *policy, const struct profile_issuer *issuer,
    const struct profile_request *request, struct owned *tbs_out, struct err *e);

/* --- certificates of authorities (7.1.2.1, 7.1.2.2) -------------------------- */

struct profile_authority {
	bool root;		  /* self-issued; issuer is then not used but for
				   * signature_algorithm */
	const char *name;	  /* commonName */
	const char *organization; /* 7.1.4.3.1: name, organization, country: all */
	const char *country;
	struct bytes spki;
	struct bytes serial;
	int64_t now;
	unsigned years; /* 1 to PROFILE_CA_MAX_YEARS; an issuing CA's are cut to the
			   root's */
};

/* As profile_tbs. An issuing CA: path length 0, emailProtection only, anyPolicy. */
int profile_authority_tbs(const struct profile_issuer *issuer,
    const struct profile_authority *authority, struct owned *tbs_out, struct err *e);

/* TBS, algorithm and signature together (RFC 5280 sections 4.1 and 5.1): the
 * certificate or CRL. 0 or ERR_MEMORY. */
int profile_seal(struct bytes tbs, struct bytes signature_algorithm,
    struct bytes signature, struct owned *out, struct err *e);

#endif
