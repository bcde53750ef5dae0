/*
 * Makes certificate revocation lists: contract in crl_make.h.
 */
#include "crypto/crl_make.h"

#include <stdlib.h>

#include "crypto/der_write.h"
#include "crypto/lint.h"

enum {
	HOUR = 3600,
	ENTRY_OCTETS = 64, /* more than any entry has */
	SHOWN = 40,
};

static const struct bytes oid_reason = OID_BYTES("\x55\x1d\x15");
static const struct bytes oid_number = OID_BYTES("\x55\x1d\x14");
static const struct bytes oid_authority_key_id = OID_BYTES("\x55\x1d\x23");

static const struct {
	int reason;
	const char *word;
} reasons[] = {
#define X(name, value, word) {value, word},
    CRL_MAKE_REASONS(X)
#undef X
};

int
crl_make_reason_read(struct bytes word, int *out, struct err *e)
{
	for (size_t i = 0; i < NITEMS(reasons); i++)
		if (bytes_equal(word, bytes_of(reasons[i].word))) {
			*out = reasons[i].reason;
			return 0;
		}
	return err_set(e, ERR_UNSUPPORTED,
	    "reason \"%.*s\", want unspecified, key-compromise, ca-compromise, "
	    "affiliation-changed, superseded, cessation-of-operation or "
	    "privilege-withdrawn",
	    (int)(word.n > SHOWN ? SHOWN : word.n), (const char *)word.p);
}

const char *
crl_make_reason_word(int reason)
{
	for (size_t i = 0; i < NITEMS(reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].word;
	return NULL;
}

uint64_t
crl_make_number(uint64_t last, int64_t now)
{
	uint64_t number = now > 0 ? (uint64_t)now : 1;

	return number > last ? number : last + 1;
}

/* --- entries ----------------------------------------------------------------- */

static int
check_entry(const struct crl_make_entry *entry, int64_t now, bool root, struct err *e)
{
	struct bytes s = entry->serial;

	if (s.n < 1 || s.n > CRL_MAKE_SERIAL_MAX || !der_integer_valid(s) ||
	    (s.p[0] & 0x80) != 0 || (s.n == 1 && s.p[0] == 0))
		return err_set(e, ERR_SYNTAX,
		    "a revoked serial number of %zu octets, want 1 to %d, positive, in "
		    "shortest form",
		    s.n, CRL_MAKE_SERIAL_MAX);
	if (crl_make_reason_word(entry->reason) == NULL ||
	    (entry->reason == CRL_MAKE_CA_COMPROMISE && !root))
		return err_set(e, ERR_POLICY,
		    "reason %d of a revocation (S/MIME BR 7.2.2), want unspecified "
		    "(0), 1, "
		    "3, 4, 5 or 9",
		    entry->reason);
	if (entry->revoked_at > now)
		return err_set(e, ERR_POLICY,
		    "a revocation %lld seconds in the future (RFC 5280 section "
		    "5.1.2.6)",
		    (long long)(entry->revoked_at - now));
	return 0;
}

/* Shorter numbers are smaller: they are positive and in shortest form. */
static int
compare_serial(struct bytes a, struct bytes b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return memcmp(a.p, b.p, a.n);
}

/* By number; of one number the compromise first, then the earliest. */
static int
compare_entry(const void *a, const void *b)
{
	const struct crl_make_entry *x = a, *y = b;
	int rc = compare_serial(x->serial, y->serial);

	if (rc != 0)
		return rc;
	if ((x->reason == CRL_MAKE_KEY_COMPROMISE) !=
	    (y->reason == CRL_MAKE_KEY_COMPROMISE))
		return x->reason == CRL_MAKE_KEY_COMPROMISE ? -1 : 1;
	if (x->revoked_at != y->revoked_at)
		return x->revoked_at < y->revoked_at ? -1 : 1;
	return x->reason < y->reason ? -1 : x->reason > y->reason;
}

/* Sorts, and makes one of those that are repeated. Returns how many are left. */
static size_t
merge(struct crl_make_entry *entry, size_t n)
{
	size_t kept = 0;

	qsort(entry, n, sizeof(*entry), compare_entry);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 &&
		    compare_serial(entry[kept - 1].serial, entry[i].serial) == 0) {
			if (entry[i].revoked_at < entry[kept - 1].revoked_at)
				entry[kept - 1].revoked_at = entry[i].revoked_at;
			continue;
		}
		entry[kept++] = entry[i];
	}
	return kept;
}

static void
put_entry(struct der_write *w, const struct crl_make_entry *entry)
{
	size_t seq = der_write_open(w, DER_SEQUENCE), list, extension, value;
	uint8_t reason = (uint8_t)entry->reason;

	der_write_item(w, DER_INTEGER, entry->serial);
	der_write_time(w, entry->revoked_at);
	if (entry->reason != CRL_MAKE_UNSPECIFIED) {
		list = der_write_open(w, DER_SEQUENCE);
		extension = der_write_open(w, DER_SEQUENCE);
		der_write_item(w, DER_OID, oid_reason);
		value = der_write_open(w, DER_OCTET_STRING);
		der_write_item(w, DER_ENUMERATED, (struct bytes){&reason, 1});
		der_write_close(w, value);
		der_write_close(w, extension);
		der_write_close(w, list);
	}
	der_write_close(w, seq);
}

/* --- the list ---------------------------------------------------------------- */

