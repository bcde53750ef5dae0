/*
 * The process of one object: contract in child.h. From confine_object on it may read,
 * write, compute and end, and nothing else; no function here tries more.
 */
#include "enroll/examine/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "enroll/examine/confine.h"

/* All until the other end shuts down; -1 where it is too long, or broken. */
static ssize_t
take_object(int fd, uint8_t *out, size_t room)
{
	size_t n = 0;

	while (n < room) {
		ssize_t got = read(fd, out + n, room - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			return (ssize_t)n;
		n += (size_t)got;
	}
	return -1;
}

static int
give_answer(int fd, const json_t *answer)
{
	static char text[OBJECT_ANSWER_MAX + 1];
	size_t n = json_dumpb(answer, text, OBJECT_ANSWER_MAX, JSON_COMPACT), done = 0;

	if (n == 0 || n > OBJECT_ANSWER_MAX)
		return 1;
	text[n++] = '\n';
	while (done < n) {
		ssize_t put = write(fd, text + done, n - done);

		if (put <= 0)
			return 1;
		done += (size_t)put;
	}
	return 0;
}

static int
examine(enum object_kind kind, int fd)
{
	uint8_t *object = malloc(OBJECT_MAX + 1);
	ssize_t n = object == NULL ? -1 : take_object(fd, object, OBJECT_MAX + 1);
	json_t *answer = NULL;

	if (n >= 0)
		answer = object_examine(kind, (struct bytes){object, (size_t)n});
	return answer == NULL ? 1 : give_answer(fd, answer);
}

/* Not even the log is for it to write. */
static void
close_others(void)
{
#ifndef __SANITIZE_ADDRESS__
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
#endif
}

void
child_main(pid_t nursery, enum object_kind kind, int fd)
{
	char text[CONFINE_TEXT_MAX];
	struct err e = {0};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != nursery)
		_exit(1);
	close_others();
	if (confine_object(text, &e) != 0)
		_exit(CHILD_NOT_CONFINED);
	_exit(examine(kind, fd));
}
