/*
 * The table of people that the mirror decides with (contract in mirror.h): filled,
 * then settled. Found by id and by address.
 */
#include "core/mirror.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mirror_parts.h"

enum {
	INDEX_LEAST = 64,
	ROWS_LEAST = 64,
	TEXT_SHOWN = 120,
};

static const size_t memory_max = (size_t)2 << 30;

/* --- found by hash -----------------------------------------------------------------
 */

/* FNV-1a, without the case of ASCII letters. */
static uint64_t
hash_of(struct bytes in)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < in.n; i++)
		h = (h ^ byte_lower(in.p[i])) * 0x100000001b3u;
	return h;
}

static void
index_put(struct mirror_index *ix, uint64_t hash, uint32_t at)
{
	size_t i = hash & (ix->size - 1);

	while (ix->slot[i].at != 0)
		i = (i + 1) & (ix->size - 1);
	ix->slot[i] = (struct mirror_slot){hash, at};
}

/* Room for one more; less than two thirds are ever used. */
static int
index_grow(struct mirror_index *ix)
{
	struct mirror_index bigger = {
	    .size = ix->size == 0 ? INDEX_LEAST : 2 * ix->size};

	if (3 * (ix->n + 1) < 2 * ix->size)
		return 0;
	if ((bigger.slot = calloc(bigger.size, sizeof(*bigger.slot))) == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < ix->size; i++)
		if (ix->slot[i].at != 0)
			index_put(&bigger, ix->slot[i].hash, ix->slot[i].at);
	bigger.n = ix->n;
	free(ix->slot);
	*ix = bigger;
	return 0;
}

static int
index_add(struct mirror_index *ix, uint64_t hash, size_t place)
{
	if (index_grow(ix) != 0)
		return ERR_MEMORY;
	index_put(ix, hash, (uint32_t)place + 1);
	ix->n++;
	return 0;
}

/* The next place with this hash, from *at on; false: no more. */
static bool
index_next(const struct mirror_index *ix, uint64_t hash, size_t *at, size_t *place)
{
	if (ix->size == 0)
		return false;
	for (;; (*at)++) {
		const struct mirror_slot *s = &ix->slot[*at & (ix->size - 1)];

		if (s->at == 0)
			return false;
		if (s->hash == hash) {
			*place = s->at - 1;
			(*at)++;
			return true;
		}
	}
}

struct mirror_row *
mirror_find(const struct mirror *m, struct bytes id)
{
	uint64_t hash = hash_of(id);
	size_t at = (size_t)hash, place;

	while (index_next(&m->by_id, hash, &at, &place))
		if (bytes_equal_nocase(m->row[place]->want.id, id))
			return m->row[place];
	return NULL;
}

struct mirror_address *
mirror_address_find(const struct mirror *m, struct bytes address)
{
	uint64_t hash = hash_of(address);
	size_t at = (size_t)hash, place;

	while (index_next(&m->by_address, hash, &at, &place))
		if (bytes_equal_nocase(m->address[place].text, address))
			return &m->address[place];
	return NULL;
}

struct mirror_row *
mirror_find_address(const struct mirror *m, struct bytes address)
{
	const struct mirror_address *a = mirror_address_find(m, address);
	struct mirror_row *row;

	if (a == NULL || a->n_owners != 1)
		return NULL;
	row = m->row[a->owner];
	return row->state == MIRROR_PRESENT ? row : NULL;
}

/* --- memory ------------------------------------------------------------------------
 */

struct bytes
mirror_copy(struct mirror *m, struct bytes in)
{
	uint8_t *p = arena_alloc(&m->arena, in.n + 1);

	if (p == NULL)
		return (struct bytes){NULL, 0};
	if (in.n > 0)
		memcpy(p, in.p, in.n);
	return (struct bytes){p, in.n};
}

/* Room for one more of an array; NULL without memory. */
static void *
array_grow(void *array, size_t n, size_t *size, size_t one)
{
	size_t more = *size == 0 ? ROWS_LEAST : 2 * *size;
	void *bigger;

	if (n < *size)
		return array;
	if ((bigger = realloc(array, more * one)) != NULL)
		*size = more;
	return bigger;
}

