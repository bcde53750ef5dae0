/*
 * Judgements remembered by entry version: entryUUID says which entry, entryCSN
 * which version, the generation which CRLs it was judged with. A table of fixed
 * size where a newcomer takes the place of whoever had it: no list to maintain,
 * no entry that stays for ever. What is remembered is intervals of validity,
 * never "valid". Called by judge.c.
 */
#include "overlay/overlay.h"

#include "core/bytes.h"

enum {
	MEMO_SLOTS_BITS = 16,
	MEMO_SLOTS = 1 << MEMO_SLOTS_BITS,
	MEMO_LOCKS = 64,
	MEMO_MAX_VALUES = 8192, /* an entry with more is judged each time */
	MEMO_CSN_MAX = 47,	/* slapd's have 40 */
	MEMO_UUID = 16,
};

/* Two lines of the processor's cache: nearly every slot is read from memory. */
struct memo_slot {
	uint8_t uuid[MEMO_UUID];
	char csn[MEMO_CSN_MAX];
	uint8_t csn_len;
	unsigned generation;
	unsigned n_certs, n_smime; /* 0, 0: nothing is here */
	struct choice_judgement only;
	struct choice_judgement *many; /* certificates, then signed ones; or NULL */
};

struct memo {
	ldap_pvt_thread_mutex_t lock[MEMO_LOCKS];
	struct memo_slot slot[MEMO_SLOTS];
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
		free(m->slot[i].many);
	for (size_t i = 0; i < MEMO_LOCKS; i++)
		ldap_pvt_thread_mutex_destroy(&m->lock[i]);
	ch_free(m);
	*mp = NULL;
}

static bool
version_usable(const struct entry_version *v)
{
	return v->uuid != NULL && v->csn != NULL && v->uuid->bv_len == MEMO_UUID &&
	       v->csn->bv_len <= MEMO_CSN_MAX;
}

static size_t
version_slot(const struct entry_version *v)
{
	uint64_t half[2];

	memcpy(half, v->uuid->bv_val, sizeof(half));
	return (half[0] ^ half[1]) * UINT64_C(0x9e3779b97f4a7c15) >>
	       (64 - MEMO_SLOTS_BITS);
}

static bool
slot_holds(
    const struct memo_slot *s, const struct entry_version *v, unsigned generation)
{
	return s->n_certs + s->n_smime > 0 && s->generation == generation &&
	       memcmp(s->uuid, v->uuid->bv_val, MEMO_UUID) == 0 &&
	       s->csn_len == v->csn->bv_len &&
	       memcmp(s->csn, v->csn->bv_val, v->csn->bv_len) == 0;
}

/* False: out of memory. */
static bool
slot_read(const struct memo_slot *s, struct arena *a, struct judged *out)
{
	size_t n = s->n_certs + s->n_smime;
	struct choice_judgement *j = arena_alloc(a, n * sizeof(*j));

	if (j == NULL)
		return false;
	memcpy(j, s->many == NULL ? &s->only : s->many, n * sizeof(*j));
	out->n_certs = s->n_certs;
	out->n_smime = s->n_smime;
	out->cert = j;
	out->smime = j + s->n_certs;
	return true;
}

bool
memo_get(struct memo *m, const struct entry_version *v, unsigned generation,
    struct arena *a, struct judged *out)
{
	size_t slot;
	bool found;

	if (!version_usable(v))
		return false;
	slot = version_slot(v);
	ldap_pvt_thread_mutex_lock(&m->lock[slot % MEMO_LOCKS]);
	found = slot_holds(&m->slot[slot], v, generation) &&
		slot_read(&m->slot[slot], a, out);
	ldap_pvt_thread_mutex_unlock(&m->lock[slot % MEMO_LOCKS]);
	return found;
}

void
memo_put(struct memo *m, const struct entry_version *v, unsigned generation,
    const struct judged *judged)
{
	size_t n = judged->n_certs + judged->n_smime, slot;
	struct choice_judgement *many = NULL, *old;
	struct memo_slot *s;

	if (n == 0 || n > MEMO_MAX_VALUES || !version_usable(v))
		return;
	if (n > 1) {
		many = malloc(n * sizeof(*many));
		if (many == NULL)
			return;
		memcpy(many, judged->cert, judged->n_certs * sizeof(*many));
		memcpy(many + judged->n_certs, judged->smime,
		    judged->n_smime * sizeof(*many));
	}
	slot = version_slot(v);
	s = &m->slot[slot];
	ldap_pvt_thread_mutex_lock(&m->lock[slot % MEMO_LOCKS]);
	old = s->many;
	s->many = many;
	if (n == 1)
		s->only = judged->n_certs == 1 ? judged->cert[0] : judged->smime[0];
	s->n_certs = (unsigned)judged->n_certs;
	s->n_smime = (unsigned)judged->n_smime;
	s->generation = generation;
	memcpy(s->uuid, v->uuid->bv_val, MEMO_UUID);
	memcpy(s->csn, v->csn->bv_val, v->csn->bv_len);
	s->csn_len = (uint8_t)v->csn->bv_len;
	ldap_pvt_thread_mutex_unlock(&m->lock[slot % MEMO_LOCKS]);
	free(old);
}
