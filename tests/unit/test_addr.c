/*
 * Addresses: what is read and as what, what is refused and with which rule,
 * which are the same mailbox.
 */
#include "core/addr.h"

#include "tests/unit/check.h"

#define X63 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X61 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct row {
	const char *name, *in, *want; /* want: the address, or part of the refusal */
	int code;
} rows[] = {
    {"plain", "anna@example.com", "anna@example.com", 0},
    {"case", "Anna.Muster@Example.COM", "Anna.Muster@example.com", 0},
    {"tag", "anna+news@example.com", "anna+news@example.com", 0},
    {"atext", "!#$%&'*+-/=?^_`{|}~@x.de", "!#$%&'*+-/=?^_`{|}~@x.de", 0},
    {"digits", "007@1.de", "007@1.de", 0},
    {"one_label", "root@localhost", "root@localhost", 0},
    {"final_dot", "anna@example.com.", "anna@example.com", 0},
    {"hyphens", "a-b@c-d.e-f", "a-b@c-d.e-f", 0},
    {"a_label", "a@xn--mller-kva.de", "a@xn--mller-kva.de", 0},
    {"a_label_case", "a@XN--MLLER-KVA.de", "a@xn--mller-kva.de", 0},
    {"u_label", "zoe@müller.de", "zoe@xn--mller-kva.de", 0},
    {"u_label_capital", "zoe@MÜLLER.DE", "zoe@xn--mller-kva.de", 0},
    {"u_label_sharp_s", "a@straße.de", "a@xn--strae-oqa.de", 0},
    {"u_label_latin_a", "a@ČESKÝ.cz", "a@xn--esk-noa0f.cz", 0},
    {"u_label_latin_a_odd", "a@ŽŹ.pl", "a@xn--fhah.pl", 0},
    {"u_label_y", "a@Ÿ.fr", "a@xn--wda.fr", 0},
    {"u_label_greek", "a@ΈΛΛΆΣ.gr", "a@xn--hxab6ba5b.gr", 0},
    {"u_label_cyrillic", "a@ПОЧТА.РФ", "a@xn--80a1acny.xn--p1ai", 0},
    {"u_label_cyrillic_jo", "a@ЁЛКА.рф", "a@xn--80atc1g.xn--p1ai", 0},
    {"u_label_han", "a@例え.jp", "a@xn--r8jz45g.jp", 0},
    {"u_label_catalan", "a@col·lecció.cat", "a@xn--collecci-ioa91d.cat", 0},
    {"u_label_final_dot", "a@müller.", "a@xn--mller-kva", 0},
    {"local_64", X63 "x@a.de", X63 "x@a.de", 0},
    {"label_63", "a@" X63 ".de", "a@" X63 ".de", 0},
    {"domain_253", "a@" X63 "." X63 "." X63 "." X61, "a@" X63 "." X63 "." X63 "." X61,
	0},
    {"domain_253_final_dot", "a@" X63 "." X63 "." X63 "." X61 ".",
	"a@" X63 "." X63 "." X63 "." X61, 0},

    {"empty", "", "no '@'", ERR_SYNTAX},
    {"no_at", "anna", "no '@'", ERR_SYNTAX},
    {"no_local", "@example.com", "nothing stands before the '@'", ERR_SYNTAX},
    {"no_domain", "anna@", "RFC 1123", ERR_SYNTAX},
    {"only_dot", "anna@.", "RFC 1123", ERR_SYNTAX},
    {"two_dots", "anna@a..de", "RFC 1123", ERR_SYNTAX},
    {"two_final_dots", "anna@a.de..", "RFC 1123", ERR_SYNTAX},
    {"dot_first", "anna@.a.de", "RFC 1123", ERR_SYNTAX},
    {"local_dot_first", ".anna@a.de", "a dot stands where text is wanted", ERR_SYNTAX},
    {"local_dot_last", "anna.@a.de", "a dot stands before the '@'", ERR_SYNTAX},
    {"local_two_dots", "an..na@a.de", "a dot stands where text", ERR_SYNTAX},
    {"local_blank", "an na@a.de", "a character that is not allowed", ERR_SYNTAX},
    {"local_quoted", "\"anna\"@a.de", "a character that is not allowed", ERR_SYNTAX},
    {"local_comment", "anna(x)@a.de", "a character that is not allowed", ERR_SYNTAX},
    {"local_at", "an@na@a.de", "a character that is not allowed", ERR_SYNTAX},
    {"local_utf8", "zoë@a.de", "a character that is not allowed", ERR_SYNTAX},
    {"angle", "<anna@a.de>", "a character that is not allowed", ERR_SYNTAX},
    {"angle_behind", "anna@a.de>", "RFC 1123", ERR_SYNTAX},
    {"newline", "anna@a.de\n", "RFC 1123", ERR_SYNTAX},
    {"literal", "anna@[127.0.0.1]", "RFC 1123", ERR_SYNTAX},
    {"underscore", "anna@a_b.de", "RFC 1123", ERR_SYNTAX},
    {"hyphen_first", "anna@-a.de", "RFC 1123", ERR_SYNTAX},
    {"hyphen_last", "anna@a-.de", "RFC 1123", ERR_SYNTAX},
    {"domain_blank", "anna@a b.de", "RFC 1123", ERR_SYNTAX},
    {"u_hyphens", "anna@aü--b.de", "RFC 1123", ERR_SYNTAX},
    {"u_symbol", "anna@☃.de", "RFC 1123", ERR_SYNTAX},
    {"u_picture", "anna@😀.de", "RFC 1123", ERR_SYNTAX},
    {"u_full_width", "anna@ａ.de", "RFC 1123", ERR_SYNTAX},
    {"u_ideographic_dot", "anna@a。de", "RFC 1123", ERR_SYNTAX},
    {"u_blank", "anna@a\u00a0b.de", "RFC 1123", ERR_SYNTAX},
    {"u_direction", "anna@a\u202eb.de", "RFC 1123", ERR_SYNTAX},
    {"u_zero_width", "anna@a\u200bb.de", "RFC 1123", ERR_SYNTAX},
    {"u_combining_first", "anna@\u0308a.de", "RFC 1123", ERR_SYNTAX},
    {"utf8_cut", "anna@a\xc3", "RFC 1123", ERR_SYNTAX},
    {"utf8_overlong", "anna@\xc0\xaf.de", "RFC 1123", ERR_SYNTAX},
    {"utf8_overlong_3", "anna@\xe0\x80\xaf.de", "RFC 1123", ERR_SYNTAX},
    {"utf8_surrogate", "anna@\xed\xa0\x80.de", "RFC 1123", ERR_SYNTAX},
    {"utf8_too_large", "anna@\xf4\x90\x80\x80.de", "RFC 1123", ERR_SYNTAX},
    {"latin_1", "anna@m\xfcller.de", "RFC 1123", ERR_SYNTAX},
    {"local_65", X63 "xx@a.de", "more than 64 bytes", ERR_LIMIT},
    {"label_64", "a@" X63 "x.de", "too long", ERR_LIMIT},
    {"u_label_64", "a@" X61 "üü.de", "too long", ERR_LIMIT},
    {"domain_254", "a@" X63 "." X63 "." X63 "." X61 "x", "too long", ERR_LIMIT},
    {"domain_long", "a@" X63 "." X63 "." X63 "." X63 "." X63 ".de", "too long",
	ERR_LIMIT},
};

