/*
 * One person of the company directory, read (part of mirror.h's contract): addresses
 * as they will be published, texts that fit into attributes, and a sentence about
 * each that does not.
 */
#include <stdlib.h>

#include "core/mirror_parts.h"
#include "core/utf8.h"

enum {
	CONTROL_END = 0x20, /* the first character that is none */
	DELETE = 0x7f,
	C1_END = 0x9f,
	ADDRESS_SHOWN = 100, /* bytes of what is no address */
};

static const char *const text_name[MIRROR_TEXTS] = {
    [MIRROR_DISPLAY] = "the name",
    [MIRROR_CN] = "the name",
    [MIRROR_GIVEN] = "the given name",
    [MIRROR_SURNAME] = "the surname",
    [MIRROR_PHONE] = "the telephone number",
    [MIRROR_TITLE] = "the title",
    [MIRROR_UNIT] = "the department",
    [MIRROR_PLACE] = "the place",
};

/* Controls of ASCII and Latin-1, ends of lines, marks that turn the direction of what
 * follows (a name that is read otherwise than it is written). */
static bool
is_control(uint32_t c)
{
	return c < CONTROL_END || (c >= DELETE && c <= C1_END) || c == 0x2028 ||
	       c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

const char *
mirror_text_show(struct bytes in, char *out, size_t most)
{
	size_t n = 0;

	while (in.n > 0) {
		uint32_t c = 0;
		size_t used = utf8_read(in, &c);
		bool good = used > 0 && !is_control(c);
		size_t wide = good ? used : 1;

		used = used == 0 ? 1 : used;
		if (n + wide > most)
			break;
		if (good)
			memcpy(out + n, in.p, used);
		else
			out[n] = '?';
		n += wide;
		in = (struct bytes){in.p + used, in.n - used};
	}
	out[n] = '\0';
	return out;
}

/* --- texts -------------------------------------------------------------------------
 */

static struct bytes
trim(struct bytes in)
{
	while (in.n > 0 && in.p[0] == ' ')
		in = (struct bytes){in.p + 1, in.n - 1};
	while (in.n > 0 && in.p[in.n - 1] == ' ')
		in.n--;
	return in;
}

/* RFC 4517 section 3.3.31: a telephone number is a PrintableString. */
static bool
is_printable(struct bytes in)
{
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = byte_lower(in.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    (c == '\0' || strchr("'()+,-./:? =", c) == NULL))
			return false;
	}
	return true;
}

/* What is wrong with it, or NULL. */
static const char *
text_fault(struct bytes in, enum mirror_text which)
{
	uint32_t c;

	if (which == MIRROR_PHONE && !is_printable(in))
		return "has a character that no telephone number has (RFC 4517 section "
		       "3.3.31)";
	while (in.n > 0) {
		size_t used = utf8_read(in, &c);

		if (used == 0)
			return "is not UTF-8";
		if (is_control(c))
			return "has a control character";
		in = (struct bytes){in.p + used, in.n - used};
	}
	return NULL;
}

static int
read_text(struct mirror *m, const struct mirror_person *p, enum mirror_text which,
    struct bytes *out)
{
	struct bytes in = trim(p->text[which]);
	char dn[MIRROR_DN_SHOWN + 1];
	const char *fault;

	*out = (struct bytes){NULL, 0};
	if (in.n == 0)
		return 0;
	mirror_text_show(p->dn, dn, MIRROR_DN_SHOWN);
	if (in.n > MIRROR_TEXT_MAX)
		return mirror_tell(m, "limit", (struct bytes){NULL, 0}, p->id,
		    "%s: %s has %zu bytes, want at most %d: it is left out", dn,
		    text_name[which], in.n, MIRROR_TEXT_MAX);
	if ((fault = text_fault(in, which)) != NULL)
		return mirror_tell(m, "syntax", (struct bytes){NULL, 0}, p->id,
		    "%s: %s %s: it is left out", dn, text_name[which], fault);
	*out = mirror_copy(m, in);
	return out->p == NULL ? ERR_MEMORY : 0;
}

