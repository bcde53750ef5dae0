/*
 * Day keys: contract in daykey.h. No key stays in memory between two calls: a file
 * that was deleted is a key that is gone.
 */
#include "crypto/daykey.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/isotime.h"
#include "crypto/folder.h"

#define PREFIX "day-"

enum {
	DATE = 10, /* characters of "2026-11-22" */
	NAME_SIZE = sizeof(PREFIX) + DATE,
};
#define LAST_SECOND INT64_C(253402300799) /* of the year 9999 */

struct daykey_ring {
	struct folder *folder;
	const struct seal_key *sealing;
};

int
daykey_open(const char *path, const struct seal_key *sealing, struct daykey_ring **out,
    struct err *e)
{
	struct daykey_ring *ring = calloc(1, sizeof(*ring));
	int rc;

	*out = NULL;
	if (ring == NULL)
		return err_set(e, ERR_MEMORY, "no memory for day keys");
	ring->sealing = sealing;
	if ((rc = folder_open(path, &ring->folder, e)) != 0)
		daykey_close(&ring);
	*out = ring;
	return rc;
}

void
daykey_close(struct daykey_ring **ring)
{
	if (*ring == NULL)
		return;
	folder_close(&(*ring)->folder);
	free(*ring);
	*ring = NULL;
}

/* --- names ------------------------------------------------------------------- */

static int
daykey_name(int64_t time, char name[NAME_SIZE], struct err *e)
{
	char text[ISOTIME_SIZE];

	if (time < 0 || time > LAST_SECOND)
		return err_set(
		    e, ERR_SYNTAX, "a PIN of %lld, want 1970 to 9999", (long long)time);
	snprintf(name, NAME_SIZE, PREFIX "%.*s", DATE, isotime_text(time, text));
	return 0;
}

/* Whether a file is a day key, and the first second of its day. */
static bool
daykey_day(const char *name, int64_t *begin_out)
{
	struct tm tm = {0};
	char again[NAME_SIZE];
	const char *end;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	end = strptime(name + strlen(PREFIX), "%Y-%m-%d", &tm);
	if (end == NULL || *end != '\0')
		return false;
	*begin_out = timegm(&tm);
	return daykey_name(*begin_out, again, NULL) == 0 && strcmp(name, again) == 0;
}

/* --- keys -------------------------------------------------------------------- */

/* The key of this name: 1 and *out, 0 where there is none, or an error. */
static int
daykey_load(
    struct daykey_ring *ring, const char *name, struct seal_key **out, struct err *e)
{
	struct secret sealed, raw = {0};
	int rc = folder_get(ring->folder, name, &sealed, e);

	*out = NULL;
	if (rc != 1)
		return rc;
	rc = seal_open(
	    ring->sealing, SEAL_DAY, bytes_of(name), secret_view(&sealed), &raw, e);
	secret_free(&sealed);
	if (rc == 0)
		rc = seal_key_from(secret_view(&raw), out, e);
	secret_free(&raw);
	return rc == 0 ? 1 : rc;
}

/* Makes and stores one, unless another process was faster. */
static int
daykey_create(struct daykey_ring *ring, const char *name, int64_t now, struct err *e)
{
	struct seal_key *k = NULL;
	struct owned sealed = {0};
	int rc = seal_key_make(&k, e);

	if (rc == 0)
		rc = seal_make(ring->sealing, SEAL_DAY, bytes_of(name), now,
		    seal_key_raw(k), &sealed, e);
	if (rc == 0)
		rc = folder_put(ring->folder, name, owned_view(&sealed), e);
	owned_free(&sealed);
	seal_key_free(&k);
	return rc < 0 ? rc : 0;
}

static int
daykey_of(struct daykey_ring *ring, int64_t now, struct seal_key **out, struct err *e)
{
	char name[NAME_SIZE];
	int rc = daykey_name(now, name, e);

	*out = NULL;
	if (rc != 0)
		return rc;
	if ((rc = daykey_load(ring, name, out, e)) != 0)
		return rc == 1 ? 0 : rc;
	if ((rc = daykey_create(ring, name, now, e)) != 0)
		return rc;
	/* What is in the file counts: it may be another process's. */
	rc = daykey_load(ring, name, out, e);
	if (rc == 0)
		return err_set(e, ERR_IO, "day key %s: gone as soon as made", name);
	return rc == 1 ? 0 : rc;
}

/* --- PINs -------------------------------------------------------------------- */

int
daykey_seal(struct daykey_ring *ring, struct bytes record, int64_t now,
    struct bytes plain, struct owned *out, struct err *e)
{
	struct seal_key *k;
	int rc = daykey_of(ring, now, &k, e);

	*out = (struct owned){0};
	if (rc == 0)
		rc = seal_make(k, SEAL_PIN, record, now, plain, out, e);
	seal_key_free(&k);
	return rc;
}

int
daykey_unseal(struct daykey_ring *ring, struct bytes record, int64_t now,
    struct bytes sealed, struct secret *out, struct err *e)
{
	char name[NAME_SIZE], text[ISOTIME_SIZE];
	struct seal_key *k = NULL;
	int64_t made;
	int rc = seal_time(sealed, &made, e);

	*out = (struct secret){0};
	if (rc != 0 || (rc = daykey_name(made, name, e)) != 0)
		return rc;
	if (now - made >= DAYKEY_OPEN_DAYS * DAYKEY_DAY)
		return err_set(e, ERR_NOT_FOUND, "the PIN ended after %d days, at %s",
		    DAYKEY_OPEN_DAYS,
		    isotime_text(made + DAYKEY_OPEN_DAYS * DAYKEY_DAY, text));
	if ((rc = daykey_load(ring, name, &k, e)) == 0)
		return err_set(e, ERR_NOT_FOUND,
		    "the PIN is gone: the key of its day, %s, was deleted", name);
	if (rc == 1)
		rc = seal_open(k, SEAL_PIN, record, sealed, out, e);
	seal_key_free(&k);
	return rc;
}

/* --- the end of a day -------------------------------------------------------- */

struct sweep {
	struct daykey_ring *ring;
	int64_t now;
	int deleted;
	struct err *e;
};

static int
daykey_sweep_one(const char *name, void *ctx)
{
	struct sweep *s = ctx;
	int64_t begin;
	int rc;

	if (!daykey_day(name, &begin) || s->now - begin < DAYKEY_KEPT_DAYS * DAYKEY_DAY)
		return 0;
	if ((rc = folder_wipe(s->ring->folder, name, s->e)) == 1)
		s->deleted++;
	return rc < 0 ? rc : 0;
}

int
daykey_sweep(struct daykey_ring *ring, int64_t now, struct err *e)
{
	struct sweep s = {.ring = ring, .now = now, .e = e};
	int rc = folder_each(ring->folder, daykey_sweep_one, &s, e);

	return rc == 0 ? s.deleted : rc;
}
