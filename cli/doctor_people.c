/*
 * doctor: people, seen as administrator: how many have nothing published, who soon
 * will not, and addresses that two entries claim. Counts only; list names them.
 */
#include <stdio.h>

#include "cli/doctor.h"
#include "cli/person_state.h"
#include "cli/text_set.h"
#include "directory/person.h"

struct people {
	struct doctor *d;
	size_t n, n_empty, n_unpublished, n_soon, n_twice;
	char twice[ADDR_MAX + 1]; /* an example */
	struct text_set addresses;
};

/* --- the sample -------------------------------------------------------------- */

enum {
	FOUND_SAMPLE = 1
};

static int
take_sample(const struct person *p, void *ctx)
{
	struct doctor *d = ctx;
	struct person_state s;

	person_state_of(p, d->now, &s);
	if (!s.published || p->mail.n == 0)
		return 0;
	return addr_parse(p->mail.value[0], &d->sample, NULL) == 0 ? FOUND_SAMPLE : 0;
}

/* From outside: somebody whose certificate is answered. */
static void
find_outside(struct doctor *d)
{
	static const char *const attrs[] = {"mail", NULL};
	const struct search s = {.base = d->session.base,
	    .scope = SEARCH_SUB,
	    .filter = "(&(userCertificate=*)(mail=*))",
	    .attrs = attrs,
	    .size_limit = 1};
	struct search_result r;

	if (search_all(d->session.outside, &s, &r, NULL) == 0 && r.n > 0)
		addr_parse(entry_first(&r.entry[0], "mail"), &d->sample, NULL);
	search_result_fini(&r);
}

void
doctor_find_sample(struct doctor *d)
{
	struct err e = {0};

	if (!d->is_admin)
		find_outside(d);
	else if (person_each(d->session.admin, d->session.suffix, LAYOUT_PEOPLE,
		     take_sample, d, &e) == 0)
		person_each(d->session.admin, d->session.suffix, LAYOUT_PARTNERS,
		    take_sample, d, &e);
}

/* --- everybody --------------------------------------------------------------- */

static int
take_address(struct people *x, struct bytes address)
{
	int rc = text_set_add(&x->addresses, address);

	if (rc == 0 && x->n_twice++ == 0)
		snprintf(x->twice, sizeof(x->twice), "%.*s",
		    (int)(address.n > ADDR_MAX ? ADDR_MAX : address.n),
		    (const char *)address.p);
	return rc < 0 ? rc : 0;
}

static int
take_person(const struct person *p, void *ctx)
{
	int64_t soon = (int64_t)DOCTOR_SOON * DOCTOR_DAY;
	struct people *x = ctx;
	struct person_state s;

	x->n++;
	person_state_of(p, x->d->now, &s);
	x->n_empty += s.n_certs == 0;
	x->n_unpublished += s.n_certs > 0 && !s.published;
	x->n_soon += s.published && s.until < x->d->now + soon;
	for (size_t i = 0; i < p->mail.n; i++) {
		int rc = take_address(x, p->mail.value[i]);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static void
say_people(struct doctor *d, const struct people *x)
{
	size_t without = x->n_empty + x->n_unpublished;

	doctor_say(d, without > 0 ? DOCTOR_WARN : DOCTOR_OK, "people",
	    without > 0 ? "chancery list --problems names them" : NULL,
	    "%zu of %zu have a published certificate; %zu have none stored, %zu have "
	    "none "
	    "that may be published",
	    x->n - without, x->n, x->n_empty, x->n_unpublished);
	if (x->n_soon > 0)
		doctor_say(d, DOCTOR_WARN, "people",
		    "chancery list --expiring 30d names them",
		    "the published certificates of %zu end within %d days", x->n_soon,
		    DOCTOR_SOON);
	if (x->n_twice > 0)
		doctor_say(d, DOCTOR_FAIL, "people",
		    "remove it from all entries but one",
		    "%zu addresses stand on two entries, for example %s", x->n_twice,
		    x->twice);
}

void
doctor_people(struct doctor *d)
{
	struct people x = {.d = d};
	struct err e = {0};
	int rc;

	if (!d->is_admin)
		return; /* said already, once */
	rc = person_each(
	    d->session.admin, d->session.suffix, LAYOUT_PEOPLE, take_person, &x, &e);
	if (rc == 0)
		rc = person_each(d->session.admin, d->session.suffix, LAYOUT_PARTNERS,
		    take_person, &x, &e);
	if (rc != 0)
		doctor_say(d, DOCTOR_WARN, "people", NULL, "%s",
		    e.text[0] != '\0' ? e.text : err_name(rc));
	say_people(d, &x);
	text_set_fini(&x.addresses);
}
