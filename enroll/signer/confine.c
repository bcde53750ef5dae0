/*
 * The signer's sandbox: contract in confine.h. The list was found by running all
 * operations under strace, and holds what the C library of Debian 12 takes for them.
 */
#include "enroll/signer/confine.h"

#include "enroll/sandbox.h"

static const char *const calls[] = {
    /* the socket that listens already, and what it accepts */
    "accept4", "getsockopt", "recvfrom", "sendto", "poll", "close", "fcntl",
    /* files, by names in the state folder or by descriptors */
    "openat", "newfstatat", "fstat", "lseek", "getdents64", "fsync", "fdatasync",
    "ftruncate", "flock", "linkat", "unlinkat", "renameat", "renameat2",
    /* who we are, randomness, size of the machine (malloc, qsort), priority */
    "geteuid", "getrandom", "sysinfo", "sched_getaffinity", "setpriority",
    "rt_sigtimedwait", "rt_sigaction", NULL};

/* What the C library asks for in passing and does without. */
static const char *const refused[] = {"ioctl", "prlimit64", "unlink", NULL};

int
signer_confine(const char *state, char *text, size_t cap, struct err *e)
{
	const char *const folders[] = {state, NULL};
	const struct sandbox_profile profile = {
	    .calls = calls, .refused = refused, .threads = true, .folders = folders};

	return sandbox_enter(&profile, text, cap, e);
}
