/*
 * The clerk's options (contract in conf.h). chancery-clerk(8) has a paragraph for
 * each row, which tests/lint/lint_manual.py checks. Called by main.c.
 */
#include "enroll/clerk/conf.h"

#include <string.h>

#define AT(field) offsetof(struct clerk_conf, field)
#define TEXT(name, field, fallback, help)                                              \
	{                                                                              \
		name, CONF_TEXT, AT(field), fallback, NULL, 0, 0, help                 \
	}
#define PATH(name, field, fallback, help)                                              \
	{                                                                              \
		name, CONF_PATH, AT(field), fallback, NULL, 0, 0, help                 \
	}
#define WORD(name, field, fallback, words, help)                                       \
	{                                                                              \
		name, CONF_WORD, AT(field), fallback, words, 0, 0, help                \
	}
#define U32(name, field, fallback, least, most, help)                                  \
	{                                                                              \
		name, CONF_U32, AT(field), fallback, NULL, least, most, help           \
	}
#define SECONDS(name, field, fallback, least, most, help)                              \
	{                                                                              \
		name, CONF_SECONDS, AT(field), fallback, NULL, least, most, help       \
	}
#define BOOL(name, field, fallback, help)                                              \
	{                                                                              \
		name, CONF_BOOL, AT(field), fallback, NULL, 0, 0, help                 \
	}
#define LIST(name, field, help)                                                        \
	{                                                                              \
		name, CONF_LIST, AT(field), "", NULL, 0, 0, help                       \
	}

enum {
	MINUTE = 60,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR
};

/* clang-format off */
const struct conf_row clerk_conf_rows[] = {
	/* --- itself --- */
	PATH("socket", socket, "/run/chancery/clerk.sock", "where it is called"),
	PATH("state", state, "/var/lib/chancery/clerk", "folder of its files"),
	PATH("audit", audit, "/var/lib/chancery/clerk/audit.log", "the hash-chained log"),
	TEXT("portal-user", portal_user, "chancery-portal",
	    "whose calls may carry sessions"),
	TEXT("admin-group", admin_group, "chancery-admin",
	    "whose members are local administrators, as root is"),
	U32("clients", clients, "256", 4, 4096, "connections at once"),
	/* --- the directory --- */
	TEXT("directory", directory, "ldapi:///", "URI of the directory"),
	PATH("directory-ca", directory_ca, "", "PEM file: who vouches for its TLS"),
	BOOL("directory-start-tls", directory_start_tls, "off", "StartTLS first"),
	TEXT("directory-dn", directory_dn, "",
	    "identity; none: SASL EXTERNAL over the local socket"),
	PATH("directory-password", directory_password, "", "file with its password"),
	U32("directory-connections", connections, "16", 1, 256, "at once"),
	TEXT("suffix", suffix, NULL, "the real suffix"),
	LIST("domain", domain, "a mail domain of this organization; none: any"),
	/* --- the signer --- */
	PATH("signer", signer, "/run/chancery/signer.sock", "the signer's socket"),
	/* --- the company directory --- */
	TEXT("company", company, NULL, "URI of the company directory: ldaps://, or "
	    "ldap:// with StartTLS"),
	PATH("company-ca", company_ca, "", "PEM file: who vouches for its TLS"),
	BOOL("company-start-tls", company_start_tls, "off", "StartTLS first"),
	TEXT("company-base", company_base, NULL, "where people and mailboxes are"),
	TEXT("company-dn", company_dn, NULL, "the reader's DN"),
	PATH("company-password", company_password, NULL, "file with its password"),
	WORD("company-kind", company_kind, "ad", "ad|generic", "names to begin with"),
	TEXT("company-id", company_id, "", "attribute: objectGUID; entryUUID"),
	LIST("company-login", company_login,
	    "attribute that a user name is looked for in"),
	TEXT("company-mail", company_mail, "", "attribute: the primary address"),
	TEXT("company-aliases", company_aliases, "", "attribute: further addresses"),
	TEXT("company-name", company_name, "", "attribute: the name to be shown"),
	TEXT("company-people", company_people, "", "filter: people and mailboxes"),
	TEXT("company-disabled", company_disabled, "", "filter: disabled accounts"),
	TEXT("company-shared", company_shared, "", "filter: shared mailboxes"),
	TEXT("company-delegates", company_delegates, "",
	    "attribute of a mailbox: DNs of its delegates"),
	TEXT("company-member", company_member, "",
	    "attribute: of the groups of an entry (memberOf), or of the members of "
	    "a group (member)"),
	BOOL("company-nested", company_nested, "on",
	    "groups in groups count (Active Directory)"),
	U32("company-connections", company_connections, "8", 1, 64, "at once"),
	/* --- mails --- */
	PATH("mail-folder", mail_folder, "", "put mails there, instead of sending them"),
	TEXT("mail-url", mail_url, "", "the relay: smtp://HOST[:PORT][/NAME], smtps://"),
	WORD("mail-tls", mail_tls, "required", "required|try|none", "of smtp://"),
	PATH("mail-ca", mail_ca, "", "PEM file: who vouches for the relay's TLS"),
	TEXT("mail-user", mail_user, "", "name to log in with at the relay"),
	PATH("mail-password", mail_password, "", "file with its password"),
	TEXT("mail-from", mail_from, "", "address that mails come from"),
	TEXT("mail-from-name", mail_from_name, "Chancery", "and its name"),
	TEXT("mail-contact", mail_contact, "",
	    "whom people ask: a line at the end of each mail"),
	SECONDS("mail-timeout", mail_timeout, "60s", 2, 600, "of handing a mail over"),
	TEXT("portal-url", portal_url, "", "https:// address of the portal"),
	PATH("locale", locale, "/usr/share/chancery/locale", "folder of the texts"),
	PATH("web", web, "/usr/share/chancery/web", "folder of the templates"),
	/* --- roles --- */
	LIST("role-helpdesk", role_helpdesk, "DN of a group"),
	LIST("role-approver", role_approver, "DN of a group"),
	LIST("role-administrator", role_administrator, "DN of a group"),
	/* --- logging in --- */
	U32("login-attempts", login_attempts, "4", 1, 100,
	    "failed logins of a user name within the window; fewer than the company "
	    "directory allows"),
	U32("login-attempts-address", login_attempts_address, "40", 1, 100000,
	    "failed logins from an address within the window"),
	SECONDS("login-window", login_window, "15m", 10, DAY, "of failed logins"),
	SECONDS("login-delay", login_delay, "1s", 0, 5,
	    "a failed login is answered after this"),
	SECONDS("session-life", session_life, "8h", 5, 7 * DAY, "of a session"),
	SECONDS("session-idle", session_idle, "30m", 5, DAY, "without a call"),
	SECONDS("session-check", session_check, "60s", 1, HOUR,
	    "whether the account is still enabled, at least this often"),
	SECONDS("factor-setup", factor_setup, "24h", 60, 7 * DAY,
	    "of a code to set up a second factor"),
	TEXT("factor-name", factor_name, "Chancery",
	    "what the authenticator program shows"),
};
/* clang-format on */

