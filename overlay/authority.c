/*
 * What the directory says of authorities: which serial numbers their CRLs
 * revoke, and where the entry of the CA with a given subject is. Read as a whole
 * at opening and again after every write below ou=authorities; readers see the
 * old reading or the new one, never a mixture. A CRL that does not parse is
 * logged and passed over; one past its nextUpdate stays in use, with a warning.
 */
#include "overlay/overlay.h"

#include "core/crl.h"
#include "core/revoked.h"

enum {
	SUBJECTS_MAX = 4096
};

struct subject {
	struct berval subject_ndn;
	struct berval dn, ndn; /* of the entry */
};

/* One reading; immutable once it is in place. */
struct reading {
	struct revoked *revoked;
	struct subject *subject;
	size_t n_subjects;
	int64_t next_update; /* the earliest of all CRLs */
};

struct authorities {
	ldap_pvt_thread_rdwr_t lock; /* of `now` */
	ldap_pvt_thread_mutex_t loading;
	struct reading *now;
	unsigned generation;
	time_t warned; /* of a CRL past its nextUpdate; at most hourly */
};

enum {
	WARN_EVERY = 3600
};

struct authorities *
authorities_new(void)
{
	struct authorities *a = ch_calloc(1, sizeof(*a));

	ldap_pvt_thread_rdwr_init(&a->lock);
	ldap_pvt_thread_mutex_init(&a->loading);
	return a;
}

static void
reading_free(struct reading *r)
{
	if (r == NULL)
		return;
	revoked_free(&r->revoked);
	for (size_t i = 0; i < r->n_subjects; i++) {
		ch_free(r->subject[i].subject_ndn.bv_val);
		ch_free(r->subject[i].dn.bv_val);
		ch_free(r->subject[i].ndn.bv_val);
	}
	ch_free(r->subject);
	ch_free(r);
}

void
authorities_free(struct authorities **ap)
{
	struct authorities *a = *ap;

	if (a == NULL)
		return;
	reading_free(a->now);
	ldap_pvt_thread_rdwr_destroy(&a->lock);
	ldap_pvt_thread_mutex_destroy(&a->loading);
	ch_free(a);
	*ap = NULL;
}

/* --- reading --------------------------------------------------------------- */

static void
read_subject(struct reading *r, Entry *e, const struct berval *der)
{
	struct berval name;
	struct subject *s;
	struct cert c;

	if (r->n_subjects == SUBJECTS_MAX ||
	    cert_parse(bytes_of_bv(der), &c, NULL) != 0)
		return;
	r->subject = ch_realloc(r->subject, (r->n_subjects + 1) * sizeof(*s));
	s = &r->subject[r->n_subjects];
	name.bv_val = (char *)c.subject.p;
	name.bv_len = c.subject.n;
	BER_BVZERO(&s->subject_ndn);
	if (dnX509normalize(&name, &s->subject_ndn) != LDAP_SUCCESS ||
	    BER_BVISEMPTY(&s->subject_ndn)) {
		ch_free(s->subject_ndn.bv_val);
		return;
	}
	ber_dupbv(&s->dn, &e->e_name);
	ber_dupbv(&s->ndn, &e->e_nname);
	r->n_subjects++;
}

static void
read_crl(struct reading *r, Entry *e, const struct berval *der)
{
	int64_t next = INT64_MAX;
	struct err err = {0};

	if (revoked_add_crl(r->revoked, bytes_of_bv(der), &next, &err) != 0) {
		Debug(LDAP_DEBUG_ANY, "chancery: CRL at %s is not used: %s\n",
		    e->e_name.bv_val, err.text);
		return;
	}
	if (next < r->next_update)
		r->next_update = next;
}

static void
read_values(struct reading *r, Entry *e, AttributeDescription *ad,
    void (*read_one)(struct reading *, Entry *, const struct berval *))
{
	Attribute *a = ad == NULL ? NULL : attr_find(e->e_attrs, ad);

	for (; a != NULL; a = attr_find(a->a_next, ad))
		for (unsigned i = 0; i < a->a_numvals; i++)
			read_one(r, e, &a->a_vals[i]);
}

