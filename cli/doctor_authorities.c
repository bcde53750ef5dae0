/*
 * doctor: the authorities as anybody sees them: do their CRLs still hold, and they
 * themselves? Signatures are not checked: who may write there is the directory's
 * matter.
 */
#include <stdio.h>

#include "cli/doctor.h"
#include "cli/show.h"
#include "core/cert.h"
#include "core/crl.h"
#include "core/isotime.h"
#include "directory/authority.h"

struct look {
	struct doctor *d;
	size_t n;
	bool well;
	int64_t next; /* the first end of a CRL */
};

static void
bad(struct look *l, enum doctor_verdict v, const struct authority *a, const char *todo,
    const char *what)
{
	l->well = false;
	doctor_say(l->d, v, "authorities", todo, "%.*s: %s",
	    (int)(a->cn.n > 200 ? 200 : a->cn.n), (const char *)a->cn.p, what);
}

static void
look_at_crl(struct look *l, const struct authority *a, struct bytes der)
{
	static const char import[] = "put the authority's newest CRL into "
				     "certificateRevocationList;binary of its entry";
	int64_t now = l->d->now;
	char text[128], date[ISOTIME_SIZE];
	struct crl crl;

	if (crl_open(der, &crl, NULL) != 0) {
		bad(l, DOCTOR_FAIL, a, import, "its CRL cannot be read");
		return;
	}
	if (crl.next_update < l->next)
		l->next = crl.next_update;
	isotime_text(crl.next_update, date);
	if (crl.next_update < now) {
		snprintf(text, sizeof(text), "its CRL should have been replaced by %s",
		    date);
		bad(l, DOCTOR_FAIL, a, import, text);
	} else if (crl.next_update < now + (int64_t)DOCTOR_CRL_SOON * DOCTOR_DAY) {
		snprintf(text, sizeof(text), "its CRL must be replaced by %s", date);
		bad(l, DOCTOR_WARN, a, import, text);
	}
	if (crl.this_update > now + DOCTOR_CLOCK_SECONDS)
		bad(l, DOCTOR_WARN, a, "compare this clock with the authority's",
		    "its CRL was made in the future");
}

static void
look_at_cert(struct look *l, const struct authority *a, struct bytes der)
{
	char text[128], date[ISOTIME_SIZE];
	int64_t now = l->d->now;
	struct cert c;

	if (cert_parse(der, &c, NULL) != 0) {
		bad(l, DOCTOR_FAIL, a, "delete the value and import it again",
		    "its certificate cannot be read");
		return;
	}
	snprintf(text, sizeof(text), "its certificate ends on %s",
	    show_date(c.not_after, date));
	if (c.not_after < now)
		bad(l, DOCTOR_WARN, a,
		    "import its new one with --anchor, delete the old one", text);
	else if (c.not_after < now + (int64_t)DOCTOR_CA_SOON * DOCTOR_DAY)
		bad(l, DOCTOR_WARN, a, "ask for its new one in time", text);
}

static int
look_at(const struct authority *a, void *ctx)
{
	struct look *l = ctx;

	l->n++;
	for (size_t i = 0; i < a->cert.n; i++)
		look_at_cert(l, a, a->cert.value[i]);
	for (size_t i = 0; i < a->crl.n; i++)
		look_at_crl(l, a, a->crl.value[i]);
	for (size_t i = 0; i < a->arl.n; i++)
		look_at_crl(l, a, a->arl.value[i]);
	if (a->crl.n + a->arl.n == 0)
		bad(l, DOCTOR_WARN, a,
		    "put its CRL into certificateRevocationList;binary of its entry",
		    "without a CRL, revocations of its certificates are not noticed");
	return 0;
}

void
doctor_authorities(struct doctor *d)
{
	struct look l = {.d = d, .well = true, .next = INT64_MAX};
	char date[ISOTIME_SIZE];
	struct err e = {0};
	int rc = authority_each(d->session.outside, d->session.base, look_at, &l, &e);

	if (rc != 0)
		doctor_say(d, DOCTOR_FAIL, "authorities",
		    "anybody should be able to read ou=authorities", "%s", e.text);
	else if (l.n == 0)
		doctor_say(d, DOCTOR_WARN, "authorities",
		    "bring them in: chancery import --anchor FILE",
		    "no authority is in the directory: nothing is known of "
		    "revocations, and "
		    "gpgsm finds no issuers");
	else if (l.well)
		doctor_say(d, DOCTOR_OK, "authorities", NULL,
		    "%zu authorities; the first CRL to be replaced holds until %s", l.n,
		    l.next == INT64_MAX ? "ever" : show_date(l.next, date));
}
