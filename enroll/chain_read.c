/*
 * Checks the chain of an audit log (contract in chain.h). Lines are in the one form in
 * which chain.c writes them, so the check needs no JSON; it is parsed for those who
 * want to see it.
 */
#include "enroll/chain_read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/digest.h"

enum {
	CHAIN_ROOM = 2 * CHAIN_LINE_MAX,
	CHAIN_TAIL =
	    sizeof(CHAIN_HASH_KEY) - 1 + CHAIN_HASH_TEXT + 2, /* ,"hash":"x"} */
	CHAIN_TRIES = 10, /* for a line that is being written just now */
	CHAIN_TRY_MS = 50
};

/* Lines as they come from the file. */
struct chain_input {
	int fd;
	size_t n, used;
	bool at_end;
	uint8_t buf[CHAIN_ROOM];
};

void
chain_state_init(struct chain_state *at)
{
	*at = (struct chain_state){0};
	memcpy(at->hash, CHAIN_FIRST, sizeof(at->hash));
}

int
chain_hash(struct bytes head, char out[CHAIN_HASH_TEXT + 1])
{
	_Static_assert((int)CHAIN_HASH_TEXT == (int)DIGEST_TEXT, "SHA-256 in hex");
	return digest_sha256_text(head, out);
}

/* --- one line -------------------------------------------------------------------- */

/* Takes a literal off the front. */
static bool
chain_skip(struct bytes *in, const char *literal)
{
	size_t n = strlen(literal);

	if (in->n < n || memcmp(in->p, literal, n) != 0)
		return false;
	in->p += n;
	in->n -= n;
	return true;
}

/* A number as JSON writes it; false where there is none or it is too long. */
static bool
chain_number(struct bytes *in, uint64_t *out)
{
	size_t i = 0;

	for (*out = 0; i < in->n && i < 20; i++) {
		if (in->p[i] < '0' || in->p[i] > '9')
			break;
		*out = *out * 10 + (uint64_t)(in->p[i] - '0');
	}
	in->p += i;
	in->n -= i;
	return i > 0;
}

static int
chain_bad(const struct chain_state *at, struct err *e, const char *what)
{
	return err_set(
	    e, ERR_SYNTAX, "line %llu: %s", (unsigned long long)at->n + 1, what);
}

/* Number and hash that the line gives as its own and as the one before it. */
static bool
chain_front(struct bytes head, uint64_t *n_out, struct bytes *prev_out)
{
	uint64_t time;

	if (!chain_skip(&head, "{\"n\":") || !chain_number(&head, n_out) ||
	    !chain_skip(&head, ",\"time\":"))
		return false;
	(void)chain_skip(&head, "-");
	if (!chain_number(&head, &time) || !chain_skip(&head, ",\"prev\":\"") ||
	    head.n < CHAIN_HASH_TEXT)
		return false;
	*prev_out = (struct bytes){head.p, CHAIN_HASH_TEXT};
	head.p += CHAIN_HASH_TEXT;
	head.n -= CHAIN_HASH_TEXT;
	return chain_skip(&head, "\",\"event\":\"");
}

/* Splits `{...,"hash":"HASH"}`. */
static bool
chain_back(struct bytes line, struct bytes *head_out, struct bytes *hash_out)
{
	struct bytes tail;

	if (line.n <= CHAIN_TAIL)
		return false;
	*head_out = (struct bytes){line.p, line.n - CHAIN_TAIL};
	tail = (struct bytes){line.p + head_out->n, CHAIN_TAIL};
	if (!chain_skip(&tail, CHAIN_HASH_KEY))
		return false;
	*hash_out = (struct bytes){tail.p, CHAIN_HASH_TEXT};
	return memcmp(tail.p + CHAIN_HASH_TEXT, "\"}", 2) == 0;
}

/* Holds the line against its own hash and against what came before. */
static int
chain_check(struct chain_state *at, struct bytes line, struct err *e)
{
	struct bytes head, hash, prev;
	char real[CHAIN_HASH_TEXT + 1];
	uint64_t n;

	if (!chain_back(line, &head, &hash) || !chain_front(head, &n, &prev))
		return chain_bad(at, e, "does not have the form of a line of the log");
	if (chain_hash(head, real) != 0)
		return err_set(e, ERR_CRYPTO, "SHA-256 cannot be computed");
	if (!bytes_equal(bytes_of(real), hash))
		return chain_bad(at, e, "was changed: it does not have its hash");
	if (n != at->n + 1)
		return err_set(e, ERR_SYNTAX,
		    "line %llu: found number %llu: a line is missing, or stands "
		    "elsewhere",
		    (unsigned long long)at->n + 1, (unsigned long long)n);
	if (!bytes_equal(bytes_of(at->hash), prev))
		return chain_bad(
		    at, e, "follows another line than the one that stands before it");
	at->n = n;
	at->size += (off_t)line.n + 1;
	memcpy(at->hash, real, sizeof(real));
	return 0;
}

