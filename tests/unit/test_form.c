/*
 * Forms, queries and cookies: what browsers send, and what nobody should.
 */
#include "core/form.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check.h"

static const struct {
	const char *name, *in, *want; /* "a=b;c=d" of what was read, or NULL: refused */
} cases[] = {
    {"form__plain", "a=b&c=d", "a=b;c=d;"},
    {"form__empty", "", ""},
    {"form__blanks", "a=b+c%20d", "a=b c d;"},
    {"form__no_value", "a&b=", "a=;b=;"},
    {"form__only_ampersands", "&&&", ""},
    {"form__equals_in_value", "a=b=c", "a=b=c;"},
    {"form__escaped_specials", "a=%26%3D%2b%25", "a=&=+%;"},
    {"form__utf8", "n=M%C3%BCller", "n=M\xc3\xbcller;"},
    {"form__escaped_name", "%61=1", "a=1;"},
    {"form__twice", "a=1&a=2", "a=1;a=2;"},
    {"form__half_escape", "a=%4", NULL},
    {"form__no_hex", "a=%zz", NULL},
    {"form__nul", "a=%00", NULL},
    {"form__bad_utf8", "a=%ff", NULL},
    {"form__overlong_utf8", "a=%c0%80", NULL},
    {"form__bad_utf8_name", "%ff=a", NULL},
};

static void
test_read(void)
{
	for (size_t i = 0; i < NITEMS(cases); i++) {
		char buf[200], got[200] = "";
		struct form f;
		int at = 0;

		strcpy(buf, cases[i].in);
		if (form_read((uint8_t *)buf, strlen(buf), &f, NULL) != 0) {
			check(cases[i].want == NULL, cases[i].name, "was refused");
			continue;
		}
		for (size_t k = 0; k < f.n; k++)
			at += snprintf(got + at, sizeof(got) - (size_t)at, "%.*s=%.*s;",
			    (int)f.field[k].name.n, f.field[k].name.p,
			    (int)f.field[k].value.n, f.field[k].value.p);
		check(cases[i].want != NULL && strcmp(got, cases[i].want) == 0,
		    cases[i].name, "got %s, want %s", got,
		    cases[i].want == NULL ? "a refusal" : cases[i].want);
	}
}

static void
test_limits(void)
{
	char buf[FORM_FIELDS_MAX * 2 + 2 + FORM_NAME_MAX];
	struct form f;

	for (size_t i = 0; i <= FORM_FIELDS_MAX; i++)
		memcpy(buf + 2 * i, "a&", 2);
	check_int("form__most_fields",
	    form_read((uint8_t *)buf, 2 * FORM_FIELDS_MAX, &f, NULL), 0);
	check_int("form__most_fields_n", (long long)f.n, FORM_FIELDS_MAX);
	check_int("form__too_many_fields",
	    form_read((uint8_t *)buf, 2 * FORM_FIELDS_MAX + 1, &f, NULL), ERR_LIMIT);
	memset(buf, 'a', FORM_NAME_MAX + 1);
	check_int("form__longest_name",
	    form_read((uint8_t *)buf, FORM_NAME_MAX, &f, NULL), 0);
	check_int("form__too_long_a_name",
	    form_read((uint8_t *)buf, FORM_NAME_MAX + 1, &f, NULL), ERR_LIMIT);
}

static void
test_get(void)
{
	char buf[] = "a=1&b=2&b=3";
	struct form f;
	struct bytes v = {NULL, 0};

	form_read((uint8_t *)buf, strlen(buf), &f, NULL);
	check(bytes_equal(form_get(&f, "a"), BYTES("1")), "get__one", "want 1");
	check(form_get(&f, "b").n == 0, "get__twice_is_none", "got one of two");
	check(form_get(&f, "c").n == 0, "get__missing", "got something");
	check(form_get_each(&f, "b", 1, &v) && bytes_equal(v, BYTES("3")), "get__each",
	    "want 3");
	check(!form_get_each(&f, "b", 2, &v), "get__each_end", "got a third");
}

static const struct {
	const char *name, *in, *want;
} cookies[] = {
    {"cookie__alone", "__Host-s=abc", "abc"},
    {"cookie__among", "a=1; __Host-s=abc; b=2", "abc"},
    {"cookie__no_blank", "a=1;__Host-s=abc;b=2", "abc"},
    {"cookie__missing", "a=1", ""},
    {"cookie__part_of_a_name", "x__Host-s=abc; __Host-st=1", ""},
    {"cookie__twice", "__Host-s=abc; __Host-s=def", ""},
    {"cookie__empty", "__Host-s=", ""},
    {"cookie__no_equals", "__Host-s", ""},
    {"cookie__equals_inside", "__Host-s=a=b", "a=b"},
    {"cookie__nothing", "", ""},
    {"cookie__semicolons", ";;; ;", ""},
};

int
main(void)
{
	test_read();
	test_limits();
	test_get();
	for (size_t i = 0; i < NITEMS(cookies); i++)
		check(bytes_equal(form_cookie(bytes_of(cookies[i].in), "__Host-s"),
			  bytes_of(cookies[i].want)),
		    cookies[i].name, "want %s", cookies[i].want);
	return check_done();
}
