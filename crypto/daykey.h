/*
 * Day keys: PINs are sealed under a key of their day, which is deleted for ever
 * when no PIN of that day may be shown any more. So an expired PIN is dead in
 * backups and in free pages of the database too: day keys are never backed up.
 *
 * One file a day, day-2026-11-22, made at the first PIN of the (UTC) day, itself
 * sealed under the sealing key. A PIN sealed at t opens in [t, t + 30 days), to the
 * second; the key of a day is deleted from 31 days after its beginning on, which is
 * when its last PIN ends. Any number of processes may use one folder. Called by
 * the signer.
 */
#ifndef CHANCERY_CRYPTO_DAYKEY_H
#define CHANCERY_CRYPTO_DAYKEY_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"
#include "crypto/seal.h"

enum {
	DAYKEY_DAY = 24 * 60 * 60, /* seconds */
	DAYKEY_OPEN_DAYS = 30,	   /* that a PIN opens */
	DAYKEY_KEPT_DAYS = 31,	   /* that a key is kept */
};

struct daykey_ring;

/* Opens the folder as folder_open does (mode 0700, it must exist); the sealing key
 * is borrowed until daykey_close. One thread at a time; after fork() anew. */
int daykey_open(const char *path, const struct seal_key *sealing,
    struct daykey_ring **out, struct err *e);
void daykey_close(struct daykey_ring **ring);

/* Seals (as SEAL_PIN) under the key of the day of `now` (from 1970 to 9999), made
 * where there is none yet, and on the disk before this returns. 0 and *out, the
 * caller's, or as seal_make, folder_put, seal_open. */
int daykey_seal(struct daykey_ring *ring, struct bytes record, int64_t now,
    struct bytes plain, struct owned *out, struct err *e);

/*
 * Opens one. 0 and *out, the caller's; ERR_NOT_FOUND when it is over: 30 days ago,
 * or its key is gone, with the sentence; else as seal_open, folder_get. A clock that
 * was set back makes nothing end earlier, and revives nothing whose key is gone.
 */
int daykey_unseal(struct daykey_ring *ring, struct bytes record, int64_t now,
    struct bytes sealed, struct secret *out, struct err *e);

/*
 * Deletes the keys that are past their days: overwritten, then removed. How many, or
 * an error after which some may be gone. To be called at start and once an hour.
 * It cannot be undone: a caller that doubts its clock must not call it.
 */
int daykey_sweep(struct daykey_ring *ring, int64_t now, struct err *e);

#endif
