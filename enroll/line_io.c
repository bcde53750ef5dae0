/*
 * Lines over a socket: contract in line_io.h. Every wait is a poll with a deadline on
 * a socket that never blocks; what is read is looked at for depth and number before
 * jansson, which recurses and allocates, sees it.
 */
#include "enroll/line_io.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "enroll/line.h"

enum {
	LINE_ROOM_FIRST = 4096
};

int64_t
line_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
line_address(const char *path, struct sockaddr_un *out, struct err *e)
{
	size_t n = strlen(path);

	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (n == 0 || n >= sizeof(out->sun_path))
		return err_set(e, ERR_LIMIT,
		    "socket %.200s: found a path of %zu bytes, want 1 to %zu", path, n,
		    sizeof(out->sun_path) - 1);
	memcpy(out->sun_path, path, n);
	return 0;
}

/* --- the buffer ------------------------------------------------------------------ */

void
line_buf_free(struct line_buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->room);
	free(b->p);
	*b = (struct line_buf){0};
}

/* Room for one byte more at least; not realloc, which would leave the old bytes. */
static int
line_grow(struct line_buf *b)
{
	struct line_buf more = {.room = b->room == 0 ? LINE_ROOM_FIRST : 2 * b->room,
	    .n = b->n,
	    .seen = b->seen};

	if (b->n < b->room)
		return 0;
	if ((more.p = malloc(more.room)) == NULL)
		return ERR_MEMORY;
	if (b->n > 0)
		memcpy(more.p, b->p, b->n);
	line_buf_free(b);
	*b = more;
	return 0;
}

void
line_drop(struct line_buf *b, size_t n)
{
	size_t left = b->n - (n + 1);

	memmove(b->p, b->p + n + 1, left);
	explicit_bzero(b->p + left, b->n - left);
	b->n = left;
	b->seen = 0;
}

/* --- reading --------------------------------------------------------------------- */

/* Waits for the socket: 1, 0 when stop came first, ERR_IO when it is too late. */
static int
line_wait_for(int fd, short events, int stop, int64_t until_ms, struct err *e)
{
	struct pollfd p[2] = {
	    {.fd = fd, .events = events}, {.fd = stop, .events = POLLIN}};

	for (;;) {
		int64_t left = until_ms - line_clock();
		int n;

		if (left <= 0)
			return err_set(e, ERR_IO, "the other end took too long");
		n = poll(p, 2, (int)(left > INT32_MAX ? INT32_MAX : left));
		if (n < 0 && errno != EINTR)
			return err_set(e, ERR_IO, "poll: %s", strerror(errno));
		if (n > 0 && p[1].revents != 0)
			return 0;
		if (n > 0)
			return 1;
	}
}

/* Takes what is there: the number of bytes, 0 at the end, ERR_*. */
static ssize_t
line_receive(int fd, struct line_buf *b, struct err *e)
{
	ssize_t n;

	if (line_grow(b) != 0)
		return err_set(e, ERR_MEMORY, "a line of %zu bytes and more", b->n);
	n = recv(fd, b->p + b->n, b->room - b->n, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (n < 0)
		return err_set(e, ERR_IO, "receiving: %s", strerror(errno));
	b->n += (size_t)n;
	return n;
}

/* Whether a whole line is there: 1, 0, ERR_LIMIT when it can no longer be one. */
static int
line_find(struct line_buf *b, size_t max, size_t *n_out, struct err *e)
{
	const uint8_t *end =
	    b->n == b->seen ? NULL : memchr(b->p + b->seen, '\n', b->n - b->seen);

	*n_out = end == NULL ? b->n : (size_t)(end - b->p);
	b->seen = *n_out;
	if (*n_out > max)
		return err_set(
		    e, ERR_LIMIT, "a line has more than %zu bytes, the most", max);
	return end != NULL;
}

int
line_read(int fd, struct line_buf *b, const struct line_wait *wait, size_t *n_out,
    struct err *e)
{
	bool begun = false;
	int64_t until = wait->until_ms;
	int rc;

	while ((rc = line_find(b, wait->max, n_out, e)) == 0) {
		ssize_t n;

		if (b->n > 0 && !begun && wait->typing_ms > 0)
			until = line_clock() + wait->typing_ms;
		begun = b->n > 0;
		if ((rc = line_wait_for(fd, POLLIN, wait->stop, until, e)) <= 0)
			return rc;
		/* recv says 1 as well where there was nothing after all. */
		if ((n = line_receive(fd, b, e)) <= 0)
			return (int)n;
	}
	return rc;
}

/* --- parsing --------------------------------------------------------------------- */

/* Depth and number of values, counted over the text: brackets and commas outside of
 * strings. What is not JSON may be counted wrongly; jansson refuses it. */
static int
line_measure(struct bytes line, struct err *e)
{
	size_t depth = 0, values = 1;
	bool quoted = false;

	for (size_t i = 0; i < line.n; i++) {
		uint8_t c = line.p[i];

		if (c == '"')
			quoted = !quoted;
		else if (quoted)
			i += c == '\\';
		else if (c == '[' || c == '{')
			depth++;
		else if (c == ']' || c == '}')
			depth -= depth > 0;
		else
			values += c == ',';
		if (depth > LINE_MAX_DEPTH)
			return err_set(e, ERR_LIMIT,
			    "JSON nested deeper than %d, the most", LINE_MAX_DEPTH);
	}
	if (values > LINE_MAX_VALUES)
		return err_set(e, ERR_LIMIT, "JSON with %zu values, want at most %d",
		    values, LINE_MAX_VALUES);
	return 0;
}

json_t *
line_parse(struct bytes line, struct err *e)
{
	json_error_t why;
	json_t *o;

	if (line_measure(line, e) != 0)
		return NULL;
	o = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, &why);
	/* jansson's own sentence would quote the line, secrets and all. */
	if (o == NULL) {
		err_set(e, ERR_SYNTAX, "not JSON as RFC 8259 wants it, at byte %d",
		    why.position);
		return NULL;
	}
	if (!json_is_object(o)) {
		json_decref(o);
		err_set(e, ERR_SYNTAX, "JSON, but not an object");
		return NULL;
	}
	return o;
}

/* --- sending --------------------------------------------------------------------- */

static int
line_push(int fd, const char *text, size_t n, int64_t until_ms, struct err *e)
{
	while (n > 0) {
		ssize_t sent;
		int rc = line_wait_for(fd, POLLOUT, -1, until_ms, e);

		if (rc < 0)
			return rc;
		sent = send(fd, text, n, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return err_set(e, ERR_IO, "sending: %s", strerror(errno));
		if (sent > 0) {
			text += sent;
			n -= (size_t)sent;
		}
	}
	return 0;
}

int
line_send(int fd, const json_t *o, int64_t until_ms, struct err *e)
{
	size_t n = json_dumpb(o, NULL, 0, JSON_COMPACT);
	char *text;
	int rc;

	if (n == 0)
		return err_set(e, ERR_MEMORY, "an object that cannot be written");
	if (n > LINE_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "a line of %zu bytes, want at most %d", n,
		    LINE_MAX_BYTES);
	if ((text = malloc(n + 1)) == NULL)
		return err_set(e, ERR_MEMORY, "a line of %zu bytes", n);
	json_dumpb(o, text, n, JSON_COMPACT);
	text[n] = '\n';
	rc = line_push(fd, text, n + 1, until_ms, e);
	explicit_bzero(text, n + 1);
	free(text);
	return rc;
}