static int
domains_read(const char *const *in, size_t n, struct mirror_domain **out, struct err *e)
{
	*out = calloc(n + 1, sizeof(**out));
	if (*out == NULL)
		return err_set(e, ERR_MEMORY, "no memory for domains");
	for (size_t i = 0; i < n; i++) {
		size_t length;
		int rc = addr_domain(bytes_of(in[i]), (*out)[i].name, &length);

		if (rc != 0)
			return err_set(e, rc, "%.200s is no domain", in[i]);
	}
	return 0;
}

int
mirror_new(const struct mirror_domains *domains, struct mirror **out, struct err *e)
{
	struct mirror *m = calloc(1, sizeof(*m));
	int rc;

	*out = NULL;
	if (m == NULL)
		return err_set(e, ERR_MEMORY, "no memory for the mirror");
	arena_init(&m->arena, NULL, 0, memory_max);
	m->n_own = domains->n_own;
	m->n_ignored = domains->n_ignored;
	if (m->n_own > MIRROR_DOMAINS_MAX || m->n_ignored > MIRROR_DOMAINS_MAX)
		rc = err_set(e, ERR_LIMIT, "more than %d domains", MIRROR_DOMAINS_MAX);
	else
		rc = domains_read(domains->own, m->n_own, &m->own, e);
	if (rc == 0)
		rc = domains_read(domains->ignored, m->n_ignored, &m->ignored, e);
	if (rc != 0)
		mirror_free(&m);
	*out = m;
	return rc;
}

void
mirror_free(struct mirror **mp)
{
	struct mirror *m = *mp;

	if (m == NULL)
		return;
	arena_fini(&m->arena);
	free(m->own);
	free(m->ignored);
	free(m->row);
	free(m->address);
	free(m->by_id.slot);
	free(m->by_address.slot);
	free(m->problem);
	free(m);
	*mp = NULL;
}

/* --- problems ----------------------------------------------------------------------
 */

int
mirror_tell(struct mirror *m, const char *kind, struct bytes address, struct bytes id,
    const char *fmt, ...)
{
	struct mirror_problem *p;
	struct err sentence;
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (m->problem == NULL)
		m->problem = calloc(MIRROR_PROBLEMS_MAX, sizeof(*m->problem));
	if (m->problem == NULL)
		return ERR_MEMORY;
	if (m->n_problem == MIRROR_PROBLEMS_MAX) {
		m->n_over++;
		return 0;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&sentence, ERR_POLICY, "%s", text);
	p = &m->problem[m->n_problem];
	*p = (struct mirror_problem){.kind = kind,
	    .address = mirror_copy(m, address),
	    .id = mirror_copy(m, id),
	    .text = (const char *)mirror_copy(m, bytes_of(sentence.text)).p};
	if (p->address.p == NULL || p->id.p == NULL || p->text == NULL)
		return ERR_MEMORY;
	m->n_problem++;
	return 0;
}

const struct mirror_problem *
mirror_problems(const struct mirror *m, size_t *n_out, size_t *over_out)
{
	*n_out = m->n_problem;
	*over_out = m->n_over;
	return m->problem;
}

/* --- putting in --------------------------------------------------------------------
 */

/* One more that has this address. */
static int
own(struct mirror *m, struct bytes text, size_t row)
{
	struct mirror_address *a = mirror_address_find(m, text);

	if (a != NULL) {
		a->other = a->n_owners == 1 ? (uint32_t)row : a->other;
		a->n_owners++;
		return 0;
	}
	a = array_grow(m->address, m->n_address, &m->size_address, sizeof(*a));
	if (a == NULL)
		return ERR_MEMORY;
	m->address = a;
	a[m->n_address] = (struct mirror_address){text, (uint32_t)row, 0, 1};
	return index_add(&m->by_address, hash_of(text), m->n_address++);
}

static int
put_row(struct mirror *m, struct mirror_row *row)
{
	struct mirror_row **rows =
	    array_grow(m->row, m->n_row, &m->size_row, sizeof(*m->row));

	if (rows == NULL)
		return ERR_MEMORY;
	m->row = rows;
	m->row[m->n_row] = row;
	return index_add(&m->by_id, hash_of(row->want.id), m->n_row++);
}

