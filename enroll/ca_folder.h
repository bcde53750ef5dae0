/*
 * What `chancery ca init` leaves behind for the signer, in the signer's state folder
 * (all of mode 0700 and 0600, the signer's own):
 *
 *   sealing.key       32 random octets; whoever has them and the rest has every key
 *   days/  pool/      empty; day keys and fresh private keys, the signer's business
 *   ca/issuing.cer    the issuing CA's certificate, DER
 *   ca/issuing.key    its private key, sealed, bound to its key identifier
 *   ca/chain-1.cer .. the CAs above it, up to the root
 *   ca/root.crl       the root's CRL, which the administrator renews
 *   ca/ca.conf        what is the same in all its certificates
 *
 * ca/ gets its name last: it is there whole or not at all. Called by the signer and by
 * `chancery ca`.
 */
#ifndef CHANCERY_ENROLL_CA_FOLDER_H
#define CHANCERY_ENROLL_CA_FOLDER_H

#include <sys/types.h>

#include "core/arena.h"
#include "crypto/ca.h"
#include "crypto/owned.h"
#include "crypto/seal.h"

enum {
	CA_FOLDER_CHAIN_MAX = 7, /* CAs above the issuing one */
	CA_FOLDER_CRL_MAX = 128 * 1024,
};

#define CA_FOLDER_LABEL "issuing" /* of its files' names (ca_place_make) */
#define CA_FOLDER_ROOT	"root"

/* ca.conf. Texts are the arena's; NULL where there is none. */
struct ca_facts {
	const char *base_url;
	const char *organization;
	const char *organization_id;
	const char *country;
	const char *policy_oid;
	bool claim;
};

struct ca_parts {
	struct owned certificate;
	struct owned chain[CA_FOLDER_CHAIN_MAX];
	size_t n_chain;
	struct owned root_crl; /* empty where there is none */
};

void ca_parts_fini(struct ca_parts *parts);

/* Makes the state folder (an existing one must be this user's, mode 0700) with
 * sealing.key, days/ and pool/; what of these is there already stays. *out is the
 * sealing key, the caller's. ERR_POLICY when there is a ca/ already. */
int ca_folder_prepare(const char *state, struct seal_key **out, struct err *e);

/* Makes ca/. ERR_POLICY when there is one; ERR_IO; after an error it is not there. */
int ca_folder_write(const char *state, const struct seal_key *sealing,
    const struct ca_parts *parts, const struct key *key, const struct ca_facts *facts,
    struct err *e);

/* Gives all of it to this user: for root, who makes it for the signer. */
int ca_folder_chown(const char *state, uid_t uid, gid_t gid, struct err *e);

/* The sealing key; ERR_NOT_FOUND, ERR_POLICY, ERR_SYNTAX. */
int ca_folder_sealing(const char *state, struct seal_key **out, struct err *e);

/* Certificates and facts. *parts the caller's; empty after an error. */
int ca_folder_read(const char *state, struct arena *arena, struct ca_facts *facts,
    struct ca_parts *parts, struct err *e);

/* The issuing CA's private key; ERR_CRYPTO etc. as seal_open. */
int ca_folder_key(const char *state, const struct seal_key *sealing,
    struct bytes certificate, struct key **out, struct err *e);

/* The root's CRL as it is now: 1, 0 where there is none, or an error. */
int ca_folder_root_crl(const char *state, struct owned *out, struct err *e);

#endif
