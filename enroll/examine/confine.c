/*
 * Examine's sandboxes: contract in confine.h. The lists were found by running all under
 * strace, and hold what the C library of Debian 12 takes.
 */
#include "enroll/examine/confine.h"

#include "core/bytes.h"
#include "enroll/sandbox.h"

/* Sanitizers reserve terabytes of addresses, and never more of memory. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OBJECT_MEMORY RLIM_INFINITY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OBJECT_MEMORY RLIM_INFINITY
#endif
#endif
#ifndef OBJECT_MEMORY
#define OBJECT_MEMORY CONFINE_MEMORY
#endif

/* What the C library asks for in passing and does without. */
static const char *const refused[] = {"ioctl", "prlimit64", "openat", NULL};

int
confine_launcher(char text[CONFINE_TEXT_MAX], struct err *e)
{
	/* The socket that listens already, what it accepts, and a pair of sockets an
	 * object, of which the nursery gets one. */
	static const char *const calls[] = {"accept4", "getsockopt", "recvfrom",
	    "sendto", "poll", "close", "socketpair", "sendmsg", "shutdown", "getrandom",
	    "rt_sigtimedwait", "rt_sigaction", "sysinfo", "sched_getaffinity", NULL};
	const struct sandbox_profile profile = {
	    .calls = calls, .refused = refused, .threads = true};

	return sandbox_enter(&profile, text, CONFINE_TEXT_MAX, e);
}

int
confine_nursery(char text[CONFINE_TEXT_MAX], struct err *e)
{
	/* Its children put themselves into a narrower sandbox, with what stands in the
	 * second line. */
	static const char *const calls[] = {"recvmsg", "ppoll", "close", "rt_sigaction",
	    "getppid", "prctl", "capset", "setrlimit", "prlimit64", "seccomp",
	    "getrandom", "landlock_create_ruleset", "landlock_restrict_self", "dup",
	    "gettid", NULL};
	static const char *const refused_here[] = {"ioctl", "openat", NULL};
	const struct sandbox_profile profile = {
	    .calls = calls, .refused = refused_here, .processes = true};

	return sandbox_enter(&profile, text, CONFINE_TEXT_MAX, e);
}

int
confine_object(char text[CONFINE_TEXT_MAX], struct err *e)
{
	static const struct sandbox_limit limits[] = {
	    {RLIMIT_CPU, CONFINE_CPU_SECONDS},
	    {RLIMIT_AS, OBJECT_MEMORY},
	    {RLIMIT_FSIZE, 0},
	    {RLIMIT_NPROC, 0},
	    {RLIMIT_NOFILE, CONFINE_FILES},
	    {RLIMIT_CORE, 0},
	};
	/* OpenSSL's, and the number of a refusal. */
	static const char *const calls[] = {"getrandom", NULL};
	/* The nursery left the network for all of its children. */
	const struct sandbox_profile profile = {.calls = calls,
	    .network = true,
	    .limit = limits,
	    .n_limit = NITEMS(limits)};

	return sandbox_enter(&profile, text, CONFINE_TEXT_MAX, e);
}
