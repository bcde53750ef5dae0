/*
 * Mails into a folder (contract in mail_way.h): temp, fsync, link to the next free
 * number, which two writers cannot both get, fsync of the folder.
 */
#include "enroll/clerk/mail_way.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NUMBER_MOST = 999999999,
	TRIES = 10000, /* at numbers that others took in the meantime */
	NAME_SIZE = 40,
};

/* The highest number of an .eml file in the folder. */
static unsigned long
last_number(DIR *dir)
{
	unsigned long last = 0;
	struct dirent *d;

	while ((d = readdir(dir)) != NULL) {
		char *end;
		unsigned long n;

		if (d->d_name[0] < '0' || d->d_name[0] > '9')
			continue;
		n = strtoul(d->d_name, &end, 10);
		if (strcmp(end, ".eml") == 0 && n <= NUMBER_MOST && n > last)
			last = n;
	}
	return last;
}

static int
write_all(int fd, struct bytes mail)
{
	while (mail.n > 0) {
		ssize_t n = write(fd, mail.p, mail.n);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			mail.p += n;
			mail.n -= (size_t)n;
		}
	}
	return fsync(fd);
}

/* Gives the file its number; the name that it had is left to the caller. */
static int
link_next(int dir_fd, DIR *dir, const char *temp)
{
	unsigned long n = last_number(dir) + 1;
	char name[NAME_SIZE];

	for (int i = 0; i < TRIES && n <= NUMBER_MOST; i++, n++) {
		snprintf(name, sizeof(name), "%04lu.eml", n);
		if (linkat(dir_fd, temp, dir_fd, name, 0) == 0)
			return fsync(dir_fd);
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static int
put_into(DIR *dir, struct bytes mail)
{
	int dir_fd = dirfd(dir), fd, rc;
	char temp[NAME_SIZE];

	snprintf(temp, sizeof(temp), ".%ld-%lx.new", (long)getpid(), (long)gettid());
	fd = openat(dir_fd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    S_IRUSR | S_IWUSR);
	if (fd < 0)
		return -1;
	rc = write_all(fd, mail);
	if (close(fd) != 0)
		rc = -1;
	if (rc == 0)
		rc = link_next(dir_fd, dir, temp);
	unlinkat(dir_fd, temp, 0);
	return rc;
}

int
mail_folder_put(const char *folder, struct bytes mail, struct err *e)
{
	DIR *dir = opendir(folder);
	int rc = dir == NULL ? -1 : put_into(dir, mail);

	if (rc != 0)
		err_set(e, ERR_IO, "%s: the mail cannot be put there: %m", folder);
	if (dir != NULL)
		closedir(dir);
	return rc == 0 ? 0 : ERR_IO;
}
