/*
 * Deadlines that hold: a layer under libldap's buffers that waits for the socket
 * itself and gives up in time. libldap's own limits do not reach everywhere: with
 * GnuTLS its handshake spins for ever on a server that says nothing (tls_g.c
 * repeats gnutls_handshake on GNUTLS_E_AGAIN), and a server that sends a little
 * now and then is never late for it. Included in this folder only.
 */
#ifndef CHANCERY_DIRECTORY_DEADLINE_H
#define CHANCERY_DIRECTORY_DEADLINE_H

#include <ldap.h>
#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t until_ms; /* monotonic clock; no wait lasts longer */
	int64_t limit_ms; /* nor beyond this, whatever deadline_set says; 0: none */
	int64_t wait_ms;  /* nor longer than this without an octet */
	bool passed;	  /* it was missed: all that follows fails */
	struct ldap_conncb callback;
};

/* Watches all connections that the handle will open. The struct must live as long
 * as the handle. An LDAP result code. */
int deadline_attach(struct deadline *d, LDAP *ld, unsigned wait_seconds);

/* From now on so many seconds for everything that follows. */
void deadline_set(struct deadline *d, unsigned seconds);

/* The same for all that later deadline_set begin; 0: no limit. */
void deadline_limit(struct deadline *d, unsigned seconds);

#endif
