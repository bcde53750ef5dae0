/*
 * Folders of secret files: contract in folder.h.
 *
 * Whoever writes holds a shared lock on the folder (flock, which the kernel drops
 * when a process dies); so who gets the exclusive one at opening knows that every
 * half-written file there is nobody's any more.
 */
#include "crypto/folder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define HALF_DONE ".new-"

enum {
	HALF_NAME = sizeof(HALF_DONE) + 16
};

struct folder {
	int fd;
	char *path; /* for sentences */
};

static int
folder_fail(const struct folder *f, const char *what, const char *name, struct err *e)
{
	return err_set(
	    e, ERR_IO, "%s/%s: cannot %s: %s", f->path, name, what, strerror(errno));
}

static int
folder_check_name(const struct folder *f, const char *name, struct err *e)
{
	size_t n = strnlen(name, FOLDER_NAME_MAX + 1);
	bool good = n > 0 && n <= FOLDER_NAME_MAX;

	for (size_t i = 0; i < n && good; i++)
		good = isalnum((unsigned char)name[i]) || name[i] == '-' ||
		       (name[i] == '.' && i > 0);
	return good ? 0 : err_set(e, ERR_USAGE, "%s: a name that no file has", f->path);
}

static int
folder_sync(const struct folder *f, struct err *e)
{
	return fsync(f->fd) == 0 ? 0 : folder_fail(f, "sync", "", e);
}

/* --- listing ----------------------------------------------------------------- */

/* Calls fn with each name; half: the half-done files, otherwise all the others.
 * POSIX leaves open whether files made meanwhile are listed, and that is all. */
static int
folder_walk(struct folder *f, bool half, folder_fn *fn, void *ctx, struct err *e)
{
	int fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (dir == NULL) {
		rc = folder_fail(f, "list", "", e);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	errno = 0;
	for (size_t n = 0; rc == 0 && (d = readdir(dir)) != NULL; errno = 0) {
		bool is_half = strncmp(d->d_name, HALF_DONE, strlen(HALF_DONE)) == 0;

		if (half ? !is_half : d->d_name[0] == '.')
			continue;
		if (n++ >= FOLDER_FILES_MAX)
			rc = err_set(e, ERR_LIMIT, "%s: more than %d files", f->path,
			    FOLDER_FILES_MAX);
		else
			rc = fn(d->d_name, ctx);
	}
	if (rc == 0 && errno != 0)
		rc = folder_fail(f, "list", "", e);
	closedir(dir);
	return rc;
}

int
folder_each(struct folder *f, folder_fn *fn, void *ctx, struct err *e)
{
	return folder_walk(f, false, fn, ctx, e);
}

static int
folder_drop_half(const char *name, void *ctx)
{
	struct folder *f = ctx;

	unlinkat(f->fd, name, 0); /* if it stays, the next opening tries again */
	return 0;
}

/* --- opening ----------------------------------------------------------------- */

static int
folder_check(const struct folder *f, struct err *e)
{
	struct stat st;

	if (fstat(f->fd, &st) != 0)
		return folder_fail(f, "look at", "", e);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_POLICY, "%s: belongs to user %u, want %u",
		    f->path, (unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & 07777) != 0700)
		return err_set(e, ERR_POLICY, "%s: mode %04o, want 0700", f->path,
		    (unsigned)st.st_mode & 07777);
	return 0;
}

