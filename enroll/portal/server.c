/*
 * HTTP and libmicrohttpd: contract in server.h. A thread a connection, because a
 * handler waits for the clerk; their number is limited, in all and by address.
 */
#include "enroll/portal/server.h"

#include <malloc.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "enroll/portal/listen.h"
#include "enroll/portal/request.h"
#include "enroll/portal/routes.h"
#include "enroll/portal/server_parts.h"
#include "enroll/portal/web.h"

#define TLS_PRIORITIES                                                                 \
	"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-SHA1:"           \
	"-AES-128-CCM:-AES-256-CCM:%SERVER_PRECEDENCE"

enum {
	MEMORY_LIMIT = 32 * 1024, /* of a connection: its request line and headers */
	STACK_SIZE = 256 * 1024,
};

/* One request of a connection: made with its request line, gone when it is answered. */
struct exchange {
	char *target;
	struct request *request;
	int64_t begin_ms;
};

/* --- answers ----------------------------------------------------------------- */

static void
wipe_free(void *p)
{
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void
add_header(struct MHD_Response *m, const char *name, const char *value)
{
	(void)MHD_add_response_header(m, name, value);
}

static const struct {
	const char *name, *value;
} safety_headers[] = {
    {"Content-Security-Policy",
	"default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
	"base-uri 'none'"},
    {"Strict-Transport-Security", "max-age=31536000"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Permissions-Policy",
	"camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
	"clipboard-read=()"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"X-Robots-Tag", "noindex, nofollow"},
};

static void
add_headers(struct MHD_Response *m, const struct request *r)
{
	const struct reply *a = &r->reply;
	char text[400];

	for (size_t i = 0; i < NITEMS(safety_headers); i++)
		add_header(m, safety_headers[i].name, safety_headers[i].value);
	if (a->file != NULL) {
		add_header(m, "Cache-Control", "no-cache");
		add_header(m, "ETag", a->file->etag);
	} else {
		add_header(m, "Cache-Control", "no-store");
	}
	if (a->type != NULL)
		add_header(m, "Content-Type", a->type);
	if (a->location[0] != '\0')
		add_header(m, "Location", a->location);
	if (a->file_name[0] != '\0') {
		snprintf(
		    text, sizeof(text), "attachment; filename=\"%s\"", a->file_name);
		add_header(m, "Content-Disposition", text);
	}
	if (a->status == 405)
		add_header(m, "Allow", r->allow);
	if (a->clear_site)
		add_header(m, "Clear-Site-Data", "\"cache\", \"cookies\", \"storage\"");
	if (a->close)
		add_header(m, "Connection", "close");
	for (size_t i = 0; i < a->n_cookies; i++)
		add_header(m, "Set-Cookie", a->cookie[i]);
}

static struct MHD_Response *
make_response(struct request *r)
{
	struct reply *a = &r->reply;
	struct MHD_Response *m;

	if (a->file != NULL)
		return MHD_create_response_from_buffer(
		    a->file->n, a->file->p, MHD_RESPMEM_PERSISTENT);
	if (a->body == NULL)
		return MHD_create_response_from_buffer(
		    0, (void *)"", MHD_RESPMEM_PERSISTENT);
	m = MHD_create_response_from_buffer_with_free_callback_cls(
	    a->n, a->body, wipe_free, a->body);
	if (m != NULL)
		a->body = NULL; /* the response's now */
	return m;
}

static enum MHD_Result
send_reply(struct server *s, struct MHD_Connection *c, struct request *r)
{
	struct MHD_Response *m = make_response(r);
	enum MHD_Result rc;

	if (m == NULL)
		return MHD_NO;
	add_headers(m, r);
	watch_phase(s->watch, watched_of(c), s->portal->conf.send_seconds);
	rc = MHD_queue_response(c, r->reply.status, m);
	MHD_destroy_response(m);
	return rc;
}

/* --- requests ---------------------------------------------------------------- */

static const char **
head_field(struct request_head *h, const char *name)
{
	const struct {
		const char *name, **field;
	} fields[] = {
	    {"Host", &h->host},
	    {"Content-Length", &h->content_length},
	    {"Content-Type", &h->content_type},
	    {"Transfer-Encoding", &h->transfer_encoding},
	    {"Cookie", &h->cookie},
	    {"Origin", &h->origin},
	    {"Sec-Fetch-Site", &h->site},
	    {"Accept-Language", &h->languages},
	    {"User-Agent", &h->agent},
	    {"X-Forwarded-For", &h->forwarded},
	    {"If-None-Match", &h->match},
	};

	for (size_t i = 0; i < NITEMS(fields); i++)
		if (strcasecmp(fields[i].name, name) == 0)
			return fields[i].field;
	return NULL;
}

/* RFC 9110 section 5.6.2. The library also takes "Name :" for a name, with its blank
 * (RFC 9112 section 5.1 forbids it). */
static bool
is_token(const char *name)
{
	static const char more[] = "!#$%&'*+-.^_`|~";

	for (const char *p = name; *p != '\0'; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
		    !(*p >= '0' && *p <= '9') && strchr(more, *p) == NULL)
			return false;
	return name[0] != '\0';
}

static enum MHD_Result
on_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct request_head *h = cls;
	const char **field = head_field(h, name);

	(void)kind;
	h->headers++;
	if (!is_token(name))
		h->malformed = true;
	if (field == NULL)
		return MHD_YES;
	/* Proxies may each add a line of their own; the last one is nearest. */
	if (*field != NULL && field != &h->forwarded)
		h->doubled = true;
	*field = value == NULL ? "" : value;
	return MHD_YES;
}

