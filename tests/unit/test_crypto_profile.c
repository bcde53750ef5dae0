/*
 * The certificate profile against a golden template that OpenSSL's own functions
 * build from the same fields; then 5,000 mutants of requests (fixed seed, or
 * CHANCERY_SEED): each is refused with a sentence where one of its fields is bad,
 * and else gives the template's bytes and nothing more.
 */
#include "crypto/profile.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "core/addr.h"
#include "tests/unit/ca_world.h"
#include "tests/unit/check.h"

enum {
	MUTANTS = 5000,
	MAIL_ROOM = 128,
	TEXT_ROOM = 512,
	DAY = 86400
};

static struct world world;

/* --- the golden template ------------------------------------------------------- */

/* What a certificate must hold, as plain text. */
struct golden {
	enum profile_kind kind;
	char mail[PROFILE_MAX_MAIL][ADDR_MAX + 1];
	size_t n_mail;
	char given[TEXT_ROOM], surname[TEXT_ROOM], cn[3 * TEXT_ROOM];
	struct bytes spki, serial;
	int64_t from, until;
};

static void
golden_attr(X509_NAME *name, int nid, const char *value)
{
	/* UTF8String, as X509_NAME_add_entry_by_NID would shorten to PrintableString */
	int type = nid == NID_countryName ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;

	if (X509_NAME_add_entry_by_NID(
		name, nid, type, (const uint8_t *)value, -1, -1, 0) != 1)
		abort();
}

static void
golden_ext(X509 *x, X509V3_CTX *ctx, CONF *conf, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_nconf_nid(conf, ctx, nid, value);

	if (ext == NULL || X509_add_ext(x, ext, -1) != 1)
		abort();
	X509_EXTENSION_free(ext);
}

static void
golden_subject(X509 *x, const struct profile_policy *p, const struct golden *g)
{
	X509_NAME *name = X509_get_subject_name(x);

	if (g->kind != PROFILE_MAILBOX) {
		golden_attr(name, NID_countryName, p->country);
		golden_attr(name, NID_organizationName, p->organization);
		golden_attr(name, NID_organizationIdentifier, p->organization_id);
	}
	if (g->kind == PROFILE_SPONSOR && g->given[0] != '\0')
		golden_attr(name, NID_givenName, g->given);
	if (g->kind == PROFILE_SPONSOR && g->surname[0] != '\0')
		golden_attr(name, NID_surname, g->surname);
	if (g->cn[0] != '\0')
		golden_attr(name, NID_commonName, g->cn);
}

/* SHA-256, cut to 160 bits, as hexadecimal with colons. */
static void
golden_key_id(X509 *x, char out[3 * 20])
{
	uint8_t digest[32];
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x);

	EVP_Digest(bits->data, (size_t)bits->length, digest, NULL, EVP_sha256(), NULL);
	for (int i = 0; i < 20; i++)
		sprintf(out + 3 * i, "%02X%s", digest[i], i < 19 ? ":" : "");
}

static void
golden_extensions(X509 *x, X509 *issuer, const struct profile_policy *p,
    const struct profile_issuer *i, const struct golden *g)
{
	static const char *const usage[2][3] = {
	    {"critical,digitalSignature,keyEncipherment", "critical,digitalSignature",
		"critical,keyEncipherment"},
	    {"critical,digitalSignature,keyAgreement", "critical,digitalSignature",
		"critical,keyAgreement"},
	};
	static const int arc[] = {1, 2, 3};
	int ec = EVP_PKEY_get_base_id(X509_get0_pubkey(x)) == EVP_PKEY_EC;
	char text[PROFILE_MAX_MAIL * (ADDR_MAX + 16)], *t = text;
	CONF *conf = NCONF_new(NULL);
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	golden_ext(x, &ctx, conf, NID_authority_key_identifier, "keyid:always");
	golden_key_id(x, text);
	golden_ext(x, &ctx, conf, NID_subject_key_identifier, text);
	golden_ext(x, &ctx, conf, NID_key_usage, usage[ec][p->use]);
	snprintf(text, sizeof(text), "2.23.140.1.5.%d.%d,%s", arc[g->kind],
	    (int)p->generation, p->policy_oid);
	golden_ext(x, &ctx, conf, NID_certificate_policies, text);
	t += sprintf(
	    t, "%s", g->kind == PROFILE_MAILBOX && g->cn[0] == '\0' ? "critical" : "");
	for (size_t k = 0; k < g->n_mail; k++)
		t += sprintf(t, "%semail:%s", t == text ? "" : ",", g->mail[k]);
	golden_ext(x, &ctx, conf, NID_subject_alt_name, text);
	golden_ext(x, &ctx, conf, NID_ext_key_usage, "emailProtection");
	snprintf(text, sizeof(text), "URI:%s", i->crl_url);
	golden_ext(x, &ctx, conf, NID_crl_distribution_points, text);
	snprintf(text, sizeof(text), "caIssuers;URI:%s", i->ca_url);
	golden_ext(x, &ctx, conf, NID_info_access, text);
	if (p->use != PROFILE_SIGN)
		golden_ext(x, &ctx, conf, NID_SMIMECapabilities,
		    "DER:3027300b060960864801650304012a300b0609608648016503040116"
		    "300b0609608648016503040102");
	NCONF_free(conf);
}

