/*
 * The table of calls (contract in calls.h), and what may be read off it: who may
 * make which. Called by answer.c.
 */
#include "enroll/clerk/calls.h"

#include "core/addr.h"
#include "crypto/token.h"
#include "crypto/totp.h"
#include "enroll/clerk/approve_calls.h"
#include "enroll/clerk/crl.h"
#include "enroll/clerk/enroll_calls.h"
#include "enroll/clerk/factor.h"
#include "enroll/clerk/helpdesk_calls.h"
#include "enroll/clerk/key_calls.h"
#include "enroll/clerk/login.h"
#include "enroll/clerk/mailbox_calls.h"
#include "enroll/clerk/pin_calls.h"
#include "enroll/clerk/revoke.h"

#define FIELDS(...)	       ((const struct line_field[]){__VA_ARGS__{NULL, 0, false, 0}})
#define NEED(name, type, most) {name, type, false, most},
#define MAY(name, type, most)  {name, type, true, most},
/* A call that only sessions make; one that local administrators make as well. */
#define SESSION NEED("session", LINE_TEXT, CLERK_SESSION_CHARS)
#define SESSION_NONE
#define SESSION_OR_NOT MAY("session", LINE_TEXT, CLERK_SESSION_CHARS)

/* clang-format off */
const struct call call_table[] = {
	/* name, who, fields, handler, owner */
	/* --- logging in: login.h, factor.h --- */
	{"session.login", WHO_PORTAL, FIELDS(
	    NEED("user", LINE_TEXT, CLERK_USER_MAX)
	    NEED("password", LINE_TEXT, CLERK_PASSWORD_MAX)
	    NEED("address", LINE_TEXT, CLERK_ADDRESS_MAX)
	    MAY("language", LINE_TEXT, CLERK_LANGUAGE_MAX)), call_session_login, NULL},
	{"session.factor", WHO_ROLE, FIELDS(SESSION
	    NEED("code", LINE_TEXT, TOTP_DIGITS)), call_session_factor, NULL},
	{"session.factor-setup", WHO_ROLE, FIELDS(SESSION
	    NEED("setup", LINE_TEXT, TOKEN_LINK_CHARS)), call_session_factor_setup, NULL},
	{"session.factor-confirm", WHO_ROLE, FIELDS(SESSION
	    NEED("code", LINE_TEXT, TOTP_DIGITS)), call_session_factor_confirm, NULL},
	{"session.who", WHO_USER, FIELDS(SESSION), call_session_who, NULL},
	{"session.logout", WHO_USER, FIELDS(SESSION), call_session_logout, NULL},
	{"factor.allow", WHO_LOCAL, FIELDS(
	    NEED("user", LINE_TEXT, CLERK_USER_MAX)), call_factor_allow, NULL},
	/* --- requests: enroll_calls.h --- */
	{"enroll.status", WHO_USER, FIELDS(SESSION), call_enroll_status, NULL},
	{"enroll.start", WHO_USER, FIELDS(SESSION
	    NEED("after", LINE_INT, 0)
	    MAY("form", LINE_TEXT, 16)
	    MAY("language", LINE_TEXT, CLERK_LANGUAGE_MAX)
	    MAY("csr", LINE_TEXT, 64 * 1024)), call_enroll_start, NULL},
	{"enroll.for", WHO_HELPDESK | WHO_LOCAL, FIELDS(SESSION_OR_NOT
	    NEED("address", LINE_TEXT, 320)
	    MAY("after", LINE_INT, 0)
	    MAY("again", LINE_BOOL, 0)), call_enroll_for, NULL},
	{"request.show", WHO_OWNER | WHO_HELPDESK | WHO_LOCAL, FIELDS(SESSION_OR_NOT
	    NEED("request", LINE_TEXT, 128)), call_request_show, owner_of_request},
	{"history", WHO_OWNER | WHO_HELPDESK | WHO_LOCAL, FIELDS(SESSION_OR_NOT
	    MAY("person", LINE_TEXT, CLERK_PERSON_SIZE)), call_history, owner_of_person},
	{"list", WHO_LOCAL, FIELDS(
	    NEED("what", LINE_TEXT, 32)
	    MAY("state", LINE_TEXT, 16)), call_list, NULL},
	{"status", WHO_LOCAL, FIELDS(SESSION_NONE), call_status, NULL},
	/* --- for others: helpdesk_calls.h, mailbox_calls.h, approve_calls.h --- */
	{"person.find", WHO_HELPDESK | WHO_LOCAL, FIELDS(SESSION_OR_NOT
	    NEED("text", LINE_TEXT, FIND_TEXT_MAX)), call_person_find, NULL},
	{"mailbox.enroll", WHO_HELPDESK | WHO_LOCAL, FIELDS(SESSION_OR_NOT
	    NEED("mailbox", LINE_TEXT, ADDR_MAX)
	    NEED("delegates", LINE_LIST, MAILBOX_DELEGATES_MAX)
	    MAY("after", LINE_INT, 0)), call_mailbox_enroll, NULL},
	{"resend", WHO_HELPDESK | WHO_LOCAL, FIELDS(SESSION_OR_NOT
	    NEED("request", LINE_TEXT, 128)
	    MAY("recipient", LINE_TEXT, ADDR_MAX)), call_resend, NULL},
	{"approve.list", WHO_APPROVER | WHO_LOCAL, FIELDS(SESSION_OR_NOT),
	    call_approve_list, NULL},
	{"approve.decide", WHO_APPROVER | WHO_LOCAL, FIELDS(SESSION_OR_NOT
	    NEED("request", LINE_TEXT, 128)
	    NEED("agree", LINE_BOOL, 0)
	    MAY("reason", LINE_TEXT, APPROVE_REASON_MAX)), call_approve_decide, NULL},
	/* --- mailed links: pin_calls.h --- */
	{"link.show", WHO_ANYONE, FIELDS(SESSION_OR_NOT
	    NEED("link", LINE_TEXT, 128)), call_link_show, NULL},
	{"pin.show", WHO_USER, FIELDS(SESSION
	    NEED("link", LINE_TEXT, 128)
	    NEED("password", LINE_TEXT, CLERK_PASSWORD_MAX)), call_pin_show, NULL},
	/* --- keys once more: key_calls.h --- */
	{"pfx.get", WHO_USER, FIELDS(SESSION
	    NEED("certificate", LINE_TEXT, REVOKE_SERIAL_TEXT)
	    NEED("form", LINE_TEXT, 16)
	    NEED("password", LINE_TEXT, CLERK_PASSWORD_MAX)), call_pfx_get, NULL},
	{"renew.zip", WHO_USER, FIELDS(SESSION
	    NEED("form", LINE_TEXT, 16)
	    NEED("password", LINE_TEXT, CLERK_PASSWORD_MAX)), call_renew_zip, NULL},
	/* --- revocation, the CA's files: revoke.h, crl.h --- */
	{"revoke", WHO_OWNER | WHO_HELPDESK | WHO_LOCAL, FIELDS(SESSION_OR_NOT
	    MAY("certificate", LINE_TEXT, REVOKE_SERIAL_TEXT)
	    MAY("address", LINE_TEXT, ADDR_MAX)
	    NEED("reason", LINE_TEXT, REVOKE_REASON_MAX)
	    MAY("password", LINE_TEXT, CLERK_PASSWORD_MAX)), call_revoke, revoke_owner},
	{"pki.get", WHO_ANYONE | WHO_LOCAL, FIELDS(
	    NEED("name", LINE_TEXT, CRL_NAME_MAX)), call_pki_get, NULL},
	{NULL, 0, NULL, NULL, NULL},
};
/* clang-format on */

