/*
 * Giving up rights: contract in sandbox.h. The order matters: limits and capabilities
 * need rights, Landlock needs system calls that the filter then forbids.
 */
#include "enroll/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/bytes.h"
#include "enroll/landlock.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

enum {
	CAPABILITY_SETS = 2,
	CAPABILITIES_MOST = 64,
};

/* The sentence, which grows. */
struct sandbox_text {
	char *p;
	size_t n, cap;
};

__attribute__((format(printf, 2, 3))) static void
say(struct sandbox_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->n > 0 && t->n + 2 < t->cap)
		t->n += (size_t)snprintf(t->p + t->n, t->cap - t->n, ", ");
	va_start(ap, fmt);
	n = vsnprintf(t->p + t->n, t->cap - t->n, fmt, ap);
	va_end(ap);
	t->n += n > 0 ? (size_t)n : 0;
	if (t->n >= t->cap)
		t->n = t->cap - 1;
}

/* --- limits, capabilities, network ---------------------------------------------------
 */

static int
set_limits(const struct sandbox_profile *p, struct err *e)
{
	for (size_t i = 0; i < p->n_limit; i++) {
		struct rlimit want = {p->limit[i].most, p->limit[i].most}, now;

		if (getrlimit((unsigned)p->limit[i].resource, &now) == 0 &&
		    now.rlim_max < want.rlim_max)
			want = (struct rlimit){now.rlim_max, now.rlim_max};
		if (setrlimit((unsigned)p->limit[i].resource, &want) != 0)
			return err_set(e, ERR_IO, "limit %d: %s", p->limit[i].resource,
			    strerror(errno));
	}
	return 0;
}

static void
leave_network(const struct sandbox_profile *p, struct sandbox_text *t)
{
	if (p->network)
		return;
	/* Not with a user namespace, which anybody may have: in it, the uids of those
	 * who call could not be told apart. */
	if (unshare(CLONE_NEWNET) == 0)
		say(t, "own network namespace");
	else
		say(t, "network namespace as it was (%s)", strerror(errno));
}

/* For whom no call of ours needs any: also not for root. */
static int
drop_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[CAPABILITY_SETS] = {0};

	for (int c = 0; c < CAPABILITIES_MOST; c++)
		if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0)
			break; /* the last one there is, or we may not: then it is empty
				*/
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, none) != 0)
		return err_set(
		    e, ERR_IO, "capabilities cannot be dropped: %s", strerror(errno));
	return 0;
}

/* --- the filter
 * ------------------------------------------------------------------------ */

/* Memory, locks and time: what a computation needs. mmap and mprotect see below. */
static const char *const base_calls[] = {"read", "write", "exit", "exit_group",
    "rt_sigreturn", "restart_syscall", "futex", "brk", "munmap", "mremap", "madvise",
    "clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "time", NULL};

/* What a new thread needs beside clone; clone3 hides its flags from a filter, and the
 * C library takes clone where there is no clone3. */
static const char *const thread_calls[] = {"set_robust_list", "rseq", "rt_sigprocmask",
    "sched_yield", "sigaltstack", "gettid", NULL};

static int
add_calls(scmp_filter_ctx f, uint32_t act, const char *const *names)
{
	for (; names != NULL && *names != NULL; names++) {
		int number = seccomp_syscall_resolve_name(*names);
		int rc = number == __NR_SCMP_ERROR
			     ? -EINVAL
			     : seccomp_rule_add(f, act, number, 0);

		/* Negative: of another architecture. */
		if (rc != 0 && number >= 0)
			return rc;
	}
	return 0;
}

/* Memory that can be executed is never made: what was loaded is all there is. */
static int
add_memory(scmp_filter_ctx f)
{
	int rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	return rc != 0 ? rc
		       : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

/* Threads of this process; and signals to them, as abort sends. */
static int
add_threads(scmp_filter_ctx f)
{
	int rc = add_calls(f, SCMP_ACT_ALLOW, thread_calls);

	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM,
			CLONE_THREAD | CLONE_VM));
	return rc;
}

/* Processes by fork(): not in namespaces of their own, in which they would have more
 * rights, and with memory of their own. */
static int
add_processes(scmp_filter_ctx f)
{
	static const char *const calls[] = {
	    "wait4", "kill", "set_robust_list", "rseq", "rt_sigprocmask", NULL};
	const scmp_datum_t not = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
				 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
				 CLONE_NEWCGROUP | CLONE_VM | CLONE_PTRACE;
	int rc = add_calls(f, SCMP_ACT_ALLOW, calls);

	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, not, 0));
	return rc;
}

static int
add_own_signals(scmp_filter_ctx f)
{
	int rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(getpid), 0);

	return rc != 0 ? rc
		       : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
			     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

static int
fill_filter(scmp_filter_ctx f, const struct sandbox_profile *p)
{
	int rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 1);

	if (rc == 0)
		rc = add_calls(f, SCMP_ACT_ALLOW, base_calls);
	if (rc == 0)
		rc = add_memory(f);
	if (rc == 0 && p->threads)
		rc = add_threads(f);
	if (rc == 0 && p->processes)
		rc = add_processes(f);
	if (rc == 0)
		rc = add_own_signals(f);
	if (rc == 0)
		rc = add_calls(f, SCMP_ACT_ALLOW, p->calls);
	if (rc == 0)
		rc = add_calls(f, SCMP_ACT_ERRNO(EPERM), p->refused);
	return rc == 0 ? seccomp_load(f) : rc;
}

static int
filter_calls(const struct sandbox_profile *p, struct sandbox_text *t, struct err *e)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = f == NULL ? -ENOMEM : fill_filter(f, p);

	seccomp_release(f);
	if (rc != 0)
		return err_set(e, ERR_UNSUPPORTED,
		    "no filter of system calls (seccomp): %s", strerror(-rc));
	say(t, "seccomp");
	return 0;
}

/* --- all of it
 * -------------------------------------------------------------------------- */

static void
confine_files(const struct sandbox_profile *p, struct sandbox_text *t)
{
	int abi = landlock_enter(p->folders, p->readable, p->network);

	if (abi > 0)
		say(t, "Landlock %d", abi);
	else
		say(t, "no Landlock (%s)", strerror(-abi));
}

int
sandbox_enter(const struct sandbox_profile *p, char *text, size_t cap, struct err *e)
{
	struct sandbox_text t = {text, 0, cap};
	int rc;

	text[0] = '\0';
	leave_network(p, &t);
	if ((rc = set_limits(p, e)) != 0 || (rc = drop_capabilities(e)) != 0)
		return rc;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set(e, ERR_IO, "no new privileges: %s", strerror(errno));
	if (SANITIZED) {
		say(&t, "no seccomp and no Landlock: built with sanitizers");
		return 0;
	}
	confine_files(p, &t);
	return filter_calls(p, &t, e);
}
