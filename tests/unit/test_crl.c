/*
 * Tests of core/crl: the frame of a CRL and its entries, part by part. What comes
 * out is compared as one line of text. (test_crl_openssl compares real ones.)
 */
#include "core/crl.h"
#include "core/name.h"
#include "tests/unit/asn.h"
#include "tests/unit/check.h"

#define NAME(text)	 "30{31{30{0603550403 0c{'" text "'}}}}"
#define ALG		 "30{06092a864886f70d01010b 0500}"
#define THIS		 "17{'240101000000Z'}"
#define NEXT		 "17{'240108000000Z'}"
#define ENTRY(n, more)	 "30{02{" n "} 17{'231231000000Z'} " more "}"
#define EXT(oid, value)	 "30{0603551d" oid " 04{" value "}}"
#define EXTC(oid, value) "30{0603551d" oid " 0101ff 04{" value "}}"
#define EXTS(extensions) "a0{30{" extensions "}}"
#define REASON(n)	 "30{" EXT("15", "0a{" n "}") "}"
#define ISSUER(text)	 "30{" EXTC("1d", "30{a4{" NAME(text) "}}") "}"
#define UNKNOWN_CRITICAL "30{06032a0304 0101ff 0400}"
#define TBS(fields)	 "30{30{" fields "} " ALG " 03{0001}}"
#define HEAD		 "020101 " ALG NAME("CA") THIS NEXT

