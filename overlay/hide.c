/*
 * Behind a published base the real suffix answers only those who work on it: the
 * rootdn, root on the machine, and the identities of chancery-direct. To all
 * others it does not exist. slapd's access control applies after that.
 */
#include "overlay/overlay.h"

static struct berval local_root =
    BER_BVC("gidnumber=0+uidnumber=0,cn=peercred,cn=external,cn=auth");

static bool
in_services(Operation *op)
{
	static const struct berval services = BER_BVC("ou=services");
	struct berval base;
	bool in;

	if (BER_BVISEMPTY(&op->o_ndn))
		return false;
	build_new_dn(&base, &op->o_bd->be_nsuffix[0], (struct berval *)&services,
	    op->o_tmpmemctx);
	in = dnIsSuffix(&op->o_ndn, &base);
	op->o_tmpfree(base.bv_val, op->o_tmpmemctx);
	return in;
}

static bool
in_direct(BerVarray direct, const struct berval *ndn)
{
	for (int i = 0; !BER_BVISNULL(&direct[i]); i++) {
		if (strcmp(direct[i].bv_val, "*") == 0)
			return true;
		if (!BER_BVISEMPTY(ndn) && dnIsSuffix(ndn, &direct[i]))
			return true;
	}
	return false;
}

bool
hide_may_see(const struct chancery *db, Operation *op)
{
	/* slapd's own searches: on behalf of nobody, or to find who somebody is */
	if (op->o_conn == NULL || op->o_conn->c_conn_idx < 0 || op->o_is_auth_check)
		return true;
	if (be_isroot(op) || ber_bvstrcasecmp(&op->o_ndn, &local_root) == 0)
		return true;
	if (db->direct != NULL)
		return in_direct(db->direct, &op->o_ndn);
	return in_services(op);
}

bool
hide_from(Operation *op, const struct berval *ndn)
{
	BackendDB *bd = op->o_bd, *be = select_backend((struct berval *)ndn, 0);
	const struct chancery *db = chancery_of(be, NULL);
	const struct chancery *front = chancery_frontend();
	bool hidden;

	if (db == NULL || front == NULL || names_real(front, ndn) == NULL)
		return false;
	op->o_bd = be;
	hidden = !hide_may_see(db, op);
	op->o_bd = bd;
	return hidden;
}

static int
hide_or_continue(Operation *op, SlapReply *rs)
{
	slap_overinst *on = (slap_overinst *)op->o_bd->bd_info;
	const struct chancery *db = on->on_bi.bi_private;
	const struct chancery *front = chancery_frontend();

	if (front == NULL || db == front || names_real(front, &op->o_req_ndn) == NULL ||
	    hide_may_see(db, op))
		return SLAP_CB_CONTINUE;
	send_ldap_error(op, rs, LDAP_NO_SUCH_OBJECT, NULL);
	return rs->sr_err;
}

int
hide_op_search(Operation *op, SlapReply *rs)
{
	return hide_or_continue(op, rs);
}

int
hide_op_compare(Operation *op, SlapReply *rs)
{
	return hide_or_continue(op, rs);
}
