/*
 * The nursery's process, and how the launcher asks it: contract in nursery.h.
 */
#include "enroll/examine/nursery.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enroll/examine/child.h"
#include "enroll/examine/confine.h"
#include "enroll/examine/log.h"
#include "enroll/line_io.h"

struct child {
	pid_t pid; /* 0: free */
	int64_t until_ms;
	bool late; /* it was killed for that */
};

struct nursery_state {
	int control;
	uint32_t seconds;
	size_t n_child;
	sigset_t waiting; /* mask while it waits: SIGCHLD comes in */
	struct child child[NURSERY_PROCESSES_MAX];
};

/* One octet of the kind, and beside it the socket. */
union control_room {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* --- children ----------------------------------------------------------------------
 */

static void
tell_end(const struct child *c, int status)
{
	if (c->late)
		examine_log(EXAMINE_WARNING, "process %d was ended: too late", c->pid);
	else if (WIFSIGNALED(status))
		examine_log(EXAMINE_WARNING, "process %d was ended by signal %d%s",
		    c->pid, WTERMSIG(status),
		    WTERMSIG(status) == SIGSYS ? ": a system call that it may not do"
					       : "");
	else if (WEXITSTATUS(status) != 0)
		examine_log(EXAMINE_WARNING, "process %d ended with status %d%s",
		    c->pid, WEXITSTATUS(status),
		    WEXITSTATUS(status) == CHILD_NOT_CONFINED ? ": no sandbox" : "");
}

static void
reap(struct nursery_state *n)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < n->n_child; i++)
			if (n->child[i].pid == pid) {
				tell_end(&n->child[i], status);
				n->child[i] = (struct child){0};
			}
}

/* Ends those that are late; the time of the next one, or far away. */
static int64_t
end_late(struct nursery_state *n)
{
	int64_t now = line_clock(), next = INT64_MAX;

	for (size_t i = 0; i < n->n_child; i++) {
		struct child *c = &n->child[i];

		if (c->pid == 0)
			continue;
		/* Not reaped yet, so the number is still its own. */
		if (c->until_ms <= now && !c->late) {
			kill(c->pid, SIGKILL);
			c->late = true;
		}
		if (!c->late && c->until_ms < next)
			next = c->until_ms;
	}
	return next;
}

static struct child *
free_slot(struct nursery_state *n)
{
	for (size_t i = 0; i < n->n_child; i++)
		if (n->child[i].pid == 0)
			return &n->child[i];
	return NULL;
}

static void
start_child(struct nursery_state *n, enum object_kind kind, int fd)
{
	struct child *c = free_slot(n);
	pid_t nursery = getpid(), pid;

	if ((pid = fork()) == 0) {
		close(n->control);
		child_main(nursery, kind, fd);
	}
	if (pid < 0)
		examine_log(EXAMINE_ERROR, "fork: %s", strerror(errno));
	else
		*c = (struct child){
		    .pid = pid, .until_ms = line_clock() + (int64_t)n->seconds * 1000};
}

/* --- what is asked -----------------------------------------------------------------
 */

/* Takes a message: 1, 0 when the launcher is gone. */
static int
take_message(struct nursery_state *n)
{
	uint8_t kind = OBJECT__MAX;
	struct iovec data = {&kind, sizeof(kind)};
	union control_room control;
	struct msghdr m = {.msg_iov = &data,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(n->control, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;
	int fd;

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	if (got == 0)
		return 0;
	c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(fd)))
		return 1;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (kind < OBJECT__MAX)
		start_child(n, (enum object_kind)kind, fd);
	close(fd);
	return 1;
}

static void
nursery_serve(struct nursery_state *n)
{
	struct pollfd p = {.fd = n->control, .events = POLLIN};
	int alive = 1;

	while (alive) {
		int64_t next = end_late(n), left = next - line_clock();
		struct timespec t = {left / 1000, left % 1000 * 1000000};

		if (left < 0)
			t = (struct timespec){0, 0};
		/* An answer may be read before its process has ended: then the next
		 * object waits in the socket. */
		p.fd = free_slot(n) != NULL ? n->control : -1;
		if (ppoll(&p, 1, next == INT64_MAX ? NULL : &t, &n->waiting) > 0)
			alive = take_message(n);
		reap(n);
	}
	for (size_t i = 0; i < n->n_child; i++)
		if (n->child[i].pid > 0)
			kill(n->child[i].pid, SIGKILL);
}

static void
wake(int signal_number)
{
	(void)signal_number;
}

/* SIGCHLD only ever interrupts the wait. */
static void
hold_children(struct nursery_state *n)
{
	struct sigaction act = {.sa_handler = wake};
	sigset_t children;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, &n->waiting);
	sigdelset(&n->waiting, SIGCHLD);
	sigaction(SIGCHLD, &act, NULL);
	/* It ends with the launcher, and not before it. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
}

/* Nothing but its one socket and the log: above all not the socket that listens, where
 * systemd passed it. */
static void
keep_control(struct nursery_state *n)
{
	enum {
		FIRST = STDERR_FILENO + 1
	};

	if (n->control != FIRST && dup2(n->control, FIRST) != FIRST)
		_exit(1);
	n->control = FIRST;
	(void)fcntl(FIRST, F_SETFD, FD_CLOEXEC);
	if (close_range(FIRST + 1, ~0U, 0) != 0)
		_exit(1);
}

__attribute__((noreturn)) static void
nursery_main(struct nursery_state *n)
{
	char text[CONFINE_TEXT_MAX];
	struct err e = {0};

	hold_children(n);
	keep_control(n);
	if (confine_nursery(text, &e) != 0) {
		examine_log(EXAMINE_ERROR, "%s", e.text);
		_exit(1);
	}
	nursery_serve(n);
	_exit(0);
}

/* --- the launcher's side -------------------------------------------------------------
 */

int
nursery_start(struct nursery *n, uint32_t processes, uint32_t seconds, struct err *e)
{
	struct nursery_state state = {.seconds = seconds, .n_child = processes};
	int rc = object_warm_up(e), pair[2];

	if (rc != 0)
		return rc;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set(e, ERR_IO, "socketpair: %s", strerror(errno));
	if ((n->pid = fork()) == 0) {
		close(pair[0]);
		state.control = pair[1];
		nursery_main(&state);
	}
	close(pair[1]);
	n->control = pair[0];
	if (n->pid < 0) {
		close(pair[0]);
		return err_set(e, ERR_IO, "fork: %s", strerror(errno));
	}
	return 0;
}

static int
send_socket(const struct nursery *n, enum object_kind kind, int fd, struct err *e)
{
	uint8_t octet = (uint8_t)kind;
	struct iovec data = {&octet, sizeof(octet)};
	union control_room control = {0};
	struct msghdr m = {.msg_iov = &data,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(n->control, &m, MSG_NOSIGNAL) == 1)
		return 0;
	return err_set(e, ERR_IO, "no process to examine it: %s", strerror(errno));
}

int
nursery_ask(const struct nursery *n, enum object_kind kind, int *out, struct err *e)
{
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set(e, ERR_IO, "socketpair: %s", strerror(errno));
	rc = send_socket(n, kind, pair[1], e);
	close(pair[1]);
	if (rc != 0)
		close(pair[0]);
	else
		*out = pair[0];
	return rc;
}
