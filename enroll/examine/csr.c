/*
 * Certification requests as people upload them: PEM or DER, and often something else
 * altogether, which is then named in a sentence (contract in object.h). Only the key
 * of a request is taken, when its signature proves that the sender has the private one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "core/der.h"
#include "core/recognize.h"
#include "crypto/key.h"
#include "enroll/examine/object.h"
#include "enroll/examine/wishes.h"
#include "enroll/line.h"

/* --- what it is instead ------------------------------------------------------------
 */

#define NEVER_SEND                                                                     \
	"never send it to anybody; if others may have seen it, get a new key. What "   \
	"is "                                                                          \
	"wanted here is the certificate request that belongs to it (.csr, .p10, .pem)"

static const struct {
	const char *what; /* for programs */
	const char *sentence;
} otherwise[] = {
    [RECOGNIZED_NOTHING] = {"unknown", "This is no certificate request (PKCS#10)."},
    [RECOGNIZED_PKCS8] = {"private-key", "This is a private key: " NEVER_SEND "."},
    [RECOGNIZED_PKCS8_ENCRYPTED] = {"private-key",
	"This is an encrypted private key: " NEVER_SEND "."},
    [RECOGNIZED_PKCS1] = {"private-key", "This is a private key: " NEVER_SEND "."},
    [RECOGNIZED_SEC1] = {"private-key", "This is a private key: " NEVER_SEND "."},
    [RECOGNIZED_DSA_KEY] = {"private-key", "This is a private key: " NEVER_SEND "."},
    [RECOGNIZED_PFX] = {"pfx",
	"This is a PKCS#12 file (.pfx, .p12) with a private key: " NEVER_SEND "."},
    [RECOGNIZED_PEM_SECRET] = {"private-key", "This is a private key: " NEVER_SEND "."},
    [RECOGNIZED_OPENPGP_SECRET] = {"openpgp-secret",
	"This is a secret OpenPGP key: never send it to anybody."},
    [RECOGNIZED_REQUEST] = {"csr", "This is a damaged certificate request."},
    [RECOGNIZED_CRL] = {"crl", "This is a list of revoked certificates (CRL), no "
			       "certificate request."},
    [RECOGNIZED_PUBLIC_KEY] = {"public-key",
	"This is a public key alone: a certificate request also proves that you have "
	"the private one."},
    [RECOGNIZED_CMS] = {"cms", "This is a CMS file (.p7b, .p7s, .p7m), no certificate "
			       "request."},
    [RECOGNIZED_BER] = {"cms", "This is a CMS file (.p7b, .p7s, .p7m), no certificate "
			       "request."},
    [RECOGNIZED_PEM] = {"pem", "This is PEM, but holds no certificate request."},
    [RECOGNIZED_BASE64] = {"unknown", "This is base64, but holds no certificate "
				      "request."},
    [RECOGNIZED_OPENPGP] = {"openpgp",
	"This is an OpenPGP key; certificates for S/MIME need another one."},
    [RECOGNIZED_CERTIFICATE] = {"certificate",
	"This is a certificate already, no certificate request."},
};
_Static_assert(NITEMS(otherwise) == RECOGNIZED__MAX, "a sentence for each");

/* Files that people choose by mistake, by their first bytes. */
static const struct {
	struct bytes begin;
	const char *what;
	const char *sentence;
} files[] = {
    {OID_BYTES("%PDF-"), "pdf", "This is a PDF document, no certificate request."},
    {OID_BYTES("PK\x03\x04"), "zip",
	"This is a ZIP archive or an Office document, no certificate request."},
    {OID_BYTES("\xd0\xcf\x11\xe0"), "office",
	"This is an Office document or an Outlook message, no certificate request."},
    {OID_BYTES("\x89PNG"), "picture", "This is a picture, no certificate request."},
    {OID_BYTES("\xff\xd8\xff"), "picture",
	"This is a picture, no certificate request."},
    {OID_BYTES("<!DOCTYPE"), "html", "This is a web page, no certificate request."},
    {OID_BYTES("<html"), "html", "This is a web page, no certificate request."},
    {OID_BYTES("-----BEGIN PGP PRIVATE"), "openpgp-secret",
	"This is a secret OpenPGP key: never send it to anybody."},
    {OID_BYTES("-----BEGIN PGP"), "openpgp",
	"This is an OpenPGP key or message; certificates for S/MIME need another key."},
    {OID_BYTES("-----BEGIN OPENSSH PRIVATE"), "private-key",
	"This is a private key of SSH: never send it to anybody."},
    {OID_BYTES("ssh-"), "ssh", "This is a public key of SSH, no certificate request."},
};

static json_t *
refuse(const char *word, const char *what, const char *sentence)
{
	json_t *o = line_refuse(word, "%s", sentence);

	if (o != NULL)
		line_set_text(o, "what", bytes_of(what));
	return o;
}

static json_t *
refuse_recognized(enum recognized what)
{
	return refuse("syntax", otherwise[what].what, otherwise[what].sentence);
}

static json_t *
refuse_file(struct bytes object)
{
	for (size_t i = 0; i < NITEMS(files); i++)
		if (object.n >= files[i].begin.n &&
		    memcmp(object.p, files[i].begin.p, files[i].begin.n) == 0)
			return refuse("syntax", files[i].what, files[i].sentence);
	return NULL;
}