static int
chain_tell(struct bytes line, uint64_t n, chain_line_fn *fn, void *ctx, struct err *e)
{
	json_t *o;
	int rc;

	if (fn == NULL)
		return 0;
	o = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
	if (o == NULL)
		return err_set(
		    e, ERR_SYNTAX, "line %llu: is no JSON", (unsigned long long)n);
	rc = fn(o, n, ctx);
	json_decref(o);
	return rc;
}

/* --- all lines ------------------------------------------------------------------- */

/* 0 or ERR_IO; sets at_end where there is no more. */
static int
chain_fill(struct chain_input *in, struct err *e)
{
	ssize_t n;

	memmove(in->buf, in->buf + in->used, in->n - in->used);
	in->n -= in->used;
	in->used = 0;
	do
		n = read(in->fd, in->buf + in->n, sizeof(in->buf) - in->n);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, ERR_IO, "reading: %s", strerror(errno));
	in->n += (size_t)n;
	in->at_end = n == 0;
	return 0;
}

/* The next whole line: 1; 0 at the end; ERR_*. */
static int
chain_next(struct chain_input *in, struct bytes *out, struct err *e)
{
	for (;;) {
		struct bytes have = {in->buf + in->used, in->n - in->used};
		const uint8_t *end = have.n == 0 ? NULL : memchr(have.p, '\n', have.n);
		int rc;

		if (end == NULL ? have.n >= CHAIN_LINE_MAX
				: end - have.p >= CHAIN_LINE_MAX)
			return err_set(
			    e, ERR_SYNTAX, "has more than %d bytes", CHAIN_LINE_MAX);
		if (end != NULL) {
			*out = (struct bytes){have.p, (size_t)(end - have.p)};
			in->used += out->n + 1;
			return 1;
		}
		if ((rc = chain_fill(in, e)) != 0 || in->at_end)
			return rc;
	}
}

static int
chain_read_input(struct chain_input *in, struct chain_state *at, chain_line_fn *fn,
    void *ctx, struct err *e)
{
	struct bytes line = {0};
	struct err why = {0};
	int rc;

	while ((rc = chain_next(in, &line, &why)) == 1)
		if ((rc = chain_check(at, line, e)) != 0 ||
		    (rc = chain_tell(line, at->n, fn, ctx, e)) != 0)
			return rc;
	if (rc != 0)
		return err_set(
		    e, rc, "line %llu: %s", (unsigned long long)at->n + 1, why.text);
	return 0;
}

int
chain_read(int fd, struct chain_state *at, size_t *rest_out, chain_line_fn *fn,
    void *ctx, struct err *e)
{
	struct chain_input *in = calloc(1, sizeof(*in));
	int rc;

	*rest_out = 0;
	if (in == NULL)
		return err_set(e, ERR_MEMORY, "out of memory");
	in->fd = fd;
	rc = chain_read_input(in, at, fn, ctx, e);
	if (rc == 0)
		*rest_out = in->n - in->used;
	free(in);
	return rc;
}

/* --- verification ---------------------------------------------------------------- */

/* Reads; where the last line has no end yet, its writer may be at it: tries again. */
static int
chain_read_patient(
    int fd, struct chain_state *at, chain_line_fn *fn, void *ctx, struct err *e)
{
	size_t rest = 0;

	for (int i = 0; i < CHAIN_TRIES; i++) {
		int rc = chain_read(fd, at, &rest, fn, ctx, e);

		if (rc != 0 || rest == 0)
			return rc;
		poll(NULL, 0, CHAIN_TRY_MS);
		if (lseek(fd, at->size, SEEK_SET) < 0)
			return err_set(e, ERR_IO, "%s", strerror(errno));
	}
	return err_set(e, ERR_SYNTAX,
	    "line %llu: is not finished: %zu bytes that its program cuts off when it "
	    "starts",
	    (unsigned long long)at->n + 1, rest);
}

int
chain_verify(const char *path, chain_line_fn *fn, void *ctx, uint64_t *n_out,
    char hash_out[CHAIN_HASH_TEXT + 1], struct err *e)
{
	struct chain_state at;
	struct err why = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	chain_state_init(&at);
	if (fd < 0)
		rc = err_set(&why, ERR_IO, "%s", strerror(errno));
	else
		rc = chain_read_patient(fd, &at, fn, ctx, &why);
	if (fd >= 0)
		close(fd);
	if (rc < 0 && why.text[0] != '\0')
		err_set(e, rc, "%s: %s", path, why.text);
	*n_out = at.n;
	memcpy(hash_out, at.hash, sizeof(at.hash));
	return rc;
}
