/*
 * Asking as mail programs do (contract in client.h): their questions as a table of
 * rows. How a program picks from what it got is in client_pick.c. Called by
 * explain and doctor.
 */
#include "cli/client.h"

#include <stdio.h>

#include "cli/client_pick.h"
#include "cli/show.h"
#include "core/escape.h"
#include "core/isotime.h"
#include "directory/layout.h"

/* The 20 attributes of Outlook's list and, for one entry, the four spellings of
 * the certificates. */
#define OUTLOOK_LIST                                                                   \
	"cn", "commonName", "mail", "roleOccupant", "display-name", "displayname",     \
	    "sn", "surname", "co", "organizationName", "o", "givenName",               \
	    "legacyExchangeDN", "objectClass", "uid", "mailNickname", "title",         \
	    "company", "physicalDeliveryOfficeName", "telephoneNumber"
static const char *const outlook_list[] = {OUTLOOK_LIST, NULL};
static const char *const outlook_entry[] = {OUTLOOK_LIST, "userCertificate;binary",
    "userSMIMECertificate;binary", "userCertificate", "userSMIMECertificate", NULL};
static const char *const thunderbird_fetch[] = {"usercertificate;binary", NULL};

enum {
	DEREF_NEVER = 0,
	DEREF_ALWAYS = 3
};

/* One row a program: its first question. %s is the address, escaped. */
static const struct client_row {
	const char *word, *name;
	const char *before, *after; /* filter around the address */
	unsigned repeat;	    /* how often the address stands in it */
	const char *const *attrs;
	int deref, size_limit, time_limit;
} rows[] = {
    [CLIENT_OUTLOOK] = {"outlook", "Outlook", NULL, NULL, 3, outlook_list, DEREF_ALWAYS,
	100, 60},
    [CLIENT_THUNDERBIRD] = {"thunderbird", "Thunderbird", "(mail=", ")", 1,
	thunderbird_fetch, DEREF_NEVER, 2, 0},
    [CLIENT_EVOLUTION] = {"evolution", "Evolution", "(&(userCertificate=*)(mail=", "))",
	1, NULL, DEREF_NEVER, 0, 0},
    [CLIENT_GPGSM] = {"gpgsm", "gpgsm", "(mail=", ")", 1, NULL, DEREF_NEVER, 0, 0},
};
_Static_assert(NITEMS(rows) == CLIENT__MAX, "a row a program");

const char *
client_word(enum client_kind kind)
{
	return rows[kind].word;
}

const char *
client_name(enum client_kind kind)
{
	return rows[kind].name;
}

/* --- questions --------------------------------------------------------------- */

static void
make_filter(enum client_kind kind, const struct addr *address, char *out, size_t cap)
{
	char value[ESCAPE_MAX(ADDR_MAX)];

	escape_filter(
	    (struct bytes){(const uint8_t *)address->text, address->n}, value);
	if (kind == CLIENT_OUTLOOK) /* Check Names: what the To line sends */
		snprintf(out, cap, "(&(objectClass=*)(|(cn=%s*)(mail=%s*)(sn=%s*)))",
		    value, value, value);
	else
		snprintf(
		    out, cap, "%s%s%s", rows[kind].before, value, rows[kind].after);
}

/* Asks and notes the question; false when the server answers with an error that
 * the program would show. Size and time limits still carry entries. */
static int
ask(struct client_answer *a, struct connection *c, const struct search *s,
    const char *scope, struct err *e)
{
	int code, rc;

	if (a->n_asked < NITEMS(a->asked))
		snprintf(a->asked[a->n_asked++], sizeof(a->asked[0]),
		    "%s under \"%s\" (%s)", s->filter, s->base, scope);
	search_result_fini(&a->search);
	rc = search_all(c, s, &a->search, e);
	code = a->search.end.code;
	if (rc == 0 && code != SEARCH_SUCCESS && code != SEARCH_SIZE_LIMIT &&
	    code != SEARCH_TIME_LIMIT) {
		a->result = CLIENT_ERROR;
		snprintf(a->error, sizeof(a->error), "%s", a->search.end.text);
	}
	return rc;
}