/* The TBSCertificate by OpenSSL; freed by OPENSSL_free. */
static size_t
golden_tbs(const struct ca *ca, const struct profile_policy *p, const struct golden *g,
    uint8_t **out)
{
	struct bytes der = ca_certificate(ca);
	const uint8_t *at = der.p;
	X509 *issuer = d2i_X509(NULL, &at, (long)der.n), *x = X509_new();
	EVP_PKEY *key;
	int n;

	at = g->spki.p;
	key = d2i_PUBKEY(NULL, &at, (long)g->spki.n);
	X509_set_version(x, X509_VERSION_3);
	ASN1_STRING_set(X509_get_serialNumber(x), g->serial.p, (int)g->serial.n);
	X509_set_issuer_name(x, X509_get_subject_name(issuer));
	ASN1_TIME_adj(X509_getm_notBefore(x), (time_t)g->from, 0, 0);
	ASN1_TIME_adj(X509_getm_notAfter(x), (time_t)g->until, 0, 0);
	X509_set_pubkey(x, key);
	golden_subject(x, p, g);
	golden_extensions(x, issuer, p, ca_issuer(ca), g);
	X509_ALGOR_set0((X509_ALGOR *)X509_get0_tbs_sigalg(x),
	    OBJ_nid2obj(NID_ecdsa_with_SHA256), V_ASN1_UNDEF, NULL);
	*out = NULL;
	n = i2d_re_X509_tbs(x, out);
	EVP_PKEY_free(key);
	X509_free(x);
	X509_free(issuer);
	return n <= 0 ? 0 : (size_t)n;
}

/* What a request's fields come to, where none is bad. */
static void
golden_of(
    const struct profile_request *r, const struct profile_policy *p, struct golden *g)
{
	const struct profile_issuer *i = ca_issuer(world.issuing);

	*g = (struct golden){.kind = r->kind, .spki = r->spki, .serial = r->serial};
	for (size_t k = 0; k < r->n_mail; k++) {
		struct addr a, b;
		bool twice = false;

		addr_parse(r->mail[k], &a, NULL);
		for (size_t m = 0; m < g->n_mail; m++) {
			addr_parse(bytes_of(g->mail[m]), &b, NULL);
			twice = twice || addr_equal(&a, &b);
		}
		if (!twice)
			strcpy(g->mail[g->n_mail++], a.text);
	}
	snprintf(
	    g->given, TEXT_ROOM, "%.*s", (int)r->given.n, (const char *)r->given.p);
	snprintf(g->surname, TEXT_ROOM, "%.*s", (int)r->surname.n,
	    (const char *)r->surname.p);
	if (r->kind != PROFILE_SPONSOR)
		snprintf(
		    g->cn, TEXT_ROOM, "%s", strlen(g->mail[0]) <= 64 ? g->mail[0] : "");
	else if (r->display.n > 0)
		snprintf(g->cn, sizeof(g->cn), "%.*s", (int)r->display.n,
		    (const char *)r->display.p);
	else
		snprintf(g->cn, sizeof(g->cn), "%s%s%s", g->given,
		    g->given[0] != '\0' && g->surname[0] != '\0' ? " " : "",
		    g->surname);
	g->from = r->now - PROFILE_BACKDATE;
	if (g->from < i->not_before)
		g->from = i->not_before;
	g->until = g->from + (int64_t)p->days * DAY - 1;
}

