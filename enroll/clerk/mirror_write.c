/* What a pass changes (contract in mirror_write.h). */
#include "enroll/clerk/mirror_write.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/escape.h"
#include "directory/dn.h"
#include "directory/fields.h"
#include "directory/layout.h"
#include "directory/modify.h"
#include "enroll/clerk/mirror_leave.h"

enum {
	REFUSED_MOST = 100, /* one after the other: then it is not about people */
	ADDS_A_LINE = 200,  /* new people in a line of the audit log */
	STUCK_MOST = 1000,  /* names that are looked at for somebody else's */
	CSN_MAX = 128,
};

const char *const mirror_text_attr[MIRROR_TEXTS] = {
    [MIRROR_DISPLAY] = "displayName",
    [MIRROR_CN] = "cn",
    [MIRROR_GIVEN] = "givenName",
    [MIRROR_SURNAME] = "sn",
    [MIRROR_PHONE] = "telephoneNumber",
    [MIRROR_TITLE] = "title",
    [MIRROR_UNIT] = "ou",
    [MIRROR_PLACE] = "l",
};

const char *
pass_as_read(const char *csn, char out[PASS_FILTER_MAX])
{
	char escaped[ESCAPE_MAX(CSN_MAX)];
	struct bytes in = bytes_of(csn);

	in.n = in.n > CSN_MAX ? 0 : in.n;
	escape_filter(in, escaped);
	snprintf(out, PASS_FILTER_MAX, "(entryCSN=%s)", escaped);
	return out;
}

int
pass_audit(struct pass *p, const char *event, const char *id, const char *field,
    struct bytes value, struct err *e)
{
	json_t *o = json_object();

	if (o == NULL || line_set_text(o, "person", bytes_of(id)) != 0 ||
	    (field != NULL && line_set_text(o, field, value) != 0)) {
		json_decref(o);
		return err_set(e, ERR_MEMORY, "no memory for the audit log");
	}
	return clerk_audit(p->c, NULL, event, o, e);
}

int
pass_written(struct pass *p, struct bytes id, struct bytes address, int rc,
    size_t *done, struct err *e)
{
	switch (rc) {
	case 1:
		++*done;
		p->refused_running = 0;
		return 0;
	case 0:
	case ERR_NOT_FOUND:
		p->count.later++;
		return 0;
	case MODIFY_TAKEN:
		pass_tell(p, "taken", address, id,
		    "another entry of ou=people has the name %.*s", (int)address.n,
		    (const char *)address.p);
		break;
	case ERR_IO:
	case ERR_MEMORY:
		return rc;
	default:
		pass_tell(p, "refused", address, id, "%s", e->text);
		if (++p->refused_running >= REFUSED_MOST)
			return rc;
	}
	p->count.refused++;
	return 0;
}

/* --- attributes ---------------------------------------------------------------------
 */

static const struct bytes own_class = BYTES("chanceryPerson");

/* An entry that is not ours yet may lack the class. Returns how many were put in. */
static size_t
all_classes(const struct pass_item *item, struct bytes *out, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < item->classes.n && n + 1 < most; i++) {
		if (bytes_equal_nocase(item->classes.value[i], own_class))
			return 0;
		out[n++] = item->classes.value[i];
	}
	if (n > 0)
		out[n++] = own_class;
	return n;
}

static void
put_texts(struct fields *f, const struct mirror_entry *want, unsigned which)
{
	for (int i = 0; i < MIRROR_TEXTS; i++)
		if ((which & 1u << i) != 0)
			fields_text(f, mirror_text_attr[i], want->text[i]);
}

static void
put_rest(struct fields *f, const struct mirror_entry *want, unsigned which)
{
	if ((which & MIRROR_MAIL) != 0)
		fields_values(
		    f, "mail", (struct entry_values){want->mail, want->n_mail});
	if ((which & MIRROR_KIND) != 0)
		fields_text(f, "chanceryKind",
		    want->shared ? BYTES("mailbox") : BYTES("person"));
	if ((which & MIRROR_OWNER) != 0)
		fields_text(f, "chanceryPersonId", want->id);
}

/* The names of what changes, for the audit log. */
static struct bytes
names_of(const struct fields *f, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n && n < size; i++)
		n += (size_t)snprintf(
		    out + n, size - n, "%s%s", i == 0 ? "" : " ", f->field[i].attr);
	return bytes_of(out);
}

