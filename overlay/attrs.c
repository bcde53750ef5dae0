/*
 * Which attributes the client asked for, as a list of what is published. The
 * one spelling that slapd has no attribute description for,
 * userSMIMECertificate;binary (its syntax is an octet string, RFC 2798 wants the
 * option), gets a description in the search's own memory.
 */
#include "overlay/overlay.h"

static struct berval smime_binary_name = BER_BVC("userSMIMECertificate;binary");
static struct berval smime_binary_oid = BER_BVC("2.16.840.1.113730.3.1.40;binary");

static bool
is_smime_binary(struct berval *name)
{
	return ber_bvstrcasecmp(name, &smime_binary_name) == 0 ||
	       ber_bvstrcasecmp(name, &smime_binary_oid) == 0;
}

/* Whether to keep this request; fills in the description of our own. */
static bool
attr_wanted(struct published_search *ps, AttributeName *an)
{
	if (is_smime_binary(&an->an_name)) {
		if (chancery_schema.smime == NULL)
			return false;
		ps->smime_binary = true;
		ps->smime_binary_desc = *chancery_schema.smime;
		ps->smime_binary_desc.ad_next = NULL;
		ps->smime_binary_desc.ad_cname = smime_binary_name;
		ps->smime_binary_desc.ad_flags |= SLAP_DESC_BINARY;
		an->an_desc = &ps->smime_binary_desc;
		return true;
	}
	if (an->an_desc == NULL) {
		if (bvmatch(&an->an_name, slap_bv_all_user_attrs) ||
		    an->an_name.bv_val[0] == '@')
			ps->smime_plain = true;
		/* "+" would bring names of the real tree */
		return !bvmatch(&an->an_name, slap_bv_all_operational_attrs);
	}
	if (an->an_desc == chancery_schema.smime)
		ps->smime_plain = true;
	return an->an_desc == chancery_schema.status ||
	       names_type_published(ps->front, an->an_desc->ad_type);
}

AttributeName *
attrs_wanted(Operation *op, struct published_search *ps)
{
	AttributeName *list;
	size_t n = 0, k = 0;

	if (op->ors_attrs == NULL) {
		ps->smime_plain = true;
		ps->all_user = true;
		return NULL;
	}
	while (!BER_BVISNULL(&op->ors_attrs[n].an_name))
		n++;
	list = op->o_tmpalloc((n + 2) * sizeof(*list), op->o_tmpmemctx);
	ps->by_type = true;
	for (size_t i = 0; i < n; i++) {
		list[k] = op->ors_attrs[i];
		if (!attr_wanted(ps, &list[k]))
			continue;
		if (list[k].an_desc == NULL ||
		    list[k].an_desc->ad_type->sat_subtypes != NULL)
			ps->by_type = false;
		k++;
	}
	if (k == 0) {
		/* an empty list would mean all attributes */
		memset(&list[0], 0, sizeof(list[0]));
		BER_BVSTR(&list[0].an_name, (char *)LDAP_NO_ATTRS);
		k = 1;
		ps->by_type = false;
	}
	memset(&list[k], 0, sizeof(list[k]));
	ps->all_user = an_find(list, slap_bv_all_user_attrs) != 0;
	return list;
}
