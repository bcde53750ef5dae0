/*
 * The answering end of the protocol (contract in line.h): one thread accepts, each
 * client has a thread of its own, which knows the peer from the kernel, reads a line,
 * asks the program's function and sends what it says. Who stops the server makes an
 * eventfd readable for good, at which every wait ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "enroll/line.h"
#include "enroll/line_io.h"

enum {
	LINE_BACKLOG = 256,
	LINE_SEND_MS = 30 * 1000, /* for a client to take its answer */
	LINE_PAUSE_MS = 100,	  /* before accepting again, without descriptors */
	LINE_LISTEN_FD = 3,	  /* where systemd puts the socket (sd_listen_fds(3)) */
};

struct line_server {
	struct line_options options;
	line_answer_fn *answer;
	void *ctx;
	int fd;
	int stop; /* eventfd: readable for good once stopped */
	pthread_mutex_t mutex;
	pthread_cond_t gone; /* a client went */
	unsigned n_clients;
	bool abandoned; /* threads are left that nobody may take memory from */
};

struct line_client {
	struct line_server *server;
	int fd;
	struct line_peer peer;
	struct line_buf buf;
};

/* --- one client ------------------------------------------------------------------ */

static bool
line_stopped(const struct line_server *s)
{
	struct pollfd p = {.fd = s->stop, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* Sends and frees; false when there is no use in going on. */
static bool
line_reply(struct line_client *c, json_t *answer)
{
	int rc;

	if (answer == NULL)
		answer = line_refuse("internal", "the answer could not be made");
	if (answer == NULL)
		return false;
	rc = line_send(c->fd, answer, line_clock() + LINE_SEND_MS, NULL);
	json_decref(answer);
	return rc == 0;
}

static bool
line_answer_one(struct line_client *c, struct bytes line)
{
	struct line_server *s = c->server;
	struct err e = {0};
	json_t *request = line_parse(line, &e), *answer;

	if (request == NULL)
		return line_reply(c, line_refuse_err(&e));
	if (!json_is_string(json_object_get(request, "call")))
		answer = line_refuse("syntax", "call: is missing, or no text");
	else
		answer = s->answer(request, &c->peer, s->ctx);
	json_decref(request);
	return line_reply(c, answer);
}

static void
line_client_serve(struct line_client *c)
{
	const struct line_options *o = &c->server->options;
	struct line_wait wait = {.stop = c->server->stop,
	    .max = o->max_bytes,
	    .typing_ms = (int64_t)o->type_seconds * 1000};
	struct err e = {0};
	bool go_on = true;
	size_t n;

	while (go_on && !line_stopped(c->server)) {
		int rc;

		wait.until_ms = line_clock() + (int64_t)o->idle_seconds * 1000;
		rc = line_read(c->fd, &c->buf, &wait, &n, &e);
		if (rc == ERR_LIMIT || rc == ERR_MEMORY)
			line_reply(c, line_refuse_err(&e));
		if (rc != 1)
			return;
		go_on = line_answer_one(c, (struct bytes){c->buf.p, n});
		line_drop(&c->buf, n);
	}
}

static void
line_client_free(struct line_client *c)
{
	line_buf_free(&c->buf);
	close(c->fd);
	free(c);
}

static void *
line_client_main(void *arg)
{
	struct line_client *c = arg;
	struct line_server *s = c->server;

	line_client_serve(c);
	line_client_free(c);
	pthread_mutex_lock(&s->mutex);
	s->n_clients--;
	pthread_cond_broadcast(&s->gone);
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

/* --- accepting ------------------------------------------------------------------- */

static struct line_client *
line_client_new(struct line_server *s, int fd)
{
	struct line_client *c = calloc(1, sizeof(*c));
	struct ucred who;
	socklen_t n = sizeof(who);

	if (c == NULL || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 ||
	    n != sizeof(who)) {
		free(c);
		close(fd);
		return NULL;
	}
	c->server = s;
	c->fd = fd;
	c->peer = (struct line_peer){who.pid, who.uid, who.gid};
	return c;
}

/* A thread for the client, which no signal reaches: they are the main thread's. */
static int
line_client_start(struct line_client *c)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, &attr, line_client_main, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

static void
line_count(struct line_server *s, int add)
{
	pthread_mutex_lock(&s->mutex);
	s->n_clients += (unsigned)add;
	pthread_mutex_unlock(&s->mutex);
}

/* Takes one client in; false where there is no room for it now. */
static bool
line_accept(struct line_server *s)
{
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct line_client *c;

	if (fd < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
	if ((c = line_client_new(s, fd)) == NULL)
		return false;
	line_count(s, 1);
	if (line_client_start(c) == 0)
		return true;
	line_count(s, -1);
	line_client_free(c);
	return false;
}

static void
line_wait_until(struct line_server *s, int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += ms % 1000 * 1000000L;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000L;
	t.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&s->gone, &s->mutex, &t);
}

/* Waits until there is room for another client, a little at most. */
static bool
line_has_room(struct line_server *s)
{
	bool room;

	pthread_mutex_lock(&s->mutex);
	if (s->n_clients >= s->options.max_clients)
		line_wait_until(s, LINE_PAUSE_MS);
	room = s->n_clients < s->options.max_clients;
	pthread_mutex_unlock(&s->mutex);
	return room;
}

/* Waits for those at work; ERR_IO when some did not finish. */
static int
line_finish(struct line_server *s, struct err *e)
{
	int64_t until = line_clock() + (int64_t)LINE_STOP_SECONDS * 1000;
	unsigned left;

	pthread_mutex_lock(&s->mutex);
	while (s->n_clients > 0 && line_clock() < until)
		line_wait_until(s, LINE_PAUSE_MS);
	left = s->n_clients;
	s->abandoned = left > 0;
	pthread_mutex_unlock(&s->mutex);
	if (left > 0)
		return err_set(e, ERR_IO, "%u calls were not done after %d s", left,
		    LINE_STOP_SECONDS);
	return 0;
}

int
line_serve(struct line_server *s, struct err *e)
{
	struct pollfd p[2] = {
	    {.fd = s->fd, .events = POLLIN}, {.fd = s->stop, .events = POLLIN}};

	while (!line_stopped(s)) {
		if (!line_has_room(s))
			continue;
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_set(e, ERR_IO, "poll: %s", strerror(errno));
		if (p[0].revents != 0 && p[1].revents == 0 && !line_accept(s))
			poll(p + 1, 1, LINE_PAUSE_MS);
	}
	return line_finish(s, e);
}

void
line_stop(struct line_server *s)
{
	uint64_t one = 1;
	int saved = errno;

	(void)!write(s->stop, &one, sizeof(one));
	errno = saved;
}

/* --- listening ------------------------------------------------------------------- */

/* The socket that systemd passed, or -1 (sd_listen_fds(3); only the first). */
static int
line_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	int listens = 0;
	socklen_t size = sizeof(listens);

	if (pid == NULL || n == NULL || strtol(pid, NULL, 10) != getpid() ||
	    strtol(n, NULL, 10) < 1)
		return -1;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (getsockopt(LINE_LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) !=
		0 ||
	    !listens)
		return -1;
	(void)fcntl(LINE_LISTEN_FD, F_SETFD, FD_CLOEXEC);
	(void)fcntl(LINE_LISTEN_FD, F_SETFL, O_NONBLOCK);
	return LINE_LISTEN_FD;
}

/* Removes what a killed server left behind; nothing else, and never the socket of
 * one that lives. */
static int
line_clear(int fd, const char *path, const struct sockaddr_un *at, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_IO, "%s: is there and no socket", path);
	if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 ||
	    errno == EAGAIN)
		return err_set(e, ERR_IO, "%s: another process answers there", path);
	unlink(path);
	return 0;
}

