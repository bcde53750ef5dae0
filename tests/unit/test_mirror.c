/*
 * The mirror's decisions: which addresses and texts of the company directory's people
 * are published, what is said of the others, who owns an address, what differs, and
 * when leavers are not believed.
 */
#include "core/mirror.h"

#include <stdlib.h>

#include "tests/unit/check.h"

enum {
	MAILS = 6,
	JOINED = 1024,
};

#define ID_A "0000000000000000000000000000000a"
#define ID_B "0000000000000000000000000000000b"
#define ID_C "0000000000000000000000000000000c"

static const char *const own[] = {"example.com", "Müller.example"};
static const char *const ignored[] = {"corp.onmicrosoft.com"};
static const struct mirror_domains domains = {
    own, NITEMS(own), ignored, NITEMS(ignored)};

enum what {
	ON,
	OFF,
	BOX, /* a shared mailbox, whose account is off */
};

struct made {
	const char *id;
	enum what what;
	const char *mail[MAILS];
};

static struct mirror *
table(const struct mirror_domains *d)
{
	struct mirror *m = NULL;
	struct err e = {0};

	if (mirror_new(d, &m, &e) != 0) {
		check(false, "mirror__new", "%s", e.text);
		exit(1);
	}
	return m;
}

static void
put(struct mirror *m, const struct made *made)
{
	struct bytes mail[MAILS];
	struct mirror_person p = {.id = bytes_of(made->id),
	    .dn = bytes_of(made->id),
	    .shared = made->what == BOX,
	    .disabled = made->what != ON,
	    .mail = mail};
	struct err e = {0};

	for (; p.n_mail < MAILS && made->mail[p.n_mail] != NULL; p.n_mail++)
		mail[p.n_mail] = bytes_of(made->mail[p.n_mail]);
	if (mirror_add(m, &p, &e) != 0)
		check(false, "mirror__add", "%s", e.text);
}

static const char *
join(const struct mirror_row *row, char out[JOINED])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; row != NULL && i < row->want.n_mail; i++)
		n += (size_t)snprintf(out + n, JOINED - n, "%s%.*s", i == 0 ? "" : " ",
		    (int)row->want.mail[i].n, (const char *)row->want.mail[i].p);
	return out;
}

/* --- who gets which address ---------------------------------------------------------
 */

