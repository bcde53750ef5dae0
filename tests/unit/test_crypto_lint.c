/*
 * The lint: good certificates and CRLs pass; each row below spoils one with
 * OpenSSL's own functions and names the rule that must refuse it. At the end
 * every rule of the table must have been broken at least once.
 */
#include "crypto/lint.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "crypto/crl_make.h"
#include "crypto/der_write.h"
#include "tests/unit/ca_world.h"
#include "tests/unit/check.h"

enum {
	RULES_MAX = 100,
	DAY = 86400
};

static struct world ec, rsa;	   /* CAs and people with such keys */
static bool was_broken[RULES_MAX]; /* by index of lint_rules */

/* --- good ones ---------------------------------------------------------------- */

static struct owned
good_leaf(const struct world *w, enum profile_kind kind)
{
	struct profile_request r = world_request(w, kind);
	struct owned tbs, cert;
	struct err e = {0};

	world_must(ca_prepare(w->issuing, &world_policy, &r, &tbs, &e), &e, "prepare");
	world_must(ca_issue(w->issuing, &world_policy, &r, owned_view(&tbs), &cert, &e),
	    &e, "issue");
	owned_free(&tbs);
	return cert;
}

static const struct crl_make_entry revoked[] = {
    {{(const uint8_t *)"\x11\x22\x33", 3}, WORLD_NOW - 100, CRL_MAKE_SUPERSEDED},
    {{(const uint8_t *)"\x11\x22\x44", 3}, WORLD_NOW - 90, CRL_MAKE_UNSPECIFIED},
};

static struct owned
good_crl(const struct world *w)
{
	struct owned crl;
	struct err e = {0};

	world_must(
	    crl_make(w->issuing, revoked, 2, 5, WORLD_NOW, CRL_MAKE_HOURS, &crl, &e),
	    &e, "CRL");
	return crl;
}

static struct owned
good(const struct world *w, enum lint_kind kind)
{
	struct owned copy = {0};

	switch (kind) {
	case LINT_MAILBOX:
		return good_leaf(w, PROFILE_MAILBOX);
	case LINT_ORGANIZATION:
		return good_leaf(w, PROFILE_ORGANIZATION);
	case LINT_SPONSOR:
		return good_leaf(w, PROFILE_SPONSOR);
	case LINT_CRL:
		return good_crl(w);
	default:
		if (owned_copy(ca_certificate(kind == LINT_ROOT ? w->root : w->issuing),
			&copy) != 0)
			abort();
		return copy;
	}
}

static int
lint(const struct world *w, enum lint_kind kind, struct bytes der,
    const struct profile_issuer *issuer, const struct lint_rule **rule, struct err *e)
{
	bool by_root = kind == LINT_ROOT || kind == LINT_ISSUING;
	const struct ca *above = by_root ? w->root : w->issuing;
	struct lint_want want = {
	    .kind = kind,
	    .generation = world_policy.generation,
	    .policy_oid = world_policy.policy_oid,
	    .claim = world_policy.claim,
	    .issuer = issuer == NULL ? ca_issuer(above) : issuer,
	    .issuer_spki = ca_spki(above),
	};

	if (kind == LINT_CRL)
		return lint_crl(der, &want, false, rule, e);
	return lint_certificate(der, &want, rule, e);
}

static void
test_good(void)
{
	static const char *const names[] = {[LINT_MAILBOX] = "good_mailbox",
	    [LINT_ORGANIZATION] = "good_organization",
	    [LINT_SPONSOR] = "good_person",
	    [LINT_ROOT] = "good_root",
	    [LINT_ISSUING] = "good_issuing",
	    [LINT_CRL] = "good_crl"};

	for (int kind = 0; kind < LINT__MAX; kind++)
		for (int i = 0; i < 2; i++) {
			const struct world *w = i == 0 ? &ec : &rsa;
			struct owned der = good(w, (enum lint_kind)kind);
			struct err e = {0};

			check(lint(w, (enum lint_kind)kind, owned_view(&der), NULL,
				  NULL, &e) == 0,
			    names[kind], "%s", e.text);
			owned_free(&der);
		}
}

/* --- ways to spoil one -------------------------------------------------------- */

static void
no_ext(X509 *x, int nid)
{
	int at;

	while ((at = X509_get_ext_by_NID(x, nid, -1)) >= 0)
		X509_EXTENSION_free(X509_delete_ext(x, at));
}

static void
add_ext(X509 *x, int nid, const char *value)
{
	CONF *none = NCONF_new(NULL); /* policies ask for one */
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, none);
	if ((ext = X509V3_EXT_nconf_nid(none, &ctx, nid, value)) == NULL ||
	    X509_add_ext(x, ext, -1) != 1)
		abort();
	X509_EXTENSION_free(ext);
	NCONF_free(none);
}

static void
set_ext(X509 *x, int nid, const char *value)
{
	no_ext(x, nid);
	add_ext(x, nid, value);
}

static void
make_critical(X509 *x, int nid, int critical)
{
	X509_EXTENSION_set_critical(
	    X509_get_ext(x, X509_get_ext_by_NID(x, nid, -1)), critical);
}

static void
no_attr(X509 *x, int nid)
{
	X509_NAME *name = X509_get_subject_name(x);
	int at;

	while ((at = X509_NAME_get_index_by_NID(name, nid, -1)) >= 0)
		X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, at));
}

static void
add_attr(X509 *x, int nid, int tag, const char *value, int set)
{
	ASN1_STRING *s = ASN1_STRING_type_new(tag);
	X509_NAME_ENTRY *entry = NULL;

	/* not X509_NAME_add_entry_by_NID, which would not let bad ones through */
	ASN1_STRING_set(s, value, -1);
	entry = X509_NAME_ENTRY_create_by_NID(
	    NULL, nid, V_ASN1_UTF8STRING, (const uint8_t *)"CH", 2);
	if (entry == NULL)
		abort();
	ASN1_STRING_copy(X509_NAME_ENTRY_get_data(entry), s);
	if (X509_NAME_add_entry(X509_get_subject_name(x), entry, -1, set) != 1)
		abort();
	X509_NAME_ENTRY_free(entry);
	ASN1_STRING_free(s);
}