static void
test_parse(void)
{
	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct addr a;
		struct err e = {0};
		char name[64];
		int rc = addr_parse(bytes_of(rows[i].in), &a, &e);

		snprintf(name, sizeof(name), "addr__%s", rows[i].name);
		if (rc < 0 || rows[i].code < 0)
			check(
			    rc == rows[i].code && strstr(e.text, rows[i].want) != NULL,
			    name, "got %d \"%s\", want %d \"%s\"", rc, e.text,
			    rows[i].code, rows[i].want);
		else
			check(strcmp(a.text, rows[i].want) == 0 &&
				  a.n == strlen(a.text) && a.text[a.at] == '@' &&
				  strchr(a.text + a.at + 1, '@') == NULL,
			    name, "got \"%s\" n %zu at %zu, want \"%s\"", a.text, a.n,
			    a.at, rows[i].want);
	}
}

static void
test_nul(void)
{
	struct addr a;
	struct err e = {0};

	check_int("addr__nul_in_local", addr_parse(BYTES("an\0na@a.de"), &a, NULL),
	    ERR_SYNTAX);
	check_int("addr__nul_in_domain", addr_parse(BYTES("anna@a.de\0.x"), &a, NULL),
	    ERR_SYNTAX);
	addr_parse(BYTES("anna\n@a.de"), &a, &e);
	check(strstr(e.text, "anna?@a.de") != NULL, "addr__no_line_of_strangers",
	    "got \"%s\"", e.text);
}

static const struct {
	const char *name, *in, *want;
} untag_rows[] = {
    {"plain", "anna@x.de", NULL},
    {"tag", "anna+news@x.de", "anna@x.de"},
    {"two", "anna+a+b@x.de", "anna@x.de"},
    {"empty_tag", "anna+@x.de", "anna@x.de"},
    {"first", "+49@x.de", NULL},
    {"only", "+@x.de", NULL},
    {"dots", "a.b+c.d@x.de", "a.b@x.de"},
    {"dot_before", "a.+b@x.de", NULL},
    {"case", "Anna+X@x.de", "Anna@x.de"},
};

