/*
 * The pool of fresh private keys: making an RSA key takes a second or more, so the
 * signer makes them while it has nothing else to do, and a request takes a ready
 * one. Each is a file, sealed under the sealing key and bound to its own name;
 * no key is ever given twice, whoever takes at the same time and whenever anybody
 * is killed. A taker that is killed between taking and recording loses the key in
 * its hand; the pool is disposable and never backed up. Called by the signer.
 */
#ifndef CHANCERY_ENROLL_POOL_H
#define CHANCERY_ENROLL_POOL_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"
#include "crypto/seal.h"

enum {
	POOL_KIND_MAX = 16,    /* letters and digits of a kind: "rsa3072" */
	POOL_WANT_MAX = 10000, /* keys of a kind */
};

struct pool;

/* Opens the folder as folder_open does (mode 0700, it must exist); the sealing key
 * is borrowed until pool_close. One thread at a time; after fork() anew. */
int pool_open(
    const char *path, const struct seal_key *sealing, struct pool **out, struct err *e);
void pool_close(struct pool **pool);

/* Puts a private key (PKCS#8 DER) in; on the disk when this returns 0. `now` is
 * noted in the seal. ERR_USAGE (the kind), or as seal_make, folder_put. */
int pool_put(struct pool *pool, const char *kind, struct bytes pkcs8, int64_t now,
    struct err *e);

/*
 * Takes one out: its file is gone for ever before this returns. 1 and *out, the
 * caller's PKCS#8 DER; 0 where there is none of this kind; or an error. A file that
 * does not open (damaged, another sealing key) is renamed to "bad-..." and counted
 * no more: the administrator may look at it or delete it.
 */
int pool_take(struct pool *pool, const char *kind, struct secret *out, struct err *e);

/* How many there are of a kind; or an error. */
int pool_count(struct pool *pool, const char *kind, struct err *e);

/* Makes a key of this kind: 0 and *out, the pool's to free, or an error. */
typedef int
pool_make_fn(const char *kind, struct secret *out, void *ctx, struct err *e);

/*
 * One step of the filler: where fewer than `want` (at most POOL_WANT_MAX) keys of
 * the kind are there, makes one and puts it in. 1 after that: call again when idle;
 * 0 when there are enough; or an error. Takes as long as make does.
 */
int pool_fill(struct pool *pool, const char *kind, unsigned want, int64_t now,
    pool_make_fn *make, void *ctx, struct err *e);

#endif
