/*
 * The layer that keeps deadlines (contract in deadline.h). It stands between the
 * socket and TLS, so that a handshake is bounded too. Called by libldap for each
 * read and write, on the thread that uses the connection.
 */
#include "directory/deadline.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

/* Above the socket's own layer, below that of TLS. */
enum {
	DEADLINE_LEVEL = (LBER_SBIOD_LEVEL_PROVIDER + LBER_SBIOD_LEVEL_TRANSPORT) / 2
};

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until the socket can be read or written; false, and errno, if not in time. */
static bool
wait_for(Sockbuf_IO_Desc *io, short what)
{
	struct deadline *d = io->sbiod_pvt;
	int64_t left = d->until_ms - clock_ms();
	struct pollfd p = {.fd = -1, .events = what};
	int rc = 0;

	if (left > d->wait_ms)
		left = d->wait_ms;
	ber_sockbuf_ctrl(io->sbiod_sb, LBER_SB_OPT_GET_FD, &p.fd);
	if (left > 0 && !d->passed)
		do
			rc = poll(&p, 1, (int)left);
		while (rc < 0 && errno == EINTR);
	if (rc > 0)
		return true;
	d->passed = true;
	errno = ETIMEDOUT;
	return false;
}

static ber_slen_t
layer_read(Sockbuf_IO_Desc *io, void *buf, ber_len_t len)
{
	return wait_for(io, POLLIN) ? LBER_SBIOD_READ_NEXT(io, buf, len) : -1;
}

static ber_slen_t
layer_write(Sockbuf_IO_Desc *io, void *buf, ber_len_t len)
{
	return wait_for(io, POLLOUT) ? LBER_SBIOD_WRITE_NEXT(io, buf, len) : -1;
}

static int
layer_setup(Sockbuf_IO_Desc *io, void *arg)
{
	io->sbiod_pvt = arg;
	return 0;
}

static int
layer_ctrl(Sockbuf_IO_Desc *io, int opt, void *arg)
{
	return LBER_SBIOD_CTRL_NEXT(io, opt, arg);
}

static Sockbuf_IO layer = {.sbi_setup = layer_setup,
    .sbi_ctrl = layer_ctrl,
    .sbi_read = layer_read,
    .sbi_write = layer_write};

/* libldap calls it when a socket is connected, before TLS begins. */
static int
connected(LDAP *ld, Sockbuf *sb, LDAPURLDesc *url, struct sockaddr *addr,
    struct ldap_conncb *callback)
{
	(void)ld;
	(void)url;
	(void)addr;
	return ber_sockbuf_add_io(sb, &layer, DEADLINE_LEVEL, callback->lc_arg);
}

/* The layer goes with its Sockbuf. */
static void
disconnected(LDAP *ld, Sockbuf *sb, struct ldap_conncb *callback)
{
	(void)ld;
	(void)sb;
	(void)callback;
}

int
deadline_attach(struct deadline *d, LDAP *ld, unsigned wait_seconds)
{
	*d = (struct deadline){.wait_ms = (int64_t)wait_seconds * 1000};
	d->callback = (struct ldap_conncb){
	    .lc_add = connected, .lc_del = disconnected, .lc_arg = d};
	return ldap_set_option(ld, LDAP_OPT_CONNECT_CB, &d->callback);
}

void
deadline_set(struct deadline *d, unsigned seconds)
{
	d->until_ms = clock_ms() + (int64_t)seconds * 1000;
	if (d->limit_ms != 0 && d->until_ms > d->limit_ms)
		d->until_ms = d->limit_ms;
}

void
deadline_limit(struct deadline *d, unsigned seconds)
{
	d->limit_ms = seconds == 0 ? 0 : clock_ms() + (int64_t)seconds * 1000;
	deadline_set(d, seconds);
}
