/*
 * One line a stored certificate of a person: published until when, or why not.
 * chanceryStatus where the server tells it; elsewhere (a server without the
 * overlay) judged here, without knowing revocations, and saying so.
 */
#ifndef CHANCERY_CLI_PERSON_LINES_H
#define CHANCERY_CLI_PERSON_LINES_H

#include "core/choice.h"
#include "directory/person.h"

/* What the walk stands on; filled by person_lines_next. */
struct person_lines {
	const struct person *person;
	int64_t now;
	size_t at;
	bool is_signed;		   /* a value of userSMIMECertificate */
	enum choice_reason reason; /* CHOICE_PUBLISHED or why not */
	struct bytes value;	   /* the stored value, or empty */
};

void person_lines_open(struct person_lines *l, const struct person *p, int64_t now);

/* The next line, into buf; false when there is none left. */
bool person_lines_next(struct person_lines *l, char *buf, size_t cap);

/* The certificate of the line: the value, or the person's own inside a signed
 * one. True if it could be read. */
bool person_lines_cert(const struct person_lines *l, struct cert *out);

#endif
