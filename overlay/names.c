/*
 * DNs between the published base and the real suffix, and what is published at
 * all. Normalized DNs of slapd hold no raw comma within a value, so a suffix can
 * be cut at commas.
 */
#include "overlay/overlay.h"

const struct published_base *
names_published(const struct chancery *front, const struct berval *ndn)
{
	for (size_t i = 0; i < front->n_bases; i++)
		if (dnIsSuffix(ndn, &front->base[i].ndn))
			return &front->base[i];
	return NULL;
}

const struct published_base *
names_real(const struct chancery *front, const struct berval *ndn)
{
	for (size_t i = 0; i < front->n_bases; i++)
		if (dnIsSuffix(ndn, &front->base[i].real_ndn))
			return &front->base[i];
	return NULL;
}

static int
name_rdns(const struct berval *dn)
{
	int n = 1;

	for (size_t i = 0; i < dn->bv_len; i++)
		n += dn->bv_val[i] == ',';
	return n;
}

/* The length of what stands before the suffix, the comma between them included. */
static size_t
name_front(const struct berval *dn, const struct berval *suffix)
{
	size_t i = dn->bv_len - suffix->bv_len;
	int rdns;

	/* nearly always it is spelled there as it was configured */
	if (dn->bv_len >= suffix->bv_len && (i == 0 || dn->bv_val[i - 1] == ',') &&
	    memcmp(dn->bv_val + i, suffix->bv_val, suffix->bv_len) == 0)
		return i;
	rdns = name_rdns(suffix);
	for (i = dn->bv_len; i > 0; i--)
		if (dn->bv_val[i - 1] == ',' && --rdns == 0)
			return i;
	return 0;
}

static void
name_put(struct berval *out, const struct berval *dn, size_t front,
    const struct berval *suffix)
{
	memcpy(out->bv_val, dn->bv_val, front);
	memcpy(out->bv_val + front, suffix->bv_val, suffix->bv_len + 1);
	out->bv_len = front + suffix->bv_len;
}

void
names_to_real(const struct published_base *b, const struct berval *dn,
    const struct berval *ndn, struct berval *dn_out, struct berval *ndn_out, void *ctx)
{
	size_t front = name_front(dn, &b->dn), nfront = name_front(ndn, &b->ndn);

	dn_out->bv_val = slap_sl_malloc(front + b->real_dn.bv_len + 1, ctx);
	name_put(dn_out, dn, front, &b->real_dn);
	ndn_out->bv_val = slap_sl_malloc(nfront + b->real_ndn.bv_len + 1, ctx);
	name_put(ndn_out, ndn, nfront, &b->real_ndn);
}

bool
names_to_published(const struct published_base *b, const struct berval *dn,
    const struct berval *ndn, struct arena *a, struct berval *dn_out,
    struct berval *ndn_out)
{
	size_t front = name_front(dn, &b->real_dn);
	size_t nfront = name_front(ndn, &b->real_ndn);

	dn_out->bv_val = arena_alloc(a, front + b->dn.bv_len + 1);
	ndn_out->bv_val = arena_alloc(a, nfront + b->ndn.bv_len + 1);
	if (dn_out->bv_val == NULL || ndn_out->bv_val == NULL)
		return false;
	name_put(dn_out, dn, front, &b->dn);
	name_put(ndn_out, ndn, nfront, &b->ndn);
	return true;
}

/* A container itself is structure; those that no person search looks into also
 * count as what they hold, so that gpg finds cn=PGPServerInfo. */
unsigned
names_kinds(const struct chancery *front, const struct published_base *b,
    const struct berval *ndn)
{
	struct berval rel;

	if (!dnIsSuffix(ndn, &b->real_ndn))
		return 0;
	if (ndn->bv_len == b->real_ndn.bv_len)
		return QUERY_STRUCTURE;
	rel.bv_val = ndn->bv_val;
	rel.bv_len = ndn->bv_len - b->real_ndn.bv_len - 1;
	for (size_t i = 0; i < front->n_containers; i++) {
		const struct container *c = &front->container[i];

		if (!dnIsSuffix(&rel, &c->ndn))
			continue;
		if (rel.bv_len > c->ndn.bv_len)
			return c->kind;
		return QUERY_STRUCTURE | (c->kind == QUERY_PEOPLE ? 0 : c->kind);
	}
	return 0;
}

bool
names_reachable(const struct chancery *front, const struct published_base *b,
    const struct berval *ndn)
{
	struct berval rel;

	if (names_kinds(front, b, ndn) != 0)
		return true;
	if (!dnIsSuffix(ndn, &b->real_ndn))
		return false;
	rel.bv_val = ndn->bv_val;
	rel.bv_len = ndn->bv_len - b->real_ndn.bv_len - 1;
	for (size_t i = 0; i < front->n_containers; i++)
		if (dnIsSuffix(&front->container[i].ndn, &rel))
			return true;
	return false;
}

bool
names_type_published(const struct chancery *front, const AttributeType *at)
{
	for (size_t i = 0; i < front->n_attributes; i++) {
		if (front->attribute_type[i] == at)
			return true;
		/* a schema that was loaded after the configuration */
		if (front->attribute_type[i] == NULL &&
		    ber_bvstrcasecmp(&front->attribute[i], &at->sat_cname) == 0)
			return true;
	}
	return false;
}

bool
names_attribute_published(struct bytes name, void *front)
{
	struct berval bv = {name.n, (char *)name.p};
	AttributeType *at = at_bvfind(&bv);

	return at != NULL && names_type_published(front, at);
}
