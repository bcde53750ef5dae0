/*
 * What the options mean: published bases, containers, attributes, and who sees the
 * real suffix, parsed from their lines. A whole list is parsed at each change, so
 * that one that does not parse changes nothing. Called by config.c only, while slapd
 * starts or with its thread pool paused.
 */
#include "overlay/config.h"

/* Those asked for most come first: they are looked for in this order. */
static const char *const default_attributes[] = {"mail", "userCertificate",
    "userSMIMECertificate", "cn", "objectClass", "sn", "givenName", "initials",
    "displayName", "o", "ou", "dc", "c", "l", "st", "street", "postalAddress",
    "postalCode", "title", "telephoneNumber", "facsimileTelephoneNumber",
    "physicalDeliveryOfficeName", "departmentNumber", "preferredLanguage",
    "cACertificate", "crossCertificatePair", "certificateRevocationList",
    "authorityRevocationList", "deltaRevocationList",
    /* OpenPGP keys, for gpg */
    "pgpBaseKeySpaceDN", "pgpSoftware", "pgpVersion", "pgpKey", "pgpKeyV2", "pgpCertID",
    "pgpKeyID", "pgpKeyType", "pgpKeySize", "pgpKeyCreateTime", "pgpKeyExpireTime",
    "pgpUserID", "pgpSignerID", "pgpSubKeyID", "pgpRevoked", "pgpDisabled",
    "gpgFingerprint", "gpgSubFingerprint", "gpgSubCertID", "gpgMailbox"};

static const struct {
	const char *ndn;
	unsigned kind;
} default_containers[] = {
    {"ou=people", QUERY_PEOPLE},
    {"ou=partners", QUERY_PEOPLE},
    {"ou=keys", QUERY_KEYS},
    {"cn=pgpserverinfo", QUERY_KEYS},
    {"ou=authorities", QUERY_AUTHORITIES},
};

static const struct {
	const char *word;
	unsigned kind;
} kind_words[] = {
    {"people", QUERY_PEOPLE},
    {"keys", QUERY_KEYS},
    {"authorities", QUERY_AUTHORITIES},
};

static void
bases_free(struct published_base *base, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ch_free(base[i].dn.bv_val);
		ch_free(base[i].ndn.bv_val);
		ch_free(base[i].real_dn.bv_val);
		ch_free(base[i].real_ndn.bv_val);
	}
}

static int
base_parse(struct published_base *b, char *const words[], char *msg, size_t cap)
{
	struct berval in;
	int rc;

	ber_str2bv(words[0], 0, 0, &in);
	rc = dnPrettyNormal(NULL, &in, &b->dn, &b->ndn, NULL);
	if (rc == LDAP_SUCCESS) {
		ber_str2bv(words[1], 0, 0, &in);
		rc = dnPrettyNormal(NULL, &in, &b->real_dn, &b->real_ndn, NULL);
	}
	if (rc != LDAP_SUCCESS) {
		snprintf(
		    msg, cap, "chancery-base: \"%s\" is no DN (RFC 4514)", in.bv_val);
		return -1;
	}
	if (BER_BVISEMPTY(&b->ndn) || BER_BVISEMPTY(&b->real_ndn)) {
		snprintf(msg, cap,
		    "chancery-base: a DN is empty; the empty base is answered by "
		    "chancery-empty-base");
		return -1;
	}
	if (dnIsSuffix(&b->ndn, &b->real_ndn) || dnIsSuffix(&b->real_ndn, &b->ndn)) {
		snprintf(msg, cap,
		    "chancery-base: \"%s\" and \"%s\" overlap; wanted a published base "
		    "outside the real suffix",
		    b->dn.bv_val, b->real_dn.bv_val);
		return -1;
	}
	return 0;
}

/* The suffix of a database, or the schema's name, that this one overlaps: there
 * it would hide something else. A database of everything overlaps nothing. */
static const struct berval *
base_taken(const struct berval *ndn)
{
	BackendDB *be;

	if (dn_match(ndn, &frontendDB->be_schemandn))
		return &frontendDB->be_schemadn;
	LDAP_STAILQ_FOREACH(be, &backendDB, be_next)
	{
		for (int i = 0;
		     be->be_nsuffix != NULL && !BER_BVISNULL(&be->be_nsuffix[i]); i++)
			if (!BER_BVISEMPTY(&be->be_nsuffix[i]) &&
			    (dnIsSuffix(ndn, &be->be_nsuffix[i]) ||
				dnIsSuffix(&be->be_nsuffix[i], ndn)))
				return &be->be_suffix[i];
	}
	return NULL;
}

