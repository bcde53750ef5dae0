/*
 * What the rules of the lint look at: a certificate or CRL, taken apart once by
 * OpenSSL and by core. Included by the lint's own files only.
 */
#ifndef CHANCERY_CRYPTO_LINT_VIEW_H
#define CHANCERY_CRYPTO_LINT_VIEW_H

#include <openssl/x509v3.h>

#include "core/cert.h"
#include "core/crl.h"
#include "crypto/key.h"
#include "crypto/lint.h"

enum {
	LINT_FOUND = 200
};

/* A decoded extension: NULL where absent. */
#define LINT_EXTENSIONS(X)                                                             \
	X(aki, AUTHORITY_KEYID, NID_authority_key_identifier)                          \
	X(ski, ASN1_OCTET_STRING, NID_subject_key_identifier)                          \
	X(usage, ASN1_BIT_STRING, NID_key_usage)                                       \
	X(policies, CERTIFICATEPOLICIES, NID_certificate_policies)                     \
	X(san, GENERAL_NAMES, NID_subject_alt_name)                                    \
	X(eku, EXTENDED_KEY_USAGE, NID_ext_key_usage)                                  \
	X(crldp, CRL_DIST_POINTS, NID_crl_distribution_points)                         \
	X(aia, AUTHORITY_INFO_ACCESS, NID_info_access)                                 \
	X(constraints, BASIC_CONSTRAINTS, NID_basic_constraints)

struct lint_view {
	const struct lint_want *want;
	struct bytes der;
	X509 *x;
	struct cert c;
	struct key_public key; /* family CERT_KEY_OTHER where it cannot be read */
	X509_NAME *subject;
	X509_CRL *crl;
	struct crl core_crl; /* at its first entry */
	bool root_crl;
#define X(field, type, nid)                                                            \
	type *field;                                                                   \
	int field##_critical; /* 1, 0; -1 absent, -2 twice */
	LINT_EXTENSIONS(X)
#undef X
	char found[LINT_FOUND]; /* what the broken rule met */
};

typedef bool lint_holds(struct lint_view *v);

struct lint_row {
	struct lint_rule rule;
	lint_holds *holds;
};

#define LINT_LEAF      (1U << LINT_MAILBOX | 1U << LINT_ORGANIZATION | 1U << LINT_SPONSOR)
#define LINT_AUTHORITY (1U << LINT_ROOT | 1U << LINT_ISSUING)

/* Says what was found; always false. */
bool lint_no(struct lint_view *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The octets of one of OpenSSL's strings. */
struct bytes lint_octets(const ASN1_STRING *s);

/* Whether a GeneralName is an http URL that profile_check_url takes. */
bool lint_is_http(const GENERAL_NAME *name);

/* The rules on names (lint_names.c), on extensions of subscribers (lint_leaf.c)
 * and of authorities (lint_authority.c), on CRLs (lint_crl.c). */
lint_holds lint_name_strings, lint_name_metadata, lint_name_attributes,
    lint_name_required, lint_name_person, lint_name_cn, lint_name_organization_id,
    lint_name_country, lint_name_addresses, lint_name_authority;
lint_holds lint_leaf_policies, lint_leaf_crldp, lint_leaf_aia, lint_leaf_constraints,
    lint_leaf_usage, lint_leaf_eku, lint_leaf_san, lint_leaf_san_content,
    lint_leaf_capabilities, lint_leaf_unknown;
lint_holds lint_ca_constraints, lint_ca_usage, lint_root_policies, lint_ca_policies,
    lint_root_eku, lint_ca_eku, lint_ca_unknown;
lint_holds lint_crl_readable, lint_crl_version, lint_crl_algorithm, lint_crl_issuer,
    lint_crl_times, lint_crl_aki, lint_crl_number, lint_crl_extensions,
    lint_crl_reasons, lint_crl_dates, lint_crl_serials;

/* Shared between certificates and CRLs (lint.c). */
bool lint_algorithm_fits(
    struct lint_view *v, struct bytes algorithm, const struct key_public *issuer);

#endif
