/*
 * Passphrases: contract in passphrase.h.
 */
#include "cli/passphrase.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/key.h"

static int
from_file(const char *file, struct secret *out, struct err *e)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc;
	struct stat st;

	if (fd < 0)
		return err_set(e, ERR_IO, "%s: cannot be read: %m", file);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		rc = err_set(e, ERR_POLICY,
		    "%s: mode %04o, want one that only its owner can read", file,
		    (unsigned)st.st_mode & 07777);
	else
		rc = key_read_passphrase(fd, out, e);
	close(fd);
	return rc;
}

/* Asks once; the terminal is put back whatever happens. */
static int
ask(int fd, const char *what, const char *again, struct secret *out, struct err *e)
{
	struct termios before, silent;
	int rc;

	if (tcgetattr(fd, &before) != 0)
		return err_set(e, ERR_IO, "the terminal: %m");
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	dprintf(fd, "Passphrase of %s%s: ", what, again);
	tcsetattr(fd, TCSAFLUSH, &silent);
	rc = key_read_passphrase(fd, out, e);
	tcsetattr(fd, TCSAFLUSH, &before);
	dprintf(fd, "\n");
	return rc;
}

static int
ask_twice(int fd, const char *what, struct secret *out, struct err *e)
{
	struct secret second = {0};
	int rc = ask(fd, what, "", out, e);

	if (rc != 0)
		return rc;
	rc = ask(fd, what, ", once more", &second, e);
	if (rc == 0 && !bytes_equal(secret_view(out), secret_view(&second)))
		rc = err_set(e, ERR_POLICY, "the two passphrases are not the same");
	secret_free(&second);
	if (rc != 0)
		secret_free(out);
	return rc;
}

int
passphrase_get(
    const char *file, const char *what, bool twice, struct secret *out, struct err *e)
{
	int fd, rc;

	*out = (struct secret){0};
	if (file != NULL)
		return from_file(file, out, e);
	if ((fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) < 0)
		return err_set(e, ERR_IO,
		    "no terminal to ask for the passphrase of %s; --passphrase-file "
		    "FILE "
		    "takes it from a file",
		    what);
	rc = twice ? ask_twice(fd, what, out, e) : ask(fd, what, "", out, e);
	close(fd);
	return rc;
}
