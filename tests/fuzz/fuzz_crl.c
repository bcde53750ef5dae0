/*
 * Any bytes as a CRL: entries lie inside and come to an end, and the set of revoked
 * certificates finds what the walk found, or nothing of a CRL that it refused.
 */
#include "core/crl.h"
#include "core/der.h"
#include "core/name.h"
#include "core/revoked.h"
#include "tests/fuzz/inside.h"

#include <stdio.h>

enum {
	ASKED = 50
}; /* of each CRL's entries: the set is not to be the slow part */

/* Every entry of a CRL that removes nothing is in the set. */
static void
must_be_found(const struct crl *opened, const struct revoked *r)
{
	struct crl crl = *opened;
	struct crl_entry entry;
	bool removes = false;

	while (crl_next(&crl, &entry) == 1)
		removes |= entry.reason == CRL_REASON_REMOVE;
	crl = *opened;
	for (int i = 0; !removes && i < ASKED && crl_next(&crl, &entry) == 1; i++)
		must(revoked_has(r, entry.issuer, entry.serial));
}

/* The set of this CRL, twice, is that of it once. */
static void
try_set(struct bytes in, const struct crl *crl, size_t entries, int walk)
{
	struct revoked *r = revoked_new();
	int64_t next;
	int rc = revoked_add_crl(r, in, &next, NULL);
	bool unknown = rc == ERR_UNSUPPORTED || rc == ERR_LIMIT;

	must(unknown || (rc == 0) == (walk == 0));
	if (rc == 0)
		must(next == crl->next_update &&
		     revoked_add_crl(r, in, &next, NULL) == 0);
	revoked_seal(r);
	must(revoked_count(r) <= entries && (rc == 0 || revoked_count(r) == 0));
	if (rc == 0)
		must_be_found(crl, r);
	revoked_free(&r);
	must(r == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes in = {data, n};
	struct crl_entry entry;
	struct crl crl, walk;
	struct err e = {0};
	size_t entries = 0;
	int rc = crl_open(in, &crl, &e);

	if (rc != 0) {
		must(rc == e.code && e.text[0] != '\0');
		return 0;
	}
	must_lie_inside(crl.issuer, in);
	must(name_valid(crl.issuer));
	must_lie_inside(crl.entries.rest, in);
	walk = crl;
	while ((rc = crl_next(&walk, &entry)) == 1) {
		must_lie_inside(entry.serial, in);
		must_lie_inside(entry.issuer, in);
		must(der_integer_valid(entry.serial) && name_valid(entry.issuer));
		must(entry.reason >= 0 && entry.reason <= 10 && ++entries <= n);
	}
	try_set(in, &crl, entries, rc);
	return 0;
}
