/*
 * The table of all addresses: contract in routes.h.
 */
#include "enroll/portal/routes.h"

#include "enroll/portal/pages.h"

/* clang-format off */
const struct route route_table[] = {
	/* method, path, who, form, upload, handler */
	{"GET",  "/",			ROUTE_USER,	NULL, false, home_show},
	{"GET",  "/login",		ROUTE_ANYONE,	NULL, false, login_show},
	{"POST", "/login",		ROUTE_ANYONE,	"login", false, login_send},
	{"POST", "/logout",		ROUTE_ANYONE,	"logout", false, logout_send},
	{"GET",  "/factor",		ROUTE_USER,	NULL, false, factor_show},
	{"POST", "/factor",		ROUTE_USER,	"factor", false, factor_send},
	{"GET",  "/factor/setup",	ROUTE_USER,	NULL, false, setup_show},
	{"POST", "/factor/setup",	ROUTE_USER,	"setup", false, setup_send},
	{"POST", "/factor/confirm",	ROUTE_USER,	"confirm", false, confirm_send},
	/* a certificate of one's own */
	{"GET",  "/enroll",		ROUTE_USER,	NULL, false, enroll_show},
	{"POST", "/enroll",		ROUTE_USER,	"enroll", false, enroll_send},
	{"GET",  "/request/*",		ROUTE_USER,	NULL, false, request_show},
	{"GET",  "/l/*",		ROUTE_USER,	NULL, false, link_show},
	{"POST", "/l/*",		ROUTE_USER,	"pin", false, link_send},
	{"POST", "/save",		ROUTE_USER,	"save", true, save_send},
	{"GET",  "/renew",		ROUTE_USER,	NULL, false, renew_show},
	{"POST", "/renew",		ROUTE_USER,	"renew", false, renew_send},
	{"GET",  "/history",		ROUTE_USER,	NULL, false, history_show},
	{"GET",  "/certificate/*",	ROUTE_USER,	NULL, false, certificate_show},
	{"POST", "/certificate/*",	ROUTE_USER,	"download", false, download_send},
	{"GET",  "/revoke/*",		ROUTE_USER,	NULL, false, revoke_show},
	{"POST", "/revoke/*",		ROUTE_USER,	"revoke", false, revoke_send},
	/* for others */
	{"GET",  "/helpdesk",		ROUTE_HELPDESK,	NULL, false, desk_show},
	{"GET",  "/helpdesk/person/*",	ROUTE_HELPDESK,	NULL, false, desk_person},
	{"GET",  "/helpdesk/explain",	ROUTE_HELPDESK,	NULL, false, desk_explain},
	{"GET",  "/helpdesk/request/*",	ROUTE_HELPDESK,	NULL, false, desk_request},
	{"POST", "/helpdesk/enroll",	ROUTE_HELPDESK,	"desk", false, desk_enroll},
	{"POST", "/helpdesk/mailbox",	ROUTE_HELPDESK,	"desk", false, desk_mailbox},
	{"POST", "/helpdesk/resend",	ROUTE_HELPDESK,	"desk", false, desk_resend},
	{"POST", "/helpdesk/revoke",	ROUTE_HELPDESK,	"desk", false, desk_revoke},
	{"GET",  "/approve",		ROUTE_APPROVER,	NULL, false, approve_show},
	{"POST", "/approve",		ROUTE_APPROVER,	"approve", false, approve_send},
	/* for everybody */
	{"GET",  "/install",		ROUTE_ANYONE,	NULL, false, install_show},
	{"GET",  "/install/*",		ROUTE_ANYONE,	NULL, false, install_guide},
	{"GET",  "/help",		ROUTE_ANYONE,	NULL, false, help_show},
	{"GET",  "/static/*",		ROUTE_BARE,	NULL, false, static_show},
	{"GET",  "/favicon.ico",	ROUTE_BARE,	NULL, false, icon_show},
	{"GET",  "/robots.txt",		ROUTE_BARE,	NULL, false, robots_show},
	{"GET",  "/health",		ROUTE_BARE,	NULL, false, health_show},
};
/* clang-format on */

const size_t route_n = NITEMS(route_table);

/* Anything without a '/': what a mail program did to a link must still find its page,
 * which says what is wrong. Handlers look at what it is. */
static bool
path_matches(const char *pattern, const char *path, struct bytes *param_out)
{
	const char *star = strchr(pattern, '*');
	size_t n = star == NULL ? strlen(pattern) : (size_t)(star - pattern);
	const char *rest = path + n;

	*param_out = (struct bytes){NULL, 0};
	if (strncmp(path, pattern, n) != 0)
		return false;
	if (star == NULL)
		return *rest == '\0';
	*param_out = bytes_of(rest);
	return *rest != '\0' && strchr(rest, '/') == NULL;
}

const struct route *
route_find(const char *method, const char *path, struct bytes *param_out,
    const struct route **other_out)
{
	*other_out = NULL;
	for (size_t i = 0; i < route_n; i++) {
		if (!path_matches(route_table[i].path, path, param_out))
			continue;
		if (strcmp(route_table[i].method, method) == 0)
			return &route_table[i];
		*other_out = &route_table[i];
	}
	return NULL;
}
