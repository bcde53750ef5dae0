/*
 * Who left, and who comes back. An entry that leaves is not deleted: it is moved,
 * whole, below ou=registry, where nobody but the clerk sees it, so that whoever was
 * disabled by mistake, or comes back within conf.leavers_kept, has every certificate
 * again that was not revoked. For enroll/clerk/mirror*.c only.
 */
#ifndef CHANCERY_CLERK_MIRROR_LEAVE_H
#define CHANCERY_CLERK_MIRROR_LEAVE_H

#include "enroll/clerk/mirror_pass.h"

#define LEFT_CONTAINER "ou=left,ou=registry"

/* Those who left, in the order of their ids. */
struct left_entry {
	char id[MIRROR_ID + 1];
	const char *dn, *csn;
};

struct pass_left {
	struct left_entry *entry;
	size_t n, size;
};

/* Makes the container where it is missing. 0 or ERR_*. */
int left_open(struct clerk *c, struct connection *d, struct err *e);

/* Reads them, over p->d. left_fini in any case. */
int left_read(struct pass *p, struct pass_left *out, struct err *e);
void left_fini(struct pass_left *left);
const struct left_entry *left_find(const struct pass_left *left, struct bytes id);

/* p->leave: certificates are revoked (by policy), sessions end, entries go. Again
 * after a kill. */
int leave_all(struct pass *p, struct err *e);

/* One comes back, as the company directory has them now. As pass_change_one. */
int left_return(struct pass *p, const struct pass_left *left, struct mirror_row *row,
    struct err *e);

/* Deletes those who left longer than conf.leavers_kept ago. 0 or ERR_*. */
int left_forget(struct clerk *c, struct connection *d, struct err *e);

#endif
