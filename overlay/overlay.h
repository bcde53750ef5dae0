/*
 * The overlay `chancery`, from inside: its configuration, its state, and the
 * calls between its files. It is loaded twice: on the frontend, where it maps
 * published bases to the real tree (published.c), and on the database, where it
 * chooses certificates (view.c), hides the real suffix (hide.c), guards writes
 * (guard.c) and explains itself (status.c). Whatever can be decided without slapd
 * is decided in core; here types are translated.
 *
 * Threads: slapd calls from its pool; configuration changes only while the pool
 * is paused; what changes at other times has its own lock (authority.c, memo.c).
 */
#ifndef CHANCERY_OVERLAY_H
#define CHANCERY_OVERLAY_H

#include "portable.h"

#include <stdbool.h>
#include <stdio.h>

#include <ac/socket.h>
#include <ac/string.h>
#include <ac/time.h>

#include "slap.h"
#include "slap-config.h"

#include "core/arena.h"
#include "core/choice.h"
#include "core/query.h"

enum publish {
	PUBLISH_BEST,
	PUBLISH_ALL
};
enum guard {
	GUARD_OFF,
	GUARD_WARN,
	GUARD_REFUSE
};

/* A published base and the real suffix whose entries appear under it. */
struct published_base {
	struct berval dn, ndn;		 /* what clients are told */
	struct berval real_dn, real_ndn; /* where the entries are */
};

/* A container that is published, relative to the real suffix. */
struct container {
	struct berval ndn; /* "ou=people" */
	unsigned kind;	   /* one of enum query_kind */
};

enum {
	CONTAINERS_MAX = 16,
	BASES_MAX = 16,
	ATTRIBUTES_MAX = 256
};

/* One instance of the overlay; the fields of the other role stay empty. */
struct chancery {
	/* the frontend's */
	BerVarray base_lines; /* as configured, for cn=config */
	BerVarray container_lines;
	BerVarray attribute_lines;
	struct published_base base[BASES_MAX];
	size_t n_bases;
	struct container container[CONTAINERS_MAX];
	size_t n_containers;
	struct berval attribute[ATTRIBUTES_MAX];       /* names, owned by no one here */
	AttributeType *attribute_type[ATTRIBUTES_MAX]; /* NULL: not in the schema */
	size_t n_attributes;
	int empty_base;
	int plus_tags;

	/* the database's */
	int publish;
	int guard;
	BerVarray direct_lines;
	BerVarray direct; /* normalized DNs; "*" is everybody */
	struct authorities *authorities;
	struct memo *memo;
};

/* The attributes and names that the overlay works with. */
struct schema {
	AttributeDescription *user_certificate; /* userCertificate;binary */
	AttributeDescription *smime;		/* userSMIMECertificate */
	AttributeType *smime_type;		/* of both its spellings */
	AttributeDescription *mail;
	AttributeDescription *status;  /* chanceryStatus */
	AttributeDescription *revoked; /* chanceryRevoked, or NULL */
	AttributeDescription *ca_certificate;
	AttributeDescription *crl;
	AttributeDescription *authority_crl;
	AttributeDescription *delta_crl;
};
extern struct schema chancery_schema;

/* In whose name the overlay's own searches run and checked views are sent. */
extern struct berval chancery_identity;

/* The module's callbacks of slapd, collected by module.c. */
extern ConfigTable chancery_config_table[];
extern ConfigOCs chancery_config_classes[];

/* --- config.c ------------------------------------------------------------ */
int config_init(struct chancery *ch);
void config_fini(struct chancery *ch);
/* Whether each published base is a name of its own: 0, or -1 with the reason. */
int config_check_bases(const struct chancery *ch, char *msg, size_t cap);