/* Whether a request gives exactly the template; why otherwise. */
static bool
is_golden(const struct profile_policy *p, const struct profile_request *r, char *why,
    size_t cap)
{
	static struct golden g;
	struct owned tbs = {0};
	struct err e = {0};
	uint8_t *want = NULL;
	size_t n;
	bool ok;

	if (ca_prepare(world.issuing, p, r, &tbs, &e) != 0) {
		snprintf(why, cap, "refused: %s", e.text);
		return false;
	}
	golden_of(r, p, &g);
	n = golden_tbs(world.issuing, p, &g, &want);
	ok = bytes_equal(owned_view(&tbs), (struct bytes){want, n});
	snprintf(why, cap, "%zu octets, the template %zu", tbs.n, n);
	OPENSSL_free(want);
	owned_free(&tbs);
	return ok;
}

static void
test_golden(void)
{
	static const char *const kinds[] = {"mailbox", "organization", "person"};
	static const enum key_kind keys[] = {KEY_P256, KEY_P384, KEY_RSA_2048};
	char name[64], why[ERR_TEXT_MAX];

	for (size_t k = 0; k < NITEMS(keys); k++) {
		struct key *key = world_key(keys[k]);

		for (int kind = 0; kind < PROFILE__MAX; kind++)
			for (int use = PROFILE_DUAL; use <= PROFILE_ENCRYPT; use++) {
				struct profile_policy p = world_policy;
				struct profile_request r =
				    world_request(&world, (enum profile_kind)kind);
				bool ok;

				p.use = (enum profile_use)use;
				p.generation =
				    use == 0 ? PROFILE_MULTIPURPOSE : PROFILE_STRICT;
				r.spki = key_spki(key);
				ok = is_golden(&p, &r, why, sizeof(why));
				snprintf(name, sizeof(name), "golden_%s_%s_use%d",
				    kinds[kind], key_kind_word(keys[k]), use);
				check(ok, name, "%s", why);
			}
		key_free(&key);
	}
}

/* --- policies ------------------------------------------------------------------ */

static void
test_policies(void)
{
	static const char *const upper[] = {"Example.com"}, *const broken[] = {"a..b"},
				 *const u_label[] = {"b\xc3\xbc"
						     "cher.example"};
	static const struct {
		const char *name;
		size_t at; /* offset of a pointer field */
		const void *value;
		int want;
	} rows[] = {
	    {"as_it_is", offsetof(struct profile_policy, country), "CH", 0},
	    {"no_country", offsetof(struct profile_policy, country), NULL, 0},
	    {"country_lower", offsetof(struct profile_policy, country), "ch",
		ERR_SYNTAX},
	    {"country_long", offsetof(struct profile_policy, country), "CHE",
		ERR_SYNTAX},
	    {"country_other", offsetof(struct profile_policy, country), "DE",
		ERR_POLICY},
	    {"no_organization", offsetof(struct profile_policy, organization), NULL,
		ERR_POLICY},
	    {"organization_control", offsetof(struct profile_policy, organization),
		"A\nB", ERR_SYNTAX},
	    {"organization_dash", offsetof(struct profile_policy, organization), "-",
		ERR_POLICY},
	    {"id_scheme", offsetof(struct profile_policy, organization_id), "XXXCH-1",
		ERR_SYNTAX},
	    {"id_no_reference", offsetof(struct profile_policy, organization_id),
		"NTRCH-", ERR_SYNTAX},
	    {"id_no_hyphen", offsetof(struct profile_policy, organization_id), "NTRCH1",
		ERR_SYNTAX},
	    {"id_short", offsetof(struct profile_policy, organization_id), "NTR",
		ERR_SYNTAX},
	    {"id_canton", offsetof(struct profile_policy, organization_id),
		"NTRCH+ZH-1", 0},
	    {"id_lei", offsetof(struct profile_policy, organization_id),
		"LEIXG-529900T8BM49AURSDO55", 0},
	    {"id_lei_country", offsetof(struct profile_policy, organization_id),
		"LEICH-5", ERR_POLICY},
	    {"oid_none", offsetof(struct profile_policy, policy_oid), NULL, 0},
	    {"oid_garbage", offsetof(struct profile_policy, policy_oid), "1.2.x",
		ERR_SYNTAX},
	    {"oid_reserved", offsetof(struct profile_policy, policy_oid),
		"2.23.140.1.5.1.2", ERR_POLICY},
	    {"oid_name", offsetof(struct profile_policy, policy_oid), "emailAddress",
		ERR_SYNTAX},
	    {"domain_upper", offsetof(struct profile_policy, domain), upper,
		ERR_SYNTAX},
	    {"domain_broken", offsetof(struct profile_policy, domain), broken,
		ERR_SYNTAX},
	    {"domain_u_label", offsetof(struct profile_policy, domain), u_label,
		ERR_SYNTAX},
	};

	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct profile_policy p = world_policy;
		struct err e = {0};
		int rc;

		memcpy((char *)&p + rows[i].at, &rows[i].value, sizeof(rows[i].value));
		if (rows[i].at == offsetof(struct profile_policy, domain))
			p.n_domain = 1;
		rc = profile_check_policy(&p, &e);
		check(rc == rows[i].want, rows[i].name, "got %d, want %d: %s", rc,
		    rows[i].want, e.text);
	}
	{
		struct profile_policy p = world_policy;
		struct err e = {0};

		p.n_domain = 0;
		check_int("no_domain", profile_check_policy(&p, &e), ERR_LIMIT);
		p = world_policy;
		p.organization = p.organization_id = NULL;
		check_int("mailboxes_only", profile_check_policy(&p, &e), 0);
	}
}

