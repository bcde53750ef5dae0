/*
 * Judgements remembered by entry version: entryUUID says which entry, entryCSN
 * which version, the generation which CRLs it was judged with. A table of fixed
 * size where a newcomer takes the place of whoever had it: no list to maintain,
 * no entry that stays for ever. What is remembered is intervals of validity,
 * never "valid".
 */
#include "overlay/overlay.h"

#include "core/bytes.h"

enum {
	MEMO_SLOTS = 1 << 16,
	MEMO_LOCKS = 64,
	MEMO_MAX_VALUES = 8192, /* an entry with more is judged each time */
	MEMO_CSN_MAX = 64,
	MEMO_UUID = 16,
};

struct memo_slot {
	struct choice_judgement *judgement; /* certificates, then signed ones */
	unsigned n_certs, n_smime;
	unsigned generation;
	uint8_t uuid[MEMO_UUID];
	uint8_t csn_len;
	char csn[MEMO_CSN_MAX];
};

struct memo {
	ldap_pvt_thread_mutex_t lock[MEMO_LOCKS];
	struct memo_slot slot[MEMO_SLOTS];
};

struct version {
	struct berval uuid, csn;
	size_t slot;
};

struct memo *
memo_new(void)
{
	struct memo *m = ch_calloc(1, sizeof(*m));

	for (size_t i = 0; i < MEMO_LOCKS; i++)
		ldap_pvt_thread_mutex_init(&m->lock[i]);
	return m;
}

void
memo_free(struct memo **mp)
{
	struct memo *m = *mp;

	if (m == NULL)
		return;
	for (size_t i = 0; i < MEMO_SLOTS; i++)
		free(m->slot[i].judgement);
	for (size_t i = 0; i < MEMO_LOCKS; i++)
		ldap_pvt_thread_mutex_destroy(&m->lock[i]);
	ch_free(m);
	*mp = NULL;
}

static bool
version_of(Entry *e, struct version *v)
{
	Attribute *uuid = attr_find(e->e_attrs, slap_schema.si_ad_entryUUID);
	Attribute *csn = attr_find(e->e_attrs, slap_schema.si_ad_entryCSN);
	uint32_t h;

	if (uuid == NULL || csn == NULL || uuid->a_nvals[0].bv_len != MEMO_UUID ||
	    csn->a_nvals[0].bv_len > MEMO_CSN_MAX)
		return false;
	v->uuid = uuid->a_nvals[0];
	v->csn = csn->a_nvals[0];
	memcpy(&h, v->uuid.bv_val, sizeof(h));
	for (size_t i = sizeof(h); i < MEMO_UUID; i++)
		h = h * 16777619u ^ (unsigned char)v->uuid.bv_val[i];
	v->slot = h % MEMO_SLOTS;
	return true;
}

static bool
slot_holds(const struct memo_slot *s, const struct version *v, unsigned generation)
{
	return s->judgement != NULL && s->generation == generation &&
	       memcmp(s->uuid, v->uuid.bv_val, MEMO_UUID) == 0 &&
	       s->csn_len == v->csn.bv_len &&
	       memcmp(s->csn, v->csn.bv_val, v->csn.bv_len) == 0;
}

bool
memo_get(
    struct memo *m, Entry *e, unsigned generation, struct arena *a, struct judged *out)
{
	struct version v;
	struct memo_slot *s;
	struct choice_judgement *j;
	size_t n = 0;

	if (!version_of(e, &v))
		return false;
	s = &m->slot[v.slot];
	ldap_pvt_thread_mutex_lock(&m->lock[v.slot % MEMO_LOCKS]);
	j = NULL;
	if (slot_holds(s, &v, generation)) {
		n = s->n_certs + s->n_smime;
		j = arena_alloc(a, (n + 1) * sizeof(*j));
	}
	if (j != NULL) {
		memcpy(j, s->judgement, n * sizeof(*j));
		out->n_certs = s->n_certs;
		out->n_smime = s->n_smime;
		out->cert = j;
		out->smime = j + s->n_certs;
	}
	ldap_pvt_thread_mutex_unlock(&m->lock[v.slot % MEMO_LOCKS]);
	return j != NULL;
}

void
memo_put(struct memo *m, Entry *e, unsigned generation, const struct judged *judged)
{
	size_t n = judged->n_certs + judged->n_smime;
	struct choice_judgement *j, *old;
	struct memo_slot *s;
	struct version v;

	if (n == 0 || n > MEMO_MAX_VALUES || !version_of(e, &v))
		return;
	j = malloc(n * sizeof(*j));
	if (j == NULL)
		return;
	memcpy(j, judged->cert, judged->n_certs * sizeof(*j));
	memcpy(j + judged->n_certs, judged->smime, judged->n_smime * sizeof(*j));
	s = &m->slot[v.slot];
	ldap_pvt_thread_mutex_lock(&m->lock[v.slot % MEMO_LOCKS]);
	old = s->judgement;
	s->judgement = j;
	s->n_certs = (unsigned)judged->n_certs;
	s->n_smime = (unsigned)judged->n_smime;
	s->generation = generation;
	memcpy(s->uuid, v.uuid.bv_val, MEMO_UUID);
	memcpy(s->csn, v.csn.bv_val, v.csn.bv_len);
	s->csn_len = (uint8_t)v.csn.bv_len;
	ldap_pvt_thread_mutex_unlock(&m->lock[v.slot % MEMO_LOCKS]);
	free(old);
}