/* A mailbox that many share has an account that nobody may log in with. */
static bool
is_off(const struct mirror_person *p)
{
	return p->disabled && !p->shared;
}

static int
read_person(struct mirror *m, const struct mirror_person *p, struct mirror_row *row)
{
	int rc = 0;

	row->want.shared = p->shared;
	row->state = MIRROR_DISABLED;
	if (is_off(p))
		return 0;
	row->state = MIRROR_REFUSED;
	if ((rc = mirror_read_mail(m, p, &row->want)) == 0 && row->want.n_mail > 0) {
		row->state = MIRROR_PRESENT;
		rc = mirror_read_texts(m, p, &row->want);
	}
	for (size_t i = 0; i < row->want.n_mail && rc == 0; i++)
		rc = own(m, row->want.mail[i], m->n_row);
	return rc;
}

static int
add(struct mirror *m, const struct mirror_person *p)
{
	const struct mirror_row *former = mirror_find(m, p->id);
	char a[MIRROR_DN_SHOWN + 1], b[MIRROR_DN_SHOWN + 1];
	struct mirror_row *row;
	int rc;

	if (former != NULL)
		return mirror_tell(m, "id", (struct bytes){NULL, 0}, p->id,
		    "%s and %s have the same id: the second one is left out",
		    mirror_text_show(former->dn, a, MIRROR_DN_SHOWN),
		    mirror_text_show(p->dn, b, MIRROR_DN_SHOWN));
	if ((row = arena_alloc(&m->arena, sizeof(*row))) == NULL)
		return ERR_MEMORY;
	row->want.id = mirror_copy(m, p->id);
	row->dn = mirror_copy(m, p->dn);
	if (row->want.id.p == NULL || row->dn.p == NULL)
		return ERR_MEMORY;
	rc = read_person(m, p, row);
	return rc != 0 ? rc : put_row(m, row);
}

int
mirror_add(struct mirror *m, const struct mirror_person *p, struct err *e)
{
	if (m->n_row == MIRROR_PEOPLE_MAX)
		return err_set(e, ERR_LIMIT, "company directory: more than %d people",
		    MIRROR_PEOPLE_MAX);
	if (add(m, p) != 0)
		return err_set(e, ERR_MEMORY, "no memory for %zu people", m->n_row + 1);
	return 0;
}

/* --- settling ----------------------------------------------------------------------
 */

static int
tell_conflict(struct mirror *m, const struct mirror_address *a)
{
	char one[MIRROR_DN_SHOWN + 1], two[MIRROR_DN_SHOWN + 1], address[ADDR_MAX + 1];
	const struct mirror_row *owner = m->row[a->owner], *other = m->row[a->other];

	return mirror_tell(m, "conflict", a->text, owner->want.id,
	    "%s belongs to %u entries of the company directory, %s and %s among them: "
	    "none of them is published with it",
	    mirror_text_show(a->text, address, ADDR_MAX), a->n_owners,
	    mirror_text_show(owner->dn, one, MIRROR_DN_SHOWN),
	    mirror_text_show(other->dn, two, MIRROR_DN_SHOWN));
}

/* Takes away what is also somebody else's. */
static void
settle_row(struct mirror *m, struct mirror_row *row)
{
	struct bytes *mail = (struct bytes *)(uintptr_t)row->want.mail;
	size_t n = 0;

	for (size_t i = 0; i < row->want.n_mail; i++)
		if (mirror_address_find(m, mail[i])->n_owners == 1)
			mail[n++] = mail[i];
	row->want.n_mail = n;
	if (n == 0 && row->state == MIRROR_PRESENT)
		row->state = MIRROR_REFUSED;
}

int
mirror_settle(struct mirror *m, struct err *e)
{
	for (size_t i = 0; i < m->n_address; i++)
		if (m->address[i].n_owners > 1 && tell_conflict(m, &m->address[i]) != 0)
			return err_set(e, ERR_MEMORY, "no memory for problems");
	for (size_t i = 0; i < m->n_row; i++)
		settle_row(m, m->row[i]);
	return 0;
}

size_t
mirror_count(const struct mirror *m)
{
	return m->n_row;
}

struct mirror_row *
mirror_at(const struct mirror *m, size_t i)
{
	return m->row[i];
}
