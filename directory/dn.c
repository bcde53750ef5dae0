/*
 * Comparing DNs: contract in dn.h.
 */
#include "directory/dn.h"

#include "directory/handle.h"

static bool
ava_equal(const LDAPAVA *a, const LDAPAVA *b)
{
	struct bytes name_a = {(const uint8_t *)a->la_attr.bv_val, a->la_attr.bv_len};
	struct bytes name_b = {(const uint8_t *)b->la_attr.bv_val, b->la_attr.bv_len};
	struct bytes value_a = {
	    (const uint8_t *)a->la_value.bv_val, a->la_value.bv_len};
	struct bytes value_b = {
	    (const uint8_t *)b->la_value.bv_val, b->la_value.bv_len};

	return bytes_equal_nocase(name_a, name_b) &&
	       bytes_equal_nocase(value_a, value_b);
}

/* In the order in which they stand: multi-valued RDNs are rare. */
static bool
rdn_equal(const LDAPRDN a, const LDAPRDN b)
{
	size_t i = 0;

	for (; a[i] != NULL && b[i] != NULL; i++)
		if (!ava_equal(a[i], b[i]))
			return false;
	return a[i] == NULL && b[i] == NULL;
}

bool
dn_equal(const char *a, const char *b)
{
	LDAPDN x = NULL, y = NULL;
	bool equal = ldap_str2dn(a, &x, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS &&
		     ldap_str2dn(b, &y, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS &&
		     x != NULL && y != NULL;

	for (size_t i = 0; equal && (x[i] != NULL || y[i] != NULL); i++)
		equal = x[i] != NULL && y[i] != NULL && rdn_equal(x[i], y[i]);
	ldap_dnfree(x);
	ldap_dnfree(y);
	return equal;
}

size_t
dn_value(const char *dn, const char *type, char *out, size_t size)
{
	LDAPRDN rdn = NULL;
	char *rest = NULL;
	size_t n = 0;

	/* libldap does not survive an empty one. */
	if (dn[0] != '\0' &&
	    ldap_str2rdn(dn, &rdn, &rest, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS &&
	    rdn != NULL && rdn[0] != NULL && rdn[1] == NULL) {
		struct bytes name = {
		    (const uint8_t *)rdn[0]->la_attr.bv_val, rdn[0]->la_attr.bv_len};

		if (bytes_equal_nocase(name, bytes_of(type)) &&
		    rdn[0]->la_value.bv_len < size) {
			n = rdn[0]->la_value.bv_len;
			memcpy(out, rdn[0]->la_value.bv_val, n);
		}
	}
	out[n] = '\0';
	ldap_rdnfree(rdn);
	return n;
}
