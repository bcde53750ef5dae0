/*
 * Whether people's certificates still fit: who got another primary address has one that
 * names the old one, and needs a new one. Each of them is told as a problem, and gets a
 * notice, once for each address. For enroll/clerk/mirror*.c only.
 */
#ifndef CHANCERY_CLERK_MIRROR_FIT_H
#define CHANCERY_CLERK_MIRROR_FIT_H

#include "enroll/clerk/mirror_pass.h"

#define FIT_PART "certificates"

/* After a pass over all: somebody's addresses changed, or it was long ago (not so
 * long, where some did not fit). */
bool fit_is_due(const struct pass *p, int64_t last, size_t unfit);

/* Looks at all certificates that are valid; *unfit: so many people need a new one. 0 or
 * ERR_*. */
int fit_check(struct pass *p, size_t *unfit, struct err *e);

#endif
