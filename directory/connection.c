/*
 * Opening and closing connections (contract in connection.h). All options of
 * libldap are set here, per connection, so that nobody's ldaprc changes a deadline
 * or a check. Called by the verbs through their session.
 */
#include "directory/connection.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/handle.h"

int
handle_failed(struct connection *c, int code, const char *what, struct err *e)
{
	bool lost = c->deadline.passed || code == LDAP_SERVER_DOWN ||
		    code == LDAP_CONNECT_ERROR || code == LDAP_TIMEOUT ||
		    code == LDAP_UNAVAILABLE || code == LDAP_BUSY;
	char *text = NULL;

	/* The library's own codes are negative: what came back was no answer. */
	c->broken |= lost || code < 0;
	if (c->deadline.passed)
		code = LDAP_TIMEOUT;
	ldap_get_option(c->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
	if (code == LDAP_TIMEOUT)
		err_set(e, ERR_IO, "%s: %s: no answer in time", c->uri, what);
	else
		err_set(e, lost ? ERR_IO : ERR_DIRECTORY, "%s: %s: %s (%d)%s%s", c->uri,
		    what, ldap_err2string(code), code,
		    text != NULL && *text != '\0' ? ": " : "",
		    text != NULL ? text : "");
	ldap_memfree(text);
	return lost ? ERR_IO : ERR_DIRECTORY;
}

/* --- options ----------------------------------------------------------------- */

/* A certificate is always asked for and checked, unless the caller only wants to
 * look at it. GnuTLS reads the options once, when the context is made. */
static int
set_tls(struct connection *c, const struct connection_how *how)
{
	int check = how->unchecked ? LDAP_OPT_X_TLS_ALLOW : LDAP_OPT_X_TLS_DEMAND;
	int client = 0, rc;

	rc = ldap_set_option(c->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &check);
	if (rc == 0 && how->ca_file != NULL)
		rc = ldap_set_option(c->ld, LDAP_OPT_X_TLS_CACERTFILE, how->ca_file);
	if (rc == 0)
		rc = ldap_set_option(c->ld, LDAP_OPT_X_TLS_NEWCTX, &client);
	return rc;
}

static int
set_limits(struct connection *c)
{
	struct timeval wait = {.tv_sec = (time_t)c->wait};
	ber_len_t most = CONNECTION_MAX_MESSAGE;
	int version = LDAP_VERSION3, rc;
	Sockbuf *sb = NULL;

	rc = ldap_set_option(c->ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	if (rc == 0)
		rc = deadline_attach(&c->deadline, c->ld, c->wait);
	if (rc == 0)
		rc = ldap_set_option(c->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	if (rc == 0)
		rc = ldap_set_option(c->ld, LDAP_OPT_NETWORK_TIMEOUT, &wait);
	if (rc == 0)
		rc = ldap_set_option(c->ld, LDAP_OPT_TIMEOUT, &wait);
	if (rc == 0)
		rc = ldap_get_option(c->ld, LDAP_OPT_SOCKBUF, &sb);
	if (rc == 0 && sb != NULL)
		ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &most);
	return rc;
}

/* --- opening ----------------------------------------------------------------- */

static int
bind_external(struct connection *c)
{
	char empty[] = "";
	struct berval none = {0, empty};

	return ldap_sasl_bind_s(c->ld, NULL, "EXTERNAL", &none, NULL, NULL, NULL);
}

static int
bind_anonymous(struct connection *c)
{
	char empty[] = "";
	struct berval none = {0, empty};

	return ldap_sasl_bind_s(c->ld, "", LDAP_SASL_SIMPLE, &none, NULL, NULL, NULL);
}

static int
bind_simple(struct connection *c, const struct connection_how *how)
{
	struct berval cred = {how->password.n, (char *)how->password.p};

	return ldap_sasl_bind_s(
	    c->ld, how->dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
}

static int
bind_as_told(struct connection *c, const struct connection_how *how, struct err *e)
{
	bool named = how->dn != NULL && how->dn[0] != '\0';
	int rc;

	if (!how->external && named && how->password.n == 0)
		return err_set(
		    e, ERR_USAGE, "%s: no password for %.200s", c->uri, how->dn);
	rc = how->external ? bind_external(c)
	     : named	   ? bind_simple(c, how)
			   : bind_anonymous(c);
	if (rc == LDAP_SUCCESS)
		return 0;
	return handle_failed(c, rc,
	    how->external ? "SASL EXTERNAL bind"
	    : named	  ? "simple bind"
			  : "anonymous bind",
	    e);
}

/* libldap connects with the first question only. */
static int
open_now(struct connection *c, struct err *e)
{
	int rc = ldap_connect(c->ld);

	return rc == LDAP_SUCCESS ? 0 : handle_failed(c, rc, "connecting", e);
}

static int
connect_and_bind(struct connection *c, const struct connection_how *how, struct err *e)
{
	int rc;

	if ((rc = set_limits(c)) != 0 || (rc = set_tls(c, how)) != 0) {
		err_set(e, ERR_IO, "%s: the LDAP library took no options (%d)%s%s",
		    c->uri, rc, how->ca_file != NULL ? ": can it read " : "",
		    how->ca_file != NULL ? how->ca_file : "");
		return ERR_IO;
	}
	deadline_set(
	    &c->deadline, how->seconds != 0 ? how->seconds : CONNECTION_OPEN_SECONDS);
	if (how->start_tls && (rc = ldap_start_tls_s(c->ld, NULL, NULL)) != 0)
		return handle_failed(c, rc, "StartTLS", e);
	return how->unbound ? open_now(c, e) : bind_as_told(c, how, e);
}

int
connection_open(
    const struct connection_how *how, struct connection **out, struct err *e)
{
	struct connection *c = calloc(1, sizeof(*c));
	int rc;

	*out = NULL;
	if (c == NULL || (c->uri = strdup(how->uri)) == NULL) {
		free(c);
		return err_set(e, ERR_MEMORY, "no memory for a connection");
	}
	c->wait = how->wait != 0 ? how->wait : CONNECTION_TIMEOUT;
	if (ldap_initialize(&c->ld, how->uri) != LDAP_SUCCESS) {
		rc = err_set(e, ERR_USAGE,
		    "\"%.200s\" is not an LDAP URI; want ldap://HOST, ldaps://HOST or "
		    "ldapi://",
		    how->uri);
		c->ld = NULL;
	} else {
		rc = connect_and_bind(c, how, e);
	}
	if (rc != 0)
		connection_close(&c);
	*out = c;
	return rc;
}

void
connection_close(struct connection **cp)
{
	if (*cp == NULL)
		return;
	deadline_set(&(*cp)->deadline, 1); /* for a farewell that may be lost */
	if ((*cp)->ld != NULL)
		ldap_unbind_ext_s((*cp)->ld, NULL, NULL);
	free((*cp)->uri);
	free(*cp);
	*cp = NULL;
}

void
connection_limit(struct connection *c, unsigned seconds)
{
	deadline_limit(&c->deadline, seconds);
}

bool
connection_is_broken(const struct connection *c)
{
	return c->broken || c->deadline.passed;
}

bool
connection_is_fresh(const struct connection *c)
{
	struct pollfd p = {.fd = -1, .events = POLLIN};

	if (connection_is_broken(c) ||
	    ldap_get_option(c->ld, LDAP_OPT_DESC, &p.fd) != 0 || p.fd < 0)
		return false;
	return poll(&p, 1, 0) == 0;
}

const char *
connection_uri(const struct connection *c)
{
	return c->uri;
}

/* --- questions about the connection ------------------------------------------ */

int
connection_try_bind(
    struct connection *c, const char *name, const char *password, struct err *e)
{
	struct berval cred = {.bv_val = (char *)password, .bv_len = strlen(password)};
	int rc =
	    ldap_sasl_bind_s(c->ld, name, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);

	/* Negative codes are the library's own: nothing came back. */
	return rc >= 0 ? rc : handle_failed(c, rc, "simple bind", e);
}

int
connection_bind(struct connection *c, const char *dn, struct bytes password,
    char text[CONNECTION_TEXT_MAX], struct err *e)
{
	struct berval cred = {password.n, (char *)password.p};
	char *diagnostic = NULL;
	int rc;

	text[0] = '\0';
	if (password.n == 0 || dn[0] == '\0')
		return err_set(e, ERR_USAGE, "%s: a bind without a password", c->uri);
	deadline_set(&c->deadline, CONNECTION_OPEN_SECONDS);
	rc = ldap_sasl_bind_s(c->ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
	if (rc < 0)
		return handle_failed(c, rc, "simple bind", e);
	ldap_get_option(c->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
	snprintf(text, CONNECTION_TEXT_MAX, "%s (%d)%s%.150s", ldap_err2string(rc), rc,
	    diagnostic != NULL && *diagnostic != '\0' ? ": " : "",
	    diagnostic != NULL ? diagnostic : "");
	ldap_memfree(diagnostic);
	return rc;
}

int
connection_server_cert(struct connection *c, uint8_t **out, size_t *n_out)
{
	struct berval der = {0, NULL};

	*out = NULL;
	*n_out = 0;
	if (ldap_get_option(c->ld, LDAP_OPT_X_TLS_PEERCERT, &der) != 0 ||
	    der.bv_val == NULL)
		return ERR_NOT_FOUND;
	if ((*out = malloc(der.bv_len + 1)) != NULL) {
		memcpy(*out, der.bv_val, der.bv_len);
		*n_out = der.bv_len;
	}
	ldap_memfree(der.bv_val);
	return *out == NULL ? ERR_NOT_FOUND : 0;
}
