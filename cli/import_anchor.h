/*
 * Trust anchors and other certificates of authorities into ou=authorities: one
 * entry a subject, a further certificate of the same subject (a new key) beside
 * the first.
 */
#ifndef CHANCERY_CLI_IMPORT_ANCHOR_H
#define CHANCERY_CLI_IMPORT_ANCHOR_H

#include "cli/import_place.h"
#include "core/arena.h"

enum {
	ANCHOR_MAX = 10000,
	ANCHOR_BYTES_MAX = 256 * 1024 * 1024
};

struct anchor_known;

struct anchors {
	struct connection *admin;
	const char *suffix;
	int64_t now;
	bool dry_run;
	struct arena arena;
	struct anchor_known *known; /* what ou=authorities holds, newest first */
	size_t n;
};

/* Reads what is there. 0 or ERR_*. Free with anchors_fini, also after an error. */
int anchors_open(struct anchors *a, struct err *e);
void anchors_fini(struct anchors *a);

/* Adds one certificate: PLACE_NEW_ANCHOR, PLACE_ADDED, PLACE_PRESENT, or
 * PLACE_REFUSED with the sentence in e. 0, or ERR_IO, ERR_MEMORY. */
int
anchor_add(struct anchors *a, struct bytes der, enum place_result *out, struct err *e);

#endif
