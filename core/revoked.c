/*
 * The set of revoked certificates (contract in revoked.h): a sorted array, because
 * it is built seldom, asked often and may be large. Issuers are kept once, in
 * canonical form, so that a CRL whose issuer is encoded otherwise still counts.
 * Built by whoever reads ou=authorities; afterwards any thread may ask.
 */
#include "core/revoked.h"

#include "core/crl.h"
#include "core/name.h"

#include <stdlib.h>

struct revoked_entry {
	size_t at;	 /* of the serial in the pool */
	int64_t listed;	 /* thisUpdate of the CRL that says so */
	uint32_t issuer; /* index */
	uint32_t n;	 /* octets of the serial */
	bool removed;	 /* by removeFromCRL */
};

struct revoked_issuer {
	uint8_t *canon;
	size_t n;
	uint64_t hash;
};

struct revoked {
	struct revoked_entry *entry;
	size_t n, cap;
	struct revoked_issuer issuer[REVOKED_MAX_ISSUERS]; /* valid up to n_issuer */
	size_t n_issuer;
	uint8_t *pool; /* the serials, one behind the other */
	size_t n_pool, cap_pool;
	bool sealed;
};

/* What a CRL's entries have in common, or often do. */
struct revoked_adding {
	struct bytes issuer; /* of the entry before, as encoded */
	uint32_t index;	     /* of that issuer */
	int64_t listed;
};

struct revoked *
revoked_new(void)
{
	return calloc(1, sizeof(struct revoked));
}

static void
revoked_drop_issuers(struct revoked *r, size_t keep)
{
	while (r->n_issuer > keep)
		free(r->issuer[--r->n_issuer].canon);
}

void
revoked_free(struct revoked **rp)
{
	struct revoked *r = *rp;

	if (r == NULL)
		return;
	revoked_drop_issuers(r, 0);
	free(r->entry);
	free(r->pool);
	free(r);
	*rp = NULL;
}

/* --- issuers -------------------------------------------------------------- */

/* A name in canonical form in buf; one that has none stands for itself. */
static struct bytes
revoked_canon(struct bytes name, uint8_t buf[2 * NAME_MAX_BYTES + 16])
{
	long n = name_canon(name, buf, 2 * NAME_MAX_BYTES + 16);

	return n < 0 ? name : (struct bytes){buf, (size_t)n};
}

