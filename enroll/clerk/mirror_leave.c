/* Who left and who comes back (contract in mirror_leave.h). */
#include "enroll/clerk/mirror_leave.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/isotime.h"
#include "directory/fields.h"
#include "directory/layout.h"
#include "directory/modify.h"
#include "directory/registry.h"
#include "enroll/clerk/mirror_write.h"
#include "enroll/clerk/revoke.h"

enum {
	LEFT_LEAST = 64,
};

/* --- the container ------------------------------------------------------------------
 */

int
left_open(struct clerk *c, struct connection *d, struct err *e)
{
	struct fields f = FIELDS_NONE;
	char dn[LAYOUT_DN_MAX];
	int rc = layout_container(LEFT_CONTAINER, c->conf.suffix, dn, e);

	if (rc != 0)
		return rc;
	fields_text(&f, "objectClass", BYTES("organizationalUnit"));
	fields_text(&f, "ou", BYTES("left"));
	rc = fields_add(d, dn, &f, e);
	return rc < 0 ? rc : 0;
}

struct reading {
	struct arena *arena;
	struct pass_left *left;
};

static char *
copy_text(struct arena *a, const char *in)
{
	char *copy = arena_alloc(a, strlen(in) + 1);

	return copy == NULL ? NULL : strcpy(copy, in);
}

static int
take_left(const struct entry *entry, void *ctx)
{
	struct reading *r = ctx;
	struct pass_left *left = r->left;
	struct bytes id = entry_first(entry, "chanceryPersonId");
	struct bytes csn = entry_first(entry, "entryCSN");
	struct left_entry *bigger = left->entry, *one;

	if (id.n != MIRROR_ID || csn.n == 0)
		return 0;
	if (left->n == left->size) {
		left->size = left->size == 0 ? LEFT_LEAST : 2 * left->size;
		bigger = realloc(left->entry, left->size * sizeof(*bigger));
	}
	if (bigger == NULL)
		return ERR_MEMORY;
	left->entry = bigger;
	one = &left->entry[left->n++];
	*one = (struct left_entry){.dn = copy_text(r->arena, entry->dn),
	    .csn = copy_text(r->arena, (const char *)csn.p)};
	memcpy(one->id, id.p, MIRROR_ID);
	return one->dn == NULL || one->csn == NULL ? ERR_MEMORY : 0;
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(
	    ((const struct left_entry *)a)->id, ((const struct left_entry *)b)->id);
}

static int
search_left(struct clerk *c, struct connection *d, const char *filter,
    search_entry_fn *fn, void *ctx, struct err *e)
{
	static const char *const attrs[] = {"chanceryPersonId", "entryCSN", NULL};
	char base[LAYOUT_DN_MAX];
	const struct search s = {.base = base,
	    .scope = SEARCH_ONE,
	    .filter = filter,
	    .attrs = attrs,
	    .paged = true};
	struct search_end end;
	int rc = layout_container(LEFT_CONTAINER, c->conf.suffix, base, e);

	if (rc == 0)
		rc = search_each(d, &s, fn, ctx, &end, e);
	if (rc == ERR_MEMORY)
		return err_set(e, rc, "no memory for those who left");
	if (rc == 0 && end.code != SEARCH_SUCCESS && end.code != SEARCH_NO_SUCH_OBJECT)
		return err_set(e, ERR_DIRECTORY, "%s: %s", base, end.text);
	return rc;
}

int
left_read(struct pass *p, struct pass_left *out, struct err *e)
{
	struct reading r = {&p->arena, out};
	int rc = search_left(p->c, p->d, "(chanceryPersonId=*)", take_left, &r, e);

	if (rc == 0 && out->n > 0)
		qsort(out->entry, out->n, sizeof(out->entry[0]), compare_ids);
	return rc;
}

void
left_fini(struct pass_left *left)
{
	free(left->entry);
	*left = (struct pass_left){.n = 0};
}

const struct left_entry *
left_find(const struct pass_left *left, struct bytes id)
{
	struct left_entry key = {.dn = NULL};

	if (left->n == 0 || id.n != MIRROR_ID)
		return NULL;
	memcpy(key.id, id.p, MIRROR_ID);
	return bsearch(&key, left->entry, left->n, sizeof(left->entry[0]), compare_ids);
}