const size_t clerk_conf_n = sizeof(clerk_conf_rows) / sizeof(clerk_conf_rows[0]);

/* Passwords travel over what nobody else reads: each of several URIs. */
static bool
is_private(const char *uris, bool start_tls)
{
	const char *want = start_tls ? "ldap://" : "ldaps://";
	size_t n = 0;

	for (const char *at = uris; *at != '\0'; n++) {
		if (strncmp(at, want, strlen(want)) != 0)
			return false;
		at += strcspn(at, " ,");
		at += strspn(at, " ,");
	}
	return n > 0;
}

static int
check_company(const struct clerk_conf *c, struct err *e)
{
	return is_private(c->company, c->company_start_tls)
		   ? 0
		   : err_set(e, ERR_USAGE,
			 "company = %.200s: want ldaps://HOST, or ldap://HOST with "
			 "company-start-tls = on",
			 c->company);
}

static int
check_directory(const struct clerk_conf *c, struct err *e)
{
	bool safe = strncmp(c->directory, "ldapi://", 8) == 0 ||
		    strncmp(c->directory, "ldaps://", 8) == 0 || c->directory_start_tls;

	if (!safe)
		return err_set(e, ERR_USAGE,
		    "directory = %.200s: want ldapi://, ldaps://, or "
		    "directory-start-tls = on",
		    c->directory);
	if ((c->directory_dn[0] == '\0') != (c->directory_password[0] == '\0'))
		return err_set(e, ERR_USAGE,
		    "directory-dn and directory-password: want both, or neither");
	return 0;
}

/* What the file does not say is "", never NULL. */
static void
set_empty(struct clerk_conf *out)
{
	for (size_t i = 0; i < clerk_conf_n; i++) {
		const struct conf_row *row = &clerk_conf_rows[i];

		if (row->type == CONF_TEXT || row->type == CONF_PATH ||
		    row->type == CONF_WORD)
			*(const char **)((char *)out + row->at) = "";
	}
}

int
clerk_conf_read(
    const char *path, struct clerk_conf *out, struct arena *arena, struct err *e)
{
	int rc;

	set_empty(out);
	rc = conf_read(path, clerk_conf_rows, clerk_conf_n, out, arena, e);
	if (rc == 0)
		rc = check_directory(out, e);
	return rc != 0 ? rc : check_company(out, e);
}
