/*
 * Believing the clock: contract in clock.h.
 */
#include "enroll/signer/clock.h"

#include <inttypes.h>
#include <stdio.h>

#define CLOCK_FILE "clock"

enum {
	TEXT_ROOM = 80
};

static enum clock_state
step_ahead(struct clock_seen *seen, int64_t now)
{
	bool even = seen->ahead_from != 0 && now >= seen->ahead_last - CLOCK_BACK &&
		    now <= seen->ahead_last + CLOCK_JUMP;

	if (!even)
		seen->ahead_from = now;
	seen->ahead_last = now;
	if (now - seen->ahead_from < CLOCK_PROVED)
		return CLOCK_AHEAD;
	*seen = (struct clock_seen){.last = now};
	return CLOCK_GOOD;
}

enum clock_state
clock_step(struct clock_seen *seen, int64_t now)
{
	if (seen->last == 0)
		*seen = (struct clock_seen){.last = now};
	if (now < seen->last - CLOCK_BACK)
		return CLOCK_BEHIND;
	if (now > seen->last + CLOCK_JUMP)
		return step_ahead(seen, now);
	*seen = (struct clock_seen){.last = now > seen->last ? now : seen->last};
	return CLOCK_GOOD;
}

const char *
clock_word(enum clock_state state)
{
	static const char *const words[] = {
	    [CLOCK_GOOD] = "good", [CLOCK_BEHIND] = "behind", [CLOCK_AHEAD] = "ahead"};

	return words[state];
}

int
clock_load(struct clock *c, struct folder *state, struct err *e)
{
	char text[TEXT_ROOM] = "";
	struct secret content;
	int rc = folder_get(state, CLOCK_FILE, &content, e);

	*c = (struct clock){.seen = {0}};
	pthread_mutex_init(&c->lock, NULL);
	if (rc == 1 && content.n < sizeof(text))
		memcpy(text, content.p, content.n);
	secret_free(&content);
	if (rc != 1)
		return rc;
	if (sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64, &c->seen.last,
		&c->seen.ahead_from, &c->seen.ahead_last) != 3)
		return err_set(e, ERR_SYNTAX,
		    CLOCK_FILE ": damaged; delete it when the clock is right");
	return 0;
}

enum clock_state
clock_look(struct clock *c, int64_t now)
{
	struct clock_seen copy;

	pthread_mutex_lock(&c->lock);
	copy = c->seen;
	pthread_mutex_unlock(&c->lock);
	return clock_step(&copy, now);
}

int
clock_keep(struct clock *c, struct folder *state, int64_t now, enum clock_state *out,
    struct err *e)
{
	struct clock_seen before, after;
	char text[TEXT_ROOM];
	int n;

	pthread_mutex_lock(&c->lock);
	before = c->seen;
	*out = clock_step(&c->seen, now);
	after = c->seen;
	pthread_mutex_unlock(&c->lock);
	if (before.last == after.last && before.ahead_last == after.ahead_last)
		return 0;
	n = snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 " %" PRId64 "\n",
	    after.last, after.ahead_from, after.ahead_last);
	return folder_replace(
	    state, CLOCK_FILE, (struct bytes){(const uint8_t *)text, (size_t)n}, e);
}

int64_t
clock_last(struct clock *c)
{
	int64_t last;

	pthread_mutex_lock(&c->lock);
	last = c->seen.last;
	pthread_mutex_unlock(&c->lock);
	return last;
}
