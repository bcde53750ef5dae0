/*
 * Waiting for a request (contract in request_wait.h): asked again, at first often, then
 * once a second. Ctrl-C ends the waiting, never the request.
 */
#include "cli/request_wait.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/show.h"
#include "core/request.h"

enum {
	FIRST_MS = 100,
	LAST_MS = 1000,
	QUIET_MS = 1000, /* what is done before that needs no lines */
};

/* What each state means to whoever waits. */
static const struct {
	const char *word, *text;
	bool ends; /* nothing more will come by itself */
	bool good;
} states[] = {
    {"waiting", "waits for an approver", true, true},
    {"new", "accepted", false, true},
    {"prepared", "key and serial number are chosen", false, true},
    {"issued", "the certificate is signed", false, true},
    {"published", "the certificate is published; the mail is on its way", false, true},
    {"done", "done, mailed", true, true},
    {"failed", "failed", true, false},
    {"refused", "refused", true, false},
    {"canceled", "canceled", true, false},
    {"expired", "nobody agreed in time", true, false},
};

static size_t
state_at(const json_t *request)
{
	const char *word = clerk_text(request, "state");
	size_t i = 0;

	while (i < NITEMS(states) && strcmp(states[i].word, word) != 0)
		i++;
	return i;
}

static bool
is_over(const json_t *request)
{
	size_t i = state_at(request);

	return i == NITEMS(states) || states[i].ends;
}

static void
pause_ms(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* Takes the request out of an answer. */
static int
ask(const struct clerk_way *way, const char *id, json_t **request_out, struct err *e)
{
	json_t *answer = NULL;
	int rc = clerk_call(
	    way, "request.show", json_pack("{s:s}", "request", id), &answer, e);

	*request_out = rc == 0 ? json_incref(json_object_get(answer, "request")) : NULL;
	json_decref(answer);
	if (rc == 0 && *request_out == NULL)
		rc = err_set(e, ERR_SYNTAX, "the clerk's answer has no request");
	return rc;
}

/* What is new since the last line, on stderr. */
static void
tell(const json_t *request, size_t *told)
{
	size_t i = state_at(request);
	const char *problem = clerk_text(request, "problem");

	if (i == NITEMS(states) || i == *told)
		return;
	*told = i;
	show_line(stderr, "%s: %s%s%s", clerk_first(request, "mail"), states[i].text,
	    *problem == '\0' ? "" : "; ", problem);
}

int
request_wait(const struct clerk_way *way, const char *id, bool quiet,
    json_t **request_out, struct err *e)
{
	size_t told = NITEMS(states);
	long wait = FIRST_MS, waited = 0;
	int rc;

	while ((rc = ask(way, id, request_out, e)) == 0 && !is_over(*request_out) &&
	       waited < REQUEST_WAIT_SECONDS * 1000L) {
		if (!quiet && waited >= QUIET_MS)
			tell(*request_out, &told);
		json_decref(*request_out);
		pause_ms(wait);
		waited += wait;
		wait = wait * 3 / 2 < LAST_MS ? wait * 3 / 2 : LAST_MS;
	}
	return rc;
}

void
request_show(const json_t *request)
{
	size_t i = state_at(request);
	const char *problem = clerk_text(request, "problem");

	show_line(stdout, "%s: %s%s%s (request %s)", clerk_first(request, "mail"),
	    i < NITEMS(states) ? states[i].text : clerk_text(request, "state"),
	    *problem == '\0' ? "" : ": ", problem, clerk_text(request, "id"));
}

int
request_exit(const json_t *request)
{
	size_t i = state_at(request);

	return i < NITEMS(states) && states[i].good ? EXIT_OK : EXIT_NO;
}
