/*
 * Tests of core/revoked: what is found, by whichever encoding of the issuer; what a
 * delta CRL takes out again, whatever the order; that a CRL is taken whole or not at
 * all; and the limits.
 */
#include "core/revoked.h"
#include "tests/unit/asn.h"
#include "tests/unit/check.h"

#define CN(value)      "30{31{30{0603550403 " value "}}}"
#define CA	       CN("0c{'Example CA'}")
#define ALG	       "30{06092a864886f70d01010b 0500}"
#define ENTRY(n, more) "30{02{" n "} 17{'231231000000Z'} " more "}"
#define HOLD	       "30{30{0603551d15 04{0a0106}}}"
#define REMOVE	       "30{30{0603551d15 04{0a0108}}}"
#define OF(name)       "30{30{0603551d1d 0101ff 04{30{a4{" name "}}}}}"
#define CRL(issuer, time, entries)                                                     \
	"30{30{020101 " ALG issuer "17{'" time "'} 30{" entries "}} " ALG " 03{0001}}"
#define BASE_1	CRL(CA, "240101000000Z", ENTRY("05", HOLD) ENTRY("06", ""))
#define DELTA_2 CRL(CA, "240102000000Z", ENTRY("05", REMOVE) ENTRY("07", ""))
#define BASE_3	CRL(CA, "240103000000Z", ENTRY("05", "") ENTRY("06", "") ENTRY("07", ""))

static struct asn a;

static int
add(struct revoked *r, const char *text)
{
	struct bytes der = asn_exact(&a, text);
	int64_t next = 0;
	struct err e = {0};
	int rc = revoked_add_crl(r, der, &next, &e);

	/* Copies, not views: the source goes away at once. */
	asn_free(der);
	if (rc != 0 && e.text[0] == '\0')
		return ERR_USAGE;
	return rc;
}

static bool
has(const struct revoked *r, const char *issuer, const char *serial)
{
	static struct asn name, number;

	return revoked_has(r, asn(&name, issuer), asn(&number, serial));
}

/* Which of the serials 04 to 08 of the CA are revoked, as "5 6 ". */
static const char *
which(const struct revoked *r)
{
	static char buf[32];
	char serial[4];
	size_t at = 0;

	buf[0] = '\0';
	for (int i = 4; i <= 8; i++) {
		snprintf(serial, sizeof(serial), "%02x", (unsigned)i);
		if (has(r, CA, serial))
			at += (size_t)snprintf(buf + at, sizeof(buf) - at, "%d ", i);
	}
	return buf;
}

static void
test_revoked__orders(void)
{
	static const struct {
		const char *name;
		const char *crl[3];
		const char *want;
	} table[] = {
	    {"nothing", {NULL}, ""},
	    {"base", {BASE_1}, "5 6 "},
	    {"same_twice", {BASE_1, BASE_1}, "5 6 "},
	    {"delta_alone", {DELTA_2}, "7 "},
	    {"base_delta", {BASE_1, DELTA_2}, "6 7 "},
	    {"delta_base", {DELTA_2, BASE_1}, "6 7 "},
	    {"newer_base_after_delta", {BASE_1, DELTA_2, BASE_3}, "5 6 7 "},
	    {"newer_base_first", {BASE_3, DELTA_2, BASE_1}, "5 6 7 "},
	    {"same_time", {CRL(CA, "240102000000Z", ENTRY("05", HOLD)), DELTA_2}, "7 "},
	    {"same_time_turned_round",
		{DELTA_2, CRL(CA, "240102000000Z", ENTRY("05", HOLD))}, "7 "},
	};

	for (size_t i = 0; i < NITEMS(table); i++) {
		struct revoked *r = revoked_new();
		char name[64];
		int rc = 0;

		for (int k = 0; k < 3 && table[i].crl[k] != NULL; k++)
			rc |= add(r, table[i].crl[k]);
		revoked_seal(r);
		snprintf(name, sizeof(name), "revoked/order/%s", table[i].name);
		check(rc == 0 && strcmp(which(r), table[i].want) == 0 &&
			  revoked_count(r) == strlen(table[i].want) / 2,
		    name, "got %d \"%s\" of %zu, want \"%s\"", rc, which(r),
		    revoked_count(r), table[i].want);
		revoked_free(&r);
		check(r == NULL, "revoked/free_leaves_null", "is not NULL");
	}
}

