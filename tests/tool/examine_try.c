/*
 * Enters a sandbox of examine and tries what is forbidden there: `examine_try SANDBOX
 * DEED`. Prints "did" and what came of it, if it still can; dies of SIGSYS otherwise.
 * For tests/integration/test_examine.py; no program of Chancery has such a door.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/bytes.h"
#include "enroll/examine/confine.h"
#include "enroll/examine/object.h"
#include "enroll/line.h"

static long
try_nothing(void)
{
	return 0;
}

static long
try_request(void)
{
	struct err e = {0};

	return object_warm_up(&e);
}

static long
try_open(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long
try_write_file(void)
{
	return open("/tmp/chancery-forbidden", O_WRONLY | O_CREAT, 0600);
}

static long
try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long
try_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long
try_fork(void)
{
	return syscall(SYS_fork);
}

static long
try_clone(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static long
try_user_namespace(void)
{
	return syscall(SYS_clone, SIGCHLD | 0x10000000, 0, 0, 0, 0);
}

static long
try_clone3(void)
{
	return syscall(SYS_clone3, 0, 0);
}

static long
try_exec(void)
{
	char name[] = "true", *const argv[] = {name, NULL}, *const env[] = {NULL};

	return execve("/bin/true", argv, env);
}

static long
try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long
try_kill(void)
{
	return kill(1, 0);
}

static long
try_mmap_exec(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0) == MAP_FAILED
		   ? -1
		   : 0;
}

static long
try_mprotect_exec(void)
{
	static char page[8192] __attribute__((aligned(4096)));

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long
try_chmod(void)
{
	return chmod("/tmp/chancery-forbidden", 0600);
}

static long
try_mount(void)
{
	return mount("none", "/nonexistent", "tmpfs", 0, NULL);
}

static long
try_setuid(void)
{
	return setuid(0);
}

static long
try_limits(void)
{
	struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};

	return setrlimit(RLIMIT_AS, &more);
}

static long
try_prctl(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long
try_bpf(void)
{
	return syscall(SYS_bpf, 0, 0, 0);
}

static long
try_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, 0);
}

static long
try_keyctl(void)
{
	return syscall(SYS_keyctl, 0, 0);
}

static long
try_memory_of_another(void)
{
	return syscall(SYS_process_vm_readv, 1, 0, 0, 0, 0, 0);
}

/* More than the limit, a piece at a time. */
static long
try_memory(void)
{
	for (int i = 0; i < 1000; i++) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return -1;
		memset(p, 1, 1 << 20);
	}
	return 0;
}

/* For ever. */
static long
try_cpu(void)
{
	for (volatile unsigned long i = 0;; i++)
		if (i == 0 && time(NULL) == 0)
			return -1;
}

/* A standard output that is a file grows by nothing. */
static long
try_grow(void)
{
	return write(STDOUT_FILENO, "x", 1);
}

static const struct {
	const char *name;
	long (*deed)(void);
} deeds[] = {
    {"nothing", try_nothing},
    {"request", try_request},
    {"open", try_open},
    {"write-file", try_write_file},
    {"socket", try_socket},
    {"unix-socket", try_unix_socket},
    {"fork", try_fork},
    {"clone", try_clone},
    {"user-namespace", try_user_namespace},
    {"clone3", try_clone3},
    {"exec", try_exec},
    {"ptrace", try_ptrace},
    {"kill", try_kill},
    {"mmap-exec", try_mmap_exec},
    {"mprotect-exec", try_mprotect_exec},
    {"chmod", try_chmod},
    {"mount", try_mount},
    {"setuid", try_setuid},
    {"limits", try_limits},
    {"prctl", try_prctl},
    {"bpf", try_bpf},
    {"io_uring", try_io_uring},
    {"keyctl", try_keyctl},
    {"memory-of-another", try_memory_of_another},
    {"memory", try_memory},
    {"cpu", try_cpu},
    {"grow", try_grow},
};

static const struct {
	const char *name;
	int (*enter)(char text[CONFINE_TEXT_MAX], struct err *e);
} sandboxes[] = {
    {"launcher", confine_launcher},
    {"nursery", confine_nursery},
    {"object", confine_object},
};

static int
enter(const char *name)
{
	char text[CONFINE_TEXT_MAX];
	struct err e = {0};

	for (size_t i = 0; i < NITEMS(sandboxes); i++)
		if (strcmp(sandboxes[i].name, name) == 0) {
			if (sandboxes[i].enter(text, &e) == 0)
				return 0;
			printf("not entered: %s\n", e.text);
			return -1;
		}
	printf("no such sandbox\n");
	return -1;
}

int
main(int argc, char **argv)
{
	char line[100];
	long rc = 0;
	int n;

	if (argc == 1) {
		for (size_t i = 0; i < NITEMS(deeds); i++)
			printf("%s\n", deeds[i].name);
		return 0;
	}
	line_init();
	if (argc != 3 || object_warm_up(NULL) != 0 || enter(argv[1]) != 0)
		return 2;
	for (size_t i = 0; i < NITEMS(deeds); i++)
		if (strcmp(deeds[i].name, argv[2]) == 0)
			rc = deeds[i].deed();
	n = snprintf(line, sizeof(line), "did %ld %s\n", rc,
	    rc < 0 ? strerrorname_np(errno) : "");
	_exit(write(STDOUT_FILENO, line, (size_t)n) == n ? 0 : 1);
}
