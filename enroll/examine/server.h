/*
 * The launcher: answers calls (line.h) by giving each object to a process of its own
 * and handing on what that says, after a look at its form. Holds nothing, decides
 * nothing. Called by main.c.
 */
#ifndef CHANCERY_ENROLL_EXAMINE_SERVER_H
#define CHANCERY_ENROLL_EXAMINE_SERVER_H

#include <pthread.h>

#include "enroll/examine/conf.h"
#include "enroll/examine/nursery.h"
#include "enroll/line.h"

enum {
	SERVER_CALL_BYTES = (OBJECT_MAX + 2) / 3 * 4 + 1024, /* a call's line */
	SERVER_CALLERS_MAX = 16
};

struct server {
	struct examine_conf conf;
	struct nursery nursery;
	uid_t caller[SERVER_CALLERS_MAX];
	size_t n_caller;
	pthread_mutex_t mutex; /* the rest is under it */
	pthread_cond_t free;
	uint32_t n_running;
	uint64_t n_examined, n_failed;
};

/* Finds the users who may call. 0, ERR_USAGE, ERR_LIMIT. */
int server_init(struct server *s, struct err *e);

/* A line_answer_fn; ctx is the server. */
json_t *server_answer(const json_t *request, const struct line_peer *peer, void *ctx);

#endif
