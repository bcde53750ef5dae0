/*
 * CRLs as they are made: read back by core and by OpenSSL, verified, held against
 * what went in; and every entry or setting that may not be.
 */
#include "crypto/crl_make.h"

#include <openssl/x509v3.h>

#include "core/crl.h"
#include "tests/unit/ca_world.h"
#include "tests/unit/check.h"

enum {
	HOUR = 3600,
	MANY = 20000,
	SERIAL_ROOM = CRL_MAKE_SERIAL_MAX
};

static struct world world;

#define SERIAL(text)                                                                   \
	{                                                                              \
		(const uint8_t *)(text), sizeof(text) - 1                              \
	}

/* Verifies with OpenSSL; NULL where it does not. */
static X509_CRL *
verified(const struct ca *ca, const struct owned *crl)
{
	struct bytes der = ca_certificate(ca);
	const uint8_t *p = der.p, *q = crl->p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	X509_CRL *c = d2i_X509_CRL(NULL, &q, (long)crl->n);

	if (c != NULL && X509_CRL_verify(c, X509_get0_pubkey(x)) != 1) {
		X509_CRL_free(c);
		c = NULL;
	}
	X509_free(x);
	return c;
}

/* --- good ones ---------------------------------------------------------------- */

static void
test_entries(void)
{
	/* out of order, with one given three times */
	static const struct crl_make_entry in[] = {
	    {SERIAL("\x7f\x01"), WORLD_NOW - 10, CRL_MAKE_SUPERSEDED},
	    {SERIAL("\x05"), WORLD_NOW, CRL_MAKE_UNSPECIFIED},
	    {SERIAL("\x00\xff"), WORLD_NOW - 50, CRL_MAKE_CESSATION},
	    {SERIAL("\x7f\x01"), WORLD_NOW - 5, CRL_MAKE_KEY_COMPROMISE},
	    {SERIAL("\x7f\x01"), WORLD_NOW - 20, CRL_MAKE_PRIVILEGE},
	    {SERIAL("\x4a\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
		    "\x10"),
		WORLD_NOW - 1, CRL_MAKE_AFFILIATION},
	};
	static const struct crl_make_entry want[] = {
	    {SERIAL("\x05"), WORLD_NOW, CRL_MAKE_UNSPECIFIED},
	    {SERIAL("\x00\xff"), WORLD_NOW - 50, CRL_MAKE_CESSATION},
	    {SERIAL("\x7f\x01"), WORLD_NOW - 20, CRL_MAKE_KEY_COMPROMISE},
	    {SERIAL("\x4a\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
		    "\x10"),
		WORLD_NOW - 1, CRL_MAKE_AFFILIATION},
	};
	struct owned crl = {0}, turned = {0};
	struct crl_make_entry back[NITEMS(in)];
	struct crl_entry entry;
	struct err e = {0};
	struct crl read;
	X509_CRL *c;
	size_t n = 0;

	if (!check(crl_make(world.issuing, in, NITEMS(in), 77, WORLD_NOW, 168, &crl,
		       &e) == 0,
		"made", "%s", e.text))
		return;
	c = verified(world.issuing, &crl);
	check(c != NULL, "openssl_verifies", "it does not");
	check(crl_open(owned_view(&crl), &read, &e) == 0, "core_reads", "%s", e.text);
	check_int("this_update", read.this_update, WORLD_NOW);
	check_int("next_update", read.next_update, WORLD_NOW + 168 * HOUR);
	for (; crl_next(&read, &entry) == 1; n++)
		check(n < NITEMS(want) && bytes_equal(entry.serial, want[n].serial) &&
			  entry.revoked_at == want[n].revoked_at &&
			  entry.reason == want[n].reason,
		    "entry", "%zu: at %lld for %d", n, (long long)entry.revoked_at,
		    entry.reason);
	check_int("entries", (long long)n, NITEMS(want));
	if (c != NULL) {
		ASN1_INTEGER *number =
		    X509_CRL_get_ext_d2i(c, NID_crl_number, NULL, NULL);

		check_int("number", ASN1_INTEGER_get(number), 77);
		ASN1_INTEGER_free(number);
	}
	X509_CRL_free(c);

	/* the order in which they are given does not matter (the signature may) */
	for (size_t i = 0; i < NITEMS(in); i++)
		back[i] = in[NITEMS(in) - 1 - i];
	crl_make(world.issuing, back, NITEMS(in), 77, WORLD_NOW, 168, &turned, &e);
	check(turned.n > 150 && memcmp(turned.p + 10, crl.p + 10, 150) == 0,
	    "order_does_not_matter", "another beginning");
	owned_free(&turned);
	owned_free(&crl);
}

static void
test_empty(void)
{
	struct owned crl = {0};
	struct err e = {0};
	X509_CRL *c;

	check(crl_make(world.issuing, NULL, 0, 1, WORLD_NOW, 1, &crl, &e) == 0, "empty",
	    "%s", e.text);
	c = verified(world.issuing, &crl);
	/* an empty list must be absent, not a SEQUENCE without content */
	check(c != NULL && X509_CRL_get_REVOKED(c) == NULL, "empty_has_no_list",
	    "it has one");
	X509_CRL_free(c);
	owned_free(&crl);
	check(crl_make(world.root, NULL, 0, 1, WORLD_NOW, CRL_MAKE_MAX_HOURS_ROOT, &crl,
		  &e) == 0,
	    "root_for_a_year", "%s", e.text);
	owned_free(&crl);
}