/* Without policy, claim or both: what certificatePolicies then holds. */
static void
test_claims(void)
{
	struct profile_request r = world_request(&world, PROFILE_MAILBOX);

	for (int i = 0; i < 4; i++) {
		struct profile_policy p = world_policy;
		struct owned tbs = {0};
		struct err e = {0};
		char name[32];

		p.claim = (i & 1) != 0;
		p.policy_oid = (i & 2) != 0 ? world_policy.policy_oid : NULL;
		snprintf(name, sizeof(name), "policies_%d", i);
		check(ca_prepare(world.issuing, &p, &r, &tbs, &e) == 0, name, "%s",
		    e.text);
		owned_free(&tbs);
	}
}

/* --- mutants ------------------------------------------------------------------- */

static uint64_t seed;

/* xorshift64*: the same mutants on every machine. */
static uint32_t
draw(uint32_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * UINT64_C(2685821657736338717)) >> 33) % below;
}

/* A request in the making, with room for what it views. */
struct mutant {
	struct profile_request r;
	struct bytes mail[PROFILE_MAX_MAIL + 60];
	char text[PROFILE_MAX_MAIL + 60][MAIL_ROOM];
	char name[3][TEXT_ROOM];
	uint8_t spki[KEY_SPKI_MAX + 16], serial[32];
	struct owned from_csr;
};

static struct owned csr_wishing;

static struct bytes *
one_name(struct mutant *m)
{
	struct bytes *field[] = {&m->r.given, &m->r.surname, &m->r.display};

	m->r.kind = PROFILE_SPONSOR; /* elsewhere names are not used */
	return field[draw(3)];
}

static void
name_is(struct mutant *m, const char *text, size_t n)
{
	static int turn;
	char *room = m->name[turn++ % 3];

	memcpy(room, text, n);
	*one_name(m) = (struct bytes){(const uint8_t *)room, n};
}

/* text put into the middle of a name */
static void
name_with(struct mutant *m, const char *text, size_t n)
{
	char all[TEXT_ROOM] = "An";
	size_t at = 2;

	memcpy(all + at, text, n);
	memcpy(all + at + n, "na", 2);
	name_is(m, all, at + n + 2);
}

static void
mail_is(struct mutant *m, size_t i, const char *text)
{
	snprintf(m->text[i], MAIL_ROOM, "%s", text);
	m->mail[i] = bytes_of(m->text[i]);
	if (i >= m->r.n_mail)
		m->r.n_mail = i + 1;
}

