/*
 * One call, from its line to its answer: who is it, which call, which session, may
 * they, then the handler of the table (calls.c). Every refusal carries the call's
 * id, and so does what is logged of it. Called by the line server's threads.
 */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "enroll/clerk/calls.h"
#include "enroll/clerk/session.h"

enum {
	GROUPS_MAX = 1024,	 /* of one user */
	PASSWD_ROOM = 16 * 1024, /* what getpwuid_r may need */
};

/* --- who is it ------------------------------------------------------------------ */

static bool
is_in_group(uid_t uid, gid_t group)
{
	char room[PASSWD_ROOM];
	gid_t list[GROUPS_MAX];
	int n = GROUPS_MAX;
	struct passwd pw, *found = NULL;

	if (group == (gid_t)-1 ||
	    getpwuid_r(uid, &pw, room, sizeof(room), &found) != 0 || found == NULL ||
	    getgrouplist(pw.pw_name, pw.pw_gid, list, &n) < 0)
		return false;
	for (int i = 0; i < n; i++)
		if (list[i] == group)
			return true;
	return false;
}

static int
make_id(char out[CLERK_ID_SIZE], struct err *e)
{
	uint8_t raw[(CLERK_ID_SIZE - 1) / 2];

	if (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
		return err_set(e, ERR_IO, "no randomness");
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
	return 0;
}

static void
caller_init(struct caller *who, const struct clerk *c, const struct line_peer *peer,
    bool has_session)
{
	who->uid = peer->uid;
	who->pid = peer->pid;
	who->portal = c->portal_uid != (uid_t)-1 && peer->uid == c->portal_uid;
	/* Who speaks for somebody else has that person's rights, not its own. */
	if (has_session)
		return;
	who->local = peer->uid == 0 || peer->uid == geteuid() ||
		     is_in_group(peer->uid, c->admin_gid);
}

char *
caller_name(const struct caller *who, char out[40])
{
	if (who != NULL && who->session != NULL)
		snprintf(out, 40, "%s", who->session->person);
	else if (who != NULL)
		snprintf(out, 40, "uid:%u", (unsigned)who->uid);
	else
		snprintf(out, 40, "clerk");
	return out;
}

/* --- may they -------------------------------------------------------------------- */

/* Why not, in the word that says what would help. */
static json_t *
refuse_rights(const struct call *call, const struct caller *who)
{
	const unsigned roles = WHO_HELPDESK | WHO_APPROVER | WHO_ADMINISTRATOR;
	const unsigned people = WHO_USER | WHO_OWNER | WHO_ROLE | roles;

	if (!who->portal && !who->local && who->session == NULL)
		return line_refuse(
		    "denied", "user %u may not call the clerk", (unsigned)who->uid);
	if (who->session == NULL && who->portal && (call->who & people) != 0)
		return line_refuse(
		    "login", "\"%s\" is for people who have logged in", call->name);
	if (who->session != NULL && (call->who & roles) != 0 &&
	    who->session->roles != 0 && who->session->factor != FACTOR_GIVEN)
		return line_refuse(
		    "factor", "\"%s\" wants the second factor first", call->name);
	return line_refuse("denied", "you may not do this");
}

/* Session and rights; NULL: go on. */
static json_t *
admit(struct clerk *c, const struct call *call, struct caller *who,
    struct session *room, const json_t *request)
{
	struct bytes token = line_text(request, "session");
	struct err e = {0};
	int rc;

	if (json_object_get(request, "session") != NULL) {
		if (!who->portal)
			return line_refuse("denied",
			    "user %u may not speak for a session", (unsigned)who->uid);
		rc = session_find(c, who, token, room, &e);
		if (rc == 0)
			return line_refuse("login", "the session has ended");
		if (rc < 0)
			return line_refuse_err(&e);
		who->session = room;
	}
	rc = call_may(call, c, who, request, &e);
	if (rc < 0)
		return line_refuse_err(&e);
	return rc == 1 ? NULL : refuse_rights(call, who);
}

/* --- the call -------------------------------------------------------------------- */

static json_t *
dispatch(struct clerk *c, struct caller *who, const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "call"));
	const struct call *call = call_find(bytes_of(name));
	struct session room = {.roles = 0};
	struct err e = {0};
	json_t *refusal;

	if (call == NULL)
		return line_refuse("unsupported", "there is no such call");
	if (line_check(request, call->fields, &e) != 0)
		return line_refuse_err(&e);
	refusal = admit(c, call, who, &room, request);
	if (refusal == NULL)
		refusal = call->handler(c, who, request);
	/* The room ends here; what is logged afterwards needs the id alone. */
	who->session = NULL;
	return refusal;
}

static void
log_answer(const struct caller *who, const json_t *request, const json_t *answer)
{
	const char *call = json_string_value(json_object_get(request, "call"));
	const char *word = json_string_value(json_object_get(answer, "error"));
	const char *text = json_string_value(json_object_get(answer, "text"));

	if (answer == NULL)
		clerk_log(LOG_LEVEL_ERROR, who, "%.40s: no answer could be made",
		    call != NULL ? call : "?");
	else if (word != NULL)
		clerk_log(LOG_LEVEL_INFO, who, "%.40s from uid %u refused: %s: %s",
		    call != NULL ? call : "?", (unsigned)who->uid, word,
		    text != NULL ? text : "");
	else
		clerk_log(LOG_LEVEL_INFO, who, "%.40s from uid %u done",
		    call != NULL ? call : "?", (unsigned)who->uid);
}

json_t *
clerk_answer(const json_t *request, const struct line_peer *peer, void *ctx)
{
	struct clerk *c = ctx;
	struct caller who = {.uid = peer->uid};
	struct err e = {0};
	json_t *answer;

	if (make_id(who.id, &e) != 0)
		return line_refuse_err(&e);
	caller_init(&who, c, peer, json_object_get(request, "session") != NULL);
	answer = dispatch(c, &who, request);
	if (answer != NULL && !json_is_true(json_object_get(answer, "ok")))
		json_object_set_new(answer, "id", json_string(who.id));
	log_answer(&who, request, answer);
	return answer;
}
