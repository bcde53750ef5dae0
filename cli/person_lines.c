/*
 * A person's certificates, line by line: contract in person_lines.h.
 */
#include "cli/person_lines.h"

#include <stdio.h>

void
person_lines_open(struct person_lines *l, const struct person *p, int64_t now)
{
	*l = (struct person_lines){.person = p, .now = now};
}

/* Points value at the stored value that line `at` speaks of: userCertificate
 * first, then userSMIMECertificate, as the overlay lists them. */
static bool
find_value(struct person_lines *l)
{
	const struct person *p = l->person;

	l->is_signed = l->at >= p->cert.n;
	l->value = (struct bytes){NULL, 0};
	if (l->at < p->cert.n)
		l->value = p->cert.value[l->at];
	else if (l->at - p->cert.n < p->smime.n)
		l->value = p->smime.value[l->at - p->cert.n];
	return l->value.p != NULL;
}

/* --- what the server says ---------------------------------------------------- */

/* The reason that a line of chanceryStatus gives; CHOICE_MALFORMED for what a
 * newer server may say. */
static enum choice_reason
read_reason(struct bytes line)
{
	if (memmem(line.p, line.n, "not published", 13) == NULL)
		return CHOICE_PUBLISHED;
	for (int r = CHOICE_PUBLISHED + 1; r < CHOICE__MAX; r++) {
		const char *text = choice_reason_text(r);

		if (memmem(line.p, line.n, text, strlen(text)) != NULL)
			return r;
	}
	return CHOICE_MALFORMED;
}

static bool
next_told(struct person_lines *l, char *buf, size_t cap)
{
	const struct person *p = l->person;
	struct bytes line;

	if (l->at >= p->status.n)
		return false;
	line = p->status.value[l->at];
	find_value(l);
	l->reason = read_reason(line);
	snprintf(buf, cap, "%.*s", (int)line.n, (const char *)line.p);
	l->at++;
	return true;
}

/* --- judged here ------------------------------------------------------------- */

static bool
next_judged(struct person_lines *l, char *buf, size_t cap)
{
	const struct person *p = l->person;
	struct choice_judgement j;
	struct cert c;
	char line[640];

	if (!find_value(l))
		return false;
	if (l->is_signed)
		choice_judge_signed(
		    l->value, p->mail.value, p->mail.n, NULL, NULL, l->now, &j);
	else
		choice_judge_value(l->value, p->mail.value, p->mail.n, NULL, NULL, &j);
	l->reason = choice_at(&j, l->now);
	choice_line(
	    person_lines_cert(l, &c) ? &c : NULL, &j, l->reason, line, sizeof(line));
	snprintf(buf, cap, "%s: %s (judged here: revocation is not known)",
	    l->is_signed ? "userSMIMECertificate" : "userCertificate", line);
	l->at++;
	return true;
}

bool
person_lines_next(struct person_lines *l, char *buf, size_t cap)
{
	return l->person->status.n > 0 ? next_told(l, buf, cap)
				       : next_judged(l, buf, cap);
}

bool
person_lines_cert(const struct person_lines *l, struct cert *out)
{
	struct bytes der = l->value;
	struct cms cms;

	if (l->is_signed &&
	    (cms_open(l->value, &cms, NULL) != 0 || cms_next(&cms, &der) != 1))
		return false;
	return cert_parse(der, out, NULL) == 0;
}