/* --- leaving ------------------------------------------------------------------------
 */

/* Every certificate of theirs that could still be used. Serials are copied out first:
 * revoking takes connections of its own. */
static int
revoke_theirs(struct pass *p, const char *id, struct err *e)
{
	const struct registry_where where = {.state = {"valid", "replaced"},
	    .person = bytes_of(id),
	    .after = clerk_now(p->c)};
	struct search_result store = {.n = 0};
	struct registry_certificate *cert = NULL;
	size_t n = 0;
	int rc = registry_find(p->d, p->c->conf.suffix, REGISTRY_CERTIFICATE, &where,
	    &store, &cert, &n, e);

	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = revoke_certificate(
		    p->c, NULL, cert[i].head.id, "affiliation-changed", e);
	search_result_fini(&store);
	return rc < 0 ? rc : 0;
}

static int
end_sessions(struct pass *p, const char *id, struct err *e)
{
	const struct registry_where where = {
	    .kind = BYTES("session"), .person = bytes_of(id)};
	struct search_result store = {.n = 0};
	struct registry_token *token = NULL;
	size_t n = 0;
	int rc = registry_find(
	    p->d, p->c->conf.suffix, REGISTRY_TOKEN, &where, &store, &token, &n, e);

	for (size_t i = 0; i < n && rc >= 0; i++) {
		rc = registry_delete(p->d, &token[i].head, e);
		rc = rc == ERR_NOT_FOUND ? 0 : rc;
	}
	search_result_fini(&store);
	return rc < 0 ? rc : 0;
}

/* As it is now: revoking has changed it. 1, 0 gone or another's, ERR_*. */
static int
version_of(struct pass *p, const struct pass_item *item, char out[PASS_FILTER_MAX],
    struct err *e)
{
	static const char *const attrs[] = {"chanceryPersonId", "entryCSN", NULL};
	const struct search s = {.base = item->dn,
	    .scope = SEARCH_BASE,
	    .filter = "(objectClass=*)",
	    .attrs = attrs};
	struct search_result store = {.n = 0};
	int rc = search_all(p->d, &s, &store, e);

	if (rc == 0 && store.n == 1 &&
	    bytes_equal_nocase(
		entry_first(&store.entry[0], "chanceryPersonId"), bytes_of(item->id)) &&
	    entry_first(&store.entry[0], "entryCSN").n > 0) {
		pass_as_read(
		    (const char *)entry_first(&store.entry[0], "entryCSN").p, out);
		rc = 1;
	}
	search_result_fini(&store);
	return rc;
}

/* Somebody of this id left once before: what is there now counts. */
static int
forget_former(struct pass *p, const char *id, struct err *e)
{
	char dn[LAYOUT_DN_MAX];
	int rc = layout_entry(
	    "chanceryPersonId", bytes_of(id), LEFT_CONTAINER, p->c->conf.suffix, dn, e);

	if (rc != 0)
		return rc;
	rc = modify_delete(p->d, dn, NULL, e);
	return rc == ERR_NOT_FOUND ? 1 : rc;
}

static int
move_out(struct pass *p, const struct pass_item *item, struct err *e)
{
	char filter[PASS_FILTER_MAX], parent[LAYOUT_DN_MAX];
	struct bytes id = bytes_of(item->id);
	int rc = layout_container(LEFT_CONTAINER, p->c->conf.suffix, parent, e);

	if (rc != 0 || (rc = version_of(p, item, filter, e)) != 1)
		return rc;
	rc = modify_name(p->d, item->dn, filter, "chanceryPersonId", id, parent, e);
	if (rc == MODIFY_TAKEN && (rc = forget_former(p, item->id, e)) == 1)
		rc = modify_name(
		    p->d, item->dn, filter, "chanceryPersonId", id, parent, e);
	return rc;
}

