/*
 * The lint's rules on the extensions of people's and authorities' certificates
 * (S/MIME BR 7.1.2): contract in lint_view.h.
 */
#include "crypto/lint_view.h"

#include <stdio.h>

#include "core/addr.h"
#include "core/der.h"

static int
eku_nid(const struct lint_view *v, int i)
{
	return OBJ_obj2nid(sk_ASN1_OBJECT_value(v->eku, i));
}

/* --- people and mailboxes ---------------------------------------------------- */

/* The policies that must be there: at most the reserved one and an own one. */
struct policy_list {
	ASN1_OBJECT *object[2];
	int n;
};

static void
policy_want(struct policy_list *l, const char *text)
{
	ASN1_OBJECT *object = OBJ_txt2obj(text, 1);

	if (object != NULL)
		l->object[l->n++] = object;
}

static void
policies_wanted(const struct lint_want *w, struct policy_list *l)
{
	static const int type[] = {
	    [LINT_MAILBOX] = 1, [LINT_ORGANIZATION] = 2, [LINT_SPONSOR] = 3};
	char text[64];

	*l = (struct policy_list){0};
	if (w->claim) {
		snprintf(text, sizeof(text), "2.23.140.1.5.%d.%d", type[w->kind],
		    (int)w->generation);
		policy_want(l, text);
	}
	if (w->policy_oid != NULL && w->policy_oid[0] != '\0')
		policy_want(l, w->policy_oid);
}

static bool
policies_match(struct lint_view *v, const struct policy_list *l)
{
	int n = v->policies == NULL ? 0 : sk_POLICYINFO_num(v->policies);

	if (n != l->n || (v->policies != NULL && n == 0))
		return lint_no(v, "%d policies instead of %d", n, l->n);
	if (v->policies_critical == 1)
		return lint_no(v, "critical certificatePolicies");
	for (int i = 0; i < n; i++) {
		POLICYINFO *p = sk_POLICYINFO_value(v->policies, i);

		if (OBJ_cmp(p->policyid, l->object[i]) != 0)
			return lint_no(v, "another policy");
		if (p->qualifiers != NULL)
			return lint_no(v, "a policy with qualifiers");
	}
	return true;
}

bool
lint_leaf_policies(struct lint_view *v)
{
	struct policy_list l;
	bool ok;

	policies_wanted(v->want, &l);
	ok = policies_match(v, &l);
	for (int i = 0; i < l.n; i++)
		ASN1_OBJECT_free(l.object[i]);
	return ok;
}

static bool
point_is_http(const DIST_POINT *p)
{
	GENERAL_NAMES *names;

	if (p->distpoint == NULL || p->distpoint->type != 0 || p->reasons != NULL ||
	    p->CRLissuer != NULL)
		return false;
	names = p->distpoint->name.fullname;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (!lint_is_http(sk_GENERAL_NAME_value(names, i)))
			return false;
	return sk_GENERAL_NAME_num(names) > 0;
}

bool
lint_leaf_crldp(struct lint_view *v)
{
	if (v->crldp == NULL || sk_DIST_POINT_num(v->crldp) < 1)
		return lint_no(v, "none");
	if (v->crldp_critical == 1)
		return lint_no(v, "critical ones");
	for (int i = 0; i < sk_DIST_POINT_num(v->crldp); i++)
		if (!point_is_http(sk_DIST_POINT_value(v->crldp, i)))
			return lint_no(v, "one that is no plain http URL");
	return true;
}

bool
lint_leaf_aia(struct lint_view *v)
{
	bool issuers = false;

	if (v->aia == NULL)
		return lint_no(v, "none");
	if (v->aia_critical == 1)
		return lint_no(v, "a critical one");
	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(v->aia); i++) {
		ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(v->aia, i);
		int nid = OBJ_obj2nid(d->method);

		if (nid != NID_ad_ca_issuers && nid != NID_ad_OCSP)
			return lint_no(v, "another access method");
		if (!lint_is_http(d->location))
			return lint_no(v, "a location that is no plain http URL");
		issuers = issuers || nid == NID_ad_ca_issuers;
	}
	return issuers || lint_no(v, "one without caIssuers");
}

