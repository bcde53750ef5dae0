/*
 * Escaping for filters and DNs: what a stranger's address could try to say there,
 * beside what must stay as it is.
 */
#include "core/escape.h"

#include "tests/unit/check.h"

static const struct {
	const char *name;
	struct bytes in;
	const char *filter, *dn;
} cases[] = {
    {"escape__plain", BYTES("anna.muster@example.com"), "anna.muster@example.com",
	"anna.muster@example.com"},
    {"escape__empty", BYTES(""), "", ""},
    {"escape__filter_syntax", BYTES("*)(mail=*"), "\\2a\\29\\28mail=\\2a",
	"*)(mail\\3d*"},
    {"escape__backslash", BYTES("a\\2a"), "a\\5c2a", "a\\5c2a"},
    {"escape__nul", BYTES("a\0b"), "a\\00b", "a\\00b"},
    {"escape__utf8", BYTES("Zo\xc3\xab"), "Zo\\c3\\ab", "Zo\xc3\xab"},
    {"escape__dn_syntax", BYTES("a,ou=x+b;c<d>\"e\""), "a,ou=x+b;c<d>\"e\"",
	"a\\2cou\\3dx\\2bb\\3bc\\3cd\\3e\\22e\\22"},
    {"escape__dn_ends", BYTES(" # a "), " # a ", "\\20# a\\20"},
    {"escape__dn_hash", BYTES("#a#"), "#a#", "\\23a#"},
    {"escape__one_space", BYTES(" "), " ", "\\20"},
    {"escape__newline", BYTES("a\nb"), "a\\0ab", "a\\0ab"},
};

int
main(void)
{
	char out[ESCAPE_MAX(64)];

	for (size_t i = 0; i < NITEMS(cases); i++) {
		escape_filter(cases[i].in, out);
		check_str(cases[i].name, out, cases[i].filter);
		escape_dn(cases[i].in, out);
		check_str(cases[i].name, out, cases[i].dn);
	}
	return check_done();
}
