/*
 * The tables of names (contract in query_names.h). Called by query_leaf.c and
 * query_tree.c, several times a filter: rows of another length than what is
 * sought are passed over at once.
 */
#include "core/query_names.h"

#define FULL	(QUERY_TRAIT_NAME | QUERY_TRAIT_FULL_NAME | QUERY_TRAIT_IDENTIFIES)
#define NAME	(QUERY_TRAIT_NAME | QUERY_TRAIT_IDENTIFIES)
#define ADDRESS (QUERY_TRAIT_MAIL | QUERY_TRAIT_IDENTIFIES)
#define NUMBER	QUERY_TRAIT_IDENTIFIES
#define CERT	QUERY_TRAIT_CERTIFICATE

/* Lengths are known when this is compiled: look-ups are on the fast path. */
#define N(literal)                                                                     \
	{                                                                              \
		(const uint8_t *)(literal), sizeof(literal) - 1                        \
	}
#define NONE                                                                           \
	{                                                                              \
		NULL, 0                                                                \
	}

static const struct query_attr attrs[] = {
    {N("mail"), {N("0.9.2342.19200300.100.1.3"), N("rfc822Mailbox")}, ADDRESS, 0},
    {N("cn"), {N("2.5.4.3"), N("commonName")}, FULL, 0},
    {N("displayName"), {N("2.16.840.1.113730.3.1.241"), NONE}, FULL, 0},
    {N("sn"), {N("2.5.4.4"), N("surname")}, NAME, 0},
    {N("givenName"), {N("2.5.4.42"), N("gn")}, NAME, 0},
    {N("objectClass"), {N("2.5.4.0"), NONE}, QUERY_TRAIT_CLASS, 0},
    {N("userCertificate"), {N("2.5.4.36"), NONE}, CERT, 0},
    {N("userSMIMECertificate"), {N("2.16.840.1.113730.3.1.40"), NONE}, CERT, 0},
    {N("telephoneNumber"), {N("2.5.4.20"), NONE}, NUMBER, 0},
    {N("mobile"), {N("0.9.2342.19200300.100.1.41"), N("mobileTelephoneNumber")}, NUMBER,
	0},
    {N("facsimileTelephoneNumber"), {N("2.5.4.23"), N("fax")}, NUMBER, 0},
    {N("cACertificate"), {N("2.5.4.37"), NONE}, 0, QUERY_AUTHORITIES},
    {N("certificateRevocationList"), {N("2.5.4.39"), NONE}, 0, QUERY_AUTHORITIES},
    {N("authorityRevocationList"), {N("2.5.4.38"), NONE}, 0, QUERY_AUTHORITIES},
    {N("crossCertificatePair"), {N("2.5.4.40"), NONE}, 0, QUERY_AUTHORITIES},
    {N("deltaRevocationList"), {N("2.5.4.53"), NONE}, 0, QUERY_AUTHORITIES},
    {N("pgpCertID"), {NONE, NONE}, NUMBER, QUERY_KEYS},
    {N("pgpKeyID"), {NONE, NONE}, NUMBER, QUERY_KEYS},
    {N("pgpUserID"), {NONE, NONE}, NUMBER, QUERY_KEYS},
    {N("pgpSubKeyID"), {NONE, NONE}, NUMBER, QUERY_KEYS},
    {N("pgpSignerID"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("pgpKey"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("pgpKeyType"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("pgpKeySize"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("pgpKeyCreateTime"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("pgpKeyExpireTime"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("pgpRevoked"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("pgpDisabled"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("pgpElementType"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("gpgMailbox"), {NONE, NONE}, NUMBER, QUERY_KEYS},
    {N("gpgFingerprint"), {NONE, NONE}, NUMBER, QUERY_KEYS},
    {N("gpgSubFingerprint"), {NONE, NONE}, NUMBER, QUERY_KEYS},
    {N("gpgSubCertID"), {NONE, NONE}, NUMBER, QUERY_KEYS},
    {N("pgpBaseKeySpaceDN"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("pgpSoftware"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("pgpVersion"), {NONE, NONE}, 0, QUERY_KEYS},
    {N("dc"), {N("0.9.2342.19200300.100.1.25"), N("domainComponent")}, 0,
	QUERY_STRUCTURE},
};

static const struct query_foreign foreigns[] = {
    {N("anr"), QUERY_AS_ANYTHING, NONE},
    {N("proxyAddresses"), QUERY_AS_PROXY, NONE},
    {N("targetAddress"), QUERY_AS_PROXY, NONE},
    {N("mailNickname"), QUERY_AS_NICKNAME, NONE},
    {N("objectCategory"), QUERY_AS_CATEGORY, NONE},
    {N("userPrincipalName"), QUERY_AS_ATTRIBUTE, N("mail")},
    {N("otherMailbox"), QUERY_AS_ATTRIBUTE, N("mail")},
    {N("mozillaSecondEmail"), QUERY_AS_ATTRIBUTE, N("mail")},
    {N("e-mail"), QUERY_AS_ATTRIBUTE, N("mail")},
    {N("email"), QUERY_AS_ATTRIBUTE, N("mail")},
    {N("emailAddress"), QUERY_AS_ATTRIBUTE, N("mail")},
    {N("pkcs9email"), QUERY_AS_ATTRIBUTE, N("mail")},
    {N("1.2.840.113549.1.9.1"), QUERY_AS_ATTRIBUTE, N("mail")},
    {N("display-name"), QUERY_AS_ATTRIBUTE, N("displayName")},
    {N("name"), QUERY_AS_ATTRIBUTE, N("cn")},
    {N("2.5.4.41"), QUERY_AS_ATTRIBUTE, N("cn")},
    {N("company"), QUERY_AS_ATTRIBUTE, N("o")},
    {N("department"), QUERY_AS_ATTRIBUTE, N("ou")},
};

static const struct class_kinds {
	struct bytes name;
	struct bytes oid;
	unsigned kinds;
} classes[] = {
    {N("pkiCA"), N("2.5.6.22"), QUERY_AUTHORITIES},
    {N("pkiCA-v2"), NONE, QUERY_AUTHORITIES},
    {N("certificationAuthority"), N("2.5.6.16"), QUERY_AUTHORITIES},
    {N("certificationAuthority-V2"), N("2.5.6.16.2"), QUERY_AUTHORITIES},
    {N("cRLDistributionPoint"), N("2.5.6.19"), QUERY_AUTHORITIES},
    {N("deltaCRL"), N("2.5.6.23"), QUERY_AUTHORITIES},
    {N("pgpKeyInfo"), NONE, QUERY_KEYS},
    {N("pgpServerInfo"), NONE, QUERY_KEYS},
    {N("organizationalUnit"), N("2.5.6.5"), QUERY_STRUCTURE},
    {N("organization"), N("2.5.6.4"), QUERY_STRUCTURE},
    {N("domain"), N("0.9.2342.19200300.100.4.13"), QUERY_STRUCTURE},
    {N("dcObject"), N("1.3.6.1.4.1.1466.344"), QUERY_STRUCTURE},
};

static const struct class_foreign {
	struct bytes name;
	struct bytes ours;
} foreign_classes[] = {
    {N("user"), N("inetOrgPerson")},
    {N("contact"), N("inetOrgPerson")},
    {N("apple-user"), N("inetOrgPerson")},
};

static bool
same(struct bytes row, struct bytes name)
{
	return row.n > 0 && bytes_equal_nocase(row, name);
}

const struct query_attr *
query_attr_find(struct bytes name)
{
	for (size_t i = 0; i < NITEMS(attrs); i++)
		if (same(attrs[i].name, name) || same(attrs[i].other[0], name) ||
		    same(attrs[i].other[1], name))
			return &attrs[i];
	return NULL;
}

const struct query_foreign *
query_foreign_find(struct bytes name)
{
	for (size_t i = 0; i < NITEMS(foreigns); i++)
		if (same(foreigns[i].name, name))
			return &foreigns[i];
	return NULL;
}

unsigned
query_class_kinds(struct bytes class_name)
{
	for (size_t i = 0; i < NITEMS(classes); i++)
		if (same(classes[i].name, class_name) ||
		    same(classes[i].oid, class_name))
			return classes[i].kinds;
	return 0;
}

struct bytes
query_class_foreign(struct bytes class_name)
{
	for (size_t i = 0; i < NITEMS(foreign_classes); i++)
		if (same(foreign_classes[i].name, class_name))
			return foreign_classes[i].ours;
	return (struct bytes){NULL, 0};
}

struct bytes
query_attr_base(struct bytes description)
{
	const uint8_t *semicolon = NULL;

	if (description.n > 0)
		semicolon = memchr(description.p, ';', description.n);
	if (semicolon != NULL)
		description.n = (size_t)(semicolon - description.p);
	return description;
}

bool
query_attr_only_binary(struct bytes description)
{
	size_t base = query_attr_base(description).n;
	struct bytes options = {description.p + base, description.n - base};

	return options.n == 0 || bytes_equal_nocase(options, BYTES(";binary"));
}
