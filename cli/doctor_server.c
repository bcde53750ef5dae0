/*
 * doctor: the server itself, before anything is looked up in it: does it answer,
 * does it run the overlay, which bases does it name, what does it say to a user
 * name, and do the clocks agree?
 */
#include <stdio.h>
#include <time.h>

#include "cli/doctor.h"

/* --- does it answer ---------------------------------------------------------- */

void
doctor_server(struct doctor *d)
{
	struct err e = {0};
	int rc = session_open_outside(&d->session, &e);

	if (d->session.outside == NULL) {
		doctor_say(d, DOCTOR_FAIL, "server",
		    "does slapd run, and listen there? Is a firewall between?", "%s",
		    e.text);
		return;
	}
	if (rc == 0)
		rc = rootdse_read(d->session.outside, &d->dse, &e);
	d->reachable = rc != ERR_IO;
	if (rc != 0)
		doctor_say(d, DOCTOR_FAIL, "server",
		    "anybody must be able to read the rootDSE: access to dn.base=\"\" "
		    "by * "
		    "read",
		    "%s", e.text);
	else
		doctor_say(d, DOCTOR_OK, "server", NULL,
		    "%s answers; the published base is "
		    "\"%s\"",
		    d->session.set.uri, d->session.base);
}

/* --- is the overlay there ---------------------------------------------------- */

static bool
defines(const struct search_result *r, struct bytes name)
{
	struct entry_values types = r->n == 0
					? (struct entry_values){NULL, 0}
					: entry_get(&r->entry[0], "attributeTypes");

	for (size_t i = 0; i < types.n; i++)
		if (memmem(types.value[i].p, types.value[i].n, name.p, name.n) != NULL)
			return true;
	return false;
}

/* chanceryStatus is defined by the module, so the schema tells that it is loaded. */
void
doctor_overlay(struct doctor *d)
{
	static const char *const attrs[] = {"attributeTypes", NULL};
	const struct search s = {.base = "cn=Subschema",
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=subschema)",
	    .attrs = attrs};
	struct search_result r;

	if (doctor_ask(d, "overlay", &s, &r)) {
		if (r.n == 0)
			doctor_say(d, DOCTOR_SKIP, "overlay",
			    "anybody should be able to read cn=Subschema: Evolution "
			    "does",
			    "cn=Subschema cannot be read: %s", r.end.text);
		else if (defines(&r, BYTES("'chanceryStatus'")))
			doctor_say(
			    d, DOCTOR_OK, "overlay", NULL, "the overlay is loaded");
		else
			doctor_say(d, DOCTOR_FAIL, "overlay",
			    "load it: moduleload chancery, overlay chancery; see "
			    "slapo-chancery(5)",
			    "this server runs without Chancery's overlay");
	}
	search_result_fini(&r);
}

/* --- which bases does it name ------------------------------------------------ */

/* Whether a context can be searched by anybody. */
static bool
context_works(struct doctor *d, const char *context)
{
	static const char *const attrs[] = {"1.1", NULL};
	char filter[DOCTOR_FILTER_MAX];
	const struct search s = {.base = context,
	    .scope = SEARCH_SUB,
	    .filter = doctor_sample_filter(d, filter),
	    .attrs = attrs,
	    .size_limit = 5};
	struct search_result r;
	bool works = true;

	if (doctor_ask(d, "contexts", &s, &r) && r.end.code != SEARCH_SUCCESS &&
	    r.end.code != SEARCH_SIZE_LIMIT) {
		works = false;
		doctor_say(d, DOCTOR_FAIL, "contexts",
		    "programs that search every context give up at the first error: "
		    "let the overlay list the contexts",
		    "the rootDSE names \"%s\", but a search there ends with: %s",
		    context, r.end.text);
	}
	search_result_fini(&r);
	return works;
}

static bool
is_named(const struct doctor *d, const char *base)
{
	for (size_t i = 0; i < d->dse.contexts.n; i++)
		if (bytes_equal_nocase(d->dse.contexts.value[i], bytes_of(base)))
			return true;
	return false;
}