static void
set_attr(X509 *x, int nid, int tag, const char *value)
{
	no_attr(x, nid);
	add_attr(x, nid, tag, value, 0);
}

static void
set_key(X509 *x, EVP_PKEY *key)
{
	if (X509_set_pubkey(x, key) != 1)
		abort();
	EVP_PKEY_free(key);
}

/* An RSA key of any modulus, which no library would make. */
static void
set_rsa(X509 *x, const BIGNUM *n, unsigned exponent)
{
	uint8_t number[1 + 1024];
	const uint8_t *p;
	X509_PUBKEY *into = X509_get_X509_PUBKEY(x), *key;
	struct der_write w;
	struct owned bits, spki;
	size_t seq, algorithm;
	int len = BN_bn2bin(n, number + 1);
	size_t at = (number[1] & 0x80) == 0; /* a zero only before a set top bit */

	number[0] = 0;
	der_write_init(&w, 4096);
	seq = der_write_open(&w, DER_SEQUENCE);
	der_write_item(
	    &w, DER_INTEGER, (struct bytes){number + at, (size_t)len + 1 - at});
	der_write_number(&w, exponent);
	der_write_close(&w, seq);
	if (der_write_take(&w, &bits) != 0)
		abort();
	der_write_init(&w, 4096);
	seq = der_write_open(&w, DER_SEQUENCE);
	algorithm = der_write_open(&w, DER_SEQUENCE);
	der_write_item(&w, DER_OID, BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"));
	der_write_item(&w, DER_NULL, BYTES(""));
	der_write_close(&w, algorithm);
	der_write_bit_octets(&w, owned_view(&bits));
	der_write_close(&w, seq);
	if (der_write_take(&w, &spki) != 0)
		abort();
	p = spki.p;
	if ((key = d2i_X509_PUBKEY(NULL, &p, (long)spki.n)) == NULL)
		abort();
	{
		const uint8_t *octets;
		ASN1_OBJECT *object;
		X509_ALGOR *algor;
		uint8_t *copy;
		int n_octets;

		X509_PUBKEY_get0_param(&object, &octets, &n_octets, &algor, key);
		copy = OPENSSL_memdup(octets, (size_t)n_octets);
		X509_PUBKEY_set0_param(into, OBJ_nid2obj(NID_rsaEncryption),
		    V_ASN1_NULL, NULL, copy, n_octets);
	}
	X509_PUBKEY_free(key);
	owned_free(&bits);
	owned_free(&spki);
}

/* --- the key zoo -------------------------------------------------------------- */

static void
key_rsa_1024(X509 *x)
{
	set_key(x, EVP_RSA_gen(1024));
}

static void
key_close_primes(X509 *x)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = BN_new(), *q = BN_new(), *n = BN_new();

	BN_generate_prime_ex(p, 1024, 0, NULL, NULL, NULL);
	BN_copy(q, p);
	do
		BN_add_word(q, 2);
	while (BN_check_prime(q, ctx, NULL) != 1);
	BN_mul(n, p, q, ctx);
	set_rsa(x, n, 65537);
	BN_free(p);
	BN_free(q);
	BN_free(n);
	BN_CTX_free(ctx);
}

static bool
prime_below_752_divides(const BIGNUM *n)
{
	for (unsigned p = 2; p < 752; p++)
		if (BN_mod_word(n, p) == 0)
			return true;
	return false;
}

/* 65537^3 + k * M, M the product of the primes up to 167: what the flawed library's
 * moduli look like. */
static void
key_roca(X509 *x)
{
	BIGNUM *m = BN_new(), *n = BN_new(), *k = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	BN_one(m);
	for (unsigned p = 2; p <= 167; p++) {
		bool prime = true;

		for (unsigned i = 2; i < p; i++)
			prime = prime && p % i != 0;
		if (prime)
			BN_mul_word(m, p);
	}
	do {
		BN_rand(k, 2048 - BN_num_bits(m), BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ANY);
		BN_mul(n, k, m, ctx);
		BN_set_word(k, 65537);
		BN_mul_word(k, 65537);
		BN_mul_word(k, 65537);
		BN_add(n, n, k);
	} while (BN_num_bits(n) != 2048 || prime_below_752_divides(n));
	set_rsa(x, n, 65537);
	BN_free(m);
	BN_free(n);
	BN_free(k);
	BN_CTX_free(ctx);
}

static void
random_modulus(X509 *x, int bits, unsigned exponent, unsigned factor)
{
	BIGNUM *n = BN_new();

	do {
		BN_rand(n, bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD);
		BN_sub_word(n, factor == 0 ? 0 : BN_mod_word(n, factor));
	} while (!BN_is_odd(n) || BN_num_bits(n) != bits ||
		 (factor == 0 && prime_below_752_divides(n)));
	set_rsa(x, n, exponent);
	BN_free(n);
}

static void
key_factor_751(X509 *x)
{
	random_modulus(x, 2048, 65537, 751);
}

static void
key_exponent_3(X509 *x)
{
	random_modulus(x, 2048, 3, 0);
}

static void
key_exponent_even(X509 *x)
{
	random_modulus(x, 2048, 65538, 0);
}

static void
key_2052_bits(X509 *x)
{
	random_modulus(x, 2052, 65537, 0);
}

static void
key_off_curve(X509 *x)
{
	const uint8_t *octets;
	int n;

	X509_PUBKEY_get0_param(NULL, &octets, &n, NULL, X509_get_X509_PUBKEY(x));
	((uint8_t *)octets)[n - 1] ^= 1;
}

