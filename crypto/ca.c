/*
 * The certification authority: contract in ca.h.
 */
#include "crypto/ca.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/der.h"
#include "core/isotime.h"
#include "crypto/lint.h"
#include "crypto/serial.h"

struct ca {
	struct owned certificate;
	struct cert c; /* views into certificate */
	struct owned key_id;
	struct ca_place place;
	struct profile_issuer issuer;
	struct ca_signer signer;
	EVP_PKEY *public; /* signatures are checked with it */
	const EVP_MD *digest;
	bool root;
};

/* What each kind of key signs with (S/MIME BR 7.1.3.2). */
static const struct {
	enum cert_key family;
	enum cert_curve curve;
	const char *digest;
	struct bytes algorithm;
} algorithms[] = {
    {CERT_KEY_RSA, CERT_CURVE_OTHER, "SHA256",
	OID_BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00")},
    {CERT_KEY_EC, CERT_CURVE_P256, "SHA256",
	OID_BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02")},
    {CERT_KEY_EC, CERT_CURVE_P384, "SHA384",
	OID_BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03")},
    {CERT_KEY_EC, CERT_CURVE_P521, "SHA512",
	OID_BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04")},
};

static const char *
reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return text == NULL ? "no reason given" : text;
}

/* --- where it is ------------------------------------------------------------- */

static bool
label_ok(const char *label)
{
	size_t n = strlen(label);

	return n > 0 && n <= CA_LABEL_MAX &&
	       strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

int
ca_place_make(const char *base, const char *label, struct bytes spki,
    struct ca_place *out, struct err *e)
{
	size_t n = strlen(base);
	uint8_t id[KEY_ID_BYTES];
	int rc;

	if (n > CA_BASE_MAX || !label_ok(label))
		return err_set(e, ERR_SYNTAX,
		    "base URL of %zu octets, label \"%.40s\", want at most %d, and at "
		    "most "
		    "%d of a-z, 0-9 and hyphen",
		    n, label, CA_BASE_MAX, CA_LABEL_MAX);
	while (n > 0 && base[n - 1] == '/')
		n--;
	if (key_id(spki, id) != 0)
		return err_set(e, ERR_SYNTAX, "a CA's public key that cannot be read");
	snprintf(out->crl_url, sizeof(out->crl_url), "%.*s/%s-%02x%02x%02x%02x.crl",
	    (int)n, base, label, id[0], id[1], id[2], id[3]);
	snprintf(out->ca_url, sizeof(out->ca_url), "%.*s/%s-%02x%02x%02x%02x.cer",
	    (int)n, base, label, id[0], id[1], id[2], id[3]);
	if ((rc = profile_check_url(out->crl_url, e)) != 0)
		return rc;
	return profile_check_url(out->ca_url, e);
}

/* --- signing ----------------------------------------------------------------- */

/* The signer that has its key in memory. */
struct held_key {
	struct key *key;
	const EVP_MD *digest;
};

static int
held_sign(void *ctx, struct bytes tbs, uint8_t *out, size_t *n_out, struct err *e)
{
	struct held_key *held = ctx;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int rc = 0;

	*n_out = CA_SIGNATURE_MAX;
	if (md == NULL)
		return err_set(e, ERR_MEMORY, "no memory to sign");
	if (EVP_DigestSignInit(md, NULL, held->digest, NULL, key_pkey(held->key)) !=
		1 ||
	    EVP_DigestSign(md, out, n_out, tbs.p, tbs.n) != 1)
		rc = err_set(e, ERR_CRYPTO, "the CA's key cannot sign: %s", reason());
	EVP_MD_CTX_free(md);
	return rc;
}

static void
held_free(void *ctx)
{
	struct held_key *held = ctx;

	key_free(&held->key);
	free(held);
}

static bool
verifies(const struct ca *ca, struct bytes tbs, struct bytes signature)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md != NULL &&
		  EVP_DigestVerifyInit(md, NULL, ca->digest, NULL, ca->public) == 1 &&
		  EVP_DigestVerify(md, signature.p, signature.n, tbs.p, tbs.n) == 1;

	EVP_MD_CTX_free(md);
	ERR_clear_error();
	return ok;
}

/* A fault while signing would give the key away with the signature (Boneh,
 * DeMillo, Lipton 1997), and a wrong key would give certificates that nobody
 * accepts: what leaves was verified. */
static int
sign_verified(const struct ca *ca, struct bytes tbs, uint8_t out[CA_SIGNATURE_MAX],
    size_t *n_out, struct err *e)
{
	int rc = ca->signer.sign(ca->signer.ctx, tbs, out, n_out, e);

	if (rc != 0)
		return rc;
	if (*n_out > CA_SIGNATURE_MAX ||
	    !verifies(ca, tbs, (struct bytes){out, *n_out}))
		return err_set(e, ERR_CRYPTO,
		    "a signature that the CA's certificate does not verify: its key is "
		    "another one, or damaged");
	return 0;
}

int
ca_sign_checked(
    const struct ca *ca, struct bytes tbs, struct owned *signed_out, struct err *e)
{
	uint8_t signature[CA_SIGNATURE_MAX];
	size_t n;
	int rc = sign_verified(ca, tbs, signature, &n, e);

	*signed_out = (struct owned){0};
	if (rc != 0)
		return rc;
	return profile_seal(tbs, ca->issuer.signature_algorithm,
	    (struct bytes){signature, n}, signed_out, e);
}

/* --- opening ----------------------------------------------------------------- */

/* Where this key's row is, or -1. */
static int
algorithm_of(enum cert_key family, enum cert_curve curve)
{
	for (size_t i = 0; i < NITEMS(algorithms); i++)
		if (algorithms[i].family == family &&
		    (family == CERT_KEY_RSA || algorithms[i].curve == curve))
			return (int)i;
	return -1;
}

static int
check_certificate(const struct cert *c, int64_t now, struct err *e)
{
	unsigned want = CERT_KU_KEY_CERT_SIGN | CERT_KU_CRL_SIGN;
	char text[ISOTIME_SIZE];

	if (!c->is_ca)
		return err_set(e, ERR_POLICY,
		    "a certificate of no CA (basicConstraints, RFC 5280 section "
		    "4.2.1.9)");
	if (c->has_key_usage && (c->key_usage & want) != want)
		return err_set(e, ERR_POLICY,
		    "a CA that may not sign certificates and CRLs: keyUsage 0x%03x, "
		    "want "
		    "keyCertSign and cRLSign (S/MIME BR 7.1.2.2 e)",
		    c->key_usage);
	if (now < c->not_before)
		return err_set(e, ERR_POLICY, "a CA that is valid only from %s on",
		    isotime_text(c->not_before, text));
	if (now > c->not_after)
		return err_set(e, ERR_POLICY, "a CA that was valid until %s",
		    isotime_text(c->not_after, text));
	return key_check_public(c->spki, e);
}

/* The subjectKeyIdentifier of the certificate, which those below must name. */
static int
read_key_id(struct bytes der, struct owned *out, EVP_PKEY **public, struct err *e)
{
	const uint8_t *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	const ASN1_OCTET_STRING *id = x == NULL ? NULL : X509_get0_subject_key_id(x);
	int rc = 0;

	*public = x == NULL ? NULL : X509_get_pubkey(x);
	if (id == NULL || ASN1_STRING_length(id) < 1 ||
	    ASN1_STRING_length(id) > KEY_ID_BYTES || *public == NULL)
		rc = err_set(e, ERR_POLICY,
		    "a CA's certificate without subjectKeyIdentifier of at most %d "
		    "octets "
		    "(RFC 5280 section 4.2.1.2) or with a key that cannot be used",
		    KEY_ID_BYTES);
	else if (owned_copy((struct bytes){ASN1_STRING_get0_data(id),
				(size_t)ASN1_STRING_length(id)},
		     out) != 0)
		rc = err_set(e, ERR_MEMORY, "no memory for a CA");
	X509_free(x);
	ERR_clear_error();
	return rc;
}

static int
check_place(const struct ca_place *place, struct err *e)
{
	int rc = profile_check_url(place->crl_url, e);

	return rc == 0 ? profile_check_url(place->ca_url, e) : rc;
}

/* Everything of a CA but its signer. */
static int
ca_fill(struct ca *ca, struct bytes certificate, int64_t now, struct err *e)
{
	int rc, row;

	if (certificate.n > CA_CERT_MAX ||
	    owned_copy(certificate, &ca->certificate) != 0)
		return err_set(e, ERR_LIMIT,
		    "a CA's certificate of %zu octets, want at most %d", certificate.n,
		    CA_CERT_MAX);
	if ((rc = cert_parse(owned_view(&ca->certificate), &ca->c, e)) != 0 ||
	    (rc = check_certificate(&ca->c, now, e)) != 0 ||
	    (rc = read_key_id(certificate, &ca->key_id, &ca->public, e)) != 0 ||
	    (rc = check_place(&ca->place, e)) != 0)
		return rc;
	if ((row = algorithm_of(ca->c.key, ca->c.curve)) < 0)
		return err_set(e, ERR_UNSUPPORTED,
		    "a CA key that is neither RSA nor P-256, P-384 or P-521 (S/MIME BR "
		    "6.1.5)");
	ca->digest = EVP_get_digestbyname(algorithms[row].digest);
	ca->root = bytes_equal(ca->c.issuer, ca->c.subject);
	ca->issuer = (struct profile_issuer){
	    .name = ca->c.subject,
	    .key_id = owned_view(&ca->key_id),
	    .signature_algorithm = algorithms[row].algorithm,
	    .not_before = ca->c.not_before,
	    .not_after = ca->c.not_after,
	    .crl_url = ca->place.crl_url,
	    .ca_url = ca->place.ca_url,
	};
	return 0;
}

/* Signs something that is no certificate, to see that key and certificate fit. */
static int
ca_try(const struct ca *ca, struct err *e)
{
	uint8_t signature[CA_SIGNATURE_MAX];
	size_t n;

	return sign_verified(
	    ca, BYTES("Do key and certificate fit?"), signature, &n, e);
}

int
ca_open_signer(struct bytes certificate, struct ca_signer *signer,
    const struct ca_place *place, int64_t now, struct ca **out, struct err *e)
{
	struct ca *ca = calloc(1, sizeof(*ca));
	int rc;

	*out = NULL;
	if (ca == NULL) {
		if (signer->free != NULL)
			signer->free(signer->ctx);
		return err_set(e, ERR_MEMORY, "no memory for a CA");
	}
	ca->signer = *signer;
	ca->place = *place;
	*signer = (struct ca_signer){0};
	if ((rc = ca_fill(ca, certificate, now, e)) == 0)
		rc = ca_try(ca, e);
	if (rc != 0) {
		ca_free(&ca);
		return rc;
	}
	*out = ca;
	return 0;
}

int
ca_open(struct bytes certificate, struct key **key, const struct ca_place *place,
    int64_t now, struct ca **out, struct err *e)
{
	struct held_key *held = calloc(1, sizeof(*held));
	int row = algorithm_of(key_family(*key), key_curve(*key));
	struct ca_signer signer = {held_sign, held_free, held};

	*out = NULL;
	if (held == NULL || row < 0) {
		free(held);
		key_free(key);
		return err_set(e, held == NULL ? ERR_MEMORY : ERR_UNSUPPORTED,
		    "no memory for a CA, or a kind of key that cannot sign");
	}
	held->key = *key;
	held->digest = EVP_get_digestbyname(algorithms[row].digest);
	*key = NULL;
	return ca_open_signer(certificate, &signer, place, now, out, e);
}

void
ca_free(struct ca **ca)
{
	if (*ca == NULL)
		return;
	if ((*ca)->signer.free != NULL)
		(*ca)->signer.free((*ca)->signer.ctx);
	EVP_PKEY_free((*ca)->public);
	owned_free(&(*ca)->certificate);
	owned_free(&(*ca)->key_id);
	free(*ca);
	*ca = NULL;
}

struct bytes
ca_certificate(const struct ca *ca)
{
	return owned_view(&ca->certificate);
}

const struct profile_issuer *
ca_issuer(const struct ca *ca)
{
	return &ca->issuer;
}

struct bytes
ca_spki(const struct ca *ca)
{
	return ca->c.spki;
}

bool
ca_is_root(const struct ca *ca)
{
	return ca->root;
}

/* --- lint, then sign --------------------------------------------------------- */

/* Lints bytes that are not signed yet, with a signature of zeros. */
static int
lint_unsigned(struct bytes tbs, const struct lint_want *want, struct err *e)
{
	static const uint8_t zeros[32];
	struct owned whole = {0};
	int rc = profile_seal(tbs, want->issuer->signature_algorithm,
	    (struct bytes){zeros, sizeof(zeros)}, &whole, e);

	if (rc == 0)
		rc = lint_certificate(owned_view(&whole), want, NULL, e);
	owned_free(&whole);
	return rc;
}

/* --- authorities ------------------------------------------------------------- */

/* A root's own view of itself, for its own certificate. */
static int
root_issuer(struct bytes tbs, const struct profile_issuer *from,
    struct profile_issuer *out, struct cert *c, struct owned *whole, struct err *e)
{
	static const uint8_t zeros[32];
	int rc = profile_seal(tbs, from->signature_algorithm,
	    (struct bytes){zeros, sizeof(zeros)}, whole, e);

	if (rc == 0)
		rc = cert_parse(owned_view(whole), c, e);
	if (rc != 0)
		return rc;
	*out = *from;
	out->name = c->subject;
	out->not_before = c->not_before;
	out->not_after = c->not_after;
	return 0;
}

static int
root_lint(struct bytes tbs, const struct profile_issuer *from, struct bytes spki,
    struct err *e)
{
	struct profile_issuer own;
	struct owned whole = {0};
	struct cert c;
	int rc = root_issuer(tbs, from, &own, &c, &whole, e);
	struct lint_want want = {
	    .kind = LINT_ROOT, .issuer = &own, .issuer_spki = spki};

	if (rc == 0)
		rc = lint_certificate(owned_view(&whole), &want, NULL, e);
	owned_free(&whole);
	return rc;
}

static int
root_sign(
    const struct key *key, int row, struct bytes tbs, struct owned *out, struct err *e)
{
	/* key is only borrowed: nothing here frees it. */
	struct held_key held = {
	    (struct key *)key, EVP_get_digestbyname(algorithms[row].digest)};
	struct ca self = {.public = key_pkey(key),
	    .digest = held.digest,
	    .signer = {held_sign, NULL, &held},
	    .issuer = {.signature_algorithm = algorithms[row].algorithm}};

	return ca_sign_checked(&self, tbs, out, e);
}

int
ca_make_root(const struct ca_names *names, const struct key *key, int64_t now,
    struct owned *certificate_out, struct err *e)
{
	uint8_t serial[SERIAL_BYTES], id[KEY_ID_BYTES];
	struct owned tbs = {0};
	int row = algorithm_of(key_family(key), key_curve(key));
	int rc = serial_make(serial, e);
	struct profile_authority authority = {true, names->name, names->organization,
	    names->country, key_spki(key), {serial, sizeof(serial)}, now, names->years};
	struct profile_issuer issuer = {.key_id = {id, sizeof(id)}};

	*certificate_out = (struct owned){0};
	if (rc != 0)
		return rc;
	if (row < 0 || key_id(key_spki(key), id) != 0)
		return err_set(e, ERR_UNSUPPORTED, "a kind of key that cannot sign");
	issuer.signature_algorithm = algorithms[row].algorithm;
	rc = profile_authority_tbs(&issuer, &authority, &tbs, e);
	if (rc == 0)
		rc = root_lint(owned_view(&tbs), &issuer, key_spki(key), e);
	if (rc == 0)
		rc = root_sign(key, row, owned_view(&tbs), certificate_out, e);
	owned_free(&tbs);
	return rc;
}

int
ca_make_issuing(const struct ca *root, const struct ca_names *names, struct bytes spki,
    int64_t now, struct owned *certificate_out, struct err *e)
{
	uint8_t serial[SERIAL_BYTES];
	struct owned tbs = {0};
	int rc = serial_make(serial, e);
	struct profile_authority authority = {false, names->name, names->organization,
	    names->country, spki, {serial, sizeof(serial)}, now, names->years};
	struct lint_want want = {
	    .kind = LINT_ISSUING, .issuer = &root->issuer, .issuer_spki = root->c.spki};

	*certificate_out = (struct owned){0};
	if (rc != 0)
		return rc;
	rc = profile_authority_tbs(&root->issuer, &authority, &tbs, e);
	if (rc == 0)
		rc = lint_unsigned(owned_view(&tbs), &want, e);
	if (rc == 0)
		rc = ca_sign_checked(root, owned_view(&tbs), certificate_out, e);
	owned_free(&tbs);
	return rc;
}

/* --- people ------------------------------------------------------------------ */

int
ca_prepare(const struct ca *ca, const struct profile_policy *policy,
    const struct profile_request *request, struct owned *tbs_out, struct err *e)
{
	static const enum lint_kind kinds[] = {[PROFILE_MAILBOX] = LINT_MAILBOX,
	    [PROFILE_ORGANIZATION] = LINT_ORGANIZATION,
	    [PROFILE_SPONSOR] = LINT_SPONSOR};
	int rc = profile_tbs(policy, &ca->issuer, request, tbs_out, e);
	struct lint_want want = {
	    .generation = policy->generation,
	    .policy_oid = policy->policy_oid,
	    .claim = policy->claim,
	    .issuer = &ca->issuer,
	    .issuer_spki = ca->c.spki,
	};

	if (rc != 0)
		return rc;
	want.kind = kinds[request->kind];
	if ((rc = lint_unsigned(owned_view(tbs_out), &want, e)) != 0)
		owned_free(tbs_out);
	return rc;
}

int
ca_issue(const struct ca *ca, const struct profile_policy *policy,
    const struct profile_request *request, struct bytes recorded_tbs,
    struct owned *certificate_out, struct err *e)
{
	struct owned tbs = {0};
	int rc;

	*certificate_out = (struct owned){0};
	if ((rc = ca_prepare(ca, policy, request, &tbs, e)) != 0)
		return rc;
	if (!bytes_equal(owned_view(&tbs), recorded_tbs))
		rc = err_set(e, ERR_POLICY,
		    "the bytes to be signed are not those that were recorded (%zu "
		    "octets, "
		    "recorded %zu): the configuration, the CA or the record was "
		    "changed "
		    "since; prepare the request again",
		    tbs.n, recorded_tbs.n);
	else
		rc = ca_sign_checked(ca, owned_view(&tbs), certificate_out, e);
	owned_free(&tbs);
	return rc;
}