int
pass_change_one(struct pass *p, struct pass_item *item, struct err *e)
{
	const struct mirror_entry *want = &item->row->want;
	struct bytes class[32];
	struct entry_values classes = {class, all_classes(item, class, NITEMS(class))};
	char filter[PASS_FILTER_MAX], names[256] = "";
	struct fields f = FIELDS_NONE;
	int rc;

	put_texts(&f, want, item->change);
	put_rest(&f, want, item->change);
	if (classes.n > 0)
		fields_values(&f, "objectClass", classes);
	if (f.n == 0)
		return 1;
	rc = pass_audit(p, "mirror.change", item->id, "what",
	    names_of(&f, names, sizeof(names)), e);
	if (rc != 0)
		return rc;
	return fields_change(p->d, item->dn, pass_as_read(item->csn, filter), &f, e);
}

/* One whose name was changed has another version, and may differ in less. */
static int
change_renamed(struct pass *p, struct pass_item *item, struct err *e)
{
	struct search_result store = {.n = 0};
	struct pass_item again;
	int rc = pass_read_again(p, item->dn, item->row, &store, &again, e);

	if (rc == 1)
		rc = pass_change_one(p, &again, e);
	search_result_fini(&store);
	return rc;
}

static int
change_all(struct pass *p, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < p->change.n && rc == 0; i++) {
		struct pass_item *item = &p->change.item[i];
		bool new = (item->change & MIRROR_OWNER) != 0;
		struct bytes id = item->row->want.id;

		if ((item->change & ~(unsigned)MIRROR_NAMED) == 0 && item->csn != NULL)
			continue;
		if ((item->change & MIRROR_MAIL) != 0)
			item->row->marks |= PASS_MOVED;
		if ((rc = pass_goes_on(p, e)) != 0)
			break;
		memcpy(item->id, id.p, MIRROR_ID);
		rc = item->csn == NULL ? change_renamed(p, item, e)
				       : pass_change_one(p, item, e);
		rc = pass_written(p, id, item->row->want.mail[0], rc,
		    new ? &p->count.adopted : &p->count.changed, e);
	}
	return rc;
}

/* --- names --------------------------------------------------------------------------
 */

static int
rename_to(struct pass *p, struct pass_item *item, const char *type, struct bytes value,
    struct err *e)
{
	char filter[PASS_FILTER_MAX], dn[LAYOUT_DN_MAX];
	const char *as = item->csn == NULL ? NULL : pass_as_read(item->csn, filter);
	char *copy;
	int rc = layout_entry(type, value, LAYOUT_PEOPLE, p->c->conf.suffix, dn, e);

