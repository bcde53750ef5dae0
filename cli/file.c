/*
 * Reading and writing files (contract in file.h), without following a device into
 * the endless and without leaving half a file behind. Called by import and export.
 */
#include "cli/file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- reading ----------------------------------------------------------------- */

/* Reads n bytes, or up to the end; the number read, or -1. */
static ssize_t
read_up_to(int fd, uint8_t *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		ssize_t got = read(fd, p + at, n - at);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		at += (size_t)got;
	}
	return (ssize_t)at;
}

static int
read_open(int fd, size_t most, uint8_t **out, size_t *n_out, struct err *e)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return err_set(e, ERR_IO, "cannot be read: %m");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_UNSUPPORTED, "is not a regular file");
	if ((uint64_t)st.st_size > most)
		return err_set(e, ERR_LIMIT, "%lld bytes, want at most %zu",
		    (long long)st.st_size, most);
	if ((*out = malloc((size_t)st.st_size + 1)) == NULL)
		return err_set(
		    e, ERR_MEMORY, "no memory for %lld bytes", (long long)st.st_size);
	if ((n = read_up_to(fd, *out, (size_t)st.st_size)) < 0) {
		free(*out);
		*out = NULL;
		return err_set(e, ERR_IO, "cannot be read: %m");
	}
	*n_out = (size_t)n;
	return 0;
}

int
file_read(const char *path, size_t most, uint8_t **out, size_t *n_out, struct err *e)
{
	/* Nonblocking, so that opening a pipe without writer does not hang. */
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*out = NULL;
	*n_out = 0;
	if (fd < 0)
		return err_set(e, ERR_IO, "cannot be read: %m");
	rc = read_open(fd, most, out, n_out, e);
	close(fd);
	return rc;
}

/* --- writing ----------------------------------------------------------------- */

static bool
write_whole(int fd, struct bytes content)
{
	size_t at = 0;

	while (at < content.n) {
		ssize_t n = write(fd, content.p + at, content.n - at);

		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

/* Fills the temporary file and puts it in its place. */
static bool
write_and_rename(int fd, const char *temporary, const char *path, struct bytes content)
{
	bool ok = fchmod(fd, 0644) == 0 && write_whole(fd, content) && fsync(fd) == 0;

	if (close(fd) != 0)
		ok = false;
	if (ok && rename(temporary, path) == 0)
		return true;
	unlink(temporary);
	return false;
}

int
file_write(const char *path, struct bytes content, struct err *e)
{
	char temporary[PATH_MAX];
	int fd;

	if (strcmp(path, "-") == 0)
		return write_whole(STDOUT_FILENO, content)
			   ? 0
			   : err_set(e, ERR_IO, "stdout: %m");
	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >=
	    sizeof(temporary))
		return err_set(e, ERR_IO, "%.200s: the name is too long", path);
	if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0 ||
	    !write_and_rename(fd, temporary, path, content))
		return err_set(e, ERR_IO, "%s: cannot be written: %m", path);
	return 0;
}