static int
read_entry(Operation *op, SlapReply *rs)
{
	struct reading *r = op->o_callback->sc_private;
	const struct schema *s = &chancery_schema;

	if (rs->sr_type != REP_SEARCH)
		return LDAP_SUCCESS;
	read_values(r, rs->sr_entry, s->ca_certificate, read_subject);
	read_values(r, rs->sr_entry, s->crl, read_crl);
	read_values(r, rs->sr_entry, s->authority_crl, read_crl);
	read_values(r, rs->sr_entry, s->delta_crl, read_crl);
	return LDAP_SUCCESS;
}

/* The container of authorities below this database's suffix. */
static void
authorities_base(BackendDB *be, struct berval *ndn, void *ctx)
{
	const struct chancery *front = chancery_frontend();
	struct berval rel = BER_BVC("ou=authorities");

	for (size_t i = 0; front != NULL && i < front->n_containers; i++)
		if (front->container[i].kind == QUERY_AUTHORITIES)
			rel = front->container[i].ndn;
	build_new_dn(ndn, &be->be_nsuffix[0], &rel, ctx);
}

struct loading {
	Operation *op;
	BackendInfo *database; /* below all overlays */
	struct reading *reading;
};

static void *
loading_search(void *arg)
{
	struct loading *l = arg;
	Operation *op = l->op;
	SlapReply rs = {REP_RESULT};
	slap_callback cb = {.sc_response = read_entry, .sc_private = l->reading};
	struct berval base;

	authorities_base(op->o_bd, &base, op->o_tmpmemctx);
	op->o_tag = LDAP_REQ_SEARCH;
	op->o_req_dn = base;
	op->o_req_ndn = base;
	op->ors_scope = LDAP_SCOPE_SUBTREE;
	op->ors_deref = LDAP_DEREF_NEVER;
	op->ors_slimit = SLAP_NO_LIMIT;
	op->ors_tlimit = SLAP_NO_LIMIT;
	op->ors_limit = NULL;
	op->ors_attrsonly = 0;
	/* All that is stored comes anyway; for operational ones slapd would go
	 * through this database's overlays, which may be half open. */
	op->ors_attrs = NULL;
	op->ors_filter = (Filter *)slap_filter_objectClass_pres;
	op->ors_filterstr = *slap_filterstr_objectClass_pres;
	op->o_managedsait = SLAP_CONTROL_NONCRITICAL;
	op->o_callback = &cb;
	l->database->bi_op_search(op, &rs);
	op->o_tmpfree(base.bv_val, op->o_tmpmemctx);
	return NULL;
}

static struct reading *
reading_new(BackendDB *be, slap_overinst *on, bool in_pool)
{
	struct reading *r = ch_calloc(1, sizeof(*r));
	void *thrctx = ldap_pvt_thread_pool_context();
	Connection conn = {0};
	OperationBuffer opbuf;
	BackendDB db = *be;
	ldap_pvt_thread_t tid;
	struct loading l = {.database = on->on_info->oi_orig, .reading = r};

	r->next_update = INT64_MAX;
	r->revoked = revoked_new();
	if (r->revoked == NULL) {
		ch_free(r);
		return NULL;
	}
	connection_fake_init2(&conn, &opbuf, thrctx, 0);
	l.op = &opbuf.ob_op;
	db.bd_info = l.database;
	l.op->o_bd = &db;
	db.be_rootdn = chancery_identity;
	db.be_rootndn = chancery_identity;
	l.op->o_dn = chancery_identity;
	l.op->o_ndn = chancery_identity;
	if (in_pool) {
		loading_search(&l);
	} else {
		/* slapd's main thread must not hold a reader of the database */
		ldap_pvt_thread_create(&tid, 0, loading_search, &l);
		ldap_pvt_thread_join(tid, NULL);
	}
	revoked_seal(r->revoked);
	return r;
}