static void
test_mirror__addresses(void)
{
	static const struct {
		const char *name;
		struct made people[3];
		const char *a, *b;	 /* addresses of ID_A and ID_B */
		enum mirror_state state; /* of ID_A */
		const char *problems;	 /* their kinds */
	} rows[] = {
	    {"one", {{ID_A, ON, {"anna@example.com"}}}, "anna@example.com", "",
		MIRROR_PRESENT, ""},
	    {"aliases",
		{{ID_A, ON, {"anna@example.com", "a@example.com", "info@example.com"}}},
		"anna@example.com a@example.com info@example.com", "", MIRROR_PRESENT,
		""},
	    {"normalized", {{ID_A, ON, {"Anna@EXAMPLE.com."}}}, "Anna@example.com", "",
		MIRROR_PRESENT, ""},
	    {"twice", {{ID_A, ON, {"anna@example.com", "ANNA@Example.Com"}}},
		"anna@example.com", "", MIRROR_PRESENT, ""},
	    {"u_label", {{ID_A, ON, {"zoe@MÜLLER.example"}}},
		"zoe@xn--mller-kva.example", "", MIRROR_PRESENT, ""},
	    {"none", {{ID_A, ON, {NULL}}}, "", "", MIRROR_REFUSED, ""},
	    {"outside", {{ID_A, ON, {"anna@partner.example"}}}, "", "", MIRROR_REFUSED,
		"outside"},
	    {"below_the_domain", {{ID_A, ON, {"anna@sub.example.com"}}}, "", "",
		MIRROR_REFUSED, "outside"},
	    {"alias_outside", {{ID_A, ON, {"anna@example.com", "anna@x.example"}}},
		"anna@example.com", "", MIRROR_PRESENT, "outside"},
	    {"primary_outside", {{ID_A, ON, {"anna@x.example", "anna@example.com"}}},
		"anna@example.com", "", MIRROR_PRESENT, "outside"},
	    {"ignored", {{ID_A, ON, {"anna@corp.onmicrosoft.com", "anna@example.com"}}},
		"anna@example.com", "", MIRROR_PRESENT, ""},
	    {"syntax", {{ID_A, ON, {"anna@example.com", "an na@example.com"}}},
		"anna@example.com", "", MIRROR_PRESENT, "syntax"},
	    {"crlf", {{ID_A, ON, {"a@example.com\r\nBcc: b@example.com"}}}, "", "",
		MIRROR_REFUSED, "syntax"},
	    {"umlaut_before_at", {{ID_A, ON, {"zoë@example.com"}}}, "", "",
		MIRROR_REFUSED, "syntax"},
	    {"disabled", {{ID_A, OFF, {"anna@example.com"}}}, "", "", MIRROR_DISABLED,
		""},
	    {"disabled_is_not_looked_at", {{ID_A, OFF, {"@@", "x@y"}}}, "", "",
		MIRROR_DISABLED, ""},
	    {"mailbox", {{ID_A, BOX, {"info@example.com"}}}, "info@example.com", "",
		MIRROR_PRESENT, ""},
	    {"conflict",
		{{ID_A, ON, {"anna@example.com", "x@example.com"}},
		    {ID_B, ON, {"bruno@example.com", "X@EXAMPLE.com"}}},
		"anna@example.com", "bruno@example.com", MIRROR_PRESENT, "conflict"},
	    {"conflict_of_three",
		{{ID_A, ON, {"a@example.com", "x@example.com"}},
		    {ID_B, ON, {"x@example.com", "b@example.com"}},
		    {ID_C, ON, {"x@example.com"}}},
		"a@example.com", "b@example.com", MIRROR_PRESENT, "conflict"},
	    {"conflict_of_the_primary",
		{{ID_A, ON, {"x@example.com"}}, {ID_B, ON, {"x@example.com"}}}, "", "",
		MIRROR_REFUSED, "conflict"},
	    {"the_disabled_one_owns_nothing",
		{{ID_A, ON, {"x@example.com"}}, {ID_B, OFF, {"x@example.com"}}},
		"x@example.com", "", MIRROR_PRESENT, ""},
	    {"a_mailbox_owns",
		{{ID_A, ON, {"x@example.com"}}, {ID_B, BOX, {"x@example.com"}}}, "", "",
		MIRROR_REFUSED, "conflict"},
	    {"outside_is_no_conflict",
		{{ID_A, ON, {"x@y.example"}}, {ID_B, ON, {"x@y.example"}}}, "", "",
		MIRROR_REFUSED, "outside outside"},
	    {"same_id_twice",
		{{ID_A, ON, {"a@example.com"}}, {ID_A, ON, {"b@example.com"}}},
		"a@example.com", "", MIRROR_PRESENT, "id"},
	};
	char name[80], joined[JOINED], kinds[JOINED];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct mirror *m = table(&domains);
		const struct mirror_problem *p;
		struct mirror_row *a;
		size_t n, over, at = 0;
		struct err e;

		for (size_t k = 0; k < 3 && rows[i].people[k].id != NULL; k++)
			put(m, &rows[i].people[k]);
		mirror_settle(m, &e);
		a = mirror_find(m, BYTES(ID_A));
		snprintf(name, sizeof(name), "mirror__%s", rows[i].name);
		check_str(name, join(a, joined), rows[i].a);
		check_str(name, join(mirror_find(m, BYTES(ID_B)), joined), rows[i].b);
		check_int(name, a->state, rows[i].state);
		p = mirror_problems(m, &n, &over);
		kinds[0] = '\0';
		for (size_t k = 0; k < n; k++)
			at += (size_t)snprintf(kinds + at, sizeof(kinds) - at, "%s%s",
			    k == 0 ? "" : " ", p[k].kind);
		check_str(name, kinds, rows[i].problems);
		mirror_free(&m);
	}
}

static void
test_mirror__any_domain(void)
{
	static const struct mirror_domains any = {NULL, 0, NULL, 0};
	struct mirror *m = table(&any);
	char joined[JOINED];
	struct err e;

	put(m, &(struct made){ID_A, ON, {"anna@anywhere.example"}});
	mirror_settle(m, &e);
	check_str("mirror__any_domain", join(mirror_find(m, BYTES(ID_A)), joined),
	    "anna@anywhere.example");
	mirror_free(&m);
}