static void
peer_of(struct MHD_Connection *c, char *out, size_t size)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info == NULL ? NULL : info->client_addr;
	socklen_t n = sa == NULL		  ? 0
		      : sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						  : sizeof(struct sockaddr_in);

	if (sa == NULL ||
	    getnameinfo(sa, n, out, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(out, size, "?");
	/* An IPv4 address that came through an IPv6 socket. */
	if (strncmp(out, "::ffff:", 7) == 0 && strchr(out, '.') != NULL)
		memmove(out, out + 7, strlen(out + 7) + 1);
}

/* Headers are there. */
static enum MHD_Result
exchange_begin(
    struct server *s, struct MHD_Connection *c, struct exchange *x, const char *method)
{
	struct request_head head = {.method = method, .target = x->target};
	char peer[NI_MAXHOST];

	peer_of(c, peer, sizeof(peer));
	head.peer = peer;
	(void)MHD_get_connection_values(c, MHD_HEADER_KIND, on_header, &head);
	x->request = request_begin(s->portal, &head);
	if (x->request == NULL)
		return MHD_NO;
	if (x->request->reply.status != 0)
		return send_reply(s, c, x->request);
	watch_phase(s->watch, watched_of(c), s->portal->conf.body_seconds);
	return MHD_YES;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *body, size_t *body_n, void **con_cls)
{
	struct server *s = cls;
	struct exchange *x = *con_cls;

	(void)url;
	(void)version;
	if (x == NULL || x->target == NULL)
		return MHD_NO;
	if (x->request == NULL)
		return exchange_begin(s, c, x, method);
	if (*body_n > 0) {
		bool fits = request_body(x->request, body, *body_n);

		*body_n = 0;
		return fits ? MHD_YES : MHD_NO;
	}
	watch_phase(s->watch, watched_of(c),
	    s->portal->conf.clerk_seconds * 4 + s->portal->conf.send_seconds);
	request_run(x->request);
	return send_reply(s, c, x->request);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void *
on_request_line(void *cls, const char *target, struct MHD_Connection *c)
{
	struct exchange *x = calloc(1, sizeof(*x));
	struct server *s = cls;

	if (x == NULL)
		return NULL;
	watch_phase(s->watch, watched_of(c), s->portal->conf.header_seconds);
	x->target = strdup(target);
	x->begin_ms = now_ms();
	return x;
}

/* The route and not the path: a link is nobody's business. */
static void
log_request(const struct exchange *x, enum MHD_RequestTerminationCode how)
{
	const struct request *r = x->request;

	if (r == NULL || (r->route != NULL && r->route->who == ROUTE_BARE))
		return;
	portal_log(LOG_INFO, "%s: %s %s %u %lld ms%s", r->id, r->post ? "POST" : "GET",
	    r->route == NULL ? "?" : r->route->path, r->reply.status,
	    (long long)(now_ms() - x->begin_ms),
	    how == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : ", not sent");
}

static void
on_completed(void *cls, struct MHD_Connection *c, void **con_cls,
    enum MHD_RequestTerminationCode how)
{
	struct exchange *x = *con_cls;
	struct server *s = cls;

	watch_phase(s->watch, watched_of(c), s->portal->conf.idle_seconds);
	if (x == NULL)
		return;
	log_request(x, how);
	request_free(&x->request);
	free(x->target);
	free(x);
	*con_cls = NULL;
}

static void
on_connection(void *cls, struct MHD_Connection *c, void **socket_ctx,
    enum MHD_ConnectionNotificationCode what)
{
	struct server *s = cls;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
		*socket_ctx = info == NULL ? NULL
					   : watch_add(s->watch, info->connect_fd,
						 s->portal->conf.header_seconds);
	} else {
		watch_remove(s->watch, *socket_ctx);
		*socket_ctx = NULL;
	}
}

/* --- start and end ----------------------------------------------------------- */

__attribute__((format(printf, 2, 0))) static void
on_log(void *cls, const char *fmt, va_list ap)
{
	char text[400];

	(void)cls;
	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\r\n")] = '\0';
	portal_log(LOG_DEBUG, "http: %s", text);
}

static struct MHD_OptionItem
option(enum MHD_OPTION what, intptr_t value, void *pointer)
{
	return (struct MHD_OptionItem){what, value, pointer};
}

/* Every limit there is; callers add the rest. Returns how many were written. */
static size_t
common_options(
    const struct portal_conf *conf, struct server *s, int fd, struct MHD_OptionItem *o)
{
	size_t n = 0;

	o[n++] = option(MHD_OPTION_LISTEN_SOCKET, fd, NULL);
	o[n++] = option(MHD_OPTION_CONNECTION_LIMIT, conf->connections, NULL);
	o[n++] = option(
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, conf->connections_per_address, NULL);
	o[n++] = option(MHD_OPTION_CONNECTION_TIMEOUT,
	    conf->send_seconds > conf->body_seconds ? conf->send_seconds
						    : conf->body_seconds,
	    NULL);
	o[n++] = option(MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_LIMIT, NULL);
	o[n++] = option(MHD_OPTION_THREAD_STACK_SIZE, STACK_SIZE, NULL);
	o[n++] = option(MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL);
	o[n++] = option(MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s);
	return n;
}

enum {
	OPTIONS_MAX = 20,
	FLAGS = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
		MHD_USE_POLL | MHD_USE_ERROR_LOG,
};

static int
https_start(struct server *s, struct err *e)
{
	const struct portal_conf *conf = &s->portal->conf;
	struct MHD_OptionItem o[OPTIONS_MAX];
	int fd = listen_on(conf->listen, e);
	size_t n;

	if (fd < 0)
		return fd;
	n = common_options(conf, s, fd, o);
	o[n++] = option(MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, s);
	o[n++] = option(MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_request_line, s);
	o[n++] = option(MHD_OPTION_HTTPS_MEM_KEY, 0, s->key);
	o[n++] = option(MHD_OPTION_HTTPS_MEM_CERT, 0, s->certificate);
	o[n++] = option(MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES);
	o[n++] = option(MHD_OPTION_END, 0, NULL);
	s->https = MHD_start_daemon(FLAGS | MHD_USE_TLS, 0, NULL, NULL, on_request, s,
	    MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_ARRAY, o,
	    MHD_OPTION_END);
	if (s->https != NULL)
		return 0;
	close(fd);
	return err_set(e, ERR_IO, "HTTPS on %s cannot be served", conf->listen);
}

static int
http_start(struct server *s, struct err *e)
{
	const struct portal_conf *conf = &s->portal->conf;
	struct MHD_OptionItem o[OPTIONS_MAX];
	int fd;
	size_t n;

	if (conf->listen_http[0] == '\0')
		return 0;
	if ((fd = listen_on(conf->listen_http, e)) < 0)
		return fd;
	n = common_options(conf, s, fd, o);
	o[n++] = option(MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)server_pki_completed, s);
	o[n++] = option(MHD_OPTION_END, 0, NULL);
	s->http = MHD_start_daemon(FLAGS, 0, NULL, NULL, server_pki_answer, s,
	    MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_ARRAY, o,
	    MHD_OPTION_END);
	if (s->http != NULL)
		return 0;
	close(fd);
	return err_set(e, ERR_IO, "HTTP on %s cannot be served", conf->listen_http);
}

int
server_start(struct portal *p, struct server **out, struct err *e)
{
	struct server *s = calloc(1, sizeof(*s));
	int rc;

	*out = s;
	if (s == NULL)
		return err_set(e, ERR_MEMORY, "out of memory");
	s->portal = p;
	rc = listen_credentials(&p->conf, &s->certificate, &s->key, e);
	if (rc == 0)
		rc = watch_start(&s->watch, e);
	if (rc == 0)
		rc = https_start(s, e);
	if (rc == 0)
		rc = http_start(s, e);
	listen_drop(&s->key); /* GnuTLS has its own form of it */
	if (rc != 0)
		server_stop(out);
	return rc;
}

void
server_stop(struct server **sp)
{
	struct server *s = *sp;

	if (s == NULL)
		return;
	if (s->https != NULL)
		MHD_stop_daemon(s->https);
	if (s->http != NULL)
		MHD_stop_daemon(s->http);
	watch_end(&s->watch);
	listen_drop(&s->certificate);
	listen_drop(&s->key);
	free(s);
	*sp = NULL;
}