const size_t call_n = sizeof(call_table) / sizeof(call_table[0]) - 1;

const struct call *
call_find(struct bytes name)
{
	for (size_t i = 0; i < call_n; i++)
		if (bytes_equal(bytes_of(call_table[i].name), name))
			return &call_table[i];
	return NULL;
}

/* What a caller is, whatever the call is about. */
static unsigned
caller_rights(const struct caller *who)
{
	unsigned rights = who->local ? WHO_LOCAL : 0;

	if (who->portal || who->local)
		rights |= WHO_ANYONE;
	if (who->portal)
		rights |= WHO_PORTAL;
	if (who->session == NULL || !who->portal)
		return rights;
	rights |= WHO_USER;
	if (who->session->roles != 0)
		rights |= WHO_ROLE;
	rights |= caller_has(who, ROLE_HELPDESK) ? WHO_HELPDESK : 0;
	rights |= caller_has(who, ROLE_APPROVER) ? WHO_APPROVER : 0;
	return rights | (caller_has(who, ROLE_ADMINISTRATOR) ? WHO_ADMINISTRATOR : 0);
}

int
call_may(const struct call *call, struct clerk *c, const struct caller *who,
    const json_t *request, struct err *e)
{
	if ((call->who & caller_rights(who)) != 0)
		return 1;
	if ((call->who & WHO_OWNER) == 0 || call->owner == NULL || !who->portal ||
	    who->session == NULL)
		return 0;
	return call->owner(c, bytes_of(who->session->person), request, e);
}

bool
caller_has(const struct caller *who, enum role role)
{
	return who->session != NULL && who->session->factor == FACTOR_GIVEN &&
	       (who->session->roles & role) != 0;
}

bool
caller_is(const struct caller *who, struct bytes person)
{
	return who->session != NULL &&
	       bytes_equal_nocase(bytes_of(who->session->person), person);
}
