/*
 * The calling end of the protocol (contract in line.h): a connection a call, one
 * deadline for all of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "enroll/line.h"
#include "enroll/line_io.h"

/* connect() of a Unix socket waits where the backlog is full; only SO_SNDTIMEO limits
 * that (with O_NONBLOCK it fails at once, and poll does not tell when to try again). */
static int
line_connect(const char *path, int ms, struct err *e)
{
	struct sockaddr_un at;
	struct timeval limit = {ms / 1000, ms % 1000 * 1000};
	int fd, rc;

	if ((rc = line_address(path, &at, e)) != 0)
		return rc;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return err_set(e, ERR_IO, "socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
		rc = err_set(e, ERR_IO, "%s: %s", path,
		    errno == EAGAIN ? "too many callers" : strerror(errno));
		close(fd);
		return rc;
	}
	return fd;
}

static json_t *
line_request(const char *name, json_t *fields)
{
	json_t *request = json_pack("{s:s}", "call", name);

	if (request != NULL && fields != NULL &&
	    json_object_update_missing(request, fields) != 0) {
		json_decref(request);
		request = NULL;
	}
	json_decref(fields);
	return request;
}

static int
line_converse(
    int fd, const json_t *request, int64_t until_ms, json_t **answer_out, struct err *e)
{
	struct line_wait wait = {
	    .stop = -1, .max = LINE_MAX_BYTES, .until_ms = until_ms};
	struct line_buf b = {0};
	struct err unsent = {0};
	size_t n;
	int sent = line_send(fd, request, until_ms, &unsent), rc;

	/* A server that refuses a line too long answers before it has read it all. */
	rc = sent == 0 || sent == ERR_IO ? line_read(fd, &b, &wait, &n, e) : sent;
	if (rc <= 0 && sent != 0) {
		rc = err_set(e, sent, "%s", unsent.text);
	} else if (rc == 0) {
		rc = err_set(e, ERR_IO, "closed without an answer");
	} else if (rc == 1) {
		*answer_out = line_parse((struct bytes){b.p, n}, e);
		rc = *answer_out == NULL ? ERR_SYNTAX : 0;
	}
	line_buf_free(&b);
	return rc;
}

int
line_call(const char *path, const char *name, json_t *fields, int ms,
    json_t **answer_out, struct err *e)
{
	int wait = ms < 1 ? 1 : ms; /* for SO_SNDTIMEO 0 would be for ever */
	int64_t until = line_clock() + wait;
	json_t *request = line_request(name, fields);
	struct err why = {0};
	int fd, rc;

	*answer_out = NULL;
	if (request == NULL)
		return err_set(e, ERR_MEMORY, "a call of %s", name);
	if ((fd = line_connect(path, wait, e)) < 0) {
		json_decref(request);
		return fd;
	}
	if ((rc = line_converse(fd, request, until, answer_out, &why)) != 0)
		err_set(e, rc, "%s: %s: %s", path, name, why.text);
	close(fd);
	json_decref(request);
	return rc;
}

int
line_ask(const char *path, const char *name, json_t *fields, int ms,
    json_t **answer_out, struct err *e)
{
	int rc = line_call(path, name, fields, ms, answer_out, e);

	if (rc != 0 || line_bool(*answer_out, "ok"))
		return rc;
	rc = err_set(e, line_code(line_text(*answer_out, "error")), "%s",
	    line_text(*answer_out, "text").n == 0
		? "refused, without a reason"
		: (const char *)line_text(*answer_out, "text").p);
	json_decref(*answer_out);
	*answer_out = NULL;
	return rc;
}
