/*
 * What is to be said of a person in one word: published until when, or why not.
 * The lines themselves are in person_lines.h. Called by list and doctor.
 */
#ifndef CHANCERY_CLI_PERSON_STATE_H
#define CHANCERY_CLI_PERSON_STATE_H

#include "cli/person_lines.h"

struct person_state {
	bool published;
	int64_t until; /* last second of the longest-lived one, where published */
	enum choice_reason reason; /* why not: of the certificate that ends last */
	size_t n_certs;
};

void person_state_of(const struct person *p, int64_t now, struct person_state *out);

#endif
