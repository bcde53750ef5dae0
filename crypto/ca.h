/*
 * The certification authority: its certificate, the key that signs for it, and
 * the one way to a signature, which is always the same: the bytes are built from
 * fields, compared with what was recorded, linted as they will be, signed, and
 * the signature checked. No function here signs bytes that somebody brought.
 *
 * The key may be anywhere: struct ca_signer is what a token or an outside service
 * would fill in; here it is a key in memory (key.h). Called by the signer and by
 * `chancery ca init`.
 */
#ifndef CHANCERY_CRYPTO_CA_H
#define CHANCERY_CRYPTO_CA_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/key.h"
#include "crypto/profile.h"

enum {
	CA_BASE_MAX = 180, /* octets of the base URL */
	CA_LABEL_MAX = 32,
	CA_SIGNATURE_MAX = 1024, /* RSA 8192 */
	CA_CERT_MAX = 64 * 1024,
};

/* Where a CA's CRL and certificate are fetched: fixed when it is made, because
 * they stand in every certificate below it. */
struct ca_place {
	char crl_url[PROFILE_MAX_URL + 1];
	char ca_url[PROFILE_MAX_URL + 1];
};

/*
 * "http://pki.example.com/x" and "issuing" with a key of identifier 0a1b2c3d...:
 * http://pki.example.com/x/issuing-0a1b2c3d.crl and .cer. So a successor has
 * other names than its predecessor, and both can be served. ERR_SYNTAX.
 */
int ca_place_make(const char *base, const char *label, struct bytes spki,
    struct ca_place *out, struct err *e);

/* Signs tbs with the CA's key and the algorithm of ca_open; writes the signature as
 * it stands in a certificate, at most CA_SIGNATURE_MAX octets, to out. 0 or ERR_*. */
typedef int
ca_sign_fn(void *ctx, struct bytes tbs, uint8_t *out, size_t *n_out, struct err *e);

struct ca_signer {
	ca_sign_fn *sign;
	void (*free)(void *ctx); /* or NULL */
	void *ctx;
};

struct ca;

/*
 * Opens a CA: its certificate (DER) and the key that fits it. The certificate must
 * be one that may issue: cA, keyCertSign and cRLSign (in keyUsage, if there is
 * one), a subjectKeyIdentifier of at most 20 octets, RSA (2048 bits and more),
 * P-256, P-384 or P-521, valid at `now`, and its key must sign what its public key
 * verifies. Takes the key (or signer), also after an error. One made elsewhere is
 * as good as our own. ERR_POLICY, ERR_SYNTAX, ERR_CRYPTO, ERR_MEMORY.
 * Afterwards a struct ca is never changed: any number of threads may use it.
 */
int ca_open(struct bytes certificate, struct key **key, const struct ca_place *place,
    int64_t now, struct ca **out, struct err *e);
int ca_open_signer(struct bytes certificate, struct ca_signer *signer,
    const struct ca_place *place, int64_t now, struct ca **out, struct err *e);
void ca_free(struct ca **ca);

/* Borrowed views of an opened CA. */
struct bytes ca_certificate(const struct ca *ca);
const struct profile_issuer *ca_issuer(const struct ca *ca);
struct bytes ca_spki(const struct ca *ca);
bool ca_is_root(const struct ca *ca); /* self-issued */

/* Names and length of a new authority (S/MIME BR 7.1.4.3.1). */
struct ca_names {
	const char *name;
	const char *organization;
	const char *country;
	unsigned years;
};

/* A root's certificate, self-signed by this key, which stays the caller's. */
int ca_make_root(const struct ca_names *names, const struct key *key, int64_t now,
    struct owned *certificate_out, struct err *e);

/* An issuing CA's certificate for this public key, signed by the root. */
int ca_make_issuing(const struct ca *root, const struct ca_names *names,
    struct bytes spki, int64_t now, struct owned *certificate_out, struct err *e);

/*
 * Step one of an issue: the to-be-signed bytes of a request, linted, for the
 * record. 0 and *tbs_out, the caller's; else as profile_tbs and lint_certificate.
 */
int ca_prepare(const struct ca *ca, const struct profile_policy *policy,
    const struct profile_request *request, struct owned *tbs_out, struct err *e);

/*
 * Step two: builds the bytes of the same request again, refuses (ERR_POLICY) when
 * they are not the recorded ones to the last octet (the configuration or the CA
 * was changed in between, or the record was), lints, signs, checks the
 * signature. Repeatable: the same TBS gives a certificate that is as good, and,
 * with RSA, the same one. 0 and *certificate_out.
 */
int ca_issue(const struct ca *ca, const struct profile_policy *policy,
    const struct profile_request *request, struct bytes recorded_tbs,
    struct owned *certificate_out, struct err *e);

/* Signs bytes that another module of crypto/ built and linted (crl_make.c), and
 * checks the signature. Not for callers outside crypto/. */
int ca_sign_checked(
    const struct ca *ca, struct bytes tbs, struct owned *signed_out, struct err *e);

#endif
