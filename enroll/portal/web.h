/*
 * The folder web/: templates (pages/NAME.html; those that begin with '_' are only
 * parts of others) and files that are served as they are (static/NAME). All is read,
 * and every template checked, when the portal starts; nothing afterwards.
 */
#ifndef CHANCERY_PORTAL_WEB_H
#define CHANCERY_PORTAL_WEB_H

#include "core/bytes.h"
#include "core/err.h"
#include "core/template.h"

enum {
	WEB_FILES_MAX = 200, /* in each of the two folders */
	WEB_FILE_MAX = 1024 * 1024,
	WEB_NAME_MAX = 63,
};

struct web_file {
	char name[WEB_NAME_MAX + 1];
	const char *type;
	char etag[35]; /* with its quotes */
	char *p;
	size_t n;
	struct template *page; /* of pages/ */
};

struct web;

/* 0; ERR_IO, ERR_LIMIT, and what template_parse says. */
int web_load(const char *folder, struct web **out, struct err *e);
void web_free(struct web **wp);

/* NULL where there is none. Any thread. */
const struct template *web_page(const struct web *w, const char *name);
const struct web_file *web_static(const struct web *w, struct bytes name);

#endif