static void
key_ed25519(X509 *x)
{
	set_key(x, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

static void
key_x25519(X509 *x)
{
	set_key(x, EVP_PKEY_Q_keygen(NULL, NULL, "X25519"));
}

static void
key_brainpool(X509 *x)
{
	set_key(x, EVP_EC_gen("brainpoolP256r1"));
}

static void
key_p224(X509 *x)
{
	set_key(x, EVP_EC_gen("P-224"));
}

/* --- the other rules ----------------------------------------------------------- */

#define SPOIL(name, ...)                                                               \
	static void name(X509 *x)                                                      \
	{                                                                              \
		__VA_ARGS__;                                                           \
	}

SPOIL(ext_twice, add_ext(x, NID_key_usage, "critical,digitalSignature"))
SPOIL(ext_garbage, {
	X509_EXTENSION *ext =
	    X509_get_ext(x, X509_get_ext_by_NID(x, NID_ext_key_usage, -1));
	ASN1_OCTET_STRING_set(
	    X509_EXTENSION_get_data(ext), (const uint8_t *)"\x30\x01", 2);
})
SPOIL(eku_empty, {
	X509_EXTENSION *ext =
	    X509_get_ext(x, X509_get_ext_by_NID(x, NID_ext_key_usage, -1));
	ASN1_OCTET_STRING_set(
	    X509_EXTENSION_get_data(ext), (const uint8_t *)"\x30\x00", 2);
})

static void
version_1(X509 *x)
{
	while (X509_get_ext_count(x) > 0)
		X509_EXTENSION_free(X509_delete_ext(x, 0));
	X509_set_version(x, X509_VERSION_1);
}

static void
set_serial(X509 *x, const uint8_t *octets, int n)
{
	ASN1_STRING_set(X509_get_serialNumber(x), octets, n);
}

SPOIL(serial_4, set_serial(x, (const uint8_t *)"\x12\x34\x56\x78", 4))
SPOIL(serial_7, set_serial(x, (const uint8_t *)"\x12\x34\x56\x78\x9a\xbc\xde", 7))
SPOIL(serial_negative, {
	set_serial(x, (const uint8_t *)"\x12\x34\x56\x78\x9a\xbc\xde\xf0\x12", 9);
	X509_get_serialNumber(x)->type = V_ASN1_NEG_INTEGER;
})

static void
algorithms(X509 *x, int inner, int outer)
{
	const X509_ALGOR *a;

	X509_ALGOR_set0((X509_ALGOR *)X509_get0_tbs_sigalg(x), OBJ_nid2obj(inner),
	    V_ASN1_UNDEF, NULL);
	X509_get0_signature(NULL, &a, x);
	X509_ALGOR_set0((X509_ALGOR *)a, OBJ_nid2obj(outer), V_ASN1_UNDEF, NULL);
}

SPOIL(sig_sha1, algorithms(x, NID_ecdsa_with_SHA1, NID_ecdsa_with_SHA1))
SPOIL(sig_sha384, algorithms(x, NID_ecdsa_with_SHA384, NID_ecdsa_with_SHA384))
SPOIL(sig_differs, algorithms(x, NID_ecdsa_with_SHA256, NID_ecdsa_with_SHA384))
SPOIL(sig_no_null,
    { algorithms(x, NID_sha256WithRSAEncryption, NID_sha256WithRSAEncryption); })
SPOIL(other_issuer, X509_set_issuer_name(x, X509_get_subject_name(x)))
SPOIL(root_other_subject, add_attr(x, NID_organizationName, V_ASN1_UTF8STRING, "X", 0))
SPOIL(root_other_key, set_key(x, EVP_EC_gen("P-256")))

static void
set_times(X509 *x, int64_t from, int64_t until)
{
	ASN1_TIME_adj(X509_getm_notBefore(x), (time_t)from, 0, 0);
	ASN1_TIME_adj(X509_getm_notAfter(x), (time_t)until, 0, 0);
}

SPOIL(days_826, set_times(x, WORLD_NOW, WORLD_NOW + 825 * DAY))
SPOIL(days_none, set_times(x, WORLD_NOW, WORLD_NOW - 2))
SPOIL(before_ca, set_times(x, WORLD_NOW - 301, WORLD_NOW + DAY))
SPOIL(ca_26_years, set_times(x, WORLD_NOW, WORLD_NOW + 26 * INT64_C(365) * DAY))

SPOIL(aki_none, no_ext(x, NID_authority_key_identifier))
SPOIL(aki_critical, make_critical(x, NID_authority_key_identifier, 1))
SPOIL(aki_other, set_ext(x, NID_authority_key_identifier, "keyid"))
SPOIL(aki_issuer, set_ext(x, NID_authority_key_identifier, "issuer:always"))
SPOIL(ski_none, no_ext(x, NID_subject_key_identifier))
SPOIL(ski_critical, make_critical(x, NID_subject_key_identifier, 1))
SPOIL(ski_short, set_ext(x, NID_subject_key_identifier, "0102030405060708"))

SPOIL(cn_printable, set_attr(x, NID_commonName, V_ASN1_PRINTABLESTRING, "x"))
SPOIL(cn_t61, set_attr(x, NID_commonName, V_ASN1_T61STRING, "x"))
SPOIL(cn_ia5, set_attr(x, NID_commonName, V_ASN1_IA5STRING, "anna.muster@example.com"))
SPOIL(cn_65, set_attr(x, NID_commonName, V_ASN1_UTF8STRING,
		 "12345678901234567890123456789012345678901234567890123456789012345"))
SPOIL(cn_control, set_attr(x, NID_commonName, V_ASN1_UTF8STRING, "a\nb"))
SPOIL(cn_empty, set_attr(x, NID_commonName, V_ASN1_UTF8STRING, ""))
SPOIL(cn_twice,
    add_attr(x, NID_commonName, V_ASN1_UTF8STRING, "anna.muster@example.com", 0))
SPOIL(rdn_of_two, add_attr(x, NID_serialNumber, V_ASN1_UTF8STRING, "1", -1))
SPOIL(cn_dash, set_attr(x, NID_commonName, V_ASN1_UTF8STRING, ". -"))
SPOIL(with_o, add_attr(x, NID_organizationName, V_ASN1_UTF8STRING, "X", 0))
SPOIL(with_c, add_attr(x, NID_countryName, V_ASN1_PRINTABLESTRING, "CH", 0))
SPOIL(with_ou, add_attr(x, NID_organizationalUnitName, V_ASN1_UTF8STRING, "IT", 0))
SPOIL(with_title, add_attr(x, NID_title, V_ASN1_UTF8STRING, "Dr", 0))
SPOIL(with_given, add_attr(x, NID_givenName, V_ASN1_UTF8STRING, "Anna", 0))
SPOIL(with_dc, add_attr(x, NID_domainComponent, V_ASN1_UTF8STRING, "com", 0))
SPOIL(no_o, no_attr(x, NID_organizationName))
SPOIL(no_org_id, no_attr(x, NID_organizationIdentifier))
SPOIL(no_person, no_attr(x, NID_givenName); no_attr(x, NID_surname))
SPOIL(cn_somebody, set_attr(x, NID_commonName, V_ASN1_UTF8STRING, "Somebody"))
SPOIL(cn_other_mail, set_attr(x, NID_commonName, V_ASN1_UTF8STRING, "ceo@example.com"))
SPOIL(org_id_scheme,
    set_attr(x, NID_organizationIdentifier, V_ASN1_UTF8STRING, "nonsense"))
SPOIL(org_id_country,
    set_attr(x, NID_organizationIdentifier, V_ASN1_UTF8STRING, "NTRDE-12"))
SPOIL(country_lower, set_attr(x, NID_countryName, V_ASN1_PRINTABLESTRING, "ch");
      no_attr(x, NID_organizationIdentifier);
      add_attr(x, NID_organizationIdentifier, V_ASN1_UTF8STRING, "NTRch-1", 0))
SPOIL(ca_country_long, set_attr(x, NID_countryName, V_ASN1_PRINTABLESTRING, "CHE"))
SPOIL(mail_elsewhere,
    add_attr(x, NID_pkcs9_emailAddress, V_ASN1_IA5STRING, "ceo@example.com", 0))

SPOIL(policies_none, no_ext(x, NID_certificate_policies))
SPOIL(policies_critical, make_critical(x, NID_certificate_policies, 1))
SPOIL(policies_any,
    set_ext(x, NID_certificate_policies, "2.5.29.32.0,1.3.6.1.4.1.99999.7.1"))
SPOIL(policies_three, set_ext(x, NID_certificate_policies,
			  "2.23.140.1.5.1.3,1.3.6.1.4.1.99999.7.1,1.2.3"))
SPOIL(policies_legacy,
    set_ext(x, NID_certificate_policies, "2.23.140.1.5.1.1,1.3.6.1.4.1.99999.7.1"))
SPOIL(policies_wrong_type,
    set_ext(x, NID_certificate_policies, "2.23.140.1.5.1.3,1.3.6.1.4.1.99999.7.1"))
SPOIL(crldp_none, no_ext(x, NID_crl_distribution_points))
SPOIL(crldp_critical, make_critical(x, NID_crl_distribution_points, 1))
SPOIL(crldp_https, set_ext(x, NID_crl_distribution_points, "URI:https://a.example/c"))
SPOIL(crldp_ldap, set_ext(x, NID_crl_distribution_points,
		      "URI:http://a.example/c,URI:ldap://a.example/c"))
SPOIL(aia_none, no_ext(x, NID_info_access))
SPOIL(aia_critical, make_critical(x, NID_info_access, 1))
SPOIL(aia_https, set_ext(x, NID_info_access, "caIssuers;URI:https://a.example/c"))
SPOIL(aia_ocsp_only, set_ext(x, NID_info_access, "OCSP;URI:http://a.example/c"))
SPOIL(aia_other, set_ext(x, NID_info_access, "1.2.3.4;URI:http://a.example/c"))
SPOIL(aia_email, set_ext(x, NID_info_access, "caIssuers;email:a@example.com"))
SPOIL(ca_true, set_ext(x, NID_basic_constraints, "critical,CA:TRUE"))
SPOIL(ca_false_path, set_ext(x, NID_basic_constraints, "CA:FALSE,pathlen:1"))
SPOIL(usage_none, no_ext(x, NID_key_usage))
SPOIL(usage_lax, make_critical(x, NID_key_usage, 0))
SPOIL(usage_cert_sign,
    set_ext(x, NID_key_usage, "critical,digitalSignature,keyAgreement,keyCertSign"))
SPOIL(usage_data, set_ext(x, NID_key_usage,
		      "critical,digitalSignature,keyEncipherment,dataEncipherment"))
SPOIL(usage_rsa_on_ec,
    set_ext(x, NID_key_usage, "critical,digitalSignature,keyEncipherment"))
SPOIL(usage_ec_on_rsa,
    set_ext(x, NID_key_usage, "critical,digitalSignature,keyAgreement"))
SPOIL(usage_nr_only, set_ext(x, NID_key_usage, "critical,nonRepudiation"))
SPOIL(eku_none, no_ext(x, NID_ext_key_usage))
SPOIL(eku_server, set_ext(x, NID_ext_key_usage, "emailProtection,serverAuth"))
SPOIL(eku_client, set_ext(x, NID_ext_key_usage, "emailProtection,clientAuth"))
SPOIL(eku_any, set_ext(x, NID_ext_key_usage, "anyExtendedKeyUsage"))
SPOIL(eku_twice, set_ext(x, NID_ext_key_usage, "emailProtection,emailProtection"))
SPOIL(san_none, no_ext(x, NID_subject_alt_name); no_attr(x, NID_commonName))
SPOIL(san_critical, make_critical(x, NID_subject_alt_name, 1))
SPOIL(san_lax_empty, no_attr(x, NID_commonName))
SPOIL(san_dns,
    set_ext(x, NID_subject_alt_name, "email:anna.muster@example.com,DNS:a.example"))
SPOIL(san_upn, set_ext(x, NID_subject_alt_name,
		   "email:anna.muster@example.com,otherName:1.3.6.1.4.1.311.20.2.3;"
		   "UTF8:a@b.example"))
SPOIL(san_broken,
    set_ext(x, NID_subject_alt_name, "email:anna.muster@example.com,email:a@@b"))
SPOIL(san_upper,
    set_ext(x, NID_subject_alt_name, "email:anna.muster@example.com,email:a@B.example"))
SPOIL(san_twice, set_ext(x, NID_subject_alt_name,
		     "email:anna.muster@example.com,email:Anna.Muster@example.com"))

static void
san_51(X509 *x)
{
	char text[64 * 52], *p = text;

	p += sprintf(p, "email:anna.muster@example.com");
	for (int i = 0; i < 50; i++)
		p += sprintf(p, ",email:a%d@example.com", i);
	set_ext(x, NID_subject_alt_name, text);
}

SPOIL(cap_critical, make_critical(x, NID_SMIMECapabilities, 1))
SPOIL(cap_3des, set_ext(x, NID_SMIMECapabilities, "DER:300c300a06082a864886f70d0307"))
SPOIL(ext_comment, add_ext(x, NID_netscape_comment, "hello"))
SPOIL(ext_constraints, add_ext(x, NID_policy_constraints, "requireExplicitPolicy:0"))
SPOIL(ext_own,
    add_ext(x, OBJ_create("1.3.6.1.4.1.99999.8", "testOwn", "Test Own"), "DER:0500"))

SPOIL(ca_false, set_ext(x, NID_basic_constraints, "critical,CA:FALSE"))
SPOIL(ca_lax, make_critical(x, NID_basic_constraints, 0))
SPOIL(ca_path_1, set_ext(x, NID_basic_constraints, "critical,CA:TRUE,pathlen:1"))
SPOIL(ca_path_0, set_ext(x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"))
SPOIL(ca_path_none, set_ext(x, NID_basic_constraints, "critical,CA:TRUE"))
SPOIL(ca_usage_more,
    set_ext(x, NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature"))
SPOIL(ca_usage_less, set_ext(x, NID_key_usage, "critical,keyCertSign"))
SPOIL(any_policy, set_ext(x, NID_certificate_policies, "2.5.29.32.0"))
SPOIL(eku_email, set_ext(x, NID_ext_key_usage, "emailProtection"))
SPOIL(eku_critical, make_critical(x, NID_ext_key_usage, 1))
SPOIL(no_cn, no_attr(x, NID_commonName))
SPOIL(no_c, no_attr(x, NID_countryName))

#define LEAF   LINT_MAILBOX
#define ORG    LINT_ORGANIZATION
#define PERSON LINT_SPONSOR

static const struct {
	const char *name;
	enum lint_kind kind;
	void (*spoil)(X509 *x);
	const char *want; /* rule */
	bool rsa;	  /* of the world of RSA keys */
} bad[] = {
    {"extension_twice", LEAF, ext_twice, "well-formed", false},
    {"extension_garbage", LEAF, ext_garbage, "well-formed", false},
    {"ext_usage_empty", LEAF, eku_empty, "well-formed", false},
    {"version_1", LEAF, version_1, "version", false},
    {"serial_of_4", LEAF, serial_4, "serial", false},
    {"serial_of_7", LEAF, serial_7, "serial", false},
    {"serial_negative", LEAF, serial_negative, "serial", false},
    {"key_rsa_1024", LEAF, key_rsa_1024, "key", false},
    {"key_close_primes", LEAF, key_close_primes, "key", false},
    {"key_roca", LEAF, key_roca, "key", false},
    {"key_factor_751", LEAF, key_factor_751, "key", false},
    {"key_exponent_3", LEAF, key_exponent_3, "key", false},
    {"key_exponent_even", LEAF, key_exponent_even, "key", false},
    {"key_2052_bits", LEAF, key_2052_bits, "key", false},
    {"key_off_curve", LEAF, key_off_curve, "well-formed", false},
    {"key_ed25519", LEAF, key_ed25519, "spki", false},
    {"key_x25519", LEAF, key_x25519, "spki", false},
    {"key_brainpool", LEAF, key_brainpool, "spki", false},
    {"key_p224", LEAF, key_p224, "spki", false},
    {"signature_sha1", LEAF, sig_sha1, "signature", false},
    {"signature_sha384_p256", LEAF, sig_sha384, "signature", false},
    {"signature_two", LEAF, sig_differs, "well-formed", false},
    {"signature_without_null", LEAF, sig_no_null, "signature", true},
    {"signature_of_other_key", LEAF, sig_sha384, "signature", true},
    {"issuer_other", LEAF, other_issuer, "issuer", false},
    {"root_not_self_issued", LINT_ROOT, root_other_subject, "self-issued", false},
    {"root_other_key", LINT_ROOT, root_other_key, "self-issued", false},
    {"days_826", LEAF, days_826, "days", false},
    {"days_negative", LEAF, days_none, "days", false},
    {"root_26_years", LINT_ROOT, ca_26_years, "days", false},
    {"before_ca", LEAF, before_ca, "within", false},
    {"aki_none", LEAF, aki_none, "authority-key-id", false},
    {"aki_critical", LEAF, aki_critical, "authority-key-id", false},
    {"aki_other_key", LEAF, aki_other, "authority-key-id", false},
    {"aki_issuer_serial", LEAF, aki_issuer, "authority-key-id", false},
    {"aki_none_issuing", LINT_ISSUING, aki_none, "authority-key-id", false},
    {"ski_none", LEAF, ski_none, "subject-key-id", false},
    {"ski_critical", LEAF, ski_critical, "subject-key-id", false},
    {"ski_short", LEAF, ski_short, "subject-key-id", false},
    {"ski_none_root", LINT_ROOT, ski_none, "subject-key-id", false},
    {"cn_printable", LEAF, cn_printable, "strings", false},
    {"cn_t61", LEAF, cn_t61, "strings", false},
    {"cn_ia5", LEAF, cn_ia5, "strings", false},
    {"cn_65", PERSON, cn_65, "strings", false},
    {"cn_control", PERSON, cn_control, "strings", false},
    {"cn_empty", PERSON, cn_empty, "strings", false},
    {"cn_twice", LEAF, cn_twice, "strings", false},
    {"rdn_of_two", LEAF, rdn_of_two, "strings", false},
    {"cn_dash", PERSON, cn_dash, "metadata", false},
    {"mailbox_with_o", LEAF, with_o, "attributes-mailbox", false},
    {"mailbox_with_c", LEAF, with_c, "attributes-mailbox", false},
    {"mailbox_with_given", LEAF, with_given, "attributes-mailbox", false},
    {"organization_with_given", ORG, with_given, "attributes-organization", false},
    {"organization_with_ou", ORG, with_ou, "attributes-organization", false},
    {"person_with_ou", PERSON, with_ou, "attributes-person", false},
    {"person_with_title", PERSON, with_title, "attributes-person", false},
    {"person_with_dc", PERSON, with_dc, "attributes-person", false},
    {"organization_without_o", ORG, no_o, "organization", false},
    {"person_without_id", PERSON, no_org_id, "organization", false},
    {"person_without_name", PERSON, no_person, "person", false},
    {"mailbox_cn_name", LEAF, cn_somebody, "common-name", false},
    {"organization_cn_name", ORG, cn_somebody, "common-name", false},
    {"person_cn_other_mail", PERSON, cn_other_mail, "common-name", false},
    {"organization_id_scheme", ORG, org_id_scheme, "organization-id", false},
    {"organization_id_country", PERSON, org_id_country, "organization-id", false},
    {"organization_id_lower", PERSON, country_lower, "organization-id", false},
    {"ca_country_long", LINT_ISSUING, ca_country_long, "country", false},
    {"mail_in_subject_alone", LEAF, mail_elsewhere, "addresses-repeated", false},
    {"policies_none", LEAF, policies_none, "policies", false},
    {"policies_critical", LEAF, policies_critical, "policies", false},
    {"policies_any", LEAF, policies_any, "policies", false},
    {"policies_three", LEAF, policies_three, "policies", false},
    {"policies_legacy", LEAF, policies_legacy, "policies", false},
    {"policies_wrong_type", PERSON, policies_wrong_type, "policies", false},
    {"crldp_none", LEAF, crldp_none, "crl-points", false},
    {"crldp_critical", LEAF, crldp_critical, "crl-points", false},
    {"crldp_https", LEAF, crldp_https, "crl-points", false},
    {"crldp_ldap", LEAF, crldp_ldap, "crl-points", false},
    {"crldp_none_issuing", LINT_ISSUING, crldp_none, "crl-points", false},
    {"aia_none", LEAF, aia_none, "info-access", false},
    {"aia_critical", LEAF, aia_critical, "info-access", false},
    {"aia_https", LEAF, aia_https, "info-access", false},
    {"aia_ocsp_only", LEAF, aia_ocsp_only, "info-access", false},
    {"aia_other", LEAF, aia_other, "info-access", false},
    {"aia_email", LEAF, aia_email, "info-access", false},
    {"ca_true", LEAF, ca_true, "constraints", false},
    {"path_length", LEAF, ca_false_path, "constraints", false},
    {"usage_none", LEAF, usage_none, "usage", false},
    {"usage_not_critical", LEAF, usage_lax, "usage", false},
    {"usage_cert_sign", LEAF, usage_cert_sign, "usage", false},
    {"usage_data", LEAF, usage_data, "usage", true},
    {"usage_of_rsa_on_ec", LEAF, usage_rsa_on_ec, "usage", false},
    {"usage_of_ec_on_rsa", LEAF, usage_ec_on_rsa, "usage", true},
    {"usage_nonrepudiation", LEAF, usage_nr_only, "usage", false},
    {"ext_usage_none", LEAF, eku_none, "ext-usage", false},
    {"ext_usage_server", LEAF, eku_server, "ext-usage", false},
    {"ext_usage_client", LEAF, eku_client, "ext-usage", false},
    {"ext_usage_any", LEAF, eku_any, "ext-usage", false},
    {"ext_usage_twice", LEAF, eku_twice, "ext-usage", false},
    {"alt_name_none", LEAF, san_none, "alt-name", false},
    {"alt_name_critical", LEAF, san_critical, "alt-name", false},
    {"alt_name_not_critical", LEAF, san_lax_empty, "alt-name", false},
    {"alt_name_dns", LEAF, san_dns, "alt-name-content", false},
    {"alt_name_upn", LEAF, san_upn, "alt-name-content", false},
    {"alt_name_broken", LEAF, san_broken, "alt-name-content", false},
    {"alt_name_upper_domain", LEAF, san_upper, "alt-name-content", false},
    {"alt_name_twice", LEAF, san_twice, "alt-name-content", false},
    {"alt_name_51", LEAF, san_51, "alt-name-content", false},
    {"capabilities_critical", LEAF, cap_critical, "capabilities", false},
    {"capabilities_3des", LEAF, cap_3des, "capabilities", false},
    {"extension_comment", LEAF, ext_comment, "unknown-extension", false},
    {"extension_own", LEAF, ext_own, "unknown-extension", false},
    {"ca_without_cn", LINT_ISSUING, no_cn, "ca-name", false},
    {"ca_without_o", LINT_ISSUING, no_o, "ca-name", false},
    {"ca_without_c", LINT_ISSUING, no_c, "ca-name", false},
    {"ca_false", LINT_ISSUING, ca_false, "ca-constraints", false},
    {"ca_not_critical", LINT_ISSUING, ca_lax, "ca-constraints", false},
    {"issuing_path_1", LINT_ISSUING, ca_path_1, "ca-constraints", false},
    {"issuing_path_none", LINT_ISSUING, ca_path_none, "ca-constraints", false},
    {"root_path_0", LINT_ROOT, ca_path_0, "ca-constraints", false},
    {"ca_usage_more", LINT_ISSUING, ca_usage_more, "ca-usage", false},
    {"ca_usage_less", LINT_ROOT, ca_usage_less, "ca-usage", false},
    {"ca_usage_none", LINT_ROOT, usage_none, "ca-usage", false},
    {"ca_usage_lax", LINT_ISSUING, usage_lax, "ca-usage", false},
    {"root_with_policies", LINT_ROOT, any_policy, "root-policies", false},
    {"issuing_without_policies", LINT_ISSUING, policies_none, "ca-policies", false},
    {"issuing_policies_critical", LINT_ISSUING, policies_critical, "ca-policies",
	false},
    {"root_with_ext_usage", LINT_ROOT, eku_email, "root-ext-usage", false},
    {"issuing_without_ext_usage", LINT_ISSUING, eku_none, "ca-ext-usage", false},
    {"issuing_server", LINT_ISSUING, eku_server, "ca-ext-usage", false},
    {"issuing_any", LINT_ISSUING, eku_any, "ca-ext-usage", false},
    {"issuing_ext_usage_critical", LINT_ISSUING, eku_critical, "ca-ext-usage", false},
    {"issuing_constraints", LINT_ISSUING, ext_constraints, "ca-unknown-extension",
	false},
    {"root_comment", LINT_ROOT, ext_comment, "ca-unknown-extension", false},
};

/* Notes which rule refused, and checks that it is the one wanted. */
static void
check_broken(const char *name, const struct world *w, enum lint_kind kind,
    struct bytes der, const struct profile_issuer *issuer, const char *want)
{
	const struct lint_rule *rule = NULL;
	struct err e = {0};
	int rc = lint(w, kind, der, issuer, &rule, &e);
	const struct lint_rule *all;
	size_t n;

	all = lint_rules(&n);
	for (size_t i = 0; i < n; i++)
		if (rule != NULL && strcmp(all[i].name, rule->name) == 0)
			was_broken[i] = true;
	check(rc == ERR_POLICY && rule != NULL && strcmp(rule->name, want) == 0 &&
		  strstr(e.text, rule->clause) != NULL &&
		  strstr(e.text, "found ") != NULL,
	    name, "rule %s, want %s: %s", rule == NULL ? "none" : rule->name, want,
	    rc == 0 ? "accepted" : e.text);
}

static void
test_bad(void)
{
	for (size_t i = 0; i < NITEMS(bad); i++) {
		const struct world *w = bad[i].rsa ? &rsa : &ec;
		struct owned der = good(w, bad[i].kind);
		const uint8_t *p = der.p;
		X509 *x = d2i_X509(NULL, &p, (long)der.n);
		uint8_t *spoiled = NULL;
		int n;

		bad[i].spoil(x);
		n = i2d_re_X509_tbs(x, NULL) < 0 ? -1 : i2d_X509(x, &spoiled);
		if (n <= 0)
			abort();
		check_broken(bad[i].name, w, bad[i].kind,
		    (struct bytes){spoiled, (size_t)n}, NULL, bad[i].want);
		OPENSSL_free(spoiled);
		X509_free(x);
		owned_free(&der);
	}
}

/* What cannot be done to a decoded one. */
static void
test_octets(void)
{
	struct owned der = good(&ec, LINT_MAILBOX), more;
	struct profile_issuer issuer = *ca_issuer(ec.issuing);
	size_t refused = 0;

	more.p = calloc(1, der.n + 1);
	more.n = der.n + 1;
	memcpy(more.p, der.p, der.n);
	check_broken(
	    "octet_behind", &ec, LINT_MAILBOX, owned_view(&more), NULL, "well-formed");
	owned_free(&more);
	for (size_t n = 0; n < der.n; n++)
		refused += lint(&ec, LINT_MAILBOX, (struct bytes){der.p, n}, NULL, NULL,
			       NULL) == ERR_POLICY;
	check(refused == der.n, "cut_anywhere", "%zu of %zu refused", refused, der.n);
	issuer.not_after = WORLD_NOW + DAY;
	check_broken(
	    "after_ca", &ec, LINT_MAILBOX, owned_view(&der), &issuer, "within");
	owned_free(&der);
}

/* --- CRLs ---------------------------------------------------------------------- */

static void
crl_no_ext(X509_CRL *c, int nid)
{
	X509_EXTENSION_free(
	    X509_CRL_delete_ext(c, X509_CRL_get_ext_by_NID(c, nid, -1)));
}

static void
crl_number_is(X509_CRL *c, long value)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();

	ASN1_INTEGER_set(number, value);
	crl_no_ext(c, NID_crl_number);
	X509_CRL_add1_ext_i2d(c, NID_crl_number, number, 0, 0);
	ASN1_INTEGER_free(number);
}

static X509_REVOKED *
crl_entry(X509_CRL *c, int i)
{
	return sk_X509_REVOKED_value(X509_CRL_get_REVOKED(c), i);
}

static void
crl_reason_is(X509_CRL *c, long value, int critical)
{
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
	X509_REVOKED *entry = crl_entry(c, 0);

	ASN1_ENUMERATED_set(reason, value);
	X509_EXTENSION_free(X509_REVOKED_delete_ext(entry, 0));
	X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, critical, 0);
	ASN1_ENUMERATED_free(reason);
}

#define SPOIL_CRL(name, ...)                                                           \
	static void name(X509_CRL *c)                                                  \
	{                                                                              \
		__VA_ARGS__;                                                           \
	}

static void
crl_v1(X509_CRL *c)
{
	crl_no_ext(c, NID_crl_number);
	crl_no_ext(c, NID_authority_key_identifier);
	X509_EXTENSION_free(X509_REVOKED_delete_ext(crl_entry(c, 0), 0));
	X509_CRL_set_version(c, X509_CRL_VERSION_1);
}

static void
crl_sha1(X509_CRL *c)
{
	const X509_ALGOR *outer;

	X509_CRL_get0_signature(c, NULL, &outer);
	X509_ALGOR_set0(
	    (X509_ALGOR *)outer, OBJ_nid2obj(NID_ecdsa_with_SHA1), V_ASN1_UNDEF, NULL);
}

static void
crl_next_is(X509_CRL *c, int64_t when)
{
	ASN1_TIME *t = ASN1_TIME_adj(NULL, (time_t)when, 0, 0);

	X509_CRL_set1_nextUpdate(c, t);
	ASN1_TIME_free(t);
}

static void
crl_revoked_later(X509_CRL *c)
{
	ASN1_TIME *t = ASN1_TIME_adj(NULL, WORLD_NOW + 1, 0, 0);

	X509_REVOKED_set_revocationDate(crl_entry(c, 0), t);
	ASN1_TIME_free(t);
}

static void
crl_serial_is(X509_CRL *c, long value)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_new();

	ASN1_INTEGER_set(serial, value);
	X509_REVOKED_set_serialNumber(crl_entry(c, 0), serial);
	ASN1_INTEGER_free(serial);
}

static void
crl_aki_critical(X509_CRL *c)
{
	X509_EXTENSION_set_critical(
	    X509_CRL_get_ext(
		c, X509_CRL_get_ext_by_NID(c, NID_authority_key_identifier, -1)),
	    1);
}

static void
crl_other_issuer(X509_CRL *c)
{
	X509_NAME *name = X509_NAME_new();

	X509_NAME_add_entry_by_NID(
	    name, NID_commonName, MBSTRING_ASC, (const uint8_t *)"x", -1, -1, 0);
	X509_CRL_set_issuer_name(c, name);
	X509_NAME_free(name);
}

static void
crl_delta(X509_CRL *c)
{
	ASN1_INTEGER *base = ASN1_INTEGER_new();

	ASN1_INTEGER_set(base, 1);
	X509_CRL_add1_ext_i2d(c, NID_delta_crl, base, 1, 0);
	ASN1_INTEGER_free(base);
}

static void
crl_invalidity(X509_CRL *c)
{
	ASN1_GENERALIZEDTIME *t = ASN1_GENERALIZEDTIME_adj(NULL, WORLD_NOW - 5, 0, 0);

	X509_REVOKED_add1_ext_i2d(crl_entry(c, 0), NID_invalidity_date, t, 0, 0);
	ASN1_GENERALIZEDTIME_free(t);
}

SPOIL_CRL(crl_late, crl_next_is(c, WORLD_NOW + 10 * DAY + 1))
SPOIL_CRL(crl_back, crl_next_is(c, WORLD_NOW))
SPOIL_CRL(crl_no_aki, crl_no_ext(c, NID_authority_key_identifier))
SPOIL_CRL(crl_no_number, crl_no_ext(c, NID_crl_number))
SPOIL_CRL(crl_number_0, crl_number_is(c, 0))
SPOIL_CRL(crl_number_negative, crl_number_is(c, -5))
SPOIL_CRL(crl_hold, crl_reason_is(c, 6, 0))
SPOIL_CRL(crl_unspecified, crl_reason_is(c, 0, 0))
SPOIL_CRL(crl_remove, crl_reason_is(c, 8, 0))
SPOIL_CRL(crl_reason_critical, crl_reason_is(c, 1, 1))
SPOIL_CRL(crl_twice, crl_serial_is(c, 0x112244))
SPOIL_CRL(crl_unsorted, crl_serial_is(c, 0x112245))

static const struct {
	const char *name;
	void (*spoil)(X509_CRL *c);
	const char *want;
} bad_crl[] = {
    {"crl_v1", crl_v1, "crl-version"},
    {"crl_sha1", crl_sha1, "crl-signature"},
    {"crl_other_issuer", crl_other_issuer, "crl-issuer"},
    {"crl_next_late", crl_late, "crl-times"},
    {"crl_next_back", crl_back, "crl-times"},
    {"crl_no_aki", crl_no_aki, "crl-authority-key-id"},
    {"crl_aki_critical", crl_aki_critical, "crl-authority-key-id"},
    {"crl_no_number", crl_no_number, "crl-number"},
    {"crl_number_0", crl_number_0, "crl-number"},
    {"crl_number_negative", crl_number_negative, "crl-number"},
    {"crl_delta", crl_delta, "crl-extensions"},
    {"crl_invalidity_date", crl_invalidity, "crl-extensions"},
    {"crl_on_hold", crl_hold, "crl-reasons"},
    {"crl_unspecified", crl_unspecified, "crl-reasons"},
    {"crl_remove", crl_remove, "crl-reasons"},
    {"crl_reason_critical", crl_reason_critical, "crl-reasons"},
    {"crl_revoked_later", crl_revoked_later, "crl-dates"},
    {"crl_serial_twice", crl_twice, "crl-serials"},
    {"crl_serial_unsorted", crl_unsorted, "crl-serials"},
};

static void
test_bad_crls(void)
{
	for (size_t i = 0; i < NITEMS(bad_crl); i++) {
		struct owned der = good_crl(&ec);
		const uint8_t *p = der.p;
		X509_CRL *c = d2i_X509_CRL(NULL, &p, (long)der.n);
		uint8_t *spoiled = NULL;
		int n;

		bad_crl[i].spoil(c);
		n = i2d_re_X509_CRL_tbs(c, NULL) < 0 ? -1 : i2d_X509_CRL(c, &spoiled);
		if (n <= 0)
			abort();
		check_broken(bad_crl[i].name, &ec, LINT_CRL,
		    (struct bytes){spoiled, (size_t)n}, NULL, bad_crl[i].want);
		OPENSSL_free(spoiled);
		X509_CRL_free(c);
		owned_free(&der);
	}
	{
		struct owned der = good_crl(&ec);

		der.n--;
		check_broken("crl_cut", &ec, LINT_CRL, owned_view(&der), NULL,
		    "crl-well-formed");
		owned_free(&der);
	}
}

/* A rule that nothing can break would be no rule. */
static void
test_all_rules_broken(void)
{
	const struct lint_rule *all;
	size_t n;

	all = lint_rules(&n);
	if (n > RULES_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		check(was_broken[i], all[i].name, "no certificate here breaks %s",
		    all[i].clause);
}

int
main(void)
{
	world_init(&ec, KEY_P256, KEY_P256);
	world_init(&rsa, KEY_RSA_2048, KEY_RSA_2048);
	test_good();
	test_bad();
	test_octets();
	test_bad_crls();
	test_all_rules_broken();
	world_fini(&ec);
	world_fini(&rsa);
	return check_done();
}
