/*
 * The company directory's entries as structs: GUIDs, addresses, what is disabled or
 * shared; filters tested on entries; DNs compared.
 */
#include "directory/company.h"

#include <stdlib.h>

#include "directory/dn.h"
#include "tests/unit/check.h"

static void
test_company__id(void)
{
	static const struct {
		const char *name;
		struct bytes in;
		bool binary;
		const char *want; /* "" refused */
	} rows[] = {
	    /* MS-DTYP 2.3.4.2, and what PowerShell shows for these octets. */
	    {"octets",
		BYTES(
		    "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"),
		true, "00112233445566778899aabbccddeeff"},
	    {"octets_15",
		BYTES("\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee"),
		true, ""},
	    {"octets_of_a_text", BYTES("00112233-4455-6677-8899-aabbccddeeff"), true,
		""},
	    {"octets_none", {NULL, 0}, true, ""},
	    {"text", BYTES("00112233-4455-6677-8899-AABBCCDDEEFF"), false,
		"00112233445566778899aabbccddeeff"},
	    {"text_plain", BYTES("00112233445566778899aabbccddeeff"), false,
		"00112233445566778899aabbccddeeff"},
	    {"text_389ds", BYTES("00112233-44556677-8899aabb-ccddeeff"), false,
		"00112233445566778899aabbccddeeff"},
	    {"text_31", BYTES("00112233-4455-6677-8899-aabbccddeef"), false, ""},
	    {"text_33", BYTES("00112233445566778899aabbccddeeff0"), false, ""},
	    {"text_letter", BYTES("00112233-4455-6677-8899-aabbccddeefg"), false, ""},
	    {"text_long", BYTES("--00112233-4455-6677-8899-aabbccddeeff"), false, ""},
	    {"text_none", {NULL, 0}, false, ""},
	};
	char name[80];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		char got[COMPANY_ID_TEXT + 1] = "";
		int rc = company_id_read(rows[i].in, rows[i].binary, got);

		snprintf(name, sizeof(name), "company__id_%s", rows[i].name);
		check_str(name, rc == 0 ? got : "", rows[i].want);
	}
}

/* --- entries -----------------------------------------------------------------------
 */

enum {
	VALUES = 8
};

struct made {
	const char *name;
	const char *value[VALUES];
};

static void
make_entry(const struct made *made, size_t n, struct entry_attr *attr,
    struct bytes (*value)[VALUES], struct entry *out)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		for (; k < VALUES && made[i].value[k] != NULL; k++)
			value[i][k] = bytes_of(made[i].value[k]);
		attr[i] = (struct entry_attr){made[i].name, {value[i], k}};
	}
	*out = (struct entry){"cn=x", attr, n};
}

#define GUID                                                                           \
	"objectGUID",                                                                  \
	{                                                                              \
		"0123456789abcdef"                                                     \
	}

