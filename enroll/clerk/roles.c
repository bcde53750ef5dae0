/*
 * Roles: contract in roles.h.
 */
#include "enroll/clerk/roles.h"

enum {
	GROUPS_MAX = 32 /* of all roles */
};

static const struct {
	enum role role;
	const char *word;
} words[] = {
#define X(name, bit, word) {name, word},
    ROLE_LIST(X)
#undef X
};

_Static_assert(NITEMS(words) == ROLES_MAX, "as many as there are");

unsigned
role_read(struct bytes word)
{
	for (size_t i = 0; i < NITEMS(words); i++)
		if (bytes_equal_nocase(bytes_of(words[i].word), word))
			return words[i].role;
	return 0;
}

size_t
roles_words(unsigned roles, struct bytes list[ROLES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < NITEMS(words); i++)
		if ((roles & words[i].role) != 0)
			list[n++] = bytes_of(words[i].word);
	return n;
}

int
roles_of(struct clerk *c, struct connection *company, const struct company_entry *entry,
    unsigned *out, struct err *e)
{
	const struct {
		enum role role;
		const struct conf_list *groups;
	} all[] = {
	    {ROLE_HELPDESK, &c->conf.role_helpdesk},
	    {ROLE_APPROVER, &c->conf.role_approver},
	    {ROLE_ADMINISTRATOR, &c->conf.role_administrator},
	};
	const char *group[GROUPS_MAX];
	unsigned role[GROUPS_MAX];
	uint32_t in = 0;
	size_t n = 0;
	int rc;

	*out = 0;
	for (size_t i = 0; i < NITEMS(all); i++)
		for (size_t k = 0; k < all[i].groups->n; k++) {
			if (n == GROUPS_MAX)
				return err_set(e, ERR_LIMIT,
				    "more than %d groups with roles", GROUPS_MAX);
			role[n] = all[i].role;
			group[n++] = all[i].groups->value[k];
		}
	rc = company_groups(company, c->company, entry, group, n, &in, e);
	for (size_t i = 0; i < n && rc == 0; i++)
		*out |= (in >> i & 1) != 0 ? role[i] : 0;
	return rc;
}
