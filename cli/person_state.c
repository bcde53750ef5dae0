/*
 * A person's state out of the lines of the certificates (contract in
 * person_state.h). Called by list for each person, and by doctor to count.
 */
#include "cli/person_state.h"

enum {
	LINE_MAX_BYTES = 1024
};

/* Whether a certificate counts as published: also one behind a better one. */
static bool
counts(enum choice_reason r)
{
	return r == CHOICE_PUBLISHED || r == CHOICE_OTHER_FIRST;
}

void
person_state_of(const struct person *p, int64_t now, struct person_state *out)
{
	struct person_lines lines;
	char line[LINE_MAX_BYTES];
	int64_t last = INT64_MIN;

	*out = (struct person_state){.until = INT64_MIN, .reason = CHOICE_EMPTY};
	person_lines_open(&lines, p, now);
	while (person_lines_next(&lines, line, sizeof(line))) {
		struct cert c;
		int64_t until = person_lines_cert(&lines, &c) ? c.not_after : INT64_MIN;

		out->n_certs++;
		/* Only Outlook reads signed values: what all read counts first. */
		if (lines.is_signed && out->published)
			continue;
		if (counts(lines.reason)) {
			out->published = true;
			out->until = until > out->until ? until : out->until;
		} else if (until >= last) {
			out->reason = lines.reason;
			last = until;
		}
	}
}
