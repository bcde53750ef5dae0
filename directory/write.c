/*
 * Writing (contract in write.h): the only file that changes anything in a
 * directory. Called by person.c, authority.c and import.
 */
#include "directory/write.h"

#include <stdlib.h>

#include "directory/handle.h"

/* The values as libldap takes them, in one piece of memory; NULL without any. */
static struct berval **
values_of(const struct entry_values *in)
{
	size_t head = (in->n + 1) * sizeof(struct berval *);
	struct berval **list = calloc(1, head + in->n * sizeof(struct berval));
	struct berval *bv;

	if (list == NULL)
		return NULL;
	bv = (struct berval *)(list + in->n + 1);
	for (size_t i = 0; i < in->n; i++) {
		bv[i] = (struct berval){in->value[i].n, (char *)in->value[i].p};
		list[i] = &bv[i];
	}
	return list;
}

static int
add(struct connection *c, const char *dn, LDAPMod *mods, size_t n, struct err *e)
{
	LDAPMod *list[WRITE_MAX_ATTRS + 1];
	int rc;

	for (size_t i = 0; i < n; i++)
		list[i] = &mods[i];
	list[n] = NULL;
	deadline_set(&c->deadline, CONNECTION_QUESTION_SECONDS);
	rc = ldap_add_ext_s(c->ld, dn, list, NULL, NULL);
	if (rc == LDAP_ALREADY_EXISTS)
		return 0;
	return rc == LDAP_SUCCESS ? 1 : handle_failed(c, rc, dn, e);
}

int
write_entry(struct connection *c, const char *dn, const struct write_attr *attr,
    size_t n, struct err *e)
{
	LDAPMod mods[WRITE_MAX_ATTRS] = {{0}};
	size_t made = 0;
	int rc;

	if (n > WRITE_MAX_ATTRS)
		return err_set(e, ERR_LIMIT,
		    "an entry of %zu attributes, want at most %d", n, WRITE_MAX_ATTRS);
	while (made < n) {
		LDAPMod *m = &mods[made];

		m->mod_op = LDAP_MOD_ADD | LDAP_MOD_BVALUES;
		m->mod_type = (char *)attr[made].name;
		m->mod_bvalues = values_of(&attr[made].values);
		if (m->mod_bvalues == NULL)
			break;
		made++;
	}
	rc = made == n ? add(c, dn, mods, n, e)
		       : err_set(e, ERR_MEMORY, "no memory for an entry");
	for (size_t i = 0; i < made; i++)
		free(mods[i].mod_bvalues);
	return rc;
}

int
write_value(struct connection *c, const char *dn, const char *attr, struct bytes value,
    struct err *e)
{
	struct berval bv = {value.n, (char *)value.p};
	struct berval *values[] = {&bv, NULL};
	LDAPMod mod = {
	    .mod_op = LDAP_MOD_ADD | LDAP_MOD_BVALUES, .mod_type = (char *)attr};
	LDAPMod *mods[] = {&mod, NULL};
	int rc;

	mod.mod_bvalues = values;
	deadline_set(&c->deadline, CONNECTION_QUESTION_SECONDS);
	rc = ldap_modify_ext_s(c->ld, dn, mods, NULL, NULL);
	if (rc == LDAP_TYPE_OR_VALUE_EXISTS)
		return 0;
	if (rc == LDAP_NO_SUCH_OBJECT)
		return err_set(e, ERR_NOT_FOUND, "%s is no longer there", dn);
	return rc == LDAP_SUCCESS ? 1 : handle_failed(c, rc, dn, e);
}
