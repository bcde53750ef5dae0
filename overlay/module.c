/*
 * The module: registers the overlay with slapd, creates and opens instances.
 * slapd checks nothing when it loads a module, so init_module compares the
 * version it was built for with the one that loads it, and refuses another.
 */
#include "overlay/overlay.h"

#include <ldap_pvt.h>
#include <lutil.h>

static slap_overinst chancery_overlay;
static char chancery_type[] = "chancery";
static struct chancery *frontend_instance;

struct schema chancery_schema;
struct berval chancery_identity = BER_BVC("cn=chancery,cn=internal");

struct chancery *
chancery_frontend(void)
{
	return frontend_instance;
}

struct chancery *
chancery_of(BackendDB *be, slap_overinst **on_out)
{
	slap_overinst *on;

	if (be == NULL || be->bd_info == NULL || !overlay_is_over(be))
		return NULL;
	on = ((slap_overinfo *)be->bd_info->bi_private)->oi_list;
	for (; on != NULL; on = on->on_next) {
		if (strcmp(on->on_bi.bi_type, chancery_overlay.on_bi.bi_type) != 0)
			continue;
		if (on_out != NULL)
			*on_out = on;
		return on->on_bi.bi_private;
	}
	return NULL;
}

static AttributeDescription *
schema_find(const char *name)
{
	AttributeDescription *ad = NULL;
	const char *text;

	if (slap_str2ad(name, &ad, &text) != LDAP_SUCCESS)
		return NULL;
	return ad;
}

void
chancery_schema_find(void)
{
	struct schema *s = &chancery_schema;

	s->user_certificate = schema_find("userCertificate;binary");
	s->smime = schema_find("userSMIMECertificate");
	s->smime_type = s->smime == NULL ? NULL : s->smime->ad_type;
	s->mail = schema_find("mail");
	s->revoked = schema_find("chanceryRevoked");
	s->ca_certificate = schema_find("cACertificate;binary");
	s->crl = schema_find("certificateRevocationList;binary");
	s->authority_crl = schema_find("authorityRevocationList;binary");
	s->delta_crl = schema_find("deltaRevocationList;binary");
}

static int
chancery_db_init(BackendDB *be, ConfigReply *cr)
{
	slap_overinst *on = (slap_overinst *)be->bd_info;
	struct chancery *ch = ch_calloc(1, sizeof(*ch));

	(void)cr;
	if (config_init(ch) != 0) {
		ch_free(ch);
		return -1;
	}
	on->on_bi.bi_private = ch;
	if (SLAP_ISGLOBALOVERLAY(be))
		frontend_instance = ch;
	return 0;
}

static int
chancery_db_open(BackendDB *be, ConfigReply *cr)
{
	slap_overinst *on = (slap_overinst *)be->bd_info;
	struct chancery *ch = on->on_bi.bi_private;

	chancery_schema_find();
	if ((slapMode & SLAP_TOOL_MODE) != 0)
		return 0;
	if (SLAP_ISGLOBALOVERLAY(be)) {
		if (config_check_bases(ch, cr->msg, sizeof(cr->msg)) != 0) {
			Debug(LDAP_DEBUG_ANY, "overlay chancery: %s\n", cr->msg);
			return -1;
		}
		return 0;
	}
	if (ch->authorities == NULL)
		ch->authorities = authorities_new();
	if (ch->memo == NULL)
		ch->memo = memo_new();
	if (ch->authorities == NULL || ch->memo == NULL)
		return -1;
	authorities_load(ch->authorities, be, on);
	return 0;
}

static int
chancery_db_destroy(BackendDB *be, ConfigReply *cr)
{
	slap_overinst *on = (slap_overinst *)be->bd_info;
	struct chancery *ch = on->on_bi.bi_private;

	(void)cr;
	if (ch == NULL)
		return 0;
	if (frontend_instance == ch)
		frontend_instance = NULL;
	authorities_free(&ch->authorities);
	memo_free(&ch->memo);
	config_fini(ch);
	ch_free(ch);
	on->on_bi.bi_private = NULL;
	return 0;
}

static int
chancery_op_search(Operation *op, SlapReply *rs)
{
	slap_overinst *on = (slap_overinst *)op->o_bd->bd_info;

	if (on->on_bi.bi_private == frontend_instance)
		return published_op_search(op, rs);
	if (published_find(op) != NULL)
		return published_db_search(op, rs);
	return hide_op_search(op, rs);
}

