/*
 * Where forms come from: contract in guard.h. Hash and randomness are GnuTLS's, which
 * libmicrohttpd brings along for its TLS.
 */
#include "enroll/portal/guard.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>

enum {
	GUARD_VISIT_BYTES = 16,
	GUARD_HASH = 32,
};

bool
guard_origin(const struct portal_conf *conf, const char *origin, const char *site)
{
	if (site != NULL)
		return strcmp(site, "same-origin") == 0;
	/* Referrer-Policy: no-referrer makes browsers say "null" on our own pages, too;
	 * then the token has to be enough. */
	return origin == NULL || strcmp(origin, "null") == 0 ||
	       strcmp(origin, conf->url) == 0;
}

static const char *
guard_key(const struct request *r)
{
	return r->session[0] != '\0' ? r->session : r->visit;
}

/* Over parts that each end with NUL, so that nothing moves from one to the next. */
static bool
make_token(const struct request *r, const struct bytes *part, size_t n, char *out)
{
	const char *key = guard_key(r);
	uint8_t mac[GUARD_HASH];
	gnutls_hmac_hd_t h;

	out[0] = '\0';
	if (key[0] == '\0' ||
	    gnutls_hmac_init(&h, GNUTLS_MAC_SHA256, key, strlen(key)) != 0)
		return false;
	(void)gnutls_hmac(h, "chancery", 9);
	for (size_t i = 0; i < n; i++) {
		if (part[i].n > 0)
			(void)gnutls_hmac(h, part[i].p, part[i].n);
		(void)gnutls_hmac(h, "", 1);
	}
	gnutls_hmac_deinit(h, mac);
	for (size_t i = 0; i < (GUARD_TOKEN_SIZE - 1) / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", mac[i]);
	return true;
}

static bool
check_token(const struct request *r, const char *want)
{
	struct bytes given = form_get(&r->form, "token");

	return given.n == GUARD_TOKEN_SIZE - 1 &&
	       gnutls_memcmp(given.p, want, given.n) == 0;
}

bool
guard_token(const struct request *r, const char *form, char out[GUARD_TOKEN_SIZE])
{
	const struct bytes part[] = {BYTES("form"), bytes_of(form)};

	return make_token(r, part, NITEMS(part), out);
}

bool
guard_check(const struct request *r, const char *form)
{
	char want[GUARD_TOKEN_SIZE];

	return guard_token(r, form, want) && check_token(r, want);
}

bool
guard_token_file(const struct request *r, struct bytes name, struct bytes data,
    char out[GUARD_TOKEN_SIZE])
{
	const struct bytes part[] = {BYTES("file"), name, data};

	return make_token(r, part, NITEMS(part), out);
}

bool
guard_check_file(const struct request *r, struct bytes name, struct bytes data)
{
	char want[GUARD_TOKEN_SIZE];

	return guard_token_file(r, name, data, want) && check_token(r, want);
}

int
guard_visit(char out[PORTAL_SESSION_MAX + 1])
{
	uint8_t raw[GUARD_VISIT_BYTES];

	if (gnutls_rnd(GNUTLS_RND_NONCE, raw, sizeof(raw)) != 0)
		return ERR_IO;
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
	return 0;
}