/* A leaf that was issued, revoked, and looked for in the CRL. */
static void
test_revokes(void)
{
	struct profile_request r = world_request(&world, PROFILE_MAILBOX);
	struct crl_make_entry entry = {
	    {world_serial, sizeof(world_serial)}, WORLD_NOW, CRL_MAKE_SUPERSEDED};
	X509_STORE *store = X509_STORE_new();
	struct owned tbs, leaf, crl[2];
	X509_STORE_CTX *ctx;
	X509 *x[3];
	struct err e = {0};

	world_must(
	    ca_prepare(world.issuing, &world_policy, &r, &tbs, &e), &e, "prepare");
	world_must(
	    ca_issue(world.issuing, &world_policy, &r, owned_view(&tbs), &leaf, &e), &e,
	    "issue");
	world_must(
	    crl_make(world.root, NULL, 0, 1, WORLD_NOW, 24, &crl[0], &e), &e, "CRL");
	for (int revoked = 0; revoked < 2; revoked++) {
		const struct bytes der[3] = {owned_view(&leaf),
		    owned_view(&world.issuing_cert), owned_view(&world.root_cert)};
		STACK_OF(X509) *chain = sk_X509_new_null();
		STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
		X509_CRL *c[2];
		int rc;

		world_must(crl_make(world.issuing, &entry, (size_t)revoked, 2,
			       WORLD_NOW, 24, &crl[1], &e),
		    &e, "CRL");
		for (int i = 0; i < 3; i++) {
			const uint8_t *p = der[i].p;

			x[i] = d2i_X509(NULL, &p, (long)der[i].n);
		}
		for (int i = 0; i < 2; i++) {
			const uint8_t *p = crl[i].p;

			c[i] = d2i_X509_CRL(NULL, &p, (long)crl[i].n);
			sk_X509_CRL_push(crls, c[i]);
		}
		sk_X509_push(chain, x[1]);
		if (revoked == 0)
			X509_STORE_add_cert(store, x[2]);
		ctx = X509_STORE_CTX_new();
		X509_STORE_CTX_init(ctx, store, x[0], chain);
		X509_STORE_CTX_set0_crls(ctx, crls);
		X509_STORE_CTX_set_time(ctx, 0, WORLD_NOW + HOUR);
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT |
						  X509_V_FLAG_CRL_CHECK |
						  X509_V_FLAG_CRL_CHECK_ALL);
		rc = X509_verify_cert(ctx) == 1 ? X509_V_OK
						: X509_STORE_CTX_get_error(ctx);
		check_int(revoked ? "revoked_is_found" : "good_is_good", rc,
		    revoked ? X509_V_ERR_CERT_REVOKED : X509_V_OK);
		X509_STORE_CTX_free(ctx);
		sk_X509_free(chain);
		sk_X509_CRL_free(crls);
		for (int i = 0; i < 3; i++)
			X509_free(x[i]);
		X509_CRL_free(c[0]);
		X509_CRL_free(c[1]);
		owned_free(&crl[1]);
	}
	X509_STORE_free(store);
	owned_free(&crl[0]);
	owned_free(&leaf);
	owned_free(&tbs);
}

static void
test_many(void)
{
	struct crl_make_entry *entry = calloc(MANY, sizeof(*entry));
	uint8_t(*serial)[SERIAL_BYTES] = calloc(MANY, SERIAL_BYTES);
	struct owned crl = {0};
	struct crl_entry one;
	struct err e = {0};
	struct crl read;
	size_t n = 0;

	for (size_t i = 0; i < MANY; i++) {
		if (serial_make(serial[i], &e) != 0)
			abort();
		entry[i] = (struct crl_make_entry){
		    {serial[i], SERIAL_BYTES}, WORLD_NOW - (int64_t)i, (int)(i % 2)};
	}
	check(crl_make(world.issuing, entry, MANY, 9, WORLD_NOW, 24, &crl, &e) == 0,
	    "many", "%s", e.text);
	crl_open(owned_view(&crl), &read, NULL);
	while (crl_next(&read, &one) == 1)
		n++;
	check_int("many_entries", (long long)n, MANY);
	owned_free(&crl);
	free(entry);
	free(serial);
}

/* --- what may not be ----------------------------------------------------------- */

