/*
 * An entry's certificates, judged: gathers what core/choice.h asks for (the
 * entry's addresses, known revocations) and remembers the verdicts by the
 * entry's version.
 */
#include "overlay/overlay.h"

struct revocation {
	struct chancery *db;
	Operation *op;
	Entry *e;
	Attribute *named; /* chanceryRevoked */
};

/* A value of chanceryRevoked as slapd's rule certificateExactMatch normalizes what
 * is asserted, which is how it normalizes certificates too. */
static bool
named_normalize(const struct revocation *r, struct berval *val, struct berval *norm_out)
{
	MatchingRule *exact = chancery_schema.user_certificate->ad_type->sat_equality;

	BER_BVZERO(norm_out);
	if (exact != NULL && exact->smr_normalize != NULL &&
	    exact->smr_normalize(SLAP_MR_VALUE_OF_ASSERTION_SYNTAX, exact->smr_syntax,
		exact, val, norm_out, r->op->o_tmpmemctx) == LDAP_SUCCESS &&
	    !BER_BVISNULL(norm_out))
		return true;
	Debug(LDAP_DEBUG_ANY,
	    "chancery: %s: chanceryRevoked \"%s\" revokes nothing: wanted { "
	    "serialNumber "
	    "<number>, issuer rdnSequence:\"<DN>\" } (RFC 4523 section 2.5)\n",
	    r->e->e_name.bv_val, val->bv_val);
	return false;
}

static bool
revoked_by_name(const struct cert *c, const struct revocation *r)
{
	struct berval der = {c->der.n, (char *)c->der.p}, norm = BER_BVNULL, named;
	bool found = false;

	if (attr_normalize_one(chancery_schema.user_certificate, &der, &norm,
		r->op->o_tmpmemctx) != LDAP_SUCCESS ||
	    BER_BVISNULL(&norm))
		return false;
	for (unsigned i = 0; i < r->named->a_numvals && !found; i++) {
		if (!named_normalize(r, &r->named->a_vals[i], &named))
			continue;
		found = bvmatch(&named, &norm);
		r->op->o_tmpfree(named.bv_val, r->op->o_tmpmemctx);
	}
	r->op->o_tmpfree(norm.bv_val, r->op->o_tmpmemctx);
	return found;
}

static bool
is_revoked(const struct cert *c, void *ctx)
{
	const struct revocation *r = ctx;

	if (r->named != NULL && revoked_by_name(c, r))
		return true;
	return authorities_revoked(r->db->authorities, c);
}

Attribute *
entry_values_from(Attribute *first, struct arena *arena)
{
	AttributeDescription *ad = first->a_desc;
	Attribute *a, *all;
	unsigned n = 0, k = 0;

	if (attr_find(first->a_next, ad) == NULL)
		return first;
	for (a = first; a != NULL; a = attr_find(a->a_next, ad))
		n += a->a_numvals;
	all = arena_alloc(arena, sizeof(*all));
	if (all == NULL)
		return first;
	*all = *first;
	all->a_vals = arena_alloc(arena, (n + 1) * sizeof(*all->a_vals));
	all->a_nvals = arena_alloc(arena, (n + 1) * sizeof(*all->a_nvals));
	if (all->a_vals == NULL || all->a_nvals == NULL)
		return first;
	for (a = first; a != NULL; a = attr_find(a->a_next, ad))
		for (unsigned i = 0; i < a->a_numvals; i++) {
			all->a_vals[k] = a->a_vals[i];
			all->a_nvals[k++] = a->a_nvals[i];
		}
	all->a_numvals = n;
	return all;
}

Attribute *
entry_values(Entry *e, AttributeDescription *ad, struct arena *arena)
{
	Attribute *first = ad == NULL ? NULL : attr_find(e->e_attrs, ad);

	return first == NULL ? NULL : entry_values_from(first, arena);
}

static struct bytes *
addresses_of(Entry *e, struct arena *a, size_t *n_out)
{
	Attribute *mail = entry_values(e, chancery_schema.mail, a);
	struct bytes *out;

	*n_out = mail == NULL ? 0 : mail->a_numvals;
	out = arena_alloc(a, (*n_out + 1) * sizeof(*out));
	for (size_t i = 0; out != NULL && i < *n_out; i++)
		out[i] = bytes_of_bv(&mail->a_vals[i]);
	return out;
}

static struct choice_judgement *
judgements_new(struct arena *a, const Attribute *values, size_t *n_out)
{
	*n_out = values == NULL ? 0 : values->a_numvals;
	return arena_alloc(a, (*n_out + 1) * sizeof(struct choice_judgement));
}

/* What of an entry says whether its judgements are remembered. */
struct outline {
	struct entry_version version;
	size_t n_certs, n_smime;
};

/* In one walk: this is all that most look-ups need. */
static void
outline_read(const Entry *e, struct outline *o)
{
	*o = (struct outline){.n_certs = 0};
	for (const Attribute *a = e->e_attrs; a != NULL; a = a->a_next) {
		if (a->a_desc == slap_schema.si_ad_entryUUID)
			o->version.uuid = &a->a_nvals[0];
		else if (a->a_desc == slap_schema.si_ad_entryCSN)
			o->version.csn = &a->a_nvals[0];
		else if (a->a_desc == chancery_schema.user_certificate)
			o->n_certs += a->a_numvals;
		else if (a->a_desc == chancery_schema.smime)
			o->n_smime += a->a_numvals;
	}
}

/* What was best in a signed value may have ended while another in it goes on. */
static bool
still_best(const struct judged *j, time_t now)
{
	for (size_t i = 0; i < j->n_smime; i++)
		if (j->smime[i].lasting == CHOICE_PUBLISHED &&
		    choice_at(&j->smime[i], now) != CHOICE_PUBLISHED)
			return false;
	return true;
}

static bool
judge_anew(struct chancery *db, Operation *op, Entry *e, time_t now, struct arena *a,
    struct judged *out)
{
	Attribute *certs = entry_values(e, chancery_schema.user_certificate, a);
	Attribute *smime = entry_values(e, chancery_schema.smime, a);
	struct revocation r = {db, op, e, NULL};
	struct bytes *mail;
	size_t n_mail;

	r.named = entry_values(e, chancery_schema.revoked, a);
	mail = addresses_of(e, a, &n_mail);
	out->cert = judgements_new(a, certs, &out->n_certs);
	out->smime = judgements_new(a, smime, &out->n_smime);
	if (mail == NULL || out->cert == NULL || out->smime == NULL)
		return false;
	for (size_t i = 0; i < out->n_certs; i++)
		choice_judge_value(bytes_of_bv(&certs->a_vals[i]), mail, n_mail,
		    is_revoked, &r, &out->cert[i]);
	for (size_t i = 0; i < out->n_smime; i++)
		choice_judge_signed(bytes_of_bv(&smime->a_vals[i]), mail, n_mail,
		    is_revoked, &r, now, &out->smime[i]);
	return true;
}

bool
judge_entry(struct chancery *db, Operation *op, Entry *e, time_t now, struct arena *a,
    struct judged *out)
{
	unsigned generation = authorities_generation(db->authorities);
	struct outline o;

	outline_read(e, &o);
	/* an overlay below may have put values in or out of the same version */
	if (memo_get(db->memo, &o.version, generation, a, out) &&
	    out->n_certs == o.n_certs && out->n_smime == o.n_smime &&
	    still_best(out, now))
		return true;
	if (!judge_anew(db, op, e, now, a, out))
		return false;
	memo_put(db->memo, &o.version, generation, out);
	return true;
}