/* --- module.c ------------------------------------------------------------ */
/* The frontend's instance, or NULL where none is configured. */
struct chancery *chancery_frontend(void);
/* The instance on this database, or NULL; *on_out may be NULL. */
struct chancery *chancery_of(BackendDB *be, slap_overinst **on_out);
/* Finds attributes that may have entered the schema since. */
void chancery_schema_find(void);

static inline struct bytes
bytes_of_bv(const struct berval *bv)
{
	return (struct bytes){(const uint8_t *)bv->bv_val, bv->bv_len};
}

/* --- names.c: DNs between published and real ----------------------------- */
/* The base that this normalized DN is at or below, or NULL. */
const struct published_base *
names_published(const struct chancery *front, const struct berval *ndn);
/* The base whose real suffix this normalized DN is at or below, or NULL. */
const struct published_base *
names_real(const struct chancery *front, const struct berval *ndn);
/* The same DN under the real suffix; memory of ctx. */
void names_to_real(const struct published_base *b, const struct berval *dn,
    const struct berval *ndn, struct berval *dn_out, struct berval *ndn_out, void *ctx);
/* The published form of a real DN, in the arena. False: out of memory. */
bool names_to_published(const struct published_base *b, const struct berval *dn,
    const struct berval *ndn, struct arena *a, struct berval *dn_out,
    struct berval *ndn_out);
/* The kinds of what is at this real DN: 0 is not published at all. */
unsigned names_kinds(const struct chancery *front, const struct published_base *b,
    const struct berval *ndn);
/* Whether a search may begin at this real DN: what is published is at or below. */
bool names_reachable(const struct chancery *front, const struct published_base *b,
    const struct berval *ndn);
/* The published attribute types: by type, and by name as sent by a client. */
bool names_type_published(const struct chancery *front, const AttributeType *at);
bool names_attribute_published(struct bytes name, void *front);

/* --- published.c: the frontend's search ---------------------------------- */
enum {
	VIEW_BUFFER = 6 * 1024,
	VIEW_HEAP_MAX = 32 * 1024 * 1024
};

/* A search under a published base, from its start to its end on the stack of
 * the frontend's search; found by the database through the operation's extras. */
struct published_search {
	OpExtra mark;
	Operation *op;
	const struct chancery *front;
	struct chancery *db; /* the database's instance, or NULL */
	const struct published_base *base;
	unsigned kinds;	   /* wanted, enum query_kind */
	bool any_kind;	   /* a base search, or one below a container */
	bool smime_binary; /* userSMIMECertificate;binary is wanted */
	bool smime_plain;
	bool all_user; /* all user attributes are wanted */
	bool by_type;  /* or exactly the listed types, all of them published */
	bool choosing; /* choose_cb is in place */
	int slimit;    /* the client's, kept by us: counts what is sent */
	Filter *exact; /* tested on the view, or NULL */
	AttributeDescription smime_binary_desc;

	slap_callback choose_cb;  /* the database's turn: chosen certificates */
	slap_callback rewrite_cb; /* the frontend's turn: the published name */

	/* the entry on its way out (view.c) */
	Entry *stored; /* as the database gave it, or NULL: no view now */
	slap_mask_t stored_flags;
	Entry view;
	bool renamed;
	BackendDB as_root; /* a copy in which chancery_identity is the root */
	BackendDB *client_bd;
	struct berval client_dn, client_ndn;
	struct arena arena;
	void *buffer; /* VIEW_BUFFER bytes, where the arena begins */

	/* of the result on its way out: what no client hears */
	bool held_back;
	const char *matched;
	BerVarray ref;
};

BI_op_search published_op_search;
/* The published search that this operation is, or NULL. */
struct published_search *published_find(Operation *op);
/* The database's turn: chooses among certificates if the search is marked. */
BI_op_search published_db_search;

/* --- filter.c: slapd's filters to core's and back ------------------------ */
struct filter_plan {
	Filter *filter; /* NULL: run the client's own */
	struct berval text;
	Filter *exact;
	unsigned kinds;
};
/* 0, or an LDAP result code with *text. */
int filter_plan(Operation *op, const struct chancery *front, struct filter_plan *out,
    struct berval *text);
