/*
 * The overlay's options: one row each in chancery_config_table, which slapd
 * reads from slapd.conf and cn=config alike. Options that are lists keep their
 * lines as configured, so that cn=config shows what was entered, and are parsed
 * anew as a whole at each change: a change that does not parse changes nothing.
 * Called while slapd starts, or with its thread pool paused.
 */
#include "overlay/overlay.h"

enum {
	CONFIG_BASE = 1,
	CONFIG_CONTAINER,
	CONFIG_ATTRIBUTES,
	CONFIG_DIRECT,
	CONFIG_PUBLISH,
	CONFIG_GUARD,
	CONFIG_EMPTY_BASE,
	CONFIG_PLUS_TAGS,
};

static ConfigDriver config_list;
static ConfigDriver config_word;
static ConfigDriver config_switch;

#define ARC	"2.25.163819110899012224867019745641582709181"
#define STRINGS "EQUALITY caseIgnoreMatch SYNTAX OMsDirectoryString"

ConfigTable chancery_config_table[] = {
    {"chancery-base", "published> <real", 3, 3, 0, ARG_MAGIC | CONFIG_BASE, config_list,
	"( " ARC ".3.1 NAME 'olcChanceryBase' "
	"DESC 'Published base and the real suffix behind it' " STRINGS
	" X-ORDERED 'VALUES' )",
	NULL, NULL},
    {"chancery-empty-base", "on|off", 2, 2, 0,
	ARG_ON_OFF | ARG_MAGIC | CONFIG_EMPTY_BASE, config_switch,
	"( " ARC ".3.2 NAME 'olcChanceryEmptyBase' "
	"DESC 'Answer searches under the empty base with the first published one' "
	"EQUALITY booleanMatch SYNTAX OMsBoolean SINGLE-VALUE )",
	NULL, NULL},
    {"chancery-container", "rdn> <kind", 3, 3, 0, ARG_MAGIC | CONFIG_CONTAINER,
	config_list,
	"( " ARC ".3.3 NAME 'olcChanceryContainer' "
	"DESC 'Container that is published, and what it holds' " STRINGS
	" X-ORDERED 'VALUES' )",
	NULL, NULL},
    {"chancery-attributes", "[+|-]attribute", 2, 0, 0, ARG_MAGIC | CONFIG_ATTRIBUTES,
	config_list,
	"( " ARC ".3.4 NAME 'olcChanceryAttributes' "
	"DESC 'Attributes published beyond the default, or not' " STRINGS
	" X-ORDERED 'VALUES' )",
	NULL, NULL},
    {"chancery-plus-tags", "on|off", 2, 2, 0, ARG_ON_OFF | ARG_MAGIC | CONFIG_PLUS_TAGS,
	config_switch,
	"( " ARC ".3.5 NAME 'olcChanceryPlusTags' "
	"DESC 'A search for a+tag@d finds a@d too' "
	"EQUALITY booleanMatch SYNTAX OMsBoolean SINGLE-VALUE )",
	NULL, NULL},
    {"chancery-publish", "best|all", 2, 2, 0, ARG_MAGIC | CONFIG_PUBLISH, config_word,
	"( " ARC ".3.6 NAME 'olcChanceryPublish' "
	"DESC 'How many of an entry certificates are published' " STRINGS
	" SINGLE-VALUE )",
	NULL, NULL},
    {"chancery-guard", "off|warn|refuse", 2, 2, 0, ARG_MAGIC | CONFIG_GUARD,
	config_word,
	"( " ARC ".3.7 NAME 'olcChanceryGuard' "
	"DESC 'What happens to a bad certificate that is written' " STRINGS
	" SINGLE-VALUE )",
	NULL, NULL},
    {"chancery-direct", "dn|*", 2, 2, 0, ARG_MAGIC | CONFIG_DIRECT, config_list,
	"( " ARC ".3.8 NAME 'olcChanceryDirect' "
	"DESC 'Identities that see the real suffix' " STRINGS " X-ORDERED 'VALUES' )",
	NULL, NULL},
    {NULL, NULL, 0, 0, 0, ARG_IGNORED, NULL, NULL, NULL, NULL},
};

