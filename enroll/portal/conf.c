/*
 * The portal's options (contract in conf.h). Called by main.c.
 */
#include "enroll/portal/conf.h"

#include <string.h>

#include "core/bytes.h"

#define AT(field) offsetof(struct portal_conf, field)
#define TEXT(name, field, fallback, help)                                              \
	{                                                                              \
		name, CONF_TEXT, AT(field), fallback, NULL, 0, 0, help                 \
	}
#define PATH(name, field, fallback, help)                                              \
	{                                                                              \
		name, CONF_PATH, AT(field), fallback, NULL, 0, 0, help                 \
	}
#define U32(name, field, fallback, least, most, help)                                  \
	{                                                                              \
		name, CONF_U32, AT(field), fallback, NULL, least, most, help           \
	}
#define SECONDS(name, field, fallback, least, most, help)                              \
	{                                                                              \
		name, CONF_SECONDS, AT(field), fallback, NULL, least, most, help       \
	}
#define LIST(name, field, help)                                                        \
	{                                                                              \
		name, CONF_LIST, AT(field), "", NULL, 0, 0, help                       \
	}

/* clang-format off */
const struct conf_row portal_conf_rows[] = {
	TEXT("url", url, NULL, "https:// address that people type, without a path"),
	TEXT("listen", listen, "[::]:443", "ADDRESS:PORT for HTTPS"),
	TEXT("listen-http", listen_http, "",
	    "ADDRESS:PORT for CRLs and CA certificates over HTTP"),
	PATH("certificate", certificate, NULL, "PEM file: certificate and its chain"),
	PATH("key", key, NULL, "PEM file: its private key"),
	PATH("clerk", clerk, "/run/chancery/clerk.sock", "the clerk's socket"),
	PATH("web", web, "/usr/share/chancery/web", "folder of templates and pictures"),
	PATH("locale", locale, "/usr/share/chancery/locale", "folder of the texts"),
	TEXT("organization", organization, "Chancery", "name on each page"),
	TEXT("notice", notice, "", "a sentence below the login"),
	TEXT("contact", contact, "", "whom people ask: a line on the help page"),
	LIST("proxy", proxy, "address of a proxy whose X-Forwarded-For is believed"),
	U32("connections", connections, "500", 10, 10000, "at once"),
	U32("connections-per-address", connections_per_address, "50", 2, 10000,
	    "at once"),
	SECONDS("header-time", header_seconds, "15s", 1, 300,
	    "until a request's headers are there"),
	SECONDS("body-time", body_seconds, "30s", 1, 600, "until its body is there"),
	SECONDS("send-time", send_seconds, "60s", 1, 600, "until an answer is sent"),
	SECONDS("idle-time", idle_seconds, "15s", 1, 300,
	    "until the next request of a connection begins"),
	SECONDS("clerk-time", clerk_seconds, "20s", 1, 120,
	    "until the clerk has answered"),
	SECONDS("pki-time", pki_seconds, "5s", 0, 300,
	    "that a CRL is remembered before the clerk is asked again"),
};
/* clang-format on */

const size_t portal_conf_n = NITEMS(portal_conf_rows);

int
portal_conf_read(
    const char *path, struct portal_conf *conf, struct arena *arena, struct err *e)
{
	const char *host;
	int rc = conf_read(path, portal_conf_rows, portal_conf_n, conf, arena, e);

	if (rc != 0)
		return rc;
	host = strncmp(conf->url, "https://", 8) == 0 ? conf->url + 8 : "";
	if (host[0] == '\0' ||
	    host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]")] != '\0')
		return err_set(e, ERR_USAGE,
		    "%s: url = %.200s: want https://HOST or https://HOST:PORT, lower "
		    "case, nothing behind it",
		    path, conf->url);
	return 0;
}