static int
base_check(const struct published_base *b, char *msg, size_t cap)
{
	const struct berval *taken = base_taken(&b->ndn);

	if (taken == NULL)
		return 0;
	snprintf(msg, cap,
	    "chancery-base: \"%s\" overlaps \"%s\", which slapd has already; wanted a "
	    "name of its own",
	    b->dn.bv_val, taken->bv_val);
	return -1;
}

int
config_check_bases(const struct chancery *ch, char *msg, size_t cap)
{
	int rc = 0;

	for (size_t i = 0; i < ch->n_bases && rc == 0; i++)
		rc = base_check(&ch->base[i], msg, cap);
	return rc;
}

int
bases_build(struct chancery *ch, char *msg, size_t cap)
{
	struct published_base base[BASES_MAX];
	size_t n = 0;
	char *words[WORDS_MAX];
	int rc = 0;

	memset(base, 0, sizeof(base));
	for (int i = 0; i < lines_count(ch->base_lines) && rc == 0; i++) {
		if (n == BASES_MAX) {
			snprintf(msg, cap, "chancery-base: more than %d", BASES_MAX);
			rc = -1;
			break;
		}
		if (line_split(&ch->base_lines[i], words) != 2) {
			snprintf(msg, cap, "chancery-base: wanted two DNs");
			rc = -1;
			break;
		}
		rc = base_parse(&base[n++], words, msg, cap);
		ch_free(words[0]);
		if (rc == 0)
			rc = base_check(&base[n - 1], msg, cap);
		for (size_t k = 0; k + 1 < n && rc == 0; k++) {
			if (!dnIsSuffix(&base[k].ndn, &base[n - 1].ndn) &&
			    !dnIsSuffix(&base[n - 1].ndn, &base[k].ndn))
				continue;
			snprintf(msg, cap, "chancery-base: \"%s\" overlaps \"%s\"",
			    base[n - 1].dn.bv_val, base[k].dn.bv_val);
			rc = -1;
		}
	}
	if (rc != 0) {
		bases_free(base, n);
		return rc;
	}
	bases_free(ch->base, ch->n_bases);
	memcpy(ch->base, base, sizeof(base));
	ch->n_bases = n;
	return 0;
}

static int
container_add(struct container *list, size_t *n, const char *dn, unsigned kind,
    char *msg, size_t cap)
{
	struct berval in;

	if (*n == CONTAINERS_MAX) {
		snprintf(msg, cap, "chancery-container: more than %d", CONTAINERS_MAX);
		return -1;
	}
	ber_str2bv(dn, 0, 0, &in);
	if (dnNormalize(0, NULL, NULL, &in, &list[*n].ndn, NULL) != LDAP_SUCCESS ||
	    BER_BVISEMPTY(&list[*n].ndn)) {
		snprintf(msg, cap,
		    "chancery-container: \"%s\" is no DN relative to the suffix", dn);
		return -1;
	}
	list[(*n)++].kind = kind;
	return 0;
}

static int
container_parse(
    struct container *list, size_t *n, const struct berval *line, char *msg, size_t cap)
{
	char *words[WORDS_MAX];
	int rc = -1, nwords = line_split(line, words);

	for (size_t i = 0; nwords == 2 && i < NITEMS(kind_words); i++)
		if (strcasecmp(words[1], kind_words[i].word) == 0)
			rc = container_add(
			    list, n, words[0], kind_words[i].kind, msg, cap);
	if (rc != 0 && msg[0] == '\0')
		snprintf(msg, cap,
		    "chancery-container: kind %s; wanted people, keys or authorities",
		    nwords == 2 ? words[1] : "missing");
	if (nwords > 0)
		ch_free(words[0]);
	return rc;
}

static void
containers_free(struct container *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ch_free(list[i].ndn.bv_val);
}

int
containers_build(struct chancery *ch, char *msg, size_t cap)
{
	struct container list[CONTAINERS_MAX];
	size_t n = 0;
	int rc = 0;

	memset(list, 0, sizeof(list));
	for (int i = 0; i < lines_count(ch->container_lines) && rc == 0; i++)
		rc = container_parse(list, &n, &ch->container_lines[i], msg, cap);
	for (size_t i = 0;
	     ch->container_lines == NULL && rc == 0 && i < NITEMS(default_containers);
	     i++)
		rc = container_add(list, &n, default_containers[i].ndn,
		    default_containers[i].kind, msg, cap);
	if (rc != 0) {
		containers_free(list, n);
		return rc;
	}
	containers_free(ch->container, ch->n_containers);
	memcpy(ch->container, list, sizeof(list));
	ch->n_containers = n;
	return 0;
}

