/* One person's entry (contract in mirror_one.h). */
#include "enroll/clerk/mirror_one.h"

#include "enroll/clerk/connections.h"
#include "enroll/clerk/mirror_leave.h"
#include "enroll/clerk/mirror_write.h"

enum {
	ADDRESSES_MAX = 20 /* that are asked about, one by one */
};

/* Whether nobody else has one of the addresses: 1, 0, ERR_*. */
static int
is_alone(struct pass *p, struct connection *d, const struct company_entry *entry,
    struct err *e)
{
	int rc = entry->mail.n <= ADDRESSES_MAX;

	for (size_t i = 0; i < entry->mail.n && rc == 1; i++) {
		struct search_result store = {.n = 0};
		struct company_entry found;

		rc = company_find_address(
		    d, p->c->company, entry->mail.value[i], &store, &found, e);
		if (rc == 1 && strcmp(found.id, entry->id) != 0)
			rc = 0;
		search_result_fini(&store);
	}
	return rc;
}

/* What the company directory says of them: 1 they are in the table, 0, ERR_*. */
static int
ask_company(struct pass *p, struct err *e)
{
	struct search_result store = {.n = 0};
	struct company_entry entry;
	struct connection *d = NULL;
	int rc = connections_take(p->c->company_connections, &d, e);

	if (rc != 0)
		return rc;
	rc = company_get(d, p->c->company, bytes_of(p->only), &store, &entry, e);
	if (rc == 1)
		rc = is_alone(p, d, &entry, e);
	if (rc == 1)
		rc = pass_put(p, &entry, e) == 0 ? 1 : ERR_MEMORY;
	search_result_fini(&store);
	connections_give(p->c->company_connections, &d);
	return rc;
}

static int
mirror(struct pass *p, struct err *e)
{
	const struct mirror_row *row;
	int rc = ask_company(p, e);

	if (rc != 1)
		return rc;
	if ((rc = mirror_settle(p->m, e)) != 0)
		return rc;
	row = mirror_find(p->m, bytes_of(p->only));
	if (row == NULL || row->state != MIRROR_PRESENT)
		return 0;
	if ((rc = clerk_directory(p->c, &p->d, e)) != 0)
		return rc;
	if ((rc = pass_read_people(p, e)) == 0)
		rc = pass_write(p, e);
	clerk_directory_end(p->c, &p->d);
	return rc == 0 && p->count.later + p->count.refused == 0 ? 1 : rc;
}

int
one_mirror(struct clerk *c, struct worker *w, const char *person, struct err *e)
{
	struct pass p;
	int rc = pass_init(&p, c, w, e);

	p.only = person;
	if (rc == 0)
		rc = mirror(&p, e);
	pass_fini(&p);
	return rc;
}
