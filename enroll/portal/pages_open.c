/*
 * Pages that need no login: install guides, help; files; health.
 */
#include "enroll/portal/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "enroll/portal/browser.h"
#include "enroll/portal/page.h"
#include "enroll/portal/web.h"

/* Each has a template install-NAME. */
static const char *const guides[] = {
    "outlook-windows", "outlook-mac", "iphone", "android", "thunderbird"};

void
install_show(struct request *r)
{
	char *name = (char *)page_format(r, "fits_%s", browser_guide(r->agent)).p;
	char *dash = name == NULL ? NULL : strchr(name, '-');

	if (dash != NULL)
		*dash = '_';
	if (name != NULL)
		page_flag(r, name, true);
	page_show(r, 200, "install");
}

void
install_guide(struct request *r)
{
	char name[40];

	for (size_t i = 0; i < NITEMS(guides); i++) {
		if (!bytes_equal(r->param, bytes_of(guides[i])))
			continue;
		snprintf(name, sizeof(name), "install-%s", guides[i]);
		page_show(r, 200, name);
		return;
	}
	page_error(r, 404, "http-404");
}

void
help_show(struct request *r)
{
	page_show(r, 200, "help");
}

static void
show_file(struct request *r, struct bytes name)
{
	const struct web_file *f = web_static(r->portal->web, name);

	r->reply.status = 404;
	if (f == NULL)
		return;
	r->reply.file = f;
	r->reply.type = f->type;
	r->reply.status = 200;
	if (strcmp(r->match, f->etag) == 0)
		r->reply.status = 304;
}

void
static_show(struct request *r)
{
	show_file(r, r->param);
}

void
icon_show(struct request *r)
{
	show_file(r, BYTES("favicon.ico"));
}

static void
show_text(struct request *r, const char *text)
{
	r->reply.body = strdup(text);
	r->reply.n = r->reply.body == NULL ? 0 : strlen(text);
	r->reply.type = "text/plain; charset=utf-8";
	r->reply.status = 200;
}

/* Nothing here is for search engines. */
void
robots_show(struct request *r)
{
	show_text(r, "User-agent: *\nDisallow: /\n");
}

/* That the portal serves; not whether the clerk does, or a balancer would take all
 * portals away at once. */
void
health_show(struct request *r)
{
	show_text(r, "ok\n");
}
