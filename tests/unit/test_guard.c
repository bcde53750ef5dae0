/*
 * The guard: what is refused, with the sentence (the part of it that says why),
 * and what passes. Values are made here, each one field away from a good one;
 * real ones by OpenSSL are tried on the running server (tests/integration).
 */
#include "core/guard.h"

#include "core/cert.h"
#include "core/cms.h"

#include "tests/unit/check.h"
#include "tests/unit/der_make.h"

#define NOW INT64_C(1700000000) /* 2023-11-14T22:13:20Z */

enum {
	DS = CERT_KU_DIGITAL_SIGNATURE,
	NR = CERT_KU_NON_REPUDIATION,
	KE = CERT_KU_KEY_ENCIPHERMENT,
	DE = CERT_KU_DATA_ENCIPHERMENT,
	KA = CERT_KU_KEY_AGREEMENT,
	CS = CERT_KU_KEY_CERT_SIGN,
};
#define ANNA  .names = "anna@example.com"
#define MAIL  .ext_usage = "e"
#define USUAL ANNA, MAIL, .usage = DS | KE

static const struct bytes person[] = {
    BYTES("anna@example.com"), BYTES("a.muster@example.com")};
static const struct bytes domain[] = {BYTES("example.com")};
static const struct bytes many[] = {BYTES("a@x.example"), BYTES("b@x.example"),
    BYTES("c@x.example"), BYTES("d@x.example"), BYTES("e@x.example")};
static const struct bytes idn[] = {BYTES("zoe@xn--mller-kva.example")};

/* Who the entry is. */
enum who {
	PERSON,
	DOMAIN,
	NOBODY,
	MANY,
	IDN
};

static int
guard_ask(enum guard_kind kind, struct bytes value, enum who who, struct err *e)
{
	*e = (struct err){0};
	switch (who) {
	case PERSON:
		return guard_check(kind, value, person, NITEMS(person), NOW, e);
	case DOMAIN:
		return guard_check(kind, value, domain, NITEMS(domain), NOW, e);
	case MANY:
		return guard_check(kind, value, many, NITEMS(many), NOW, e);
	case IDN:
		return guard_check(kind, value, idn, NITEMS(idn), NOW, e);
	case NOBODY:
		break;
	}
	return guard_check(kind, value, NULL, 0, NOW, e);
}

/* want: part of the sentence, or NULL where the value is accepted. */
static void
check_guard(const char *name, enum guard_kind kind, struct bytes value, enum who who,
    int code, const char *want)
{
	struct err e;
	int rc = guard_ask(kind, value, who, &e);
	char full[96];

	snprintf(full, sizeof(full), "guard__%s", name);
	if (want == NULL)
		check(rc == 0 && e.text[0] == '\0', full, "got %d \"%s\", want 0", rc,
		    e.text);
	else
		check(rc == code && strstr(e.text, want) != NULL &&
			  strncmp(e.text,
			      kind == GUARD_SIGNED ? "userSMIMECertificate: "
						   : "userCertificate: ",
			      16) == 0,
		    full, "got %d \"%s\", want %d \"...%s...\"", rc, e.text, code,
		    want);
}

