/*
 * The LDIF reader. Each case is a file; what was read is written down as
 * "dn|attr=value|attr=value/" for each record, "!CODE@LINE/" for each refused
 * one, and compared as text.
 */
#include "core/ldif.h"

#include <stdlib.h>

#include "tests/unit/check.h"

static const struct {
	const char *name, *in, *want;
} cases[] = {
    {"ldif__empty", "", ""},
    {"ldif__only_blank_lines", "\n\r\n\n", ""},
    {"ldif__one_record", "dn: cn=a\ncn: a\n", "cn=a|cn=a/"},
    {"ldif__no_newline_at_the_end", "dn: cn=a\ncn: a", "cn=a|cn=a/"},
    {"ldif__crlf", "version: 1\r\ndn: cn=a\r\ncn: a\r\n\r\n", "cn=a|cn=a/"},
    {"ldif__version_then_blank", "version: 1\n\ndn: cn=a\ncn: a\n", "cn=a|cn=a/"},
    {"ldif__two_records", "dn: cn=a\ncn: a\n\n\ndn: cn=b\ncn: b\n",
	"cn=a|cn=a/cn=b|cn=b/"},
    {"ldif__fold", "dn: cn=a,\n dc=x\ncn: one\n  two\n", "cn=a,dc=x|cn=one two/"},
    {"ldif__fold_of_nothing", "dn: cn=a\ncn: one\n \n two\n", "cn=a|cn=onetwo/"},
    {"ldif__fold_inside_name", "dn: cn=a\nc\n n: x\n", "cn=a|cn=x/"},
    {"ldif__fold_crlf", "dn: cn=a\r\ncn: on\r\n e\r\n", "cn=a|cn=one/"},
    {"ldif__comments", "# c\n c folded\ndn: cn=a\n# inside\n folded\ncn: a\n#end",
	"cn=a|cn=a/"},
    {"ldif__base64", "dn:: Y249YQ==\ncn:: YQ==\nsn:: \n", "cn=a|cn=a|sn=/"},
    {"ldif__base64_fill_and_fold", "dn: cn=a\ncn::   Wm/D\n q0==\n", "!SYNTAX@2/"},
    {"ldif__base64_folded", "dn: cn=a\ncn:: Wm\n 9l\n", "cn=a|cn=Zoe/"},
    {"ldif__fill", "dn:cn=a\ncn:a\nsn:    b\nl:\n", "cn=a|cn=a|sn=b|l=/"},
    {"ldif__options", "dn: cn=a\nuserCertificate;binary:: MAA=\n",
	"cn=a|userCertificate;binary=0\\00/"},
    {"ldif__oid_name", "dn: cn=a\n2.5.4.3: x\n", "cn=a|2.5.4.3=x/"},
    {"ldif__colon_inside", "dn: cn=a\ncn: a:b::c<d\n", "cn=a|cn=a:b::c<d/"},
    {"ldif__no_values", "dn: cn=a\n", "cn=a/"},
    {"ldif__changetype_add", "dn: cn=a\nchangetype: add\ncn: a\n", "cn=a|cn=a/"},
    {"ldif__ldapsearch_tail",
	"# extended LDIF\n#\n\n# a\ndn: cn=a\ncn: a\n\n# search result\nsearch: 2\n"
	"result: 0 Success\n\n# numResponses: 2\n",
	"cn=a|cn=a/"},
    {"ldif__ldapsearch_reference", "# search reference\nref: ldap://x/\n\ndn: cn=a\n",
	"cn=a/"},
    {"ldif__changetype_modify",
	"dn: cn=a\nchangetype: modify\nadd: cn\ncn: b\n-\n\ndn: cn=c\ncn: c\n",
	"!UNSUPPORTED@2/cn=c|cn=c/"},
    {"ldif__control", "dn: cn=a\ncontrol: 1.2.3 true\nchangetype: add\n",
	"!UNSUPPORTED@2/"},
    {"ldif__url_is_not_opened", "dn: cn=a\ncn:< file:///etc/passwd\n",
	"!UNSUPPORTED@2/"},
    {"ldif__version_2", "version: 2\ndn: cn=a\n\ndn: cn=b\n", "!UNSUPPORTED@1/cn=b/"},
    {"ldif__version_late", "dn: cn=a\n\nversion: 1\ndn: cn=b\n", "cn=a/!SYNTAX@3/"},
    {"ldif__no_dn", "cn: a\n\ndn: cn=b\n", "!SYNTAX@1/cn=b/"},
    {"ldif__no_colon", "dn: cn=a\nwhat is this\n\ndn: cn=b\n", "!SYNTAX@2/cn=b/"},
    {"ldif__empty_name", "dn: cn=a\n: x\n", "!SYNTAX@2/"},
    {"ldif__raw_utf8", "dn: cn=a\ncn: Zo\xc3\xab\n\ndn: cn=b\n", "!SYNTAX@2/cn=b/"},
    {"ldif__begins_with_less", "dn: cn=a\ncn: <b\n", "!SYNTAX@2/"},
    {"ldif__begins_with_colon", "dn: cn=a\ncn: :b\n", "!SYNTAX@2/"},
    {"ldif__bare_cr", "dn: cn=a\ncn: a\rb\n", "!SYNTAX@2/"},
    {"ldif__bad_base64", "dn: cn=a\ncn:: YQ\n\ndn: cn=b\n", "!SYNTAX@2/cn=b/"},
    {"ldif__space_after_blank", "dn: cn=a\n\n folded\n\ndn: cn=b\n",
	"cn=a/!SYNTAX@3/cn=b/"},
    {"ldif__space_first", " dn: cn=a\n\ndn: cn=b\n", "!SYNTAX@1/cn=b/"},
    {"ldif__error_names_line_behind_folds", "dn: cn\n =a\n# c\ncn: a\nbad\n",
	"!SYNTAX@5/"},
};

