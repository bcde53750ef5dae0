/*
 * A person's name out of a certificate's subject, fit to be an entry's: UTF-8, no
 * control characters, no doubled blanks, never empty. Called by import.
 */
#ifndef CHANCERY_CLI_SUBJECT_H
#define CHANCERY_CLI_SUBJECT_H

#include "core/cert.h"

enum {
	SUBJECT_TEXT_MAX = 256
}; /* bytes of each, without the NUL */

struct subject {
	char cn[SUBJECT_TEXT_MAX + 1];
	char sn[SUBJECT_TEXT_MAX + 1];
	char given[SUBJECT_TEXT_MAX + 1]; /* "" where the subject has none */
};

/*
 * cn: the last commonName, else given name and surname, else `otherwise` (the
 * address). sn: the surname, else the last word of cn.
 */
void subject_read(const struct cert *c, const char *otherwise, struct subject *out);

#endif
