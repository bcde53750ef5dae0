/*
 * Plain HTTP: CRLs and CA certificates, and nothing else. No cookie is read here and
 * none is set, nobody is sent anywhere else.
 */
#include <stdlib.h>

#include "enroll/portal/pki.h"
#include "enroll/portal/server_parts.h"

static enum MHD_Result
send_pki(
    struct MHD_Connection *c, unsigned status, char *body, size_t n, const char *type)
{
	struct MHD_Response *m = MHD_create_response_from_buffer_with_free_callback_cls(
	    n, body != NULL ? body : (char *)"", body != NULL ? free : NULL, body);
	enum MHD_Result rc;

	if (m == NULL) {
		free(body);
		return MHD_NO;
	}
	(void)MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
	if (status == 200) {
		(void)MHD_add_response_header(m, "Content-Type", type);
		(void)MHD_add_response_header(
		    m, "Cache-Control", "public, max-age=300");
	} else {
		(void)MHD_add_response_header(m, "Cache-Control", "no-store");
		(void)MHD_add_response_header(m, "Connection", "close");
	}
	if (status == 405)
		(void)MHD_add_response_header(m, "Allow", "GET, HEAD");
	rc = MHD_queue_response(c, status, m);
	MHD_destroy_response(m);
	return rc;
}

static enum MHD_Result
on_pki_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	bool *has_body = cls;

	(void)kind;
	if (strcasecmp(name, "Transfer-Encoding") == 0 ||
	    (strcasecmp(name, "Content-Length") == 0 && strcmp(value, "0") != 0))
		*has_body = true;
	return MHD_YES;
}

enum MHD_Result
server_pki_answer(void *cls, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *body, size_t *body_n,
    void **con_cls)
{
	static const char below[] = "/pki/";
	struct server *s = cls;
	const char *type = NULL;
	bool has_body = false;
	unsigned status = 404;
	char *p = NULL;
	size_t n = 0;

	(void)version, (void)body, (void)body_n, (void)con_cls;
	(void)MHD_get_connection_values(c, MHD_HEADER_KIND, on_pki_header, &has_body);
	watch_phase(s->watch, watched_of(c),
	    s->portal->conf.clerk_seconds + s->portal->conf.send_seconds);
	if (has_body)
		status = 400;
	else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		status = 405;
	else if (strncmp(url, below, strlen(below)) == 0)
		status =
		    pki_get(s->portal, bytes_of(url + strlen(below)), &p, &n, &type);
	return send_pki(c, status, p, n, type);
}

void
server_pki_completed(void *cls, struct MHD_Connection *c, void **con_cls,
    enum MHD_RequestTerminationCode how)
{
	struct server *s = cls;

	(void)con_cls, (void)how;
	watch_phase(s->watch, watched_of(c), s->portal->conf.idle_seconds);
}
