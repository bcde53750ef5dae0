/*
 * The entry as it is sent under a published base: the kinds, attributes and
 * certificates that are published and that the client may read, under the
 * published name. A shallow Entry in the search's memory that borrows what it
 * shows from the stored one; nothing of the stored entry is changed.
 *
 * slapd plays callbacks before it checks access, and would check the renamed
 * entry, where rules about the real suffix no longer match. So access is checked
 * here, on the real entry, as the client; then the view is sent in the name of a
 * root of our own, for just as long as slapd needs to encode it.
 */
#include "overlay/overlay.h"

struct building {
	struct published_search *ps;
	Operation *op;
	SlapReply *rs;
	Entry *e;
	AccessControlState acl;
	bool check_access; /* and leave out what was not asked for */
	struct judged judged;
	bool have_judged;
	Attribute **tail;
	bool failed; /* out of memory: send nothing rather than half */
};

static Attribute *
attribute_new(struct building *b, AttributeDescription *ad, BerVarray vals,
    BerVarray nvals, unsigned n)
{
	Attribute *a = arena_alloc(&b->ps->arena, sizeof(*a));

	if (a == NULL) {
		b->failed = true;
		return NULL;
	}
	a->a_desc = ad;
	a->a_vals = vals;
	a->a_nvals = nvals;
	a->a_numvals = n;
	a->a_flags = SLAP_ATTR_DONT_FREE_DATA | SLAP_ATTR_DONT_FREE_VALS;
	*b->tail = a;
	b->tail = &a->a_next;
	return a;
}

static BerVarray
values_new(struct building *b, size_t n)
{
	BerVarray v = arena_alloc(&b->ps->arena, (n + 1) * sizeof(*v));

	if (v == NULL)
		b->failed = true;
	return v;
}

static bool
may_read(struct building *b, AttributeDescription *ad, struct berval *nval)
{
	return !b->check_access ||
	       access_allowed(b->op, b->e, ad, nval, ACL_READ, &b->acl);
}

static bool
is_wanted(struct building *b, AttributeDescription *ad)
{
	AttributeName *an = b->op->ors_attrs;

	if (!b->check_access || b->ps->all_user)
		return true;
	if (!b->ps->by_type)
		return ad_inlist(ad, an);
	for (; !BER_BVISNULL(&an->an_name); an++)
		if (an->an_desc->ad_type == ad->ad_type)
			return an->an_desc == ad || ad_inlist(ad, b->op->ors_attrs);
	return false;
}

/* Those of the values that the client may read; shares the arrays if all. */
static void
add_readable(struct building *b, AttributeDescription *shown, AttributeDescription *ad,
    BerVarray vals, BerVarray nvals, unsigned n)
{
	BerVarray v, nv;
	unsigned i = 0, k;

	while (i < n && may_read(b, ad, &nvals[i]))
		i++;
	if (i == n) {
		if (n > 0)
			attribute_new(b, shown, vals, nvals, n);
		return;
	}
	v = values_new(b, n);
	nv = values_new(b, n);
	if (b->failed)
		return;
	for (k = 0; k < i; k++) {
		v[k] = vals[k];
		nv[k] = nvals[k];
	}
	while (++i < n) {
		if (!may_read(b, ad, &nvals[i]))
			continue;
		v[k] = vals[i];
		nv[k++] = nvals[i];
	}
	if (k > 0)
		attribute_new(b, shown, v, nv, k);
}

/* A DN as value: under its published name, or not at all. */
static void
add_names(struct building *b, Attribute *a)
{
	BerVarray v = values_new(b, a->a_numvals), nv = values_new(b, a->a_numvals);
	unsigned k = 0;

	for (unsigned i = 0; !b->failed && i < a->a_numvals; i++) {
		if (!names_kinds(b->ps->front, b->ps->base, &a->a_nvals[i]) ||
		    !may_read(b, a->a_desc, &a->a_nvals[i]))
			continue;
		if (!names_to_published(b->ps->base, &a->a_vals[i], &a->a_nvals[i],
			&b->ps->arena, &v[k], &nv[k]))
			b->failed = true;
		k++;
	}
	if (!b->failed && k > 0)
		attribute_new(b, a->a_desc, v, nv, k);
}

static bool
have_judged(struct building *b)
{
	if (!b->have_judged && !judge_entry(b->ps->db, b->op, b->e, b->op->o_time,
				   &b->ps->arena, &b->judged))
		b->failed = true;
	b->have_judged = true;
	return !b->failed;
}

