/*
 * chanceryStatus: one line a stored certificate, published or why not, until
 * when. Made when somebody asks for it and may read it; never stored.
 */
#include "overlay/overlay.h"

enum {
	STATUS_HEAP_MAX = 16 * 1024 * 1024,
	STATUS_LINE_MAX = 1024
};

struct lines {
	Operation *op;
	const struct chancery *db;
	BerVarray values;
	struct arena *arena;
};

static void
add_line(struct lines *l, const char *attribute, const char *text)
{
	char line[STATUS_LINE_MAX + 64];
	struct berval bv;

	snprintf(line, sizeof(line), "%s: %s", attribute, text);
	ber_str2bv(line, 0, 1, &bv);
	ber_bvarray_add(&l->values, &bv);
}

/* Of several certificates in a signed value, the one that was judged. */
static const struct cert *
signed_cert_of(struct bytes der, const struct choice_judgement *j, struct cert *c)
{
	struct cms cms;
	size_t i = 0;

	if (cms_open(der, &cms, NULL) != 0)
		return NULL;
	while (cms_next(&cms, &der) == 1)
		if (i++ == j->inside)
			return cert_parse(der, c, NULL) == 0 ? c : NULL;
	return NULL;
}

/* The certificate to describe, or NULL where there is none. */
static const struct cert *
cert_of(const struct berval *val, bool is_signed, const struct choice_judgement *j,
    struct cert *c)
{
	if (is_signed)
		return signed_cert_of(bytes_of_bv(val), j, c);
	return cert_parse(bytes_of_bv(val), c, NULL) == 0 ? c : NULL;
}

static void
add_attribute(struct lines *l, Attribute *a, const struct choice_judgement *j, size_t n,
    bool is_signed)
{
	char text[STATUS_LINE_MAX];
	size_t best = SIZE_MAX;
	enum choice_reason r;
	struct cert c;

	if (a == NULL || n == 0)
		return;
	if (l->db->publish == PUBLISH_BEST)
		choice_rank(j, n, l->op->o_time, &best, 1);
	for (size_t i = 0; i < n; i++) {
		r = choice_at(&j[i], l->op->o_time);
		if (r == CHOICE_PUBLISHED && l->db->publish == PUBLISH_BEST &&
		    i != best)
			r = CHOICE_OTHER_FIRST;
		choice_line(cert_of(&a->a_vals[i], is_signed, &j[i], &c), &j[i], r,
		    text, sizeof(text));
		add_line(
		    l, is_signed ? "userSMIMECertificate" : "userCertificate", text);
	}
}

static BerVarray
status_values(Operation *op, struct chancery *db, Entry *e)
{
	struct arena arena;
	struct lines l = {.op = op, .db = db, .arena = &arena};
	struct judged j;

	arena_init(&arena, NULL, 0, STATUS_HEAP_MAX);
	if (judge_entry(db, op, e, op->o_time, &arena, &j)) {
		add_attribute(&l,
		    entry_values(e, chancery_schema.user_certificate, &arena), j.cert,
		    j.n_certs, false);
		if (chancery_schema.smime != NULL)
			add_attribute(&l,
			    entry_values(e, chancery_schema.smime, &arena), j.smime,
			    j.n_smime, true);
	}
	arena_fini(&arena);
	return l.values;
}

/* By its name only: replicas and backups ask for all operational attributes, and
 * would store it. */
static bool
is_named(const AttributeName *an)
{
	for (; an != NULL && !BER_BVISNULL(&an->an_name); an++)
		if (an->an_desc == chancery_schema.status)
			return true;
	return false;
}

int
status_operational(Operation *op, SlapReply *rs)
{
	slap_overinst *on = (slap_overinst *)op->o_bd->bd_info;
	struct chancery *db = on->on_bi.bi_private;
	Attribute **tail = &rs->sr_operational_attrs;
	BerVarray values;

	if (db == chancery_frontend() || db->authorities == NULL ||
	    rs->sr_entry == NULL || chancery_schema.user_certificate == NULL)
		return SLAP_CB_CONTINUE;
	if (!is_named(rs->sr_attrs))
		return SLAP_CB_CONTINUE;
	if (!access_allowed(
		op, rs->sr_entry, chancery_schema.status, NULL, ACL_READ, NULL))
		return SLAP_CB_CONTINUE;
	values = status_values(op, db, rs->sr_entry);
	if (values == NULL)
		return SLAP_CB_CONTINUE;
	while (*tail != NULL)
		tail = &(*tail)->a_next;
	*tail = attr_alloc(chancery_schema.status);
	(*tail)->a_vals = values;
	(*tail)->a_nvals = values;
	for ((*tail)->a_numvals = 0; !BER_BVISNULL(&values[(*tail)->a_numvals]);)
		(*tail)->a_numvals++;
	return SLAP_CB_CONTINUE;
}