static void
test_mirror__domains(void)
{
	static const char *const bad[] = {"exa mple"};
	static const struct mirror_domains d = {bad, 1, NULL, 0}, i = {NULL, 0, bad, 1};
	struct mirror *m = NULL;
	struct err e = {0};

	check_int("mirror__domain_syntax", mirror_new(&d, &m, &e), ERR_SYNTAX);
	check_str("mirror__domain_sentence", e.text, "exa mple is no domain");
	check_int("mirror__ignored_domain_syntax", mirror_new(&i, &m, &e), ERR_SYNTAX);
	check(m == NULL, "mirror__domain_nothing", "there is one");
}

static void
test_mirror__find(void)
{
	struct mirror *m = table(&domains);
	struct mirror_row *row;
	struct err e;

	put(m, &(struct made){ID_A, ON, {"a@example.com", "x@example.com"}});
	put(m, &(struct made){ID_B, ON, {"b@example.com", "x@example.com"}});
	mirror_settle(m, &e);
	row = mirror_find_address(m, BYTES("A@EXAMPLE.COM"));
	check(row != NULL && bytes_equal(row->want.id, BYTES(ID_A)),
	    "mirror__find_address", "not found");
	check(mirror_find_address(m, BYTES("x@example.com")) == NULL,
	    "mirror__find_contested", "found");
	check(mirror_find_address(m, BYTES("y@example.com")) == NULL,
	    "mirror__find_unknown", "found");
	check(mirror_find(m, BYTES(ID_C)) == NULL, "mirror__find_nobody", "found");
	check(mirror_find(m, (struct bytes){NULL, 0}) == NULL, "mirror__find_no_id",
	    "found");
	mirror_free(&m);
}

/* --- texts --------------------------------------------------------------------------
 */

#define X64  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X256 X64 X64 X64 X64

static void
test_mirror__texts(void)
{
	static const struct {
		const char *name;
		enum mirror_text which;
		struct bytes in;
		const char *want, *problem; /* part of its sentence, or "" */
	} rows[] = {
	    {"plain", MIRROR_TITLE, BYTES("Buyer"), "Buyer", ""},
	    {"umlaut", MIRROR_TITLE, BYTES("Geschäftsführerin"), "Geschäftsführerin",
		""},
	    {"cyrillic", MIRROR_PLACE, BYTES("Москва"), "Москва", ""},
	    {"blanks", MIRROR_TITLE, BYTES("  Buyer "), "Buyer", ""},
	    {"only_blanks", MIRROR_TITLE, BYTES("   "), "", ""},
	    {"256", MIRROR_TITLE, BYTES(X256), X256, ""},
	    {"257", MIRROR_TITLE, BYTES(X256 "x"), "",
		"has 257 bytes, want at most 256"},
	    {"nul", MIRROR_TITLE, BYTES("Buy\0er"), "", "has a control character"},
	    {"line", MIRROR_UNIT, BYTES("A\nB"), "", "the department has a control"},
	    {"c1", MIRROR_UNIT,
		BYTES("A\xc2\x85"
		      "B"),
		"", "has a control character"},
	    {"direction", MIRROR_GIVEN,
		BYTES("A\xe2\x80\xae"
		      "B"),
		"", "the given name has a control"},
	    {"not_utf8", MIRROR_TITLE, BYTES("M\xfcller"), "", "is not UTF-8"},
	    {"phone", MIRROR_PHONE, BYTES("+41 44 555 01 01"), "+41 44 555 01 01", ""},
	    {"phone_odd", MIRROR_PHONE, BYTES("+41 44 555*01"), "",
		"that no telephone number has"},
	    {"no_name", MIRROR_DISPLAY, BYTES(""), "a@example.com", ""},
	    {"long_name", MIRROR_DISPLAY, BYTES(X256 "x"), "a@example.com",
		"the name has 257 bytes"},
	};
	char name[80];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct bytes mail = BYTES("a@example.com"), got;
		struct mirror_person p = {
		    .id = BYTES(ID_A), .dn = BYTES("cn=a"), .mail = &mail, .n_mail = 1};
		struct mirror *m = table(&domains);
		const struct mirror_problem *problem;
		size_t n, over;
		struct err e = {0};

		p.text[rows[i].which] = rows[i].in;
		mirror_add(m, &p, &e);
		mirror_settle(m, &e);
		got = mirror_at(m, 0)->want.text[rows[i].which];
		snprintf(name, sizeof(name), "mirror__text_%s", rows[i].name);
		check(bytes_equal(got, bytes_of(rows[i].want)), name,
		    "got \"%.*s\", want \"%s\"", (int)got.n, (const char *)got.p,
		    rows[i].want);
		problem = mirror_problems(m, &n, &over);
		check(rows[i].problem[0] == '\0'
			  ? n == 0
			  : n == 1 && strstr(problem[0].text, rows[i].problem) != NULL,
		    name, "got %zu problems: %s", n, n > 0 ? problem[0].text : "");
		mirror_free(&m);
	}
}