static int
line_socket(struct err *e)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 ? fd : err_set(e, ERR_IO, "socket: %s", strerror(errno));
}

static int
line_remove_old(const char *path, const struct sockaddr_un *at, struct err *e)
{
	int fd = line_socket(e), rc;

	if (fd < 0)
		return fd;
	rc = line_clear(fd, path, at, e);
	close(fd);
	return rc;
}

static int
line_gid(const struct line_options *o, gid_t *out, struct err *e)
{
	const struct group *gr;

	*out = (gid_t)-1;
	if (o->group == NULL || o->group[0] == '\0')
		return 0;
	if ((gr = getgrnam(o->group)) == NULL)
		return err_set(
		    e, ERR_IO, "socket %s: no group \"%.60s\"", o->path, o->group);
	*out = gr->gr_gid;
	return 0;
}

/* Makes the socket, never open to more than `mode`, not for a moment: bind takes the
 * mode of the descriptor, less the umask. */
static int
line_bind(const struct line_options *o, struct err *e)
{
	struct sockaddr_un at;
	gid_t gid;
	int fd, rc;

	if ((rc = line_address(o->path, &at, e)) != 0 ||
	    (rc = line_remove_old(o->path, &at, e)) != 0)
		return rc;
	if ((rc = line_gid(o, &gid, e)) != 0 || (fd = line_socket(e)) < 0)
		return rc != 0 ? rc : fd;
	if (fchmod(fd, o->mode) != 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
	    (gid != (gid_t)-1 && chown(o->path, (uid_t)-1, gid) != 0) ||
	    chmod(o->path, o->mode) != 0 || listen(fd, LINE_BACKLOG) != 0) {
		rc = err_set(e, ERR_IO, "socket %s: %s", o->path, strerror(errno));
		close(fd);
		return rc;
	}
	return fd;
}

static struct line_server *
line_server_new(const struct line_options *options, line_answer_fn *answer, void *ctx)
{
	struct line_server *s = calloc(1, sizeof(*s));
	struct line_options *o;
	pthread_condattr_t attr;

	if (s == NULL || (s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) {
		free(s);
		return NULL;
	}
	s->answer = answer;
	s->ctx = ctx;
	s->options = *options;
	o = &s->options;
	o->max_bytes = o->max_bytes == 0 ? LINE_MAX_BYTES : o->max_bytes;
	o->max_clients = o->max_clients == 0 ? LINE_CLIENTS : o->max_clients;
	o->idle_seconds = o->idle_seconds == 0 ? LINE_IDLE_SECONDS : o->idle_seconds;
	o->type_seconds = o->type_seconds == 0 ? LINE_TYPE_SECONDS : o->type_seconds;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->gone, &attr);
	pthread_condattr_destroy(&attr);
	return s;
}

int
line_listen(const struct line_options *options, line_answer_fn *answer, void *ctx,
    struct line_server **out, struct err *e)
{
	int fd = line_passed();

	*out = NULL;
	if (fd < 0 && (fd = line_bind(options, e)) < 0)
		return fd;
	if ((*out = line_server_new(options, answer, ctx)) == NULL) {
		close(fd);
		return err_set(e, ERR_MEMORY, "a server");
	}
	(*out)->fd = fd;
	return 0;
}

void
line_server_free(struct line_server **sp)
{
	struct line_server *s = *sp;

	*sp = NULL;
	if (s == NULL || s->abandoned)
		return;
	pthread_cond_destroy(&s->gone);
	pthread_mutex_destroy(&s->mutex);
	close(s->stop);
	close(s->fd);
	free(s);
}
