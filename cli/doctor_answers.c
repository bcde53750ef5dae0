/*
 * doctor: what mail programs get. All checks ask for one person who has a
 * published certificate, as programs ask for one recipient; nothing is listed, so
 * that a server that forbids listing passes too.
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/doctor.h"

/* Whether there is somebody to ask for; otherwise the check is skipped. */
static bool
has_sample(struct doctor *d, const char *check)
{
	if (d->sample.n > 0)
		return true;
	doctor_say(d, DOCTOR_SKIP, check, "name somebody: chancery doctor ADDRESS",
	    "nobody with a published certificate is known to ask for");
	return false;
}

/* The sample's entry under a base; false if the server is gone. */
static bool
ask_sample(struct doctor *d, const char *check, const char *base,
    const char *const *attrs, struct search_result *out)
{
	char filter[DOCTOR_FILTER_MAX];
	const struct search s = {.base = base,
	    .scope = SEARCH_SUB,
	    .filter = doctor_sample_filter(d, filter),
	    .attrs = attrs,
	    .size_limit = 5};

	return doctor_ask(d, check, &s, out);
}

void
doctor_search(struct doctor *d)
{
	struct search_result r;

	if (!has_sample(d, "search"))
		return;
	if (ask_sample(d, "search", d->session.base, NULL, &r)) {
		if (r.n > 0)
			doctor_say(d, DOCTOR_OK, "search", NULL,
			    "anybody finds %s under \"%s\"", d->sample.text,
			    d->session.base);
		else
			doctor_say(d, DOCTOR_FAIL, "search",
			    "does a chancery-base map it, and do the access rules let "
			    "anybody read ou=people and ou=partners?",
			    "%s is not found under \"%s\": %s", d->sample.text,
			    d->session.base, r.end.text);
	}
	search_result_fini(&r);
}

static bool
can_be_read(struct doctor *d, const char *container)
{
	static const char *const no_attrs[] = {"1.1", NULL};
	char dn[LAYOUT_DN_MAX];
	const struct search s = {.base = dn,
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = no_attrs,
	    .size_limit = 1};
	struct search_result r;
	bool is_there;

	if (layout_container(container, d->session.base, dn, NULL) != 0)
		return false;
	is_there = doctor_ask(d, "containers", &s, &r) && r.n > 0;
	search_result_fini(&r);
	return is_there;
}

/* One that chancery-container leaves out, or that nobody may read, is missed
 * late: gpgsm asks ou=authorities for chains, and hides why it found none. */
void
doctor_containers(struct doctor *d)
{
	static const char *const usual[] = {
	    LAYOUT_PEOPLE, LAYOUT_PARTNERS, LAYOUT_AUTHORITIES};
	char missing[128] = "";
	size_t n = 0;

	for (size_t i = 0; i < NITEMS(usual); i++) {
		size_t at = strlen(missing);

		if (can_be_read(d, usual[i]))
			continue;
		snprintf(missing + at, sizeof(missing) - at, "%s%s",
		    n++ > 0 ? " and " : "", usual[i]);
	}
	if (n == 0)
		doctor_say(d, DOCTOR_OK, "containers", NULL,
		    "people, partners and authorities are under \"%s\"",
		    d->session.base);
	else
		doctor_say(d, DOCTOR_WARN, "containers",
		    "is it there, does chancery-container name it, and do the access "
		    "rules let anybody read it?",
		    "nobody from outside sees %s under \"%s\"", missing,
		    d->session.base);
}

void
doctor_programs(struct doctor *d)
{
	if (!has_sample(d, "programs"))
		return;
	for (int k = 0; k < CLIENT__MAX; k++) {
		struct client_answer a;
		struct err e = {0};
		char text[512];
		int rc = client_ask(
		    k, d->session.outside, d->session.base, &d->sample, d->now, &a, &e);

		if (rc != 0)
			doctor_say(d, DOCTOR_FAIL, client_word(k), NULL, "%s", e.text);
		else
			doctor_say(d,
			    a.result == CLIENT_USABLE ? DOCTOR_OK : DOCTOR_FAIL,
			    client_word(k),
			    a.result == CLIENT_USABLE ? NULL
						      : "chancery explain says more",
			    "%s: %s", d->sample.text,
			    client_answer_text(&a, text, sizeof(text)));
		client_answer_fini(&a);
	}
}

/* How many values one spelling of an attribute brings, and under which name. */
static size_t
count_spelling(
    struct doctor *d, const char *spelling, const char *name, const char **as)
{
	const char *attrs[] = {spelling, NULL};
	const struct entry_attr *found = NULL;
	struct search_result r;
	size_t n = 0;

	*as = "";
	if (ask_sample(d, "spellings", d->session.base, attrs, &r) && r.n > 0)
		found = entry_attr(&r.entry[0], name);
	if (found != NULL) {
		n = found->values.n;
		*as = strchr(found->name, ';') != NULL ? ";binary" : "";
	}
	search_result_fini(&r);
	return n;
}

/* Outlook and others ask with and without ;binary, and must get the same. */
void
doctor_spellings(struct doctor *d)
{
	const char *as_plain, *as_binary, *ignored;
	size_t plain, binary, smime, smime_binary;

	if (!has_sample(d, "spellings"))
		return;
	plain = count_spelling(d, "userCertificate", "userCertificate", &as_plain);
	binary =
	    count_spelling(d, "userCertificate;binary", "userCertificate", &as_binary);
	smime =
	    count_spelling(d, "userSMIMECertificate", "userSMIMECertificate", &ignored);
	smime_binary = count_spelling(
	    d, "userSMIMECertificate;binary", "userSMIMECertificate", &ignored);
	if (plain == 0 || plain != binary || strcmp(as_plain, as_binary) != 0)
		doctor_say(d, DOCTOR_FAIL, "spellings",
		    "is the overlay on the frontend too?",
		    "userCertificate brings %zu values, userCertificate;binary %zu",
		    plain, binary);
	else if (smime != smime_binary)
		doctor_say(d, DOCTOR_FAIL, "spellings",
		    "is the overlay on the frontend too?",
		    "userSMIMECertificate brings %zu values, "
		    "userSMIMECertificate;binary %zu",
		    smime, smime_binary);
	else
		doctor_say(d, DOCTOR_OK, "spellings", NULL,
		    "certificates are answered with and without \";binary\"");
}

void
doctor_empty_base(struct doctor *d)
{
	static const char *const attrs[] = {"mail", NULL};
	struct search_result r;

	if (!has_sample(d, "empty base"))
		return;
	if (ask_sample(d, "empty base", "", attrs, &r)) {
		if (r.n > 0)
			doctor_say(d, DOCTOR_OK, "empty base", NULL,
			    "programs that send no base find people too");
		else
			doctor_say(d, DOCTOR_WARN, "empty base",
			    "set chancery-empty-base on, if nothing speaks against it",
			    "gpgsm and others that send no base find nobody: %s",
			    r.end.text);
	}
	search_result_fini(&r);
}