#define MUTATE(name, ...)                                                              \
	static void name(struct mutant *m)                                             \
	{                                                                              \
		__VA_ARGS__;                                                           \
	}

MUTATE(m_nothing, (void)m)
MUTATE(m_kind, m->r.kind = (enum profile_kind)draw(PROFILE__MAX))
MUTATE(m_kind_unknown, m->r.kind = (enum profile_kind)(PROFILE__MAX + draw(1000)))
MUTATE(m_name_nul, name_with(m, "\0", 1))
MUTATE(m_name_crlf, name_with(m, "\r\nBcc: x", 8))
MUTATE(m_name_escape, name_with(m, "\x1b[31m", 5))
MUTATE(m_name_c1, name_with(m, "\xc2\x85", 2))
MUTATE(m_name_bmp, name_is(m, "\0A\0n\0n\0a", 8))
MUTATE(m_name_latin1, name_with(m, "\xfc", 1))
MUTATE(m_name_overlong, name_with(m, "\xc0\x80", 2))
MUTATE(m_name_surrogate, name_with(m, "\xed\xa0\x80", 3))
MUTATE(m_name_rtl, name_with(m, "\xe2\x80\xae", 3))
MUTATE(m_name_zero_width, name_with(m, "\xe2\x80\x8b", 3))
MUTATE(m_name_private, name_with(m, "\xee\x80\x80", 3))
MUTATE(m_name_tag, name_with(m, "\xf3\xa0\x81\x81", 4))
MUTATE(m_name_nonchar, name_with(m, "\xf0\x9f\xbf\xbe", 4))
MUTATE(m_name_dots, name_is(m, "- .", 3))
MUTATE(m_name_blank_first, name_is(m, " Anna", 5))
MUTATE(m_name_blank_last, name_is(m, "Anna ", 5))
MUTATE(m_name_injected, name_is(m, "x/CN=root,O=\"a\"+CN=b", 20))
MUTATE(m_name_umlaut, name_is(m, "J\xc3\xb6rg-\xc3\x84ne O'Neil", 17))
MUTATE(m_name_greek, name_is(m, "\xce\x91\xce\xbd\xce\xbd\xce\xb1", 8))
MUTATE(m_name_none, m->r.kind = PROFILE_SPONSOR; m->r.given.n = m->r.surname.n = 0)

static void
m_name_64(struct mutant *m)
{
	char text[TEXT_ROOM];

	memset(text, 'x', 64);
	m->r.kind = PROFILE_SPONSOR;
	memcpy(m->name[0], text, 64);
	m->r.display = (struct bytes){(const uint8_t *)m->name[0], 64};
}

static void
m_name_65(struct mutant *m)
{
	char text[TEXT_ROOM];
	size_t n = 65 + draw(400);

	memset(text, 'x', n);
	name_is(m, text, n);
}

static void
m_name_65_together(struct mutant *m)
{
	memset(m->name[0], 'x', 40);
	m->r.kind = PROFILE_SPONSOR;
	m->r.given = m->r.surname = (struct bytes){(const uint8_t *)m->name[0], 40};
	m->r.display.n = 0;
}

MUTATE(m_mail_other, mail_is(m, 1 + draw(3), "ceo@example.org"))
MUTATE(m_mail_first_other, mail_is(m, 0, "ceo@example.org"))
MUTATE(m_mail_sub, mail_is(m, draw(3), "a@sub.example.com"))
MUTATE(m_mail_parent, mail_is(m, draw(3), "a@com"))
MUTATE(m_mail_suffix, mail_is(m, draw(3), "a@badexample.com"))
MUTATE(m_mail_crlf, mail_is(m, draw(3), "a@example.com\r\nRCPT TO:<b@example.com>"))
MUTATE(m_mail_two_at, mail_is(m, draw(3), "a@b@example.com"))
MUTATE(m_mail_quoted, mail_is(m, draw(3), "\"a b\"@example.com"))
MUTATE(m_mail_blank, mail_is(m, draw(3), "a b@example.com"))
MUTATE(m_mail_comma, mail_is(m, draw(3), "a@example.com,b@example.com"))
MUTATE(m_mail_angle, mail_is(m, draw(3), "<a@example.com>"))
MUTATE(m_mail_no_local, mail_is(m, draw(3), "@example.com"))
MUTATE(m_mail_empty, mail_is(m, draw(3), ""))
MUTATE(m_mail_utf8, mail_is(m, draw(3), "j\xc3\xb6rg@example.com"))
MUTATE(m_mail_literal, mail_is(m, draw(3), "a@[127.0.0.1]"))
MUTATE(m_mail_dns, mail_is(m, draw(3), "www.example.com"))
MUTATE(m_mail_none, m->r.n_mail = 0)
MUTATE(m_mail_upper_domain, mail_is(m, draw(3), "b.b@EXAMPLE.com"))
MUTATE(m_mail_u_label, mail_is(m, draw(3),
			   "z@B\xc3\x9c"
			   "CHER.example"))
