/*
 * A load generator for LDAP searches against one or two servers: some
 * connections, on each one request outstanding, for so many seconds; then one
 * line of JSON a server with answers, latencies, and of each turn its time, the
 * server's CPU time (nanoseconds) and answers.
 * Two servers take turns in short slices, A B B A, all answers awaited at the
 * end of each, so that what else the machine does falls on both alike. It knows
 * no filters: bench.py writes the requests to a file as a sequence of (length
 * in 4 bytes, big endian; SearchRequest in BER), each sent under a fresh message
 * id. Every answer is checked: as many entries as wanted, a result code that
 * is success or sizeLimitExceeded, and in every entry a certificate that
 * contains the value of the entry's first RDN. The first wrong answer ends
 * the run. Must not wait without a limit. Called by bench.py.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_CONNECTIONS = 256,
	MAX_REQUEST = 64 * 1024,
	MAX_ANSWER = 1024 * 1024, /* bytes of one message of the server's */
	MAX_SAMPLES = 20 * 1000 * 1000,
	MAX_SLICES = 10 * 1000,
	STALLED_MS = 10 * 1000, /* no answer at all for so long ends the run */
	TAG_MESSAGE = 0x30,
	TAG_INTEGER = 0x02,
	TAG_ENTRY = 0x64,
	TAG_DONE = 0x65,
	LDAP_SUCCESS = 0,
	LDAP_SIZELIMIT_EXCEEDED = 4,
};

struct view {
	const uint8_t *p;
	size_t n;
};

struct connection {
	int fd;
	bool waiting; /* for the rest of an answer */
	uint32_t id;
	uint64_t sent_ns;
	unsigned entries; /* of the answer that is coming in */
	size_t used;	  /* bytes in buffer */
	uint8_t *buffer;
};

/* What is wanted of both servers. */
struct want {
	unsigned connections;
	double warm, seconds, slice;
	unsigned entries_min, entries_max; /* in each answer */
	bool certificates;		   /* in each entry */
};

/* What a server did in one turn. */
struct slice {
	uint64_t ns, cpu_ns, answers;
};

struct server {
	const struct want *want;
	int port;
	long pid;
	struct connection connection[MAX_CONNECTIONS];
	int epoll;
	bool sending; /* false while the last answers of a slice come in */
	unsigned waiting;
	struct view *request;
	size_t n_request, next_request;
	uint32_t *sample_us;
	size_t n_sample;
	uint64_t answers, entries, bytes;
	struct slice slice[MAX_SLICES];
	size_t n_slice;
};

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Processor time of another process, exact to the nanosecond. */
static uint64_t
process_cpu_ns(long pid)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid((pid_t)pid, &clock) != 0 ||
	    clock_gettime(clock, &ts) != 0)
		errx(1, "process %ld: the server is gone", pid);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/*
 * Takes one TLV off the front of *in. True and tag, value; false where it is
 * not complete. Indefinite lengths do not occur in LDAP.
 */
static bool
tlv_take(struct view *in, uint8_t *tag, struct view *value)
{
	size_t n, head = 2;

	if (in->n < 2)
		return false;
	n = in->p[1];
	if (n & 0x80) {
		size_t octets = n & 0x7f;

		if (octets == 0 || octets > 4)
			errx(1, "a length of %zu octets from the server", octets);
		if (in->n < 2 + octets)
			return false;
		for (n = 0; head < 2 + octets; head++)
			n = n << 8 | in->p[head];
	}
	if (n > MAX_ANSWER)
		errx(1, "a message of %zu bytes from the server", n);
	if (in->n - head < n)
		return false;
	*tag = in->p[0];
	*value = (struct view){in->p + head, n};
	in->p += head + n;
	in->n -= head + n;
	return true;
}

/* The value of the first RDN of "mail=x,ou=people,...". */
static struct view
rdn_value(struct view dn)
{
	const uint8_t *eq = memchr(dn.p, '=', dn.n), *end;
	size_t left;

	if (eq == NULL)
		return (struct view){dn.p, 0};
	eq++;
	left = dn.n - (size_t)(eq - dn.p);
	end = memchr(eq, ',', left);
	return (struct view){eq, end == NULL ? left : (size_t)(end - eq)};
}