static const struct {
	const char *name, *in;
	const char *want; /* "!" and a sentence; entries that cannot be read: "?" */
} table[] = {
    {"one", TBS(HEAD "30{" ENTRY("0a", "") "}"),
	"CN=CA 1704067200..1704672000: CN=CA 0a 0"},
    {"v1", TBS(ALG NAME("CA") THIS NEXT "30{" ENTRY("0a", "") "}"),
	"CN=CA 1704067200..1704672000: CN=CA 0a 0"},
    {"no_entries", TBS(HEAD), "CN=CA 1704067200..1704672000:"},
    {"empty_entries", TBS(HEAD "30{}"), "CN=CA 1704067200..1704672000:"},
    {"no_next", TBS("020101 " ALG NAME("CA") THIS "30{" ENTRY("0a", "") "}"),
	"CN=CA 1704067200..: CN=CA 0a 0"},
    {"generalized", TBS("020101 " ALG NAME("CA") "18{'20500101000000Z'}"),
	"CN=CA 2524608000..:"},
    {"reasons",
	TBS(HEAD "30{" ENTRY("0a", REASON("01")) ENTRY("0b", REASON("06"))
		ENTRY("0c", REASON("08")) "}"),
	": CN=CA 0a 1; CN=CA 0b 6; CN=CA 0c 8"},
    {"reason_10", TBS(HEAD "30{" ENTRY("0a", REASON("0a")) "}"), ": CN=CA 0a 10"},
    {"reason_11", TBS(HEAD "30{" ENTRY("0a", REASON("0b")) "}"), ": ?"},
    {"reason_negative", TBS(HEAD "30{" ENTRY("0a", REASON("ff")) "}"), ": ?"},
    {"reason_integer", TBS(HEAD "30{" ENTRY("0a", "30{" EXT("15", "020101") "}") "}"),
	": ?"},
    {"reason_twice",
	TBS(HEAD
	    "30{" ENTRY("0a", "30{" EXT("15", "0a0101") EXT("15", "0a0101") "}") "}"),
	": ?"},
    {"long_serial",
	TBS(HEAD "30{" ENTRY("00ffffffffffffffffffffffffffffffffffffffff", "") "}"),
	": CN=CA 00ffffffffffffffffffffffffffffffffffffffff 0"},
    {"serial_padded", TBS(HEAD "30{" ENTRY("0001", "") "}"), ": ?"},
    {"entry_without_time", TBS(HEAD "30{30{020101}}"), ": ?"},
    {"entry_time_wrong", TBS(HEAD "30{30{020101 17{'2312310000Z'}}}"), ": ?"},
    {"entry_more", TBS(HEAD "30{" ENTRY("0a", "30{} 0500") "}"), ": ?"},
    {"entry_is_set", TBS(HEAD "30{31{}}"), ": ?"},
    {"second_entry_cut", TBS(HEAD "30{" ENTRY("0a", "") "3009}"), ": CN=CA 0a 0; ?"},
    {"hold_and_invalidity",
	TBS(HEAD "30{" ENTRY("0a",
	    "30{" EXT("17", "06032a0304") EXT("18", "18{'20230101000000Z'}") "}") "}"),
	": CN=CA 0a 0"},
    {"indirect",
	TBS(HEAD "30{" ENTRY("0a", "") ENTRY("0b", ISSUER("X")) ENTRY("0c", "")
		ENTRY("0d", ISSUER("Y")) "}" EXTS(EXTC("1c", "30{84{ff}}"))),
	" indirect: CN=CA 0a 0; CN=X 0b 0; CN=X 0c 0; CN=Y 0d 0"},
    {"issuer_is_no_name",
	TBS(HEAD "30{" ENTRY("0a", "30{" EXTC("1d", "30{82{'x'}}") "}") "}"), ": ?"},
    {"issuer_then_broken",
	TBS(HEAD
	    "30{" ENTRY("0a", "30{" EXTC("1d", "30{a4{" NAME("X") "} 30{}}") "}") "}"),
	": ?"},
    {"unknown_critical_entry",
	TBS(HEAD "30{" ENTRY("0a", "30{" UNKNOWN_CRITICAL "}") ENTRY("0b", "") "}"),
	": CN=CA 0a 0 critical; CN=CA 0b 0"},
    {"delta", TBS(HEAD EXTS(EXT("14", "020102") EXTC("1b", "020101"))), " delta:"},
    {"delta_wrong", TBS(HEAD EXTS(EXTC("1b", "0c00"))), "!section 5.2"},
    {"number_twice", TBS(HEAD EXTS(EXT("14", "020102") EXT("14", "020102"))),
	"!section 5.2: an extension is there twice"},
    {"unknown_critical", TBS(HEAD EXTS(UNKNOWN_CRITICAL)), " critical:"},
    {"unknown", TBS(HEAD EXTS("30{06032a0304 0400}")), "..1704672000:"},
    {"unknown_critical_lengths", TBS(HEAD EXTS("30{0602551d 0101ff 0400}")),
	" critical:"},
    {"unknown_critical_arc", TBS(HEAD EXTS("30{0603541d14 0101ff 0400}")),
	" critical:"},
    {"unknown_critical_arc_2", TBS(HEAD EXTS("30{0603551c14 0101ff 0400}")),
	" critical:"},
    {"unknown_critical_ce_64", TBS(HEAD EXTS(EXTC("40", "30{}"))), " critical:"},
    {"other_arcs_twice", TBS(HEAD EXTS("30{06032a0304 0400} 30{06032a0304 0400}")),
	"..1704672000:"},
    {"ce_0_twice", TBS(HEAD EXTS(EXT("00", "") EXT("00", ""))),
	"!section 5.2: an extension is there twice"},
    {"known_critical",
	TBS(HEAD EXTS(EXTC("14", "020102") EXTC("23", "30{}") EXTC("12", "30{}")
		EXTC("2e", "30{}"))),
	"..1704672000:"},
    {"point_whole",
	TBS(HEAD EXTS(EXTC("1c", "30{a0{a0{86{'u'}}} 81{00} 82{ff} 83{0520}"
				 "84{00} 85{00}}"))),
	"..1704672000:"},
    {"point_order", TBS(HEAD EXTS(EXTC("1c", "30{84{ff} 81{ff}}"))), "!section 5.2"},
    {"point_boolean", TBS(HEAD EXTS(EXTC("1c", "30{84{01}}"))), "!section 5.2"},
    {"extensions_set", TBS(HEAD "a0{31{}}"), "!section 5.1.2.7"},
    {"signature_inner_set", TBS("020101 31{} " NAME("CA") THIS), "!section 5.1.2.2"},
    {"signature_inner_empty", TBS("020101 30{} " NAME("CA") THIS), "!section 5.1.2.2"},
    {"algorithm_empty", "30{30{" HEAD "} 30{} 03{0001}}", "!section 5.1.1.2"},
    {"entries_cut", TBS(HEAD "3005"), "!section 5.1.2.6"},
    {"extension_broken", TBS(HEAD EXTS("30{}")), "!section 5.2: an extension is not"},
    {"next_generalized", TBS("020101 " ALG NAME("CA") THIS "18{'20500101000000Z'}"),
	"CN=CA 1704067200..2524608000:"},
    {"point_set", TBS(HEAD EXTS(EXTC("1c", "31{}"))), "!section 5.2"},
    {"point_bad_name", TBS(HEAD EXTS(EXTC("1c", "30{a0{}}"))), "!section 5.2"},
    {"point_bad_reasons", TBS(HEAD EXTS(EXTC("1c", "30{83{}}"))), "!section 5.2"},
    {"point_bad_indirect", TBS(HEAD EXTS(EXTC("1c", "30{84{}}"))), "!section 5.2"},
    {"delta_padded", TBS(HEAD EXTS(EXTC("1b", "02{0001}"))), "!section 5.2"},
    {"issuer_set", TBS(HEAD "30{" ENTRY("0a", "30{" EXTC("1d", "31{}") "}") "}"),
	": ?"},
    {"version_1_written", TBS("020100 " ALG NAME("CA") THIS), "CN=CA 1704067200..:"},
    {"version_padded", TBS("02020001 " ALG NAME("CA") THIS), "!section 5.1.2.1"},
    {"reason_0", TBS(HEAD "30{" ENTRY("0a", REASON("00")) "}"), ": CN=CA 0a 0"},
    {"version_3", TBS("020102 " ALG NAME("CA") THIS), "!section 5.1.2.1"},
    {"issuer_broken", TBS("020101 " ALG "30{30{}}" THIS), "!section 5.1.2.3"},
    {"no_issuer", TBS("020101 " ALG THIS), "!section 5.1.2.3"},
    {"this_without_seconds", TBS("020101 " ALG NAME("CA") "17{'2401010000Z'}"),
	"!section 5.1.2.4"},
    {"next_wrong", TBS("020101 " ALG NAME("CA") THIS "17{'x'}"), "!section 5.1.2.5"},
    {"behind_tbs", TBS(HEAD "30{} 0500"), "!section 5.1: something stands behind"},
    {"behind_signature", "30{30{" HEAD "} " ALG " 03{0001} 0500}", "!section 5.1.1.3"},
    {"signature_absent", "30{30{" HEAD "} " ALG "}", "!section 5.1.1.3"},
    {"algorithm_absent", "30{30{" HEAD "} 03{0001}}", "!section 5.1.1.2"},
    {"behind", TBS(HEAD) "00", "!section 5.1:"},
    {"empty", "", "!section 5.1:"},
    {"empty_sequence", "30{}", "!section 5.1.1.1"},
    {"indefinite", "3080 30{" HEAD "} " ALG " 03{0001} 0000", "!section 5.1:"},
};