void
doctor_contexts(struct doctor *d)
{
	bool works = true;

	for (size_t i = 0; i < d->dse.contexts.n; i++)
		works =
		    context_works(d, (const char *)d->dse.contexts.value[i].p) && works;
	if (d->session.base[0] != '\0' && !is_named(d, d->session.base)) {
		doctor_say(d, DOCTOR_WARN, "contexts",
		    "is this the base of chancery-base (olcChanceryBase)?",
		    "the rootDSE does not name the published base \"%s\"",
		    d->session.base);
		return;
	}
	if (works)
		doctor_say(d, DOCTOR_OK, "contexts", NULL,
		    "the rootDSE names %zu context%s that anybody can search",
		    d->dse.contexts.n, d->dse.contexts.n == 1 ? "" : "s");
}

/* --- a user name in Outlook -------------------------------------------------- */

/* Outlook sends what stands in its User Name field as a DN. slapd refuses what
 * is none before any overlay sees it, so this can only be explained. */
void
doctor_user_name(struct doctor *d)
{
	const struct connection_how how = {
	    .uri = d->session.set.uri, .ca_file = d->session.set.tls_cacert};
	struct connection *c = NULL;
	struct err e = {0};
	int rc = connection_open(&how, &c, &e);

	if (rc == 0)
		rc = connection_try_bind(c, "chancery-doctor", "no password", &e);
	connection_close(&c);
	if (rc < 0)
		doctor_say(d, DOCTOR_FAIL, "user name", NULL, "%s", e.text);
	else if (rc == SEARCH_SUCCESS)
		doctor_say(d, DOCTOR_FAIL, "user name",
		    "find out who lets any name in with any password",
		    "a bind as \"chancery-doctor\" with a made-up password succeeded");
	else
		doctor_say(d, DOCTOR_OK, "user name", NULL,
		    "a user name that is no DN gets error %d%s: leave Outlook's User "
		    "Name "
		    "field empty",
		    rc, rc == SEARCH_INVALID_DN ? " (invalid DN)" : "");
}

/* --- clocks ------------------------------------------------------------------ */

/* "20261122101500.123456Z#..." as seconds since 1970; -1 for anything else. */
static int64_t
csn_time(struct bytes csn)
{
	int v[6] = {0};
	char text[16];
	struct tm tm;

	if (csn.n < 14)
		return -1;
	snprintf(text, sizeof(text), "%.14s", (const char *)csn.p);
	if (sscanf(text, "%4d%2d%2d%2d%2d%2d", &v[0], &v[1], &v[2], &v[3], &v[4],
		&v[5]) != 6)
		return -1;
	tm = (struct tm){.tm_year = v[0] - 1900,
	    .tm_mon = v[1] - 1,
	    .tm_mday = v[2],
	    .tm_hour = v[3],
	    .tm_min = v[4],
	    .tm_sec = v[5]};
	return timegm(&tm);
}

/* The newest change number in the directory: with several servers, one whose
 * clock is ahead has written into our future. */
static int64_t
newest_change(struct doctor *d)
{
	static const char *const attrs[] = {"contextCSN", "entryCSN", NULL};
	const struct search s = {.base = d->session.suffix,
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = attrs};
	struct search_result r;
	int64_t newest = -1;

	if (search_all(d->session.admin, &s, &r, NULL) == 0 && r.n == 1)
		for (size_t i = 0; i < r.entry[0].n_attr; i++)
			for (size_t k = 0; k < r.entry[0].attr[i].values.n; k++) {
				int64_t t =
				    csn_time(r.entry[0].attr[i].values.value[k]);

				newest = t > newest ? t : newest;
			}
	search_result_fini(&r);
	return newest;
}

void
doctor_clock(struct doctor *d)
{
	int64_t newest = d->is_admin ? newest_change(d) : -1;

	if (newest < 0)
		doctor_say(d, DOCTOR_SKIP, "clock", NULL,
		    "no change number to compare the clock with");
	else if (newest > d->now + DOCTOR_CLOCK_SECONDS)
		doctor_say(d, DOCTOR_WARN, "clock",
		    "set the clocks of all servers, with chrony or systemd-timesyncd",
		    "the directory was changed %lld s after now: this clock is slow, "
		    "or "
		    "another server's is fast",
		    (long long)(newest - d->now));
	else
		doctor_say(d, DOCTOR_OK, "clock", NULL,
		    "no change in the directory lies in the future");
}