bool
lint_leaf_constraints(struct lint_view *v)
{
	if (v->constraints == NULL)
		return true;
	if (v->constraints->ca)
		return lint_no(v, "CA:TRUE");
	return v->constraints->pathlen == NULL || lint_no(v, "a path length");
}

bool
lint_leaf_usage(struct lint_view *v)
{
	bool rsa = v->key.family == CERT_KEY_RSA;
	unsigned encrypt = rsa ? CERT_KU_KEY_ENCIPHERMENT : CERT_KU_KEY_AGREEMENT;
	unsigned sign = CERT_KU_DIGITAL_SIGNATURE, bits = v->c.key_usage;

	if (!v->c.has_key_usage)
		return lint_no(v, "none");
	if (v->usage_critical != 1)
		return lint_no(v, "one that is not critical");
	if ((bits & sign) != 0)
		bits &= ~(unsigned)CERT_KU_NON_REPUDIATION;
	return bits == sign || bits == encrypt || bits == (sign | encrypt) ||
	       lint_no(v, "the bits 0x%03x of keyUsage for %s key", v->c.key_usage,
		   rsa ? "an RSA" : "an EC");
}

bool
lint_leaf_eku(struct lint_view *v)
{
	if (v->eku == NULL)
		return lint_no(v, "none");
	for (int i = 0; i < sk_ASN1_OBJECT_num(v->eku); i++)
		if (eku_nid(v, i) != NID_email_protect)
			return lint_no(v, "%s", OBJ_nid2sn(eku_nid(v, i)));
	return sk_ASN1_OBJECT_num(v->eku) == 1 ||
	       lint_no(v, "%d purposes", sk_ASN1_OBJECT_num(v->eku));
}

bool
lint_leaf_san(struct lint_view *v)
{
	bool empty = X509_NAME_entry_count(v->subject) == 0;

	if (v->san == NULL)
		return lint_no(v, "none");
	if (empty)
		return v->san_critical == 1 ||
		       lint_no(v, "one that is not critical beside an empty subject");
	return v->san_critical == 0 || lint_no(v, "a critical one beside a subject");
}

/* An address as addr_parse writes it: strict, domain as lower-case A-label. */
static bool
address_is_proper(struct bytes text, struct addr *out)
{
	return addr_parse(text, out, NULL) == 0 && text.n == out->n &&
	       memcmp(text.p, out->text, out->n) == 0;
}

static bool
repeated(const struct lint_view *v, int i, const struct addr *address)
{
	struct addr other;

	for (int k = 0; k < i; k++)
		if (addr_parse(
			lint_octets(sk_GENERAL_NAME_value(v->san, k)->d.rfc822Name),
			&other, NULL) == 0 &&
		    addr_equal(&other, address))
			return true;
	return false;
}

bool
lint_leaf_san_content(struct lint_view *v)
{
	int n = sk_GENERAL_NAME_num(v->san);
	struct addr address;

	if (n < 1 || n > PROFILE_MAX_MAIL)
		return lint_no(v, "%d names", n);
	for (int i = 0; i < n; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(v->san, i);

		if (name->type != GEN_EMAIL)
			return lint_no(v, "a name of type [%d]", name->type);
		if (!address_is_proper(lint_octets(name->d.rfc822Name), &address))
			return lint_no(v,
			    "name %d, which is no address as RFC 5280 4.2.1.6 "
			    "wants it",
			    i + 1);
		if (repeated(v, i, &address))
			return lint_no(v, "\"%.150s\" twice", address.text);
	}
	return true;
}

