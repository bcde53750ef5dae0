/*
 * doctor: what nobody may see from outside: the real suffix, private containers,
 * private attributes. It asks as a curious stranger would, and never as
 * administrator.
 */
#include <stdio.h>

#include "cli/doctor.h"

static const char *const no_attrs[] = {"1.1", NULL};

/* How many entries anybody sees in a subtree; at most a handful. -1: the line
 * was said already. */
static long
count_visible(struct doctor *d, const char *check, const char *base, const char *filter)
{
	const struct search s = {.base = base,
	    .scope = SEARCH_SUB,
	    .filter = filter,
	    .attrs = no_attrs,
	    .size_limit = 5};
	struct search_result r;
	long n = doctor_ask(d, check, &s, &r) ? (long)r.n : -1;

	search_result_fini(&r);
	return n;
}

void
doctor_suffix(struct doctor *d)
{
	const char *suffix = d->session.set.suffix;
	long n;

	if (suffix == NULL && d->is_admin)
		suffix = d->session.suffix;
	if (suffix == NULL) {
		doctor_say(d, DOCTOR_SKIP, "suffix", NULL,
		    "the real suffix is not known (setting \"suffix\")");
		return;
	}
	if ((n = count_visible(d, "suffix", suffix, "(objectClass=*)")) < 0)
		return;
	if (n == 0)
		doctor_say(d, DOCTOR_OK, "suffix", NULL,
		    "anybody sees nothing under the real suffix \"%s\"", suffix);
	else
		doctor_say(d, DOCTOR_FAIL, "suffix",
		    "is the overlay on the database, and chancery-direct not \"*\"?",
		    "anybody sees entries under the real suffix \"%s\"", suffix);
}

/* Containers that are never published. */
void
doctor_private(struct doctor *d)
{
	static const char *const containers[] = {LAYOUT_REGISTRY, LAYOUT_SERVICES};
	char dn[LAYOUT_DN_MAX];
	bool hidden = true;

	for (size_t i = 0; i < NITEMS(containers); i++) {
		long n;

		if (layout_container(containers[i], d->session.base, dn, NULL) != 0)
			continue;
		n = count_visible(d, "private", dn, "(objectClass=*)");
		hidden = hidden && n == 0;
		if (n > 0)
			doctor_say(d, DOCTOR_FAIL, "private",
			    "is the overlay on the frontend, and chancery-container "
			    "right?",
			    "anybody sees entries under \"%s\"", dn);
	}
	if (hidden)
		doctor_say(d, DOCTOR_OK, "private", NULL,
		    "registry and services are invisible under \"%s\"",
		    d->session.base);
}

/* An attribute that is not published may neither be read nor searched for. */
void
doctor_password(struct doctor *d)
{
	static const char *const attrs[] = {"userPassword", "chanceryStatus", NULL};
	char filter[DOCTOR_FILTER_MAX];
	const struct search s = {.base = d->session.base,
	    .scope = SEARCH_SUB,
	    .filter = doctor_sample_filter(d, filter),
	    .attrs = attrs,
	    .size_limit = 5};
	struct search_result r;
	long n = count_visible(d, "password", d->session.base, "(userPassword=*)");
	bool read = false;

	if (n < 0)
		return;
	if (d->sample.n > 0 && doctor_ask(d, "password", &s, &r)) {
		for (size_t i = 0; i < r.n; i++)
			read = read || r.entry[i].n_attr > 0;
		search_result_fini(&r);
	}
	if (n > 0 || read)
		doctor_say(d, DOCTOR_FAIL, "password",
		    "is the overlay on the frontend, and chancery-attributes right?",
		    "anybody can %s private attributes", read ? "read" : "search for");
	else
		doctor_say(d, DOCTOR_OK, "password", NULL,
		    "userPassword and chanceryStatus can be neither read nor searched "
		    "for");
}