/* Does the entry carry a certificate that contains its first RDN's value? */
static bool
entry_has_certificate(struct view entry)
{
	static const char name[] = "userCertificate";
	struct view dn, list, attr, type, values, value, want;
	uint8_t tag;

	if (!tlv_take(&entry, &tag, &dn) || !tlv_take(&entry, &tag, &list))
		return false;
	want = rdn_value(dn);
	while (tlv_take(&list, &tag, &attr)) {
		if (!tlv_take(&attr, &tag, &type) || !tlv_take(&attr, &tag, &values))
			return false;
		if (type.n < sizeof(name) - 1 ||
		    strncasecmp((const char *)type.p, name, sizeof(name) - 1) != 0)
			continue;
		if (tlv_take(&values, &tag, &value) && value.n > 0 &&
		    value.p[0] == TAG_MESSAGE && want.n > 0 &&
		    memmem(value.p, value.n, want.p, want.n) != NULL)
			return true;
	}
	return false;
}

static void
send_next(struct server *s, struct connection *c)
{
	uint8_t out[MAX_REQUEST + 32], *at = out + 16, *begin;
	struct view r = s->request[s->next_request];
	size_t n;

	s->next_request = (s->next_request + 1) % s->n_request;
	/* Always four octets, with none too many. */
	c->id = 0x1000000 | ((c->id + 1) & 0xffffff);
	c->entries = 0;
	memcpy(at, r.p, r.n);
	/* Backwards: message id in four octets, then the header of it all. */
	begin = at - 6;
	begin[0] = TAG_INTEGER;
	begin[1] = 4;
	for (int i = 0; i < 4; i++)
		begin[2 + i] = (uint8_t)(c->id >> (24 - 8 * i));
	n = r.n + 6;
	begin -= 6;
	begin[0] = TAG_MESSAGE;
	begin[1] = 0x84;
	for (int i = 0; i < 4; i++)
		begin[2 + i] = (uint8_t)(n >> (24 - 8 * i));
	c->sent_ns = now_ns();
	if (send(c->fd, begin, n + 6, MSG_NOSIGNAL) != (ssize_t)(n + 6))
		err(1, "send");
	c->waiting = true;
	s->waiting++;
}

static void
answer_done(struct server *s, struct connection *c, struct view result)
{
	struct view code, matched, text;
	uint8_t tag;

	if (!tlv_take(&result, &tag, &code) || code.n != 1 ||
	    !tlv_take(&result, &tag, &matched) || !tlv_take(&result, &tag, &text))
		errx(1, "a result that is not one");
	if (code.p[0] != LDAP_SUCCESS && code.p[0] != LDAP_SIZELIMIT_EXCEEDED)
		errx(1, "port %d: result %u: %.*s", s->port, code.p[0], (int)text.n,
		    text.p);
	if (c->entries < s->want->entries_min || c->entries > s->want->entries_max)
		errx(1, "port %d: %u entries in an answer, want %u to %u", s->port,
		    c->entries, s->want->entries_min, s->want->entries_max);
	s->answers++;
	s->entries += c->entries;
	if (s->n_sample < MAX_SAMPLES)
		s->sample_us[s->n_sample++] =
		    (uint32_t)((now_ns() - c->sent_ns) / 1000);
	c->waiting = false;
	s->waiting--;
}

static void
message_in(struct server *s, struct connection *c, struct view message)
{
	struct view id, op;
	uint32_t got = 0;
	uint8_t tag;

	if (!tlv_take(&message, &tag, &id) || !tlv_take(&message, &tag, &op))
		errx(1, "not an LDAP message");
	for (size_t i = 0; i < id.n; i++)
		got = got << 8 | id.p[i];
	if (!c->waiting || got != c->id)
		errx(1, "message id %" PRIu32 ", want %" PRIu32, got, c->id);
	if (tag == TAG_ENTRY) {
		c->entries++;
		if (s->want->certificates && !entry_has_certificate(op))
			errx(1, "port %d: an entry without its certificate", s->port);
	} else if (tag == TAG_DONE) {
		answer_done(s, c, op);
		if (s->sending)
			send_next(s, c);
	} else {
		errx(1, "an answer of tag 0x%02x", tag);
	}
}

