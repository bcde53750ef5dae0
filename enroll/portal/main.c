/*
 * chancery-portal: the web pages (portal.h says what it is made of). Reads
 * configuration, certificate, templates and texts; serves until TERM or INT. -c FILE,
 * -n: check the configuration and exit, -d: log for people. Exit status: 0, 1 could
 * not start, 2 used wrongly.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "enroll/line.h"
#include "enroll/portal/listen.h"
#include "enroll/portal/pki.h"
#include "enroll/portal/portal.h"
#include "enroll/portal/server.h"
#include "enroll/portal/web.h"

#define CONF_FILE "/etc/chancery/portal.conf"

enum {
	CONF_ARENA = 1024 * 1024
};

static int
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
	    "usage: chancery-portal [-c FILE] [-n] [-d]\n");
	if (status == 0)
		conf_print(portal_conf_rows, portal_conf_n);
	return status;
}

/* No core dump and no debugger sees a PIN that is on its way. */
static void
hide_memory(void)
{
	const struct rlimit none = {0, 0};

	umask(077);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Before any thread: signals go to the one that waits for them. */
static void
hold_signals(sigset_t *set)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static int
portal_init(struct portal *p, const char *path, struct err *e)
{
	int rc;

	*p = (struct portal){.texts = NULL};
	arena_init(&p->arena, NULL, 0, CONF_ARENA);
	rc = portal_conf_read(path, &p->conf, &p->arena, e);
	if (rc == 0)
		rc = texts_load(p->conf.locale, &p->texts, e);
	if (rc == 0)
		rc = web_load(p->conf.web, &p->web, e);
	if (rc == 0)
		rc = pki_new(&p->pki, e);
	if (rc == 0)
		rc = listen_check(&p->conf, e);
	return rc;
}

static void
portal_fini(struct portal *p)
{
	pki_free(&p->pki);
	web_free(&p->web);
	texts_free(&p->texts);
	arena_fini(&p->arena);
}

static int
run(struct portal *p, const sigset_t *set, struct err *e)
{
	struct server *server = NULL;
	int rc = server_start(p, &server, e), number = 0;

	if (rc != 0)
		return rc;
	portal_log(LOG_NOTICE, "ready on %s", p->conf.listen);
	(void)sigwait(set, &number);
	portal_log(LOG_NOTICE, "ending by signal %d", number);
	server_stop(&server);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *path = CONF_FILE;
	bool check_only = false;
	struct portal portal;
	struct err e = {0};
	sigset_t set;
	int option, rc;

	while ((option = getopt(argc, argv, "c:ndh")) != -1) {
		if (option == 'h')
			return usage(0);
		if (option == 'c')
			path = optarg;
		else if (option == 'n')
			check_only = true;
		else if (option == 'd')
			unsetenv("JOURNAL_STREAM");
		else
			return usage(2);
	}
	if (optind != argc)
		return usage(2);
	hide_memory();
	line_init();
	hold_signals(&set);
	rc = portal_init(&portal, path, &e);
	if (rc == 0 && !check_only)
		rc = run(&portal, &set, &e);
	if (rc != 0)
		portal_log(LOG_ERR, "%s", e.text);
	portal_fini(&portal);
	return rc == 0 ? 0 : 1;
}
