/*
 * What a pass finds out (contract in mirror_pass.h): both sides read, to their end, and
 * held against each other. Writes nothing. Called by mirror.c.
 */
#include "enroll/clerk/mirror_pass.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/addr.h"
#include "core/escape.h"
#include "directory/dn.h"
#include "directory/layout.h"
#include "enroll/clerk/connections.h"
#include "enroll/clerk/mirror_write.h"

enum {
	LIST_LEAST = 64,
	FILTER_MAX = ESCAPE_MAX(ADDR_MAX) + MIRROR_ID + 64,
};

static const size_t memory_max = (size_t)1 << 30;

static const char *const wanted[] = {"objectClass", "mail", "cn", "sn", "givenName",
    "displayName", "telephoneNumber", "title", "ou", "l", "chanceryPersonId",
    "chanceryKind", "entryCSN", NULL};

int
pass_init(struct pass *p, struct clerk *c, struct worker *w, struct err *e)
{
	const struct mirror_domains domains = {c->conf.domain.value, c->conf.domain.n,
	    c->conf.domain_ignored.value, c->conf.domain_ignored.n};

	*p = (struct pass){.c = c, .worker = w, .e = e};
	arena_init(&p->arena, NULL, 0, memory_max);
	return mirror_new(&domains, &p->m, e);
}

void
pass_fini(struct pass *p)
{
	mirror_free(&p->m);
	arena_fini(&p->arena);
	free(p->leave.item);
	free(p->change.item);
	free(p->candidate.item);
}

int
pass_goes_on(const struct pass *p, struct err *e)
{
	return worker_ends(p->worker) ? err_set(e, ERR_IO, "the clerk ends") : 0;
}

void
pass_tell(struct pass *p, const char *kind, struct bytes address, struct bytes person,
    const char *fmt, ...)
{
	struct problem problem = {MIRROR_PART, kind, address, person, {NULL, 0}};
	char text[ERR_TEXT_MAX];
	struct err sentence;
	va_list ap;

	if (p->problems == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&sentence, ERR_POLICY, "%s", text);
	problem.text = bytes_of(sentence.text);
	problems_tell(p->problems, &problem, clerk_now(p->c));
}

/* --- the company's side -------------------------------------------------------------
 */

int
pass_put(struct pass *p, const struct company_entry *entry, struct err *e)
{
	const struct mirror_person person = {.id = bytes_of(entry->id),
	    .dn = bytes_of(entry->dn),
	    .shared = entry->shared,
	    .disabled = entry->disabled,
	    .mail = entry->mail.value,
	    .n_mail = entry->mail.n,
	    .n_mail_over = entry->mail_over,
	    .text = {[MIRROR_DISPLAY] = entry->name,
		[MIRROR_GIVEN] = entry->given,
		[MIRROR_SURNAME] = entry->surname,
		[MIRROR_PHONE] = entry->phone,
		[MIRROR_TITLE] = entry->title,
		[MIRROR_UNIT] = entry->unit,
		[MIRROR_PLACE] = entry->place}};
	struct mirror_counts *n = &p->count;

	++*(entry->shared     ? &n->mailboxes
	    : entry->disabled ? &n->disabled
			      : &n->people);
	return mirror_add(p->m, &person, e);
}

static int
take_person(const struct company_entry *entry, void *ctx)
{
	struct pass *p = ctx;
	int rc = pass_goes_on(p, p->e);

	return rc != 0 ? rc : pass_put(p, entry, p->e);
}

int
pass_read_company(struct pass *p, struct err *e)
{
	struct clerk *c = p->c;
	struct connection *d = NULL;
	size_t without = 0;
	int rc = connections_take(c->company_connections, &d, e);

	if (rc != 0)
		return rc;
	p->e = e;
	rc = company_each(d, c->company, take_person, p, &without, e);
	connections_give(c->company_connections, &d);
	if (rc == 0)
		rc = mirror_settle(p->m, e);
	if (rc == 0 && without > 0)
		pass_tell(p, "id", (struct bytes){NULL, 0}, (struct bytes){NULL, 0},
		    "%zu entries of the company directory have no %s: they are left "
		    "out",
		    without, c->company->how.id);
	return rc;
}

/* --- our side -----------------------------------------------------------------------
 */

static struct pass_item *
list_add(struct pass_list *list)
{
	struct pass_item *bigger = list->item;

	if (list->n == list->size) {
		list->size = list->size == 0 ? LIST_LEAST : 2 * list->size;
		bigger = realloc(list->item, list->size * sizeof(*bigger));
	}
	if (bigger == NULL)
		return NULL;
	list->item = bigger;
	memset(&list->item[list->n], 0, sizeof(*bigger));
	return &list->item[list->n++];
}

static struct bytes
keep(struct pass *p, struct bytes in)
{
	uint8_t *copy = arena_alloc(&p->arena, in.n + 1);

	if (copy != NULL && in.n > 0)
		memcpy(copy, in.p, in.n);
	return (struct bytes){copy, copy == NULL ? 0 : in.n};
}

