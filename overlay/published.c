/*
 * The search under a published base. The frontend's instance maps the base to
 * the real tree, plans the filter, marks the operation, and lets slapd go on; the
 * database's instance, when it finds the mark, adds the choice of certificates;
 * each entry passes both on its way out (view.c). All state is on the stack of
 * the frontend's search and everything is put back when it returns.
 */
#include "overlay/overlay.h"

static char mark_key; /* its address is the key of the operation's extra */

struct published_search *
published_find(Operation *op)
{
	OpExtra *oex;
	struct published_search *ps;

	LDAP_SLIST_FOREACH(oex, &op->o_extra, oe_next)
	{
		if (oex->oe_key != &mark_key)
			continue;
		ps = (struct published_search *)oex;
		/* other overlays copy operations for searches of their own */
		return ps->op == op ? ps : NULL;
	}
	return NULL;
}

/* Where a search goes: the real base, its scope, and how freely it may look. */
struct target {
	const struct published_base *base;
	struct berval dn, ndn; /* of the operation's memory; null: not published */
	int scope;
	bool any_kind;
	unsigned kinds; /* beyond what the filter asks for */
	bool hidden;	/* under a published base, but not published */
};

static void
target_at_base(Operation *op, const struct published_base *b, struct target *t)
{
	t->base = b;
	ber_dupbv_x(&t->dn, (struct berval *)&b->real_dn, op->o_tmpmemctx);
	ber_dupbv_x(&t->ndn, (struct berval *)&b->real_ndn, op->o_tmpmemctx);
}

/* gpgsm asks for an issuer's certificate at the issuer's own name. */
static void
target_authority(Operation *op, const struct chancery *front, struct target *t)
{
	for (size_t i = 0; i < front->n_bases; i++) {
		const struct published_base *b = &front->base[i];
		struct chancery *db =
		    chancery_of(select_backend((struct berval *)&b->real_ndn, 0), NULL);

		if (db == NULL || db->authorities == NULL ||
		    !authorities_subject(db->authorities, &op->o_req_ndn, &t->dn,
			&t->ndn, op->o_tmpmemctx))
			continue;
		t->base = b;
		t->any_kind = true;
		return;
	}
}

/* What is not published is not there: it gets no other answer than what never
 * was, or names could be tried out. But a CA's subject may be down there. */
static void
target_published(Operation *op, const struct chancery *front,
    const struct published_base *b, struct target *t)
{
	names_to_real(
	    b, &op->o_req_dn, &op->o_req_ndn, &t->dn, &t->ndn, op->o_tmpmemctx);
	if (names_reachable(front, b, &t->ndn)) {
		t->base = b;
		return;
	}
	op->o_tmpfree(t->dn.bv_val, op->o_tmpmemctx);
	op->o_tmpfree(t->ndn.bv_val, op->o_tmpmemctx);
	target_authority(op, front, t);
	t->hidden = t->base == NULL;
}

static void
target_find(Operation *op, const struct chancery *front, struct target *t)
{
	const struct published_base *b;

	memset(t, 0, sizeof(*t));
	t->scope = op->ors_scope;
	if (BER_BVISEMPTY(&op->o_req_ndn)) {
		if (!front->empty_base)
			return;
		target_at_base(op, &front->base[0], t);
		/* one level below nothing is the base itself */
		if (t->scope == LDAP_SCOPE_ONELEVEL)
			t->scope = LDAP_SCOPE_BASE;
	} else if ((b = names_published(front, &op->o_req_ndn)) != NULL) {
		target_published(op, front, b, t);
	} else if (select_backend(&op->o_req_ndn, 0) == NULL ||
		   hide_from(op, &op->o_req_ndn)) {
		target_authority(op, front, t);
	}
	if (t->base == NULL)
		return;
	if (t->ndn.bv_len > t->base->real_ndn.bv_len || t->scope == LDAP_SCOPE_BASE)
		t->any_kind = true;
	else if (t->scope == LDAP_SCOPE_ONELEVEL)
		t->kinds = QUERY_STRUCTURE;
}

static void
target_free(Operation *op, struct target *t)
{
	op->o_tmpfree(t->dn.bv_val, op->o_tmpmemctx);
	op->o_tmpfree(t->ndn.bv_val, op->o_tmpmemctx);
}

static int
choose_response(Operation *op, SlapReply *rs)
{
	struct published_search *ps = op->o_callback->sc_private;

	if (rs->sr_type != REP_SEARCH || ps->stored != NULL)
		return SLAP_CB_CONTINUE;
	return view_build(ps, op, rs) ? SLAP_CB_CONTINUE : LDAP_SUCCESS;
}

