/*
 * The guard (contract in guard.h): what it refuses, in which order, and what it
 * says. Whether the chain is trusted is not its matter but that of who may
 * write. Called by the overlay for each value that a write adds, by the clerk
 * and by import.
 */
#include "core/guard.h"

#include "core/choice.h"
#include "core/isotime.h"
#include "core/recognize.h"

#include <stdarg.h>
#include <stdio.h>

#define GUARD_ALONE "a certificate alone belongs into userCertificate"

/* What is judged, for whom, when; and what a sentence begins with. */
struct guard {
	const char *attr;
	bool signed_data; /* userSMIMECertificate */
	const struct bytes *mail;
	size_t n_mail;
	int64_t now;
	struct err *e;
};

__attribute__((format(printf, 3, 4))) static int
guard_refuse(const struct guard *g, int code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(g->e, code, "%s: %s", g->attr, text);
}

/* --- lists of names in a sentence -------------------------------------------- */

enum {
	NAMES_SHOWN = 3,
	NAME_SHOWN = 64, /* bytes */
	NAMES_SIZE = NAMES_SHOWN * (NAME_SHOWN + 2) + 32,
};

struct names {
	char text[NAMES_SIZE];
	size_t n; /* bytes */
	size_t shown, more;
};

/* Strangers' bytes: what is not printable ASCII becomes '?'. */
static void
names_add(struct names *l, struct bytes name)
{
	if (l->shown == NAMES_SHOWN) {
		l->more++;
		return;
	}
	if (l->shown++ > 0) {
		l->text[l->n++] = ',';
		l->text[l->n++] = ' ';
	}
	for (size_t i = 0; i < name.n && i < NAME_SHOWN; i++) {
		uint8_t c = name.p[i];

		l->text[l->n++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
}

static void
names_add_all(struct names *l, const struct bytes *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		names_add(l, name[i]);
}

static const char *
names_text(struct names *l)
{
	if (l->shown == 0)
		return "none";
	if (l->more > 0)
		snprintf(l->text + l->n, NAMES_SIZE - l->n, " and %zu more", l->more);
	else
		l->text[l->n] = '\0';
	return l->text;
}

/* --- one certificate ------------------------------------------------------------ */

static int
guard_authority(const struct guard *g, const struct cert *c)
{
	if (!c->is_ca)
		return 0;
	return guard_refuse(g, ERR_POLICY,
	    "RFC 5280 section 4.2.1.9: found the certificate of an authority "
	    "(basicConstraints cA), want that of a person; authorities belong below "
	    "ou=authorities");
}

static int
guard_address(const struct guard *g, const struct cert *c)
{
	struct names found = {.n = 0}, want = {.n = 0};

	if (choice_has_address(c, g->mail, g->n_mail))
		return 0;
	names_add_all(&found, c->address, c->n_address);
	names_add_all(&found, c->domain, c->n_domain);
	if (!c->has_alt_name)
		names_add_all(&found, c->subject_email, c->n_subject_email);
	names_add_all(&want, g->mail, g->n_mail);
	if (g->n_mail == 0)
		return guard_refuse(g, ERR_POLICY,
		    "RFC 8550 section 3: found a certificate for %s, want an entry "
		    "with "
		    "that address in mail; this one has none",
		    names_text(&found));
	return guard_refuse(g, ERR_POLICY,
	    "RFC 8550 section 3: found address %s in the certificate%s, want one of "
	    "the "
	    "entry's: %s",
	    names_text(&found), c->has_alt_name ? " (subjectAltName)" : "",
	    names_text(&want));
}

static int
guard_key(const struct guard *g, const struct cert *c)
{
	char key[32];
	bool modulus = c->key == CERT_KEY_RSA || c->key == CERT_KEY_RSA_PSS ||
		       c->key == CERT_KEY_DSA;

	cert_key_text(c, key, sizeof(key));
	if (modulus && c->key_bits < CHOICE_RSA_MIN_BITS)
		return guard_refuse(g, ERR_POLICY,
		    "RFC 8551 section 4.2: found a weak key, %s, want at least %d bits",
		    key, CHOICE_RSA_MIN_BITS);
	if (c->key == CERT_KEY_EC && c->curve == CERT_CURVE_OTHER)
		return guard_refuse(g, ERR_POLICY,
		    "RFC 5480 section 2.1.1: found an unknown curve, want P-256, "
		    "P-384, "
		    "P-521 or brainpoolP256r1, P384r1, P512r1, named, its point "
		    "uncompressed");
	if (c->key == CERT_KEY_OTHER)
		return guard_refuse(g, ERR_POLICY,
		    "RFC 8550 section 4.3: found a key of unknown type, want RSA or "
		    "EC");
	return 0;
}

static int
guard_signature(const struct guard *g, const struct cert *c)
{
	switch (c->signature_hash) {
	case CERT_HASH_MD2:
	case CERT_HASH_MD4:
	case CERT_HASH_MD5:
	case CERT_HASH_SHA1:
		return guard_refuse(g, ERR_POLICY,
		    "RFC 8550 section 4.3: found a signature with %s, which is broken, "
		    "want "
		    "sha256 or better",
		    cert_hash_text(c->signature_hash));
	default:
		return 0;
	}
}

static bool
guard_may_sign(const struct cert *c)
{
	if (c->key == CERT_KEY_X25519 || c->key == CERT_KEY_X448)
		return false;
	return !c->has_key_usage || (c->key_usage & (CERT_KU_DIGITAL_SIGNATURE |
							CERT_KU_NON_REPUDIATION)) != 0;
}

static int
guard_usage(const struct guard *g, const struct cert *c)
{
	enum choice_reason r = choice_may_encrypt(c);

	if (r == CHOICE_CRITICAL)
		return guard_refuse(g, ERR_POLICY,
		    "RFC 5280 section 4.2: found a critical extension that is not "
		    "known: "
		    "every mail program must refuse this certificate");
	if (c->has_ext_usage &&
	    (c->ext_usage & (CERT_EKU_EMAIL_PROTECTION | CERT_EKU_ANY)) == 0)
		return guard_refuse(g, ERR_POLICY,
		    "RFC 8550 section 4.4.4: found an extended key usage without "
		    "emailProtection, want a certificate for mail");
	if (r == CHOICE_PUBLISHED || guard_may_sign(c))
		return 0;
	return guard_refuse(g, ERR_POLICY,
	    "RFC 8550 section 4.4.2: found a key usage that allows neither encrypting "
	    "nor "
	    "signing mail, want %s or digitalSignature",
	    c->key == CERT_KEY_RSA ? "keyEncipherment" : "keyAgreement");
}

/* One that is not yet valid is welcome: it is stored in time, and published then. */
static int
guard_validity(const struct guard *g, const struct cert *c)
{
	char first[ISOTIME_SIZE], last[ISOTIME_SIZE], now[ISOTIME_SIZE];

	isotime_text(c->not_before, first);
	isotime_text(c->not_after, last);
	if (c->not_after < c->not_before)
		return guard_refuse(g, ERR_POLICY,
		    "RFC 5280 section 4.1.2.5: found a validity that ends (%s) before "
		    "it "
		    "begins (%s)",
		    last, first);
	if (g->now > c->not_after)
		return guard_refuse(g, ERR_POLICY,
		    "RFC 5280 section 4.1.2.5: found a validity that ended at %s, want "
		    "one "
		    "that has not ended now, at %s",
		    last, isotime_text(g->now, now));
	return 0;
}

static int
guard_cert(const struct guard *g, const struct cert *c)
{
	static int (*const checks[])(const struct guard *g, const struct cert *c) = {
	    guard_authority, guard_address, guard_key, guard_signature, guard_usage,
	    guard_validity};

	for (size_t i = 0; i < NITEMS(checks); i++) {
		int rc = checks[i](g, c);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- values ----------------------------------------------------------------------- */

/* What to do instead, for what was found. Import makes no SignedData, so for
 * userSMIMECertificate it is no advice; most who come with one certificate there
 * want the other attribute. */
static const char *
guard_advice(const struct guard *g, enum recognized what)
{
	if (recognize_is_secret(what))
		return "a private key must never leave its owner: consider this one "
		       "compromised";
	switch (what) {
	case RECOGNIZED_PEM:
	case RECOGNIZED_BASE64:
	case RECOGNIZED_CMS:
	case RECOGNIZED_BER:
		return g->signed_data ? "give the DER bytes; " GUARD_ALONE
				      : "give the DER bytes; with `chancery import` it "
					"goes by itself";
	case RECOGNIZED_REQUEST:
		return "give the certificate that was issued for it";
	case RECOGNIZED_CRL:
		return "CRLs belong to their authority, below ou=authorities";
	case RECOGNIZED_OPENPGP:
		return "OpenPGP keys belong below ou=keys";
	case RECOGNIZED_CERTIFICATE:
		return GUARD_ALONE;
	default:
		return g->signed_data ? GUARD_ALONE
				      : "give the DER bytes of the certificate";
	}
}

static int
guard_refuse_kind(const struct guard *g, enum recognized what, const char *want)
{
	int code = recognize_is_secret(what) ? ERR_POLICY : ERR_SYNTAX;

	return guard_refuse(g, code, "found %s, want %s; %s", recognize_text(what),
	    want, guard_advice(g, what));
}

/* A whole certificate with something behind it: 0 where that is not so. */
static int
guard_trailing(const struct guard *g, struct bytes value)
{
	struct der d = der_open(value);
	struct der_item item;
	enum recognized what;
	struct cert c;

	if (der_read(&d, &item) < 0 || der_at_end(&d) ||
	    cert_parse(item.whole, &c, NULL) < 0)
		return 0;
	what = recognize(d.rest);
	if (recognize_is_secret(what))
		return guard_refuse_kind(g, what, "nothing behind the certificate");
	return guard_refuse(g, ERR_SYNTAX,
	    "X.690 section 8.1: found %zu bytes behind the certificate, want none; "
	    "give "
	    "each certificate as a value of its own",
	    d.rest.n);
}

static int
guard_value_cert(const struct guard *g, struct bytes value)
{
	enum recognized what;
	struct err why;
	struct cert c;
	int rc = cert_parse(value, &c, &why);

	if (rc == 0)
		return guard_cert(g, &c);
	what = recognize(value);
	if (recognize_is_secret(what) || (rc = guard_trailing(g, value)) == 0)
		rc = what == RECOGNIZED_NOTHING || what == RECOGNIZED_CERTIFICATE
			 ? guard_refuse(g, ERR_SYNTAX, "%s", why.text)
			 : guard_refuse_kind(g, what, "an X.509 certificate in DER");
	return rc;
}

/* The reason of the last certificate that was refused, and how many there were. */
struct tried {
	size_t n, n_authorities;
	struct err why;
};

/* One certificate inside a SignedData: 1 accepted, 0 not, ERR_* ends it all. */
static int
guard_inside(const struct guard *g, struct bytes der, struct tried *t)
{
	struct guard quiet = *g;
	struct err why = {0};
	struct cert c;

	t->n++;
	if (cert_parse(der, &c, NULL) < 0) {
		enum recognized what = recognize(der);

		return recognize_is_secret(what)
			   ? guard_refuse_kind(
				 g, what, "certificates only in SignedData")
			   : 0;
	}
	quiet.e = &why;
	if (guard_cert(&quiet, &c) == 0)
		return 1;
	/* that the chain is there too says nothing about hers */
	if (c.is_ca)
		t->n_authorities++;
	else
		t->why = why;
	return 0;
}

static int
guard_refuse_all(const struct guard *g, const struct tried *t)
{
	if (t->n == 0)
		return guard_refuse(g, ERR_POLICY,
		    "RFC 5652 section 5.1: found SignedData without a certificate, "
		    "want the "
		    "entry's own in it");
	if (t->why.text[0] == '\0')
		return guard_refuse(g, ERR_POLICY,
		    "RFC 5652 section 5.1: found SignedData with %zu certificates, %zu "
		    "of "
		    "authorities, and none that can be a person's",
		    t->n, t->n_authorities);
	return err_set(
	    g->e, ERR_POLICY, "%s (one of %zu certificates in it)", t->why.text, t->n);
}

/* Any good one is enough, but a private key is looked for in all of them. */
static int
guard_value_signed(const struct guard *g, struct bytes value)
{
	struct tried tried = {.n = 0};
	bool accepted = false;
	struct err why = {0};
	struct bytes der;
	struct cms cms;
	int rc = cms_open(value, &cms, &why);

	if (rc < 0) {
		enum recognized what = recognize(value);

		return what == RECOGNIZED_NOTHING || what == RECOGNIZED_CMS
			   ? guard_refuse(
				 g, rc == ERR_LIMIT ? rc : ERR_SYNTAX, "%s", why.text)
			   : guard_refuse_kind(g, what, "CMS SignedData in DER");
	}
	while ((rc = cms_next(&cms, &der)) == 1) {
		rc = guard_inside(g, der, &tried);
		if (rc < 0)
			return rc;
		accepted = accepted || rc == 1;
	}
	if (rc < 0)
		return guard_refuse(g, ERR_SYNTAX,
		    "RFC 5652 section 10.2.2: found something else than a certificate "
		    "among "
		    "the certificates");
	return accepted ? 0 : guard_refuse_all(g, &tried);
}

int
guard_check(enum guard_kind kind, struct bytes value, const struct bytes *mail,
    size_t n_mail, int64_t now, struct err *e)
{
	bool signed_data = kind == GUARD_SIGNED;
	size_t most = signed_data ? CMS_MAX_BYTES : CERT_MAX_BYTES;
	struct guard g = {signed_data ? "userSMIMECertificate" : "userCertificate",
	    signed_data, mail, n_mail, now, e};

	if (value.n == 0)
		return guard_refuse(&g, ERR_SYNTAX,
		    "found an empty value, want %s in DER",
		    signed_data ? "CMS SignedData" : "an X.509 certificate");
	if (value.n > most)
		return guard_refuse(
		    &g, ERR_LIMIT, "found %zu bytes, want at most %zu", value.n, most);
	return signed_data ? guard_value_signed(&g, value)
			   : guard_value_cert(&g, value);
}
