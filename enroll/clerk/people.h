/*
 * Who somebody is in the company directory, for the parts of the clerk that make or
 * deliver certificates. Called by steps and calls.
 */
#ifndef CHANCERY_CLERK_PEOPLE_H
#define CHANCERY_CLERK_PEOPLE_H

#include "directory/company.h"
#include "enroll/clerk/clerk.h"

enum {
	PEOPLE_MAIL_MAX = 50 /* addresses in one certificate */
};

/* 1 and views into *store (free it with search_result_fini in any case); 0: nobody of
 * this id, or a person's account that is disabled (a shared mailbox' always is);
 * ERR_*. */
int people_get(struct clerk *c, struct bytes id, struct search_result *store,
    struct company_entry *out, struct err *e);

/* Who has this address, in use or not; *store as above. 0; ERR_NOT_FOUND; ERR_POLICY:
 * several have it; ERR_*. */
int people_by_address(struct clerk *c, struct bytes address,
    struct search_result *store, struct company_entry *out, struct err *e);

/* Those of the entry's addresses that are in conf.domain, the primary one first; how
 * many were put into out. */
size_t people_mail(struct clerk *c, const struct company_entry *entry,
    struct bytes out[PEOPLE_MAIL_MAX]);

#endif