/* The published values of one of the two certificate attributes, best first. */
static unsigned
choose_values(struct building *b, Attribute *a, const struct choice_judgement *j,
    size_t n, BerVarray *v_out, BerVarray *nv_out)
{
	size_t most = b->ps->db->publish == PUBLISH_ALL ? n : 1;
	size_t *order = arena_alloc(&b->ps->arena, most * sizeof(*order));
	size_t k;

	if (order == NULL) {
		b->failed = true;
		return 0;
	}
	k = choice_rank(j, n, b->op->o_time, order, most);
	if (k == 0)
		return 0;
	*v_out = values_new(b, k);
	*nv_out = values_new(b, k);
	for (size_t i = 0; !b->failed && i < k; i++) {
		(*v_out)[i] = a->a_vals[order[i]];
		(*nv_out)[i] = a->a_nvals[order[i]];
	}
	return b->failed ? 0 : (unsigned)k;
}

static void
add_certificates(struct building *b, Attribute *a)
{
	BerVarray v, nv;
	unsigned n;

	if (!have_judged(b))
		return;
	n = choose_values(b, a, b->judged.cert, b->judged.n_certs, &v, &nv);
	if (n > 0)
		add_readable(b, a->a_desc, a->a_desc, v, nv, n);
}

static void
add_smime(struct building *b, Attribute *a)
{
	bool plain = b->ps->smime_plain || !b->check_access;
	bool binary = b->ps->smime_binary && b->check_access;
	BerVarray v, nv;
	unsigned n;

	if ((!plain && !binary) || !have_judged(b))
		return;
	n = choose_values(b, a, b->judged.smime, b->judged.n_smime, &v, &nv);
	if (n > 0 && plain)
		add_readable(b, a->a_desc, a->a_desc, v, nv, n);
	if (n > 0 && binary)
		add_readable(b, &b->ps->smime_binary_desc, a->a_desc, v, nv, n);
}

/* Only the one description of each that clients know carries certificates. */
static bool
add_if_certificate(struct building *b, Attribute *a)
{
	const struct schema *s = &chancery_schema;
	AttributeType *at = a->a_desc->ad_type;

	if (at == s->user_certificate->ad_type) {
		if (a->a_desc == s->user_certificate)
			add_certificates(b, a);
		return true;
	}
	if (s->smime == NULL || at != s->smime->ad_type)
		return false;
	if (a->a_desc == s->smime)
		add_smime(b, a);
	return true;
}

static void
add_attribute(struct building *b, Attribute *a)
{
	AttributeType *at = a->a_desc->ad_type;

	bool wanted = is_wanted(b, a->a_desc);

	if (!wanted && at != chancery_schema.smime_type)
		return;
	if (!(wanted && b->check_access && b->ps->by_type) &&
	    !names_type_published(b->ps->front, at))
		return;
	/* the later parts of scattered values were shown with the first */
	if (attr_find(b->e->e_attrs, a->a_desc) != a)
		return;
	a = entry_values_from(a, &b->ps->arena);
	if (add_if_certificate(b, a))
		return;
	if (at->sat_syntax == slap_schema.si_syn_distinguishedName)
		add_names(b, a);
	else
		add_readable(
		    b, a->a_desc, a->a_desc, a->a_vals, a->a_nvals, a->a_numvals);
}

static void
build_attributes(struct building *b, Entry *view)
{
	view->e_attrs = NULL;
	b->tail = &view->e_attrs;
	for (Attribute *a = b->e->e_attrs; a != NULL && !b->failed; a = a->a_next)
		add_attribute(b, a);
}

/* Until identity_restore, slapd's access control finds the root of a database
 * where we are about to encode or test what was checked before. */
static void
identity_become_root(struct published_search *ps, Operation *op)
{
	ps->client_bd = op->o_bd;
	ps->client_dn = op->o_dn;
	ps->client_ndn = op->o_ndn;
	ps->as_root = *op->o_bd;
	ps->as_root.be_rootdn = chancery_identity;
	ps->as_root.be_rootndn = chancery_identity;
	op->o_bd = &ps->as_root;
	op->o_dn = chancery_identity;
	op->o_ndn = chancery_identity;
}

static void
identity_restore(struct published_search *ps, Operation *op)
{
	op->o_bd = ps->client_bd;
	op->o_dn = ps->client_dn;
	op->o_ndn = ps->client_ndn;
}

/* All that is stored, but of certificates only what is published: access rules
 * may look at any attribute of the entry to which they are applied. */
static void
build_for_filter(struct building *b, Entry *view)
{
	view->e_attrs = NULL;
	b->tail = &view->e_attrs;
	for (Attribute *a = b->e->e_attrs; a != NULL && !b->failed; a = a->a_next)
		if (!add_if_certificate(b, a))
			attribute_new(
			    b, a->a_desc, a->a_vals, a->a_nvals, a->a_numvals);
}

/* Does the client's own filter hold on what is published of this entry? Tested
 * with the client's rights: a part that had to be loosened for the candidates
 * may have let it pass there. */
