/*
 * chancery-signer: holds the CA's key, the sealing key, the day keys and the pool of
 * fresh private keys, and answers a closed list of operations (ops.c) on a Unix
 * socket. It decides nothing about people: it builds what it signs from the fields of
 * a call, holds it against its own policy, and writes a line to its log before each
 * act. It has no network, starts no program, and opens no file outside its folder
 * (sandbox.c). What a restored backup of the directory makes others forget, it
 * remembers: which request got which bytes (journal.h).
 *
 * This header is the one that its parts share. Threads: one a client (line.h), one
 * that fills the pool, one that watches the clock (keeper.h), one for signals.
 */
#ifndef CHANCERY_ENROLL_SIGNER_SIGNER_H
#define CHANCERY_ENROLL_SIGNER_SIGNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/arena.h"
#include "crypto/ca.h"
#include "crypto/daykey.h"
#include "crypto/folder.h"
#include "crypto/key.h"
#include "crypto/seal.h"
#include "enroll/ca_folder.h"
#include "enroll/chain.h"
#include "enroll/line.h"
#include "enroll/signer/clock.h"
#include "enroll/signer/conf.h"
#include "enroll/signer/journal.h"
#include "enroll/signer/limit.h"
#include "enroll/signer/pool.h"

enum {
	SIGNER_CALLERS_MAX = 16,
	SIGNER_TIME_SLACK = 300, /* s: between a caller's clock and ours */
	SIGNER_SANDBOX_TEXT = 200,
};

struct signer {
	struct signer_conf conf;
	struct arena arena; /* of the texts of conf and facts */
	uid_t caller[SIGNER_CALLERS_MAX];
	size_t n_caller;

	/* Set before there are threads, then never changed. */
	struct ca_facts facts;
	struct ca_parts parts;
	struct bytes chain_der[1 + CA_FOLDER_CHAIN_MAX]; /* of parts, issuing first */
	size_t n_chain_der;
	struct profile_policy policy;
	struct ca *ca;
	struct seal_key *sealing;
	char sandbox[SIGNER_SANDBOX_TEXT]; /* what is in force */

	struct chain *log;			    /* any thread */
	struct journal *journal;		    /* any thread */
	struct clock clock;			    /* any thread */
	struct limit pin_opens, packages, refusals; /* any thread */

	pthread_mutex_t state_lock; /* for: */
	struct folder *state;
	uint64_t crl_number;

	pthread_mutex_t days_lock; /* for: */
	struct daykey_ring *days;

	pthread_mutex_t pool_lock; /* for: */
	pthread_cond_t pool_taken, pool_filled;
	struct pool *pool;
	atomic_bool ending;
};

/* Reads configuration, CA, keys: all that -n checks; writes nothing. *s must be
 * given to signer_fini also after an error. */
int signer_init(struct signer *s, const char *conf_path, struct err *e);
/* Opens what only one process may have: log, journal, folders that it writes. */
int signer_open(struct signer *s, struct err *e);
void signer_fini(struct signer *s);

/* --- log -------------------------------------------------------------------------- */

enum signer_level { /* as syslog's */
	SIGNER_ERROR = 3,
	SIGNER_WARNING = 4,
	SIGNER_INFO = 6,
};

/* One line to stderr. Control characters become '?'. Never a PIN or a key. */
void signer_log(enum signer_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
