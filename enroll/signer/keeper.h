/*
 * What the signer does when nobody asks: fills the pool, keeps the time on the disk,
 * deletes the day keys of PINs that have ended. Two threads; the one that makes keys
 * has low priority. Called by main.c; op_issue.c takes keys.
 */
#ifndef CHANCERY_ENROLL_SIGNER_KEEPER_H
#define CHANCERY_ENROLL_SIGNER_KEEPER_H

#include "enroll/signer/signer.h"

enum {
	KEEPER_CLOCK_SECONDS = 60,
	KEEPER_SWEEP_SECONDS = 60 * 60,
	KEEPER_WAIT_SECONDS = 20, /* that a request waits for a key */
};

/* Takes the first look at the clock, then starts the threads. 0 or ERR_*. */
int keeper_start(struct signer *s, struct err *e);
void keeper_end(struct signer *s);

/* A fresh private key of the configured kind (PKCS#8), which is nobody else's: waits
 * a while for the pool where it is empty. 0; ERR_IO (none came: try again) ... */
int keeper_take_key(struct signer *s, struct secret *out, struct err *e);

/* Puts one back that nobody has seen. */
void keeper_give_back(struct signer *s, struct bytes pkcs8);

#endif
