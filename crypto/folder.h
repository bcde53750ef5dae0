/*
 * A folder of small secret files that survive a loss of power whole or not at all:
 * written under a name of their own, synced, linked to their name, the folder
 * synced. Any number of processes may use one folder; each opens it for itself,
 * after fork(). Nothing in it may be read by others than its owner. Holds the day
 * keys (daykey.c), the pool (enroll/signer/pool.c) and the signer's state; knows
 * nothing about any of them.
 */
#ifndef CHANCERY_CRYPTO_FOLDER_H
#define CHANCERY_CRYPTO_FOLDER_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"

enum {
	FOLDER_NAME_MAX = 80,	       /* bytes of a file's name */
	FOLDER_FILE_MAX = 128 * 1024,  /* bytes of a file */
	FOLDER_FILES_MAX = 100 * 1000, /* files that are looked at */
};

struct folder;

/*
 * Opens a folder that exists, belongs to this user and has mode 0700; removes what
 * writers that were killed left half done. 0, ERR_NOT_FOUND, ERR_POLICY (owner,
 * mode, not a folder), ERR_IO, ERR_MEMORY. Used by one thread at a time.
 */
int folder_open(const char *path, struct folder **out, struct err *e);
void folder_close(struct folder **f);

/*
 * Writes a new file, mode 0600. Names: letters, digits, '-', and '.' but not first. 1
 * when it is on the disk; 0 when there is one of this name already, which is left alone
 * and is on the disk too; ERR_IO (no space: nothing of it is left), ERR_USAGE,
 * ERR_LIMIT.
 */
int folder_put(struct folder *f, const char *name, struct bytes content, struct err *e);

/* The same in the place of a file that may be there: readers see the old one or the new
 * one. 0, ERR_IO, ERR_USAGE, ERR_LIMIT. */
int
folder_replace(struct folder *f, const char *name, struct bytes content, struct err *e);

/* Reads a file to *out, the caller's (n may be 0). 1, 0 where there is none,
 * ERR_LIMIT, ERR_POLICY (no plain file), ERR_IO, ERR_MEMORY. */
int folder_get(struct folder *f, const char *name, struct secret *out, struct err *e);

/* Removes a file: 1 when this very call removed it, which can be so for one process
 * only, and will still be so after a loss of power; 0 when there is none; ERR_IO. */
int folder_remove(struct folder *f, const char *name, struct err *e);

/* The same after overwriting it with zeros, for a key that must be dead: on disks
 * that write in place no copy is left. */
int folder_wipe(struct folder *f, const char *name, struct err *e);

/* Gives a file another name; 1, 0 where there is none, ERR_IO. */
int
folder_rename(struct folder *f, const char *name, const char *new_name, struct err *e);

/* Called with each name; another value than 0 ends the listing. */
typedef int folder_fn(const char *name, void *ctx);

/* Lists the files in no order: 0, what fn ended it with, ERR_IO, or ERR_LIMIT beyond
 * FOLDER_FILES_MAX. fn may change the folder. */
int folder_each(struct folder *f, folder_fn *fn, void *ctx, struct err *e);

#endif
