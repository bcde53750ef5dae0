/*
 * The launcher's calls: contract in server.h.
 */
#include "enroll/examine/server.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "enroll/line_io.h"

enum {
	GRACE_SECONDS = 2 /* the nursery ends a process before we stop waiting for it */
};

/* --- who may call ------------------------------------------------------------------
 */

int
server_init(struct server *s, struct err *e)
{
	const struct conf_list *list = &s->conf.caller;
	pthread_condattr_t attr;

	if (list->n > SERVER_CALLERS_MAX - 2)
		return err_set(
		    e, ERR_LIMIT, "caller: more than %d", SERVER_CALLERS_MAX - 2);
	s->caller[s->n_caller++] = 0;
	s->caller[s->n_caller++] = geteuid();
	for (size_t i = 0; i < list->n; i++) {
		const struct passwd *pw = getpwnam(list->value[i]);

		if (pw == NULL)
			return err_set(
			    e, ERR_USAGE, "caller: no user \"%.60s\"", list->value[i]);
		s->caller[s->n_caller++] = pw->pw_uid;
	}
	pthread_mutex_init(&s->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->free, &attr);
	pthread_condattr_destroy(&attr);
	return 0;
}

static bool
may_call(const struct server *s, uid_t uid)
{
	for (size_t i = 0; i < s->n_caller; i++)
		if (s->caller[i] == uid)
			return true;
	return false;
}

/* --- places ------------------------------------------------------------------------
 */

/* Waits for one of the places; false when it takes too long. */
static bool
take_place(struct server *s)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += s->conf.seconds + GRACE_SECONDS;
	pthread_mutex_lock(&s->mutex);
	while (s->n_running >= s->conf.processes && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&s->free, &s->mutex, &until);
	rc = s->n_running < s->conf.processes;
	s->n_running += rc != 0;
	pthread_mutex_unlock(&s->mutex);
	return rc != 0;
}

static void
give_place(struct server *s, bool answered)
{
	pthread_mutex_lock(&s->mutex);
	s->n_running--;
	s->n_examined++;
	s->n_failed += !answered;
	pthread_cond_signal(&s->free);
	pthread_mutex_unlock(&s->mutex);
}

/* --- one object ----------------------------------------------------------------------
 */

/* Writes all of it; what a process that has died does not take is no fault here. */
static void
give_object(int fd, struct bytes object)
{
	while (object.n > 0) {
		ssize_t n = send(fd, object.p, object.n, MSG_NOSIGNAL);

		if (n <= 0 && errno != EINTR)
			return;
		if (n > 0) {
			object.p += n;
			object.n -= (size_t)n;
		}
	}
	(void)shutdown(fd, SHUT_WR);
}

/* The child's line, checked; NULL where there is none, or not one that may be. */
static json_t *
take_answer(int fd, enum object_kind kind, int64_t until_ms)
{
	const struct line_wait wait = {
	    .stop = -1, .max = OBJECT_ANSWER_MAX, .until_ms = until_ms};
	struct line_buf b = {0};
	json_t *raw = NULL, *answer = NULL;
	size_t n;

	if (line_read(fd, &b, &wait, &n, NULL) == 1 &&
	    (raw = line_parse((struct bytes){b.p, n}, NULL)) != NULL)
		answer = object_check(raw, kind);
	json_decref(raw);
	line_buf_free(&b);
	return answer;
}

static json_t *
examine(struct server *s, enum object_kind kind, struct bytes object)
{
	int64_t until =
	    line_clock() + (int64_t)s->conf.seconds * 1000 + GRACE_SECONDS * 1000;
	struct err e = {0};
	json_t *answer;
	int fd;

	if (!take_place(s))
		return line_refuse("busy",
		    "Too many files are being examined just now; "
		    "please try again in a minute.");
	if (nursery_ask(&s->nursery, kind, &fd, &e) != 0) {
		give_place(s, false);
		return line_refuse_err(&e);
	}
	give_object(fd, object);
	answer = take_answer(fd, kind, until);
	close(fd);
	give_place(s, answer != NULL);
	if (answer != NULL)
		return answer;
	answer =
	    line_refuse("limit", "This file could not be examined: it took too much "
				 "time or memory, or tried what it may not.");
	line_set_text(answer, "what", BYTES("hostile"));
	return answer;
}

/* --- calls -------------------------------------------------------------------------
 */

static const struct line_field csr_fields[] = {
    {"data", LINE_BYTES, false, OBJECT_MAX}, {0}};
static const struct line_field status_fields[] = {{0}};

static json_t *
call_csr(struct server *s, const json_t *request)
{
	struct err e = {0};
	struct owned object;
	json_t *answer;

	if (line_bytes(request, "data", &object, &e) != 0)
		return line_refuse_err(&e);
	answer = examine(s, OBJECT_CSR, owned_view(&object));
	owned_free(&object);
	return answer;
}

static json_t *
call_status(struct server *s, const json_t *request)
{
	json_t *o = line_ok();

	(void)request;
	pthread_mutex_lock(&s->mutex);
	line_set_int(o, "running", s->n_running);
	line_set_int(o, "examined", (int64_t)s->n_examined);
	line_set_int(o, "failed", (int64_t)s->n_failed);
	pthread_mutex_unlock(&s->mutex);
	return o;
}

static const struct {
	const char *name;
	const struct line_field *fields;
	json_t *(*call)(struct server *s, const json_t *request);
} calls[] = {
    {"csr", csr_fields, call_csr},
    {"status", status_fields, call_status},
};

json_t *
server_answer(const json_t *request, const struct line_peer *peer, void *ctx)
{
	struct bytes name = line_text(request, "call");
	struct server *s = ctx;
	struct err e = {0};

	if (!may_call(s, peer->uid))
		return line_refuse("denied", "user %u may not call", peer->uid);
	for (size_t i = 0; i < NITEMS(calls); i++) {
		if (!bytes_equal(bytes_of(calls[i].name), name))
			continue;
		if (line_check(request, calls[i].fields, &e) != 0)
			return line_refuse_err(&e);
		return calls[i].call(s, request);
	}
	return line_refuse("unsupported", "call: there is no such call");
}
