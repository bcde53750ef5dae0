/*
 * Tests of core/arena: alignment, zeroed pieces that do not overlap, the
 * caller's buffer before the heap, and the limit to the byte.
 */
#include "core/arena.h"
#include "tests/unit/check.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

enum {
	ALIGN = alignof(max_align_t)
};

static bool
all_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static void
test_arena__caller_first(void)
{
	alignas(max_align_t) char buf[256];
	struct arena a;
	char *p;

	memset(buf, 0x55, sizeof(buf));
	arena_init(&a, buf, sizeof(buf), 0);
	p = arena_alloc(&a, 256);
	check(
	    p == buf, "arena/buffer_whole", "got %p, want %p", (void *)p, (void *)buf);
	check(p != NULL && all_zero((unsigned char *)p, 256), "arena/buffer_zeroed",
	    "bytes left over");
	check(arena_alloc(&a, 1) == NULL, "arena/limit_zero_refuses",
	    "got memory, want NULL");
	arena_fini(&a);
}

static void
test_arena__misaligned(void)
{
	alignas(max_align_t) char buf[256];
	struct arena a;

	for (size_t off = 1; off < ALIGN; off++) {
		arena_init(&a, buf + off, sizeof(buf) - off, 0);
		char *p = arena_alloc(&a, 3), *q = arena_alloc(&a, 1);

		if (p == NULL || q == NULL || (uintptr_t)p % ALIGN != 0 ||
		    (uintptr_t)q % ALIGN != 0 || q < p + 3) {
			check(false, "arena/misaligned", "offset %zu", off);
			return;
		}
		arena_fini(&a);
	}
	check(true, "arena/misaligned", " ");
}

static void
test_arena__small_buffers(void)
{
	alignas(max_align_t) char buf[32];
	struct arena a;

	arena_init(&a, buf + 1, 2, 0);
	check(arena_alloc(&a, 1) == NULL, "arena/buffer_too_small",
	    "got memory, want NULL");
	arena_fini(&a);
	arena_init(&a, NULL, 0, 4096);
	check(arena_alloc(&a, 100) != NULL, "arena/no_buffer", "got NULL");
	arena_fini(&a);
	check(a.blocks == NULL && a.left == 0, "arena/fini_clears", "not cleared");
}

static void
test_arena__limit(void)
{
	struct arena a;

	arena_init(&a, NULL, 0, 4096);
	check(arena_alloc(&a, 4096) != NULL, "arena/at_limit", "got NULL");
	arena_fini(&a);
	arena_init(&a, NULL, 0, 4096);
	check(
	    arena_alloc(&a, 4097) == NULL, "arena/past_limit", "got memory, want NULL");
	arena_fini(&a);
	arena_init(&a, NULL, 0, SIZE_MAX);
	check(arena_alloc(&a, SIZE_MAX) == NULL, "arena/size_max",
	    "got memory, want NULL");
	arena_fini(&a);
}

/* Neither a buffer nor a limit need be a multiple of the alignment. */
static void
test_arena__odd_sizes(void)
{
	alignas(max_align_t) char buf[64 + 1];
	struct arena a;
	int pieces = 0;

	arena_init(&a, buf, sizeof(buf), 0);
	while (arena_alloc(&a, 1) != NULL && pieces < 100)
		pieces++;
	check_int("arena/odd_buffer", pieces, 64 / ALIGN);
	arena_fini(&a);
	arena_init(&a, NULL, 0, 5 * ALIGN + 1);
	for (pieces = 0; arena_alloc(&a, 1) != NULL && pieces < 100; pieces++)
		;
	check_int("arena/odd_limit", pieces, 5);
	arena_fini(&a);
}

/* The heap never gives more than the limit, however the pieces are cut. */
static void
test_arena__limit_in_pieces(void)
{
	struct arena a;
	size_t got = 0;

	arena_init(&a, NULL, 0, 100000);
	while (arena_alloc(&a, 48) != NULL && got < 200000)
		got += 48;
	check(got <= 100000 && got >= 90000, "arena/limit_in_pieces",
	    "got %zu bytes of 100000", got);
	arena_fini(&a);
}

enum {
	PIECES = 2000
};

/* Every piece keeps its own pattern: none overlaps another. */
static void
test_arena__many(void)
{
	static unsigned char *piece[PIECES];
	alignas(max_align_t) char buf[512];
	struct arena a;
	int bad = 0;

	arena_init(&a, buf, sizeof(buf), 8 * 1024 * 1024);
	for (size_t i = 0; i < PIECES; i++) {
		size_t n = i % 977;

		piece[i] = arena_alloc(&a, n);
		if (piece[i] == NULL || (uintptr_t)piece[i] % ALIGN != 0 ||
		    !all_zero(piece[i], n)) {
			check(false, "arena/many", "piece %zu", i);
			arena_fini(&a);
			return;
		}
		memset(piece[i], (int)(i & 0xff), n);
	}
	for (size_t i = 0; i < PIECES; i++)
		for (size_t k = 0; k < i % 977; k++)
			bad += piece[i][k] != (i & 0xff);
	check_int("arena/many", bad, 0);
	arena_fini(&a);
}

int
main(void)
{
	test_arena__caller_first();
	test_arena__misaligned();
	test_arena__small_buffers();
	test_arena__limit();
	test_arena__odd_sizes();
	test_arena__limit_in_pieces();
	test_arena__many();
	return check_done();
}
