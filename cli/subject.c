/*
 * Names of new entries (contract in subject.h), out of whatever string types and
 * characters a stranger's subject holds. Called by import.
 */
#include "cli/subject.h"

#include <stdio.h>

#include "core/name.h"
#include "core/name_chars.h"

/* Content octets of the OIDs, RFC 4519. */
#define OID_CN	  "\x55\x04\x03"
#define OID_SN	  "\x55\x04\x04"
#define OID_GIVEN "\x55\x04\x2a"

/* Control characters, and those that turn the direction of a line. */
static bool
is_unfit(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f);
}

/* Blanks at both ends go, runs of them become one; of blanks only, nothing stays. */
static void
squeeze(char *s)
{
	size_t n = 0;

	for (size_t i = 0; s[i] != '\0'; i++)
		if (s[i] != ' ' || (n > 0 && s[n - 1] != ' '))
			s[n++] = s[i];
	if (n > 0 && s[n - 1] == ' ')
		n--;
	s[n] = '\0';
}

static void
take_text(const struct name_attr *a, char *out)
{
	struct name_chars chars = {a->value, a->tag};
	uint8_t utf8[NAME_CHAR_OCTETS_MAX];
	size_t n = 0;
	uint32_t c;

	if (!name_chars_are_text(a->tag) || !name_chars_valid(a->tag, a->value))
		return;
	while (name_chars_next(&chars, &c) == 1) {
		size_t len = name_chars_put(is_unfit(c) ? ' ' : c, utf8);

		if (n + len > SUBJECT_TEXT_MAX)
			break;
		memcpy(out + n, utf8, len);
		n += len;
	}
	out[n] = '\0';
	squeeze(out);
}

static void
take_attr(const struct name_attr *a, struct subject *out)
{
	if (bytes_equal(a->type, BYTES(OID_CN)))
		take_text(a, out->cn);
	else if (bytes_equal(a->type, BYTES(OID_SN)))
		take_text(a, out->sn);
	else if (bytes_equal(a->type, BYTES(OID_GIVEN)))
		take_text(a, out->given);
}

/* Fills what the subject left empty. */
static void
complete(struct subject *s, const char *otherwise)
{
	const char *word;

	if (s->cn[0] == '\0' && s->given[0] != '\0' && s->sn[0] != '\0')
		snprintf(s->cn, sizeof(s->cn), "%.120s %.120s", s->given, s->sn);
	if (s->cn[0] == '\0')
		snprintf(s->cn, sizeof(s->cn), "%s", otherwise);
	if (s->sn[0] != '\0')
		return;
	word = strrchr(s->cn, ' ');
	snprintf(s->sn, sizeof(s->sn), "%s", word != NULL ? word + 1 : s->cn);
}

void
subject_read(const struct cert *c, const char *otherwise, struct subject *out)
{
	struct name_walk w;
	struct name_attr a;

	*out = (struct subject){.cn = ""};
	if (name_open(c->subject, &w) == 0)
		while (name_next(&w, &a) == 1)
			take_attr(&a, out);
	complete(out, otherwise);
}
