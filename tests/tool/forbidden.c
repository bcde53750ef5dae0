/*
 * Tries what the signer's sandbox forbids, one thing a run, for
 * tests/integration/test_signer.py:
 *
 *   forbidden CASE STATE-FOLDER OTHER-PID
 *
 * It enters the sandbox as the signer does and then does what CASE says; with a fourth
 * word, without the sandbox, to see that the case itself works. Whatever happens, no
 * case does harm. "done" and
 * exit status 0: it was possible; "refused: why" and 3: an error code; SIGSYS: the
 * filter ended it. "forbidden list" names the cases: with + the ones that must be
 * possible, because the signer needs them; with - the ones that anybody can do
 * outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/bytes.h"
#include "enroll/signer/confine.h"

enum {
	REFUSED = 3
};

static const char *state;
static pid_t other;
static int a_socket; /* made before, as the signer's listening one */

/* --- what is tried: 0 or more means that it went well
 * --------------------------------- */

static long
socket_of(int family)
{
	return socket(family, SOCK_STREAM, 0);
}

static long
try_inet(void)
{
	return socket_of(AF_INET);
}

static long
try_inet6(void)
{
	return socket_of(AF_INET6);
}

static long
try_unix(void)
{
	return socket_of(AF_UNIX);
}

static long
try_netlink(void)
{
	return socket_of(AF_NETLINK);
}

static long
try_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long
try_socketpair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static long
try_connect(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	snprintf(at.sun_path, sizeof(at.sun_path), "/run/systemd/journal/stdout");
	return connect(a_socket, (struct sockaddr *)&at, sizeof(at));
}

static long
try_bind(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	return bind(a_socket, (struct sockaddr *)&at, sizeof(sa_family_t));
}

static long
try_sendmsg(void)
{
	struct msghdr m = {0};

	return sendmsg(a_socket, &m, 0);
}

static long
try_exec(void)
{
	char name[] = "true", *const argv[] = {name, NULL};

	return execve("/bin/true", argv, argv + 1);
}

static long
try_execveat(void)
{
	char name[] = "true", *const argv[] = {name, NULL};

	return syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, argv + 1, 0);
}

