/*
 * Writes the audit log: contract in chain.h. Threads append under a lock, and one of
 * them brings what stands there to the disk for all (fdatasync costs as much for one
 * line as for ten). When that fails, all that is not known to be on the disk is cut
 * off again, and all who wait for it get the error.
 */
#include "enroll/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enroll/chain_read.h"

/* A thread whose line is written, but not yet known to be on the disk. */
struct chain_waiter {
	uint64_t n; /* of its line */
	enum chain_fate {
		CHAIN_PENDING,
		CHAIN_KEPT,
		CHAIN_LOST
	} fate;
	struct chain_waiter *next;
};

struct chain {
	char *path;
	int fd;
	pthread_mutex_t mutex;
	pthread_cond_t synced;
	struct chain_state written, safe; /* safe: on the disk */
	struct chain_waiter *waiters;
	size_t cut; /* of a line that a crash left, to be told */
	bool syncing, broken;
};

/* --- opening --------------------------------------------------------------------- */

/* The file's name must survive a loss of power, too. */
static int
chain_sync_folder(const char *path)
{
	char folder[PATH_MAX];
	int fd, rc;

	if (strlen(path) >= sizeof(folder))
		return -1;
	strcpy(folder, path);
	if ((fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

static int
chain_open_file(struct chain *c, struct err *e)
{
	struct stat st;

	c->fd =
	    open(c->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->fd < 0 || fstat(c->fd, &st) != 0 || chain_sync_folder(c->path) != 0)
		return err_set(e, ERR_IO, "%s: %s", c->path, strerror(errno));
	if (!S_ISREG(st.st_mode) || (st.st_mode & 0027) != 0)
		return err_set(e, ERR_POLICY,
		    "%s: found mode %04o, want a file with 0600 or 0640", c->path,
		    (unsigned)st.st_mode & 07777);
	if (flock(c->fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, errno == EWOULDBLOCK ? ERR_POLICY : ERR_IO, "%s: %s",
		    c->path,
		    errno == EWOULDBLOCK ? "another process writes it"
					 : strerror(errno));
	return 0;
}

/* Finds the head, and cuts off what a crash left behind it. */
static int
chain_find_head(struct chain *c, struct err *e)
{
	struct err why = {0};
	int rc;

	chain_state_init(&c->written);
	rc = chain_read(c->fd, &c->written, &c->cut, NULL, NULL, &why);
	if (rc != 0)
		return err_set(e, rc, "%s: %s", c->path, why.text);
	if (c->cut > 0 &&
	    (ftruncate(c->fd, c->written.size) != 0 || fdatasync(c->fd) != 0))
		return err_set(e, ERR_IO, "%s: %s", c->path, strerror(errno));
	c->safe = c->written;
	return 0;
}

int
chain_open(const char *path, struct chain **out, struct err *e)
{
	struct chain *c = calloc(1, sizeof(*c));
	int rc;

	*out = NULL;
	if (c == NULL || (c->path = strdup(path)) == NULL) {
		free(c);
		return err_set(e, ERR_MEMORY, "%s: out of memory", path);
	}
	pthread_mutex_init(&c->mutex, NULL);
	pthread_cond_init(&c->synced, NULL);
	if ((rc = chain_open_file(c, e)) != 0 || (rc = chain_find_head(c, e)) != 0) {
		chain_close(&c);
		return rc;
	}
	*out = c;
	return 0;
}

void
chain_close(struct chain **cp)
{
	struct chain *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	pthread_cond_destroy(&c->synced);
	pthread_mutex_destroy(&c->mutex);
	if (c->fd >= 0)
		close(c->fd);
	free(c->path);
	free(c);
}

/* --- one line -------------------------------------------------------------------- */

/* {"n":,"time":,"prev":,"event":, ...fields}; takes the fields. */
static int
chain_object(const struct chain *c, int64_t now, const char *event, json_t *fields,
    json_t **out, struct err *e)
{
	json_t *o = json_pack("{s:I, s:I, s:s, s:s}", "n", (json_int_t)c->written.n + 1,
	    "time", (json_int_t)now, "prev", c->written.hash, "event", event);
	const char *name;
	json_t *v;
	int rc = o == NULL ? ERR_MEMORY : 0;

	if (rc == 0 && c->cut > 0)
		rc =
		    json_object_set_new(o, "cut", json_integer((json_int_t)c->cut)) != 0
			? ERR_MEMORY
			: 0;
	json_object_foreach(fields, name, v)
	{
		if (rc == 0 &&
		    (json_object_get(o, name) != NULL || strcmp(name, "hash") == 0))
			rc = ERR_USAGE;
		if (rc == 0 && json_object_set(o, name, v) != 0)
			rc = ERR_MEMORY;
	}
	json_decref(fields);
	if (rc == 0) {
		*out = o;
		return 0;
	}
	json_decref(o);
	return err_set(e, rc, "%s: event %s: %s", c->path, event,
	    rc == ERR_USAGE ? "a field has a name of the log's own" : err_name(rc));
}

/* The text of a line: what json_dumpb wrote, its hash put in before the last brace. */
static int
chain_finish(struct chain *c, char *text, size_t n, size_t *n_out, struct err *e)
{
	char hash[CHAIN_HASH_TEXT + 1];
	struct bytes head = {(uint8_t *)text, n - 1};
	int rc;

	if ((rc = chain_hash(head, hash)) != 0)
		return err_set(e, rc, "%s: SHA-256 cannot be computed", c->path);
	*n_out =
	    head.n + (size_t)sprintf(text + head.n, CHAIN_HASH_KEY "%s\"}\n", hash);
	return 0;
}

/* Puts it at the file's end, or leaves the file as it was. */
static int
chain_append(struct chain *c, const char *text, size_t n, struct err *e)
{
	ssize_t done = write(c->fd, text, n);

	if (done == (ssize_t)n) {
		c->written.n++;
		c->written.size += done;
		memcpy(
		    c->written.hash, text + n - 3 - CHAIN_HASH_TEXT, CHAIN_HASH_TEXT);
		c->cut = 0;
		return 0;
	}
	err_set(e, ERR_IO, "%s: %s", c->path,
	    done < 0 ? strerror(errno) : "no room for a line");
	if (ftruncate(c->fd, c->written.size) != 0)
		c->broken = true;
	return ERR_IO;
}

static int
chain_write(struct chain *c, const json_t *o, struct err *e)
{
	enum {
		TAIL = sizeof(CHAIN_HASH_KEY) + CHAIN_HASH_TEXT + 4
	};
	size_t n = json_dumpb(o, NULL, 0, JSON_COMPACT | JSON_ENSURE_ASCII);
	char *text;
	int rc;

	if (n == 0 || (text = malloc(n + TAIL)) == NULL)
		return err_set(e, ERR_MEMORY, "%s: out of memory", c->path);
	json_dumpb(o, text, n, JSON_COMPACT | JSON_ENSURE_ASCII);
	if ((rc = chain_finish(c, text, n, &n, e)) == 0) {
		if (n > CHAIN_LINE_MAX)
			rc = err_set(e, ERR_LIMIT,
			    "%s: a line of %zu bytes, want at most %d", c->path, n,
			    CHAIN_LINE_MAX);
		else
			rc = chain_append(c, text, n, e);
	}
	free(text);
	return rc;
}

/* --- to the disk ----------------------------------------------------------------- */

/* Tells the waiters up to line n what became of their lines. */
static void
chain_tell(struct chain *c, uint64_t n, enum chain_fate fate)
{
	struct chain_waiter **link = &c->waiters;

	while (*link != NULL) {
		struct chain_waiter *w = *link;

		if (w->n > n) {
			link = &w->next;
			continue;
		}
		w->fate = fate;
		*link = w->next;
	}
	pthread_cond_broadcast(&c->synced);
}

/* Brings all that is written to the disk, or cuts off what may not be there. The lock
 * is held, but not meanwhile: others may add lines, which the next turn takes. */
static void
chain_sync(struct chain *c)
{
	struct chain_state target = c->written;
	int rc;

	c->syncing = true;
	pthread_mutex_unlock(&c->mutex);
	rc = fdatasync(c->fd);
	pthread_mutex_lock(&c->mutex);
	c->syncing = false;
	if (rc == 0) {
		c->safe = target;
		chain_tell(c, target.n, CHAIN_KEPT);
		return;
	}
	c->written = c->safe;
	c->broken = ftruncate(c->fd, c->safe.size) != 0;
	chain_tell(c, UINT64_MAX, CHAIN_LOST);
}

/* Not inline: gcc would not see that chain_tell takes the waiter out again. */
__attribute__((noinline)) static void
chain_enlist(struct chain *c, struct chain_waiter *w)
{
	w->n = c->written.n;
	w->fate = CHAIN_PENDING;
	w->next = c->waiters;
	c->waiters = w;
}

/* Waits until the last line is on the disk. */
static int
chain_wait(struct chain *c, struct err *e)
{
	struct chain_waiter me;

	chain_enlist(c, &me);
	while (me.fate == CHAIN_PENDING) {
		if (c->syncing)
			pthread_cond_wait(&c->synced, &c->mutex);
		else
			chain_sync(c);
	}
	if (me.fate == CHAIN_KEPT)
		return 0;
	return err_set(e, ERR_IO, "%s: the disk did not take the line", c->path);
}

int
chain_add(
    struct chain *c, int64_t now, const char *event, json_t *fields, struct err *e)
{
	json_t *o = NULL;
	int rc;

	pthread_mutex_lock(&c->mutex);
	rc = chain_object(c, now, event, fields, &o, e);
	if (rc == 0 && c->broken)
		rc = err_set(e, ERR_IO, "%s: cannot be written any more", c->path);
	if (rc == 0)
		rc = chain_write(c, o, e);
	if (rc == 0)
		rc = chain_wait(c, e);
	pthread_mutex_unlock(&c->mutex);
	json_decref(o);
	return rc;
}

void
chain_head(struct chain *c, uint64_t *n_out, char hash_out[CHAIN_HASH_TEXT + 1])
{
	pthread_mutex_lock(&c->mutex);
	*n_out = c->safe.n;
	memcpy(hash_out, c->safe.hash, sizeof(c->safe.hash));
	pthread_mutex_unlock(&c->mutex);
}
