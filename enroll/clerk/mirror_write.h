/*
 * What a pass changes in ou=people: names, attributes, new entries. Each write happens
 * only if the entry is still the one that was read, and stands in the audit log before.
 * For enroll/clerk/mirror*.c only.
 */
#ifndef CHANCERY_CLERK_MIRROR_WRITE_H
#define CHANCERY_CLERK_MIRROR_WRITE_H

#include "enroll/clerk/mirror_pass.h"

/* The attributes of core/mirror.h's texts. */
extern const char *const mirror_text_attr[MIRROR_TEXTS];

/*
 * All that the lists say, leavers first, over p->d: 0; ERR_IO, ERR_MEMORY: the rest
 * waits for the next pass; ERR_DIRECTORY: the directory refuses everything. What is
 * refused alone is told, and counted.
 */
int pass_write(struct pass *p, struct err *e);

/* Attributes of an entry: 1, 0 it changed meanwhile, ERR_*. */
int pass_change_one(struct pass *p, struct pass_item *item, struct err *e);

/* What became of one write: 0 go on, or ERR_*. */
int pass_written(struct pass *p, struct bytes id, struct bytes address, int rc,
    size_t *done, struct err *e);

/* The audit log's line: who, and one thing more (value NULL: nothing). */
int pass_audit(struct pass *p, const char *event, const char *id, const char *field,
    struct bytes value, struct err *e);

/* "(entryCSN=...)"; out has room for PASS_FILTER_MAX. */
enum {
	PASS_FILTER_MAX = 512
};
const char *pass_as_read(const char *csn, char out[PASS_FILTER_MAX]);

#endif
