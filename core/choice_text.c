/*
 * What the choice says to people and scripts (contract in choice.h). Decides
 * nothing. Called by the overlay for chanceryStatus and by the commands.
 */
#include "core/choice.h"

#include <stdio.h>

#include "core/isotime.h"
#include "core/name.h"

static const char *const words[] = {
#define X(name, word, text) [name] = word,
    CHOICE_LIST(X)
#undef X
};
static const char *const texts[] = {
#define X(name, word, text) [name] = text,
    CHOICE_LIST(X)
#undef X
};
_Static_assert(NITEMS(words) == CHOICE__MAX && NITEMS(texts) == CHOICE__MAX,
    "a word and a text for each reason");

const char *
choice_reason_word(enum choice_reason r)
{
	return (unsigned)r < CHOICE__MAX ? words[r] : "unknown";
}

const char *
choice_reason_text(enum choice_reason r)
{
	return (unsigned)r < CHOICE__MAX ? texts[r] : "is not known";
}

const char *
choice_reason_brief(enum choice_reason r)
{
	const char *text = choice_reason_text(r);

	return strncmp(text, "is ", 3) == 0 ? text + 3 : text;
}

/* "serial 0A1B, RSA 3072, issuer CN=..." */
static void
choice_line_cert(const struct cert *c, char *buf, size_t cap)
{
	char serial[64], key[24], issuer[256];

	snprintf(buf, cap, "serial %s, %s, issuer %s",
	    cert_serial_text(c->serial, serial, sizeof(serial)),
	    cert_key_text(c, key, sizeof(key)),
	    name_text(c->issuer, issuer, sizeof(issuer)));
}

char *
choice_line(const struct cert *c, const struct choice_judgement *j,
    enum choice_reason now_reason, char *buf, size_t cap)
{
	char about[400], from[ISOTIME_SIZE], last[ISOTIME_SIZE];

	if (c == NULL) {
		snprintf(
		    buf, cap, "not published: %s", choice_reason_brief(now_reason));
		return buf;
	}
	choice_line_cert(c, about, sizeof(about));
	isotime_text(j->from, from);
	isotime_text(j->until - 1, last);
	if (now_reason == CHOICE_PUBLISHED)
		snprintf(buf, cap, "published until %s: %s", last, about);
	else
		snprintf(buf, cap, "not published: %s; valid %s to %s, %s",
		    choice_reason_brief(now_reason), from, last, about);
	return buf;
}