MUTATE(m_mail_dot_end, mail_is(m, draw(3), "c@example.com."))
MUTATE(m_mail_again, mail_is(m, 1, "ANNA.MUSTER@example.com"))
MUTATE(m_mail_plus, mail_is(m, draw(3), "a+b=c!#$%&'*/?^_`{|}~@example.com"))

static void
m_mail_nul(struct mutant *m)
{
	size_t i = draw(3);

	mail_is(m, i, "a@example.com.org");
	m->text[i][13] = '\0'; /* "a@example.com", then ".org" is cut by some */
	m->mail[i].n = 17;
}

static void
m_mail_long_local(struct mutant *m)
{
	char text[MAIL_ROOM];

	snprintf(text, sizeof(text), "%065d@example.com", 1);
	mail_is(m, draw(3), text);
}

/* 64 characters before the @: allowed, too long for a commonName */
static void
m_mail_64_local(struct mutant *m)
{
	char text[MAIL_ROOM];

	snprintf(text, sizeof(text), "%064d@example.com", 1);
	mail_is(m, 0, text);
	m->r.kind = PROFILE_MAILBOX;
}

static void
mail_many(struct mutant *m, size_t n)
{
	char text[MAIL_ROOM];

	for (size_t i = m->r.n_mail; i < n; i++) {
		snprintf(text, sizeof(text), "alias%zu@example.com", i);
		mail_is(m, i, text);
	}
}

MUTATE(m_mail_50, mail_many(m, 50))
MUTATE(m_mail_51, mail_many(m, 51))
MUTATE(m_mail_100, mail_many(m, 100))

static void
spki_is(struct mutant *m, struct bytes der)
{
	memcpy(m->spki, der.p, der.n);
	m->r.spki = (struct bytes){m->spki, der.n};
}

MUTATE(m_spki_cut, m->r.spki.n = draw((uint32_t)m->r.spki.n))
MUTATE(m_spki_more, spki_is(m, m->r.spki); m->spki[m->r.spki.n] = 0; m->r.spki.n++)
MUTATE(m_spki_off_curve, spki_is(m, owned_view(&world.spki)); m->spki[60] ^= 1)
MUTATE(m_spki_is_cert, m->r.spki = ca_certificate(world.issuing))
MUTATE(m_spki_is_csr, m->r.spki = owned_view(&csr_wishing))
MUTATE(m_serial_short, m->r.serial.n = 1 + draw(16))
MUTATE(m_serial_zero, m->serial[0] = 0; m->r.serial.p = m->serial)
MUTATE(m_serial_negative, m->serial[0] = 0x80; m->r.serial.p = m->serial)
MUTATE(m_serial_long, m->r.serial = (struct bytes){m->serial, 18 + draw(5)})
MUTATE(m_serial_none, m->r.serial.n = 0)
MUTATE(m_now_later, m->r.now += draw(1000 * DAY))
MUTATE(m_now_past, m->r.now = WORLD_NOW - 1000 - draw(INT32_MAX))
MUTATE(m_now_far, m->r.now += INT64_C(20) * 365 * DAY + draw(INT32_MAX))
MUTATE(m_now_extreme, m->r.now = draw(2) ? INT64_MAX - 1 : INT64_MIN + 1)

/* The key comes from a request that wishes to be CA, with other names: nothing of
 * that may get in. */
static void
m_csr_wishes(struct mutant *m)
{
	struct err e = {0};

	owned_free(&m->from_csr);
	if (key_from_csr(owned_view(&csr_wishing), &m->from_csr, &e) != 0)
		abort();
	m->r.spki = owned_view(&m->from_csr);
}