static uint64_t
revoked_hash(struct bytes canon)
{
	uint64_t h = canon.n;

	for (size_t i = 0; i < canon.n; i++)
		h = (h ^ canon.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* The index of an issuer, or ERR_NOT_FOUND. */
static int
revoked_find_issuer(const struct revoked *r, struct bytes canon)
{
	uint64_t hash = revoked_hash(canon);

	for (size_t i = 0; i < r->n_issuer; i++)
		if (r->issuer[i].hash == hash &&
		    bytes_equal(
			(struct bytes){r->issuer[i].canon, r->issuer[i].n}, canon))
			return (int)i;
	return ERR_NOT_FOUND;
}

static int
revoked_new_issuer(struct revoked *r, struct bytes canon)
{
	struct revoked_issuer *issuer = &r->issuer[r->n_issuer];

	if (r->n_issuer == REVOKED_MAX_ISSUERS)
		return ERR_LIMIT;
	if ((issuer->canon = malloc(canon.n + 1)) == NULL)
		return ERR_MEMORY;
	memcpy(issuer->canon, canon.p, canon.n);
	issuer->n = canon.n;
	issuer->hash = revoked_hash(canon);
	return (int)r->n_issuer++;
}

/* Its index, new or not; most entries have the issuer of the one before. */
static int
revoked_issuer_of(struct revoked *r, struct bytes name, struct revoked_adding *adding)
{
	uint8_t buf[2 * NAME_MAX_BYTES + 16];
	struct bytes canon;
	int index;

	if (adding->issuer.p == name.p && name.p != NULL)
		return (int)adding->index;
	canon = revoked_canon(name, buf);
	if ((index = revoked_find_issuer(r, canon)) == ERR_NOT_FOUND)
		index = revoked_new_issuer(r, canon);
	if (index >= 0) {
		adding->issuer = name;
		adding->index = (uint32_t)index;
	}
	return index;
}

/* --- entries -------------------------------------------------------------- */

/* Makes room for one more element of `size` in an array that grows by half. */
static int
revoked_room(void **array, size_t *cap, size_t need, size_t size)
{
	size_t want = *cap + *cap / 2 + 1024;
	void *p;

	if (need <= *cap)
		return 0;
	if (want < need)
		want = need;
	if (want > SIZE_MAX / size || (p = realloc(*array, want * size)) == NULL)
		return ERR_MEMORY;
	*array = p;
	*cap = want;
	return 0;
}

static int
revoked_add_entry(
    struct revoked *r, const struct crl_entry *from, struct revoked_adding *adding)
{
	void *entries = r->entry, *pool = r->pool;
	int issuer, rc;

	if (r->n == REVOKED_MAX)
		return ERR_LIMIT;
	if ((issuer = revoked_issuer_of(r, from->issuer, adding)) < 0)
		return issuer;
	rc = revoked_room(&entries, &r->cap, r->n + 1, sizeof(*r->entry));
	r->entry = entries;
	if (rc == 0)
		rc = revoked_room(&pool, &r->cap_pool, r->n_pool + from->serial.n, 1);
	r->pool = pool;
	if (rc != 0)
		return rc;
	memcpy(r->pool + r->n_pool, from->serial.p, from->serial.n);
	r->entry[r->n++] = (struct revoked_entry){
	    .at = r->n_pool,
	    .listed = adding->listed,
	    .issuer = (uint32_t)issuer,
	    .n = (uint32_t)from->serial.n,
	    .removed = from->reason == CRL_REASON_REMOVE,
	};
	r->n_pool += from->serial.n;
	return 0;
}

/* Looks at all of a CRL before anything is taken from it. */
static int
revoked_check_crl(struct bytes der, struct crl *crl, struct err *e)
{
	struct crl_entry entry;
	bool unknown;
	struct crl walk;
	int rc;

	if ((rc = crl_open(der, crl, e)) != 0)
		return rc;
	unknown = crl->unknown_critical;
	walk = *crl;
	while ((rc = crl_next(&walk, &entry)) == 1)
		unknown |= entry.unknown_critical;
	if (rc != 0)
		return err_set(e, rc,
		    "CRL: RFC 5280 section 5.1.2.6: an entry is not well-formed");
	if (unknown)
		return err_set(e, ERR_UNSUPPORTED,
		    "CRL: RFC 5280 section 5.2: it has a critical extension that is "
		    "not "
		    "known, so it must not be used");
	return 0;
}

int
revoked_add_crl(
    struct revoked *r, struct bytes der, int64_t *next_update, struct err *e)
{
	size_t n = r->n, n_pool = r->n_pool, n_issuer = r->n_issuer;
	struct revoked_adding adding = {0};
	struct crl_entry entry;
	struct crl crl;
	int rc;

	if (r->sealed)
		return err_set(e, ERR_USAGE, "CRL: the set was sealed already");
	if ((rc = revoked_check_crl(der, &crl, e)) != 0)
		return rc;
	adding.listed = crl.this_update;
	while ((rc = crl_next(&crl, &entry)) == 1)
		if ((rc = revoked_add_entry(r, &entry, &adding)) != 0)
			break;
	if (rc != 0) {
		r->n = n;
		r->n_pool = n_pool;
		revoked_drop_issuers(r, n_issuer);
		return err_set(e, rc, "CRL: %s: at most %d entries of %d issuers",
		    err_name(rc), REVOKED_MAX, REVOKED_MAX_ISSUERS);
	}
	*next_update = crl.next_update;
	return 0;
}

/* --- sealed --------------------------------------------------------------- */

static int
revoked_compare(const struct revoked *r, const struct revoked_entry *a,
    const struct revoked_entry *b)
{
	if (a->issuer != b->issuer)
		return a->issuer < b->issuer ? -1 : 1;
	return bytes_compare((struct bytes){r->pool + a->at, a->n},
	    (struct bytes){r->pool + b->at, b->n});
}

/* The same certificate's entries: newest first, and of one time the removal. */
static int
revoked_order(const void *va, const void *vb, void *ctx)
{
	const struct revoked_entry *a = va, *b = vb;
	int rc = revoked_compare(ctx, a, b);

	if (rc != 0)
		return rc;
	if (a->listed != b->listed)
		return a->listed > b->listed ? -1 : 1;
	return (int)b->removed - (int)a->removed;
}

void
revoked_seal(struct revoked *r)
{
	size_t kept = 0, next;

	if (r->n > 0)
		qsort_r(r->entry, r->n, sizeof(*r->entry), revoked_order, r);
	for (size_t i = 0; i < r->n; i = next) {
		struct revoked_entry newest = r->entry[i];

		for (next = i + 1; next < r->n; next++)
			if (revoked_compare(r, &newest, &r->entry[next]) != 0)
				break;
		if (!newest.removed)
			r->entry[kept++] = newest;
	}
	r->n = kept;
	r->sealed = true;
}

bool
revoked_has(const struct revoked *r, struct bytes issuer, struct bytes serial)
{
	uint8_t buf[2 * NAME_MAX_BYTES + 16];
	size_t low = 0, high = r->n;
	int index;

	if (!r->sealed || r->n == 0)
		return false;
	index = revoked_find_issuer(r, revoked_canon(issuer, buf));
	while (index >= 0 && low < high) {
		size_t mid = low + (high - low) / 2;
		const struct revoked_entry *m = &r->entry[mid];
		int order = (int)m->issuer - index;

		if (order == 0)
			order = bytes_compare(
			    (struct bytes){r->pool + m->at, m->n}, serial);
		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

size_t
revoked_count(const struct revoked *r)
{
	return r->n;
}