static const struct row {
	const char *name;
	struct made_cert made;
	enum who who;
	const char *want; /* ERR_POLICY with this; NULL accepted */
} rows[] = {
    /* accepted */
    {"usual", {USUAL}, PERSON, NULL},
    {"encrypt_only", {ANNA, MAIL, .usage = KE}, PERSON, NULL},
    {"sign_only", {ANNA, MAIL, .usage = DS}, PERSON, NULL},
    {"sign_only_nr", {ANNA, MAIL, .usage = NR}, PERSON, NULL},
    {"no_usages", {ANNA}, PERSON, NULL},
    {"any_usage", {ANNA, .ext_usage = "a", .usage = KE}, PERSON, NULL},
    {"windows",
	{ANNA, .ext_usage = "ce", .usage = DS | KE, .email = "anna@example.com"},
	PERSON, NULL},
    {"end_entity", {USUAL, .constraints = 'e'}, PERSON, NULL},
    {"other_case", {.names = "Anna@EXAMPLE.com", MAIL, .usage = KE}, PERSON, NULL},
    {"alias", {.names = "a.muster@example.com", MAIL}, PERSON, NULL},
    {"second_name", {.names = "bruno@example.com anna@example.com", MAIL}, PERSON,
	NULL},
    {"subject_only", {.email = "anna@example.com", MAIL}, PERSON, NULL},
    {"v1", {.email = "anna@example.com", .v1 = true}, PERSON, NULL},
    {"domain", {.names = "=Example.COM", MAIL}, DOMAIN, NULL},
    {"u_label", {.names = "zoe@xn--mller-kva.example", MAIL}, IDN, NULL},
    {"not_yet", {USUAL, .from = "250101000000Z"}, PERSON, NULL},
    {"rsa_2048", {USUAL, .bits = 2048}, PERSON, NULL},
    {"rsa_8192", {USUAL, .bits = 8192}, PERSON, NULL},
    {"p256", {ANNA, MAIL, .key = KEY_P256, .usage = DS | KA}, PERSON, NULL},
    {"p256_ecdsa",
	{ANNA, MAIL, .key = KEY_P256, .usage = KA, .hash = MADE_ECDSA_SHA256}, PERSON,
	NULL},
    {"p256_sign", {ANNA, MAIL, .key = KEY_P256, .usage = DS}, PERSON, NULL},
    {"x25519", {ANNA, MAIL, .key = KEY_X25519, .usage = KA}, PERSON, NULL},
    {"ed25519", {ANNA, MAIL, .key = KEY_ED25519, .usage = DS, .hash = MADE_ED25519},
	PERSON, NULL},
    {"rsa_pss_sign", {ANNA, MAIL, .key = KEY_RSA_PSS, .usage = DS}, PERSON, NULL},
    {"dsa_sign", {ANNA, MAIL, .key = KEY_DSA, .usage = DS}, PERSON, NULL},
    {"sha384", {USUAL, .hash = MADE_SHA384}, PERSON, NULL},
    {"sha512", {USUAL, .hash = MADE_SHA512}, PERSON, NULL},

    /* refused: whose it is */
    {"authority", {USUAL, .constraints = 'c'}, PERSON, "certificate of an authority"},
    {"authority_usage", {ANNA, .usage = CS | DS, .constraints = 'c'}, PERSON,
	"basicConstraints cA"},
    {"theirs", {.names = "bruno@example.com", MAIL}, PERSON,
	"found address bruno@example.com in the certificate (subjectAltName), want one "
	"of "
	"the entry's: anna@example.com, a.muster@example.com"},
    {"no_name", {MAIL}, PERSON, "found address none in the certificate, want one of"},
    {"only_uri", {.names = "!https://example.com", MAIL}, PERSON, "found address none"},
    {"subject_beside", {.names = "bruno@example.com", .email = "anna@example.com"},
	PERSON, "found address bruno@example.com in"},
    {"subject_beside_uri", {.names = "!http://x", .email = "anna@example.com"}, PERSON,
	"found address none in"},
    {"subject_theirs", {.email = "bruno@example.com"}, PERSON,
	"found address bruno@example.com in the certificate, want"},
    {"domain_of_person", {.names = "=example.com", MAIL}, PERSON,
	"found address "
	"example.com"},
    {"person_of_domain", {ANNA, MAIL}, DOMAIN, "want one of the entry's: example.com"},
    {"subdomain", {.names = "=mail.example.com", MAIL}, DOMAIN, "mail.example.com"},
    {"wildcard", {.names = "=*.example.com", MAIL}, DOMAIN, "*.example.com"},
    {"no_mail", {ANNA, MAIL}, NOBODY, "this one has none"},
    {"many_names",
	{.names = "a@y.example b@y.example c@y.example d@y.example e@y.example "
		  "f@y.example"},
	MANY,
	"found address a@y.example, b@y.example, c@y.example and 3 more in the "
	"certificate "
	"(subjectAltName), want one of the entry's: a@x.example, b@x.example, "
	"c@x.example "
	"and 2 more"},
    {"longer", {.names = "joanna@example.com anna@example.com.evil.example"}, PERSON,
	"found address joanna@example.com"},

    /* refused: keys and signatures */
    {"rsa_1024", {USUAL, .bits = 1024}, PERSON,
	"found a weak key, RSA 1024, want at least 2048 bits"},
    {"rsa_2047", {USUAL, .bits = 2047}, PERSON, "RSA 2047"},
    {"rsa_512", {USUAL, .bits = 512}, PERSON, "RSA 512"},
    {"rsa_pss_1024", {ANNA, .key = KEY_RSA_PSS, .bits = 1024}, PERSON, "RSA-PSS 1024"},
    {"dsa_1024", {ANNA, .key = KEY_DSA, .bits = 1024}, PERSON, "DSA 1024"},
    {"curve", {ANNA, .key = KEY_CURVE_UNKNOWN}, PERSON, "unknown curve"},
    {"point_compressed", {ANNA, .key = KEY_P256_COMPRESSED}, PERSON, "uncompressed"},
    {"key_unknown", {ANNA, .key = KEY_UNKNOWN}, PERSON, "key of unknown type"},
    {"sha1", {USUAL, .hash = MADE_SHA1}, PERSON, "signature with sha1"},
    {"md5", {USUAL, .hash = MADE_MD5}, PERSON, "signature with md5"},
    {"md4", {USUAL, .hash = MADE_MD4}, PERSON, "signature with md4"},
    {"md2", {USUAL, .hash = MADE_MD2}, PERSON, "signature with md2"},
    {"ecdsa_sha1", {ANNA, .key = KEY_P256, .hash = MADE_ECDSA_SHA1}, PERSON, "sha1"},

    /* refused: what it may do */
    {"usage_data", {ANNA, MAIL, .usage = DE}, PERSON, "neither encrypting nor signing"},
    {"usage_cert_sign", {ANNA, MAIL, .usage = CS}, PERSON, "neither encrypting"},
    {"usage_rsa_agreement", {ANNA, .usage = KA}, PERSON, "want keyEncipherment or"},
    {"usage_ec_encipherment", {ANNA, .key = KEY_P256, .usage = KE}, PERSON,
	"want keyAgreement or digitalSignature"},
    {"usage_x25519", {ANNA, .key = KEY_X25519, .usage = DS}, PERSON, "neither"},
    {"ext_server", {ANNA, .ext_usage = "s"}, PERSON, "without emailProtection"},
    {"ext_client", {ANNA, .ext_usage = "cs", .usage = DS | KE}, PERSON,
	"without emailProtection"},
    {"critical", {USUAL, .critical = true}, PERSON, "critical extension"},

    /* refused: when */
    {"ended", {USUAL, .last = "231114221319Z"}, PERSON,
	"ended at 2023-11-14T22:13:19Z, want one that has not ended now, at "
	"2023-11-14T22:13:20Z"},
    {"last_second", {USUAL, .last = "231114221320Z"}, PERSON, NULL},
    {"ended_long_ago", {USUAL, .from = "990101000000Z", .last = "000101000000Z"},
	PERSON, "2000-01-01T00:00:00Z"},
    {"backwards", {USUAL, .from = "260101000000Z", .last = "250101000000Z"}, PERSON,
	"before it begins"},
};

