/*
 * Certificates of authorities (contract in import_anchor.h): compared with what
 * ou=authorities holds, judged, written. Called by import with --anchor.
 */
#include "cli/import_anchor.h"

#include <stdio.h>

#include "cli/subject.h"
#include "core/choice.h"
#include "core/guard.h"
#include "core/isotime.h"
#include "core/name.h"
#include "directory/authority.h"
#include "directory/layout.h"

struct anchor_known {
	struct anchor_known *next;
	const char *dn;
	struct bytes der;
	uint64_t subject; /* name_hash: two encodings of a name are one */
};

/* --- what is there ----------------------------------------------------------- */

static void *
keep(struct anchors *a, const void *p, size_t n)
{
	uint8_t *copy = arena_alloc(&a->arena, n + 1);

	if (copy != NULL && n > 0)
		memcpy(copy, p, n);
	return copy;
}

static int
remember(struct anchors *a, const char *dn, struct bytes der)
{
	struct anchor_known *k = arena_alloc(&a->arena, sizeof(*k));
	struct cert c;

	if (cert_parse(der, &c, NULL) != 0)
		return 0; /* nothing that a new one could be equal to */
	if (++a->n > ANCHOR_MAX)
		return ERR_LIMIT;
	if (k == NULL)
		return ERR_MEMORY;
	k->dn = keep(a, dn, strlen(dn));
	k->der.p = keep(a, der.p, der.n);
	k->der.n = der.n;
	if (k->dn == NULL || k->der.p == NULL)
		return ERR_MEMORY;
	k->subject = name_hash(c.subject);
	k->next = a->known;
	a->known = k;
	return 0;
}

static int
remember_authority(const struct authority *authority, void *ctx)
{
	int rc = 0;

	for (size_t i = 0; i < authority->cert.n && rc == 0; i++)
		rc = remember(ctx, authority->dn, authority->cert.value[i]);
	return rc;
}

int
anchors_open(struct anchors *a, struct err *e)
{
	int rc;

	arena_init(&a->arena, NULL, 0, ANCHOR_BYTES_MAX);
	rc = authority_each(a->admin, a->suffix, remember_authority, a, e);
	if (rc == ERR_LIMIT || rc == ERR_MEMORY)
		err_set(e, rc, "ou=authorities holds more than can be handled");
	return rc;
}

void
anchors_fini(struct anchors *a)
{
	arena_fini(&a->arena);
	a->known = NULL;
}

/* --- judging ----------------------------------------------------------------- */

/* An authority: by basicConstraints, or, before version 3 had them, self-signed
 * (RFC 5280 section 6.1, trust anchors). */
static bool
is_authority(const struct cert *c)
{
	if (c->has_basic_constraints)
		return c->is_ca;
	return c->version < 3 && bytes_equal(c->issuer, c->subject);
}

static int
judge(const struct cert *c, int64_t now, struct err *e)
{
	char key[24], date[ISOTIME_SIZE];

	if (!is_authority(c))
		return err_set(e, ERR_POLICY,
		    "is no certificate of an authority: RFC 5280 section 4.2.1.9: "
		    "basicConstraints without cA; without --anchor it goes to its "
		    "owner");
	if (now > c->not_after)
		return err_set(e, ERR_POLICY, "has expired on %s",
		    isotime_text(c->not_after, date));
	if (c->key == CERT_KEY_RSA && c->key_bits < CHOICE_RSA_MIN_BITS)
		return err_set(e, ERR_POLICY,
		    "has a weak key: found %s, want at least RSA %d",
		    cert_key_text(c, key, sizeof(key)), CHOICE_RSA_MIN_BITS);
	return 0;
}

/* --- writing ----------------------------------------------------------------- */

/* The entry of a new authority: named by its commonName or, where that name is
 * taken by another one, by that and the serial number. */
static int
write_new(struct anchors *a, const struct cert *c, char *dn, struct err *e)
{
	char cn[SUBJECT_TEXT_MAX + 64], serial[48], subject_text[SUBJECT_TEXT_MAX];
	struct subject subject;
	int rc;

	subject_read(
	    c, name_text(c->subject, subject_text, sizeof(subject_text)), &subject);
	snprintf(cn, sizeof(cn), "%s", subject.cn);
	rc = authority_add(a->admin, a->suffix, bytes_of(cn), c->der, e);
	if (rc == 0) {
		snprintf(cn, sizeof(cn), "%s %s", subject.cn,
		    cert_serial_text(c->serial, serial, sizeof(serial)));
		rc = authority_add(a->admin, a->suffix, bytes_of(cn), c->der, e);
	}
	if (rc == 0)
		return err_set(
		    e, ERR_POLICY, "cn=%s is taken by another authority", cn);
	return rc == 1 ? layout_entry(
			     "cn", bytes_of(cn), LAYOUT_AUTHORITIES, a->suffix, dn, e)
		       : rc;
}

static int
write_anchor(
    struct anchors *a, const struct cert *c, enum place_result *out, struct err *e)
{
	uint64_t subject = name_hash(c->subject);
	char dn[LAYOUT_DN_MAX] = "(dry run)";
	const char *there = NULL;
	int rc = 0;

	for (struct anchor_known *k = a->known; k != NULL; k = k->next)
		if (k->subject == subject)
			there = k->dn;
	if (there != NULL)
		snprintf(dn, sizeof(dn), "%s", there);
	if (!a->dry_run && there != NULL)
		rc = authority_add_cert(a->admin, there, c->der, e);
	else if (!a->dry_run)
		rc = write_new(a, c, dn, e);
	if (rc < 0)
		return rc;
	if (remember(a, dn, c->der) != 0)
		return err_set(e, ERR_MEMORY, "no memory for an authority");
	*out = there != NULL ? PLACE_ADDED : PLACE_NEW_ANCHOR;
	return 0;
}

int
anchor_add(struct anchors *a, struct bytes der, enum place_result *out, struct err *e)
{
	struct cert c;
	int rc;

	*out = PLACE_REFUSED;
	if (cert_parse(der, &c, e) != 0) {
		guard_check(GUARD_CERTIFICATE, der, NULL, 0, a->now, e);
		return 0;
	}
	for (struct anchor_known *k = a->known; k != NULL; k = k->next) {
		if (!bytes_equal(k->der, der))
			continue;
		*out = PLACE_PRESENT;
		return 0;
	}
	if (judge(&c, a->now, e) != 0)
		return 0;
	rc = write_anchor(a, &c, out, e);
	return rc == ERR_IO || rc == ERR_MEMORY ? rc : 0;
}