static void
test_company__addresses(void)
{
	static const struct {
		const char *name;
		struct made attr[3];
		size_t n;
		const char *want; /* joined by blanks */
	} rows[] = {
	    {"none", {{GUID}}, 1, ""},
	    {"mail", {{GUID}, {"mail", {"a@x"}}}, 2, "a@x"},
	    {"mail_twice", {{GUID}, {"mail", {"a@x", "A@X", "b@x"}}}, 2, "a@x b@x"},
	    {"proxies_without_mail",
		{{GUID}, {"proxyAddresses", {"smtp:b@x", "SMTP:a@x", "smtp:c@x"}}}, 2,
		"a@x b@x c@x"},
	    {"primary_is_the_proxy",
		{{GUID}, {"mail", {"old@x"}},
		    {"proxyAddresses", {"smtp:b@x", "SMTP:new@x"}}},
		3, "new@x old@x b@x"},
	    {"primary_is_the_mail_too",
		{{GUID}, {"mail", {"a@x"}},
		    {"proxyAddresses", {"smtp:b@x", "SMTP:A@x"}}},
		3, "A@x b@x"},
	    {"other_kinds_of_addresses",
		{{GUID}, {"proxyAddresses", {"sip:a@x", "X500:/o=Ex/cn=a", "SMTP:a@x",
						"smtp:", "x400:c=US", "Smtp:b@x"}}},
		2, "a@x b@x"},
	    {"without_prefix", {{GUID}, {"proxyAddresses", {"b@x"}}}, 2, "b@x"},
	};
	const struct company_how how = {.kind = "ad"};
	struct company *co = NULL;
	struct err e = {0};
	char name[80];

	check_int("company__new", company_new(&how, &co, &e), 0);
	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct bytes value[3][VALUES];
		struct entry_attr attr[3];
		struct company_entry got;
		struct entry entry;
		struct arena arena;
		char text[256] = "";

		arena_init(&arena, NULL, 0, 1 << 20);
		make_entry(rows[i].attr, rows[i].n, attr, value, &entry);
		check_int("company__from_entry",
		    company_from_entry(co, &entry, &arena, &got, &e), 0);
		for (size_t k = 0; k < got.mail.n; k++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
			    "%s%.*s", k > 0 ? " " : "", (int)got.mail.value[k].n,
			    (const char *)got.mail.value[k].p);
		snprintf(name, sizeof(name), "company__addresses_%s", rows[i].name);
		check_str(name, text, rows[i].want);
		arena_fini(&arena);
	}
	company_free(&co);
}

static void
test_company__many_addresses(void)
{
	static struct bytes value[COMPANY_ADDRESSES_MAX + 2];
	static char text[COMPANY_ADDRESSES_MAX + 2][32];
	struct entry_attr attr[] = {{"objectGUID", {&BYTES("0123456789abcdef"), 1}},
	    {"proxyAddresses", {value, NITEMS(value)}}};
	const struct entry entry = {"cn=x", attr, 2};
	const struct company_how how = {.kind = "ad"};
	struct company *co = NULL;
	struct company_entry got;
	struct arena arena;
	struct err e = {0};

	for (size_t i = 0; i < NITEMS(value); i++) {
		snprintf(text[i], sizeof(text[i]), "%s:a%zu@x",
		    i + 1 == NITEMS(value) ? "SMTP" : "smtp", i);
		value[i] = bytes_of(text[i]);
	}
	arena_init(&arena, NULL, 0, 1 << 20);
	company_new(&how, &co, &e);
	company_from_entry(co, &entry, &arena, &got, &e);
	check_int(
	    "company__addresses_at_most", (long long)got.mail.n, COMPANY_ADDRESSES_MAX);
	arena_fini(&arena);
	company_free(&co);
}

/* --- filters -----------------------------------------------------------------------
 */

