/*
 * CRLs and CA certificates over plain HTTP, as their URLs in certificates promise.
 * Bytes come from the clerk and are kept for some seconds, so that a crowd of mail
 * programs asks it once. While the clerk is away, the last ones are served on.
 */
#ifndef CHANCERY_PORTAL_PKI_H
#define CHANCERY_PORTAL_PKI_H

#include "enroll/portal/portal.h"

struct pki;

int pki_new(struct pki **out, struct err *e);
void pki_free(struct pki **pp);

/*
 * The file of this name: 200 with a copy in *body_out (the caller's to free) and
 * *type_out (static), or 404, 503. Any thread; one at a time asks the clerk.
 */
unsigned pki_get(struct portal *p, struct bytes name, char **body_out, size_t *n_out,
    const char **type_out);

#endif
