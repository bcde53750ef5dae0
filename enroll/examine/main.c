/*
 * chancery-examine: looks at strangers' files, each in a process of its own that can do
 * nothing but read, compute, answer and die. This process, the launcher, has no file,
 * no network and no key; it talks to callers, and to the nursery, which forks
 * (nursery.h). Ends with TERM or INT, or when the nursery died. -c FILE, -n: check the
 * configuration and exit, -d: log for people. Exit status: 0; 1 could not start or go
 * on; 2 used wrongly.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enroll/examine/confine.h"
#include "enroll/examine/log.h"
#include "enroll/examine/server.h"

#define CONF_FILE "/etc/chancery/examine.conf"

enum {
	ARENA_MOST = 256 * 1024
};

struct waiter {
	struct line_server *line;
	volatile sig_atomic_t died; /* the nursery did */
};

static int
fail(const struct err *e)
{
	examine_log(EXAMINE_ERROR, "%s", e->text);
	return 1;
}

static int
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
	    "usage: chancery-examine [-c FILE] [-n] [-d]\n");
	if (status == 0)
		conf_print(examine_conf_rows, examine_conf_n);
	return status;
}

/* --- signals -----------------------------------------------------------------------
 */

static sigset_t
our_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	return set;
}

static void *
wait_for_signal(void *arg)
{
	struct waiter *w = arg;
	sigset_t set = our_signals();
	int number;

	sigwait(&set, &number);
	w->died = number == SIGCHLD;
	if (w->died)
		examine_log(EXAMINE_ERROR, "the nursery died; ending");
	else
		examine_log(EXAMINE_INFO, "ending by signal %d", number);
	line_stop(w->line);
	return NULL;
}

/* --- serving -----------------------------------------------------------------------
 */

static int
serve(struct server *s, struct line_server *line, struct err *e)
{
	struct waiter waiter = {.line = line};
	char text[CONFINE_TEXT_MAX];
	pthread_t thread;
	int rc = confine_launcher(text, e);

	if (rc != 0)
		return rc;
	if (pthread_create(&thread, NULL, wait_for_signal, &waiter) != 0)
		return err_set(e, ERR_IO, "no thread for signals");
	examine_log(EXAMINE_INFO, "ready on %s; %s", s->conf.socket, text);
	rc = line_serve(line, e);
	pthread_join(thread, NULL);
	return rc == 0 && waiter.died ? err_set(e, ERR_IO, "the nursery died") : rc;
}

static int
run(struct server *s, struct err *e)
{
	const struct line_options options = {.path = s->conf.socket,
	    .mode = s->conf.socket_group == NULL ? 0600 : 0660,
	    .group = s->conf.socket_group,
	    .max_bytes = SERVER_CALL_BYTES,
	    .max_clients = s->conf.clients};
	const sigset_t set = our_signals();
	struct line_server *line = NULL;
	int rc;

	/* First: the nursery may die as soon as it lives. */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	rc = nursery_start(&s->nursery, s->conf.processes, s->conf.seconds, e);
	if (rc == 0)
		rc = line_listen(&options, server_answer, s, &line, e);
	if (rc == 0)
		rc = serve(s, line, e);
	line_server_free(&line);
	close(s->nursery.control);
	return rc;
}

/* No core dump and no debugger sees what others sent. */
static void
hide_memory(void)
{
	const struct rlimit none = {0, 0};

	umask(077);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	const char *path = CONF_FILE;
	struct server server = {.nursery.control = -1};
	struct arena arena;
	bool check_only = false;
	struct err e = {0};
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
	arena_init(&arena, NULL, 0, ARENA_MOST);
	rc = conf_read(
	    path, examine_conf_rows, examine_conf_n, &server.conf, &arena, &e);
	if (rc == 0)
		rc = server_init(&server, &e);
	if (rc == 0)
		rc = check_only ? object_warm_up(&e) : run(&server, &e);
	arena_fini(&arena);
	return rc == 0 ? 0 : fail(&e);
}