int
published_db_search(Operation *op, SlapReply *rs)
{
	struct published_search *ps = published_find(op);

	(void)rs;
	if (ps->choosing)
		return SLAP_CB_CONTINUE;
	ps->choosing = true;
	/* slapd would take the first entry that is dropped after the last one that
	 * fits for one too many */
	ps->slimit = op->ors_slimit;
	op->ors_slimit = SLAP_NO_LIMIT;
	ps->choose_cb.sc_response = choose_response;
	ps->choose_cb.sc_private = ps;
	ps->choose_cb.sc_next = op->o_callback;
	op->o_callback = &ps->choose_cb;
	return SLAP_CB_CONTINUE;
}

static int
rewrite_entry(struct published_search *ps, Operation *op, SlapReply *rs)
{
	if (ps->stored == NULL && !view_build(ps, op, rs))
		return LDAP_SUCCESS;
	if (ps->slimit >= 0 && rs->sr_nentries >= ps->slimit)
		return LDAP_SIZELIMIT_EXCEEDED;
	return view_rename(ps, op, rs) ? SLAP_CB_CONTINUE : LDAP_SUCCESS;
}

/* A referral would bring the name of the real entry, or of whatever else. Both
 * are put back for their owner. */
static int
rewrite_result(struct published_search *ps, SlapReply *rs)
{
	ps->matched = rs->sr_matched;
	ps->ref = rs->sr_ref;
	ps->held_back = true;
	rs->sr_matched = NULL;
	rs->sr_ref = NULL;
	if (rs->sr_err == LDAP_REFERRAL)
		rs->sr_err = LDAP_NO_SUCH_OBJECT;
	return SLAP_CB_CONTINUE;
}

/* The last word on every answer: nothing leaves under a published base without
 * having become a view, and no name of the real tree leaves at all. */
static int
rewrite_response(Operation *op, SlapReply *rs)
{
	struct published_search *ps = op->o_callback->sc_private;

	switch (rs->sr_type) {
	case REP_SEARCH:
		return rewrite_entry(ps, op, rs);
	case REP_SEARCHREF:
		return LDAP_SUCCESS;
	default:
		return rewrite_result(ps, rs);
	}
}

static int
rewrite_cleanup(Operation *op, SlapReply *rs)
{
	struct published_search *ps = op->o_callback->sc_private;

	view_end(ps, op, rs);
	if (ps->held_back) {
		rs->sr_matched = ps->matched;
		rs->sr_ref = ps->ref;
		ps->held_back = false;
	}
	return SLAP_CB_CONTINUE;
}

static void
callback_remove(Operation *op, slap_callback *cb)
{
	for (slap_callback **scp = &op->o_callback; *scp != NULL;
	     scp = &(*scp)->sc_next) {
		if (*scp != cb)
			continue;
		*scp = cb->sc_next;
		return;
	}
}

/* Runs the search with the target's base, the planned filter and our attribute
 * list in place of the client's, and puts the client's back. */
static int
published_run(Operation *op, SlapReply *rs, slap_overinst *on,
    struct published_search *ps, struct target *t, struct filter_plan *plan)
{
	struct berval dn = op->o_req_dn, ndn = op->o_req_ndn;
	struct berval text = op->ors_filterstr;
	AttributeName *attrs = op->ors_attrs;
	Filter *filter = op->ors_filter;
	int scope = op->ors_scope, slimit = op->ors_slimit, rc;

	op->o_req_dn = t->dn;
	op->o_req_ndn = t->ndn;
	op->ors_scope = t->scope;
	op->ors_attrs = attrs_wanted(op, ps);
	if (plan->filter != NULL) {
		op->ors_filter = plan->filter;
		op->ors_filterstr = plan->text;
	}
	ps->mark.oe_key = &mark_key;
	LDAP_SLIST_INSERT_HEAD(&op->o_extra, &ps->mark, oe_next);
	ps->rewrite_cb.sc_response = rewrite_response;
	ps->rewrite_cb.sc_cleanup = rewrite_cleanup;
	ps->rewrite_cb.sc_private = ps;
	ps->rewrite_cb.sc_next = op->o_callback;
	op->o_callback = &ps->rewrite_cb;

	rc = overlay_op_walk(op, rs, op_search, on->on_info, on->on_next);

	callback_remove(op, &ps->choose_cb);
	callback_remove(op, &ps->rewrite_cb);
	LDAP_SLIST_REMOVE(&op->o_extra, &ps->mark, OpExtra, oe_next);
	if (op->ors_attrs != attrs)
		op->o_tmpfree(op->ors_attrs, op->o_tmpmemctx);
	op->ors_attrs = attrs;
	op->ors_filter = filter;
	op->ors_filterstr = text;
	op->ors_scope = scope;
	op->ors_slimit = slimit;
	op->o_req_dn = dn;
	op->o_req_ndn = ndn;
	return rc;
}

