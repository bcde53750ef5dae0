/*
 * Memory that is dropped whole: small pieces for one request. Starts in a
 * buffer of the caller (on the stack), so that most requests allocate nothing.
 */
#ifndef CHANCERY_CORE_ARENA_H
#define CHANCERY_CORE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	char *at;
	size_t left;
	struct arena_block *blocks; /* heap blocks, newest first */
	size_t limit;		    /* bytes that may still come from the heap */
};

/* Takes the caller's buffer, which must outlive the arena; limit: bytes that
 * may be taken from the heap beyond it. */
void arena_init(struct arena *a, void *buf, size_t cap, size_t limit);
void arena_fini(struct arena *a);

/* n zeroed bytes, aligned for any type; NULL over the limit or out of memory. */
void *arena_alloc(struct arena *a, size_t n);

#endif