static void
test_certificates(void)
{
	for (size_t i = 0; i < NITEMS(rows); i++) {
		der_reset();
		check_guard(rows[i].name, GUARD_CERTIFICATE, der_cert(&rows[i].made),
		    rows[i].who, ERR_POLICY, rows[i].want);
	}
}

/* --- what is no certificate --------------------------------------------------------
 */

static struct bytes
good(void)
{
	return der_cert(&(struct made_cert){USUAL});
}

static struct bytes
key_pkcs8(void)
{
	return DER_SEQ(der_number(0),
	    DER_SEQ(DER_LEAF(DER_OID, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"),
		DER_LEAF(DER_NULL, "")),
	    DER_LEAF(DER_OCTET_STRING, "secret"));
}

static struct bytes
key_pkcs1(void)
{
	struct bytes n = der_big(2048), h = der_big(1024);

	return DER_SEQ(der_number(0), n, der_number(3), n, h, h, h, h, h);
}

static struct bytes
key_sec1(void)
{
	return DER_SEQ(der_number(1), der_wrap(DER_OCTET_STRING, der_fill(7, 32)),
	    DER(DER_CONTEXT_CONSTRUCTED(0), DER_LEAF(DER_OID, OID_P256)));
}

static struct bytes
key_encrypted(void)
{
	return DER_SEQ(
	    DER_SEQ(DER_LEAF(DER_OID, "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"),
		DER_SEQ(der_nothing)),
	    DER_LEAF(DER_OCTET_STRING, "secret"));
}

static struct bytes
key_encrypted_old(void)
{
	return DER_SEQ(
	    DER_SEQ(DER_LEAF(DER_OID, "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03")),
	    DER_LEAF(DER_OCTET_STRING, "secret"));
}

static struct bytes
key_dsa(void)
{
	struct bytes n = der_big(2048);

	return DER_SEQ(der_number(0), n, n, n, n, n);
}

static struct bytes
pfx(void)
{
	return DER_SEQ(der_number(3),
	    DER_SEQ(DER_LEAF(DER_OID, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"),
		DER(DER_CONTEXT_CONSTRUCTED(0), DER_LEAF(DER_OCTET_STRING, "safe"))));
}

static struct bytes
request(void)
{
	return DER_SEQ(
	    DER_SEQ(der_number(0), der_name("Anna", NULL), der_spki(KEY_RSA, 2048),
		DER(DER_CONTEXT_CONSTRUCTED(0), der_nothing)),
	    der_algorithm(MADE_SHA256), der_bits(der_fill(1, 64)));
}

static struct bytes
crl(bool v2)
{
	return DER_SEQ(
	    DER_SEQ(v2 ? der_number(1) : der_nothing, der_algorithm(MADE_SHA256),
		der_name("CA", NULL), DER_LEAF(DER_UTC_TIME, "230101000000Z")),
	    der_algorithm(MADE_SHA256), der_bits(der_fill(1, 64)));
}

static struct bytes
cut(struct bytes in, size_t n)
{
	return (struct bytes){in.p, in.n - n};
}

#define PEM(label)    BYTES("-----BEGIN " label "-----\nMIIB\n-----END " label "-----\n")
#define ADVICE_IMPORT "with `chancery import` it goes by itself"
#define ADVICE_ALONE  "; a certificate alone belongs into userCertificate"

static void
check_cert_value(const char *name, struct bytes value, int code, const char *want)
{
	check_guard(name, GUARD_CERTIFICATE, value, PERSON, code, want);
}

static void
test_secrets(void)
{
	der_reset();
	check_cert_value("pkcs8", key_pkcs8(), ERR_POLICY, "private key (PKCS #8)");
	check_cert_value("pkcs8_advice", key_pkcs8(), ERR_POLICY, "compromised");
	check_cert_value("pkcs1", key_pkcs1(), ERR_POLICY, "private key (PKCS #1)");
	check_cert_value("sec1", key_sec1(), ERR_POLICY, "private key (SEC 1)");
	check_cert_value("dsa_key", key_dsa(), ERR_POLICY, "private key (DSA)");
	check_cert_value(
	    "encrypted", key_encrypted(), ERR_POLICY, "encrypted private key");
	check_cert_value(
	    "encrypted_old", key_encrypted_old(), ERR_POLICY, "encrypted private key");
	check_cert_value("pfx", pfx(), ERR_POLICY, "PKCS #12");
	check_cert_value(
	    "pfx_ber", BYTES("\x30\x80\x02\x01\x03\x30\x80"), ERR_POLICY, "PKCS #12");
	check_cert_value(
	    "pem_key", PEM("PRIVATE KEY"), ERR_POLICY, "private key (PEM)");
	check_cert_value(
	    "pem_rsa_key", PEM("RSA PRIVATE KEY"), ERR_POLICY, "private key (PEM)");
	check_cert_value("pem_encrypted_key", PEM("ENCRYPTED PRIVATE KEY"), ERR_POLICY,
	    "private key (PEM)");
	check_cert_value(
	    "pem_ssh_key", PEM("OPENSSH PRIVATE KEY"), ERR_POLICY, "private key (PEM)");
	check_cert_value("pem_key_behind",
	    DER_JOIN(PEM("CERTIFICATE"), PEM("EC PRIVATE KEY")), ERR_POLICY,
	    "private key (PEM)");
	check_cert_value("pem_key_with_text",
	    DER_JOIN(BYTES("Bag Attributes\n"), PEM("PRIVATE KEY")), ERR_POLICY,
	    "private key (PEM)");
	check_cert_value(
	    "pgp_secret", BYTES("\x95\x03\x98\x04"), ERR_POLICY, "OpenPGP");
	check_cert_value(
	    "pgp_secret_new", BYTES("\xc5\x58\x04"), ERR_POLICY, "OpenPGP");
	check_cert_value("pgp_secret_armored", PEM("PGP PRIVATE KEY BLOCK"), ERR_POLICY,
	    "private key (PEM)");
	check_cert_value("key_behind", DER_JOIN(good(), key_pkcs8()), ERR_POLICY,
	    "private key (PKCS #8)");
	check_cert_value("key_before", DER_JOIN(key_pkcs1(), good()), ERR_POLICY,
	    "private key (PKCS #1)");
}

static void
test_other_things(void)
{
	der_reset();
	check_cert_value("empty", der_nothing, ERR_SYNTAX, "empty value");
	check_cert_value("request", request(), ERR_SYNTAX, "certificate request");
	check_cert_value("crl_v1", crl(false), ERR_SYNTAX, "revocation list");
	check_cert_value("crl_v2", crl(true), ERR_SYNTAX, "ou=authorities");
	check_cert_value("pem", PEM("CERTIFICATE"), ERR_SYNTAX, "PEM text");
	check_cert_value("pem_advice", PEM("CERTIFICATE"), ERR_SYNTAX, ADVICE_IMPORT);
	check_cert_value(
	    "pem_request", PEM("CERTIFICATE REQUEST"), ERR_SYNTAX, "PEM text");
	check_cert_value(
	    "base64", BYTES("MIIDazCCAlOg\r\nAwIB=="), ERR_SYNTAX, "base64");
	check_cert_value("cms", der_signed_data(good()), ERR_SYNTAX, "CMS message");
	check_cert_value("ber", BYTES("\x30\x80\x06\x09\x2a"), ERR_SYNTAX, "BER");
	check_cert_value(
	    "public_key", der_spki(KEY_RSA, 2048), ERR_SYNTAX, "public key");
	check_cert_value("public_ec", der_spki(KEY_P256, 0), ERR_SYNTAX, "public key");
	check_cert_value("pgp", BYTES("\x99\x01\x0d\x04"), ERR_SYNTAX, "ou=keys");
	check_cert_value(
	    "pgp_new", BYTES("\xc6\x33\x04"), ERR_SYNTAX, "an OpenPGP key");
	check_cert_value("text", BYTES("hello"), ERR_SYNTAX, "RFC 5280 section");
	check_cert_value("nul", BYTES("\0\0\0\0"), ERR_SYNTAX, "RFC 5280 section");
	check_cert_value("sequence", BYTES("\x30\x00"), ERR_SYNTAX, "RFC 5280 section");
	check_cert_value("cut", cut(good(), 1), ERR_SYNTAX, "RFC 5280 section");
	check_cert_value("half", cut(good(), 300), ERR_SYNTAX, "RFC 5280 section");
	check_cert_value("trailing", DER_JOIN(good(), BYTES("x")), ERR_SYNTAX,
	    "found 1 bytes behind the certificate");
	check_cert_value("trailing_newline", DER_JOIN(good(), BYTES("\r\n")),
	    ERR_SYNTAX, "found 2 bytes behind");
	check_cert_value(
	    "twice", DER_JOIN(good(), good()), ERR_SYNTAX, "a value of its own");
}

/* A certificate padded to an exact size. */
static struct bytes
sized(size_t n)
{
	struct made_cert m = {USUAL, .padding = 60000};
	size_t at = der_used, got = der_cert(&m).n;

	der_used = at;
	m.padding = m.padding + n - got;
	return der_cert(&m);
}

static void
test_sizes(void)
{
	der_reset();
	check_int(
	    "guard__size_made", (long long)sized(CERT_MAX_BYTES).n, CERT_MAX_BYTES);
	check_cert_value("size_at", sized(CERT_MAX_BYTES), 0, NULL);
	check_cert_value("size_past", sized(CERT_MAX_BYTES + 1), ERR_LIMIT,
	    "found 65537 bytes, want at most 65536");
	check_guard("signed_size_past", GUARD_SIGNED, der_fill(0x30, CMS_MAX_BYTES + 1),
	    PERSON, ERR_LIMIT, "found 1048577 bytes, want at most 1048576");
}

/* --- SignedData
 * ----------------------------------------------------------------------- */

static void
check_signed(const char *name, struct bytes value, int code, const char *want)
{
	check_guard(name, GUARD_SIGNED, value, PERSON, code, want);
}

static void
test_signed(void)
{
	struct bytes anna, theirs, ca, ended, junk = DER_SEQ(BYTES("\x05\0"));

	der_reset();
	anna = good();
	theirs = der_cert(&(struct made_cert){.names = "bruno@example.com"});
	ca = der_cert(&(struct made_cert){.constraints = 'c', .usage = CS});
	ended = der_cert(&(struct made_cert){USUAL, .last = "230601000000Z"});
	check_signed("signed", der_signed_data(anna), 0, NULL);
	check_signed("signed_chain", der_signed_data(DER_JOIN(ca, anna, ca)), 0, NULL);
	check_signed(
	    "signed_junk_beside", der_signed_data(DER_JOIN(junk, anna)), 0, NULL);
	check_signed("signed_none", der_signed_data(der_nothing), ERR_POLICY,
	    "without a certificate");
	check_signed("signed_theirs", der_signed_data(theirs), ERR_POLICY,
	    "found address bruno@example.com");
	check_signed("signed_theirs_count", der_signed_data(DER_JOIN(ca, theirs)),
	    ERR_POLICY, "(one of 2 certificates in it)");
	check_signed("signed_ended", der_signed_data(DER_JOIN(ended, ca)), ERR_POLICY,
	    "ended at 2023-06-01");
	check_signed("signed_authorities", der_signed_data(DER_JOIN(ca, ca)),
	    ERR_POLICY, "2 of authorities");
	check_signed(
	    "signed_junk", der_signed_data(junk), ERR_POLICY, "1 certificates");
	check_signed("signed_key", der_signed_data(DER_JOIN(anna, key_pkcs8())),
	    ERR_POLICY, "private key (PKCS #8)");
	check_signed("signed_key_first", der_signed_data(DER_JOIN(key_pkcs1(), anna)),
	    ERR_POLICY, "private key (PKCS #1)");
	check_signed("signed_empty", der_nothing, ERR_SYNTAX, "empty value");
	check_signed(
	    "signed_certificate", anna, ERR_SYNTAX, "found a certificate, want");
	check_signed("signed_certificate_advice", anna, ERR_SYNTAX, ADVICE_ALONE);
	check_signed("signed_pem", PEM("CERTIFICATE"), ERR_SYNTAX,
	    "found PEM text, want CMS SignedData in DER; give the DER "
	    "bytes" ADVICE_ALONE);
	check_signed(
	    "signed_base64", BYTES("MIIDazCCAlOgAwIB"), ERR_SYNTAX, ADVICE_ALONE);
	check_signed("signed_pfx", pfx(), ERR_POLICY, "PKCS #12");
	check_signed("signed_pkcs8", key_pkcs8(), ERR_POLICY, "compromised");
	check_signed("signed_ber", BYTES("\x30\x80\x06\x09\x2a"), ERR_SYNTAX, "BER");
	check_signed("signed_trailing", DER_JOIN(der_signed_data(anna), BYTES("x")),
	    ERR_SYNTAX, "RFC 5652 section");
	check_signed("signed_cut", cut(der_signed_data(anna), 1), ERR_SYNTAX,
	    "RFC 5652 section");
	check_signed("signed_settings", BYTES("\x01\x00\x04\x00"), ERR_SYNTAX,
	    "RFC 5652 section");
	check_signed("signed_bad_inside",
	    der_signed_data(DER_JOIN(anna, BYTES("\x02\x01\x01"))), ERR_SYNTAX,
	    "something else than a certificate");
}

/* A stranger's names cannot forge a line, nor run over the sentence's end. */
static void
test_sentence(void)
{
	struct bytes names =
	    DER_JOIN(der_wrap(DER_CONTEXT(1), BYTES("a\n\x1b[b@x.example")),
		der_wrap(DER_CONTEXT(1), der_fill('l', 5000)));
	struct bytes parts, wanted = der_fill('w', 3000);
	struct err e;

	parts =
	    der_extension(BYTES("\x55\x1d\x11"), false, der_wrap(DER_SEQUENCE, names));
	parts =
	    DER_SEQ(DER_SEQ(DER(DER_CONTEXT_CONSTRUCTED(0), der_number(2)),
			der_number(1), der_algorithm(MADE_SHA256), der_name("CA", NULL),
			DER_SEQ(DER_LEAF(DER_UTC_TIME, "230101000000Z"),
			    DER_LEAF(DER_UTC_TIME, "330101000000Z")),
			der_name("A", NULL), der_spki(KEY_RSA, 2048),
			DER(DER_CONTEXT_CONSTRUCTED(3), DER_SEQ(parts))),
		der_algorithm(MADE_SHA256), der_bits(der_fill(1, 64)));
	guard_check(GUARD_CERTIFICATE, parts, &wanted, 1, NOW, &e);
	check(strstr(e.text, "a??[b@x.example, llll") != NULL &&
		  strstr(e.text, "want one of the entry's: wwww") != NULL,
	    "guard__sentence_of_strangers", "got \"%s\"", e.text);
	check(
	    guard_check(GUARD_CERTIFICATE, parts, &wanted, 1, NOW, NULL) == ERR_POLICY,
	    "guard__no_sentence", "not refused");
}

int
main(void)
{
	test_certificates();
	test_secrets();
	test_other_things();
	test_sizes();
	test_signed();
	test_sentence();
	return check_done();
}
