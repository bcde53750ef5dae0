/*
 * The rootDSE's namingContexts: programs search each one that they find there
 * and take an error in any as failure of all. So it lists the published bases,
 * and real suffixes only to those who may search them.
 */
#include "overlay/overlay.h"

static bool
sees_real_suffix(Operation *op, const struct chancery *front)
{
	for (size_t i = 0; i < front->n_bases; i++) {
		BackendDB *be =
		    select_backend((struct berval *)&front->base[i].real_ndn, 0);
		const struct chancery *db = chancery_of(be, NULL);
		BackendDB *bd = op->o_bd;
		bool sees;

		if (db == NULL)
			continue;
		op->o_bd = be;
		sees = hide_may_see(db, op);
		op->o_bd = bd;
		if (sees)
			return true;
	}
	return false;
}

struct rootdse {
	slap_overinst *on;
	Filter *filter; /* the client's */
};

static int
rootdse_response(Operation *op, SlapReply *rs)
{
	const struct rootdse *r = op->o_callback->sc_private;
	slap_overinst *on = r->on;
	const struct chancery *front = on->on_bi.bi_private;
	AttributeDescription *ad = slap_schema.si_ad_namingContexts;
	struct berval dn[BASES_MAX + 1], ndn[BASES_MAX + 1];
	size_t n;

	if (rs->sr_type != REP_SEARCH)
		return SLAP_CB_CONTINUE;
	rs_entry2modifiable(op, rs, on);
	if (!sees_real_suffix(op, front))
		attr_delete(&rs->sr_entry->e_attrs, ad);
	for (n = 0; n < front->n_bases; n++) {
		dn[n] = front->base[n].dn;
		ndn[n] = front->base[n].ndn;
	}
	BER_BVZERO(&dn[n]);
	BER_BVZERO(&ndn[n]);
	attr_merge(rs->sr_entry, ad, dn, ndn);
	if (test_filter(op, rs->sr_entry, r->filter) != LDAP_COMPARE_TRUE)
		return LDAP_SUCCESS;
	return SLAP_CB_CONTINUE;
}

int
rootdse_search(Operation *op, SlapReply *rs, slap_overinst *on)
{
	struct rootdse r = {on, op->ors_filter};
	slap_callback cb = {.sc_response = rootdse_response, .sc_private = &r};
	int rc;

	cb.sc_next = op->o_callback;
	op->o_callback = &cb;
	/* the client's filter is for the answer, not for what is left out of it */
	op->ors_filter = (Filter *)slap_filter_objectClass_pres;
	rc = overlay_op_walk(op, rs, op_search, on->on_info, on->on_next);
	op->ors_filter = r.filter;
	for (slap_callback **scp = &op->o_callback; *scp != NULL;
	     scp = &(*scp)->sc_next) {
		if (*scp != &cb)
			continue;
		*scp = cb.sc_next;
		break;
	}
	return rc;
}
