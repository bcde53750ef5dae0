/*
 * The renewal's ZIP, read by hand after APPNOTE.TXT sections 4.3 and 4.4, because
 * that is what Explorer relies on; and the names it takes. Other programs open it in
 * tests/integration/test_packages.py.
 */
#include "crypto/zip.h"

#include <stdlib.h>

#include "tests/unit/check.h"

#define NOON INT64_C(1795348800) /* 2026-11-22 12:00:00 UTC */

enum {
	LOCAL = 30,   /* bytes of a local header */
	CENTRAL = 46, /* of a central one */
	END = 22,
};

static unsigned
u16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static unsigned long
u32(const uint8_t *p)
{
	return u16(p) | (unsigned long)u16(p + 2) << 16;
}

static const struct zip_member members[] = {
    {"2026-11-22_new_a@example.com.pfx", {(const uint8_t *)"new", 3}, NOON},
    {"2024-11-20_old_a@example.com.pfx", {(const uint8_t *)"older", 5}, NOON + 1},
    {"README.txt", {(const uint8_t *)"", 0}, 0},
};

static void
test_crypto_zip__bytes(void)
{
	struct owned zip, again;
	struct err e = {0};
	const uint8_t *end, *c, *l;
	size_t plain = 0, right = 0;

	if (!check(zip_make(members, NITEMS(members), &zip, &e) == 0,
		"crypto_zip__make", "%s", e.text))
		return;
	end = zip.p + zip.n - END;
	check(u32(end) == 0x06054b50 && u16(end + 8) == 3 && u16(end + 10) == 3 &&
		  u16(end + 20) == 0 && u32(end + 16) + u32(end + 12) + END == zip.n,
	    "crypto_zip__end", "not at the end, or not three members, or a comment");
	c = zip.p + u32(end + 16);
	for (size_t i = 0; i < NITEMS(members); i++) {
		const struct zip_member *m = &members[i];
		size_t n = strlen(m->name);

		l = zip.p + u32(c + 42);
		/* No flags (UTF-8, encryption, descriptor), method "stored", no
		 * extra fields, both headers alike, mode 0600. */
		plain += u32(c) == 0x02014b50 && u32(l) == 0x04034b50 &&
			 u16(c + 8) == 0 && u16(l + 6) == 0 && u16(c + 10) == 0 &&
			 u16(l + 8) == 0 && u16(c + 30) == 0 && u16(l + 28) == 0 &&
			 memcmp(c + 16, l + 14, 12) == 0 &&
			 u32(c + 38) >> 16 == 0100600;
		right += u32(l + 18) == m->content.n && u32(l + 22) == m->content.n &&
			 u16(l + 26) == n && memcmp(l + LOCAL, m->name, n) == 0 &&
			 memcmp(c + CENTRAL, m->name, n) == 0 &&
			 (m->content.n == 0 ||
			     memcmp(l + LOCAL + n, m->content.p, m->content.n) == 0);
		if (i == 0) /* 2026-11-22, 12:00:00 */
			check(u16(l + 12) == ((2026 - 1980) << 9 | 11 << 5 | 22) &&
				  u16(l + 10) == 12 << 11,
			    "crypto_zip__time", "got date %04x, time %04x", u16(l + 12),
			    u16(l + 10));
		if (i == 2) /* 1970 is before MS-DOS */
			check_int("crypto_zip__time_1980", u16(l + 12), 1 << 5 | 1);
		c += CENTRAL + n;
	}
	check(plain == 3 && right == 3, "crypto_zip__members",
	    "%zu plain, %zu right, want 3", plain, right);
	setenv("TZ", "Asia/Tokyo", 1);
	zip_make(members, NITEMS(members), &again, &e);
	check(bytes_equal(owned_view(&zip), owned_view(&again)),
	    "crypto_zip__same_bytes_everywhere", "differs with the time zone");
	owned_free(&zip);
	owned_free(&again);
}

