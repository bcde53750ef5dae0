/*
 * Templates and files, read once: contract in web.h.
 */
#include "enroll/portal/web.h"

#include <dirent.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	WEB_PATH_SIZE = 4096
};

struct web_folder {
	struct web_file file[WEB_FILES_MAX];
	size_t n;
};

struct web {
	struct web_folder pages, files;
};

static const struct {
	const char *ending, *type;
} web_types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".txt", "text/plain; charset=utf-8"},
    {".woff2", "font/woff2"},
};

/* NULL: no file of ours (an editor's copy, a hidden one). */
static const char *
web_type(const char *name)
{
	size_t n = strlen(name);

	if (name[0] == '.' || n > WEB_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < NITEMS(web_types); i++) {
		size_t end = strlen(web_types[i].ending);

		if (n > end && strcmp(name + n - end, web_types[i].ending) == 0)
			return web_types[i].type;
	}
	return NULL;
}

static int
file_read(const char *path, struct web_file *f, struct err *e)
{
	FILE *in = fopen(path, "re");
	int rc = 0;

	if (in == NULL)
		return err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
	if ((f->p = malloc(WEB_FILE_MAX + 1)) == NULL)
		rc = err_set(e, ERR_MEMORY, "%s: out of memory", path);
	else
		f->n = fread(f->p, 1, WEB_FILE_MAX + 1, in);
	if (rc == 0 && ferror(in))
		rc = err_set(e, ERR_IO, "%s: cannot be read: %m", path);
	if (rc == 0 && f->n > WEB_FILE_MAX)
		rc =
		    err_set(e, ERR_LIMIT, "%s: more than %d bytes", path, WEB_FILE_MAX);
	fclose(in);
	if (rc == 0 && f->n > 0) {
		char *less = realloc(f->p, f->n);

		f->p = less != NULL ? less : f->p;
	}
	return rc;
}

static void
file_etag(struct web_file *f)
{
	uint8_t hash[32] = {0};
	size_t n = 0;

	(void)gnutls_hash_fast(GNUTLS_DIG_SHA256, f->p, f->n, hash);
	f->etag[n++] = '"';
	for (size_t i = 0; i < 16; i++)
		n += (size_t)snprintf(f->etag + n, 3, "%02x", hash[i]);
	f->etag[n++] = '"';
	f->etag[n] = '\0';
}

static int
file_add(struct web_folder *w, const char *folder, const char *name, struct err *e)
{
	struct web_file *f = &w->file[w->n];
	const char *type = web_type(name);
	char path[WEB_PATH_SIZE];
	int rc;

	if (type == NULL)
		return 0;
	if (w->n == WEB_FILES_MAX)
		return err_set(
		    e, ERR_LIMIT, "%s: more than %d files", folder, WEB_FILES_MAX);
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return err_set(e, ERR_LIMIT, "%.100s...: too long a name", folder);
	w->n++; /* web_free gives back what it holds, also after an error */
	strcpy(f->name, name);
	f->type = type;
	rc = file_read(path, f, e);
	file_etag(f);
	return rc;
}

static int
folder_read(struct web_folder *w, const char *top, const char *name, struct err *e)
{
	char path[WEB_PATH_SIZE];
	struct dirent *entry;
	DIR *d;
	int rc = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", top, name) >= sizeof(path))
		return err_set(e, ERR_LIMIT, "%.100s...: too long a name", top);
	if ((d = opendir(path)) == NULL)
		return err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
	while (rc == 0 && (entry = readdir(d)) != NULL)
		rc = file_add(w, path, entry->d_name, e);
	closedir(d);
	return rc;
}

static const struct web_file *
folder_find(const struct web_folder *w, struct bytes name)
{
	for (size_t i = 0; i < w->n; i++)
		if (bytes_equal(bytes_of(w->file[i].name), name))
			return &w->file[i];
	return NULL;
}

/* The source of a template or of a part. */
static bool
page_source(void *ctx, struct bytes name, struct bytes *out)
{
	const struct web *w = ctx;
	char file[WEB_NAME_MAX + 1];
	const struct web_file *f;

	if ((size_t)snprintf(file, sizeof(file), "%.*s.html", (int)name.n, name.p) >=
	    sizeof(file))
		return false;
	if ((f = folder_find(&w->pages, bytes_of(file))) == NULL)
		return false;
	*out = (struct bytes){(const uint8_t *)f->p, f->n};
	return true;
}

static int
pages_parse(struct web *w, struct err *e)
{
	char name[WEB_NAME_MAX + 1];
	int rc = 0;

	for (size_t i = 0; i < w->pages.n && rc == 0; i++) {
		struct web_file *f = &w->pages.file[i];

		strcpy(name, f->name);
		*strrchr(name, '.') = '\0';
		if (name[0] != '_')
			rc = template_parse(name, page_source, w, &f->page, e);
	}
	return rc;
}

int
web_load(const char *folder, struct web **out, struct err *e)
{
	struct web *w = calloc(1, sizeof(*w));
	int rc;

	*out = w;
	if (w == NULL)
		return err_set(e, ERR_MEMORY, "out of memory");
	rc = folder_read(&w->pages, folder, "pages", e);
	if (rc == 0)
		rc = folder_read(&w->files, folder, "static", e);
	if (rc == 0)
		rc = pages_parse(w, e);
	if (rc != 0)
		web_free(out);
	return rc;
}

static void
folder_free(struct web_folder *w)
{
	for (size_t i = 0; i < w->n; i++) {
		template_free(&w->file[i].page);
		free(w->file[i].p);
	}
}

void
web_free(struct web **wp)
{
	if (*wp == NULL)
		return;
	folder_free(&(*wp)->pages);
	folder_free(&(*wp)->files);
	free(*wp);
	*wp = NULL;
}

const struct template *
web_page(const struct web *w, const char *name)
{
	char file[WEB_NAME_MAX + 1];
	const struct web_file *f;

	if ((size_t)snprintf(file, sizeof(file), "%s.html", name) >= sizeof(file))
		return NULL;
	f = folder_find(&w->pages, bytes_of(file));
	return f == NULL ? NULL : f->page;
}

const struct web_file *
web_static(const struct web *w, struct bytes name)
{
	return folder_find(&w->files, name);
}
