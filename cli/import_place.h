/*
 * Where a certificate belongs: on the entries that own its addresses, or on a new
 * partner's. Judges with core's guard before it writes, so that a refusal has its
 * sentence also on a server without the overlay. Writing twice changes nothing.
 */
#ifndef CHANCERY_CLI_IMPORT_PLACE_H
#define CHANCERY_CLI_IMPORT_PLACE_H

#include "cli/import_read.h"
#include "cli/text_set.h"
#include "core/cert.h"
#include "directory/connection.h"

enum place_result {
	PLACE_ADDED,	   /* to an entry that was there */
	PLACE_NEW_PARTNER, /* with an entry of its own */
	PLACE_NEW_ANCHOR,  /* the same, of an authority */
	PLACE_PRESENT,	   /* stored already */
	PLACE_AUTHORITY,   /* passed over: no person's */
	PLACE_REFUSED,
	PLACE__MAX
};

struct place {
	struct connection *admin;
	const char *suffix;
	const char *domains; /* further internal domains, by blanks or commas */
	int64_t now;
	bool dry_run;
	struct text_set internal; /* domains of ou=people, once they were needed */
	bool has_internal;
	struct text_set made; /* what a dry run would have written */
};

/*
 * Places one item. 0 with *out; PLACE_REFUSED with the sentence in e. ERR_IO and
 * ERR_MEMORY end an import; then e says why. where_out: the entry's DN, for
 * people; room of LAYOUT_DN_MAX.
 */
int place_item(struct place *p, const struct import_item *item, enum place_result *out,
    char *where_out, struct err *e);

void place_fini(struct place *p);

#endif
