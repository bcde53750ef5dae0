/* Certificates and addresses (contract in mirror_fit.h). */
#include "enroll/clerk/mirror_fit.h"

#include <stdio.h>

#include "core/addr.h"
#include "directory/registry.h"
#include "enroll/clerk/notice.h"

enum {
	FIT_SECONDS = 3600,
	UNFIT_SECONDS = 60,
};

bool
fit_is_due(const struct pass *p, int64_t last, size_t unfit)
{
	int64_t now = clerk_now(p->c), wait = unfit > 0 ? UNFIT_SECONDS : FIT_SECONDS;

	if (last == 0 || now < last || now >= last + wait)
		return true;
	for (size_t i = 0; i < mirror_count(p->m); i++)
		if ((mirror_at(p->m, i)->marks & PASS_MOVED) != 0)
			return true;
	return false;
}

static int
take_certificate(const void *record, void *ctx)
{
	const struct registry_certificate *cert = record;
	struct pass *p = ctx;
	struct mirror_row *row = mirror_find(p->m, cert->person);

	if (row == NULL || row->state != MIRROR_PRESENT)
		return 0;
	row->marks |= PASS_CERT;
	for (size_t i = 0; i < cert->mail.n; i++)
		if (bytes_equal_nocase(cert->mail.value[i], row->want.mail[0]))
			row->marks |= PASS_FITS;
	return 0;
}

static void
tell(struct pass *p, const struct mirror_row *row)
{
	struct problem problem = {FIT_PART, "certificate", row->want.mail[0],
	    row->want.id,
	    BYTES("has a certificate of another address only, and needs a new one: "
		  "please register again")};

	problems_tell(p->problems, &problem, clerk_now(p->c));
}

int
fit_check(struct pass *p, size_t *unfit, struct err *e)
{
	const struct registry_where where = {
	    .state = {"valid"}, .after = clerk_now(p->c)};
	int rc = registry_each(p->d, p->c->conf.suffix, REGISTRY_CERTIFICATE, &where,
	    take_certificate, p, e);

	if (rc != 0)
		return rc;
	*unfit = 0;
	problems_begin_round(p->problems, FIT_PART);
	for (size_t i = 0; i < mirror_count(p->m); i++) {
		const struct mirror_row *row = mirror_at(p->m, i);

		if ((row->marks & (PASS_CERT | PASS_FITS)) != PASS_CERT)
			continue;
		++*unfit;
		tell(p, row);
	}
	problems_end_round(p->problems, FIT_PART);
	return 0;
}
