/*
 * The nursery: a process with one thread and an empty memory, whose only work is to
 * fork a process for each object, to end it in time, and to tell how it ended. The
 * launcher, which has many threads and other people's objects in its memory, never
 * forks. Between the two goes nothing but one end of a pair of sockets an object.
 */
#ifndef CHANCERY_ENROLL_EXAMINE_NURSERY_H
#define CHANCERY_ENROLL_EXAMINE_NURSERY_H

#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "enroll/examine/object.h"

enum {
	NURSERY_PROCESSES_MAX = 64
};

struct nursery {
	pid_t pid;
	int control; /* it ends when this is closed */
};

/* Forks it; before there are threads, sockets, files. At most `processes` children,
 * each at most `seconds`. 0; ERR_IO, ERR_CRYPTO (object_warm_up). */
int
nursery_start(struct nursery *n, uint32_t processes, uint32_t seconds, struct err *e);

/*
 * A new process for an object of this kind: *out is a socket that takes the object,
 * until it is shut down for writing, and then gives the answer, one line, or ends
 * without. 0 and the caller's to close; ERR_IO. Any thread. The caller sees to it that
 * there are not more than `processes`.
 */
int
nursery_ask(const struct nursery *n, enum object_kind kind, int *out, struct err *e);

#endif
