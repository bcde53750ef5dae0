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

static int
rootdse_response(Operation *op, SlapReply *rs)
{
	slap_overinst *on = op->o_callback->sc_private;
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
	return SLAP_CB_CONTINUE;
}

int
rootdse_search(Operation *op, SlapReply *rs, slap_overinst *on)
{
	slap_callback cb = {.sc_response = rootdse_response, .sc_private = on};
	int rc;

	cb.sc_next = op->o_callback;
	op->o_callback = &cb;
	rc = overlay_op_walk(op, rs, op_search, on->on_info, on->on_next);
	for (slap_callback **scp = &op->o_callback; *scp != NULL;
	     scp = &(*scp)->sc_next) {
		if (*scp != &cb)
			continue;
		*scp = cb.sc_next;
		break;
	}
	return rc;
}
