/*
 * Files of the CA in memory, as the worker made them last: written by one thread, read
 * by pki.get. Called by crl.c and crl_publish.c.
 */
#ifndef CHANCERY_CLERK_CRL_FILES_H
#define CHANCERY_CLERK_CRL_FILES_H

#include "core/bytes.h"
#include "crypto/owned.h"

/* Puts a file in the place of the one of this name. An empty name is passed over.
 * 0; ERR_LIMIT; ERR_MEMORY. */
int crl_files_put(struct bytes name, struct bytes content);

/* From now on a file that is not here does not exist. */
void crl_files_complete(void);

/* A copy, the caller's: 1, 0 there is none, ERR_IO: not yet, ERR_MEMORY. */
int crl_files_get(struct bytes name, struct owned *out);

/* Forgets all: the clerk ends. */
void crl_files_clear(void);

#endif