static void
attributes_free(struct chancery *ch)
{
	for (size_t i = 0; i < ch->n_attributes; i++)
		ch_free(ch->attribute[i].bv_val);
	ch->n_attributes = 0;
}

static void
attribute_drop(struct chancery *ch, const char *name)
{
	for (size_t i = 0; i < ch->n_attributes; i++) {
		if (strcasecmp(ch->attribute[i].bv_val, name) != 0)
			continue;
		ch_free(ch->attribute[i].bv_val);
		ch->n_attributes--;
		ch->attribute[i] = ch->attribute[ch->n_attributes];
		ch->attribute_type[i] = ch->attribute_type[ch->n_attributes];
		i--;
	}
}

static int
attribute_add(struct chancery *ch, const char *name, char *msg, size_t cap)
{
	struct berval *bv;

	attribute_drop(ch, name);
	if (ch->n_attributes == ATTRIBUTES_MAX) {
		snprintf(msg, cap, "chancery-attributes: more than %d", ATTRIBUTES_MAX);
		return -1;
	}
	bv = &ch->attribute[ch->n_attributes];
	ber_str2bv(name, 0, 1, bv);
	ch->attribute_type[ch->n_attributes++] = at_bvfind(bv);
	return 0;
}

/* "userPassword" is refused by name: no list of attributes is worth that risk. */
static int
attribute_word(struct chancery *ch, const char *word, char *msg, size_t cap)
{
	const char *name = word + (*word == '+' || *word == '-');
	struct berval bv;

	ber_str2bv(name, 0, 0, &bv);
	if (at_bvfind(&bv) == NULL || strchr(name, ';') != NULL) {
		snprintf(msg, cap,
		    "chancery-attributes: \"%s\" is no attribute of the schema", name);
		return -1;
	}
	if (*word == '-') {
		attribute_drop(ch, at_bvfind(&bv)->sat_cname.bv_val);
		return 0;
	}
	if (at_bvfind(&bv) == slap_schema.si_ad_userPassword->ad_type) {
		snprintf(
		    msg, cap, "chancery-attributes: userPassword is never published");
		return -1;
	}
	return attribute_add(ch, at_bvfind(&bv)->sat_cname.bv_val, msg, cap);
}

int
attributes_build(struct chancery *ch, char *msg, size_t cap)
{
	char *words[WORDS_MAX];
	int n, rc = 0;

	attributes_free(ch);
	for (size_t i = 0; i < NITEMS(default_attributes) && rc == 0; i++)
		rc = attribute_add(ch, default_attributes[i], msg, cap);
	for (int i = 0; i < lines_count(ch->attribute_lines) && rc == 0; i++) {
		n = line_split(&ch->attribute_lines[i], words);
		for (int k = 0; k < n && rc == 0; k++)
			rc = attribute_word(ch, words[k], msg, cap);
		if (n > 0)
			ch_free(words[0]);
	}
	return rc;
}

int
direct_build(struct chancery *ch, char *msg, size_t cap)
{
	BerVarray list = NULL;
	char *words[WORDS_MAX];
	struct berval in, ndn;

	for (int i = 0; i < lines_count(ch->direct_lines); i++) {
		if (line_split(&ch->direct_lines[i], words) == 0)
			continue;
		ber_str2bv(words[0], 0, 0, &in);
		if (strcmp(in.bv_val, "*") == 0) {
			ber_dupbv(&ndn, &in);
		} else if (dnNormalize(0, NULL, NULL, &in, &ndn, NULL) !=
			       LDAP_SUCCESS ||
			   BER_BVISEMPTY(&ndn)) {
			snprintf(msg, cap,
			    "chancery-direct: \"%s\" is no DN (RFC 4514), nor *",
			    in.bv_val);
			ch_free(words[0]);
			ber_bvarray_free(list);
			return -1;
		}
		ch_free(words[0]);
		ber_bvarray_add(&list, &ndn);
	}
	ber_bvarray_free(ch->direct);
	ch->direct = list;
	return 0;
}

void
build_free(struct chancery *ch)
{
	bases_free(ch->base, ch->n_bases);
	containers_free(ch->container, ch->n_containers);
	attributes_free(ch);
	ber_bvarray_free(ch->direct);
}
