/*
 * A secret from a file of its own (contract in conf.h). A file of its own too, because
 * the memory for secrets is OpenSSL's and the portal is linked without it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/owned.h"
#include "enroll/conf.h"

/* Modes as systemd's credentials and Debian's packages have them: 0400 of the user,
 * or 0440 of root and the program's group. */
static int
conf_secret_check(const char *path, const struct stat *st, struct err *e)
{
	unsigned mode = st->st_mode & 07777;
	unsigned forbidden = st->st_uid == 0 ? 0037 : 0077;

	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_POLICY, "%s: is no file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(e, ERR_POLICY, "%s: belongs to user %u, want %u", path,
		    st->st_uid, geteuid());
	if ((mode & forbidden) != 0)
		return err_set(e, ERR_POLICY,
		    "%s: found mode %04o, want 0600: others must not read a secret",
		    path, mode);
	return 0;
}

static int
conf_secret_fill(int fd, const char *path, struct secret *out, struct err *e)
{
	ssize_t n;
	uint8_t *end;
	size_t all;

	if (secret_new(CONF_SECRET_MAX + 2, out) != 0)
		return err_set(e, ERR_MEMORY, "%s: out of memory", path);
	do
		n = read(fd, out->p, out->n);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	out->n = all = (size_t)n;
	if ((end = memchr(out->p, '\n', out->n)) != NULL)
		out->n = (size_t)(end - out->p);
	if (end != NULL && out->n > 0 && out->p[out->n - 1] == '\r')
		out->n--;
	explicit_bzero(out->p + out->n, all - out->n);
	if (out->n == 0 || out->n > CONF_SECRET_MAX)
		return err_set(e, out->n == 0 ? ERR_POLICY : ERR_LIMIT,
		    "%s: found %s, want a first line of 1 to %d bytes", path,
		    out->n == 0 ? "nothing" : "more", CONF_SECRET_MAX);
	return 0;
}

int
conf_secret(const char *path, struct secret *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
	struct stat st;

	*out = (struct secret){0};
	if (fd < 0 || fstat(fd, &st) != 0)
		rc = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	else
		rc = conf_secret_check(path, &st, e);
	if (rc == 0)
		rc = conf_secret_fill(fd, path, out, e);
	if (rc != 0)
		secret_free(out);
	if (fd >= 0)
		close(fd);
	return rc;
}