static bool
exact_holds(struct building *b, Entry *view)
{
	int rc;

	if (b->ps->exact == NULL)
		return true;
	b->check_access = false;
	build_for_filter(b, view);
	rc = test_filter(b->op, view, b->ps->exact);
	return !b->failed && rc == LDAP_COMPARE_TRUE;
}

/* It tells of certificates that are hidden: only for those from whom nothing is. */
static bool
may_see_status(struct building *b)
{
	return hide_may_see(b->ps->db, b->op) &&
	       access_allowed(
		   b->op, b->e, chancery_schema.status, NULL, ACL_READ, NULL);
}

/* slapd has made operational attributes already: with names of the real tree. */
static void
keep_status_only(struct building *b)
{
	Attribute **ap = &b->rs->sr_operational_attrs, *a;

	while ((a = *ap) != NULL) {
		if (a->a_desc == chancery_schema.status && may_see_status(b)) {
			ap = &a->a_next;
			continue;
		}
		*ap = a->a_next;
		attr_free(a);
	}
}

static bool
kind_wanted(const struct published_search *ps, const Entry *e)
{
	unsigned kinds = names_kinds(ps->front, ps->base, &e->e_nname);

	return kinds != 0 && (ps->any_kind || (kinds & ps->kinds) != 0);
}

int
view_build(struct published_search *ps, Operation *op, SlapReply *rs)
{
	struct building b = {
	    .ps = ps, .op = op, .rs = rs, .e = rs->sr_entry, .acl = ACL_STATE_INIT};
	Entry *view = &ps->view;

	if (!kind_wanted(ps, b.e) ||
	    !access_allowed(op, b.e, slap_schema.si_ad_entry, NULL, ACL_READ, NULL))
		return 0;
	arena_init(&ps->arena, ps->buffer, VIEW_BUFFER, VIEW_HEAP_MAX);
	*view = *b.e;
	BER_BVZERO(&view->e_bv);
	view->e_private = NULL;
	if (exact_holds(&b, view)) {
		b.check_access = true;
		build_attributes(&b, view);
	} else {
		b.failed = true;
	}
	if (b.failed) {
		arena_fini(&ps->arena);
		return 0;
	}
	keep_status_only(&b);
	ps->stored = b.e;
	ps->stored_flags = rs->sr_flags & REP_ENTRY_MASK;
	ps->renamed = false;
	rs->sr_flags &= ~REP_ENTRY_MASK;
	rs->sr_entry = view;
	return 1;
}

/* Published, and every name in it rewritten? */
static bool
may_stay(struct published_search *ps, const Attribute *a)
{
	AttributeType *at = a->a_desc->ad_type;

	if (!names_type_published(ps->front, at))
		return false;
	if (at->sat_syntax != slap_schema.si_syn_distinguishedName)
		return true;
	for (unsigned i = 0; i < a->a_numvals; i++)
		if (!dnIsSuffix(&a->a_nvals[i], &ps->base->ndn))
			return false;
	return true;
}

/* Another overlay put an entry of its own in place of the view, most likely a
 * copy with something added: what was added goes the way of all that is hidden. */
static bool
view_refit(struct published_search *ps, SlapReply *rs)
{
	Entry *e = rs->sr_entry;
	Attribute **ap = &e->e_attrs, *a;

	if ((rs->sr_flags & REP_ENTRY_MODIFIABLE) == 0 || !kind_wanted(ps, e))
		return false;
	while ((a = *ap) != NULL) {
		if (may_stay(ps, a)) {
			ap = &a->a_next;
			continue;
		}
		*ap = a->a_next;
		attr_free(a);
	}
	return true;
}

int
view_rename(struct published_search *ps, Operation *op, SlapReply *rs)
{
	Entry *e = rs->sr_entry;
	struct berval dn, ndn;

	if (e != &ps->view && !view_refit(ps, rs))
		return 0;
	if (!names_to_published(
		ps->base, &e->e_name, &e->e_nname, &ps->arena, &dn, &ndn))
		return 0;
	if (e != &ps->view) {
		ber_bvreplace(&e->e_name, &dn);
		ber_bvreplace(&e->e_nname, &ndn);
	} else {
		e->e_name = dn;
		e->e_nname = ndn;
	}
	identity_become_root(ps, op);
	ps->renamed = true;
	return 1;
}

void
view_end(struct published_search *ps, Operation *op, SlapReply *rs)
{
	if (ps->renamed) {
		identity_restore(ps, op);
		ps->renamed = false;
	}
	if (ps->stored == NULL)
		return;
	if (rs->sr_entry != &ps->view)
		rs_flush_entry(op, rs, NULL);
	rs->sr_entry = ps->stored;
	rs->sr_flags = (rs->sr_flags & ~REP_ENTRY_MASK) | ps->stored_flags;
	ps->stored = NULL;
	arena_fini(&ps->arena);
}