/* The first that is not empty. */
static struct bytes
first_of(struct bytes a, struct bytes b)
{
	return a.n > 0 ? a : b;
}

int
mirror_read_texts(
    struct mirror *m, const struct mirror_person *p, struct mirror_entry *want)
{
	struct bytes *t = want->text;
	int rc = 0;

	for (int i = 0; i < MIRROR_TEXTS && rc == 0; i++)
		if (i != MIRROR_CN)
			rc = read_text(m, p, (enum mirror_text)i, &t[i]);
	/* RFC 4519: cn and sn have to be there. */
	t[MIRROR_DISPLAY] = first_of(t[MIRROR_DISPLAY], t[MIRROR_SURNAME]);
	t[MIRROR_DISPLAY] = first_of(t[MIRROR_DISPLAY], want->mail[0]);
	t[MIRROR_CN] = t[MIRROR_DISPLAY];
	t[MIRROR_SURNAME] = first_of(t[MIRROR_SURNAME], t[MIRROR_DISPLAY]);
	return rc;
}

/* --- addresses ---------------------------------------------------------------------
 */

static bool
is_in(const struct addr *a, const struct mirror_domain *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(a->text + a->at + 1, list[i].name) == 0)
			return true;
	return false;
}

static bool
is_there(const struct mirror_entry *want, const struct addr *a)
{
	struct bytes text = {(const uint8_t *)a->text, a->n};

	for (size_t i = 0; i < want->n_mail; i++)
		if (bytes_equal_nocase(want->mail[i], text))
			return true;
	return false;
}

static int
tell_syntax(struct mirror *m, const struct mirror_person *p, struct bytes in,
    const struct err *why)
{
	char dn[MIRROR_DN_SHOWN + 1], shown[ADDRESS_SHOWN + 1];

	mirror_text_show(in, shown, ADDRESS_SHOWN);
	return mirror_tell(m, "syntax", bytes_of(shown), p->id,
	    "%s: %s is no address: %.200s",
	    mirror_text_show(p->dn, dn, MIRROR_DN_SHOWN), shown, why->text);
}

static int
read_address(struct mirror *m, const struct mirror_person *p, struct bytes in,
    struct mirror_entry *want)
{
	struct bytes *mail = (struct bytes *)(uintptr_t)want->mail;
	char dn[MIRROR_DN_SHOWN + 1];
	struct err why = {0};
	struct addr a;

	if (addr_parse(in, &a, &why) != 0)
		return tell_syntax(m, p, in, &why);
	if (is_there(want, &a) || is_in(&a, m->ignored, m->n_ignored))
		return 0;
	if (m->n_own > 0 && !is_in(&a, m->own, m->n_own))
		return mirror_tell(m, "outside", bytes_of(a.text), p->id,
		    "%s of %s is not published: %s is no domain of this organization",
		    a.text, mirror_text_show(p->dn, dn, MIRROR_DN_SHOWN),
		    a.text + a.at + 1);
	mail[want->n_mail] = mirror_copy(m, (struct bytes){(uint8_t *)a.text, a.n});
	return mail[want->n_mail++].p == NULL ? ERR_MEMORY : 0;
}

int
mirror_read_mail(
    struct mirror *m, const struct mirror_person *p, struct mirror_entry *want)
{
	size_t n = p->n_mail < MIRROR_ADDRESSES_MAX ? p->n_mail : MIRROR_ADDRESSES_MAX;
	size_t over = p->n_mail - n + p->n_mail_over;
	char dn[MIRROR_DN_SHOWN + 1];
	int rc = 0;

	want->n_mail = 0;
	want->mail = arena_alloc(&m->arena, (n + 1) * sizeof(want->mail[0]));
	if (want->mail == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = read_address(m, p, p->mail[i], want);
	if (rc == 0 && over > 0)
		rc = mirror_tell(m, "limit", (struct bytes){NULL, 0}, p->id,
		    "%s: %zu addresses, want at most %d: the others are left out",
		    mirror_text_show(p->dn, dn, MIRROR_DN_SHOWN), n + over,
		    MIRROR_ADDRESSES_MAX);
	return rc;
}