static void
test_company__match(void)
{
	static const struct made made[] = {
	    {"userAccountControl", {"514"}},
	    {"employeeType", {"Shared Mailbox", "room"}},
	    {"cn", {"Anna Muster"}},
	};
	static const struct {
		const char *filter;
		bool want;
	} rows[] = {
	    {"(userAccountControl:1.2.840.113556.1.4.803:=2)", true},
	    {"(userAccountControl:1.2.840.113556.1.4.803:=3)", false},
	    {"(userAccountControl:1.2.840.113556.1.4.804:=3)", true},
	    {"(userAccountControl:1.2.840.113556.1.4.804:=1)", false},
	    {"(userAccountControl:1.2.840.113556.1.4.803:=x)", false},
	    {"(cn:1.2.840.113556.1.4.803:=2)", false},
	    {"(useraccountcontrol=514)", true},
	    {"(employeeType=shared mailbox)", true},
	    {"(employeeType=shared)", false},
	    {"(employeeType=*)", true},
	    {"(missing=*)", false},
	    {"(!(missing=*))", true},
	    {"(&(cn=anna*)(employeeType=room))", true},
	    {"(&(cn=anna*)(employeeType=car))", false},
	    {"(|(cn=bruno*)(employeeType=room))", true},
	    {"(|(cn=bruno*)(employeeType=car))", false},
	    {"(cn=*must*)", true},
	    {"(cn=an*na*m*ter)", true},
	    {"(cn=an*na*na*ter)", false},
	    {"(cn=anna muster*r)", false},
	    {"(&)", true},
	    {"(|)", false},
	    {"", false},
	};
	struct bytes value[NITEMS(made)][VALUES];
	struct entry_attr attr[NITEMS(made)];
	struct entry entry;
	struct err e = {0};
	struct arena arena;
	struct match m;
	char name[120];

	arena_init(&arena, NULL, 0, 1 << 20);
	make_entry(made, NITEMS(made), attr, value, &entry);
	for (size_t i = 0; i < NITEMS(rows); i++) {
		int rc = match_read(rows[i].filter, &arena, &m, &e);

		snprintf(name, sizeof(name), "company__match %s", rows[i].filter);
		check(rc == 0 && match_entry(&m, &entry) == rows[i].want, name,
		    "got %d, %d", rc, match_entry(&m, &entry));
	}
	check_int("company__match_greater", match_read("(a>=1)", &arena, &m, &e),
	    ERR_UNSUPPORTED);
	check_int("company__match_rule", match_read("(a:2.5.13.5:=x)", &arena, &m, &e),
	    ERR_UNSUPPORTED);
	check_int(
	    "company__match_broken", match_read("(a=b", &arena, &m, &e), ERR_SYNTAX);
	check_int("company__match_many_attributes",
	    match_read(
		"(|(a=1)(b=1)(c=1)(d=1)(e=1)(f=1)(g=1)(h=1)(i=1))", &arena, &m, &e),
	    ERR_LIMIT);
	arena_fini(&arena);
}

static void
test_company__dn(void)
{
	static const struct {
		const char *a, *b;
		bool want;
	} rows[] = {
	    {"cn=a,dc=x", "CN=A, DC=X", true},
	    {"cn=a,dc=x", "cn=a,dc=x,dc=y", false},
	    {"cn=a,dc=x,dc=y", "cn=a,dc=x", false},
	    {"cn=a\\,b,dc=x", "cn=a\\2cb,dc=x", true},
	    {"cn=a,dc=x", "cn=b,dc=x", false},
	    {"cn=a,dc=x", "ou=a,dc=x", false},
	    {"cn=a+sn=b,dc=x", "cn=a,dc=x", false},
	    {"no dn", "no dn", false},
	    {"", "cn=a", false},
	};
	char name[120];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		snprintf(
		    name, sizeof(name), "company__dn %s and %s", rows[i].a, rows[i].b);
		check_int(name, dn_equal(rows[i].a, rows[i].b), rows[i].want);
	}
}

static void
test_company__dn_value(void)
{
	static const struct {
		const char *dn, *want;
	} rows[] = {
	    {"mail=a@x,ou=people", "a@x"},
	    {"MAIL=A@x, ou=people", "A@x"},
	    {"mail=o\\27b\\2c@x,ou=people", "o'b,@x"},
	    {"mail=a@x+cn=a,ou=people", ""},
	    {"cn=a@x,ou=people", ""},
	    {"mail=a@x", "a@x"},
	    {"mail=123456789012345@x,ou=people", ""}, /* does not fit */
	    {"mail=12345678901234@", "12345678901234@"},
	    {"", ""},
	    {"no dn", ""},
	};
	char name[120], got[16];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		size_t n = dn_value(rows[i].dn, "mail", got, sizeof(got));

		snprintf(name, sizeof(name), "company__dn_value %s", rows[i].dn);
		check_str(name, got, rows[i].want);
		check_int(name, (long long)n, (long long)strlen(rows[i].want));
	}
}

int
main(void)
{
	test_company__id();
	test_company__addresses();
	test_company__many_addresses();
	test_company__match();
	test_company__dn();
	test_company__dn_value();
	return check_done();
}