static int
published_refuse(Operation *op, SlapReply *rs, int code, const char *text)
{
	send_ldap_error(op, rs, code, text);
	return rs->sr_err;
}

/* slapo-translucent sends what the other server answers with no callback but its
 * own: entries would leave as they are stored there. */
static bool
has_translucent(BackendDB *be)
{
	slap_overinst *on = ((slap_overinfo *)be->bd_info->bi_private)->oi_list;

	while (on != NULL && strcmp(on->on_bi.bi_type, "translucent") != 0)
		on = on->on_next;
	return on != NULL;
}

/*
 * slapo-deref's callback comes before ours, finds the stored entry, and reads what its
 * DNs point to with the rights under which we let slapd send: the registry as well.
 * So here there is no such control. False: the client insists on it.
 */
static bool
drop_deref(Operation *op)
{
	int cid;

	if (op->o_ctrls == NULL ||
	    slap_find_control_id(LDAP_CONTROL_X_DEREF, &cid) != LDAP_SUCCESS)
		return true;
	if (op->o_ctrlflag[cid] >= SLAP_CONTROL_CRITICAL)
		return false;
	op->o_ctrlflag[cid] = SLAP_CONTROL_NONE;
	return true;
}

static int
published_search_at(Operation *op, SlapReply *rs, slap_overinst *on,
    const struct chancery *front, struct target *t)
{
	_Alignas(16) char buffer[VIEW_BUFFER];
	BackendDB *be = select_backend(&t->ndn, 0);
	struct published_search ps = {
	    .op = op, .front = front, .base = t->base, .slimit = SLAP_NO_LIMIT};
	struct filter_plan plan;
	struct berval text = BER_BVNULL;
	int rc;

	ps.db = chancery_of(be, NULL);
	if (ps.db == NULL)
		return published_refuse(op, rs, LDAP_UNWILLING_TO_PERFORM,
		    "chancery-base: the database behind the published base has no "
		    "overlay chancery");
	if (has_translucent(be))
		return published_refuse(op, rs, LDAP_UNWILLING_TO_PERFORM,
		    "chancery-base: the overlay translucent beside chancery would send "
		    "entries past it; publish the other server's directory there");
	if (chancery_schema.user_certificate == NULL || chancery_schema.mail == NULL)
		return published_refuse(op, rs, LDAP_UNWILLING_TO_PERFORM,
		    "overlay chancery: the schema lacks userCertificate or mail; "
		    "wanted "
		    "core.schema and cosine.schema");
	if (op->o_sync > SLAP_CONTROL_IGNORED)
		return published_refuse(op, rs, LDAP_UNWILLING_TO_PERFORM,
		    "a published base cannot be replicated; replicate the real suffix");
	/* it would be tested on what is stored */
	if (op->o_assert > SLAP_CONTROL_IGNORED)
		return published_refuse(op, rs, LDAP_UNWILLING_TO_PERFORM,
		    "a published base knows no assertion control");
	if (!drop_deref(op))
		return published_refuse(op, rs, LDAP_UNAVAILABLE_CRITICAL_EXTENSION,
		    "a published base knows no dereference control");
	rc = filter_plan(op, front, &plan, &text);
	if (rc != LDAP_SUCCESS) {
		published_refuse(op, rs, rc, text.bv_val);
		op->o_tmpfree(text.bv_val, op->o_tmpmemctx);
		return rs->sr_err;
	}
	ps.kinds = plan.kinds | t->kinds;
	ps.any_kind = t->any_kind;
	ps.exact = plan.exact;
	ps.buffer = buffer;
	rc = published_run(op, rs, on, &ps, t, &plan);
	filter_plan_free(op, &plan);
	return rc;
}

int
published_op_search(Operation *op, SlapReply *rs)
{
	slap_overinst *on = (slap_overinst *)op->o_bd->bd_info;
	const struct chancery *front = on->on_bi.bi_private;
	struct target t;
	int rc;

	if (front->n_bases == 0)
		return SLAP_CB_CONTINUE;
	if (BER_BVISEMPTY(&op->o_req_ndn) && op->ors_scope == LDAP_SCOPE_BASE)
		return rootdse_search(op, rs, on);
	target_find(op, front, &t);
	if (t.hidden)
		return published_refuse(op, rs, LDAP_NO_SUCH_OBJECT, NULL);
	if (t.base == NULL)
		return SLAP_CB_CONTINUE;
	rc = published_search_at(op, rs, on, front, &t);
	target_free(op, &t);
	return rc;
}
