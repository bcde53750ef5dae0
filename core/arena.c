/*
 * Memory that is dropped whole (contract in arena.h). Small pieces are cut from
 * the caller's buffer, then from heap blocks, each larger than the one before,
 * so that a request of any size takes few of them. Single pieces are never
 * given back. Called by core's planners and by adapters, one arena a request.
 */
#include "core/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	ARENA_ALIGN = alignof(max_align_t),
	ARENA_BLOCK_LEAST = 1024,
	ARENA_BLOCK_MOST = 64 * 1024, /* but a larger piece gets a larger block */
};

struct arena_block {
	struct arena_block *next;
	size_t size; /* of the memory behind this header */
	alignas(max_align_t) char memory[];
};

/* Rounds up to the alignment; false where that would overflow. */
static bool
arena_round(size_t n, size_t *out)
{
	if (n > SIZE_MAX - (ARENA_ALIGN - 1))
		return false;
	*out = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	return true;
}

void
arena_init(struct arena *a, void *buf, size_t cap, size_t limit)
{
	size_t skip = (ARENA_ALIGN - (uintptr_t)buf % ARENA_ALIGN) % ARENA_ALIGN;

	if (buf == NULL || skip > cap)
		skip = cap;
	*a = (struct arena){.limit = limit};
	if (cap > skip) {
		a->at = (char *)buf + skip;
		a->left = (cap - skip) & ~(size_t)(ARENA_ALIGN - 1);
	}
}

void
arena_fini(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){0};
}

/* How large the next block shall be: double the last, at least n, within what
 * may still be taken. n itself is within the limit. */
static size_t
arena_block_size(const struct arena *a, size_t n)
{
	size_t size = ARENA_BLOCK_LEAST;

	if (a->blocks != NULL && a->blocks->size < ARENA_BLOCK_MOST)
		size = a->blocks->size * 2;
	if (size > ARENA_BLOCK_MOST)
		size = ARENA_BLOCK_MOST;
	if (size > a->limit)
		size = a->limit & ~(size_t)(ARENA_ALIGN - 1);
	return size < n ? n : size;
}

/* Opens a new block with room for n; what was left of the old one is lost. */
static bool
arena_grow(struct arena *a, size_t n)
{
	struct arena_block *b;
	size_t size;

	if (n > a->limit)
		return false;
	size = arena_block_size(a, n);
	if (size > SIZE_MAX - sizeof(*b))
		return false;
	if ((b = malloc(sizeof(*b) + size)) == NULL)
		return false;
	b->next = a->blocks;
	b->size = size;
	a->blocks = b;
	a->limit -= size;
	a->at = b->memory;
	a->left = size;
	return true;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	void *piece;
	size_t room;

	if (!arena_round(n == 0 ? 1 : n, &room))
		return NULL;
	if (room > a->left && !arena_grow(a, room))
		return NULL;
	piece = a->at;
	a->at += room;
	a->left -= room;
	return memset(piece, 0, room);
}