/* After a write under ou=authorities the CRLs are read again, before the writer
 * has its answer. Replicated writes come this way too. */
static int
chancery_response(Operation *op, SlapReply *rs)
{
	slap_overinst *on = (slap_overinst *)op->o_bd->bd_info;
	struct chancery *ch = on->on_bi.bi_private;

	if (rs->sr_type != REP_RESULT || rs->sr_err != LDAP_SUCCESS ||
	    ch == frontend_instance || ch->authorities == NULL)
		return SLAP_CB_CONTINUE;
	switch (op->o_tag) {
	case LDAP_REQ_ADD:
	case LDAP_REQ_MODIFY:
	case LDAP_REQ_MODRDN:
	case LDAP_REQ_DELETE:
		if (authorities_concerned(op->o_bd, &op->o_req_ndn) ||
		    (op->o_tag == LDAP_REQ_MODRDN && op->orr_nnewSup != NULL &&
			authorities_concerned(op->o_bd, op->orr_nnewSup)))
			authorities_load(ch->authorities, op->o_bd, on);
		break;
	default:
		break;
	}
	return SLAP_CB_CONTINUE;
}

/* chanceryStatus is made here, never stored: its definition lives with the code. */
static int
chancery_register_status(void)
{
	return register_at(
	    "( 2.25.163819110899012224867019745641582709181.1.1 NAME 'chanceryStatus' "
	    "DESC 'A line a stored certificate: published, or why not' "
	    "EQUALITY caseIgnoreMatch "
	    "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 "
	    "NO-USER-MODIFICATION USAGE directoryOperation )",
	    &chancery_schema.status, 0);
}

/* The version out of "@(#) $OpenLDAP: slapd 2.5.13+dfsg-5 (date) $", a newline,
 * who built it and where. Empty where it is not written so. */
static struct berval
chancery_version_here(void)
{
	const char *at = strstr(Versionstr, "slapd ");
	struct berval here = BER_BVC("");

	if (at == NULL)
		return here;
	here.bv_val = (char *)at + strlen("slapd ");
	here.bv_len = strcspn(here.bv_val, " \t\r\n");
	return here;
}

/* 2.5.13+dfsg-5 is 2.5.13; 2.5.130 is not. */
static bool
chancery_version_fits(const struct berval *here)
{
	static const char built[] = CHANCERY_SLAPD_VERSION;
	size_t n = sizeof(built) - 1;

	return here->bv_len >= n && strncmp(here->bv_val, built, n) == 0 &&
	       !(here->bv_len > n && here->bv_val[n] >= '0' && here->bv_val[n] <= '9');
}

int init_module(int argc, char *argv[]);

__attribute__((visibility("default"))) int
init_module(int argc, char *argv[])
{
	BackendInfo *bi = &chancery_overlay.on_bi;
	struct berval here = chancery_version_here();

	(void)argc;
	(void)argv;
	if (!chancery_version_fits(&here)) {
		Debug(LDAP_DEBUG_ANY,
		    "chancery: built for slapd %s, but this is slapd %.*s: "
		    "build it again with `make overlay`\n",
		    CHANCERY_SLAPD_VERSION, (int)here.bv_len, here.bv_val);
		return -1;
	}
	if (chancery_register_status() != 0) {
		Debug(LDAP_DEBUG_ANY, "chancery: cannot define chanceryStatus\n");
		return -1;
	}
	bi->bi_type = chancery_type;
	bi->bi_flags = SLAPO_BFLAG_SINGLE;
	bi->bi_db_init = chancery_db_init;
	bi->bi_db_open = chancery_db_open;
	bi->bi_db_destroy = chancery_db_destroy;
	bi->bi_op_search = chancery_op_search;
	bi->bi_op_compare = hide_op_compare;
	bi->bi_op_add = guard_op_add;
	bi->bi_op_modify = guard_op_modify;
	bi->bi_operational = status_operational;
	chancery_overlay.on_response = chancery_response;
	bi->bi_cf_ocs = chancery_config_classes;
	if (config_register_schema(chancery_config_table, chancery_config_classes) != 0)
		return -1;
	return overlay_register(&chancery_overlay);
}