/* Appends bytes as text: what is not printable as \hh. */
static void
put(char *out, size_t cap, struct bytes b)
{
	size_t at = strlen(out);

	for (size_t i = 0; i < b.n && at + 4 < cap; i++) {
		if (b.p[i] >= 0x20 && b.p[i] < 0x7f)
			out[at++] = (char)b.p[i];
		else
			at += (size_t)sprintf(out + at, "\\%02x", b.p[i]);
	}
	out[at] = '\0';
}

static void
put_record(char *out, size_t cap, const struct ldif_record *r)
{
	put(out, cap, r->dn);
	for (size_t i = 0; i < r->n_value; i++) {
		put(out, cap, BYTES("|"));
		put(out, cap, r->value[i].attr);
		put(out, cap, BYTES("="));
		put(out, cap, r->value[i].value);
	}
	put(out, cap, BYTES("/"));
}

/* The refusal: its code and the line that its sentence names. */
static void
put_error(char *out, size_t cap, int rc, const struct err *e)
{
	size_t line = 0;
	char text[64];

	sscanf(e->text, "line %zu", &line);
	snprintf(text, sizeof(text), "!%s@%zu/",
	    rc == ERR_SYNTAX	    ? "SYNTAX"
	    : rc == ERR_UNSUPPORTED ? "UNSUPPORTED"
	    : rc == ERR_LIMIT	    ? "LIMIT"
				    : "?",
	    line);
	put(out, cap, bytes_of(text));
}

static void
read_all(struct bytes in, char *out, size_t cap)
{
	struct ldif l;
	struct ldif_record r;
	int rc = 1;

	out[0] = '\0';
	ldif_open(in, &l);
	for (int i = 0; i < 1000 && rc != 0; i++) {
		char buf[256];
		struct arena a;
		struct err e = {0};

		arena_init(&a, buf, sizeof(buf), 64 * 1024 * 1024);
		rc = ldif_next(&l, &a, &r, &e);
		if (rc == 1)
			put_record(out, cap, &r);
		else if (rc < 0)
			put_error(out, cap, rc, &e);
		arena_fini(&a);
	}
	if (rc != 0)
		put(out, cap, BYTES("(does not end)"));
}

/* A NUL byte cannot stand in the table above. */
static void
test_ldif__nul(void)
{
	char got[256];

	read_all(BYTES("dn: cn=a\ncn: a\0b\n\ndn: cn=b\n"), got, sizeof(got));
	check_str("ldif__nul", got, "!SYNTAX@2/cn=b/");
}

/* A record with as many values as allowed, and one more. */
static void
test_ldif__most_values(size_t n, const char *name, const char *want)
{
	size_t cap = 32 + n * 6, at = 0;
	char *file = malloc(cap), *got = malloc(cap * 2);

	if (file == NULL || got == NULL)
		abort();
	at += (size_t)sprintf(file, "dn: cn=a\n");
	for (size_t i = 0; i < n; i++)
		at += (size_t)sprintf(file + at, "cn: b\n");
	read_all(bytes_of(file), got, cap * 2);
	got[strlen(want)] = '\0';
	check_str(name, got, want);
	free(got);
	free(file);
}

/* A line as long as allowed, by folds, and one byte more. */
static void
test_ldif__longest_line(size_t n, const char *name, int want)
{
	static const char head[] = "dn: cn=a\ncn: ";
	size_t folds = 4, cap = sizeof(head) + n + folds * 2 + 1, at = 0;
	size_t left = n - 4; /* "cn: " counts */
	char *file = malloc(cap);
	struct ldif_record r;
	struct ldif l;
	struct arena a;

	if (file == NULL)
		abort();
	at += (size_t)sprintf(file, "%s", head);
	for (size_t i = 0; i < folds; i++) {
		size_t part = i + 1 == folds ? left : left / 2;

		memset(file + at, 'x', part);
		at += part;
		left -= part;
		memcpy(file + at, i + 1 == folds ? "\n" : "\n ", 2);
		at += i + 1 == folds ? 1 : 2;
	}
	arena_init(&a, NULL, 0, 64 * 1024 * 1024);
	ldif_open((struct bytes){(uint8_t *)file, at}, &l);
	check_int(name, ldif_next(&l, &a, &r, NULL), want);
	arena_fini(&a);
	free(file);
}

static void
test_ldif__attr_is(void)
{
	check(ldif_attr_is(BYTES("USERcertificate;Binary"), BYTES("userCertificate")),
	    "ldif__attr_is_with_option", "want true");
	check(!ldif_attr_is(BYTES("userCertificates"), BYTES("userCertificate")),
	    "ldif__attr_is_not_a_longer_name", "want false");
	check(!ldif_attr_is(BYTES("mai"), BYTES("mail")),
	    "ldif__attr_is_not_a_shorter_name", "want false");
}

int
main(void)
{
	char got[1024];

	for (size_t i = 0; i < NITEMS(cases); i++) {
		read_all(bytes_of(cases[i].in), got, sizeof(got));
		check_str(cases[i].name, got, cases[i].want);
	}
	test_ldif__nul();
	test_ldif__most_values(LDIF_MAX_VALUES, "ldif__most_values", "cn=a|cn=b");
	test_ldif__most_values(
	    LDIF_MAX_VALUES + 1, "ldif__one_value_too_many", "!LIMIT@1/");
	test_ldif__longest_line(LDIF_MAX_LINE, "ldif__longest_line", 1);
	test_ldif__longest_line(
	    LDIF_MAX_LINE + 1, "ldif__line_one_too_long", ERR_LIMIT);
	test_ldif__attr_is();
	return check_done();
}
