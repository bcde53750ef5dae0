/*
 * doctor: TLS, as it is offered beside plain LDAP. Thunderbird, Outlook and
 * Evolution refuse a server whose certificate they cannot check. A connection with
 * an unchecked certificate is only looked at, never read from.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/doctor.h"
#include "cli/show.h"
#include "core/cert.h"
#include "core/isotime.h"
#include "core/name.h"

/* Says until when the certificate in use holds. */
static void
say_cert(struct doctor *d, struct connection *c, const char *what, const char *uri)
{
	char subject[200], date[ISOTIME_SIZE];
	uint8_t *der = NULL;
	struct cert cert;
	size_t n;

	if (connection_server_cert(c, &der, &n) != 0 ||
	    cert_parse((struct bytes){der, n}, &cert, NULL) != 0) {
		doctor_say(d, DOCTOR_OK, "tls", NULL, "%s works at %s", what, uri);
	} else {
		bool soon = cert.not_after < d->now + (int64_t)DOCTOR_SOON * DOCTOR_DAY;

		doctor_say(d, soon ? DOCTOR_WARN : DOCTOR_OK, "tls",
		    soon ? "renew the server's certificate" : NULL,
		    "%s works at %s; its certificate (%s) holds until %s", what, uri,
		    name_text(cert.subject, subject, sizeof(subject)),
		    show_date(cert.not_after, date));
	}
	free(der);
}

/* What is wrong with the certificate, as far as it can be told from itself. */
static void
say_refused(struct doctor *d, const struct connection_how *how, const char *what,
    const char *why)
{
	struct connection_how look = *how;
	struct connection *c = NULL;
	char subject[200] = "none", date[ISOTIME_SIZE] = "?";
	const char *todo = "is TLSCertificateFile set, and can slapd read its key?";
	uint8_t *der = NULL;
	struct cert cert;
	size_t n;

	look.unchecked = true;
	if (connection_open(&look, &c, NULL) == 0 &&
	    connection_server_cert(c, &der, &n) == 0 &&
	    cert_parse((struct bytes){der, n}, &cert, NULL) == 0) {
		name_text(cert.subject, subject, sizeof(subject));
		show_date(cert.not_after, date);
		todo = d->now > cert.not_after
			   ? "renew the server's certificate: it has expired"
			   : "its issuer must be known here (setting tls_cacert) and "
			     "the host's "
			     "name must stand in its subjectAltName";
	}
	doctor_say(d, DOCTOR_FAIL, "tls", todo,
	    "%s: %s; the certificate is %s, until %s", what, why, subject, date);
	free(der);
	connection_close(&c);
}

static void
try(struct doctor *d, const struct connection_how *how, const char *what)
{
	struct connection *c = NULL;
	struct err e = {0};

	if (connection_open(how, &c, &e) == 0)
		say_cert(d, c, what, how->uri);
	else
		say_refused(d, how, what, e.text);
	connection_close(&c);
}

void
doctor_tls(struct doctor *d)
{
	const struct settings *set = &d->session.set;
	struct connection_how start = {
	    .uri = set->uri, .ca_file = set->tls_cacert, .start_tls = true};
	const struct connection_how direct = {
	    .uri = set->ldaps, .ca_file = set->tls_cacert};
	bool is_ldaps = strncmp(set->uri, "ldaps:", 6) == 0;

	if (is_ldaps)
		say_cert(d, d->session.outside, "ldaps", set->uri);
	else if (strncmp(set->uri, "ldapi:", 6) == 0)
		doctor_say(d, DOCTOR_SKIP, "tls", NULL, "not over a local socket");
	else if (d->dse.has_start_tls)
		try(d, &start, "StartTLS");
	else
		doctor_say(d, DOCTOR_WARN, "tls",
		    "give slapd a certificate: TLSCertificateFile, "
		    "TLSCertificateKeyFile",
		    "StartTLS is not offered: who asks whom for which certificate "
		    "travels "
		    "in the clear");
	if (set->ldaps != NULL && !is_ldaps)
		try(d, &direct, "ldaps");
}