static void
test_revoked__has(void)
{
	static const struct {
		const char *name, *issuer, *serial;
		bool want;
	} table[] = {
	    {"as_listed", CA, "06", true},
	    {"other_serial", CA, "09", false},
	    {"no_serial", CA, "", false},
	    {"longer_serial", CA, "0600", false},
	    {"long_serial", CA, "00ffffffffffffffffffffffffffffffffffffffff", true},
	    {"beginning_of_it", CA, "00ffff", false},
	    {"printable", CN("13{'Example CA'}"), "06", true},
	    {"case_and_blanks", CN("13{' EXAMPLE  CA'}"), "06", true},
	    {"other_issuer", CN("0c{'Example CB'}"), "06", false},
	    {"of_indirect", CN("0c{'Other'}"), "0b", true},
	    {"indirect_after_it", CN("0c{'Other'}"), "0c", true},
	    {"indirect_not_the_crls", CA, "0b", false},
	    {"indirect_not_the_others", CN("0c{'Other'}"), "06", false},
	    {"malformed_issuer", "31{}", "06", false},
	};
	struct revoked *r = revoked_new();

	check_int("revoked/has/add",
	    add(r, CRL(CA, "240101000000Z",
		       ENTRY("06", "")
			   ENTRY("00ffffffffffffffffffffffffffffffffffffffff", "")
			       ENTRY("0b", OF(CN("0c{'Other'}"))) ENTRY("0c", ""))),
	    0);
	revoked_seal(r);
	for (size_t i = 0; i < NITEMS(table); i++) {
		char name[64];

		snprintf(name, sizeof(name), "revoked/has/%s", table[i].name);
		check_int(
		    name, has(r, table[i].issuer, table[i].serial), table[i].want);
	}
	revoked_free(&r);
}

/* A CRL with something wrong in it adds nothing, also not what came before. */
static void
test_revoked__whole_or_not(void)
{
	static const struct {
		const char *name, *crl;
		int want;
	} table[] = {
	    {"not_a_crl", "30{}", ERR_SYNTAX},
	    {"last_entry_broken",
		CRL(CA, "240101000000Z", ENTRY("05", "") "30{020106}"), ERR_SYNTAX},
	    {"critical_entry",
		CRL(CA, "240101000000Z",
		    ENTRY("05", "") ENTRY("06", "30{30{06032a0304 0101ff 0400}}")),
		ERR_UNSUPPORTED},
	    {"critical_crl",
		"30{30{020101 " ALG CA "17{'240101000000Z'} 30{" ENTRY(
		    "05", "") "}"
			      "a0{30{30{06032a0304 0101ff 0400}}}} " ALG " 03{0001}}",
		ERR_UNSUPPORTED},
	};
	struct revoked *r = revoked_new();

	for (size_t i = 0; i < NITEMS(table); i++) {
		char name[64];

		snprintf(name, sizeof(name), "revoked/refused/%s", table[i].name);
		check_int(name, add(r, table[i].crl), table[i].want);
	}
	check_int("revoked/refused/then_good",
	    add(r, CRL(CA, "240101000000Z", ENTRY("08", ""))), 0);
	revoked_seal(r);
	check_str("revoked/refused/only_the_good", which(r), "8 ");
	revoked_free(&r);
}

static void
test_revoked__next_update(void)
{
	struct revoked *r = revoked_new();
	int64_t next = 0;

	revoked_add_crl(r, asn(&a, BASE_1), &next, NULL);
	check(next == INT64_MAX, "revoked/next_update/absent", "got %lld",
	    (long long)next);
	revoked_add_crl(r,
	    asn(&a, "30{30{020101 " ALG CA
		    "17{'240101000000Z'} 17{'240108000000Z'}} " ALG " 03{0001}}"),
	    &next, NULL);
	check_int("revoked/next_update/there", next, 1704672000);
	check_int("revoked/sealed/not_yet", has(r, CA, "06"), false);
	revoked_seal(r);
	check_int("revoked/sealed/asked", has(r, CA, "06"), true);
	check_int("revoked/sealed/nothing_more", add(r, BASE_3), ERR_USAGE);
	check_int("revoked/sealed/still", (long long)revoked_count(r), 2);
	revoked_free(&r);
	revoked_free(&r);
	check(r == NULL, "revoked/free_twice", "is not NULL");
}

/* --- many ------------------------------------------------------------------------ */

static uint8_t crl_bytes[12 * 1024 * 1024];

static size_t
put(size_t at, const void *p, size_t n)
{
	memcpy(crl_bytes + at, p, n);
	return at + n;
}