static void
test_mirror__limits(void)
{
	struct bytes *mail = calloc(MIRROR_ADDRESSES_MAX + 1, sizeof(*mail));
	char(*text)[40] = calloc(MIRROR_ADDRESSES_MAX + 1, sizeof(*text));
	struct mirror_person p = {.id = BYTES(ID_A), .dn = BYTES("cn=a"), .mail = mail};
	const struct mirror_problem *problem;
	struct mirror *m = table(&domains);
	size_t n, over;
	struct err e = {0};

	for (size_t i = 0; i <= MIRROR_ADDRESSES_MAX; i++) {
		snprintf(text[i], sizeof(text[i]), "a%zu@example.com", i);
		mail[i] = bytes_of(text[i]);
	}
	p.n_mail = MIRROR_ADDRESSES_MAX;
	mirror_add(m, &p, &e);
	mirror_settle(m, &e);
	mirror_problems(m, &n, &over);
	check_int(
	    "mirror__addresses_256", (long long)mirror_at(m, 0)->want.n_mail, 256);
	check_int("mirror__addresses_256_problems", (long long)n, 0);
	mirror_free(&m);
	m = table(&domains);
	p.n_mail++;
	p.n_mail_over = 43;
	mirror_add(m, &p, &e);
	mirror_settle(m, &e);
	problem = mirror_problems(m, &n, &over);
	check_int(
	    "mirror__addresses_257", (long long)mirror_at(m, 0)->want.n_mail, 256);
	check_str("mirror__addresses_257_sentence", n == 1 ? problem[0].text : "",
	    "cn=a: 300 addresses, want at most 256: the others are left out");
	mirror_free(&m);
	free(mail);
	free(text);
}

static void
test_mirror__many_problems(void)
{
	struct mirror *m = table(&domains);
	size_t n, over, wrong = 0;
	char id[MIRROR_ID + 1];
	struct err e;

	for (unsigned i = 0; i < MIRROR_PROBLEMS_MAX + 5; i++) {
		snprintf(id, sizeof(id), "%032x", i);
		put(m, &(struct made){id, ON, {"x@elsewhere.example"}});
	}
	mirror_settle(m, &e);
	mirror_problems(m, &n, &over);
	check_int("mirror__problems_told", (long long)n, MIRROR_PROBLEMS_MAX);
	check_int("mirror__problems_counted", (long long)over, 5);
	for (unsigned i = 0; i < MIRROR_PROBLEMS_MAX + 5; i++) {
		snprintf(id, sizeof(id), "%032x", i);
		wrong += mirror_find(m, bytes_of(id)) != mirror_at(m, i);
	}
	check_int("mirror__found_among_many", (long long)wrong, 0);
	mirror_free(&m);
}

static void
test_mirror__shown(void)
{
	static const struct {
		const char *name;
		struct bytes in;
		size_t most;
		const char *want;
	} rows[] = {
	    {"plain", BYTES("abc"), 10, "abc"},
	    {"cut", BYTES("abcdef"), 3, "abc"},
	    {"cut_whole", BYTES("ab\xc3\xbc"), 3, "ab"},
	    {"controls", BYTES("a\r\nb\0c"), 10, "a??b?c"},
	    {"not_utf8", BYTES("a\xff\xc3z"), 10, "a??z"},
	    {"direction", BYTES("a\xe2\x80\xae"), 10, "a?"},
	    {"nothing", {NULL, 0}, 10, ""},
	};
	char out[16], name[80];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		snprintf(name, sizeof(name), "mirror__shown_%s", rows[i].name);
		check_str(name, mirror_text_show(rows[i].in, out, rows[i].most),
		    rows[i].want);
	}
}