ConfigOCs chancery_config_classes[] = {
    {"( " ARC ".4.1 NAME 'olcChanceryConfig' "
     "DESC 'Certificate directory' SUP olcOverlayConfig "
     "MAY ( olcChanceryBase $ olcChanceryEmptyBase $ olcChanceryContainer $ "
     "olcChanceryAttributes $ olcChanceryPlusTags $ olcChanceryPublish $ "
     "olcChanceryGuard $ olcChanceryDirect ) )",
	Cft_Overlay, chancery_config_table, NULL, NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const char *const default_attributes[] = {"objectClass", "cn", "sn", "givenName",
    "initials", "displayName", "mail", "o", "ou", "dc", "c", "l", "st", "street",
    "postalAddress", "postalCode", "title", "telephoneNumber",
    "facsimileTelephoneNumber", "physicalDeliveryOfficeName", "departmentNumber",
    "preferredLanguage", "userCertificate", "userSMIMECertificate", "cACertificate",
    "crossCertificatePair", "certificateRevocationList", "authorityRevocationList",
    "deltaRevocationList",
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

static const char *const publish_words[] = {
    [PUBLISH_BEST] = "best", [PUBLISH_ALL] = "all", NULL};
static const char *const guard_words[] = {
    [GUARD_OFF] = "off", [GUARD_WARN] = "warn", [GUARD_REFUSE] = "refuse", NULL};

size_t
config_default_attributes(const char *const **out)
{
	*out = default_attributes;
	return NITEMS(default_attributes);
}

/* --- lines: words in double quotes, a backslash before " and \ ------------- */

enum {
	WORDS_MAX = 128
};

static struct berval
line_join(int argc, char **argv)
{
	struct berval line;
	size_t n = 0;
	char *at;

	for (int i = 0; i < argc; i++)
		n += 2 * strlen(argv[i]) + 3;
	line.bv_val = at = ch_malloc(n + 1);
	for (int i = 0; i < argc; i++) {
		if (i > 0)
			*at++ = ' ';
		*at++ = '"';
		for (const char *s = argv[i]; *s != '\0'; s++) {
			if (*s == '"' || *s == '\\')
				*at++ = '\\';
			*at++ = *s;
		}
		*at++ = '"';
	}
	*at = '\0';
	line.bv_len = (size_t)(at - line.bv_val);
	return line;
}

/* Splits a copy of a joined line into words; frees with ch_free(words[0]). */
static int
line_split(const struct berval *line, char *words[WORDS_MAX])
{
	char *out = ch_malloc(line->bv_len + 1), *first = out;
	const char *s = line->bv_val;
	int n = 0;

	while (*s != '\0' && n < WORDS_MAX) {
		while (*s == ' ')
			s++;
		if (*s++ != '"')
			break;
		words[n++] = out;
		while (*s != '\0' && *s != '"') {
			if (*s == '\\' && s[1] != '\0')
				s++;
			*out++ = *s++;
		}
		if (*s == '"')
			s++;
		*out++ = '\0';
	}
	if (n == 0)
		ch_free(first);
	return n;
}

static void
lines_remove(BerVarray *lines, int at)
{
	int n;

	ch_free((*lines)[at].bv_val);
	for (n = at; !BER_BVISNULL(&(*lines)[n]); n++)
		(*lines)[n] = (*lines)[n + 1];
	if (BER_BVISNULL(&(*lines)[0])) {
		ch_free(*lines);
		*lines = NULL;
	}
}

static int
lines_count(BerVarray lines)
{
	int n = 0;

	while (lines != NULL && !BER_BVISNULL(&lines[n]))
		n++;
	return n;
}

static void
lines_insert(BerVarray *lines, int at, struct berval line)
{
	int n = lines_count(*lines);

	if (at < 0 || at > n)
		at = n;
	*lines = ch_realloc(*lines, (size_t)(n + 2) * sizeof(**lines));
	for (int i = n; i > at; i--)
		(*lines)[i] = (*lines)[i - 1];
	(*lines)[at] = line;
	BER_BVZERO(&(*lines)[n + 1]);
}

/* --- parsing: each reads all lines of its option --------------------------- */

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
	b->real_rdns = 1;
	for (const char *s = b->real_ndn.bv_val; *s != '\0'; s++)
		b->real_rdns += *s == ',';
	return 0;
}

static int
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

static int
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

static int
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

static int
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

/* --- what slapd calls ------------------------------------------------------- */

struct list_option {
	BerVarray *lines;
	int (*build)(struct chancery *ch, char *msg, size_t cap);
	bool frontend;
};

static struct list_option
list_option(struct chancery *ch, int type)
{
	switch (type) {
	case CONFIG_BASE:
		return (struct list_option){&ch->base_lines, bases_build, true};
	case CONFIG_CONTAINER:
		return (struct list_option){
		    &ch->container_lines, containers_build, true};
	case CONFIG_ATTRIBUTES:
		return (struct list_option){
		    &ch->attribute_lines, attributes_build, true};
	default:
		return (struct list_option){&ch->direct_lines, direct_build, false};
	}
}

static int
list_emit(ConfigArgs *c, BerVarray lines)
{
	char prefix[32];
	struct berval bv;
	int n = lines_count(lines);

	for (int i = 0; i < n; i++) {
		int len = snprintf(prefix, sizeof(prefix), "{%d}", i);

		bv.bv_len = (size_t)len + lines[i].bv_len;
		bv.bv_val = ch_malloc(bv.bv_len + 1);
		memcpy(bv.bv_val, prefix, (size_t)len);
		memcpy(bv.bv_val + len, lines[i].bv_val, lines[i].bv_len + 1);
		ber_bvarray_add(&c->rvalue_vals, &bv);
	}
	return n == 0;
}

static bool
config_role_fits(ConfigArgs *c, bool frontend)
{
	if (frontend == (SLAP_ISGLOBALOVERLAY(c->be) != 0))
		return true;
	snprintf(c->cr_msg, sizeof(c->cr_msg), "%s belongs to the overlay on %s",
	    c->argv[0], frontend ? "the frontend (database frontend)" : "a database");
	Debug(LDAP_DEBUG_ANY, "%s: %s\n", c->log, c->cr_msg);
	return false;
}

static int
list_delete(ConfigArgs *c, struct chancery *ch, struct list_option o)
{
	if (c->valx < 0) {
		ber_bvarray_free(*o.lines);
		*o.lines = NULL;
	} else {
		lines_remove(o.lines, c->valx);
	}
	return o.build(ch, c->cr_msg, sizeof(c->cr_msg));
}

static int
config_list(ConfigArgs *c)
{
	slap_overinst *on = (slap_overinst *)c->bi;
	struct chancery *ch = on->on_bi.bi_private;
	struct list_option o = list_option(ch, c->type);
	int at, n;

	if (c->op == SLAP_CONFIG_EMIT)
		return list_emit(c, *o.lines);
	if (c->op == LDAP_MOD_DELETE)
		return list_delete(c, ch, o);
	if (!config_role_fits(c, o.frontend))
		return ARG_BAD_CONF;
	n = lines_count(*o.lines);
	at = c->valx < 0 || c->valx > n ? n : c->valx;
	lines_insert(o.lines, at, line_join(c->argc - 1, c->argv + 1));
	c->cr_msg[0] = '\0';
	if (o.build(ch, c->cr_msg, sizeof(c->cr_msg)) == 0)
		return 0;
	Debug(LDAP_DEBUG_ANY, "%s: %s\n", c->log, c->cr_msg);
	lines_remove(o.lines, at);
	o.build(ch, (char[SLAP_TEXT_BUFLEN]){""}, SLAP_TEXT_BUFLEN);
	return ARG_BAD_CONF;
}

static int
word_index(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcasecmp(words[i], word) == 0)
			return i;
	return -1;
}

static int
config_word(ConfigArgs *c)
{
	slap_overinst *on = (slap_overinst *)c->bi;
	struct chancery *ch = on->on_bi.bi_private;
	bool guard = c->type == CONFIG_GUARD;
	const char *const *words = guard ? guard_words : publish_words;
	int *field = guard ? &ch->guard : &ch->publish;
	int fallback = guard ? GUARD_REFUSE : PUBLISH_BEST, i;
	struct berval bv;

	if (c->op == SLAP_CONFIG_EMIT) {
		if (*field == fallback)
			return 1;
		ber_str2bv(words[*field], 0, 1, &bv);
		ber_bvarray_add(&c->rvalue_vals, &bv);
		return 0;
	}
	if (c->op == LDAP_MOD_DELETE) {
		*field = fallback;
		return 0;
	}
	if (!config_role_fits(c, false))
		return ARG_BAD_CONF;
	i = word_index(words, c->argv[1]);
	if (i < 0) {
		snprintf(c->cr_msg, sizeof(c->cr_msg), "%s: found %s, wanted %s",
		    c->argv[0], c->argv[1],
		    guard ? "off, warn or refuse" : "best or all");
		Debug(LDAP_DEBUG_ANY, "%s: %s\n", c->log, c->cr_msg);
		return ARG_BAD_CONF;
	}
	*field = i;
	return 0;
}

/* Both switches are on unless said otherwise. */
static int
config_switch(ConfigArgs *c)
{
	slap_overinst *on = (slap_overinst *)c->bi;
	struct chancery *ch = on->on_bi.bi_private;
	int *field = c->type == CONFIG_EMPTY_BASE ? &ch->empty_base : &ch->plus_tags;

	if (c->op == SLAP_CONFIG_EMIT) {
		c->value_int = *field;
		return *field != 0;
	}
	if (c->op == LDAP_MOD_DELETE) {
		*field = 1;
		return 0;
	}
	if (!config_role_fits(c, true))
		return ARG_BAD_CONF;
	*field = c->value_int;
	return 0;
}

int
config_init(struct chancery *ch)
{
	char msg[SLAP_TEXT_BUFLEN] = "";

	ch->empty_base = 1;
	ch->plus_tags = 1;
	ch->publish = PUBLISH_BEST;
	ch->guard = GUARD_REFUSE;
	if (containers_build(ch, msg, sizeof(msg)) == 0 &&
	    attributes_build(ch, msg, sizeof(msg)) == 0)
		return 0;
	Debug(LDAP_DEBUG_ANY, "overlay chancery: %s\n", msg);
	return -1;
}

void
config_fini(struct chancery *ch)
{
	bases_free(ch->base, ch->n_bases);
	containers_free(ch->container, ch->n_containers);
	attributes_free(ch);
	ber_bvarray_free(ch->direct);
	ber_bvarray_free(ch->base_lines);
	ber_bvarray_free(ch->container_lines);
	ber_bvarray_free(ch->attribute_lines);
	ber_bvarray_free(ch->direct_lines);
}