/* Outlook's second question: the entry that it took, by its DN, as answered. */
static int
ask_entry(struct client_answer *a, struct connection *c, struct err *e)
{
	char dn[LAYOUT_DN_MAX];
	const struct search s = {.base = dn,
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = outlook_entry,
	    .deref = DEREF_ALWAYS,
	    .time_limit = 60};

	snprintf(dn, sizeof(dn), "%s", a->dn);
	a->dn = NULL;
	return ask(a, c, &s, "base", e);
}

static int
ask_all(struct client_answer *a, struct connection *c, const char *base,
    const struct addr *address, struct err *e)
{
	const struct client_row *row = &rows[a->kind];
	char filter[3 * ESCAPE_MAX(ADDR_MAX) + 64];
	const struct search s = {.base = base,
	    .scope = SEARCH_SUB,
	    .filter = filter,
	    .attrs = row->attrs,
	    .deref = row->deref,
	    .size_limit = row->size_limit,
	    .time_limit = row->time_limit};
	int rc;

	make_filter(a->kind, address, filter, sizeof(filter));
	rc = ask(a, c, &s, "subtree", e);
	if (rc != 0 || a->result == CLIENT_ERROR)
		return rc;
	client_pick_entry(a, address);
	if (a->kind == CLIENT_OUTLOOK && a->dn != NULL) {
		rc = ask_entry(a, c, e);
		if (rc == 0 && a->result != CLIENT_ERROR && a->search.n > 0)
			a->dn = a->search.entry[0].dn;
	}
	return rc;
}

int
client_ask(enum client_kind kind, struct connection *c, const char *base,
    const struct addr *address, int64_t now, struct client_answer *out, struct err *e)
{
	int rc;

	*out = (struct client_answer){.kind = kind, .result = CLIENT_NO_ENTRY};
	rc = ask_all(out, c, base, address, e);
	if (rc == 0 && out->result != CLIENT_ERROR && out->dn != NULL)
		client_pick_cert(out, address, now);
	return rc;
}

void
client_answer_fini(struct client_answer *a)
{
	search_result_fini(&a->search);
}

/* --- text -------------------------------------------------------------------- */

/* "RSA 2048 until 2028-11-21 (serial 1A2B3C4D5E6F...)": enough to tell two
 * certificates apart; what is stored is shown whole elsewhere. */
static char *
cert_text(struct bytes der, char *buf, size_t cap)
{
	char key[24], date[ISOTIME_SIZE], serial[48];
	struct cert c;

	if (cert_parse(der, &c, NULL) != 0) {
		snprintf(buf, cap, "%zu bytes that are no certificate", der.n);
		return buf;
	}
	cert_serial_text(c.serial, serial, sizeof(serial));
	snprintf(buf, cap, "%s until %s (serial %.12s%s)",
	    cert_key_text(&c, key, sizeof(key)), show_date(c.not_after, date), serial,
	    strlen(serial) > 12 ? "..." : "");
	return buf;
}

char *
client_answer_text(const struct client_answer *a, char *buf, size_t cap)
{
	char cert[128];

	switch (a->result) {
	case CLIENT_USABLE:
		snprintf(
		    buf, cap, "%s, %s", a->attr, cert_text(a->der, cert, sizeof(cert)));
		break;
	case CLIENT_NO_ENTRY:
		snprintf(buf, cap, "finds no entry of this address%s",
		    a->kind == CLIENT_EVOLUTION ? " that has a certificate" : "");
		break;
	case CLIENT_NO_CERTIFICATE:
		snprintf(buf, cap, "finds the entry, but no certificate");
		break;
	case CLIENT_UNUSABLE:
		snprintf(buf, cap, "takes from %s one that %s: %s", a->attr,
		    a->reason == CHOICE_ADDRESS ? "names other addresses"
						: choice_reason_text(a->reason),
		    cert_text(a->der, cert, sizeof(cert)));
		break;
	case CLIENT_ERROR:
		snprintf(buf, cap, "shows an error: %s", a->error);
		break;
	}
	return buf;
}
