/*
 * Names of servers in certificates (contract in server_name.h). Good for saying
 * what is wrong, never for deciding whom to trust: that is the library's part.
 */
#include "cli/server_name.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "core/general_name.h"
#include "core/name.h"

enum {
	IP_MAX = 16,
	HOST_MAX = 64
};

struct bytes
server_host(const char *uri)
{
	const char *at = strstr(uri, "//");

	at = at == NULL ? uri : at + 2;
	if (*at == '[')
		return (struct bytes){(const uint8_t *)at + 1, strcspn(at + 1, "]")};
	return (struct bytes){(const uint8_t *)at, strcspn(at, ":/")};
}

/* 1 the certificate has this address, 0 not, -1 it is none. An iPAddress is sought
 * as it is encoded: nothing else in a certificate looks like it. */
static int
has_ip(const struct cert *c, struct bytes host)
{
	uint8_t encoded[2 + IP_MAX] = {GENERAL_NAME_IP, 4};
	char text[HOST_MAX];

	if (host.n >= sizeof(text))
		return -1;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	if (inet_pton(AF_INET, text, encoded + 2) != 1) {
		if (inet_pton(AF_INET6, text, encoded + 2) != 1)
			return -1;
		encoded[1] = IP_MAX;
	}
	return memmem(c->tbs.p, c->tbs.n, encoded, 2 + (size_t)encoded[1]) != NULL;
}

static bool
name_is(struct bytes name, struct bytes host)
{
	const uint8_t *dot;

	if (name.n < 3 || memcmp(name.p, "*.", 2) != 0)
		return bytes_equal_nocase(name, host);
	dot = host.n > 0 ? memchr(host.p, '.', host.n) : NULL;
	if (dot == NULL)
		return false;
	return bytes_equal_nocase((struct bytes){name.p + 1, name.n - 1},
	    (struct bytes){dot, host.n - (size_t)(dot - host.p)});
}

/* The machine's name, or that with a domain behind it. */
static bool
name_is_own(struct bytes name, struct bytes own)
{
	struct bytes head = {name.p, own.n};

	return own.n > 0 && name.n >= own.n && bytes_equal_nocase(head, own) &&
	       (name.n == own.n || name.p[own.n] == '.');
}

bool
server_is_named(const struct cert *c, struct bytes host, const char *own)
{
	bool is_local = bytes_equal_nocase(host, BYTES("localhost"));
	int ip = has_ip(c, host);

	if (ip >= 0)
		return ip == 1;
	for (size_t i = 0; i < c->n_domain; i++)
		if (is_local ? name_is_own(c->domain[i], bytes_of(own))
			     : name_is(c->domain[i], host))
			return true;
	if (c->has_alt_name)
		return false;
	return is_local ? name_is_own(c->subject_cn, bytes_of(own))
			: name_is(c->subject_cn, host);
}

char *
server_names_text(const struct cert *c, char *buf, size_t cap)
{
	size_t at = 0;

	if (c->n_domain == 0)
		return name_text(c->subject, buf, cap);
	for (size_t i = 0; i < c->n_domain && at < cap; i++)
		at += (size_t)snprintf(buf + at, cap - at, "%s%.*s", i > 0 ? ", " : "",
		    (int)c->domain[i].n, (const char *)c->domain[i].p);
	return buf;
}
