/*
 * What a server says of itself (RFC 4512 section 5.1): which contexts it names,
 * whether it offers StartTLS. As the asking identity sees it.
 */
#ifndef CHANCERY_DIRECTORY_ROOTDSE_H
#define CHANCERY_DIRECTORY_ROOTDSE_H

#include "directory/search.h"

struct rootdse {
	struct search_result result;  /* holds all that follows */
	struct entry_values contexts; /* namingContexts */
	bool has_start_tls;
	const char *monitor; /* DN of the monitor's base, or NULL */
};

/* 0; ERR_IO; ERR_DIRECTORY where there is none to read. Free with _fini, also
 * after an error. */
int rootdse_read(struct connection *c, struct rootdse *out, struct err *e);
void rootdse_fini(struct rootdse *r);

#endif
