/* Certificates of shared mailboxes (contract in mailbox_calls.h). */
#include "enroll/clerk/mailbox_calls.h"

#include <stdio.h>

#include "core/addr.h"
#include "core/due.h"
#include "directory/dn.h"
#include "enroll/clerk/approve_calls.h"
#include "enroll/clerk/order.h"
#include "enroll/clerk/people.h"

enum {
	WAIT_DAYS = 14, /* for an approver */
	DN_MAX = 1024,
};

/* Who shall get a file. */
struct delegates {
	char id[MAILBOX_DELEGATES_MAX][COMPANY_ID_TEXT + 1];
	struct bytes value[MAILBOX_DELEGATES_MAX]; /* the same, as views */
	size_t n;
	bool foreign; /* one of them has no access to the mailbox */
};

/* Whether the company directory lets them into the mailbox. */
static bool
has_access(const struct company_entry *mailbox, const char *dn)
{
	char one[DN_MAX + 1];

	for (size_t i = 0; i < mailbox->delegates.n; i++) {
		struct bytes value = mailbox->delegates.value[i];

		if (value.n > DN_MAX)
			continue;
		snprintf(one, sizeof(one), "%.*s", (int)value.n, (const char *)value.p);
		if (dn_equal(one, dn))
			return true;
	}
	return false;
}

static void
delegates_add(struct delegates *d, const char *id)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->id[i], id) == 0)
			return;
	snprintf(d->id[d->n], sizeof(d->id[d->n]), "%s", id);
	d->value[d->n] = bytes_of(d->id[d->n]);
	d->n++;
}

/* One delegate by address. 0 or ERR_*, with a sentence that names them. */
static int
take_delegate(struct clerk *c, const struct caller *who,
    const struct company_entry *mailbox, struct bytes address, struct delegates *d,
    struct err *e)
{
	struct search_result store;
	struct company_entry entry;
	int rc = people_by_address(c, address, &store, &entry, e);

	if (rc == 0 && entry.shared)
		rc = err_set(e, ERR_POLICY,
		    "delegate %.*s: is a shared mailbox, want an employee",
		    (int)address.n, (const char *)address.p);
	else if (rc == 0 && entry.disabled)
		rc = err_set(e, ERR_POLICY, "delegate %.*s: has left, or is not in use",
		    (int)address.n, (const char *)address.p);
	else if (rc == 0 && caller_is(who, bytes_of(entry.id)))
		rc = err_set(e, ERR_POLICY,
		    "delegate %.*s: nobody asks for a file for themselves",
		    (int)address.n, (const char *)address.p);
	if (rc == 0) {
		d->foreign = d->foreign || !has_access(mailbox, entry.dn);
		delegates_add(d, entry.id);
	}
	search_result_fini(&store);
	return rc;
}

static int
read_delegates(struct clerk *c, const struct caller *who,
    const struct company_entry *mailbox, const json_t *list, struct delegates *d,
    struct err *e)
{
	size_t n = json_array_size(list);
	int rc = 0;

	if (n == 0 || n > MAILBOX_DELEGATES_MAX)
		return err_set(e, ERR_USAGE, "delegates: found %zu, want 1 to %d", n,
		    MAILBOX_DELEGATES_MAX);
	for (size_t i = 0; i < n && rc == 0; i++) {
		const json_t *one = json_array_get(list, i);
		struct bytes address = bytes_of(json_string_value(one));

		if (address.n == 0 || address.n > ADDR_MAX)
			return err_set(
			    e, ERR_USAGE, "delegates: one is no text, or too long");
		rc = take_delegate(c, who, mailbox, address, d, e);
	}
	return rc;
}

/* Whether a request is for exactly these: what somebody else ordered for the mailbox
 * must not be taken for one's own. */
static bool
is_for(const json_t *request, const struct entry_values *delegate)
{
	const json_t *list = json_object_get(request, "delegates");
	size_t n = json_array_size(list), same = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < delegate->n; k++)
			same += bytes_equal(delegate->value[k],
			    bytes_of(json_string_value(json_array_get(list, i))));
	return n == delegate->n && same == n;
}

/* The record, and a question to the approvers where it has to wait. */
static int
start(struct clerk *c, const struct caller *who, const struct order *w, json_t **found,
    struct err *e)
{
	struct connection *conn = NULL;
	int rc = clerk_directory(c, &conn, e);

	if (rc != 0)
		return rc;
	rc = order_start(c, who, conn, w, found, e);
	clerk_directory_end(c, &conn);
	if (rc == 0 && !is_for(*found, &w->delegate))
		return err_set(e, ERR_POLICY,
		    "request %s of this mailbox came first, with other delegates",
		    json_string_value(json_object_get(*found, "id")));
	if (rc == 0 && bytes_equal(line_text(*found, "state"), BYTES("waiting")))
		approve_ask(c, line_text(*found, "id"));
	return rc;
}

static int
order(struct clerk *c, const struct caller *who, const struct company_entry *mailbox,
    const json_t *request, json_t **found, struct err *e)
{
	struct delegates d = {.n = 0};
	struct bytes mail[PEOPLE_MAIL_MAX];
	char by[40];
	struct order w = {.person = bytes_of(mailbox->id),
	    .by = bytes_of(caller_name(who, by)),
	    .form = BYTES("modern"),
	    .name = mailbox->name,
	    .mail = {mail, people_mail(c, mailbox, mail)},
	    .after = (uint32_t)line_int(request, "after")};
	int rc;

	if (!mailbox->shared)
		return err_set(e, ERR_POLICY,
		    "%.*s is no shared mailbox in the company directory",
		    (int)mailbox->name.n, (const char *)mailbox->name.p);
	if (w.mail.n == 0)
		return err_set(e, ERR_POLICY,
		    "there is no address in a domain of this organization");
	rc = read_delegates(
	    c, who, mailbox, json_object_get(request, "delegates"), &d, e);
	if (rc != 0)
		return rc;
	w.delegate = (struct entry_values){d.value, d.n};
	w.until = d.foreign ? clerk_now(c) + WAIT_DAYS * DUE_DAY : 0;
	return start(c, who, &w, found, e);
}

json_t *
call_mailbox_enroll(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct search_result store;
	struct company_entry mailbox;
	struct err e = {0};
	json_t *found = NULL, *o;
	int rc =
	    people_by_address(c, line_text(request, "mailbox"), &store, &mailbox, &e);

	if (rc == 0)
		rc = order(c, who, &mailbox, request, &found, &e);
	search_result_fini(&store);
	if (rc != 0) {
		json_decref(found);
		return line_refuse_err(&e);
	}
	o = line_ok();
	json_object_set_new(o, "request", found);
	return o;
}