	if (rc == 0)
		rc = pass_audit(p, "mirror.rename", item->id, "name", value, e);
	if (rc != 0)
		return rc;
	if ((rc = modify_name(p->d, item->dn, as, type, value, NULL, e)) != 1)
		return rc;
	if ((copy = arena_alloc(&p->arena, strlen(dn) + 1)) == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a name");
	item->dn = strcpy(copy, dn);
	item->csn = NULL;
	return 1;
}

static bool
is_named_already(struct pass *p, const struct pass_item *want, const char *dn)
{
	char name[LAYOUT_DN_MAX];

	return layout_entry("mail", want->row->want.mail[0], LAYOUT_PEOPLE,
		   p->c->conf.suffix, name, NULL) == 0 &&
	       dn_equal(name, dn);
}

/* Two who have exchanged their names block each other: one of them, whose name another
 * one waits for, is called by its id for a moment. 1 done, 0 nobody is in the way. */
static int
step_aside(struct pass *p, struct pass_item **list, size_t n, struct err *e)
{
	size_t most = n < STUCK_MOST ? n : STUCK_MOST;

	for (size_t i = 0; i < most; i++) {
		for (size_t k = 0; k < most && !list[i]->aside; k++) {
			if (i == k || !is_named_already(p, list[k], list[i]->dn))
				continue;
			list[i]->aside = true;
			return rename_to(
			    p, list[i], "chanceryPersonId", list[i]->row->want.id, e);
		}
	}
	return 0;
}

/* One round: whose name is free gets it. Those whose is not stay in the list. */
static int
rename_round(struct pass *p, struct pass_item **list, size_t *n, struct err *e)
{
	size_t left = 0;
	int rc = 0;

	for (size_t i = 0; i < *n && rc == 0; i++) {
		struct mirror_entry *want = &list[i]->row->want;

		if ((rc = pass_goes_on(p, e)) != 0)
			break;
		rc = rename_to(p, list[i], "mail", want->mail[0], e);
		if (rc == MODIFY_TAKEN) {
			list[left++] = list[i];
			rc = 0;
		} else {
			rc = pass_written(
			    p, want->id, want->mail[0], rc, &p->count.renamed, e);
		}
	}
	*n = left;
	return rc;
}

static int
rename_list(struct pass *p, struct pass_item **list, size_t n, struct err *e)
{
	bool go_on = true;
	int rc = 0;

	while (n > 0 && go_on && rc == 0) {
		size_t before = n;

		if ((rc = rename_round(p, list, &n, e)) == 0 && n == before) {
			rc = step_aside(p, list, n, e);
			go_on = rc == 1;
			rc = rc == 1 || rc == MODIFY_TAKEN ? 0 : rc;
		}
	}
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = pass_written(p, list[i]->row->want.id, list[i]->row->want.mail[0],
		    MODIFY_TAKEN, &p->count.renamed, e);
	return rc;
}

static int
rename_all(struct pass *p, struct err *e)
{
	struct pass_item **list = calloc(p->change.n + 1, sizeof(struct pass_item *));
	size_t n = 0;
	int rc;

	if (list == NULL)
		return err_set(e, ERR_MEMORY, "no memory for names");
	for (size_t i = 0; i < p->change.n; i++) {
		struct pass_item *item = &p->change.item[i];

		if ((item->change & MIRROR_NAMED) == 0)
			continue;
		item->row->marks |= PASS_MOVED;
		list[n++] = item;
	}
	rc = rename_list(p, list, n, e);
	free(list);
	return rc;
}

/* --- new ones -----------------------------------------------------------------------
 */

static int
add_one(struct pass *p, struct mirror_row *row, struct err *e)
{
	static const struct bytes classes[] = {
	    BYTES("inetOrgPerson"), BYTES("chanceryPerson")};
	const struct mirror_entry *want = &row->want;
	struct fields f = FIELDS_NONE;
	char dn[LAYOUT_DN_MAX];
	int rc = layout_entry(
	    "mail", want->mail[0], LAYOUT_PEOPLE, p->c->conf.suffix, dn, e);

	if (rc != 0)
		return rc;
	fields_values(
	    &f, "objectClass", (struct entry_values){classes, NITEMS(classes)});
	put_texts(&f, want, ~0u);
	put_rest(&f, want, ~0u);
	rc = fields_add(p->d, dn, &f, e);
	return rc == 0 ? MODIFY_TAKEN : rc;
}

static bool
is_new(const struct pass *p, const struct mirror_row *row)
{
	return row->state == MIRROR_PRESENT && (row->marks & PASS_SEEN) == 0 &&
	       (p->only == NULL || bytes_equal(row->want.id, bytes_of(p->only)));
}

/* From row *at on, as many as go into a line of the audit log; *end_out: behind them.
 */
static int
audit_adds(struct pass *p, size_t at, size_t *end_out, struct err *e)
{
	json_t *list = json_array();
	size_t n = 0;

	for (; at < mirror_count(p->m) && n < ADDS_A_LINE; at++) {
		const struct mirror_row *row = mirror_at(p->m, at);

		if (!is_new(p, row))
			continue;
		json_array_append_new(
		    list, json_stringn((const char *)row->want.id.p, row->want.id.n));
		n++;
	}
	*end_out = at;
	if (n > 0)
		return clerk_audit(
		    p->c, NULL, "mirror.add", json_pack("{s:o}", "people", list), e);
	json_decref(list);
	return 0;
}

static int
add_some(struct pass *p, struct pass_left *left, size_t at, size_t end, struct err *e)
{
	int rc = 0;

	for (; at < end && rc == 0; at++) {
		struct mirror_row *row = mirror_at(p->m, at);
		size_t *done = &p->count.added;

		if (!is_new(p, row))
			continue;
		if ((rc = pass_goes_on(p, e)) != 0)
			break;
		if (left_find(left, row->want.id) != NULL) {
			done = &p->count.returned;
			rc = left_return(p, left, row, e);
		} else {
			rc = add_one(p, row, e);
		}
		rc = pass_written(p, row->want.id, row->want.mail[0], rc, done, e);
	}
	return rc;
}

static bool
has_adds(const struct pass *p)
{
	for (size_t i = 0; i < mirror_count(p->m); i++)
		if (is_new(p, mirror_at(p->m, i)))
			return true;
	return false;
}

static int
add_all(struct pass *p, struct err *e)
{
	struct pass_left left = {.n = 0};
	size_t at = 0, end = 0;
	int rc;

	if (!has_adds(p))
		return 0;
	rc = left_read(p, &left, e);
	for (; at < mirror_count(p->m) && rc == 0; at = end)
		if ((rc = audit_adds(p, at, &end, e)) == 0)
			rc = add_some(p, &left, at, end, e);
	left_fini(&left);
	return rc;
}

int
pass_write(struct pass *p, struct err *e)
{
	int rc = leave_all(p, e);

	if (rc == 0)
		rc = rename_all(p, e);
	if (rc == 0)
		rc = change_all(p, e);
	return rc == 0 ? add_all(p, e) : rc;
}