/* Reads what there is and handles each whole message. */
static void
receive(struct server *s, struct connection *c)
{
	struct view in, message;
	uint8_t tag;
	ssize_t n = recv(c->fd, c->buffer + c->used, MAX_ANSWER + 64 - c->used, 0);

	if (n <= 0)
		errx(1, "port %d closed a connection: %s", s->port,
		    n < 0 ? strerror(errno) : "end of file");
	s->bytes += (uint64_t)n;
	c->used += (size_t)n;
	in = (struct view){c->buffer, c->used};
	while (tlv_take(&in, &tag, &message)) {
		if (tag != TAG_MESSAGE)
			errx(1, "not an LDAP message");
		message_in(s, c, message);
	}
	memmove(c->buffer, in.p, in.n);
	c->used = in.n;
}

static void
open_connection(struct server *s, struct connection *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)s->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	int on = 1;

	if ((c->fd = socket(AF_INET, SOCK_STREAM, 0)) < 0 ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		err(1, "port %d", s->port);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if ((c->buffer = malloc(MAX_ANSWER + 64)) == NULL ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
		err(1, "connection");
}

/* One turn of a server: load for so long, then the answers still due. */
static void
run_slice(struct server *s, double seconds)
{
	struct epoll_event events[MAX_CONNECTIONS];
	struct slice *slice = &s->slice[s->n_slice];
	uint64_t began = now_ns(), end = began + (uint64_t)(seconds * 1e9);

	slice->cpu_ns = process_cpu_ns(s->pid);
	slice->answers = s->answers;
	s->sending = true;
	for (unsigned i = 0; i < s->want->connections; i++)
		send_next(s, &s->connection[i]);
	while (s->waiting > 0) {
		int n = epoll_wait(s->epoll, events, MAX_CONNECTIONS, STALLED_MS);

		if (n < 0 && errno != EINTR)
			err(1, "epoll_wait");
		if (n == 0)
			errx(1, "port %d: no answer for %d ms", s->port, STALLED_MS);
		s->sending = now_ns() < end;
		for (int i = 0; i < n; i++)
			receive(s, events[i].data.ptr);
	}
	slice->ns = now_ns() - began;
	slice->cpu_ns = process_cpu_ns(s->pid) - slice->cpu_ns;
	slice->answers = s->answers - slice->answers;
	s->n_slice++;
}

/* Takes turns, A B B A, until each server had its seconds. */
static void
take_turns(struct server *s, unsigned n, double slice, double seconds)
{
	static const unsigned turn[] = {0, 1, 1, 0};
	double had = 0;

	for (unsigned i = 0; had < seconds || i % 4 != 0; i++) {
		run_slice(&s[n == 2 ? turn[i % 4] : 0], slice);
		had += slice / n;
	}
}

static void
read_requests(struct server *s, const char *path)
{
	size_t cap = 0;
	FILE *f = fopen(path, "rb");
	uint8_t head[4];

	if (f == NULL)
		err(1, "%s", path);
	while (fread(head, 1, 4, f) == 4) {
		size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
			   (size_t)head[2] << 8 | head[3];
		uint8_t *p;

		if (n == 0 || n > MAX_REQUEST || (p = malloc(n)) == NULL ||
		    fread(p, 1, n, f) != n)
			errx(1, "%s: cut off", path);
		if (s->n_request == cap) {
			cap = cap == 0 ? 1024 : cap * 2;
			s->request = reallocarray(s->request, cap, sizeof(*s->request));
			if (s->request == NULL)
				err(1, "%s", path);
		}
		s->request[s->n_request++] = (struct view){p, n};
	}
	fclose(f);
	if (s->n_request == 0)
		errx(1, "%s: no requests", path);
}

/* "PORT:PID:FILE" */
static void
server_init(struct server *s, const struct want *want, const char *text)
{
	int n = 0;

	if (sscanf(text, "%d:%ld:%n", &s->port, &s->pid, &n) != 2 || n == 0)
		errx(2, "%s: want PORT:PID:FILE", text);
	s->want = want;
	read_requests(s, text + n);
	if ((s->epoll = epoll_create1(0)) < 0 ||
	    (s->sample_us = malloc(sizeof(*s->sample_us) * MAX_SAMPLES)) == NULL)
		err(1, "server");
	for (unsigned i = 0; i < want->connections; i++)
		open_connection(s, &s->connection[i]);
}

static int
compare_samples(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
print_slices(const struct server *s)
{
	printf("\"slices\": [");
	for (size_t i = 0; i < s->n_slice; i++)
		printf("%s[%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", i > 0 ? ", " : "",
		    s->slice[i].ns, s->slice[i].cpu_ns, s->slice[i].answers);
	printf("]");
}

static void
print_result(struct server *s)
{
	qsort(s->sample_us, s->n_sample, sizeof(*s->sample_us), compare_samples);
	printf("{\"answers\": %" PRIu64 ", \"entries\": %" PRIu64
	       ", \"bytes\": %" PRIu64 ", \"p50_us\": %" PRIu32 ", \"p99_us\": %" PRIu32
	       ", ",
	    s->answers, s->entries, s->bytes, s->sample_us[s->n_sample / 2],
	    s->sample_us[s->n_sample - 1 - s->n_sample / 100]);
	print_slices(s);
	printf("}\n");
}

static void
run(struct server *s, unsigned n, const struct want *w)
{
	take_turns(s, n, w->slice, w->warm);
	for (unsigned i = 0; i < n; i++) {
		s[i].answers = s[i].entries = s[i].bytes = 0;
		s[i].n_sample = s[i].n_slice = 0;
	}
	take_turns(s, n, w->slice, w->seconds);
	for (unsigned i = 0; i < n; i++)
		print_result(&s[i]);
}

int
main(int argc, char **argv)
{
	static struct server server[2];
	struct want w = {.connections = 16,
	    .warm = 1,
	    .seconds = 10,
	    .slice = 0.25,
	    .entries_min = 1,
	    .entries_max = 1,
	    .certificates = true};
	int ch, n;

	while ((ch = getopt(argc, argv, "c:w:s:t:m:M:x")) != -1) {
		switch (ch) {
		case 'c':
			w.connections = (unsigned)atoi(optarg);
			break;
		case 'w':
			w.warm = atof(optarg);
			break;
		case 's':
			w.seconds = atof(optarg);
			break;
		case 't':
			w.slice = atof(optarg);
			break;
		case 'm':
			w.entries_min = (unsigned)atoi(optarg);
			break;
		case 'M':
			w.entries_max = (unsigned)atoi(optarg);
			break;
		case 'x':
			w.certificates = false;
			break;
		default:
			goto usage;
		}
	}
	n = argc - optind;
	if (n < 1 || n > 2 || w.connections == 0 || w.connections > MAX_CONNECTIONS ||
	    w.seconds <= 0 || w.seconds > 600 || w.warm < 0 || w.warm > 60 ||
	    w.slice <= 0 || w.slice > 60 ||
	    (w.seconds > w.warm ? w.seconds : w.warm) / w.slice > MAX_SLICES / 2)
		goto usage;
	for (int i = 0; i < n; i++)
		server_init(&server[i], &w, argv[optind + i]);
	run(server, (unsigned)n, &w);
	return 0;
usage:
	fprintf(stderr,
	    "usage: ldapload [-c CONNECTIONS] [-w WARM-SECONDS] [-s SECONDS]\n"
	    "    [-t SLICE-SECONDS] [-m LEAST-ENTRIES] [-M MOST-ENTRIES] [-x]\n"
	    "    PORT:PID:REQUESTS [PORT:PID:REQUESTS]\n");
	return 2;
}
