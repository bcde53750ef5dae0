/*
 * doctor: TLS, as it is offered beside plain LDAP. Thunderbird, Outlook and
 * Evolution refuse a server whose certificate they cannot check. A connection with
 * an unchecked certificate is only looked at, never read from.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "cli/server_name.h"
#include "cli/show.h"
#include "core/cert.h"
#include "core/isotime.h"
#include "core/name.h"

/* "ends in 20 days (2026-12-13)" */
static void
say_soon(struct doctor *d, const char *what, const char *uri, const char *subject,
    int64_t end)
{
	long long days = (end - d->now) / DOCTOR_DAY;
	char date[ISOTIME_SIZE];

	doctor_say(d, DOCTOR_WARN, "tls", "renew the server's certificate",
	    "%s works at %s; its certificate (%s) ends in %lld day%s (%s)", what, uri,
	    subject, days, days == 1 ? "" : "s", show_date(end, date));
}

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
		name_text(cert.subject, subject, sizeof(subject));
		if (cert.not_after < d->now + (int64_t)DOCTOR_SOON * DOCTOR_DAY)
			say_soon(d, what, uri, subject, cert.not_after);
		else
			doctor_say(d, DOCTOR_OK, "tls", NULL,
			    "%s works at %s; its certificate (%s) holds until %s", what,
			    uri, subject, show_date(cert.not_after, date));
	}
	free(der);
}

/* The library says nothing but that it failed. What is no date and no name is an
 * issuer that nobody here knows. */
static void
say_problem(struct doctor *d, const struct cert *c, const char *what, const char *uri)
{
	char subject[200], other[200], date[ISOTIME_SIZE], own[256] = "";
	struct bytes host = server_host(uri);

	gethostname(own, sizeof(own) - 1);
	name_text(c->subject, subject, sizeof(subject));
	if (d->now > c->not_after)
		doctor_say(d, DOCTOR_FAIL, "tls", "renew the server's certificate",
		    "%s at %s: the server's certificate (%s) has expired on %s", what,
		    uri, subject, show_date(c->not_after, date));
	else if (d->now < c->not_before)
		doctor_say(d, DOCTOR_FAIL, "tls", "are the clocks right?",
		    "%s at %s: the server's certificate (%s) is not valid before %s",
		    what, uri, subject, show_date(c->not_before, date));
	else if (!server_is_named(c, host, own))
		doctor_say(d, DOCTOR_FAIL, "tls",
		    "ask by a name that stands in its subjectAltName, or get one for "
		    "this name",
		    "%s at %s: the server's certificate is for %s, not for %.*s", what,
		    uri, server_names_text(c, other, sizeof(other)), (int)host.n,
		    (const char *)host.p);
	else
		doctor_say(d, DOCTOR_FAIL, "tls",
		    "name a file with that issuer's certificate in the setting "
		    "tls_cacert (CHANCERY_TLS_CACERT)",
		    "%s at %s: the issuer of the server's certificate (%s) is not "
		    "known here: %s",
		    what, uri, subject, name_text(c->issuer, other, sizeof(other)));
}

/* What is wrong with the certificate, as far as it can be told from here. */
static void
say_refused(struct doctor *d, const struct connection_how *how, const char *what,
    const char *why)
{
	struct connection_how look = *how;
	struct connection *c = NULL;
	uint8_t *der = NULL;
	struct cert cert;
	size_t n;

	look.unchecked = true;
	if (connection_open(&look, &c, NULL) == 0 &&
	    connection_server_cert(c, &der, &n) == 0 &&
	    cert_parse((struct bytes){der, n}, &cert, NULL) == 0)
		say_problem(d, &cert, what, how->uri);
	else
		doctor_say(d, DOCTOR_FAIL, "tls",
		    "is TLSCertificateFile set, and can slapd read its key?",
		    "%s shows no certificate: %s", what, why);
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