static void
put_extensions(struct der_write *w, struct bytes key_id, uint64_t number)
{
	size_t outer = der_write_open(w, DER_CONTEXT_CONSTRUCTED(0));
	size_t all = der_write_open(w, DER_SEQUENCE), one, value, seq;

	one = der_write_open(w, DER_SEQUENCE);
	der_write_item(w, DER_OID, oid_authority_key_id);
	value = der_write_open(w, DER_OCTET_STRING);
	seq = der_write_open(w, DER_SEQUENCE);
	der_write_item(w, DER_CONTEXT(0), key_id);
	der_write_close(w, seq);
	der_write_close(w, value);
	der_write_close(w, one);
	one = der_write_open(w, DER_SEQUENCE);
	der_write_item(w, DER_OID, oid_number);
	value = der_write_open(w, DER_OCTET_STRING);
	der_write_number(w, number);
	der_write_close(w, value);
	der_write_close(w, one);
	der_write_close(w, all);
	der_write_close(w, outer);
}

struct crl_plan {
	const struct profile_issuer *issuer;
	const struct crl_make_entry *entry; /* sorted */
	size_t n;
	uint64_t number;
	int64_t from, until;
};

static int
put_list(const struct crl_plan *plan, struct owned *tbs_out, struct err *e)
{
	struct der_write w;
	size_t seq, list;

	der_write_init(&w, PROFILE_MAX_TBS + plan->n * ENTRY_OCTETS);
	seq = der_write_open(&w, DER_SEQUENCE);
	der_write_number(&w, 1); /* version 2 */
	der_write_raw(&w, plan->issuer->signature_algorithm);
	der_write_raw(&w, plan->issuer->name);
	der_write_time(&w, plan->from);
	der_write_time(&w, plan->until);
	if (plan->n > 0) { /* an empty list must be absent (section 5.1.2.6) */
		list = der_write_open(&w, DER_SEQUENCE);
		for (size_t i = 0; i < plan->n; i++)
			put_entry(&w, &plan->entry[i]);
		der_write_close(&w, list);
	}
	put_extensions(&w, plan->issuer->key_id, plan->number);
	der_write_close(&w, seq);
	if (der_write_take(&w, tbs_out) != 0)
		return err_set(
		    e, ERR_MEMORY, "no memory for a CRL of %zu entries", plan->n);
	return 0;
}

/* Lints with a signature of zeros, then signs. */
static int
lint_and_sign(const struct ca *ca, struct bytes tbs, struct owned *out, struct err *e)
{
	static const uint8_t zeros[32];
	const struct lint_want want = {
	    .kind = LINT_CRL, .issuer = ca_issuer(ca), .issuer_spki = ca_spki(ca)};
	struct owned whole = {0};
	int rc = profile_seal(tbs, want.issuer->signature_algorithm,
	    (struct bytes){zeros, sizeof(zeros)}, &whole, e);

	if (rc == 0)
		rc = lint_crl(owned_view(&whole), &want, ca_is_root(ca), NULL, e);
	owned_free(&whole);
	return rc == 0 ? ca_sign_checked(ca, tbs, out, e) : rc;
}

static int
check_all(const struct ca *ca, const struct crl_make_entry *entry, size_t n,
    uint64_t number, int64_t now, unsigned hours, struct err *e)
{
	unsigned most = ca_is_root(ca) ? CRL_MAKE_MAX_HOURS_ROOT : CRL_MAKE_MAX_HOURS;
	int rc = 0;

	if (n > CRL_MAKE_MAX_ENTRIES)
		return err_set(e, ERR_LIMIT, "%zu revocations, want at most %d", n,
		    CRL_MAKE_MAX_ENTRIES);
	if (hours < 1 || hours > most)
		return err_set(e, ERR_LIMIT,
		    "%u hours until the next CRL, want 1 to %u (S/MIME BR 4.9.7)",
		    hours, most);
	if (number == 0)
		return err_set(
		    e, ERR_USAGE, "a CRL's number is 0 (RFC 5280 section 5.2.3)");
	if (now < ca_issuer(ca)->not_before || now >= ca_issuer(ca)->not_after)
		return err_set(e, ERR_POLICY,
		    "the CA's own certificate is not valid now: it can sign no CRL");
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = check_entry(&entry[i], now, ca_is_root(ca), e);
	return rc;
}

int
crl_make(const struct ca *ca, const struct crl_make_entry *entry, size_t n,
    uint64_t number, int64_t now, unsigned hours, struct owned *crl_out, struct err *e)
{
	struct crl_plan plan = {.issuer = ca_issuer(ca),
	    .number = number,
	    .from = now,
	    .until = now + (int64_t)hours * HOUR};
	struct crl_make_entry *sorted;
	struct owned tbs = {0};
	int rc = check_all(ca, entry, n, number, now, hours, e);

	*crl_out = (struct owned){0};
	if (rc != 0)
		return rc;
	if ((sorted = calloc(n + 1, sizeof(*sorted))) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for %zu revocations", n);
	if (n > 0)
		memcpy(sorted, entry, n * sizeof(*sorted));
	plan.entry = sorted;
	plan.n = merge(sorted, n);
	if (plan.until > plan.issuer->not_after)
		plan.until = plan.issuer->not_after;
	rc = put_list(&plan, &tbs, e);
	free(sorted);
	if (rc == 0)
		rc = lint_and_sign(ca, owned_view(&tbs), crl_out, e);
	owned_free(&tbs);
	return rc;
}