static int
leave(struct pass *p, const struct pass_item *item, struct err *e)
{
	static const char *const words[] = {[PASS_GONE] = "gone",
	    [PASS_DISABLED] = "disabled",
	    [PASS_NO_ADDRESS] = "no address"};
	int rc = pass_audit(
	    p, "mirror.leave", item->id, "why", bytes_of(words[item->why]), e);

	/* Whose address alone is in dispute has not left. */
	if (rc == 0 && item->why != PASS_NO_ADDRESS) {
		rc = end_sessions(p, item->id, e);
		if (rc == 0 && p->c->conf.revoke_leavers)
			rc = revoke_theirs(p, item->id, e);
	}
	return rc == 0 ? move_out(p, item, e) : rc;
}

int
leave_all(struct pass *p, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < p->leave.n && rc == 0; i++) {
		struct pass_item *item = &p->leave.item[i];

		if ((rc = pass_goes_on(p, e)) != 0)
			break;
		rc = leave(p, item, e);
		rc = pass_written(
		    p, bytes_of(item->id), item->address, rc, &p->count.left, e);
	}
	return rc;
}

/* --- coming back --------------------------------------------------------------------
 */

/* What was revoked meanwhile goes off the entry, which is where it is looked for. */
static int
take_revoked_off(struct pass *p, struct bytes id, struct err *e)
{
	const struct registry_where where = {.state = {"revoked"}, .person = id};
	struct search_result store = {.n = 0};
	struct registry_certificate *cert = NULL;
	size_t n = 0;
	int rc = registry_find(p->d, p->c->conf.suffix, REGISTRY_CERTIFICATE, &where,
	    &store, &cert, &n, e);

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = revoke_finish(p->c, cert[i].head.id, e);
	search_result_fini(&store);
	return rc;
}

int
left_return(
    struct pass *p, const struct pass_left *left, struct mirror_row *row, struct err *e)
{
	const struct left_entry *from = left_find(left, row->want.id);
	char filter[PASS_FILTER_MAX], parent[LAYOUT_DN_MAX], dn[LAYOUT_DN_MAX];
	struct search_result store = {.n = 0};
	struct bytes mail = row->want.mail[0];
	const char *suffix = p->c->conf.suffix;
	struct pass_item item;
	int rc = layout_container(LAYOUT_PEOPLE, suffix, parent, e);

	if (rc != 0 ||
	    (rc = layout_entry("mail", mail, LAYOUT_PEOPLE, suffix, dn, e)) != 0 ||
	    (rc = pass_audit(p, "mirror.return", from->id, NULL, mail, e)) != 0)
		return rc;
	rc = modify_name(
	    p->d, from->dn, pass_as_read(from->csn, filter), "mail", mail, parent, e);
	if (rc != 1 || (rc = take_revoked_off(p, row->want.id, e)) != 0)
		return rc;
	rc = pass_read_again(p, dn, row, &store, &item, e);
	if (rc == 1)
		rc = pass_change_one(p, &item, e);
	search_result_fini(&store);
	return rc;
}

/* --- forgetting ---------------------------------------------------------------------
 */

static int
forget(
    struct clerk *c, struct connection *d, const struct left_entry *one, struct err *e)
{
	char filter[PASS_FILTER_MAX];
	int rc = clerk_audit(
	    c, NULL, "mirror.forget", json_pack("{s:s}", "person", one->id), e);

	if (rc != 0)
		return rc;
	rc = modify_delete(d, one->dn, pass_as_read(one->csn, filter), e);
	return rc == ERR_NOT_FOUND || rc >= 0 ? 0 : rc;
}

int
left_forget(struct clerk *c, struct connection *d, struct err *e)
{
	static const size_t memory_max = (size_t)64 << 20;
	struct pass_left left = {.n = 0};
	struct arena arena;
	struct reading r = {&arena, &left};
	char time[ISOTIME_SIZE], filter[ISOTIME_SIZE + 64];
	int rc;

	isotime_general(clerk_now(c) - (int64_t)c->conf.leavers_kept, time);
	snprintf(filter, sizeof(filter), "(modifyTimestamp<=%s)", time);
	arena_init(&arena, NULL, 0, memory_max);
	rc = search_left(c, d, filter, take_left, &r, e);
	for (size_t i = 0; i < left.n && rc == 0; i++)
		rc = forget(c, d, &left.entry[i], e);
	left_fini(&left);
	arena_fini(&arena);
	return rc;
}
