/*
 * The frame of a unit test: tables of cases, each reported by name on a line
 * of its own ("ok NAME", "not ok NAME: got ..., want ..."), which tests/run
 * counts. A program exits 1 if any case failed, also if none ran.
 */
#ifndef CHANCERY_TESTS_CHECK_H
#define CHANCERY_TESTS_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int check_passed, check_failed;

__attribute__((format(printf, 3, 4), unused)) static bool
check(bool ok, const char *name, const char *fmt, ...)
{
	va_list ap;

	if (ok) {
		check_passed++;
		printf("ok %s\n", name);
		return true;
	}
	check_failed++;
	printf("not ok %s: ", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	return false;
}

__attribute__((unused)) static bool
check_str(const char *name, const char *got, const char *want)
{
	return check(
	    strcmp(got, want) == 0, name, "got \"%s\", want \"%s\"", got, want);
}

__attribute__((unused)) static bool
check_int(const char *name, long long got, long long want)
{
	return check(got == want, name, "got %lld, want %lld", got, want);
}

__attribute__((unused)) static int
check_done(void)
{
	fflush(stdout);
	return check_failed == 0 && check_passed > 0 ? 0 : 1;
}

#endif