bool
lint_leaf_capabilities(struct lint_view *v)
{
	static const struct bytes first =
	    OID_BYTES("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a");
	int at = X509_get_ext_by_NID(v->x, NID_SMIMECapabilities, -1);
	X509_EXTENSION *ext = at < 0 ? NULL : X509_get_ext(v->x, at);
	struct bytes list;

	if (ext == NULL)
		return true;
	if (X509_EXTENSION_get_critical(ext))
		return lint_no(v, "a critical one");
	return (der_only(lint_octets(X509_EXTENSION_get_data(ext)), DER_SEQUENCE,
		    &list) == 0 &&
		   list.n >= first.n && memcmp(list.p, first.p, first.n) == 0) ||
	       lint_no(v, "one that begins with something else");
}

/* Whether all extensions are of these. */
static bool
only(struct lint_view *v, const int *nids, size_t n)
{
	for (int i = 0; i < X509_get_ext_count(v->x); i++) {
		ASN1_OBJECT *object = X509_EXTENSION_get_object(X509_get_ext(v->x, i));
		int nid = OBJ_obj2nid(object);
		size_t k = 0;
		char text[80];

		while (k < n && nids[k] != nid)
			k++;
		if (k == n) {
			OBJ_obj2txt(text, sizeof(text), object, 1);
			return lint_no(v, "the extension %s", text);
		}
	}
	return true;
}

bool
lint_leaf_unknown(struct lint_view *v)
{
	static const int known[] = {NID_authority_key_identifier,
	    NID_subject_key_identifier, NID_key_usage, NID_certificate_policies,
	    NID_subject_alt_name, NID_ext_key_usage, NID_crl_distribution_points,
	    NID_info_access, NID_basic_constraints, NID_SMIMECapabilities};

	return only(v, known, NITEMS(known));
}

/* --- authorities ------------------------------------------------------------- */

bool
lint_ca_constraints(struct lint_view *v)
{
	const BASIC_CONSTRAINTS *c = v->constraints;

	if (c == NULL || !c->ca)
		return lint_no(v, "no cA");
	if (v->constraints_critical != 1)
		return lint_no(v, "one that is not critical");
	if (v->want->kind == LINT_ROOT)
		return c->pathlen == NULL || lint_no(v, "a path length");
	return (c->pathlen != NULL && ASN1_INTEGER_get(c->pathlen) == 0) ||
	       lint_no(v, "another path length or none");
}

bool
lint_ca_usage(struct lint_view *v)
{
	if (!v->c.has_key_usage)
		return lint_no(v, "none");
	if (v->usage_critical != 1)
		return lint_no(v, "one that is not critical");
	return v->c.key_usage == (CERT_KU_KEY_CERT_SIGN | CERT_KU_CRL_SIGN) ||
	       lint_no(v, "the bits 0x%03x", v->c.key_usage);
}

bool
lint_root_policies(struct lint_view *v)
{
	return v->policies == NULL || lint_no(v, "some");
}

bool
lint_ca_policies(struct lint_view *v)
{
	if (v->policies == NULL || sk_POLICYINFO_num(v->policies) < 1)
		return lint_no(v, "none");
	if (v->policies_critical == 1)
		return lint_no(v, "critical ones");
	for (int i = 0; i < sk_POLICYINFO_num(v->policies); i++)
		if (sk_POLICYINFO_value(v->policies, i)->qualifiers != NULL)
			return lint_no(v, "one with qualifiers");
	return true;
}

bool
lint_root_eku(struct lint_view *v)
{
	return v->eku == NULL || lint_no(v, "some");
}

bool
lint_ca_eku(struct lint_view *v)
{
	if (v->eku != NULL && v->eku_critical == 1)
		return lint_no(v, "a critical one");
	return lint_leaf_eku(v);
}

bool
lint_ca_unknown(struct lint_view *v)
{
	static const int issuing[] = {NID_authority_key_identifier,
	    NID_subject_key_identifier, NID_key_usage, NID_basic_constraints,
	    NID_certificate_policies, NID_ext_key_usage, NID_crl_distribution_points,
	    NID_info_access, NID_name_constraints};

	/* The first four are a root's. */
	return only(v, issuing, v->want->kind == LINT_ROOT ? 6 : NITEMS(issuing));
}