static const struct mutation {
	const char *name;
	void (*apply)(struct mutant *m);
	bool bad; /* must be refused */
} mutations[] = {
#define HARMLESS(f) {#f, f, false},
#define BAD(f)	    {#f, f, true},
    HARMLESS(m_nothing) HARMLESS(m_kind) HARMLESS(m_name_injected)
	HARMLESS(m_name_umlaut) HARMLESS(m_name_greek) HARMLESS(m_name_64) HARMLESS(
	    m_mail_upper_domain) HARMLESS(m_mail_u_label) HARMLESS(m_mail_dot_end)
	    HARMLESS(m_mail_again) HARMLESS(m_mail_plus) HARMLESS(
		m_mail_64_local) HARMLESS(m_mail_50) HARMLESS(m_now_later)
		HARMLESS(m_csr_wishes) BAD(m_kind_unknown) BAD(m_name_nul) BAD(
		    m_name_crlf) BAD(m_name_escape) BAD(m_name_c1) BAD(m_name_bmp)
		    BAD(m_name_latin1) BAD(m_name_overlong) BAD(m_name_surrogate) BAD(
			m_name_rtl) BAD(m_name_zero_width) BAD(m_name_private)
			BAD(m_name_tag) BAD(m_name_nonchar) BAD(m_name_dots) BAD(
			    m_name_blank_first) BAD(m_name_blank_last) BAD(m_name_none)
			    BAD(m_name_65) BAD(m_name_65_together) BAD(
				m_mail_other) BAD(m_mail_first_other) BAD(m_mail_sub)
				BAD(m_mail_parent) BAD(m_mail_suffix) BAD(
				    m_mail_crlf) BAD(m_mail_two_at) BAD(m_mail_quoted)
				    BAD(m_mail_blank) BAD(m_mail_comma) BAD(
					m_mail_angle) BAD(m_mail_no_local)
					BAD(m_mail_empty) BAD(m_mail_utf8) BAD(
					    m_mail_literal) BAD(m_mail_dns)
					    BAD(m_mail_none) BAD(m_mail_nul) BAD(
						m_mail_long_local) BAD(m_mail_51)
						BAD(m_mail_100) BAD(m_spki_cut) BAD(
						    m_spki_more) BAD(m_spki_off_curve)
						    BAD(m_spki_is_cert) BAD(
							m_spki_is_csr)
							BAD(m_serial_short) BAD(
							    m_serial_zero)
							    BAD(m_serial_negative) BAD(
								m_serial_long)
								BAD(m_serial_none) BAD(
								    m_now_past)
								    BAD(m_now_far) BAD(
									m_now_extreme)};

static void
mutant_init(struct mutant *m, const struct profile_request *from)
{
	m->r = *from;
	m->from_csr = (struct owned){0};
	m->r.n_mail = 0;
	for (size_t i = 0; i < from->n_mail; i++) {
		memcpy(m->text[i], from->mail[i].p, from->mail[i].n);
		m->mail[i] =
		    (struct bytes){(const uint8_t *)m->text[i], from->mail[i].n};
	}
	m->r.n_mail = from->n_mail;
	m->r.mail = m->mail;
	memset(m->serial, 0x11, sizeof(m->serial));
}

/* Holes that a later address left before it are no addresses. */
static void
mutant_close(struct mutant *m)
{
	for (size_t i = 3; i < m->r.n_mail && i < 4; i++)
		if (m->mail[i].p == NULL)
			mail_is(m, i, "alias@example.com");
}

/* One mutation, so that it is certain what comes of it; true as it should be. */
static bool
mutant_holds(const struct mutation *mutation, struct mutant *m, char *why, size_t cap)
{
	struct owned tbs = {0};
	struct err e = {0};
	int rc;

	if (!mutation->bad)
		return is_golden(&world_policy, &m->r, why, cap);
	rc = ca_prepare(world.issuing, &world_policy, &m->r, &tbs, &e);
	snprintf(why, cap, "%s: %s", rc == 0 ? "accepted" : err_name(rc), e.text);
	owned_free(&tbs);
	return rc < 0 && tbs.p == NULL && strlen(e.text) > 20;
}

