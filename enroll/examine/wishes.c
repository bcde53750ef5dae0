/*
 * Wishes of certification requests (RFC 2986, RFC 2985): contract in wishes.h. Read
 * with core's strict reader, from top to bottom: names, then attributes, then the
 * extensions that one of them asks for.
 */
#include "enroll/examine/wishes.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/extension.h"
#include "core/general_name.h"
#include "core/name.h"
#include "enroll/examine/object.h"
#include "enroll/line_io.h"

struct wishes {
	json_t *list;
	size_t more; /* that are not named */
};

__attribute__((format(printf, 2, 3))) static void
wish(struct wishes *w, const char *fmt, ...)
{
	char text[OBJECT_WISH_TEXT_MAX];
	va_list ap;

	if (json_array_size(w->list) == OBJECT_WISHES_MAX) {
		w->more++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *s = text; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
	json_array_append_new(w->list, line_json_text(bytes_of(text)));
}

/* Bytes shown in a sentence, as a precision and a pointer. */
#define SHOWN(b) (b).n > 100 ? 100 : (int)(b).n, (const char *)(b).p

/* "1.2.840.113549.1.9.7" of an OID's content octets. */
static void
oid_text(struct bytes oid, char *out, size_t cap)
{
	uint64_t arc = 0;
	size_t n = 0;
	bool first = true;

	out[0] = '\0';
	for (size_t i = 0; i < oid.n && n < cap; i++) {
		uint64_t top;

		arc = arc << 7 | (oid.p[i] & 0x7f);
		if ((oid.p[i] & 0x80) != 0)
			continue;
		top = arc < 80 ? arc / 40 : 2;
		n += (size_t)(first
				  ? snprintf(out + n, cap - n, "%u.%llu", (unsigned)top,
					(unsigned long long)(arc - 40 * top))
				  : snprintf(out + n, cap - n, ".%llu",
					(unsigned long long)arc));
		first = false;
		arc = 0;
	}
}

/* --- extensions --------------------------------------------------------------------
 */

static void
wish_basic_constraints(struct wishes *w, struct bytes value)
{
	struct bytes content, ca;
	struct der d;
	bool is_ca = false;

	if (der_only(value, DER_SEQUENCE, &content) == 0) {
		d = der_open(content);
		if (der_optional(&d, DER_BOOLEAN, &ca) == 1)
			(void)der_boolean(ca, &is_ca);
	}
	wish(w, is_ca ? "CA:TRUE" : "CA:FALSE");
}

static void
wish_name(struct wishes *w, const struct general_name *g)
{
	char text[OBJECT_WISH_TEXT_MAX];

	switch (g->tag) {
	case GENERAL_NAME_EMAIL:
		wish(w, "address %.*s", SHOWN(g->value));
		return;
	case GENERAL_NAME_DOMAIN:
		wish(w, "domain %.*s", SHOWN(g->value));
		return;
	case GENERAL_NAME_URI:
		wish(w, "URI %.*s", SHOWN(g->value));
		return;
	case GENERAL_NAME_DIRECTORY:
		wish(w, "name %s", name_text(g->value, text, sizeof(text)));
		return;
	case GENERAL_NAME_OTHER:
		oid_text(g->other_type, text, sizeof(text));
		wish(w, "name of type %s", text);
		return;
	default:
		wish(w, "name of kind [%d]", g->tag & 0x1f);
	}
}

static void
wish_alt_name(struct wishes *w, struct bytes value)
{
	struct general_name g;
	struct bytes content;
	struct der d;
	int rc = der_only(value, DER_SEQUENCE, &content);

	if (rc == 0) {
		d = der_open(content);
		while ((rc = general_name_next(&d, &g)) == 1)
			wish_name(w, &g);
	}
	if (rc < 0)
		wish(w, "names that cannot be read");
}

static void
wish_oid(struct wishes *w, const char *what, struct bytes oid)
{
	char text[OBJECT_WISH_TEXT_MAX];

	oid_text(oid, text, sizeof(text));
	wish(w, "%s %s", what, text);
}

static void
wish_key_usage(struct wishes *w, struct bytes value)
{
	(void)value;
	wish(w, "key usage");
}

static void
wish_ext_usage(struct wishes *w, struct bytes value)
{
	struct bytes content, oid;
	struct der d;

	if (der_only(value, DER_SEQUENCE, &content) != 0)
		return;
	d = der_open(content);
	while (der_optional(&d, DER_OID, &oid) == 1)
		wish_oid(w, "extended key usage", oid);
}

static const struct {
	struct bytes oid;
	void (*wish)(struct wishes *w, struct bytes value);
} extensions[] = {
    {OID_BYTES("\x55\x1d\x13"), wish_basic_constraints},
    {OID_BYTES("\x55\x1d\x11"), wish_alt_name},
    {OID_BYTES("\x55\x1d\x0f"), wish_key_usage},
    {OID_BYTES("\x55\x1d\x25"), wish_ext_usage},
};

static void
wish_extension(struct wishes *w, const struct extension *x)
{
	for (size_t i = 0; i < NITEMS(extensions); i++)
		if (bytes_equal(extensions[i].oid, x->oid)) {
			extensions[i].wish(w, x->value);
			return;
		}
	wish_oid(w, "extension", x->oid);
}

/* SET { Extensions } of an extensionRequest (RFC 2985 section 5.4.2). */
static void
wish_extensions(struct wishes *w, struct bytes set)
{
	struct extension x;
	struct bytes content;
	struct der d;
	int rc = der_only(set, DER_SEQUENCE, &content);

	if (rc == 0) {
		d = der_open(content);
		while ((rc = extension_next(&d, &x)) == 1)
			wish_extension(w, &x);
	}
	if (rc < 0)
		wish(w, "extensions that cannot be read");
}

/* --- the request -------------------------------------------------------------------
 */

/* Attribute ::= SEQUENCE { type OID, values SET }. */
static void
wish_attribute(struct wishes *w, struct bytes attribute)
{
	static const struct bytes extension_request =
	    OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e");
	static const struct bytes extension_request_microsoft =
	    OID_BYTES("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0e");
	static const struct bytes challenge_password =
	    OID_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07");
	struct der d = der_open(attribute);
	struct bytes oid, set;

	if (der_expect(&d, DER_OID, &oid) != 0 || der_expect(&d, DER_SET, &set) != 0)
		wish(w, "an attribute that cannot be read");
	else if (bytes_equal(oid, extension_request) ||
		 bytes_equal(oid, extension_request_microsoft))
		wish_extensions(w, set);
	else if (bytes_equal(oid, challenge_password))
		wish(w, "challenge password");
	else
		wish_oid(w, "attribute", oid);
}

static void
wish_subject(struct wishes *w, struct bytes name)
{
	char text[OBJECT_WISH_TEXT_MAX];

	if (name.n > 2) /* an empty one is 30 00 */
		wish(w, "name %s", name_text(name, text, sizeof(text)));
}

/* CertificationRequestInfo: version, subject, key, [0] attributes. */
static int
wish_info(struct wishes *w, struct bytes csr)
{
	struct bytes request, info, attributes, attribute;
	struct der_item version, subject, spki;
	struct der d;

	if (der_only(csr, DER_SEQUENCE, &request) != 0)
		return ERR_SYNTAX;
	d = der_open(request);
	if (der_expect(&d, DER_SEQUENCE, &info) != 0)
		return ERR_SYNTAX;
	d = der_open(info);
	if (der_read(&d, &version) != 0 || der_read(&d, &subject) != 0 ||
	    der_read(&d, &spki) != 0)
		return ERR_SYNTAX;
	wish_subject(w, subject.whole);
	if (der_optional(&d, DER_CONTEXT_CONSTRUCTED(0), &attributes) != 1)
		return 0;
	d = der_open(attributes);
	while (!der_at_end(&d)) {
		if (der_expect(&d, DER_SEQUENCE, &attribute) != 0)
			return ERR_SYNTAX;
		wish_attribute(w, attribute);
	}
	return 0;
}

json_t *
wishes_of(struct bytes csr)
{
	struct wishes w = {.list = json_array()};

	if (w.list == NULL)
		return NULL;
	if (wish_info(&w, csr) != 0)
		wish(&w, "what cannot be read");
	if (w.more > 0)
		json_array_append_new(w.list, json_sprintf("and %zu more", w.more));
	return w.list;
}
