/*
 * chancery-signer (signer.h says what it holds): makes its memory safe before there is
 * anything in it, reads configuration and keys, listens, gives up all rights that it
 * does not need, serves until TERM or INT. -c FILE, -n: check the configuration and
 * exit, -d: log for people. Exit status: 0; 1 could not start or go on; 2 used wrongly.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enroll/signer/confine.h"
#include "enroll/signer/keeper.h"
#include "enroll/signer/ops.h"

#define CONF_FILE "/etc/chancery/signer.conf"

enum {
	IDLE_SECONDS = 120, /* a client that says nothing is let go */
};

static int
fail(const struct err *e)
{
	signer_log(SIGNER_ERROR, "%s", e->text);
	return 1;
}

static int
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
	    "usage: chancery-signer [-c FILE] [-n] [-d]\n");
	if (status == 0)
		conf_print(signer_conf_rows, signer_conf_n);
	return status;
}

/* --- memory -------------------------------------------------------------------------
 */

/* Locks all of it, where the limit allows more than the secure heap: a later mmap
 * would fail beyond the limit. */
static void
lock_memory(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit now;

	(void)setrlimit(RLIMIT_MEMLOCK, &all); /* root may */
	if (getrlimit(RLIMIT_MEMLOCK, &now) == 0 && now.rlim_cur == RLIM_INFINITY)
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

/* No core, no debugger, no swap. Before any key, and before OpenSSL, whose memory is
 * to be wiped from the first byte on. */
static void
hide_memory(void)
{
	const struct rlimit none = {0, 0};
	struct err e = {0};
	int fd;

	umask(077);
	(void)setrlimit(RLIMIT_CORE, &none);
	if ((fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC)) >= 0) {
		(void)!write(fd, "0", 1);
		close(fd);
	}
	lock_memory();
	if (key_memory_init(&e) != 0)
		signer_log(SIGNER_WARNING, "%s", e.text);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* --- serving -------------------------------------------------------------------------
 */

static void *
wait_for_signal(void *arg)
{
	struct line_server *server = arg;
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigwait(&set, &number);
	signer_log(SIGNER_INFO, "ending by signal %d", number);
	line_stop(server);
	return NULL;
}

/* Before any thread: signals go to the one that waits for them. */
static void
hold_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a full disk is an error code */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int
open_to_group(const struct signer_conf *c, struct err *e)
{
	const struct group *gr;

	if (c->socket_group == NULL)
		return 0;
	if ((gr = getgrnam(c->socket_group)) == NULL)
		return err_set(
		    e, ERR_USAGE, "socket-group: no group \"%.60s\"", c->socket_group);
	if (chown(c->socket, (uid_t)-1, gr->gr_gid) != 0 || chmod(c->socket, 0660) != 0)
		return err_set(e, ERR_IO, "%s: %s", c->socket, strerror(errno));
	return 0;
}

static int
serve(struct signer *s, struct line_server *server, struct err *e)
{
	pthread_t waiter;
	int rc;

	if (pthread_create(&waiter, NULL, wait_for_signal, server) != 0)
		return err_set(e, ERR_IO, "no thread for signals");
	if ((rc = keeper_start(s, e)) == 0) {
		signer_log(SIGNER_INFO, "ready on %s; %s", s->conf.socket, s->sandbox);
		rc = line_serve(server, e);
	}
	keeper_end(s);
	/* No pthread_cancel: it would load a library, which the sandbox forbids. */
	pthread_kill(waiter, SIGTERM);
	pthread_join(waiter, NULL);
	return rc;
}

static int
run(struct signer *s, struct err *e)
{
	const struct line_options options = {.path = s->conf.socket,
	    .mode = 0600,
	    .max_bytes = OPS_CALL_BYTES,
	    .max_clients = s->conf.clients,
	    .idle_seconds = IDLE_SECONDS};
	struct line_server *server = NULL;
	int rc = signer_open(s, e);

	if (rc == 0)
		rc = line_listen(&options, ops_answer, s, &server, e);
	if (rc == 0)
		rc = open_to_group(&s->conf, e);
	if (rc == 0)
		rc = signer_confine(s->conf.state, s->sandbox, sizeof(s->sandbox), e);
	if (rc == 0)
		rc = ops_log(s, "start", json_pack("{s:s}", "sandbox", s->sandbox), e);
	if (rc == 0)
		rc = serve(s, server, e);
	line_server_free(&server);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *path = CONF_FILE;
	bool check_only = false;
	struct signer signer;
	struct err e = {0};
	int option, rc;

	hide_memory();
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
	line_init();
	hold_signals();
	rc = signer_init(&signer, path, &e);
	if (rc == 0 && !check_only)
		rc = run(&signer, &e);
	signer_fini(&signer);
	return rc == 0 ? 0 : fail(&e);
}
