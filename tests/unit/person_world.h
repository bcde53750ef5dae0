/*
 * A person with a key and a certificate of the issuing CA of ca_world.h, for the
 * tests of what is made for that person (PFX, userSMIMECertificate).
 */
#ifndef CHANCERY_TESTS_PERSON_WORLD_H
#define CHANCERY_TESTS_PERSON_WORLD_H

#include "tests/unit/ca_world.h"

struct person {
	struct world world;
	struct key *key;
	struct owned cert;
	struct bytes chain[2]; /* the issuing CA, the root */
};

/* CAs with P-256 keys; everything issued at `now`. */
__attribute__((unused)) static void
person_init(struct person *p, enum key_kind kind, int64_t now)
{
	struct world *w = &p->world;
	struct profile_request request;
	struct owned tbs;
	struct err e = {0};

	p->key = world_key(kind);
	w->root = world_root(KEY_P256, now, &w->root_cert);
	w->issuing = world_issuing(w->root, KEY_P256, now, &w->issuing_cert);
	if (owned_copy(key_spki(p->key), &w->spki) != 0)
		exit(1);
	request = world_request(w, PROFILE_SPONSOR);
	request.now = now;
	world_must(
	    ca_prepare(w->issuing, &world_policy, &request, &tbs, &e), &e, "prepare");
	world_must(ca_issue(w->issuing, &world_policy, &request, owned_view(&tbs),
		       &p->cert, &e),
	    &e, "issue");
	owned_free(&tbs);
	p->chain[0] = owned_view(&w->issuing_cert);
	p->chain[1] = owned_view(&w->root_cert);
}

__attribute__((unused)) static void
person_fini(struct person *p)
{
	key_free(&p->key);
	owned_free(&p->cert);
	world_fini(&p->world);
}

#endif