static void
test_refused(void)
{
	static const uint8_t long_serial[SERIAL_ROOM + 1] = {1};
	static const struct {
		const char *name;
		struct crl_make_entry entry;
		int want;
	} rows[] = {
	    {"reason_hold", {SERIAL("\x05"), 0, 6}, ERR_POLICY},
	    {"reason_remove", {SERIAL("\x05"), 0, 8}, ERR_POLICY},
	    {"reason_7", {SERIAL("\x05"), 0, 7}, ERR_POLICY},
	    {"reason_aa", {SERIAL("\x05"), 0, 10}, ERR_POLICY},
	    {"reason_negative", {SERIAL("\x05"), 0, -1}, ERR_POLICY},
	    {"reason_ca_of_person", {SERIAL("\x05"), 0, 2}, ERR_POLICY},
	    {"future", {SERIAL("\x05"), WORLD_NOW + 1, 1}, ERR_POLICY},
	    {"serial_none", {{NULL, 0}, 0, 1}, ERR_SYNTAX},
	    {"serial_zero", {SERIAL("\x00"), 0, 1}, ERR_SYNTAX},
	    {"serial_negative", {SERIAL("\x80"), 0, 1}, ERR_SYNTAX},
	    {"serial_padded", {SERIAL("\x00\x05"), 0, 1}, ERR_SYNTAX},
	    {"serial_past_limit", {{long_serial, sizeof(long_serial)}, 0, 1},
		ERR_SYNTAX},
	    {"serial_at_limit", {{long_serial, SERIAL_ROOM}, 0, 1}, 0},
	};
	static const struct {
		const char *name;
		uint64_t number;
		unsigned hours;
		size_t n;
		int want;
	} settings[] = {
	    {"number_0", 0, 24, 0, ERR_USAGE},
	    {"hours_0", 1, 0, 0, ERR_LIMIT},
	    {"hours_at_most", 1, CRL_MAKE_MAX_HOURS, 0, 0},
	    {"hours_past_limit", 1, CRL_MAKE_MAX_HOURS + 1, 0, ERR_LIMIT},
	    {"entries_past_limit", 1, 24, CRL_MAKE_MAX_ENTRIES + 1, ERR_LIMIT},
	};
	struct owned crl = {0};
	struct err e = {0};

	for (size_t i = 0; i < NITEMS(rows); i++) {
		int rc = crl_make(
		    world.issuing, &rows[i].entry, 1, 1, WORLD_NOW, 24, &crl, &e);

		check(rc == rows[i].want && (rc == 0) == (crl.p != NULL), rows[i].name,
		    "got %d: %s", rc, e.text);
		owned_free(&crl);
	}
	for (size_t i = 0; i < NITEMS(settings); i++) {
		int rc = crl_make(world.issuing, &rows[0].entry, settings[i].n,
		    settings[i].number, WORLD_NOW, settings[i].hours, &crl, &e);

		check(
		    rc == settings[i].want, settings[i].name, "got %d: %s", rc, e.text);
		owned_free(&crl);
	}
	check_int("ca_ended",
	    crl_make(world.issuing, NULL, 0, 1, ca_issuer(world.issuing)->not_after, 24,
		&crl, &e),
	    ERR_POLICY);
	check_int("ca_nearly_ended",
	    crl_make(world.issuing, NULL, 0, 1,
		ca_issuer(world.issuing)->not_after - HOUR, 24, &crl, &e),
	    0);
	{
		struct crl read;

		crl_open(owned_view(&crl), &read, NULL);
		check_int("next_update_cut", read.next_update,
		    ca_issuer(world.issuing)->not_after);
		owned_free(&crl);
	}
	check_int("root_ca_compromise",
	    crl_make(world.root,
		&(struct crl_make_entry){SERIAL("\x05"), 0, CRL_MAKE_CA_COMPROMISE}, 1,
		1, WORLD_NOW, 24, &crl, &e),
	    0);
	owned_free(&crl);
}

static void
test_numbers(void)
{
	static const struct {
		const char *name;
		uint64_t last;
		int64_t now;
		uint64_t want;
	} rows[] = {
	    {"first", 0, WORLD_NOW, WORLD_NOW},
	    {"later", WORLD_NOW - 5, WORLD_NOW, WORLD_NOW},
	    {"same_second", WORLD_NOW, WORLD_NOW, WORLD_NOW + 1},
	    {"clock_back", WORLD_NOW + 1000, WORLD_NOW, WORLD_NOW + 1001},
	    {"before_1970", 0, -5, 1},
	    {"before_1970_again", 1, -5, 2},
	};

	for (size_t i = 0; i < NITEMS(rows); i++)
		check_int(rows[i].name,
		    (long long)crl_make_number(rows[i].last, rows[i].now),
		    (long long)rows[i].want);
}

static void
test_reason_words(void)
{
	struct err e = {0};
	int reason = -1;

	check(crl_make_reason_read(BYTES("key-compromise"), &reason, &e) == 0 &&
		  reason == 1,
	    "word", "%d", reason);
	check_int("word_unknown", crl_make_reason_read(BYTES("hold"), &reason, &e),
	    ERR_UNSUPPORTED);
	check_str("word_of_4", crl_make_reason_word(4), "superseded");
	check(crl_make_reason_word(6) == NULL, "no_word_of_hold", "it has one");
}

int
main(void)
{
	world_init(&world, KEY_P256, KEY_P256);
	test_entries();
	test_empty();
	test_revokes();
	test_many();
	test_refused();
	test_numbers();
	test_reason_words();
	world_fini(&world);
	return check_done();
}