static int
keep_classes(struct pass *p, struct entry_values in, struct entry_values *out)
{
	struct bytes *copy = arena_alloc(&p->arena, (in.n + 1) * sizeof(*copy));

	if (copy == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < in.n; i++)
		copy[i] = keep(p, in.value[i]);
	*out = (struct entry_values){copy, in.n};
	return 0;
}

/* A copy of what an entry is, for one of the lists. */
static int
keep_item(struct pass *p, struct pass_list *list, const struct entry *entry,
    const struct mirror_entry *is, struct pass_item **out)
{
	struct pass_item *item = list_add(list);
	size_t n = is->id.n < sizeof(item->id) ? is->id.n : 0;

	if (item == NULL)
		return err_set(p->e, ERR_MEMORY, "no memory for changes");
	if (n > 0)
		memcpy(item->id, is->id.p, n);
	item->dn = (const char *)keep(p, bytes_of(entry->dn)).p;
	item->csn = (const char *)keep(p, entry_first(entry, "entryCSN")).p;
	item->address = keep(p, is->named);
	*out = item;
	return item->dn == NULL || item->csn == NULL
		   ? err_set(p->e, ERR_MEMORY, "no memory for changes")
		   : 0;
}

/* named: room for the address that names it. */
static void
read_entry(const struct entry *entry, char named[ADDR_MAX + 1], struct mirror_entry *is)
{
	struct entry_values mail = entry_get(entry, "mail");

	*is = (struct mirror_entry){.id = entry_first(entry, "chanceryPersonId"),
	    .mail = mail.value,
	    .n_mail = mail.n};
	is->shared =
	    bytes_equal_nocase(entry_first(entry, "chanceryKind"), BYTES("mailbox"));
	for (int i = 0; i < MIRROR_TEXTS; i++) {
		struct entry_values v = entry_get(entry, mirror_text_attr[i]);

		is->text[i] = v.n > 0 ? v.value[0] : (struct bytes){NULL, 0};
		is->odd |= v.n > 1 ? 1u << i : 0;
	}
	dn_value(entry->dn, "mail", named, ADDR_MAX + 1);
	is->named = bytes_of(named);
}

/* Somebody made this entry, and an address of it is a person's of the company. */
static void
tell_by_hand(struct pass *p, const char *dn, struct entry_values mail)
{
	char shown[MIRROR_TEXT_MAX + 1];

	p->count.by_hand++;
	for (size_t i = 0; i < mail.n; i++) {
		const struct mirror_row *owner =
		    mirror_find_address(p->m, mail.value[i]);

		if (owner != NULL)
			pass_tell(p, "conflict", mail.value[i], owner->want.id,
			    "%s was made by hand, and has an address of somebody in "
			    "the "
			    "company directory: senders find both",
			    mirror_text_show(bytes_of(dn), shown, MIRROR_TEXT_MAX));
	}
}

/* Nobody's, so far: may become that of whoever has this primary address. */
static int
take_unmarked(struct pass *p, const struct entry *entry, const struct mirror_entry *is)
{
	struct mirror_row *row =
	    is->named.n > 0 ? mirror_find_address(p->m, is->named) : NULL;
	struct pass_item *item;
	int rc;

	if (row == NULL || !bytes_equal_nocase(row->want.mail[0], is->named)) {
		tell_by_hand(p, entry->dn, entry_get(entry, "mail"));
		return 0;
	}
	if ((rc = keep_item(p, &p->candidate, entry, is, &item)) != 0)
		return rc;
	item->row = row;
	item->change = mirror_compare(&row->want, is) | MIRROR_KIND;
	return keep_classes(p, entry_get(entry, "objectClass"), &item->classes) == 0
		   ? 0
		   : err_set(p->e, ERR_MEMORY, "no memory for changes");
}

static int
take_leaver(struct pass *p, const struct entry *entry, const struct mirror_entry *is,
    const struct mirror_row *row)
{
	struct pass_item *item;
	int rc = keep_item(p, &p->leave, entry, is, &item);

	if (rc == 0)
		item->why = row == NULL			    ? PASS_GONE
			    : row->state == MIRROR_DISABLED ? PASS_DISABLED
							    : PASS_NO_ADDRESS;
	return rc;
}

static int
take_managed(struct pass *p, const struct entry *entry, struct mirror_entry *is)
{
	struct mirror_row *row = mirror_find(p->m, is->id);
	char shown[MIRROR_TEXT_MAX + 1];
	struct pass_item *item;
	unsigned change;
	int rc;

	p->count.published++;
	if (row == NULL || row->state != MIRROR_PRESENT)
		return take_leaver(p, entry, is, row);
	if ((row->marks & PASS_SEEN) != 0) {
		pass_tell(p, "conflict", is->named, is->id,
		    "%s is a second entry of one person: please remove one of the two",
		    mirror_text_show(bytes_of(entry->dn), shown, MIRROR_TEXT_MAX));
		return 0;
	}
	row->marks |= PASS_SEEN;
	if (entry_first(entry, "chanceryKind").n == 0)
		is->shared = !row->want.shared;
	if ((change = mirror_compare(&row->want, is)) == 0)
		return 0;
	if ((rc = keep_item(p, &p->change, entry, is, &item)) != 0)
		return rc;
	item->row = row;
	item->change = change;
	return 0;
}

