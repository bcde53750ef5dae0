/*
 * Causes and cures (contract in advice.h): one table of sentences, and the rules
 * that lead to them. It asks nobody and prints nothing. Called by explain.
 */
#include "cli/advice.h"

static const char *const texts[] = {
    [ADVICE_ASK_ADMIN] =
	"Run this as root on the directory's server: it then says what is stored for "
	"this address, and why it is not published.",
    [ADVICE_NO_ENTRY] =
	"No entry has this address. For somebody outside, \"chancery import FILE\" "
	"with "
	"the certificate makes one; for somebody inside, add the entry to ou=people.",
    [ADVICE_NO_CERTIFICATE] =
	"The entry has no certificate: \"chancery import FILE\" adds one.",
    [ADVICE_ERROR] =
	"The directory answered with an error: \"chancery doctor\" looks for "
	"the cause.",
    [ADVICE_BASE] =
	"There is no such search base on this server: what stands in the mail "
	"program must be the published base.",
    [ADVICE_AMBIGUOUS] =
	"Several entries have this address: remove it from all but one.",
    [ADVICE_OTHER_ADDRESS] =
	"The certificate names other addresses than this one: write to one that it "
	"names, or get a certificate that names this one too.",
    [ADVICE_BAD_SIGNED] =
	"userSMIMECertificate holds something that Outlook cannot use, and hides "
	"userCertificate from it: remove that value, or replace it.",
    [ADVICE_NOT_ANSWERED] =
	"A published certificate is stored, but was not answered: is this the right "
	"search base? \"chancery doctor\" looks for other causes.",
    [ADVICE_MALFORMED] =
	"A stored value cannot be read: delete it, and import the certificate again.",
    [ADVICE_AUTHORITY] = "A certificate of an authority stands on a person's entry: "
			 "delete it there, and "
			 "\"chancery import --anchor FILE\" puts it where it belongs.",
    [ADVICE_ADDRESS] =
	"A certificate names no address of its entry: add the address to the entry's "
	"mail values if it is theirs, or get a certificate that names one.",
    [ADVICE_KEY] =
	"A certificate's key cannot encrypt or is too weak: get one with an RSA "
	"key of at least 2048 bits.",
    [ADVICE_USAGE] =
	"A certificate may not be used to encrypt mail: get one with key usage "
	"keyEncipherment and extended key usage emailProtection.",
    [ADVICE_REVOKED] = "A certificate is revoked: get a new one, and import it.",
    [ADVICE_NOT_YET] =
	"A certificate is not yet valid: it will be published by itself on that day.",
    [ADVICE_EXPIRED] = "A certificate has expired: get a new one, and import it.",
};
_Static_assert(NITEMS(texts) == ADVICE__MAX, "a sentence for each");

const char *
advice_text(enum advice_what what)
{
	return texts[what];
}

void
advice_add(struct advice *a, enum advice_what what)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->what[i] == what)
			return;
	a->what[a->n++] = what;
}

enum advice_what
advice_for_reason(enum choice_reason r)
{
	switch (r) {
	case CHOICE_AUTHORITY:
		return ADVICE_AUTHORITY;
	case CHOICE_ADDRESS:
		return ADVICE_ADDRESS;
	case CHOICE_KEY:
		return ADVICE_KEY;
	case CHOICE_CRITICAL:
	case CHOICE_KEY_USAGE:
	case CHOICE_EXT_USAGE:
		return ADVICE_USAGE;
	case CHOICE_REVOKED:
		return ADVICE_REVOKED;
	case CHOICE_NOT_YET:
		return ADVICE_NOT_YET;
	case CHOICE_EXPIRED:
		return ADVICE_EXPIRED;
	case CHOICE_PUBLISHED:
	case CHOICE_OTHER_FIRST:
		return ADVICE_NOT_ANSWERED;
	case CHOICE_MALFORMED:
	case CHOICE_EMPTY:
	case CHOICE__MAX:
		break;
	}
	return ADVICE_MALFORMED;
}

void
advice_from_answer(struct advice *a, const struct client_answer *answer)
{
	if (answer->result == CLIENT_ERROR)
		advice_add(a, answer->search.end.code == SEARCH_NO_SUCH_OBJECT
				  ? ADVICE_BASE
				  : ADVICE_ERROR);
	if (answer->n_entries > 1)
		advice_add(a, ADVICE_AMBIGUOUS);
	if (answer->result != CLIENT_UNUSABLE)
		return;
	if (answer->reason == CHOICE_ADDRESS)
		advice_add(a, ADVICE_OTHER_ADDRESS);
	else if (answer->kind == CLIENT_OUTLOOK &&
		 strncmp(answer->attr, "userSMIME", 9) == 0)
		advice_add(a, ADVICE_BAD_SIGNED);
}

void
advice_from_person(struct advice *a, const struct person *p, int64_t now)
{
	struct person_lines lines;
	bool published = false;
	char line[640];

	if (p->cert.n + p->smime.n == 0) {
		advice_add(a, ADVICE_NO_CERTIFICATE);
		return;
	}
	person_lines_open(&lines, p, now);
	while (person_lines_next(&lines, line, sizeof(line)))
		published = published || lines.reason == CHOICE_PUBLISHED;
	/* A good one is there: the others are history, not causes. */
	if (published && a->n == 0)
		advice_add(a, ADVICE_NOT_ANSWERED);
	if (published)
		return;
	person_lines_open(&lines, p, now);
	while (person_lines_next(&lines, line, sizeof(line)))
		advice_add(a, advice_for_reason(lines.reason));
}
