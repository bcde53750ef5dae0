/*
 * The certificate profile: contract in profile.h. Written octet by octet with
 * der_write.h; what comes out is read again by other code (lint.c with OpenSSL,
 * core/cert.h) before it is signed.
 */
#include "crypto/profile.h"

#include <openssl/objects.h>

#include "core/addr.h"
#include "core/utf8.h"
#include "crypto/der_write.h"
#include "crypto/key.h"
#include "crypto/serial.h"

enum {
	DAY = 86400,
	YEAR = 31557600, /* seconds of a Julian year */
	OID_OCTETS = 128,
	ORG_ID_MAX = 64,
	SHOWN = 60,
};

/* --- object identifiers (content octets) ------------------------------------- */

static const struct bytes oid_cn = OID_BYTES("\x55\x04\x03");
static const struct bytes oid_surname = OID_BYTES("\x55\x04\x04");
static const struct bytes oid_country = OID_BYTES("\x55\x04\x06");
static const struct bytes oid_organization = OID_BYTES("\x55\x04\x0a");
static const struct bytes oid_given = OID_BYTES("\x55\x04\x2a");
static const struct bytes oid_organization_id = OID_BYTES("\x55\x04\x61");
static const struct bytes oid_subject_key_id = OID_BYTES("\x55\x1d\x0e");
static const struct bytes oid_key_usage = OID_BYTES("\x55\x1d\x0f");
static const struct bytes oid_alt_name = OID_BYTES("\x55\x1d\x11");
static const struct bytes oid_basic_constraints = OID_BYTES("\x55\x1d\x13");
static const struct bytes oid_crl_points = OID_BYTES("\x55\x1d\x1f");
static const struct bytes oid_policies = OID_BYTES("\x55\x1d\x20");
static const struct bytes oid_any_policy = OID_BYTES("\x55\x1d\x20\x00");
static const struct bytes oid_authority_key_id = OID_BYTES("\x55\x1d\x23");
static const struct bytes oid_ext_usage = OID_BYTES("\x55\x1d\x25");
static const struct bytes oid_email_protection =
    OID_BYTES("\x2b\x06\x01\x05\x05\x07\x03\x04");
static const struct bytes oid_info_access =
    OID_BYTES("\x2b\x06\x01\x05\x05\x07\x01\x01");
static const struct bytes oid_ca_issuers =
    OID_BYTES("\x2b\x06\x01\x05\x05\x07\x30\x02");
static const struct bytes oid_smime_capabilities =
    OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f");
/* 2.23.140.1.5, the arc of the S/MIME BR */
static const struct bytes oid_reserved = OID_BYTES("\x67\x81\x0c\x01\x05");

/* AES-256, AES-192, AES-128 in CBC mode, best first (RFC 8551 section 2.7.1). GCM
 * is not named: many programs that read this list cannot open it. */
static const struct bytes smime_capabilities =
    OID_BYTES("\x30\x27"
	      "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"
	      "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x16"
	      "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02");

static const struct {
	const char *word;
	uint8_t arc;
} kinds[] = {
#define X(name, word, arc) [name] = {word, arc},
    PROFILE_LIST(X)
#undef X
};
_Static_assert(NITEMS(kinds) == PROFILE__MAX, "one row a kind");

int
profile_kind_read(struct bytes word, enum profile_kind *out, struct err *e)
{
	for (size_t i = 0; i < NITEMS(kinds); i++)
		if (bytes_equal(word, bytes_of(kinds[i].word))) {
			*out = (enum profile_kind)i;
			return 0;
		}
	return err_set(e, ERR_UNSUPPORTED,
	    "profile \"%.*s\", want mailbox, organization or person",
	    (int)(word.n > SHOWN ? SHOWN : word.n), (const char *)word.p);
}

const char *
profile_kind_word(enum profile_kind kind)
{
	return kinds[kind].word;
}

/* --- text -------------------------------------------------------------------- */

/* Whether a character may stand in a name: nothing that ends a line, hides, or
 * turns the direction of what follows, nothing without a meaning of its own. */
