/*
 * People: employees and shared mailboxes (ou=people) and partners (ou=partners) as
 * C structs, which are views into the entry that they were read from. Judges no
 * certificate.
 */
#ifndef CHANCERY_DIRECTORY_PERSON_H
#define CHANCERY_DIRECTORY_PERSON_H

#include "directory/search.h"

struct person {
	const char *dn;
	struct bytes cn;
	struct entry_values mail;   /* primary first, then aliases */
	struct entry_values cert;   /* userCertificate, DER */
	struct entry_values smime;  /* userSMIMECertificate, CMS */
	struct entry_values status; /* chanceryStatus; none where not readable */
};

/* What to ask for, to fill all of the struct. */
extern const char *const person_attrs[];

void person_from_entry(const struct entry *e, struct person *out);

typedef int person_fn(const struct person *p, void *ctx);

/*
 * Every person below CONTAINER,suffix (LAYOUT_PEOPLE, LAYOUT_PARTNERS). What is
 * missing counts as empty. fn as in search.h. 0; ERR_IO; ERR_DIRECTORY where
 * the server refuses or cuts the list short (its size limit), after those that
 * it gave.
 */
int person_each(struct connection *c, const char *suffix, const char *container,
    person_fn *fn, void *ctx, struct err *e);

/*
 * The people who own an address (a value of mail, without case), in ou=people
 * and ou=partners only: the registry keeps addresses too. Result as search_all.
 */
int person_find(struct connection *c, const char *suffix, struct bytes address,
    struct search_result *out, struct err *e);

/*
 * A new partner: mail=ADDRESS,ou=partners,SUFFIX with all addresses, the name
 * and one certificate. 1 made; 0 the entry was there already; ERR_*.
 */
struct person_new {
	const struct bytes *mail;
	size_t n_mail; /* at least 1; the first names the entry */
	struct bytes cn;
	struct bytes sn;
	struct bytes given; /* may be empty */
	struct bytes cert;  /* DER */
};
int person_add_partner(struct connection *c, const char *suffix,
    const struct person_new *p, struct err *e);

#endif