/* Takes the mess of killed writers away, unless somebody is writing now. */
static int
folder_tidy(struct folder *f, struct err *e)
{
	int rc;

	if (flock(f->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? 0 : folder_fail(f, "lock", "", e);
	rc = folder_walk(f, true, folder_drop_half, f, e);
	flock(f->fd, LOCK_UN);
	return rc;
}

int
folder_open(const char *path, struct folder **out, struct err *e)
{
	struct folder *f = calloc(1, sizeof(*f));
	int rc;

	*out = NULL;
	if (f == NULL || (f->path = strdup(path)) == NULL) {
		free(f);
		return err_set(e, ERR_MEMORY, "no memory for a folder");
	}
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (f->fd < 0)
		rc = err_set(e,
		    errno == ENOENT			 ? ERR_NOT_FOUND
		    : errno == ENOTDIR || errno == ELOOP ? ERR_POLICY
							 : ERR_IO,
		    "%s: %s", path, strerror(errno));
	else if ((rc = folder_check(f, e)) == 0)
		rc = folder_tidy(f, e);
	if (rc != 0)
		folder_close(&f);
	*out = f;
	return rc;
}

void
folder_close(struct folder **f)
{
	if (*f == NULL)
		return;
	if ((*f)->fd >= 0)
		close((*f)->fd);
	free((*f)->path);
	free(*f);
	*f = NULL;
}

/* --- files ------------------------------------------------------------------- */

static int
write_all(int fd, struct bytes content)
{
	while (content.n > 0) {
		ssize_t n = write(fd, content.p, content.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		content.p += n;
		content.n -= (size_t)n;
	}
	return 0;
}

/* Writes and syncs a half-done file, whose name it gives. */
static int
folder_write(
    const struct folder *f, struct bytes content, char name[HALF_NAME], struct err *e)
{
	uint64_t random;
	int fd, failed;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return folder_fail(f, "name a file in", "", e);
	snprintf(name, HALF_NAME, HALF_DONE "%016llx", (unsigned long long)random);
	fd = openat(
	    f->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return folder_fail(f, "create", name, e);
	failed = write_all(fd, content) != 0 || fsync(fd) != 0 ? errno : 0;
	if (close(fd) != 0 && failed == 0)
		failed = errno;
	if (failed == 0)
		return 0;
	unlinkat(f->fd, name, 0);
	errno = failed;
	return folder_fail(f, "write", name, e);
}

/* Writes it, gives it its name, syncs. */
static int
folder_put_locked(
    const struct folder *f, const char *name, struct bytes content, struct err *e)
{
	char half[HALF_NAME];
	int rc = folder_write(f, content, half, e), failed = 0;

	if (rc != 0)
		return rc;
	/* link, unlike rename, never replaces what is there. */
	if (linkat(f->fd, half, f->fd, name, 0) != 0)
		failed = errno;
	unlinkat(f->fd, half, 0);
	if (failed != 0 && failed != EEXIST) {
		errno = failed;
		return folder_fail(f, "name", name, e);
	}
	/* Also where another process made it: it may not have synced yet. */
	if ((rc = folder_sync(f, e)) != 0)
		return rc;
	return failed == 0;
}

/* Writes it and gives it its name in the place of what has it now; syncs. */
static int
folder_replace_locked(
    const struct folder *f, const char *name, struct bytes content, struct err *e)
{
	char half[HALF_NAME];
	int rc = folder_write(f, content, half, e);

	if (rc != 0)
		return rc;
	if (renameat(f->fd, half, f->fd, name) != 0) {
		rc = folder_fail(f, "name", name, e);
		unlinkat(f->fd, half, 0);
		return rc;
	}
	return folder_sync(f, e);
}

typedef int folder_write_fn(
    const struct folder *f, const char *name, struct bytes content, struct err *e);

static int
folder_write_under_lock(struct folder *f, const char *name, struct bytes content,
    folder_write_fn *write_it, struct err *e)
{
	int rc = folder_check_name(f, name, e);

	if (rc != 0)
		return rc;
	if (content.n > FOLDER_FILE_MAX)
		return err_set(e, ERR_LIMIT, "%s/%s: %zu bytes, want at most %d",
		    f->path, name, content.n, FOLDER_FILE_MAX);
	while (flock(f->fd, LOCK_SH) != 0)
		if (errno != EINTR)
			return folder_fail(f, "lock", name, e);
	rc = write_it(f, name, content, e);
	flock(f->fd, LOCK_UN);
	return rc;
}

int
folder_put(struct folder *f, const char *name, struct bytes content, struct err *e)
{
	return folder_write_under_lock(f, name, content, folder_put_locked, e);
}

int
folder_replace(struct folder *f, const char *name, struct bytes content, struct err *e)
{
	return folder_write_under_lock(f, name, content, folder_replace_locked, e);
}

static int
folder_read(
    const struct folder *f, int fd, const char *name, struct secret *out, struct err *e)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return folder_fail(f, "look at", name, e);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_POLICY, "%s/%s: no plain file", f->path, name);
	if (st.st_size > FOLDER_FILE_MAX)
		return err_set(e, ERR_LIMIT, "%s/%s: %lld bytes, want at most %d",
		    f->path, name, (long long)st.st_size, FOLDER_FILE_MAX);
	if (secret_new((size_t)st.st_size + 1, out) != 0)
		return err_set(e, ERR_MEMORY, "%s/%s: no secure memory", f->path, name);
	out->n = 0;
	while (out->n < (size_t)st.st_size) {
		n = read(fd, out->p + out->n, (size_t)st.st_size - out->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return folder_fail(f, "read", name, e);
		if (n == 0)
			break; /* it is being overwritten: the seal will not fit */
		out->n += (size_t)n;
	}
	return 1;
}

int
folder_get(struct folder *f, const char *name, struct secret *out, struct err *e)
{
	int rc = folder_check_name(f, name, e), fd;

	*out = (struct secret){0};
	if (rc != 0)
		return rc;
	fd = openat(f->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT	? 0
		       : errno == ELOOP ? err_set(e, ERR_POLICY, "%s/%s: no plain file",
					      f->path, name)
					: folder_fail(f, "open", name, e);
	rc = folder_read(f, fd, name, out, e);
	close(fd);
	if (rc != 1)
		secret_free(out);
	return rc;
}

int
folder_remove(struct folder *f, const char *name, struct err *e)
{
	int rc = folder_check_name(f, name, e);

	if (rc != 0)
		return rc;
	if (unlinkat(f->fd, name, 0) != 0)
		return errno == ENOENT ? 0 : folder_fail(f, "remove", name, e);
	return (rc = folder_sync(f, e)) == 0 ? 1 : rc;
}

/* Zeros over the whole file, on the disk. */
static int
folder_zero(const struct folder *f, int fd, const char *name, struct err *e)
{
	static const uint8_t zeros[4096];
	struct stat st;

	if (fstat(fd, &st) != 0)
		return folder_fail(f, "look at", name, e);
	for (off_t at = 0; at < st.st_size; at += (off_t)sizeof(zeros)) {
		off_t left = st.st_size - at;
		size_t n = left < (off_t)sizeof(zeros) ? (size_t)left : sizeof(zeros);

		if (write_all(fd, (struct bytes){zeros, n}) != 0)
			return folder_fail(f, "overwrite", name, e);
	}
	return fsync(fd) == 0 ? 0 : folder_fail(f, "sync", name, e);
}

int
folder_wipe(struct folder *f, const char *name, struct err *e)
{
	int rc = folder_check_name(f, name, e), fd;

	if (rc != 0)
		return rc;
	fd = openat(f->fd, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : folder_fail(f, "open", name, e);
	rc = folder_zero(f, fd, name, e);
	close(fd);
	return rc == 0 ? folder_remove(f, name, e) : rc;
}

int
folder_rename(struct folder *f, const char *name, const char *new_name, struct err *e)
{
	int rc = folder_check_name(f, name, e);

	if (rc != 0 || (rc = folder_check_name(f, new_name, e)) != 0)
		return rc;
	if (renameat(f->fd, name, f->fd, new_name) != 0)
		return errno == ENOENT ? 0 : folder_fail(f, "rename", name, e);
	return (rc = folder_sync(f, e)) == 0 ? 1 : rc;
}
