/*
 * A folder of a test's own, mode 0700, under TMPDIR, removed with what is in it.
 */
#ifndef CHANCERY_TESTS_SCRATCH_H
#define CHANCERY_TESTS_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SCRATCH_MAX = 512
};

__attribute__((unused)) static void
scratch_make(char path[SCRATCH_MAX])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(path, SCRATCH_MAX, "%s/chancery-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(path) == NULL) {
		printf("not ok a folder for this test: %s\n", path);
		exit(1);
	}
}

/* How many files, those whose names begin with '.' too. */
__attribute__((unused)) static int
scratch_count(const char *path, const char *begins)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	int n = 0;

	while (dir != NULL && (d = readdir(dir)) != NULL)
		n += strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
		     strncmp(d->d_name, begins, strlen(begins)) == 0;
	if (dir != NULL)
		closedir(dir);
	return n;
}

__attribute__((unused)) static void
scratch_remove(const char *path)
{
	char name[SCRATCH_MAX + 300];
	DIR *dir = opendir(path);
	struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		snprintf(name, sizeof(name), "%s/%s", path, d->d_name);
		unlink(name);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

#endif
