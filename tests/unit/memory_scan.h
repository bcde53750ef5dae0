/*
 * Looks for bytes in all memory that this process can write (heap, stacks, all of
 * it), to show that a secret was wiped. The bytes are asked for masked, so that the
 * question is not its own answer.
 */
#ifndef CHANCERY_TESTS_MEMORY_SCAN_H
#define CHANCERY_TESTS_MEMORY_SCAN_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	MEMORY_MASK = 0x5a,
	MEMORY_WINDOW = 1 << 16,
	MEMORY_SECRET_MAX = 64
};

/* Masks or unmasks n bytes in place. */
__attribute__((unused)) static void
memory_mask(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] ^= MEMORY_MASK;
}

static int
memory_count_in(const uint8_t *p, size_t n, const char *masked, size_t len)
{
	int found = 0;

	for (size_t i = 0; i + len <= n; i++) {
		size_t k = 0;

		while (k < len && p[i + k] == ((uint8_t)masked[k] ^ MEMORY_MASK))
			k++;
		found += k == len;
	}
	return found;
}

/* One stretch, read through /proc so that guard pages do no harm. */
static int
memory_count_range(int mem, uint64_t from, uint64_t to, const char *masked, size_t len)
{
	static uint8_t window[MEMORY_WINDOW + MEMORY_SECRET_MAX];
	int found = 0;

	while (from < to) {
		size_t want = to - from < sizeof(window) ? to - from : sizeof(window);
		ssize_t n;

		/* The window would find what it read of itself. */
		if ((uint64_t)(uintptr_t)window >= from &&
		    (uint64_t)(uintptr_t)window < from + want)
			memset(window, 0, sizeof(window));
		if ((n = pread(mem, window, want, (off_t)from)) <= 0)
			break;
		found += memory_count_in(window, (size_t)n, masked, len);
		from += (size_t)n < sizeof(window) ? (size_t)n : MEMORY_WINDOW;
	}
	memset(window, 0, sizeof(window));
	return found;
}

/* How often the bytes stand in writable memory; -1 where it cannot be read. */
__attribute__((unused)) static int
memory_count(const char *masked, size_t len)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY), found = 0;
	char line[512];

	while (maps != NULL && mem >= 0 && fgets(line, sizeof(line), maps) != NULL) {
		unsigned long long from, to;
		char mode[5];

		/* The sanitizers' shadow is terabytes of nothing. */
		if (sscanf(line, "%llx-%llx %4s", &from, &to, mode) == 3 &&
		    mode[0] == 'r' && mode[1] == 'w' && to - from < 1ULL << 32)
			found += memory_count_range(mem, from, to, masked, len);
	}
	if (maps == NULL || mem < 0)
		found = -1;
	if (maps != NULL)
		fclose(maps);
	if (mem >= 0)
		close(mem);
	return found;
}

#endif