void filter_plan_free(Operation *op, struct filter_plan *p);

/* --- attrs.c: which attributes the client asked for ---------------------- */
/* A list in ctx memory for the search instead of the client's. */
AttributeName *attrs_wanted(Operation *op, struct published_search *ps);

/* --- view.c: the entry as it is sent ------------------------------------- */
/* Builds ps->view from rs->sr_entry. 1 built, 0 not to be sent. */
int view_build(struct published_search *ps, Operation *op, SlapReply *rs);
/* Puts the published name on it and lets slapd send it unchecked. */
int view_rename(struct published_search *ps, Operation *op, SlapReply *rs);
/* Puts back what the database gave. */
void view_end(struct published_search *ps, Operation *op, SlapReply *rs);

/* --- judge.c: an entry's certificates ------------------------------------ */
struct judged {
	size_t n_certs; /* values of userCertificate */
	size_t n_smime; /* values of userSMIMECertificate */
	struct choice_judgement *cert;
	struct choice_judgement *smime;
};
/* Judges all values of the entry, from memory where its version is known.
 * Results in the arena. False: out of memory. */
bool judge_entry(struct chancery *db, Operation *op, Entry *e, time_t now,
    struct arena *a, struct judged *out);

/* All values of an attribute, or NULL: `slapadd -q` stores an attribute whose
 * values are scattered over the LDIF as several, which this makes one again. */
Attribute *entry_values(Entry *e, AttributeDescription *ad, struct arena *a);
/* The same from the first of them on, which is known already. */
Attribute *entry_values_from(Attribute *first, struct arena *a);

/* --- memo.c: judgements remembered by entry version ---------------------- */
struct entry_version {
	const struct berval *uuid, *csn; /* normalized; NULL: the entry has none */
};
struct memo *memo_new(void);
void memo_free(struct memo **mp);
bool memo_get(struct memo *m, const struct entry_version *v, unsigned generation,
    struct arena *a, struct judged *out);
void memo_put(struct memo *m, const struct entry_version *v, unsigned generation,
    const struct judged *j);

/* --- authority.c: CRLs and CA names under ou=authorities ----------------- */
struct authorities *authorities_new(void);
void authorities_free(struct authorities **ap);
/* Reads all again; at opening, and after each write there. */
void authorities_load(struct authorities *a, BackendDB *be, slap_overinst *on);
/* Of every database: where they are may have changed. Only while slapd runs, and
 * not while an overlay of the frontend opens: access control passes there. */
void authorities_load_all(void);
/* Whether a write at this DN concerns them. */
bool authorities_concerned(BackendDB *be, const struct berval *ndn);
/* Changes with each reading: what was judged with another one is stale. */
unsigned authorities_generation(struct authorities *a);
/* Is it in a CRL? Also 1 for certificates named by chanceryRevoked: judge.c. */
bool authorities_revoked(struct authorities *a, const struct cert *c);
/* The entry of the CA with this subject; copies into ctx memory. */
bool authorities_subject(struct authorities *a, const struct berval *subject_ndn,
    struct berval *dn_out, struct berval *ndn_out, void *ctx);

/* --- hide.c, guard.c, status.c, rootdse.c -------------------------------- */
BI_op_search hide_op_search;
BI_op_compare hide_op_compare;
/* Whether this client may see the real suffix of op->o_bd. */
bool hide_may_see(const struct chancery *db, Operation *op);
/* Whether this normalized DN is in a real suffix that is hidden from the client. */
bool hide_from(Operation *op, const struct berval *ndn);
BI_op_add guard_op_add;
BI_op_modify guard_op_modify;
BI_operational status_operational;
/* Answers the rootDSE with published bases as naming contexts. */
int rootdse_search(Operation *op, SlapReply *rs, slap_overinst *on);

#endif
