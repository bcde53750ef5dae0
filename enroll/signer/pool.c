/*
 * The pool of fresh private keys: contract in pool.h. A key belongs to the process
 * whose unlink succeeded, which the kernel grants to one alone; it is handed out
 * only after the folder was synced, so that a loss of power cannot bring it back.
 */
#include "enroll/signer/pool.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "crypto/folder.h"

#define BAD "bad-"

enum {
	ID_BYTES = 16,
	NAME_SIZE = POOL_KIND_MAX + 1 + 2 * ID_BYTES + 1,
};

struct pool {
	struct folder *folder;
	const struct seal_key *sealing;
};

int
pool_open(
    const char *path, const struct seal_key *sealing, struct pool **out, struct err *e)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	int rc;

	*out = NULL;
	if (pool == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the pool");
	pool->sealing = sealing;
	if ((rc = folder_open(path, &pool->folder, e)) != 0)
		pool_close(&pool);
	*out = pool;
	return rc;
}

void
pool_close(struct pool **pool)
{
	if (*pool == NULL)
		return;
	folder_close(&(*pool)->folder);
	free(*pool);
	*pool = NULL;
}

static int
pool_check_kind(const char *kind, struct err *e)
{
	size_t n = strnlen(kind, POOL_KIND_MAX + 1);
	bool good = n > 0 && n <= POOL_KIND_MAX;

	for (size_t i = 0; i < n && good; i++)
		good = isalnum((unsigned char)kind[i]);
	return good ? 0
		    : err_set(e, ERR_USAGE,
			  "pool: kind \"%.40s\", want 1 to %d letters and digits", kind,
			  POOL_KIND_MAX);
}

/* Whether a file is a key of this kind. */
static bool
pool_is(const char *name, const char *kind)
{
	size_t n = strlen(kind);

	return strncmp(name, kind, n) == 0 && name[n] == '-' &&
	       strlen(name) == n + 1 + 2 * ID_BYTES;
}

static int
pool_name(const char *kind, char name[NAME_SIZE], struct err *e)
{
	uint8_t id[ID_BYTES];
	int n = snprintf(name, NAME_SIZE, "%s-", kind);

	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		return err_set(e, ERR_IO, "pool: no randomness: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(id); i++)
		n += snprintf(name + n, NAME_SIZE - (size_t)n, "%02x", id[i]);
	return 0;
}

int
pool_put(
    struct pool *pool, const char *kind, struct bytes pkcs8, int64_t now, struct err *e)
{
	char name[NAME_SIZE];
	struct owned sealed;
	int rc = pool_check_kind(kind, e);

	if (rc != 0 || (rc = pool_name(kind, name, e)) != 0)
		return rc;
	rc =
	    seal_make(pool->sealing, SEAL_POOL, bytes_of(name), now, pkcs8, &sealed, e);
	if (rc != 0)
		return rc;
	rc = folder_put(pool->folder, name, owned_view(&sealed), e);
	owned_free(&sealed);
	if (rc == 0)
		return err_set(e, ERR_IO, "pool: 128 random bits came twice");
	return rc == 1 ? 0 : rc;
}

/* --- taking ------------------------------------------------------------------ */

struct take {
	struct pool *pool;
	const char *kind;
	struct secret *out;
	struct err *e;
};

static int
pool_put_aside(struct pool *pool, const char *name, struct err *e)
{
	char bad[sizeof(BAD) + NAME_SIZE];
	int rc;

	snprintf(bad, sizeof(bad), BAD "%s", name);
	rc = folder_rename(pool->folder, name, bad, e);
	return rc < 0 ? rc : 0;
}

/* Tries this key: 1 taken, 0 go on with the next, or an error. */
static int
pool_take_one(const char *name, void *ctx)
{
	struct take *t = ctx;
	struct secret sealed;
	int rc;

	if (!pool_is(name, t->kind))
		return 0;
	if ((rc = folder_get(t->pool->folder, name, &sealed, t->e)) != 1)
		return rc; /* 0: another taker was faster */
	rc = seal_open(t->pool->sealing, SEAL_POOL, bytes_of(name),
	    secret_view(&sealed), t->out, t->e);
	secret_free(&sealed);
	if (rc == ERR_MEMORY)
		return rc;
	if (rc != 0)
		return pool_put_aside(t->pool, name, t->e);
	if ((rc = folder_remove(t->pool->folder, name, t->e)) != 1)
		secret_free(t->out);
	return rc;
}

int
pool_take(struct pool *pool, const char *kind, struct secret *out, struct err *e)
{
	struct take t = {.pool = pool, .kind = kind, .out = out, .e = e};
	int rc = pool_check_kind(kind, e);

	*out = (struct secret){0};
	return rc != 0 ? rc : folder_each(pool->folder, pool_take_one, &t, e);
}

/* --- counting and filling ---------------------------------------------------- */

struct count {
	const char *kind;
	int n;
};

static int
pool_count_one(const char *name, void *ctx)
{
	struct count *c = ctx;

	c->n += pool_is(name, c->kind);
	return 0;
}

int
pool_count(struct pool *pool, const char *kind, struct err *e)
{
	struct count c = {.kind = kind};
	int rc = pool_check_kind(kind, e);

	if (rc == 0)
		rc = folder_each(pool->folder, pool_count_one, &c, e);
	return rc == 0 ? c.n : rc;
}

int
pool_fill(struct pool *pool, const char *kind, unsigned want, int64_t now,
    pool_make_fn *make, void *ctx, struct err *e)
{
	struct secret pkcs8 = {0};
	int rc = pool_count(pool, kind, e);

	if (rc < 0)
		return rc;
	if (want > POOL_WANT_MAX)
		return err_set(e, ERR_LIMIT, "pool: %u keys wanted, want at most %d",
		    want, POOL_WANT_MAX);
	if ((unsigned)rc >= want)
		return 0;
	if ((rc = make(kind, &pkcs8, ctx, e)) == 0)
		rc = pool_put(pool, kind, secret_view(&pkcs8), now, e);
	secret_free(&pkcs8);
	return rc == 0 ? 1 : rc;
}
