/*
 * One pass of the mirror, as its files share it: the company's people, what of
 * ou=people has to change, and how far it came. For enroll/clerk/mirror*.c only.
 */
#ifndef CHANCERY_CLERK_MIRROR_PASS_H
#define CHANCERY_CLERK_MIRROR_PASS_H

#include "core/mirror.h"
#include "directory/company.h"
#include "enroll/clerk/clerk.h"
#include "enroll/clerk/problems.h"
#include "enroll/clerk/worker.h"

#define MIRROR_PART "mirror"

enum pass_mark {
	PASS_SEEN = 1,	/* has an entry */
	PASS_CERT = 2,	/* has a certificate that is valid */
	PASS_FITS = 4,	/* and one of them names the primary address */
	PASS_MOVED = 8, /* has other addresses than before */
};

enum pass_why {
	PASS_STAYS,
	PASS_GONE,
	PASS_DISABLED,
	PASS_NO_ADDRESS, /* none that may be published */
};

/* An entry of ou=people that something is to be done with. */
struct pass_item {
	const char *dn;
	const char *csn; /* as it was read; NULL: read it again */
	char id[MIRROR_ID + 1];
	struct bytes address; /* that names it */
	struct mirror_row *row;
	unsigned change;	     /* enum mirror_change */
	struct entry_values classes; /* of one that is not ours yet */
	enum pass_why why;
	bool aside; /* it made room for another one's name */
};

struct pass_list {
	struct pass_item *item;
	size_t n, size;
};

#define MIRROR_COUNTS(X)                                                               \
	X(people, "people") /* entries of the company directory: enabled people */     \
	X(mailboxes, "mailboxes") /* shared ones */                                    \
	X(disabled, "disabled")                                                        \
	X(published, "published") /* entries of ours that are theirs */                \
	X(by_hand, "by-hand")	  /* entries of ours that are nobody's there */        \
	X(added, "added")                                                              \
	X(adopted, "adopted")                                                          \
	X(changed, "changed")                                                          \
	X(renamed, "renamed")                                                          \
	X(left, "left")                                                                \
	X(returned, "returned")                                                        \
	X(later, "later")	      /* changed by somebody else meanwhile */         \
	X(refused, "refused")	      /* by the directory */                           \
	X(waiting, "leavers-waiting") /* too many to be believed */

struct mirror_counts {
#define X(field, word) size_t field;
	MIRROR_COUNTS(X)
#undef X
};

struct pass {
	struct clerk *c;
	struct worker *worker;
	struct problems *problems; /* NULL: nobody is told */
	struct mirror *m;
	struct arena arena; /* what the lists point to */
	struct pass_list leave, change, candidate;
	struct mirror_counts count;
	size_t accept;	      /* so many leavers are believed */
	const char *only;     /* this person alone, or NULL */
	struct connection *d; /* while it writes */
	unsigned refused_running;
	struct err *e;
};

/* Domains as configured. pass_fini in any case. */
int pass_init(struct pass *p, struct clerk *c, struct worker *w, struct err *e);
void pass_fini(struct pass *p);

/* ERR_IO with a sentence where the clerk ends; else 0. */
int pass_goes_on(const struct pass *p, struct err *e);

/* Puts one of the company's entries in. */
int pass_put(struct pass *p, const struct company_entry *entry, struct err *e);

/* Everybody of the company directory, settled. */
int pass_read_company(struct pass *p, struct err *e);

/* ou=people, held against it: fills the lists. */
int pass_read_people(struct pass *p, struct err *e);

/* One entry again, into *store: 1 with what it is and differs in; 0 it is gone. */
int pass_read_again(struct pass *p, const char *dn, struct mirror_row *row,
    struct search_result *store, struct pass_item *out, struct err *e);

/* Whether to believe the leavers; where not, none is in the list afterwards. */
void pass_judge_leavers(struct pass *p);

void pass_tell(struct pass *p, const char *kind, struct bytes address,
    struct bytes person, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
