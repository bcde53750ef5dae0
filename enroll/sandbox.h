/*
 * Giving up rights for good, once a program has opened what it needs: all
 * capabilities, the network, files outside named folders (Landlock), every system
 * call that is not in a list (seccomp). What a stranger's bytes could make such a
 * program do afterwards is what it may do anyway. Called by the signer and by examine,
 * in one thread, before they have others.
 *
 * Two things are sure: no new privileges, and the filter, or sandbox_enter fails.
 * The rest is as good as the kernel and the caller's rights allow, and said in a
 * sentence. A build with sanitizers, which read files and start threads of their own,
 * gets no filter and no Landlock, and says so.
 */
#ifndef CHANCERY_ENROLL_SANDBOX_H
#define CHANCERY_ENROLL_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

#include "core/err.h"

struct sandbox_limit {
	int resource; /* RLIMIT_CPU ... */
	rlim_t most;
};

struct sandbox_profile {
	/* System calls by name, ending with NULL, beside those that every profile has:
	 * read, write, exit, memory that is never executable, locks, the time. One
	 * that this architecture does not have is passed over. */
	const char *const *calls;
	/* Calls that fail with EPERM; all others end the process at once (SIGSYS). */
	const char *const *refused;
	bool threads; /* new threads; never processes */
	bool
	    processes; /* new processes, in no namespaces of their own, and their end */
	/* Below these folders, which exist, files are read, written, made, removed; or
	 * only read. Ending with NULL, or NULL. Nothing else is opened or looked up by
	 * a name, on kernels with Landlock. */
	const char *const *folders, *const *readable;
	bool
	    network; /* keeps its network; else a namespace of its own, where allowed */
	const struct sandbox_limit *limit;
	size_t n_limit;
};

/*
 * Enters; there is no way back. text says what is in force, for the log. 0; ERR_IO or
 * ERR_UNSUPPORTED (no seccomp), after which the process must end.
 */
int
sandbox_enter(const struct sandbox_profile *p, char *text, size_t cap, struct err *e);

#endif
