/*
 * Whether our clock can be believed. A clock that was set back would let ended PINs
 * live again and date certificates into the past; one that jumped ahead would delete
 * day keys that people still need, which cannot be undone. So the last time that was
 * seen is kept on the disk, and
 *
 *   - more than 5 minutes before it, nothing is signed (behind);
 *   - more than 2 days after it, no day key is deleted (ahead) until the clock went on
 *     evenly for a day from there.
 *
 * clock_step is pure; the rest keeps its state in a file. Called by the operations
 * and the keeper; any thread.
 */
#ifndef CHANCERY_ENROLL_SIGNER_CLOCK_H
#define CHANCERY_ENROLL_SIGNER_CLOCK_H

#include <pthread.h>
#include <stdint.h>

#include "crypto/folder.h"

enum {
	CLOCK_BACK = 5 * 60,
	CLOCK_JUMP = 2 * 24 * 60 * 60,
	CLOCK_PROVED = 24 * 60 * 60,
};

enum clock_state {
	CLOCK_GOOD,
	CLOCK_BEHIND,
	CLOCK_AHEAD
};

/* What is on the disk; all 0: never seen. */
struct clock_seen {
	int64_t last;	    /* believed */
	int64_t ahead_from; /* first seen after a jump; 0: there was none */
	int64_t ahead_last;
};

struct clock {
	pthread_mutex_t lock;
	struct clock_seen seen;
};

/* Takes a look at the clock into account. */
enum clock_state clock_step(struct clock_seen *seen, int64_t now);

/* Reads the file "clock" of the state folder. 0, ERR_SYNTAX (delete it), ERR_IO. */
int clock_load(struct clock *c, struct folder *state, struct err *e);

/* What the clock is now; changes nothing. */
enum clock_state clock_look(struct clock *c, int64_t now);

/* Takes now into account and writes the file. *out is the state. 0 or ERR_IO. */
int clock_keep(struct clock *c, struct folder *state, int64_t now,
    enum clock_state *out, struct err *e);

/* The last time that was believed. */
int64_t clock_last(struct clock *c);

/* "good", "behind", "ahead" */
const char *clock_word(enum clock_state state);

#endif
