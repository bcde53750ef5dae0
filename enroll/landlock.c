/*
 * Landlock: contract in landlock.h.
 */
#include "enroll/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/bytes.h"

/* Rights to files and folders, in the order of the kernel's numbers. */
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_REG = 1 << 8,
	FS_TRUNCATE = 1 << 14,
	FS_ABI_1 = (1 << 13) - 1, /* all of version 1 */
	FS_REFER = 1 << 13,	  /* 2 */
	FS_IOCTL_DEV = 1 << 15,	  /* 5 */
	NET_ALL = 3,		  /* 4: bind and connect of TCP */
	SCOPE_ALL = 3,		  /* 6: abstract sockets, signals */
	RULE_PATH_BENEATH = 1,
	VERSION_FLAG = 1,
	READ = FS_READ_FILE | FS_READ_DIR,
	WRITE = READ | FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE,
};

struct ruleset { /* struct landlock_ruleset_attr, as of version 6 */
	uint64_t fs, net, scoped;
};

struct beneath { /* struct landlock_path_beneath_attr */
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/* What this version knows; the older ones take a shorter struct. */
static struct ruleset
ruleset_of(int abi, bool network, size_t *n_out)
{
	struct ruleset r = {.fs = FS_ABI_1};

	*n_out = sizeof(r.fs);
	if (abi >= 2)
		r.fs |= FS_REFER;
	if (abi >= 3)
		r.fs |= FS_TRUNCATE;
	if (abi >= 4)
		*n_out = offsetof(struct ruleset, scoped);
	if (abi >= 4 && !network)
		r.net = NET_ALL;
	if (abi >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (abi >= 6) {
		*n_out = sizeof(r);
		r.scoped = SCOPE_ALL;
	}
	return r;
}

static int
allow(int set, const char *path, uint64_t rights)
{
	struct beneath b = {
	    .allowed = rights, .fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)};
	int rc = 0;

	if (b.fd < 0)
		return -errno;
	if (syscall(SYS_landlock_add_rule, set, RULE_PATH_BENEATH, &b, 0) != 0)
		rc = -errno;
	close(b.fd);
	return rc;
}

static int
allow_all(int set, const char *const *paths, uint64_t rights)
{
	for (; paths != NULL && *paths != NULL; paths++) {
		int rc = allow(set, *paths, rights);

		if (rc != 0)
			return rc;
	}
	return 0;
}

int
landlock_enter(const char *const *folders, const char *const *readable, bool network)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION_FLAG);
	size_t n;
	struct ruleset r = ruleset_of(abi, network, &n);
	int set, rc;

	if (abi <= 0)
		return -errno;
	if ((set = (int)syscall(SYS_landlock_create_ruleset, &r, n, 0)) < 0)
		return -errno;
	rc = allow_all(set, folders, r.fs & WRITE);
	if (rc == 0)
		rc = allow_all(set, readable, r.fs & READ);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, set, 0) != 0)
		rc = -errno;
	close(set);
	return rc == 0 ? abi : rc;
}