void
authorities_load(struct authorities *a, BackendDB *be, slap_overinst *on)
{
	struct reading *fresh, *old;
	bool opening = (slapMode & SLAP_SERVER_RUNNING) == 0;

	if (be->be_nsuffix == NULL || BER_BVISNULL(&be->be_nsuffix[0]))
		return;
	ldap_pvt_thread_mutex_lock(&a->loading);
	fresh = reading_new(be, on, !opening);
	if (fresh != NULL) {
		ldap_pvt_thread_rdwr_wlock(&a->lock);
		old = a->now;
		a->now = fresh;
		__atomic_add_fetch(&a->generation, 1, __ATOMIC_RELEASE);
		ldap_pvt_thread_rdwr_wunlock(&a->lock);
		reading_free(old);
		Debug(LDAP_DEBUG_STATS,
		    "chancery: %s: %lu revoked certificates, %lu authorities\n",
		    be->be_suffix[0].bv_val,
		    (unsigned long)revoked_count(fresh->revoked),
		    (unsigned long)fresh->n_subjects);
	}
	a->warned = 0;
	ldap_pvt_thread_mutex_unlock(&a->loading);
}

void
authorities_load_all(void)
{
	BackendDB *be;

	if ((slapMode & SLAP_SERVER_RUNNING) == 0)
		return;
	LDAP_STAILQ_FOREACH(be, &backendDB, be_next)
	{
		slap_overinst *on;
		struct chancery *db = chancery_of(be, &on);

		if (db != NULL && db->authorities != NULL)
			authorities_load(db->authorities, be, on);
	}
}

bool
authorities_concerned(BackendDB *be, const struct berval *ndn)
{
	struct berval base;
	bool concerned;

	if (be->be_nsuffix == NULL || BER_BVISNULL(&be->be_nsuffix[0]))
		return false;
	authorities_base(be, &base, NULL);
	concerned = dnIsSuffix(ndn, &base) || dnIsSuffix(&base, ndn);
	ch_free(base.bv_val);
	return concerned;
}

/* --- asking ---------------------------------------------------------------- */

unsigned
authorities_generation(struct authorities *a)
{
	return __atomic_load_n(&a->generation, __ATOMIC_ACQUIRE);
}

static void
warn_if_stale(struct authorities *a, const struct reading *r)
{
	time_t now = slap_get_time();

	if (now <= r->next_update || now - a->warned < WARN_EVERY)
		return;
	a->warned = now;
	Debug(LDAP_DEBUG_ANY,
	    "chancery: a CRL under ou=authorities is past its nextUpdate; it stays in "
	    "use: publish a new one\n");
}

bool
authorities_revoked(struct authorities *a, const struct cert *c)
{
	bool found = false;

	ldap_pvt_thread_rdwr_rlock(&a->lock);
	if (a->now != NULL) {
		found = revoked_has(a->now->revoked, c->issuer, c->serial);
		warn_if_stale(a, a->now);
	}
	ldap_pvt_thread_rdwr_runlock(&a->lock);
	return found;
}

bool
authorities_subject(struct authorities *a, const struct berval *subject_ndn,
    struct berval *dn_out, struct berval *ndn_out, void *ctx)
{
	bool found = false;

	ldap_pvt_thread_rdwr_rlock(&a->lock);
	for (size_t i = 0; a->now != NULL && i < a->now->n_subjects && !found; i++) {
		const struct subject *s = &a->now->subject[i];

		if (!bvmatch(&s->subject_ndn, subject_ndn))
			continue;
		ber_dupbv_x(dn_out, (struct berval *)&s->dn, ctx);
		ber_dupbv_x(ndn_out, (struct berval *)&s->ndn, ctx);
		found = true;
	}
	ldap_pvt_thread_rdwr_runlock(&a->lock);
	return found;
}
