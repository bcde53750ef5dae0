/*
 * Answers: pages from templates, redirects, files to be saved, errors. Sets the
 * data that every page has. A page's own data goes into r->page before.
 */
#ifndef CHANCERY_PORTAL_PAGE_H
#define CHANCERY_PORTAL_PAGE_H

#include "enroll/portal/portal.h"

/* The page of a template of web/pages. */
void page_show(struct request *r, unsigned status, const char *name);

/* See Other: a GET of a path of ours. */
void
page_go(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* To the login, and from there to where this request wanted to go. */
void page_login(struct request *r);

/* To the second factor, and from there likewise. */
void page_factor(struct request *r);

/* Whether a path is one whose characters need no escaping. */
bool page_is_plain(const char *path);

/* Throws away a reply that was written. */
void page_drop(struct request *r);

/* A page that says what is wrong: the text portal.error.KEY. */
void page_error(struct request *r, unsigned status, const char *key);

/* Sets a cookie for this host alone; value "" ends it. Seconds 0: while the browser is
 * open. */
void
page_cookie(struct request *r, const char *name, const char *value, unsigned seconds);

/* A sentence (portal.said.KEY) on the next page that this browser gets. */
void page_say(struct request *r, const char *key);

/* --- data -------------------------------------------------------------------- */

/* Sets a field of the page; texts are views. */
void page_set(struct request *r, const char *name, struct bytes text);

/* Formatted, into the request's arena. */
struct bytes page_format(struct request *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "yes" or nothing. */
void page_flag(struct request *r, const char *name, bool value);

/* Texts of a JSON object as fields of an item. */
void page_copy(struct request *r, struct template_item *item, const json_t *o,
    const char *const *names, size_t n);

/* A time: NAME as "2028-11-21", NAME_time as "2028-11-21 14:05 UTC", NAME_days until
 * then. */
void
page_time(struct request *r, struct template_item *item, const char *name, int64_t at);

/* The token that a form of this name must carry, as token_NAME. */
void page_token(struct request *r, const char *form);

#endif