static int
take_entry(const struct entry *entry, void *ctx)
{
	char named[ADDR_MAX + 1];
	struct mirror_entry is;
	struct pass *p = ctx;
	int rc = pass_goes_on(p, p->e);

	if (rc != 0)
		return rc;
	read_entry(entry, named, &is);
	if (is.id.n == 0)
		return take_unmarked(p, entry, &is);
	if (p->only != NULL && !bytes_equal_nocase(is.id, bytes_of(p->only)))
		return 0;
	return take_managed(p, entry, &is);
}

/* Whoever has no entry by id gets the one that was made for the address. */
static int
adopt(struct pass *p)
{
	for (size_t i = 0; i < p->candidate.n; i++) {
		const struct pass_item *candidate = &p->candidate.item[i];
		struct pass_item *item;

		if ((candidate->row->marks & PASS_SEEN) != 0) {
			tell_by_hand(p, candidate->dn,
			    (struct entry_values){&candidate->address, 1});
			continue;
		}
		if ((item = list_add(&p->change)) == NULL)
			return err_set(p->e, ERR_MEMORY, "no memory for changes");
		*item = *candidate;
		item->row->marks |= PASS_SEEN;
		p->count.published++;
	}
	return 0;
}

/* Everybody, or those that may be this person's. */
static int
people_filter(struct pass *p, char out[FILTER_MAX])
{
	char address[ESCAPE_MAX(ADDR_MAX)];
	const struct mirror_row *row;

	if (p->only == NULL) {
		snprintf(out, FILTER_MAX, "(mail=*)");
		return 0;
	}
	row = mirror_find(p->m, bytes_of(p->only));
	if (row == NULL || row->state != MIRROR_PRESENT)
		return err_set(p->e, ERR_NOT_FOUND, "%s: nobody", p->only);
	escape_filter(row->want.mail[0], address);
	snprintf(
	    out, FILTER_MAX, "(|(chanceryPersonId=%s)(mail=%s))", p->only, address);
	return 0;
}

int
pass_read_people(struct pass *p, struct err *e)
{
	char base[LAYOUT_DN_MAX], filter[FILTER_MAX];
	const struct search s = {.base = base,
	    .scope = SEARCH_ONE,
	    .filter = filter,
	    .attrs = wanted,
	    .paged = true};
	struct search_end end;
	int rc;

	p->e = e;
	if ((rc = layout_container(LAYOUT_PEOPLE, p->c->conf.suffix, base, e)) != 0 ||
	    (rc = people_filter(p, filter)) != 0)
		return rc;
	rc = search_each(p->d, &s, take_entry, p, &end, e);
	if (rc == 0 && end.code != SEARCH_SUCCESS)
		rc = err_set(e, ERR_DIRECTORY,
		    "%s: the list of %s ended after %zu entries: %s",
		    connection_uri(p->d), base, end.n_entries, end.text);
	return rc != 0 ? rc : adopt(p);
}

int
pass_read_again(struct pass *p, const char *dn, struct mirror_row *row,
    struct search_result *store, struct pass_item *out, struct err *e)
{
	const struct search s = {.base = dn,
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = wanted};
	char named[ADDR_MAX + 1];
	struct mirror_entry is;
	int rc = search_all(p->d, &s, store, e);

	if (rc != 0 || store->n != 1)
		return rc != 0 ? rc : 0;
	read_entry(&store->entry[0], named, &is);
	*out = (struct pass_item){.dn = dn,
	    .csn = (const char *)entry_first(&store->entry[0], "entryCSN").p,
	    .address = row->want.mail[0],
	    .row = row,
	    .change = mirror_compare(&row->want, &is)};
	memcpy(out->id, row->want.id.p, MIRROR_ID);
	return out->csn == NULL ? 0 : 1;
}

/* --- leavers ------------------------------------------------------------------------
 */

void
pass_judge_leavers(struct pass *p)
{
	size_t n = p->leave.n, listed = mirror_count(p->m);

	if (n <= p->accept || !mirror_is_disappearance(n, p->count.published, listed))
		return;
	p->count.waiting = n;
	pass_tell(p, "leavers", (struct bytes){NULL, 0}, (struct bytes){NULL, 0},
	    "%zu of %zu people are no longer in the company directory, or disabled "
	    "there: "
	    "so many at once are not believed, and stay; if it is right: chancery "
	    "status "
	    "--accept-leavers",
	    n, p->count.published);
	for (size_t i = 0; i < n; i++)
		pass_tell(p, "leaver", p->leave.item[i].address,
		    bytes_of(p->leave.item[i].id),
		    "no longer in the company directory, or disabled there; stays "
		    "until "
		    "an administrator accepts it");
	p->leave.n = 0;
}
