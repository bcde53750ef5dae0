/*
 * Compare and swap: contract in modify.h. The assertion travels as a critical
 * control, so that a server which does not know it refuses instead of changing.
 * Called by the registry and by the clerk.
 */
#include "directory/modify.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/escape.h"
#include "directory/handle.h"

enum {
	MODIFY_NAME_MAX = 512 /* bytes of the value */
};

_Static_assert(MODIFY_ADD == LDAP_MOD_ADD && MODIFY_DELETE == LDAP_MOD_DELETE &&
		   MODIFY_REPLACE == LDAP_MOD_REPLACE,
    "as on the wire");

/* A change as libldap takes it: the list, its structs and all values, in one piece
 * of memory that is dropped whole. */
struct mods {
	LDAPMod *list[MODIFY_MAX + 1];
	LDAPMod mod[MODIFY_MAX];
	struct berval **pointer; /* of each change: its values, then NULL */
	struct berval *value;
};

static size_t
count_values(const struct modify *change, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += change[i].values.n;
	return sum;
}

static int
mods_init(struct mods *m, const struct modify *change, size_t n, struct err *e)
{
	size_t values = count_values(change, n), at = 0, next = 0;

	*m = (struct mods){.list = {NULL}};
	if (n > MODIFY_MAX || values > ENTRY_MAX_VALUES)
		return err_set(e, ERR_LIMIT,
		    "a change of %zu attributes and %zu values, want at most %d and %d",
		    n, values, MODIFY_MAX, ENTRY_MAX_VALUES);
	m->pointer = calloc(values + n + 1, sizeof(*m->pointer));
	m->value = calloc(values + 1, sizeof(*m->value));
	if (m->pointer == NULL || m->value == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a change");
	for (size_t i = 0; i < n; i++) {
		const struct entry_values *in = &change[i].values;

		m->list[i] = &m->mod[i];
		m->mod[i].mod_op = (int)change[i].how | LDAP_MOD_BVALUES;
		m->mod[i].mod_type = (char *)change[i].attr;
		m->mod[i].mod_bvalues = in->n == 0 ? NULL : &m->pointer[next];
		for (size_t k = 0; k < in->n; k++, at++) {
			m->value[at] =
			    (struct berval){in->value[k].n, (char *)in->value[k].p};
			m->pointer[next++] = &m->value[at];
		}
		next++;
	}
	return 0;
}

static void
mods_fini(struct mods *m)
{
	free(m->pointer);
	free(m->value);
}

/* 1 with the control (NULL where there is no filter), or ERR_*. */
static int
assertion(struct connection *c, const char *filter, LDAPControl **out, struct err *e)
{
	int rc;

	*out = NULL;
	if (filter == NULL)
		return 1;
	rc = ldap_create_assertion_control(c->ld, (char *)filter, 1, out);
	if (rc == LDAP_FILTER_ERROR || rc == LDAP_ENCODING_ERROR)
		return err_set(e, ERR_USAGE, "not a filter: %.200s", filter);
	return rc == LDAP_SUCCESS ? 1 : handle_failed(c, rc, "assertion", e);
}

/* What the server said of a change or a deletion. */
static int
ended(struct connection *c, int rc, const char *dn, struct err *e)
{
	switch (rc) {
	case LDAP_SUCCESS:
		return 1;
	case LDAP_ASSERTION_FAILED:
		return 0;
	case LDAP_NO_SUCH_OBJECT:
		return err_set(e, ERR_NOT_FOUND, "%s is no longer there", dn);
	default:
		return handle_failed(c, rc, dn, e);
	}
}

int
modify_entry(struct connection *c, const char *dn, const char *filter,
    const struct modify *change, size_t n, struct err *e)
{
	LDAPControl *controls[2] = {NULL, NULL};
	struct mods m;
	int rc = mods_init(&m, change, n, e);

	if (rc == 0)
		rc = assertion(c, filter, &controls[0], e);
	if (rc == 1) {
		deadline_set(&c->deadline, CONNECTION_QUESTION_SECONDS);
		rc = ldap_modify_ext_s(c->ld, dn, m.list, controls, NULL);
		rc = ended(c, rc, dn, e);
	}
	ldap_control_free(controls[0]);
	mods_fini(&m);
	return rc;
}

int
modify_delete(struct connection *c, const char *dn, const char *filter, struct err *e)
{
	LDAPControl *controls[2] = {NULL, NULL};
	int rc = assertion(c, filter, &controls[0], e);

	if (rc == 1) {
		deadline_set(&c->deadline, CONNECTION_QUESTION_SECONDS);
		rc = ldap_delete_ext_s(c->ld, dn, controls, NULL);
		rc = ended(c, rc, dn, e);
	}
	ldap_control_free(controls[0]);
	return rc;
}

int
modify_name(struct connection *c, const char *dn, const char *filter, const char *type,
    struct bytes value, const char *parent, struct err *e)
{
	char escaped[ESCAPE_MAX(MODIFY_NAME_MAX)], rdn[sizeof(escaped) + 64];
	LDAPControl *controls[2] = {NULL, NULL};
	int rc;

	if (value.n > MODIFY_NAME_MAX)
		return err_set(e, ERR_LIMIT, "a name of %zu bytes, want at most %d",
		    value.n, MODIFY_NAME_MAX);
	escape_dn(value, escaped);
	snprintf(rdn, sizeof(rdn), "%.40s=%s", type, escaped);
	if ((rc = assertion(c, filter, &controls[0], e)) == 1) {
		deadline_set(&c->deadline, CONNECTION_QUESTION_SECONDS);
		rc = ldap_rename_s(c->ld, dn, rdn, parent, 0, controls, NULL);
		rc = rc == LDAP_ALREADY_EXISTS ? MODIFY_TAKEN : ended(c, rc, dn, e);
	}
	ldap_control_free(controls[0]);
	return rc;
}