static size_t
put_header(size_t at, uint8_t tag, size_t len)
{
	uint8_t h[5] = {
	    tag, 0x83, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};

	return put(at, h, sizeof(h));
}

/* A CRL with n entries whose serials are 01 xx xx xx, every other number. */
static struct bytes
large_crl(size_t n)
{
	static struct asn head, entry, tail;
	struct bytes h = asn(&head, "020101 " ALG CA "17{'240101000000Z'}");
	struct bytes e = asn(&entry, ENTRY("01000000", ""));
	struct bytes t = asn(&tail, ALG " 03{0001}");
	size_t tbs = h.n + 5 + n * e.n, at;

	at = put_header(0, 0x30, 5 + tbs + t.n);
	at = put_header(at, 0x30, tbs);
	at = put(at, h.p, h.n);
	at = put_header(at, 0x30, n * e.n);
	for (size_t i = 0; i < n; i++) {
		size_t serial = 2 * i;

		at = put(at, e.p, e.n);
		crl_bytes[at - e.n + 5] = (uint8_t)(serial >> 16);
		crl_bytes[at - e.n + 6] = (uint8_t)(serial >> 8);
		crl_bytes[at - e.n + 7] = (uint8_t)serial;
	}
	at = put(at, t.p, t.n);
	return (struct bytes){crl_bytes, at};
}

static void
test_revoked__large(void)
{
	static struct asn name;
	struct bytes issuer = asn(&name, CA);
	struct revoked *r = revoked_new();
	const size_t n = 400000;
	int64_t next;
	size_t wrong = 0;
	int rc = revoked_add_crl(r, large_crl(n), &next, NULL);

	check_int("revoked/large/add", rc, 0);
	revoked_seal(r);
	check_int("revoked/large/count", (long long)revoked_count(r), (long long)n);
	for (size_t i = 0; i < 2 * n; i += 7) {
		uint8_t serial[] = {
		    1, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

		wrong +=
		    revoked_has(r, issuer, (struct bytes){serial, 4}) != (i % 2 == 0);
	}
	check_int("revoked/large/has", (long long)wrong, 0);
	revoked_free(&r);
}

/* Full to the last entry, and then one more. */
static void
test_revoked__full(void)
{
	struct revoked *r = revoked_new();
	const size_t step = 400000;
	int64_t next;
	int rc = 0;

	for (size_t n = 0; n < REVOKED_MAX && rc == 0; n += step)
		rc = revoked_add_crl(r,
		    large_crl(REVOKED_MAX - n < step ? REVOKED_MAX - n : step), &next,
		    NULL);
	check_int("revoked/limit/entries_at", rc, 0);
	check_int("revoked/limit/entries_one_past",
	    add(r, CRL(CA, "240101000000Z", ENTRY("05", ""))), ERR_LIMIT);
	revoked_free(&r);
}

/* n entries of n issuers. */
static int
add_issuers(struct revoked *r, unsigned n)
{
	static char text[256 * 1024];
	size_t at = (size_t)snprintf(
	    text, sizeof(text), "30{30{020101 " ALG CA "17{'240101000000Z'} 30{");

	for (unsigned i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    "30{020105 17{'231231000000Z'} 30{30{0603551d1d 0101ff 04{30{a4{"
		    "30{31{30{0603550403 0c{'%u'}}}}}}}}}}",
		    i);
	snprintf(text + at, sizeof(text) - at, "}} " ALG " 03{0001}}");
	return add(r, text);
}

static void
test_revoked__issuers(void)
{
	struct revoked *r = revoked_new();

	check_int("revoked/limit/issuers_at", add_issuers(r, REVOKED_MAX_ISSUERS), 0);
	revoked_seal(r);
	check_int("revoked/limit/issuers_count", (long long)revoked_count(r),
	    REVOKED_MAX_ISSUERS);
	check(has(r, CN("0c{'1023'}"), "05"), "revoked/limit/last_issuer", "not found");
	revoked_free(&r);
	r = revoked_new();
	check_int("revoked/limit/issuers_one_past",
	    add_issuers(r, REVOKED_MAX_ISSUERS + 1), ERR_LIMIT);
	check_int("revoked/limit/then_good", add(r, BASE_1), 0);
	revoked_seal(r);
	check_int("revoked/limit/only_the_good", (long long)revoked_count(r), 2);
	revoked_free(&r);
}

int
main(void)
{
	test_revoked__orders();
	test_revoked__has();
	test_revoked__whole_or_not();
	test_revoked__next_update();
	test_revoked__large();
	test_revoked__full();
	test_revoked__issuers();
	return check_done();
}
