/*
 * The guard: hands each value that a write newly puts into userCertificate or
 * userSMIMECertificate to core/guard.h, with the addresses of the entry as it
 * will be. Replicated writes were judged where they were first made.
 */
#include "overlay/overlay.h"

#include "core/guard.h"

enum {
	GUARD_HEAP_MAX = 16 * 1024 * 1024
};

struct guarding {
	Operation *op;
	SlapReply *rs;
	const struct chancery *db;
	Entry *before; /* NULL for an add */
	Entry *after;
	struct arena arena;
	struct bytes *mail;
	size_t n_mail;
};

static bool
is_stored(const Attribute *stored, const struct berval *val)
{
	for (unsigned i = 0; stored != NULL && i < stored->a_numvals; i++)
		if (bvmatch(&stored->a_vals[i], val))
			return true;
	return false;
}

static int
guard_refuse(struct guarding *g, const char *text)
{
	Debug(LDAP_DEBUG_ANY, "%s chancery-guard: %s: %s\n", g->op->o_log_prefix,
	    g->after->e_name.bv_val, text);
	if (g->db->guard == GUARD_WARN)
		return LDAP_SUCCESS;
	send_ldap_error(g->op, g->rs, LDAP_CONSTRAINT_VIOLATION, text);
	return g->rs->sr_err;
}

static int
guard_value(struct guarding *g, enum guard_kind kind, const struct berval *val)
{
	struct err e = {0};

	if (guard_check(
		kind, bytes_of_bv(val), g->mail, g->n_mail, g->op->o_time, &e) == 0)
		return LDAP_SUCCESS;
	return guard_refuse(g, e.text);
}

static int
guard_attribute(struct guarding *g, enum guard_kind kind, AttributeDescription *ad)
{
	Attribute *stored =
	    g->before == NULL ? NULL : entry_values(g->before, ad, &g->arena);
	Attribute *a = entry_values(g->after, ad, &g->arena);
	int rc = LDAP_SUCCESS;

	for (unsigned i = 0; a != NULL && i < a->a_numvals && rc == LDAP_SUCCESS; i++)
		if (!is_stored(stored, &a->a_vals[i]))
			rc = guard_value(g, kind, &a->a_vals[i]);
	return rc;
}

static int
guard_addresses(struct guarding *g)
{
	Attribute *mail = entry_values(g->after, chancery_schema.mail, &g->arena);

	g->n_mail = mail == NULL ? 0 : mail->a_numvals;
	g->mail = arena_alloc(&g->arena, (g->n_mail + 1) * sizeof(*g->mail));
	if (g->mail == NULL) {
		send_ldap_error(
		    g->op, g->rs, LDAP_OTHER, "chancery-guard: out of memory");
		return g->rs->sr_err;
	}
	for (size_t i = 0; i < g->n_mail; i++)
		g->mail[i] = bytes_of_bv(&mail->a_vals[i]);
	return LDAP_SUCCESS;
}

static int
guard_entry(struct guarding *g)
{
	int rc;

	arena_init(&g->arena, NULL, 0, GUARD_HEAP_MAX);
	rc = guard_addresses(g);
	if (rc == LDAP_SUCCESS)
		rc = guard_attribute(
		    g, GUARD_CERTIFICATE, chancery_schema.user_certificate);
	if (rc == LDAP_SUCCESS)
		rc = guard_attribute(g, GUARD_SIGNED, chancery_schema.smime);
	arena_fini(&g->arena);
	return rc == LDAP_SUCCESS ? SLAP_CB_CONTINUE : rc;
}

static const struct chancery *
guard_of(Operation *op)
{
	slap_overinst *on = (slap_overinst *)op->o_bd->bd_info;
	const struct chancery *ch = on->on_bi.bi_private;

	if (ch == chancery_frontend() || ch->guard == GUARD_OFF ||
	    be_shadow_update(op) || chancery_schema.user_certificate == NULL ||
	    chancery_schema.mail == NULL)
		return NULL;
	return ch;
}

int
guard_op_add(Operation *op, SlapReply *rs)
{
	struct guarding g = {
	    .op = op, .rs = rs, .db = guard_of(op), .after = op->ora_e};

	return g.db == NULL ? SLAP_CB_CONTINUE : guard_entry(&g);
}

static bool
is_certificate_mod(const Modifications *m)
{
	return m->sml_desc == chancery_schema.user_certificate ||
	       (chancery_schema.smime != NULL && m->sml_desc == chancery_schema.smime);
}

/* Applies one change; what does not apply is left for the database to refuse. */
static void
apply_mod(Entry *e, Modifications *m)
{
	char buf[SLAP_TEXT_BUFLEN];
	const char *text;
	Modification mod = m->sml_mod;

	switch (mod.sm_op) {
	case LDAP_MOD_ADD:
	case SLAP_MOD_SOFTADD:
	case SLAP_MOD_ADD_IF_NOT_PRESENT:
		modify_add_values(e, &mod, 1, &text, buf, sizeof(buf));
		break;
	case LDAP_MOD_DELETE:
	case SLAP_MOD_SOFTDEL:
		modify_delete_values(e, &mod, 1, &text, buf, sizeof(buf));
		break;
	case LDAP_MOD_REPLACE:
		modify_replace_values(e, &mod, 1, &text, buf, sizeof(buf));
		break;
	default:
		break;
	}
}

static Entry *
entry_after(Entry *before, Modifications *mods)
{
	Entry *e = entry_dup(before);

	for (Modifications *m = mods; m != NULL; m = m->sml_next)
		if (is_certificate_mod(m) || m->sml_desc == chancery_schema.mail)
			apply_mod(e, m);
	return e;
}

int
guard_op_modify(Operation *op, SlapReply *rs)
{
	slap_overinst *on = (slap_overinst *)op->o_bd->bd_info;
	struct guarding g = {.op = op, .rs = rs, .db = guard_of(op)};
	bool concerned = false;
	int rc;

	for (Modifications *m = op->orm_modlist; m != NULL; m = m->sml_next)
		concerned = concerned || is_certificate_mod(m);
	if (g.db == NULL || !concerned ||
	    overlay_entry_get_ov(op, &op->o_req_ndn, NULL, NULL, 0, &g.before, on) !=
		LDAP_SUCCESS ||
	    g.before == NULL)
		return SLAP_CB_CONTINUE;
	g.after = entry_after(g.before, op->orm_modlist);
	rc = guard_entry(&g);
	entry_free(g.after);
	overlay_entry_release_ov(op, g.before, 0, on);
	return rc;
}