/* --- what differs -------------------------------------------------------------------
 */

static void
test_mirror__compare(void)
{
	static const struct bytes two[] = {BYTES("a@example.com"),
	    BYTES("b@example.com")},
				  turned[] = {BYTES("b@example.com"),
				      BYTES("a@example.com")},
				  upper[] = {
				      BYTES("A@example.com"), BYTES("b@example.com")};
	static const struct mirror_entry want = {.id = BYTES(ID_A),
	    .mail = two,
	    .n_mail = 2,
	    .text = {[MIRROR_CN] = BYTES("A B"), [MIRROR_TITLE] = BYTES("Buyer")}};
	struct mirror_entry is = want;

	is.named = two[0];
	check_int("mirror__compare_same", mirror_compare(&want, &is), 0);
	is.named = BYTES("A@EXAMPLE.com");
	check_int("mirror__compare_name_case", mirror_compare(&want, &is), 0);
	is.named = two[1];
	check_int("mirror__compare_name", mirror_compare(&want, &is), MIRROR_NAMED);
	is.named = (struct bytes){NULL, 0};
	check_int("mirror__compare_no_name", mirror_compare(&want, &is), MIRROR_NAMED);
	is.named = two[0];
	is.mail = turned;
	check_int("mirror__compare_order", mirror_compare(&want, &is), MIRROR_MAIL);
	is.mail = upper;
	check_int("mirror__compare_mail_case", mirror_compare(&want, &is), MIRROR_MAIL);
	is.mail = two;
	is.n_mail = 1;
	check_int("mirror__compare_fewer", mirror_compare(&want, &is), MIRROR_MAIL);
	is.n_mail = 2;
	is.shared = true;
	check_int("mirror__compare_kind", mirror_compare(&want, &is), MIRROR_KIND);
	is.shared = false;
	is.id = (struct bytes){NULL, 0};
	check_int("mirror__compare_nobodys", mirror_compare(&want, &is), MIRROR_OWNER);
	is.id = want.id;
	is.text[MIRROR_TITLE] = (struct bytes){NULL, 0};
	is.text[MIRROR_PLACE] = BYTES("Bern");
	check_int("mirror__compare_texts", mirror_compare(&want, &is),
	    1 << MIRROR_TITLE | 1 << MIRROR_PLACE);
	is.text[MIRROR_TITLE] = want.text[MIRROR_TITLE];
	is.text[MIRROR_PLACE] = want.text[MIRROR_PLACE];
	is.odd = 1u << MIRROR_CN;
	check_int(
	    "mirror__compare_several", mirror_compare(&want, &is), 1 << MIRROR_CN);
}

static void
test_mirror__disappearance(void)
{
	static const struct {
		const char *name;
		size_t leavers, managed, listed;
		bool want;
	} rows[] = {
	    {"none", 0, 0, 0, false},
	    {"none_left", 0, 100, 100, false},
	    {"one", 1, 5, 4, false},
	    {"the_last_one", 1, 1, 0, true},
	    {"ten", 10, 20, 10, false},
	    {"eleven", 11, 20, 9, true},
	    {"eleven_of_220", 11, 220, 209, false},
	    {"twelve_of_220", 12, 220, 208, true},
	    {"five_percent", 5000, 100000, 95000, false},
	    {"more_than_five_percent", 5001, 100000, 94999, true},
	    {"all", 100000, 100000, 0, true},
	};
	char name[80];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		snprintf(name, sizeof(name), "mirror__disappearance_%s", rows[i].name);
		check_int(name,
		    mirror_is_disappearance(
			rows[i].leavers, rows[i].managed, rows[i].listed),
		    rows[i].want);
	}
}

int
main(void)
{
	test_mirror__addresses();
	test_mirror__any_domain();
	test_mirror__domains();
	test_mirror__find();
	test_mirror__texts();
	test_mirror__limits();
	test_mirror__many_problems();
	test_mirror__shown();
	test_mirror__compare();
	test_mirror__disappearance();
	return check_done();
}
