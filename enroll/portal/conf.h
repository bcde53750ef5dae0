/*
 * The portal's options as fields; conf.c has the table, chancery-portal(8) a paragraph
 * for each.
 */
#ifndef CHANCERY_PORTAL_CONF_H
#define CHANCERY_PORTAL_CONF_H

#include "enroll/conf.h"

struct portal_conf {
	const char *url; /* https://HOST[:PORT], without a path */
	const char *listen, *listen_http;
	const char *certificate, *key;
	const char *clerk;
	const char *web, *locale;
	const char *organization, *notice, *contact;
	struct conf_list proxy;
	uint32_t connections, connections_per_address;
	uint32_t header_seconds, body_seconds, send_seconds, idle_seconds;
	uint32_t clerk_seconds, pki_seconds;
};

extern const struct conf_row portal_conf_rows[];
extern const size_t portal_conf_n;

/* conf_read, and what a row alone cannot see. 0 or as conf_read. */
int portal_conf_read(
    const char *path, struct portal_conf *conf, struct arena *arena, struct err *e);

#endif
