/*
 * What the two listeners share: server.c (HTTPS), server_pki.c (plain HTTP). For them
 * alone.
 */
#ifndef CHANCERY_PORTAL_SERVER_PARTS_H
#define CHANCERY_PORTAL_SERVER_PARTS_H

#include <microhttpd.h>

#include "enroll/portal/portal.h"
#include "enroll/portal/watch.h"

struct server {
	struct portal *portal;
	struct watch *watch;
	struct MHD_Daemon *https, *http;
	char *certificate, *key;
};

/* The deadline of a connection; NULL where it has none. */
static inline struct watched *
watched_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

/* Callbacks of plain HTTP; cls is the server. */
enum MHD_Result server_pki_answer(void *cls, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *body, size_t *body_n,
    void **con_cls);
void server_pki_completed(void *cls, struct MHD_Connection *c, void **con_cls,
    enum MHD_RequestTerminationCode how);

#endif
