/* Problems in memory (contract in problems.h). */
#include "enroll/clerk/problems.h"

#include <pthread.h>
#include <stdlib.h>

#include "enroll/line.h"

enum {
	TEXT_MAX = ERR_TEXT_MAX
};

struct known {
	uint64_t hash;
	const char *part; /* of the caller's program */
	const char *kind;
	json_t *row;
	bool told; /* in the round that runs */
};

struct problems {
	pthread_mutex_t lock;
	struct known *known;
	size_t n;
	size_t over; /* told, and no room */
};

int
problems_new(struct problems **out, struct err *e)
{
	struct problems *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p == NULL || (p->known = calloc(PROBLEMS_MAX, sizeof(*p->known))) == NULL) {
		free(p);
		return err_set(e, ERR_MEMORY, "no memory for problems");
	}
	pthread_mutex_init(&p->lock, NULL);
	*out = p;
	return 0;
}

void
problems_free(struct problems **pp)
{
	struct problems *p = *pp;

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		json_decref(p->known[i].row);
	pthread_mutex_destroy(&p->lock);
	free(p->known);
	free(p);
	*pp = NULL;
}

/* --- telling ------------------------------------------------------------------------
 */

/* FNV-1a, an end behind each part. */
static uint64_t
mix(uint64_t h, struct bytes in)
{
	for (size_t i = 0; i < in.n; i++)
		h = (h ^ in.p[i]) * 0x100000001b3u;
	return (h ^ 0xff) * 0x100000001b3u;
}

static uint64_t
hash_of(const struct problem *problem)
{
	uint64_t h = mix(0xcbf29ce484222325u, bytes_of(problem->part));

	h = mix(mix(h, bytes_of(problem->kind)), problem->address);
	return mix(mix(h, problem->person), problem->text);
}

static bool
row_is(const json_t *row, const struct problem *problem)
{
	return bytes_equal(line_text(row, "address"), problem->address) &&
	       bytes_equal(line_text(row, "person"), problem->person) &&
	       bytes_equal(line_text(row, "problem"), problem->text);
}

static struct known *
find(struct problems *p, const struct problem *problem, uint64_t hash)
{
	for (size_t i = 0; i < p->n; i++) {
		struct known *k = &p->known[i];

		if (k->hash == hash && strcmp(k->part, problem->part) == 0 &&
		    strcmp(k->kind, problem->kind) == 0 && row_is(k->row, problem))
			return k;
	}
	return NULL;
}

static json_t *
row_of(const struct problem *problem, int64_t now)
{
	json_t *row = json_object();

	if (row != NULL && line_set_text(row, "kind", bytes_of(problem->kind)) == 0 &&
	    line_set_text(row, "address", problem->address) == 0 &&
	    line_set_text(row, "person", problem->person) == 0 &&
	    line_set_text(row, "problem", problem->text) == 0 &&
	    line_set_int(row, "first", now) == 0)
		return row;
	json_decref(row);
	return NULL;
}

static void
tell(struct problems *p, const struct problem *problem, int64_t now)
{
	uint64_t hash = hash_of(problem);
	struct known *k = find(p, problem, hash);
	json_t *row;

	if (k == NULL) {
		if (p->n == PROBLEMS_MAX || (row = row_of(problem, now)) == NULL) {
			p->over++;
			return;
		}
		k = &p->known[p->n++];
		*k = (struct known){hash, problem->part, problem->kind, row, true};
	}
	k->told = true;
	line_set_int(k->row, "last", now);
}

void
problems_tell(struct problems *p, const struct problem *problem, int64_t now)
{
	pthread_mutex_lock(&p->lock);
	tell(p, problem, now);
	pthread_mutex_unlock(&p->lock);
}

/* --- rounds -------------------------------------------------------------------------
 */

void
problems_begin_round(struct problems *p, const char *part)
{
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->known[i].part, part) == 0)
			p->known[i].told = false;
	p->over = 0;
	pthread_mutex_unlock(&p->lock);
}

void
problems_end_round(struct problems *p, const char *part)
{
	size_t n = 0;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->known[i].part, part) == 0 && !p->known[i].told)
			json_decref(p->known[i].row);
		else
			p->known[n++] = p->known[i];
	p->n = n;
	pthread_mutex_unlock(&p->lock);
}

/* --- showing ------------------------------------------------------------------------
 */

size_t
problems_count(struct problems *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->n + p->over;
	pthread_mutex_unlock(&p->lock);
	return n;
}

void
problems_rows(struct problems *p, json_t *rows)
{
	char text[TEXT_MAX];

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(rows, json_deep_copy(p->known[i].row));
	if (p->over > 0) {
		snprintf(text, sizeof(text), "and %zu more", p->over);
		json_array_append_new(
		    rows, json_pack("{s:s,s:s}", "kind", "more", "problem", text));
	}
	pthread_mutex_unlock(&p->lock);
}
