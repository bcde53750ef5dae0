/*
 * A person's certificates, line by line (contract in person_lines.h): told by the
 * server where it tells, else judged with core. Called by explain, and by
 * person_state for list and doctor.
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

/* Whether the line goes on with this text: then steps over it. */
static bool
skip_text(struct bytes *line, const char *text)
{
	size_t n = strlen(text);

	if (line->n < n || memcmp(line->p, text, n) != 0)
		return false;
	line->p += n;
	line->n -= n;
	return true;
}

/* The reason that a line of chanceryStatus gives, "ATTRIBUTE: not published:
 * REASON; ..."; CHOICE_MALFORMED for what a newer server may say. Read from the
 * beginning: an issuer's name further on may be any words. */
static enum choice_reason
read_reason(struct bytes line)
{
	if (!skip_text(&line, "userCertificate: "))
		skip_text(&line, "userSMIMECertificate: ");
	if (!skip_text(&line, "not published: "))
		return CHOICE_PUBLISHED;
	for (int r = CHOICE_PUBLISHED + 1; r < CHOICE__MAX; r++)
		if (skip_text(&line, choice_reason_brief(r)))
			return r;
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

/* The certificate that a signed value is about: the first of this person that may
 * be published, else the first that is no authority's (the chain comes along). */
static bool
best_inside(const struct person_lines *l, struct cert *out)
{
	const struct entry_values *mail = &l->person->mail;
	bool found = false;
	struct bytes der;
	struct cms cms;
	struct cert c;

	if (cms_open(l->value, &cms, NULL) != 0)
		return false;
	while (cms_next(&cms, &der) == 1) {
		struct choice_judgement j;

		if (cert_parse(der, &c, NULL) != 0)
			continue;
		choice_judge(&c, mail->value, mail->n, false, &j);
		if (j.lasting != CHOICE_PUBLISHED && (found || c.is_ca))
			continue;
		*out = c;
		found = true;
		if (j.lasting == CHOICE_PUBLISHED)
			break;
	}
	return found;
}

bool
person_lines_cert(const struct person_lines *l, struct cert *out)
{
	if (l->is_signed)
		return best_inside(l, out);
	return cert_parse(l->value, out, NULL) == 0;
}
