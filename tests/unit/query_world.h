/*
 * What the tests of the query plan take the server to be: the attributes of
 * slapd's own schema files that our entries use, and those that are published.
 * query_world_read gives a tree as slapd would hand it to the adapter: values
 * of known attributes in lower case, what does not fit its syntax unknown.
 */
#ifndef CHANCERY_TESTS_QUERY_WORLD_H
#define CHANCERY_TESTS_QUERY_WORLD_H

#include "core/query.h"

#include <stdlib.h>

static const char *const world_published[] = {"objectClass", "cn", "sn", "givenName",
    "displayName", "mail", "o", "ou", "title", "telephoneNumber", "mobile",
    "description", "userCertificate", "userSMIMECertificate", "cACertificate",
    "certificateRevocationList", "authorityRevocationList", "crossCertificatePair",
    "pgpCertID", "pgpKeyID", "pgpUserID", "pgpKey", "pgpRevoked", "pgpDisabled",
    "pgpBaseKeySpaceDN", "pgpSoftware", "pgpVersion", "gpgMailbox", "gpgFingerprint",
    "gpgSubFingerprint", "dc", "l"};

/* In the schema, but not shown. */
static const char *const world_private[] = {"uid", "userPassword", "employeeNumber",
    "facsimileTelephoneNumber", "internationaliSDNNumber", "pager", "roomNumber",
    "labeledURI", "name", "email", "emailAddress", "roleOccupant", "entryDN"};

static const char *const world_oid[] = {"2.5.4.3", "2.5.4.4", "2.5.4.36", "commonName",
    "surname", "gn", "2.16.840.1.113730.3.1.40", "0.9.2342.19200300.100.1.3",
    "rfc822Mailbox", "2.5.4.0"};

/* slapd takes no class that its schema does not have. */
static const char *const world_classes[] = {"top", "person", "inetOrgPerson",
    "organizationalUnit", "organization", "dcObject", "pkiCA", "2.5.6.22",
    "certificationAuthority", "cRLDistributionPoint", "pgpKeyInfo", "pgpServerInfo",
    "subschema", "groupOfNames"};

static bool
world_listed(struct bytes name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal_nocase(name, bytes_of(list[i])))
			return true;
	return false;
}

static bool
world_is_published(struct bytes attr, void *ctx)
{
	(void)ctx;
	return world_listed(attr, world_published, NITEMS(world_published));
}

/* slapd has no userSMIMECertificate;binary: the syntax is no binary one. */
static bool
world_is_known(struct bytes attr)
{
	const uint8_t *semicolon = attr.n == 0 ? NULL : memchr(attr.p, ';', attr.n);
	struct bytes base = attr, option = {NULL, 0};

	if (semicolon != NULL) {
		base.n = (size_t)(semicolon - attr.p);
		option = (struct bytes){semicolon + 1, attr.n - base.n - 1};
	}
	if (option.n > 0 && bytes_equal_nocase(option, BYTES("binary")) &&
	    !bytes_equal_nocase(base, BYTES("userCertificate")) &&
	    !bytes_equal_nocase(base, BYTES("cACertificate")) &&
	    !bytes_equal_nocase(base, BYTES("2.5.4.36")))
		return false;
	return base.n == 0 || world_is_published(base, NULL) ||
	       world_listed(base, world_private, NITEMS(world_private)) ||
	       world_listed(base, world_oid, NITEMS(world_oid));
}

static bool
world_is_ascii(struct bytes v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= 0x80)
			return false;
	return true;
}

static bool
world_is_mail(struct bytes attr)
{
	return bytes_equal_nocase(attr, BYTES("mail")) ||
	       bytes_equal_nocase(attr, BYTES("rfc822Mailbox")) ||
	       bytes_equal_nocase(attr, BYTES("0.9.2342.19200300.100.1.3"));
}

static struct bytes
world_lower(struct arena *a, struct bytes v)
{
	uint8_t *p = arena_alloc(a, v.n);

	if (p == NULL)
		abort();
	for (size_t i = 0; i < v.n; i++)
		p[i] = byte_lower(v.p[i]);
	return (struct bytes){p, v.n};
}

static void
world_normalize(struct arena *a, struct query *q)
{
	struct bytes *any;

	for (struct query *c = q->child; c != NULL; c = c->next)
		world_normalize(a, c);
	if (world_is_mail(q->attr)) {
		q->known = world_is_ascii(q->value) && world_is_ascii(q->initial) &&
			   world_is_ascii(q->final);
		for (size_t i = 0; i < q->n_any; i++)
			q->known = q->known && world_is_ascii(q->any[i]);
	}
	if (!q->known || (q->op == QUERY_EQUAL && q->value.n == 0)) {
		q->known = q->known && q->op != QUERY_EQUAL;
		return;
	}
	if (q->op != QUERY_EQUAL && q->op != QUERY_SUBSTRING)
		return;
	if (bytes_equal_nocase(q->attr, BYTES("objectClass"))) {
		q->known = world_listed(q->value, world_classes, NITEMS(world_classes));
		return;
	}
	q->value = world_lower(a, q->value);
	q->initial = world_lower(a, q->initial);
	q->final = world_lower(a, q->final);
	any = arena_alloc(a, (q->n_any + 1) * sizeof(*any));
	if (any == NULL)
		abort();
	for (size_t i = 0; i < q->n_any; i++)
		any[i] = world_lower(a, q->any[i]);
	q->any = any;
}

static int
world_read(struct arena *a, struct bytes text, struct query **out, struct err *e)
{
	int rc = query_parse(text, world_is_known, a, out, e);

	if (rc == 0)
		world_normalize(a, *out);
	return rc;
}

#endif
