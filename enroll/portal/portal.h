/*
 * The portal: web pages for people, and CRLs over plain HTTP. It parses HTTP, asks
 * the clerk (a call of the protocol), renders what the clerk said. It decides nothing:
 * who somebody is and what they may do says the clerk, which minted the session that
 * a cookie brings. It holds no secret but the key of its TLS, writes nothing to disk
 * and reads no file after its start.
 *
 *	server.c	libmicrohttpd: listeners, limits, bytes in and out
 *	watch.c		a deadline for each phase of each connection
 *	request.c	what a browser sent, checked
 *	routes.c	the table of all addresses; dispatch
 *	ask.c		calls of the clerk; a GET can only make those that read
 *	guard.c		other origins' forms; tokens of our own
 *	page.c		data of every page; answers
 *	pages_*.c	the pages
 *
 * This header is what they share. A request belongs to one thread.
 */
#ifndef CHANCERY_PORTAL_PORTAL_H
#define CHANCERY_PORTAL_PORTAL_H

#include <jansson.h>
#include <stdbool.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/form.h"
#include "core/template.h"
#include "enroll/portal/conf.h"
#include "enroll/texts.h"

enum {
	PORTAL_PATH_MAX = 255,		/* bytes of a path */
	PORTAL_TARGET_MAX = 2048,	/* with its query */
	PORTAL_HEADERS_MAX = 64,	/* of a request */
	PORTAL_FORM_MAX = 64 * 1024,	/* bytes of a form */
	PORTAL_UPLOAD_MAX = 256 * 1024, /* of one that carries a file */
	PORTAL_PAGE_MAX = 1024 * 1024,	/* of a page */
	PORTAL_ARENA_MAX = 1024 * 1024, /* of a page's data */
	PORTAL_SESSION_MAX = 64,	/* characters of the clerk's token */
	PORTAL_ANSWERS_MAX = 8,		/* of the clerk, for one page */
	PORTAL_COOKIES_MAX = 4,		/* set by one answer */
	PORTAL_COOKIE_SIZE = 200,
	PORTAL_ID_SIZE = 33, /* hex digits, NUL; ours are 12 */
};

#define COOKIE_SESSION	"__Host-chancery"
#define COOKIE_VISIT	"__Host-visit"
#define COOKIE_LANGUAGE "__Host-language"
#define COOKIE_SAID	"__Host-said"

struct web;
struct pki;
struct route;
struct web_file;

struct portal {
	struct portal_conf conf;
	struct arena arena; /* where the conf's texts live */
	struct texts *texts;
	struct web *web;
	struct pki *pki;
};

/* What goes back. */
struct reply {
	unsigned status;
	const char *type;
	char *body; /* malloc; wiped and freed */
	size_t n;
	const struct web_file *file; /* instead of a body */
	char location[PORTAL_TARGET_MAX];
	char file_name[200]; /* to be saved under this name */
	char cookie[PORTAL_COOKIES_MAX][PORTAL_COOKIE_SIZE];
	size_t n_cookies;
	unsigned refresh; /* seconds until the page wants to be loaded again */
	bool clear_site;  /* logged out: the browser shall forget */
	bool close;	  /* the connection */
};

struct request {
	struct portal *portal;
	const struct route *route;
	bool post;
	char path[PORTAL_PATH_MAX + 1];
	struct bytes param; /* what stands for the '*' of the route; of path */
	char *query_text;   /* what the query's fields are views of */
	struct form query, form;
	char *body;
	size_t body_n, body_cap;
	char session[PORTAL_SESSION_MAX + 1]; /* "" none */
	char visit[PORTAL_SESSION_MAX + 1];   /* who has not logged in; "" none */
	char said[32];			      /* what the last request left to say */
	const char *language;		      /* of portal->texts */
	bool language_asked;		      /* with ?lang= */
	char address[64], agent[256];
	char id[PORTAL_ID_SIZE]; /* in the log and on pages of errors */
	char allow[32];		 /* methods of the path, with 405 */
	char match[40];		 /* If-None-Match */
	const json_t *who;	 /* of session.who; NULL: nobody has logged in */
	json_t *answer[PORTAL_ANSWERS_MAX];
	size_t n_answers;
	struct arena arena;
	struct template_data page;
	struct reply reply;
};

/* One line to stderr: level as syslog's, "<6>"... under systemd. */
void portal_log(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
