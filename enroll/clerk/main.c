/*
 * chancery-clerk: decides, writes to the directory, sends mail (clerk.h says what it
 * holds). Reads its configuration, opens its log, listens, starts its workers; ends
 * with TERM or INT. -c FILE, -n: check the configuration and exit, -d: log for
 * people. Exit status: 0, 1 could not start or go on, 2 used wrongly.
 */
#include <grp.h>
#include <pwd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/key.h"
#include "enroll/clerk/runner.h"
#include "enroll/clerk/clerk.h"
#include "enroll/clerk/directories.h"
#include "enroll/clerk/in_time.h"
#include "enroll/clerk/mail.h"
#include "enroll/clerk/worker.h"

#define CONF_FILE "/etc/chancery/clerk.conf"

enum {
	CONF_ARENA = 4 * 1024 * 1024,
	IDLE_SECONDS = 120, /* a client that says nothing is let go */
};

static int
fail(const struct err *e)
{
	clerk_log(LOG_LEVEL_ERROR, NULL, "%s", e->text);
	return 1;
}

static int
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
	    "usage: chancery-clerk [-c FILE] [-n] [-d]\n");
	if (status == 0)
		conf_print(clerk_conf_rows, clerk_conf_n);
	return status;
}

/* --- starting --------------------------------------------------------------------- */

/* No core dump and no debugger sees the passwords. */
static void
hide_memory(void)
{
	const struct rlimit none = {0, 0};

	umask(077);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Names of users become numbers; one that does not exist yet is nobody. */
static void
find_peers(struct clerk *c)
{
	const struct passwd *pw = getpwnam(c->conf.portal_user);
	const struct group *gr = getgrnam(c->conf.admin_group);

	c->portal_uid = pw != NULL ? pw->pw_uid : (uid_t)-1;
	c->admin_gid = gr != NULL ? gr->gr_gid : (gid_t)-1;
	if (pw == NULL)
		clerk_log(LOG_LEVEL_WARNING, NULL,
		    "portal-user = %s: no such user; nobody can log in",
		    c->conf.portal_user);
}

/* All that -n checks as well: nothing is written, nothing connected. */
static int
clerk_init(struct clerk *c, const char *path, struct err *e)
{
	int rc;

	*c = (struct clerk){.portal_uid = (uid_t)-1, .admin_gid = (gid_t)-1};
	arena_init(&c->arena, NULL, 0, CONF_ARENA);
	rc = clerk_conf_read(path, &c->conf, &c->arena, e);
	if (rc != 0)
		return rc;
	find_peers(c);
	if ((rc = mail_open(&c->conf, &c->mail, e)) != 0)
		return rc;
	return directories_open(c, e);
}

static void
clerk_fini(struct clerk *c)
{
	mail_close(&c->mail);
	directories_close(c);
	chain_close(&c->chain);
	arena_fini(&c->arena);
}

/* --- serving ---------------------------------------------------------------------- */

static void *
wait_for_signal(void *arg)
{
	struct line_server *server = arg;
	sigset_t set;
	int signal_number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigwait(&set, &signal_number);
	clerk_log(LOG_LEVEL_INFO, NULL, "ending by signal %d", signal_number);
	line_stop(server);
	return NULL;
}

/* Before any thread: signals go to the one that waits for them. */
static void
hold_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int
serve(struct clerk *c, struct line_server *server, struct err *e)
{
	pthread_t waiter;
	int rc;

	if (pthread_create(&waiter, NULL, wait_for_signal, server) != 0)
		return err_set(e, ERR_IO, "no thread for signals");
	rc = workers_start(c, e);
	if (rc == 0) {
		clerk_log(LOG_LEVEL_INFO, NULL, "ready on %s", c->conf.socket);
		rc = line_serve(server, e);
	}
	workers_end(c);
	pthread_cancel(waiter);
	pthread_join(waiter, NULL);
	return rc;
}

static int
run(struct clerk *c, struct err *e)
{
	/* Everybody may connect; what each may call is decided by SO_PEERCRED. */
	const struct line_options options = {.path = c->conf.socket,
	    .mode = 0666,
	    .max_bytes = CLERK_CALL_BYTES,
	    .max_clients = c->conf.clients,
	    .idle_seconds = IDLE_SECONDS};
	struct line_server *server = NULL;
	int rc = chain_open(c->conf.audit, &c->chain, e);

	if (rc == 0 && runner_open(c, e) != 0)
		clerk_log(LOG_LEVEL_WARNING, NULL, "the registry is away: %s", e->text);
	if (rc == 0)
		rc = line_listen(&options, clerk_answer, c, &server, e);
	if (rc == 0)
		rc = serve(c, server, e);
	line_server_free(&server);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *path = CONF_FILE;
	bool check_only = false;
	struct clerk clerk;
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
	if (key_memory_init(&e) != 0)
		clerk_log(LOG_LEVEL_WARNING, NULL, "%s", e.text);
	hold_signals();
	rc = clerk_init(&clerk, path, &e);
	if (rc == 0 && !check_only)
		rc = run(&clerk, &e);
	/* A question that nobody waits for any more may still be under way. */
	if (in_time_count() > 0)
		_exit(rc == 0 ? 0 : fail(&e));
	clerk_fini(&clerk);
	return rc == 0 ? 0 : fail(&e);
}
