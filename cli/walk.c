/*
 * Walking files and folders (contract in walk.h). Links inside of folders are not
 * followed, so that no loop is endless and nothing outside is read. Called by
 * import.
 */
#include "cli/walk.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static const char *const endings[] = {
    ".pem", ".crt", ".cer", ".der", ".p7b", ".p7c", ".p7s", ".spc", ".ldif", ".ldf"};

static bool
has_known_ending(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t len = strlen(endings[i]);

		if (n > len && strcasecmp(name + n - len, endings[i]) == 0)
			return true;
	}
	return false;
}

static int
problem(struct walk *w, const char *path, int code, const char *text)
{
	struct err why = {0};

	err_set(&why, code, "%s", text);
	return w->problem(path, &why, w->ctx);
}

static int
take_file(struct walk *w, const char *path)
{
	if (++w->n_files > WALK_MAX_FILES)
		return problem(w, path, ERR_LIMIT, "more than a million files");
	return w->file(path, w->ctx);
}

static int take_folder(struct walk *w, const char *path, unsigned depth);

/* One name in a folder. */
static int
take_name(struct walk *w, const char *folder, const char *name, unsigned depth)
{
	char path[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return problem(w, folder, ERR_LIMIT, "holds a name that is too long");
	if (lstat(path, &st) != 0)
		return problem(w, path, ERR_IO, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return take_folder(w, path, depth + 1);
	if (S_ISREG(st.st_mode) && has_known_ending(name))
		return take_file(w, path);
	w->n_passed_over++;
	return 0;
}

static int
not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int
take_folder(struct walk *w, const char *path, unsigned depth)
{
	struct dirent **names = NULL;
	int n, rc = 0;

	if (depth > WALK_MAX_DEPTH)
		return problem(w, path, ERR_LIMIT, "folders within folders too deep");
	if ((n = scandir(path, &names, not_hidden, alphasort)) < 0)
		return problem(w, path, ERR_IO, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = take_name(w, path, names[i]->d_name, depth);
		free(names[i]);
	}
	free(names);
	return rc;
}

int
walk_path(struct walk *w, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return problem(w, path, ERR_IO, strerror(errno));
	return S_ISDIR(st.st_mode) ? take_folder(w, path, 0) : take_file(w, path);
}
