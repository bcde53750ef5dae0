/*
 * The overlay's options: one row each in chancery_config_table, which slapd
 * reads from slapd.conf and cn=config alike. Options that are lists keep their
 * lines as configured, so that cn=config shows what was entered, and are parsed
 * anew as a whole at each change: a change that does not parse changes nothing.
 * Called while slapd starts, or with its thread pool paused.
 */
#include "overlay/config.h"

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

static const char *const publish_words[] = {
    [PUBLISH_BEST] = "best", [PUBLISH_ALL] = "all", NULL};
static const char *const guard_words[] = {
    [GUARD_OFF] = "off", [GUARD_WARN] = "warn", [GUARD_REFUSE] = "refuse", NULL};

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
	if (o.build(ch, c->cr_msg, sizeof(c->cr_msg)) != 0)
		return -1;
	if (c->type == CONFIG_CONTAINER)
		authorities_load_all();
	return 0;
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
	if (c->argc - 1 > WORDS_MAX) {
		snprintf(c->cr_msg, sizeof(c->cr_msg), "%s: more than %d words",
		    c->argv[0], WORDS_MAX);
		Debug(LDAP_DEBUG_ANY, "%s: %s\n", c->log, c->cr_msg);
		return ARG_BAD_CONF;
	}
	n = lines_count(*o.lines);
	at = c->valx < 0 || c->valx > n ? n : c->valx;
	lines_insert(o.lines, at, line_join(c->argc - 1, c->argv + 1));
	c->cr_msg[0] = '\0';
	if (o.build(ch, c->cr_msg, sizeof(c->cr_msg)) == 0) {
		if (c->type == CONFIG_CONTAINER)
			authorities_load_all();
		return 0;
	}
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
	build_free(ch);
	ber_bvarray_free(ch->base_lines);
	ber_bvarray_free(ch->container_lines);
	ber_bvarray_free(ch->attribute_lines);
	ber_bvarray_free(ch->direct_lines);
}
