/*
 * A root, an issuing CA and a policy for the tests of crypto/, made once a
 * program; keys of people are P-256 where the kind does not matter, because they
 * are made in no time.
 */
#ifndef CHANCERY_TESTS_CA_WORLD_H
#define CHANCERY_TESTS_CA_WORLD_H

#include <stdio.h>
#include <stdlib.h>

#include "crypto/ca.h"
#include "crypto/serial.h"

/* 2026-11-22 12:00:00 UTC */
#define WORLD_NOW  INT64_C(1795348800)
#define WORLD_BASE "http://pki.example.com/chancery"

static const char *const world_domains[] = {"example.com", "xn--bcher-kva.example"};

__attribute__((unused)) static const struct profile_policy world_policy = {
    .generation = PROFILE_STRICT,
    .use = PROFILE_DUAL,
    .days = 730,
    .policy_oid = "1.3.6.1.4.1.99999.7.1",
    .claim = true,
    .organization = "Muster & Söhne AG",
    .organization_id = "NTRCH-CHE-123.456.789",
    .country = "CH",
    .domain = world_domains,
    .n_domain = 2,
};

struct world {
	struct ca *root, *issuing;
	struct owned root_cert, issuing_cert;
	struct owned spki; /* of a person */
};

__attribute__((unused)) static void
world_must(int rc, const struct err *e, const char *what)
{
	if (rc == 0)
		return;
	printf("not ok the world of this test: %s: %s\n", what, e->text);
	exit(1);
}

__attribute__((unused)) static struct key *
world_key(enum key_kind kind)
{
	struct err e = {0};
	struct key *k;

	world_must(key_generate(kind, &k, &e), &e, "key");
	return k;
}

/* A CA of this kind of key; *cert_out the caller's. */
__attribute__((unused)) static struct ca *
world_root(enum key_kind kind, int64_t now, struct owned *cert_out)
{
	static const struct ca_names names = {
	    "Muster Root CA", "Muster & Söhne AG", "CH", 20};
	struct key *key = world_key(kind);
	struct ca_place place;
	struct err e = {0};
	struct ca *ca;

	world_must(
	    ca_place_make(WORLD_BASE, "root", key_spki(key), &place, &e), &e, "place");
	world_must(ca_make_root(&names, key, now, cert_out, &e), &e, "root");
	world_must(
	    ca_open(owned_view(cert_out), &key, &place, now, &ca, &e), &e, "open root");
	return ca;
}

__attribute__((unused)) static struct ca *
world_issuing(
    const struct ca *root, enum key_kind kind, int64_t now, struct owned *cert_out)
{
	static const struct ca_names names = {
	    "Muster Issuing CA 1", "Muster & Söhne AG", "CH", 10};
	struct key *key = world_key(kind);
	struct ca_place place;
	struct err e = {0};
	struct ca *ca;

	world_must(ca_place_make(WORLD_BASE, "issuing", key_spki(key), &place, &e), &e,
	    "place");
	world_must(ca_make_issuing(root, &names, key_spki(key), now, cert_out, &e), &e,
	    "issuing CA");
	world_must(ca_open(owned_view(cert_out), &key, &place, now, &ca, &e), &e,
	    "open issuing CA");
	return ca;
}

__attribute__((unused)) static void
world_init(struct world *w, enum key_kind ca_kind, enum key_kind person_kind)
{
	struct key *person = world_key(person_kind);

	w->root = world_root(ca_kind, WORLD_NOW, &w->root_cert);
	w->issuing = world_issuing(w->root, ca_kind, WORLD_NOW, &w->issuing_cert);
	if (owned_copy(key_spki(person), &w->spki) != 0)
		exit(1);
	key_free(&person);
}

__attribute__((unused)) static void
world_fini(struct world *w)
{
	ca_free(&w->root);
	ca_free(&w->issuing);
	owned_free(&w->root_cert);
	owned_free(&w->issuing_cert);
	owned_free(&w->spki);
}

static const uint8_t world_serial[SERIAL_BYTES] = {
    0x4a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const struct bytes world_mail[] = {
    {(const uint8_t *)"anna.muster@example.com", 23},
    {(const uint8_t *)"Anna.Muster@example.com", 23}, /* the same without case */
    {(const uint8_t *)"a.muster@B\xc3\xbc"
		      "cher.example",
	24},
};

/* A request that is as it should be; change a field to spoil it. */
__attribute__((unused)) static struct profile_request
world_request(const struct world *w, enum profile_kind kind)
{
	return (struct profile_request){.kind = kind,
	    .mail = world_mail,
	    .n_mail = 3,
	    .given = BYTES("Anna"),
	    .surname = BYTES("M\xc3\xbcster"),
	    .spki = owned_view(&w->spki),
	    .serial = {world_serial, sizeof(world_serial)},
	    .now = WORLD_NOW};
}

#endif