static char line[1024];
static size_t line_n;

__attribute__((format(printf, 1, 2))) static void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_n += (size_t)vsnprintf(line + line_n, sizeof(line) - line_n, fmt, ap);
	va_end(ap);
	if (line_n >= sizeof(line))
		abort();
}

static void
say_entry(const struct crl_entry *entry, bool first)
{
	char issuer[64];

	say("%s %s ", first ? "" : ";",
	    name_text(entry->issuer, issuer, sizeof(issuer)));
	for (size_t i = 0; i < entry->serial.n; i++)
		say("%02x", entry->serial.p[i]);
	say(" %d%s", entry->reason, entry->unknown_critical ? " critical" : "");
}

static int
describe(struct bytes der, struct err *e)
{
	struct crl_entry entry;
	struct crl crl;
	char issuer[64];
	int rc = crl_open(der, &crl, e);

	line_n = 0;
	if (rc != 0)
		return rc;
	say("%s %lld..", name_text(crl.issuer, issuer, sizeof(issuer)),
	    (long long)crl.this_update);
	if (crl.next_update != INT64_MAX)
		say("%lld", (long long)crl.next_update);
	say("%s%s%s:", crl.is_delta ? " delta" : "", crl.is_indirect ? " indirect" : "",
	    crl.unknown_critical ? " critical" : "");
	for (bool first = true; (rc = crl_next(&crl, &entry)) == 1; first = false)
		say_entry(&entry, first);
	if (rc < 0)
		say("%s ?", line[line_n - 1] == ':' ? "" : ";");
	return 0;
}

static void
test_crl__table(void)
{
	static struct asn a;

	for (size_t i = 0; i < NITEMS(table); i++) {
		struct bytes der = asn_exact(&a, table[i].in);
		const char *want = table[i].want;
		struct err e = {0};
		int rc = describe(der, &e);
		const char *got = rc == 0 ? line : e.text;
		bool refused = want[0] == '!';
		const char *found = strstr(got, want + refused);
		char name[64];

		snprintf(name, sizeof(name), "crl/%s", table[i].name);
		/* What was read is compared to its end. */
		check((rc != 0) == refused && found != NULL &&
			  (refused || found[strlen(want)] == '\0'),
		    name, "got %d \"%s\", want \"%s\"", rc, got, want);
		asn_free(der);
	}
}

static void
test_crl__limit(void)
{
	uint8_t *big = calloc(1, (size_t)CRL_MAX_BYTES + 1);
	struct crl crl;

	check_int("crl/limit/bytes_at",
	    crl_open((struct bytes){big, CRL_MAX_BYTES}, &crl, NULL), ERR_SYNTAX);
	check_int("crl/limit/bytes_one_past",
	    crl_open((struct bytes){big, (size_t)CRL_MAX_BYTES + 1}, &crl, NULL),
	    ERR_LIMIT);
	free(big);
}

static void
test_crl__cut(void)
{
	static struct asn a;
	struct bytes der = asn(&a,
	    TBS(HEAD "30{" ENTRY("0a", REASON("01")) "}" EXTS(EXT("14", "020102"))));
	int taken = 0;

	for (size_t n = 0; n < der.n; n++) {
		uint8_t *copy = malloc(n == 0 ? 1 : n);
		struct crl crl;

		memcpy(copy, der.p, n);
		taken += crl_open((struct bytes){copy, n}, &crl, NULL) == 0;
		free(copy);
	}
	check_int("crl/cut", taken, 0);
}

int
main(void)
{
	test_crl__table();
	test_crl__limit();
	test_crl__cut();
	return check_done();
}