static bool
name_character(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} refused[] = {
	    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, /* soft hyphen */
	    {0x061c, 0x061c}, {0x180e, 0x180e},
	    {0x200b, 0x200f},			/* zero width, direction marks */
	    {0x2028, 0x202e},			/* line ends, embeddings */
	    {0x2060, 0x206f}, {0xd800, 0xf8ff}, /* surrogates, private use */
	    {0xfdd0, 0xfdef}, {0xfeff, 0xfeff}, {0xfff0, 0xffff},
	    {0xe0000, 0x10ffff}, /* tags, private use */
	};

	for (size_t i = 0; i < NITEMS(refused); i++)
		if (c >= refused[i].first && c <= refused[i].last)
			return false;
	return (c & 0xfffe) != 0xfffe;
}

/* Whether something but blanks, dots and hyphens is in it (S/MIME BR 7.1.4.2). */
static bool
says_something(struct bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		if (strchr(" .-", text.p[i]) == NULL)
			return true;
	return false;
}

/* Checks a name that is not empty; what: "the surname" ... */
static int
check_name(struct bytes text, const char *what, struct err *e)
{
	struct bytes rest = text;
	size_t characters = 0, n;
	uint32_t c;

	for (; rest.n > 0; characters++) {
		if (characters >= PROFILE_MAX_NAME)
			return err_set(e, ERR_LIMIT,
			    "%s has more than %d characters (RFC 5280 appendix A)",
			    what, PROFILE_MAX_NAME);
		if ((n = utf8_read(rest, &c)) == 0)
			return err_set(e, ERR_SYNTAX,
			    "%s is not UTF-8 at octet %zu (RFC 3629)", what,
			    text.n - rest.n + 1);
		if (!name_character(c))
			return err_set(e, ERR_SYNTAX,
			    "%s holds the character U+%04X, which no name has", what,
			    (unsigned)c);
		rest.p += n;
		rest.n -= n;
	}
	if (!says_something(text))
		return err_set(e, ERR_POLICY,
		    "%s is empty or only blanks, dots and hyphens (S/MIME BR 7.1.4.2)",
		    what);
	if (text.p[0] == ' ' || text.p[text.n - 1] == ' ')
		return err_set(e, ERR_SYNTAX, "%s begins or ends with a blank", what);
	return 0;
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_country(const char *s)
{
	return s != NULL && is_upper(s[0]) && is_upper(s[1]) && s[2] == '\0';
}

/* "NTRCH-CHE-123.456.789": scheme, country, for NTR perhaps a part of it, hyphen,
 * reference (S/MIME BR 7.1.4.2.2 d and A.1). */
static int
check_organization_id(const char *id, const char *country, struct err *e)
{
	static const char *const schemes[] = {"NTR", "VAT", "PSD", "LEI"};
	const char *s = id;
	bool known = false;

	for (size_t i = 0; i < NITEMS(schemes); i++)
		known = known || strncmp(id, schemes[i], 3) == 0;
	if (!known || !is_upper(id[3]) || !is_upper(id[4]))
		return err_set(e, ERR_SYNTAX,
		    "organization-id \"%.40s\", want NTR, VAT, PSD or LEI, two letters "
		    "of "
		    "the country, a hyphen, the reference (S/MIME BR 7.1.4.2.2 d)",
		    id);
	s += 5;
	if (*s == '+' && strncmp(id, "NTR", 3) == 0)
		s += 1 + strspn(s + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	if (*s != '-' || s[1] == '\0' || strlen(id) > ORG_ID_MAX ||
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		      "-.:/ ") != strlen(s))
		return err_set(e, ERR_SYNTAX,
		    "organization-id \"%.40s\", want a hyphen and the reference after "
		    "the "
		    "country, %d characters at most (S/MIME BR 7.1.4.2.2 d)",
		    id, ORG_ID_MAX);
	if (strncmp(id, "LEI", 3) == 0
		? strncmp(id + 3, "XG", 2) != 0
		: country != NULL && strncmp(id + 3, country, 2) != 0)
		return err_set(e, ERR_POLICY,
		    "organization-id \"%.40s\" is of another country than \"%s\" "
		    "(S/MIME BR "
		    "A.1)",
		    id, country == NULL ? "XG" : country);
	return 0;
}

/* --- policy ------------------------------------------------------------------ */

int
profile_check_url(const char *url, struct err *e)
{
	size_t n = url == NULL ? 0 : strlen(url);
	bool ok = n > strlen("http://x") && n <= PROFILE_MAX_URL &&
		  strncmp(url, "http://", 7) == 0 && url[7] != '/' && url[7] != ':';

	for (size_t i = 0; ok && i < n; i++)
		ok = url[i] > 0x20 && url[i] < 0x7f &&
		     strchr("\"<>\\^`{|}?#", url[i]) == NULL;
	return ok ? 0
		  : err_set(e, ERR_SYNTAX,
			"URL \"%.80s\", want http://HOST/... of at most %d characters, "
			"without query (S/MIME BR 7.1.2.3 b and c)",
			url == NULL ? "" : url, PROFILE_MAX_URL);
}

/* The content octets of a policy's own OID; 0 where there is none, or negative. */
static int
policy_oid_octets(const char *text, uint8_t out[OID_OCTETS])
{
	int n;

	if (text == NULL || text[0] == '\0')
		return 0;
	if (strlen(text) > PROFILE_MAX_OID)
		return ERR_LIMIT;
	n = a2d_ASN1_OBJECT(out, OID_OCTETS, text, -1);
	return n > 0 ? n : ERR_SYNTAX;
}

static int
check_domains(const struct profile_policy *p, struct err *e)
{
	char label[ADDR_DOMAIN_MAX + 1];
	size_t n;

	if (p->n_domain == 0 || p->n_domain > PROFILE_MAX_DOMAINS)
		return err_set(e, ERR_LIMIT, "%zu internal domains, want 1 to %d",
		    p->n_domain, PROFILE_MAX_DOMAINS);
	for (size_t i = 0; i < p->n_domain; i++)
		if (addr_domain(bytes_of(p->domain[i]), label, &n) != 0 ||
		    strcmp(label, p->domain[i]) != 0)
			return err_set(e, ERR_SYNTAX,
			    "internal domain \"%.60s\", want a domain as A-label in "
			    "lower "
			    "case",
			    p->domain[i]);
	return 0;
}

static int
check_organization(const struct profile_policy *p, struct err *e)
{
	int rc;

	if (p->country != NULL && !is_country(p->country))
		return err_set(e, ERR_SYNTAX,
		    "country \"%.10s\", want two upper-case letters (ISO 3166-1)",
		    p->country);
	if (p->organization == NULL && p->organization_id == NULL)
		return 0;
	if (p->organization == NULL || p->organization_id == NULL)
		return err_set(e, ERR_POLICY,
		    "organization and organization-id go together (S/MIME BR "
		    "7.1.4.2.5)");
	if ((rc = check_name(bytes_of(p->organization), "the organization", e)) != 0)
		return rc;
	return check_organization_id(p->organization_id, p->country, e);
}

int
profile_check_policy(const struct profile_policy *p, struct err *e)
{
	uint8_t oid[OID_OCTETS];
	int rc;

	if (p->days < 1 || p->days > PROFILE_MAX_DAYS)
		return err_set(e, ERR_LIMIT,
		    "%u days of validity, want 1 to %d (S/MIME BR 6.3.2)", p->days,
		    PROFILE_MAX_DAYS);
	if ((p->generation != PROFILE_MULTIPURPOSE &&
		p->generation != PROFILE_STRICT) ||
	    p->use > PROFILE_ENCRYPT)
		return err_set(e, ERR_USAGE, "a generation or use that does not exist");
	rc = policy_oid_octets(p->policy_oid, oid);
	if (rc < 0)
		return err_set(e, rc,
		    "policy OID \"%.60s\", want one as 1.3.6.1.4.1...", p->policy_oid);
	if (rc >= (int)oid_reserved.n &&
	    memcmp(oid, oid_reserved.p, oid_reserved.n) == 0)
		return err_set(e, ERR_POLICY,
		    "policy OID %s is reserved (S/MIME BR 7.1.6.1), want one of your "
		    "own",
		    p->policy_oid);
	if ((rc = check_organization(p, e)) != 0)
		return rc;
	return check_domains(p, e);
}

/* --- pieces of a certificate ------------------------------------------------- */

static void
put_oid(struct der_write *w, struct bytes oid)
{
	der_write_item(w, DER_OID, oid);
}

/* One RDN with one attribute. */
static void
put_attribute(struct der_write *w, struct bytes oid, uint8_t tag, struct bytes value)
{
	size_t set = der_write_open(w, DER_SET), pair = der_write_open(w, DER_SEQUENCE);

	put_oid(w, oid);
	der_write_item(w, tag, value);
	der_write_close(w, pair);
	der_write_close(w, set);
}

/* RFC 5280 section 4.1.2.4: countryName PrintableString, all else UTF8String. */
static void
put_text(struct der_write *w, struct bytes oid, struct bytes value)
{
	put_attribute(w, oid, DER_UTF8_STRING, value);
}

struct extension_mark {
	size_t outer, value;
};

static struct extension_mark
open_extension(struct der_write *w, struct bytes oid, bool critical)
{
	struct extension_mark m = {.outer = der_write_open(w, DER_SEQUENCE)};

	put_oid(w, oid);
	if (critical)
		der_write_true(w);
	m.value = der_write_open(w, DER_OCTET_STRING);
	return m;
}

static void
close_extension(struct der_write *w, struct extension_mark m)
{
	der_write_close(w, m.value);
	der_write_close(w, m.outer);
}

static void
put_authority_key_id(struct der_write *w, struct bytes key_id)
{
	struct extension_mark m = open_extension(w, oid_authority_key_id, false);
	size_t seq = der_write_open(w, DER_SEQUENCE);

	der_write_item(w, DER_CONTEXT(0), key_id);
	der_write_close(w, seq);
	close_extension(w, m);
}

static void
put_subject_key_id(struct der_write *w, struct bytes key_id)
{
	struct extension_mark m = open_extension(w, oid_subject_key_id, false);

	der_write_item(w, DER_OCTET_STRING, key_id);
	close_extension(w, m);
}

static void
put_key_usage(struct der_write *w, unsigned bits)
{
	struct extension_mark m = open_extension(w, oid_key_usage, true);

	der_write_named_bits(w, bits);
	close_extension(w, m);
}

static void
put_ext_usage(struct der_write *w)
{
	struct extension_mark m = open_extension(w, oid_ext_usage, false);
	size_t seq = der_write_open(w, DER_SEQUENCE);

	put_oid(w, oid_email_protection);
	der_write_close(w, seq);
	close_extension(w, m);
}

static void
put_policy(struct der_write *w, struct bytes oid)
{
	size_t seq = der_write_open(w, DER_SEQUENCE);

	put_oid(w, oid);
	der_write_close(w, seq);
}

/* DistributionPoint with fullName and one URI. */
static void
put_crl_point(struct der_write *w, const char *url)
{
	struct extension_mark m = open_extension(w, oid_crl_points, false);
	size_t all = der_write_open(w, DER_SEQUENCE),
	       one = der_write_open(w, DER_SEQUENCE);
	size_t point = der_write_open(w, DER_CONTEXT_CONSTRUCTED(0));
	size_t full = der_write_open(w, DER_CONTEXT_CONSTRUCTED(0));

	der_write_item(w, DER_CONTEXT(6), bytes_of(url));
	der_write_close(w, full);
	der_write_close(w, point);
	der_write_close(w, one);
	der_write_close(w, all);
	close_extension(w, m);
}

static void
put_info_access(struct der_write *w, const char *url)
{
	struct extension_mark m = open_extension(w, oid_info_access, false);
	size_t all = der_write_open(w, DER_SEQUENCE),
	       one = der_write_open(w, DER_SEQUENCE);

	put_oid(w, oid_ca_issuers);
	der_write_item(w, DER_CONTEXT(6), bytes_of(url));
	der_write_close(w, one);
	der_write_close(w, all);
	close_extension(w, m);
}

/* Everything up to the extensions. */
static void
put_head(struct der_write *w, struct bytes serial, struct bytes algorithm,
    struct bytes issuer, int64_t from, int64_t until)
{
	size_t version = der_write_open(w, DER_CONTEXT_CONSTRUCTED(0)), validity;

	der_write_number(w, 2); /* version 3 */
	der_write_close(w, version);
	der_write_item(w, DER_INTEGER, serial);
	der_write_raw(w, algorithm);
	der_write_raw(w, issuer);
	validity = der_write_open(w, DER_SEQUENCE);
	der_write_time(w, from);
	der_write_time(w, until);
	der_write_close(w, validity);
}

static int
take(struct der_write *w, struct owned *out, struct err *e)
{
	if (der_write_take(w, out) != 0)
		return err_set(e, ERR_MEMORY, "no memory for a certificate");
	return 0;
}

/* --- subjects ---------------------------------------------------------------- */

/* A request's addresses as they go into the certificate: checked, each once. */
struct mail_list {
	struct addr addr[PROFILE_MAX_MAIL];
	size_t n;
};

static bool
domain_is_ours(const struct profile_policy *p, const struct addr *a)
{
	for (size_t i = 0; i < p->n_domain; i++)
		if (strcmp(a->text + a->at + 1, p->domain[i]) == 0)
			return true;
	return false;
}

static int
read_address(
    const struct profile_policy *p, struct bytes in, struct addr *out, struct err *e)
{
	struct err why = {0};
	int rc = addr_parse(in, out, &why);

	if (rc != 0)
		return err_set(e, rc, "address \"%.*s\": %s",
		    (int)(in.n > SHOWN ? SHOWN : in.n), (const char *)in.p, why.text);
	for (size_t i = 0; i < out->at; i++)
		if ((unsigned char)out->text[i] >= 0x80)
			return err_set(e, ERR_UNSUPPORTED,
			    "address \"%s\": a local part that is not ASCII, which no "
			    "mail "
			    "program here finds (RFC 9598)",
			    out->text);
	if (!domain_is_ours(p, out))
		return err_set(e, ERR_POLICY,
		    "address \"%s\" is in none of the internal domains (S/MIME BR "
		    "3.2.2)",
		    out->text);
	return 0;
}

static int
read_mail(const struct profile_policy *p, const struct profile_request *r,
    struct mail_list *out, struct err *e)
{
	out->n = 0;
	if (r->n_mail == 0)
		return err_set(e, ERR_POLICY,
		    "no mail address, want at least one (S/MIME BR 7.1.4.2.1)");
	if (r->n_mail > PROFILE_MAX_MAIL)
		return err_set(e, ERR_LIMIT, "%zu mail addresses, want at most %d",
		    r->n_mail, PROFILE_MAX_MAIL);
	for (size_t i = 0; i < r->n_mail; i++) {
		struct addr *a = &out->addr[out->n];
		int rc = read_address(p, r->mail[i], a, e);
		bool twice = false;

		if (rc != 0)
			return rc;
		for (size_t k = 0; k < out->n; k++)
			twice = twice || addr_equal(&out->addr[k], a);
		out->n += !twice;
	}
	return 0;
}

static void
put_company(struct der_write *w, const struct profile_policy *p)
{
	if (p->country != NULL)
		put_attribute(
		    w, oid_country, DER_PRINTABLE_STRING, bytes_of(p->country));
	put_text(w, oid_organization, bytes_of(p->organization));
	put_text(w, oid_organization_id, bytes_of(p->organization_id));
}

/* The person's commonName: as displayed, or given name and surname. */
struct person_name {
	uint8_t text[2 * 4 * PROFILE_MAX_NAME + 1];
	size_t n;
};

static void
person_add(struct person_name *name, struct bytes part)
{
	if (part.n == 0)
		return;
	if (name->n > 0)
		name->text[name->n++] = ' ';
	memcpy(name->text + name->n, part.p, part.n);
	name->n += part.n;
}

static int
check_person(const struct profile_request *r, struct person_name *cn, struct err *e)
{
	int rc = 0;

	cn->n = 0;
	if (r->given.n == 0 && r->surname.n == 0)
		return err_set(e, ERR_POLICY,
		    "neither given name nor surname, want one for a person's "
		    "certificate "
		    "(S/MIME BR 7.1.4.2.5)");
	if (r->given.n > 0)
		rc = check_name(r->given, "the given name", e);
	if (rc == 0 && r->surname.n > 0)
		rc = check_name(r->surname, "the surname", e);
	if (rc == 0 && r->display.n > 0)
		rc = check_name(r->display, "the display name", e);
	if (rc != 0)
		return rc;
	if (r->display.n > 0)
		person_add(cn, r->display);
	else {
		person_add(cn, r->given);
		person_add(cn, r->surname);
	}
	return check_name((struct bytes){cn->text, cn->n}, "given name and surname", e);
}

/* What is to be in the subject, checked before anything is written. */
struct subject {
	struct mail_list mail;
	struct person_name person;
	bool empty; /* then subjectAltName is critical (RFC 5280 section 4.2.1.6) */
};

static int
check_subject(const struct profile_policy *p, const struct profile_request *r,
    struct subject *s, struct err *e)
{
	int rc = read_mail(p, r, &s->mail, e);

	s->empty = false;
	if (rc != 0)
		return rc;
	if (r->kind == PROFILE_MAILBOX) {
		s->empty = s->mail.addr[0].n > PROFILE_MAX_NAME;
		return 0;
	}
	if (p->organization == NULL || p->organization_id == NULL)
		return err_set(e, ERR_POLICY,
		    "profile %s needs organization and organization-id, which are not "
		    "configured (S/MIME BR 7.1.4.2.5)",
		    kinds[r->kind].word);
	return r->kind == PROFILE_SPONSOR ? check_person(r, &s->person, e) : 0;
}

static void
put_subject(struct der_write *w, const struct profile_policy *p,
    const struct profile_request *r, const struct subject *s)
{
	const struct addr *primary = &s->mail.addr[0];
	size_t seq = der_write_open(w, DER_SEQUENCE);

	if (r->kind != PROFILE_MAILBOX)
		put_company(w, p);
	if (r->kind == PROFILE_SPONSOR) {
		if (r->given.n > 0)
			put_text(w, oid_given, r->given);
		if (r->surname.n > 0)
			put_text(w, oid_surname, r->surname);
		put_text(w, oid_cn, (struct bytes){s->person.text, s->person.n});
	} else if (primary->n <= PROFILE_MAX_NAME)
		put_text(w, oid_cn,
		    (struct bytes){(const uint8_t *)primary->text, primary->n});
	der_write_close(w, seq);
}

static void
put_alt_name(struct der_write *w, const struct subject *s)
{
	struct extension_mark m = open_extension(w, oid_alt_name, s->empty);
	size_t seq = der_write_open(w, DER_SEQUENCE);

	for (size_t i = 0; i < s->mail.n; i++)
		der_write_item(w, DER_CONTEXT(1), bytes_of(s->mail.addr[i].text));
	der_write_close(w, seq);
	close_extension(w, m);
}

/* --- certificates of people -------------------------------------------------- */

/* Key usage by key and use (S/MIME BR 7.1.2.3 e). */
static unsigned
usage_bits(enum cert_key family, enum profile_use use)
{
	unsigned encrypt =
	    family == CERT_KEY_RSA ? CERT_KU_KEY_ENCIPHERMENT : CERT_KU_KEY_AGREEMENT;

	switch (use) {
	case PROFILE_SIGN:
		return CERT_KU_DIGITAL_SIGNATURE;
	case PROFILE_ENCRYPT:
		return encrypt;
	case PROFILE_DUAL:
		break;
	}
	return CERT_KU_DIGITAL_SIGNATURE | encrypt;
}

static void
put_policies(
    struct der_write *w, const struct profile_policy *p, enum profile_kind kind)
{
	uint8_t own[OID_OCTETS], reserved[16];
	int n = policy_oid_octets(p->policy_oid, own);
	struct extension_mark m;
	size_t seq;

	if (n <= 0 && !p->claim)
		return;
	m = open_extension(w, oid_policies, false);
	seq = der_write_open(w, DER_SEQUENCE);
	if (p->claim) {
		memcpy(reserved, oid_reserved.p, oid_reserved.n);
		reserved[oid_reserved.n] = kinds[kind].arc;
		reserved[oid_reserved.n + 1] = (uint8_t)p->generation;
		put_policy(w, (struct bytes){reserved, oid_reserved.n + 2});
	}
	if (n > 0)
		put_policy(w, (struct bytes){own, (size_t)n});
	der_write_close(w, seq);
	close_extension(w, m);
}

static void
put_capabilities(struct der_write *w)
{
	struct extension_mark m = open_extension(w, oid_smime_capabilities, false);

	der_write_raw(w, smime_capabilities);
	close_extension(w, m);
}

static void
put_extensions(struct der_write *w, const struct profile_policy *p,
    const struct profile_issuer *issuer, const struct profile_request *r,
    const struct subject *s, const struct key_public *key)
{
	uint8_t id[KEY_ID_BYTES];
	size_t outer = der_write_open(w, DER_CONTEXT_CONSTRUCTED(3));
	size_t seq = der_write_open(w, DER_SEQUENCE);

	key_id(r->spki, id);
	put_authority_key_id(w, issuer->key_id);
	put_subject_key_id(w, (struct bytes){id, sizeof(id)});
	put_key_usage(w, usage_bits(key->family, p->use));
	put_policies(w, p, r->kind);
	put_alt_name(w, s);
	put_ext_usage(w);
	put_crl_point(w, issuer->crl_url);
	put_info_access(w, issuer->ca_url);
	if (p->use != PROFILE_SIGN)
		put_capabilities(w);
	der_write_close(w, seq);
	der_write_close(w, outer);
}

/* From when until when: now, moved back a little, for so many days, within the
 * CA's own validity. */
static int
validity(const struct profile_issuer *issuer, int64_t now, int64_t seconds,
    int64_t *from, int64_t *until, struct err *e)
{
	if (now < issuer->not_before || now > issuer->not_after - PROFILE_MIN_LEFT)
		return err_set(e, ERR_POLICY,
		    "the CA's own certificate %s (RFC 5280 section 6.1.3): make a new "
		    "one",
		    now < issuer->not_before ? "is not yet valid"
					     : "ends within a day or has ended");
	*from = now - PROFILE_BACKDATE;
	if (*from < issuer->not_before)
		*from = issuer->not_before;
	*until = *from + seconds - 1;
	if (*until > issuer->not_after)
		*until = issuer->not_after;
	return 0;
}

static int
check_serial(struct bytes serial, struct err *e)
{
	if (!serial_valid(serial))
		return err_set(e, ERR_USAGE,
		    "a serial number that is not ours (S/MIME BR 7.1): want %d octets, "
		    "the "
		    "first 0x01 to 0x7f",
		    SERIAL_BYTES);
	return 0;
}

int
profile_tbs(const struct profile_policy *policy, const struct profile_issuer *issuer,
    const struct profile_request *request, struct owned *tbs_out, struct err *e)
{
	struct key_public key;
	struct der_write w;
	struct subject s;
	int64_t from, until;
	int rc = check_serial(request->serial, e);
	size_t seq;

	*tbs_out = (struct owned){0};
	if (rc == 0 && request->kind >= PROFILE__MAX)
		rc = err_set(e, ERR_USAGE, "a profile that does not exist");
	if (rc == 0)
		rc = check_subject(policy, request, &s, e);
	if (rc == 0)
		rc = key_public_read(request->spki, &key, e);
	if (rc == 0)
		rc = validity(issuer, request->now, (int64_t)policy->days * DAY, &from,
		    &until, e);
	if (rc != 0)
		return rc;
	der_write_init(&w, PROFILE_MAX_TBS);
	seq = der_write_open(&w, DER_SEQUENCE);
	put_head(&w, request->serial, issuer->signature_algorithm, issuer->name, from,
	    until);
	put_subject(&w, policy, request, &s);
	der_write_raw(&w, request->spki);
	put_extensions(&w, policy, issuer, request, &s, &key);
	der_write_close(&w, seq);
	return take(&w, tbs_out, e);
}

/* --- certificates of authorities --------------------------------------------- */

static int
check_authority(const struct profile_authority *a, struct err *e)
{
	struct key_public key;
	int rc;

	if (a->years < 1 || a->years > PROFILE_CA_MAX_YEARS)
		return err_set(e, ERR_LIMIT,
		    "%u years of validity of a CA, want 1 to %d", a->years,
		    PROFILE_CA_MAX_YEARS);
	if (!is_country(a->country))
		return err_set(e, ERR_SYNTAX,
		    "a CA's country \"%.10s\", want two upper-case letters (S/MIME BR "
		    "7.1.4.3.1 c)",
		    a->country == NULL ? "" : a->country);
	if ((rc = check_name(bytes_of(a->name), "the CA's name", e)) != 0)
		return rc;
	if ((rc = check_name(bytes_of(a->organization), "the CA's organization", e)) !=
	    0)
		return rc;
	if ((rc = check_serial(a->serial, e)) != 0)
		return rc;
	return key_public_read(a->spki, &key, e);
}

static void
put_authority_name(struct der_write *w, const struct profile_authority *a)
{
	size_t seq = der_write_open(w, DER_SEQUENCE);

	put_attribute(w, oid_country, DER_PRINTABLE_STRING, bytes_of(a->country));
	put_text(w, oid_organization, bytes_of(a->organization));
	put_text(w, oid_cn, bytes_of(a->name));
	der_write_close(w, seq);
}

static void
put_authority_constraints(struct der_write *w, bool root)
{
	struct extension_mark m = open_extension(w, oid_basic_constraints, true);
	size_t seq = der_write_open(w, DER_SEQUENCE);

	der_write_true(w);
	if (!root)
		der_write_number(w, 0); /* no CA below an issuing CA */
	der_write_close(w, seq);
	close_extension(w, m);
}

static void
put_authority_extensions(struct der_write *w, const struct profile_issuer *issuer,
    const struct profile_authority *a)
{
	uint8_t id[KEY_ID_BYTES];
	size_t outer = der_write_open(w, DER_CONTEXT_CONSTRUCTED(3));
	size_t seq = der_write_open(w, DER_SEQUENCE);
	struct extension_mark m;
	size_t policies;

	key_id(a->spki, id);
	put_authority_key_id(
	    w, a->root ? (struct bytes){id, sizeof(id)} : issuer->key_id);
	put_subject_key_id(w, (struct bytes){id, sizeof(id)});
	put_authority_constraints(w, a->root);
	put_key_usage(w, CERT_KU_KEY_CERT_SIGN | CERT_KU_CRL_SIGN);
	if (!a->root) {
		m = open_extension(w, oid_policies, false);
		policies = der_write_open(w, DER_SEQUENCE);
		put_policy(w, oid_any_policy);
		der_write_close(w, policies);
		close_extension(w, m);
		put_ext_usage(w);
		put_crl_point(w, issuer->crl_url);
		put_info_access(w, issuer->ca_url);
	}
	der_write_close(w, seq);
	der_write_close(w, outer);
}

static int
authority_validity(const struct profile_issuer *issuer,
    const struct profile_authority *a, int64_t *from, int64_t *until, struct err *e)
{
	int64_t seconds = (int64_t)a->years * YEAR;

	if (!a->root)
		return validity(issuer, a->now, seconds, from, until, e);
	*from = a->now - PROFILE_BACKDATE;
	*until = *from + seconds - 1;
	return 0;
}

int
profile_authority_tbs(const struct profile_issuer *issuer,
    const struct profile_authority *authority, struct owned *tbs_out, struct err *e)
{
	struct owned name = {0};
	struct der_write w;
	int64_t from, until;
	int rc = check_authority(authority, e);
	size_t seq;

	*tbs_out = (struct owned){0};
	if (rc == 0)
		rc = authority_validity(issuer, authority, &from, &until, e);
	if (rc != 0)
		return rc;
	der_write_init(&w, PROFILE_MAX_TBS);
	put_authority_name(&w, authority);
	if ((rc = take(&w, &name, e)) != 0)
		return rc;
	der_write_init(&w, PROFILE_MAX_TBS);
	seq = der_write_open(&w, DER_SEQUENCE);
	put_head(&w, authority->serial, issuer->signature_algorithm,
	    authority->root ? owned_view(&name) : issuer->name, from, until);
	der_write_raw(&w, owned_view(&name));
	der_write_raw(&w, authority->spki);
	put_authority_extensions(&w, issuer, authority);
	der_write_close(&w, seq);
	owned_free(&name);
	return take(&w, tbs_out, e);
}

int
profile_seal(struct bytes tbs, struct bytes signature_algorithm, struct bytes signature,
    struct owned *out, struct err *e)
{
	struct der_write w;
	size_t seq;

	der_write_init(&w, tbs.n + signature_algorithm.n + signature.n + 64);
	seq = der_write_open(&w, DER_SEQUENCE);
	der_write_raw(&w, tbs);
	der_write_raw(&w, signature_algorithm);
	der_write_bit_octets(&w, signature);
	der_write_close(&w, seq);
	return take(&w, out, e);
}