/* --- DER out of text ---------------------------------------------------------------
 */

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Base64 with line ends, decoded: room for text.n bytes; the length, or ERR_SYNTAX. */
static long
decode(struct bytes text, uint8_t *out)
{
	uint8_t *digits = malloc(text.n + 1);
	size_t n = 0;
	long rc;

	if (digits == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < text.n; i++)
		if (!is_blank(text.p[i]))
			digits[n++] = text.p[i];
	rc = base64_decode((struct bytes){digits, n}, out);
	free(digits);
	return rc;
}

static const uint8_t *
find(struct bytes in, const char *text)
{
	return in.n == 0 ? NULL : memmem(in.p, in.n, text, strlen(text));
}

/* What stands between BEGIN and END (RFC 7468) of a request, with either label. */
static bool
request_text(struct bytes in, struct bytes *out)
{
	static const char *const labels[] = {
	    "CERTIFICATE REQUEST-----", "NEW CERTIFICATE REQUEST-----"};
	const uint8_t *end;

	for (size_t i = 0; i < NITEMS(labels); i++) {
		char begin[60];
		const uint8_t *at;
		struct bytes rest;

		snprintf(begin, sizeof(begin), "-----BEGIN %s", labels[i]);
		if ((at = find(in, begin)) == NULL)
			continue;
		at += strlen(begin);
		rest = (struct bytes){at, (size_t)(in.p + in.n - at)};
		if ((end = find(rest, "-----END ")) == NULL)
			return false;
		*out = (struct bytes){at, (size_t)(end - at)};
		return true;
	}
	return false;
}

/* What a certificate, key, CRL ... in PEM or bare base64 is: its first block decoded.
 * NULL where that says nothing. */
static json_t *
refuse_block(struct bytes in, uint8_t *room)
{
	const uint8_t *begin = find(in, "-----BEGIN "), *text, *end;
	enum recognized what;
	struct bytes rest = in;
	long n;

	if (begin != NULL) {
		rest = (struct bytes){begin, (size_t)(in.p + in.n - begin)};
		if ((text = memchr(begin, '\n', rest.n)) == NULL)
			return NULL;
		rest = (struct bytes){text, (size_t)(in.p + in.n - text)};
		if ((end = find(rest, "-----END ")) == NULL)
			return NULL;
		rest.n = (size_t)(end - text);
	}
	if ((n = decode(rest, room)) <= 0)
		return NULL;
	what = recognize((struct bytes){room, (size_t)n});
	return what == RECOGNIZED_NOTHING || what == RECOGNIZED_REQUEST
		   ? NULL
		   : refuse_recognized(what);
}

/* --- the request -------------------------------------------------------------------
 */

static const char *
key_text(struct bytes spki, char out[OBJECT_KEY_TEXT_MAX])
{
	struct key_public k;

	if (key_public_read(spki, &k, NULL) != 0)
		return NULL;
	if (k.family == CERT_KEY_RSA)
		snprintf(out, OBJECT_KEY_TEXT_MAX, "RSA %u", k.bits);
	else
		snprintf(out, OBJECT_KEY_TEXT_MAX, "EC P-%u", k.bits);
	return out;
}

static json_t *
accept_key(struct bytes csr, struct bytes spki)
{
	char text[OBJECT_KEY_TEXT_MAX];
	json_t *o = line_ok();

	if (o == NULL || key_text(spki, text) == NULL ||
	    line_set_bytes(o, "spki", spki) != 0 ||
	    line_set_text(o, "key", bytes_of(text)) != 0 ||
	    json_object_set_new(o, "ignored", wishes_of(csr)) != 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *
read_request(struct bytes csr)
{
	struct err e = {0};
	struct owned spki;
	json_t *o;

	if (key_from_csr(csr, &spki, &e) == 0) {
		o = accept_key(csr, owned_view(&spki));
		owned_free(&spki);
		return o;
	}
	/* A sentence about a request that is one; else, that it is damaged. */
	if (e.code == ERR_SYNTAX)
		return refuse_recognized(RECOGNIZED_REQUEST);
	o = line_refuse_err(&e);
	if (e.code == ERR_CRYPTO && o != NULL)
		line_set_text(o, "error", BYTES("policy"));
	if (o != NULL)
		line_set_text(o, "what", BYTES("csr"));
	return o;
}

/* Text: a request in PEM, something else in PEM, or base64 alone. room: object.n. */
static json_t *
read_text(struct bytes object, enum recognized what, uint8_t *room)
{
	struct bytes text = object;
	json_t *o;
	long n;

	if (what == RECOGNIZED_PEM_SECRET)
		return refuse_recognized(what);
	if (what == RECOGNIZED_BASE64 || request_text(object, &text)) {
		n = decode(text, room);
		if (n > 0 &&
		    recognize((struct bytes){room, (size_t)n}) == RECOGNIZED_REQUEST)
			return read_request((struct bytes){room, (size_t)n});
		if (what != RECOGNIZED_BASE64)
			return refuse_recognized(RECOGNIZED_REQUEST);
	}
	o = refuse_block(object, room);
	return o != NULL ? o : refuse_recognized(what);
}

json_t *
object_csr(struct bytes object)
{
	enum recognized what = recognize(object);
	uint8_t *room;
	json_t *o;

	if (object.n == 0)
		return refuse("syntax", "empty", "This is an empty file.");
	if ((o = refuse_file(object)) != NULL)
		return o;
	if (what == RECOGNIZED_REQUEST)
		return read_request(object);
	if (what != RECOGNIZED_PEM && what != RECOGNIZED_BASE64 &&
	    what != RECOGNIZED_PEM_SECRET)
		return refuse_recognized(what);
	if ((room = malloc(object.n)) == NULL)
		return NULL;
	o = read_text(object, what, room);
	explicit_bzero(room, object.n);
	free(room);
	return o;
}
