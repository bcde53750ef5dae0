/*
 * Logging in and out: contract in login.h.
 */
#include "enroll/clerk/login.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <time.h>

#include "enroll/clerk/factor.h"
#include "enroll/clerk/login_try.h"
#include "enroll/clerk/session.h"
#include "enroll/clerk/throttle.h"

enum {
	MS = 1000,
	NS_A_MS = 1000 * 1000,
	ADDRESS_KEY_BYTES = 8,
};

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * MS + t.tv_nsec / NS_A_MS;
}

/* Refusals come at one time after the call, whatever they are for. */
static void
wait_until(int64_t ms)
{
	int64_t left = ms - clock_ms();
	struct timespec t = {left / MS, left % MS * NS_A_MS};

	if (left > 0)
		nanosleep(&t, NULL);
}

static json_t *
refuse(const struct clerk *c)
{
	return line_refuse("login",
	    "User name or password is wrong, or there were too many attempts: after %u "
	    "of them wait for %u minutes.",
	    (unsigned)c->conf.login_attempts,
	    (unsigned)(c->conf.login_window + 59) / 60);
}

/* Whoever has one address of IPv6 has a whole network of them: the first 64 bits
 * count. What is no address counts as it is written. */
static struct bytes
address_key(struct bytes text, uint8_t room[ADDRESS_KEY_BYTES])
{
	char address[CLERK_ADDRESS_MAX + 1];
	struct in6_addr six;

	snprintf(address, sizeof(address), "%.*s", (int)text.n, (const char *)text.p);
	address[strcspn(address, "%")] = '\0'; /* RFC 4007 section 11 */
	if (inet_pton(AF_INET6, address, &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six))
		return text;
	memcpy(room, &six, ADDRESS_KEY_BYTES);
	return (struct bytes){room, ADDRESS_KEY_BYTES};
}

static struct throttle
throttle_of_address(
    const struct clerk *c, const json_t *request, uint8_t room[ADDRESS_KEY_BYTES])
{
	return (struct throttle){.what = "address",
	    .key = address_key(line_text(request, "address"), room),
	    .most = c->conf.login_attempts_address,
	    .window = c->conf.login_window};
}

/* The person is known and let in: the session, told. */
static json_t *
let_in(
    struct clerk *c, const struct caller *who, const json_t *request, struct session *s)
{
	struct bytes language = line_text(request, "language");
	char token[TOKEN_CHARS + 1];
	struct err e = {0};
	json_t *answer;
	int rc;

	s->until = clerk_now(c) + c->conf.session_life;
	snprintf(s->language, sizeof(s->language), "%.*s", (int)language.n,
	    (const char *)language.p);
	if (factor_of(c, s, &e) != 0 ||
	    clerk_audit(c, who, "session.login",
		json_pack("{s:s}", "person", s->person), &e) != 0 ||
	    session_make(c, s, token, &e) != 0)
		return line_refuse_err(&e);
	answer = session_answer(s);
	rc = answer == NULL ? ERR_MEMORY
			    : line_set_text(answer, "session", bytes_of(token));
	token_wipe(token, sizeof(token));
	if (rc == 0)
		return answer;
	json_decref(answer);
	return NULL;
}

/* Why not, or NULL for whoever may come in. *tried: whether there was an answer. */
static json_t *
try_login(struct clerk *c, const struct caller *who, const json_t *request,
    struct session *s, bool *tried)
{
	char known[CLERK_PERSON_SIZE];
	enum login_result result = LOGIN_REFUSED;
	struct err e = {0};
	int rc = login_try(c, who, line_text(request, "user"),
	    line_text(request, "password"), &result, s, known, &e);

	*tried = rc >= 0;
	if (rc < 0) {
		clerk_log(LOG_LEVEL_ERROR, who, "%s", e.text);
		return line_refuse(rc == ERR_IO ? "busy" : "internal",
		    "The company's directory %s; nobody can log in. Please try again "
		    "later.",
		    rc == ERR_IO ? "does not answer" : "gives an answer without sense");
	}
	if (result == LOGIN_RIGHT)
		return NULL;
	clerk_log(LOG_LEVEL_INFO, who, "login of %s refused",
	    known[0] != '\0' ? known : "nobody we know");
	if (result == LOGIN_DISABLED)
		return line_refuse("login", "This account is disabled.");
	if (result == LOGIN_EXPIRED)
		return line_refuse("login",
		    "The password has to be changed first, where you log in to your "
		    "computer.");
	return refuse(c);
}

static json_t *
login(
    struct clerk *c, const struct caller *who, const json_t *request, struct session *s)
{
	uint8_t room[ADDRESS_KEY_BYTES];
	struct throttle address = throttle_of_address(c, request, room);
	struct err e = {0};
	json_t *refusal;
	bool tried;
	int rc;

	/* RFC 4513 section 5.1.2: no attempt, for nobody asks for such a bind. */
	if (line_text(request, "user").n == 0)
		return line_refuse("login", "Please type your user name.");
	if (line_text(request, "password").n == 0)
		return line_refuse("login", "Please type your password.");
	rc = throttle_count(c, &address, &e);
	if (rc < 0)
		return line_refuse_err(&e);
	if (rc == 0)
		return line_refuse("limit",
		    "There were too many attempts from your network address. Please "
		    "wait for %u minutes.",
		    (unsigned)(c->conf.login_window + 59) / 60);
	refusal = try_login(c, who, request, s, &tried);
	if (refusal == NULL || !tried)
		throttle_take_back(c, &address);
	return refusal;
}

json_t *
call_session_login(struct clerk *c, const struct caller *who, const json_t *request)
{
	int64_t until = clock_ms() + (int64_t)c->conf.login_delay * MS;
	struct session s = {.roles = 0};
	json_t *refusal = login(c, who, request, &s);

	if (refusal == NULL)
		return let_in(c, who, request, &s);
	wait_until(until);
	return refusal;
}

json_t *
call_session_who(struct clerk *c, const struct caller *who, const json_t *request)
{
	(void)c;
	(void)request;
	return session_answer(who->session);
}

json_t *
call_session_logout(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct err e = {0};

	if (clerk_audit(c, who, "session.logout", NULL, &e) != 0 ||
	    session_end(c, line_text(request, "session"), &e) < 0)
		return line_refuse_err(&e);
	return line_ok();
}