static void
test_mutants(void)
{
	static struct mutant m;
	const char *given = getenv("CHANCERY_SEED");
	size_t wrong = 0, refused = 0, golden = 0;
	char why[ERR_TEXT_MAX + 40];

	seed = given == NULL ? 20261123 : strtoull(given, NULL, 10) | 1;
	printf("note seed %llu\n", (unsigned long long)seed);
	for (size_t i = 0; i < MUTANTS; i++) {
		/* every one at least once, then at random */
		const struct mutation *x = i < NITEMS(mutations)
					       ? &mutations[i]
					       : &mutations[draw(NITEMS(mutations))];
		const struct mutation *also = &mutations[draw(15)]; /* harmless */
		struct profile_request from =
		    world_request(&world, (enum profile_kind)draw(PROFILE__MAX));

		memset(m.mail, 0, sizeof(m.mail));
		mutant_init(&m, &from);
		if (i >= NITEMS(mutations))
			also->apply(&m);
		x->apply(&m);
		mutant_close(&m);
		if (mutant_holds(x, &m, why, sizeof(why)))
			*(x->bad ? &refused : &golden) += 1;
		else if (wrong++ < 10)
			check(false, x->name, "mutant %zu (also %s): %s", i, also->name,
			    why);
		owned_free(&m.from_csr);
	}
	check(wrong == 0, "mutants", "%zu of %d wrong", wrong, MUTANTS);
	check(refused > MUTANTS / 10 && golden > MUTANTS / 10, "mutants_of_both_kinds",
	    "%zu refused, %zu golden", refused, golden);
	printf("note %zu mutants refused with a sentence, %zu as the template\n",
	    refused, golden);
}

/* A request for a CA's certificate with somebody else's address. */
static void
make_csr(void)
{
	X509_REQ *request = X509_REQ_new();
	STACK_OF(X509_EXTENSION) *wishes = sk_X509_EXTENSION_new_null();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	uint8_t *der = NULL;
	int n;

	X509_REQ_set_version(request, 0);
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN",
	    MBSTRING_ASC, (const uint8_t *)"Muster Root CA", -1, -1, 0);
	X509_REQ_set_pubkey(request, key);
	sk_X509_EXTENSION_push(wishes,
	    X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE"));
	sk_X509_EXTENSION_push(
	    wishes, X509V3_EXT_conf_nid(
			NULL, NULL, NID_subject_alt_name, "email:ceo@example.com"));
	sk_X509_EXTENSION_push(wishes,
	    X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, "keyCertSign,cRLSign"));
	X509_REQ_add_extensions(request, wishes);
	X509_REQ_sign(request, key, EVP_sha256());
	n = i2d_X509_REQ(request, &der);
	if (n <= 0 || owned_copy((struct bytes){der, (size_t)n}, &csr_wishing) != 0)
		abort();
	sk_X509_EXTENSION_pop_free(wishes, X509_EXTENSION_free);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	X509_REQ_free(request);
}

/* Every octet of a request changed: never a key, but for those outside of what is
 * signed (there are none). */
static void
test_csr(void)
{
	struct owned spki = {0};
	struct err e = {0};
	size_t refused = 0;

	for (size_t i = 0; i < csr_wishing.n; i++) {
		csr_wishing.p[i] ^= 1;
		refused += key_from_csr(owned_view(&csr_wishing), &spki, &e) != 0;
		owned_free(&spki);
		csr_wishing.p[i] ^= 1;
	}
	check(refused == csr_wishing.n, "csr_changed_refused", "%zu of %zu", refused,
	    csr_wishing.n);
	check(key_from_csr(owned_view(&csr_wishing), &spki, &e) == 0, "csr_unchanged",
	    "%s", e.text);
	owned_free(&spki);
	check_int("csr_past_limit",
	    key_from_csr((struct bytes){csr_wishing.p, KEY_CSR_MAX + 1}, &spki, &e),
	    ERR_LIMIT);
}

int
main(void)
{
	world_init(&world, KEY_P256, KEY_P256);
	make_csr();
	test_golden();
	test_policies();
	test_claims();
	test_csr();
	test_mutants();
	owned_free(&csr_wishing);
	world_fini(&world);
	return check_done();
}