static void
test_untag(void)
{
	for (size_t i = 0; i < NITEMS(untag_rows); i++) {
		struct addr a = {.n = 0}, out = {.n = 0};
		char name[64];
		bool had;

		addr_parse(bytes_of(untag_rows[i].in), &a, NULL);
		had = addr_untag(&a, &out);
		snprintf(name, sizeof(name), "addr__untag_%s", untag_rows[i].name);
		check(had == (untag_rows[i].want != NULL) &&
			  (!had || (strcmp(out.text, untag_rows[i].want) == 0 &&
				       out.n == strlen(out.text) &&
				       out.text[out.at] == '@')),
		    name, "got %d \"%s\"", had, out.text);
	}
}

#define MATCH(a, b) BYTES(a), BYTES(b)
static const struct {
	const char *name;
	struct bytes found, want;
	bool matches;
} match_rows[] = {
    {"same", MATCH("anna@x.de", "anna@x.de"), true},
    {"case", MATCH("Anna@X.de", "anna@x.DE"), true},
    {"other", MATCH("anna@x.de", "bruno@x.de"), false},
    {"other_domain", MATCH("anna@x.de", "anna@y.de"), false},
    {"u_and_a", MATCH("zoe@müller.de", "zoe@xn--mller-kva.de"), true},
    {"a_and_u", MATCH("zoe@xn--mller-kva.de", "Zoe@Müller.de"), true},
    {"u_and_u", MATCH("zoe@MÜLLER.de", "zoe@müller.de"), true},
    {"final_dot", MATCH("anna@x.de.", "anna@x.de"), true},
    {"tag", MATCH("anna@x.de", "anna+a@x.de"), false},
    {"utf8_local", MATCH("zoë@x.de", "zoë@X.de"), true},
    {"utf8_local_other", MATCH("zoë@x.de", "zoe@x.de"), false},
    {"domain", MATCH("x.de", "X.DE"), true},
    {"domain_u", MATCH("müller.de", "xn--mller-kva.de"), true},
    {"domain_of_address", MATCH("anna@x.de", "x.de"), false},
    {"address_of_domain", MATCH("x.de", "anna@x.de"), false},
    {"subdomain", MATCH("a.x.de", "x.de"), false},
    {"wildcard", MATCH("*.x.de", "a.x.de"), false},
    {"empty", MATCH("", ""), false},
    {"empty_found", MATCH("", "x.de"), false},
    {"nul", MATCH("anna@x.de\0.evil", "anna@x.de"), false},
    {"nul_in_domain", MATCH("x.de\0", "x.de"), false},
    {"nul_in_local", MATCH("an\0na@x.de", "anna@x.de"), false},
    {"quoted", MATCH("\"anna\"@x.de", "anna@x.de"), false},
    {"quoted_same", MATCH("\"an na\"@x.de", "\"An na\"@x.de"), true},
    {"prefix", MATCH("anna@x.de", "anna@x.dev"), false},
    {"blank", MATCH("anna@x.de ", "anna@x.de"), false},
    {"junk_same", MATCH("anna@[1]", "ANNA@[1]"), true},
};

static void
test_matches(void)
{
	for (size_t i = 0; i < NITEMS(match_rows); i++) {
		struct bytes a = match_rows[i].found, b = match_rows[i].want;
		char name[64];

		snprintf(name, sizeof(name), "addr__matches_%s", match_rows[i].name);
		check(addr_matches(a, b) == match_rows[i].matches &&
			  addr_matches(b, a) == match_rows[i].matches,
		    name, "want %d", match_rows[i].matches);
	}
}

static void
test_equal(void)
{
	struct addr a, b;

	addr_parse(BYTES("Anna@müller.de"), &a, NULL);
	addr_parse(BYTES("anna@XN--mller-kva.DE."), &b, NULL);
	check(addr_equal(&a, &b), "addr__equal", "%s and %s differ", a.text, b.text);
	addr_parse(BYTES("anna@muller.de"), &b, NULL);
	check(!addr_equal(&a, &b), "addr__not_equal", "%s and %s", a.text, b.text);
}

static void
test_domain(void)
{
	char out[ADDR_DOMAIN_MAX + 1];
	size_t n = 0;

	check(addr_domain(BYTES("MÜLLER.de."), out, &n) == 0 &&
		  strcmp(out, "xn--mller-kva.de") == 0 && n == strlen(out),
	    "addr__domain", "got \"%s\"", out);
	check_int("addr__domain_empty", addr_domain(BYTES(""), out, &n), ERR_SYNTAX);
	check_int("addr__domain_at", addr_domain(BYTES("a@b"), out, &n), ERR_SYNTAX);
}

int
main(void)
{
	test_parse();
	test_nul();
	test_untag();
	test_matches();
	test_equal();
	test_domain();
	return check_done();
}