static long
try_fork(void)
{
	long pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
try_vfork(void)
{
	return syscall(
	    SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0);
}

static long
try_clone_process(void)
{
	return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
}

static long
try_clone3(void)
{
	/* struct clone_args with exit_signal alone: a process */
	uint64_t args[11] = {[4] = SIGCHLD};
	long pid = syscall(SYS_clone3, args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
try_passwd(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long
try_passwd_by_folder(void)
{
	int fd = open(state, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? fd : openat(fd, "../../../../../etc/passwd", O_RDONLY);
}

static long
try_write_elsewhere(void)
{
	return open("/tmp/forbidden-was-here", O_WRONLY | O_CREAT, 0600);
}

static long
try_proc(void)
{
	return open("/proc/self/mem", O_RDWR);
}

static long
try_home(void)
{
	return open("/", O_RDONLY | O_DIRECTORY);
}

static long
try_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, other, NULL, NULL);
}

static long
try_traceme(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long
try_kill(void)
{
	return kill(other, 0);
}

static long
try_tgkill(void)
{
	return syscall(SYS_tgkill, other, other, 0);
}

static long
try_readv_other(void)
{
	char room[16];
	struct iovec here = {room, sizeof(room)}, there = {&other, sizeof(other)};

	return process_vm_readv(other, &here, 1, &there, 1, 0);
}

static long
try_writev_other(void)
{
	char room[16] = "";
	struct iovec here = {room, 4}, there = {&other, 4};

	return process_vm_writev(other, &here, 1, &there, 1, 0);
}

static long
try_exec_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		   ? -1
		   : 0;
}

static long
try_mprotect_exec(void)
{
	void *p = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long
try_memfd(void)
{
	return memfd_create("x", 0);
}

static long
try_chmod(void)
{
	return chmod(state, 0700);
}

static long
try_chown(void)
{
	return chown(state, (uid_t)-1, (gid_t)-1);
}

static long
try_symlink(void)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/link", state);
	return symlink("/etc/passwd", path);
}

static long
try_mount(void)
{
	return syscall(SYS_mount, NULL, NULL, NULL, 0, NULL);
}

static long
try_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static long
try_setuid(void)
{
	return setuid(0);
}

static long
try_dumpable(void)
{
	return syscall(SYS_prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0);
}

static long
try_core(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	return setrlimit(RLIMIT_CORE, &all);
}

static long
try_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long
try_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long
try_settime(void)
{
	struct timespec t = {1, 0};

	return clock_settime(CLOCK_MONOTONIC, &t);
}

static long
try_i386(void)
{
#if defined(__x86_64__)
	long rc;

	/* The other way into the kernel: int 0x80, getpid of i386. */
	__asm__ volatile("int $0x80" : "=a"(rc) : "a"(20L) : "memory", "cc");
	return rc;
#else
	errno = ENOSYS;
	return -1;
#endif
}

static long
try_x32(void)
{
	return syscall(0x40000000L + SYS_socket, AF_INET, SOCK_STREAM, 0);
}

/* --- what the signer does
 * ------------------------------------------------------------- */

static void *
nothing(void *arg)
{
	return arg;
}

static long
try_thread(void)
{
	pthread_t t;

	errno = pthread_create(&t, NULL, nothing, NULL);
	return errno != 0 ? -1 : (errno = pthread_join(t, NULL)) != 0 ? -1 : 0;
}

/* Made, written, synced, renamed, read, removed, below the state folder. */
static long
try_own_file(void)
{
	int dir = open(state, O_RDONLY | O_DIRECTORY);
	int fd = dir < 0 ? dir : openat(dir, "new", O_RDWR | O_CREAT | O_EXCL, 0600);
	char c;

	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0 ||
	    renameat(dir, "new", dir, "old") != 0 ||
	    linkat(dir, "old", dir, "older", 0) != 0 || lseek(fd, 0, SEEK_SET) != 0 ||
	    read(fd, &c, 1) != 1 || ftruncate(fd, 0) != 0)
		return -1;
	return unlinkat(dir, "old", 0) != 0 ? -1 : unlinkat(dir, "older", 0);
}

static long
try_inner_folder(void)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/ca", state);
	return open(path, O_RDONLY | O_DIRECTORY);
}

static long
try_memory(void)
{
	void *p = malloc(64 * 1024 * 1024);

	if (p == NULL)
		return -1;
	memset(p, 1, 64 * 1024 * 1024);
	free(p);
	return 0;
}

enum kind {
	FORBIDDEN,
	EASY,  /* forbidden, and anybody can do it without the sandbox: '-' in the list
		*/
	NEEDED /* '+' */
};

static const struct {
	const char *name;
	long (*run)(void);
	enum kind kind;
} cases[] = {
    {"socket-inet", try_inet, EASY},
    {"socket-inet6", try_inet6, FORBIDDEN},
    {"socket-unix", try_unix, EASY},
    {"socket-netlink", try_netlink, FORBIDDEN},
    {"socket-packet", try_packet, FORBIDDEN},
    {"socketpair", try_socketpair, EASY},
    {"connect", try_connect, FORBIDDEN},
    {"bind", try_bind, FORBIDDEN},
    {"sendmsg", try_sendmsg, FORBIDDEN},
    {"execve", try_exec, EASY},
    {"execveat", try_execveat, FORBIDDEN},
    {"fork", try_fork, EASY},
    {"vfork", try_vfork, FORBIDDEN},
    {"clone-process", try_clone_process, EASY},
    {"clone3-process", try_clone3, EASY},
    {"open-etc-passwd", try_passwd, EASY},
    {"open-etc-passwd-by-folder", try_passwd_by_folder, EASY},
    {"write-elsewhere", try_write_elsewhere, FORBIDDEN},
    {"open-proc-self-mem", try_proc, EASY},
    {"open-root-folder", try_home, EASY},
    {"ptrace-attach", try_ptrace, FORBIDDEN},
    {"ptrace-traceme", try_traceme, FORBIDDEN},
    {"kill-other", try_kill, EASY},
    {"tgkill-other", try_tgkill, FORBIDDEN},
    {"process_vm_readv", try_readv_other, FORBIDDEN},
    {"process_vm_writev", try_writev_other, FORBIDDEN},
    {"mmap-executable", try_exec_memory, EASY},
    {"mprotect-executable", try_mprotect_exec, EASY},
    {"memfd", try_memfd, EASY},
    {"chmod", try_chmod, EASY},
    {"chown", try_chown, EASY},
    {"symlink", try_symlink, FORBIDDEN},
    {"mount", try_mount, FORBIDDEN},
    {"unshare", try_unshare, FORBIDDEN},
    {"setuid", try_setuid, FORBIDDEN},
    {"make-dumpable", try_dumpable, FORBIDDEN},
    {"core-limit", try_core, FORBIDDEN},
    {"bpf", try_bpf, FORBIDDEN},
    {"io_uring", try_io_uring, FORBIDDEN},
    {"clock_settime", try_settime, FORBIDDEN},
    {"i386-system-call", try_i386, FORBIDDEN},
    {"x32-system-call", try_x32, FORBIDDEN},
    {"thread", try_thread, NEEDED},
    {"own-file", try_own_file, NEEDED},
    {"inner-folder", try_inner_folder, NEEDED},
    {"memory", try_memory, NEEDED},
};

/* --- one case
 * -------------------------------------------------------------------------- */

static void
print(const char *text)
{
	(void)!write(STDOUT_FILENO, text, strlen(text));
}

static int
run(size_t i, bool confined)
{
	char text[256] = "no sandbox";
	struct err e = {0};

	a_socket = socket(AF_UNIX, SOCK_STREAM, 0);
	if (confined && signer_confine(state, text, sizeof(text), &e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	print(text);
	print("\n");
	if (cases[i].run() < 0) {
		snprintf(text, sizeof(text), "refused: errno %d\n", errno);
		print(text);
		return REFUSED;
	}
	print("done\n");
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		for (size_t i = 0; i < NITEMS(cases); i++)
			printf("%s%s\n",
			    cases[i].kind == NEEDED ? "+"
			    : cases[i].kind == EASY ? "-"
						    : "",
			    cases[i].name);
		return 0;
	}
	if (argc != 4 && argc != 5)
		return 2;
	state = argv[2];
	other = (pid_t)strtol(argv[3], NULL, 10);
	for (size_t i = 0; i < NITEMS(cases); i++)
		if (strcmp(argv[1], cases[i].name) == 0)
			return run(i, argc == 4);
	return 2;
}
