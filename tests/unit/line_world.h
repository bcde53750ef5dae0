/*
 * A server of the protocol in a thread of the test, and a client that sends any bytes
 * it likes.
 */
#ifndef CHANCERY_TESTS_LINE_WORLD_H
#define CHANCERY_TESTS_LINE_WORLD_H

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "enroll/line.h"
#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

struct line_world {
	char folder[SCRATCH_MAX];
	char path[SCRATCH_MAX + 10];
	struct line_options options;
	struct line_server *server;
	pthread_t thread;
	int served; /* what line_serve answered */
};

static void *
line_world_main(void *arg)
{
	struct line_world *w = arg;

	w->served = line_serve(w->server, NULL);
	return NULL;
}

__attribute__((unused)) static void
line_world_start(struct line_world *w, line_answer_fn *answer)
{
	struct err e = {0};

	scratch_make(w->folder);
	snprintf(w->path, sizeof(w->path), "%s/socket", w->folder);
	w->options.path = w->path;
	if (w->options.mode == 0)
		w->options.mode = 0600;
	if (line_listen(&w->options, answer, w, &w->server, &e) != 0) {
		printf("not ok a server: %s\n", e.text);
		exit(1);
	}
	pthread_create(&w->thread, NULL, line_world_main, w);
}

__attribute__((unused)) static void
line_world_stop(struct line_world *w)
{
	line_stop(w->server);
	pthread_join(w->thread, NULL);
	line_server_free(&w->server);
	scratch_remove(w->folder);
}

__attribute__((unused)) static int
line_world_connect(const struct line_world *w)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct timeval limit = {20, 0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%.100s", w->path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

__attribute__((unused)) static bool
line_world_send(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* One line; NULL at the end, or where it is no JSON. */
__attribute__((unused)) static json_t *
line_world_receive(int fd)
{
	char text[4096];
	size_t n = 0;

	while (n < sizeof(text) && recv(fd, text + n, 1, 0) == 1)
		if (text[n++] == '\n')
			return json_loadb(text, n, 0, NULL);
	return NULL;
}

#endif