static void
test_crypto_zip__names(void)
{
	static const struct {
		const char *name, *word, *address;
		unsigned number;
		const char *want;
	} rows[] = {
	    {"usual", "new", "anna.muster@example.com", 1,
		"2026-11-22_new_anna.muster@example.com.pfx"},
	    {"second", "old", "anna.muster@example.com", 2,
		"2026-11-22_old_anna.muster@example.com_2.pfx"},
	    {"slashes", "new", "../../etc/passwd@x", 1,
		"2026-11-22_new_.._.._etc_passwd@x.pfx"},
	    {"quotes", "new", "\"a b\\c:d\"@x", 1, "2026-11-22_new__a_b_c_d_@x.pfx"},
	    {"utf8", "new", "\xc3\xa4@x", 1, "2026-11-22_new___@x.pfx"},
	    {"no_address", "new", "", 1, "2026-11-22_new_.pfx"},
	};
	char name[100], got[ZIP_NAME_SIZE], longest[400];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		snprintf(name, sizeof(name), "crypto_zip__name_%s", rows[i].name);
		zip_member_name(NOON, rows[i].word, bytes_of(rows[i].address),
		    rows[i].number, "pfx", got, NULL);
		check_str(name, got, rows[i].want);
		snprintf(name, sizeof(name), "crypto_zip__name_%s_taken", rows[i].name);
		check_int(name, zip_check_name(got, NULL), 0);
	}
	memset(longest, 'a', sizeof(longest));
	zip_member_name(NOON, "new",
	    (struct bytes){(uint8_t *)longest, sizeof(longest)}, 4000000000U, "pfx",
	    got, NULL);
	check(strlen(got) == ZIP_NAME_MAX && zip_check_name(got, NULL) == 0 &&
		  strcmp(got + ZIP_NAME_MAX - 15, "_4000000000.pfx") == 0,
	    "crypto_zip__name_cut", "got %s", got);
	check_int("crypto_zip__name_word",
	    zip_member_name(NOON, "../new", BYTES("a"), 1, "pfx", got, NULL),
	    ERR_USAGE);
	check_int("crypto_zip__name_ending",
	    zip_member_name(NOON, "new", BYTES("a"), 1, "p.x", got, NULL), ERR_USAGE);
}

static void
test_crypto_zip__bad_names(void)
{
	static const char *const bad[] = {"", ".", "..", "../a", "/a", "a/b", "a\\b",
	    "C:a", "a:b", "a b", ".a", "-a", "a.", "con", "NUL.txt", "com1", "Lpt9.pfx",
	    "a\n", "\xc3\xa4", "a*b", "a?b", "a\"b", "a<b", "a|b"};
	static const char *const good[] = {
	    "a", "com", "com10", "console.txt", "a..b", "nulls", "1", "README.txt"};
	char longest[ZIP_NAME_MAX + 2];
	size_t refused = 0, taken = 0;

	for (size_t i = 0; i < NITEMS(bad); i++)
		refused += zip_check_name(bad[i], NULL) == ERR_POLICY;
	check_int("crypto_zip__bad_names", (long long)refused, NITEMS(bad));
	for (size_t i = 0; i < NITEMS(good); i++)
		taken += zip_check_name(good[i], NULL) == 0;
	check_int("crypto_zip__good_names", (long long)taken, NITEMS(good));
	memset(longest, 'a', sizeof(longest));
	longest[ZIP_NAME_MAX + 1] = '\0';
	check_int(
	    "crypto_zip__name_too_long", zip_check_name(longest, NULL), ERR_POLICY);
	longest[ZIP_NAME_MAX] = '\0';
	check_int("crypto_zip__name_longest", zip_check_name(longest, NULL), 0);
}

static void
refuse(
    const char *name, const struct zip_member *m, size_t n, int want, const char *words)
{
	struct owned zip;
	struct err e = {0};
	int rc = zip_make(m, n, &zip, &e);

	check(
	    rc == want && (rc == 0 || (zip.p == NULL && strstr(e.text, words) != NULL)),
	    name, "got %d \"%s\", want %d \"%s\"", rc, e.text, want, words);
	owned_free(&zip);
}

static void
test_crypto_zip__limits(void)
{
	static uint8_t big[ZIP_MEMBER_MAX + 1];
	static char names[ZIP_MEMBERS_MAX + 1][8];
	struct zip_member many[ZIP_MEMBERS_MAX + 1];
	struct zip_member two[2] = {members[0], members[1]};

	for (size_t i = 0; i < NITEMS(many); i++) {
		snprintf(names[i], sizeof(names[i]), "a%zu", i);
		many[i] = (struct zip_member){names[i], BYTES("x"), NOON};
	}
	refuse("crypto_zip__none", many, 0, ERR_LIMIT, "0 members");
	refuse("crypto_zip__most", many, ZIP_MEMBERS_MAX, 0, "");
	refuse("crypto_zip__one_too_many", many, ZIP_MEMBERS_MAX + 1, ERR_LIMIT, "65");
	two[0].content = (struct bytes){big, ZIP_MEMBER_MAX};
	refuse("crypto_zip__largest_member", two, 2, 0, "");
	two[0].content.n++;
	refuse("crypto_zip__member_too_large", two, 2, ERR_LIMIT, "262145 bytes");
	two[0] = (struct zip_member){"A.pfx", BYTES("x"), NOON};
	two[1] = (struct zip_member){"a.PFX", BYTES("y"), NOON};
	refuse("crypto_zip__same_name", two, 2, ERR_POLICY, "a.PFX twice");
	two[1].name = "../evil";
	refuse("crypto_zip__path", two, 2, ERR_POLICY, "byte 0x2f");
}

int
main(void)
{
	test_crypto_zip__bytes();
	test_crypto_zip__names();
	test_crypto_zip__bad_names();
	test_crypto_zip__limits();
	return check_done();
}
