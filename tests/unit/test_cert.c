/*
 * Tests of core/cert: one well-formed certificate of which each case replaces one
 * part; what is read is compared as one line of text, what is refused must be
 * refused with the right section of the RFC. (test_cert_openssl compares thousands
 * of real and broken ones with OpenSSL.)
 */
#include "core/cert.h"
#include "tests/unit/asn.h"
#include "tests/unit/check.h"

/* --- a certificate in parts --------------------------------------------------- */

enum part {
	WHOLE,
	VERSION,
	SERIAL,
	INNER, /* the signature algorithm that is signed */
	ISSUER,
	VALIDITY,
	SUBJECT,
	SPKI,
	EXTRA,	    /* unique identifiers */
	EXTENSIONS, /* what stands in the SEQUENCE */
	TBS_END,
	OUTER, /* and INNER alike, unless the case is about INNER */
	SIGNATURE,
	END,
	PART__MAX
};

#define CN(text)    "31{30{0603550403 0c{'" text "'}}}"
#define SHA256_RSA  "30{06092a864886f70d01010b 0500}"
#define RSA(n)	    "30{30{06092a864886f70d010101 0500} 03{00 30{02{" n "} 02{010001}}}}"
#define KU(bits)    "30{0603551d0f 0101ff 04{03{" bits "}}}"
#define EKU(oids)   "30{0603551d25 04{30{" oids "}}}"
#define SAN(names)  "30{0603551d11 04{30{" names "}}}"
#define BC(content) "30{0603551d13 0101ff 04{30{" content "}}}"
#define CDP(points) "30{0603551d1f 04{30{" points "}}}"
#define EMAIL_EKU   "06082b06010505070304"
#define UNKNOWN	    "06032a0304"

static const char *const whole[PART__MAX] = {
    [VERSION] = "a0{020102}",
    [SERIAL] = "02{0a1b}",
    [ISSUER] = "30{" CN("Example CA") "}",
    [VALIDITY] = "30{17{'240101000000Z'} 17{'251231235959Z'}}",
    [SUBJECT] = "30{" CN("Anna") "}",
    [SPKI] = RSA("00c000000000000001"),
    [EXTRA] = "",
    [EXTENSIONS] = KU("05a0") EKU(EMAIL_EKU) SAN("81{'anna@example.com'}"),
    [TBS_END] = "",
    [OUTER] = SHA256_RSA,
    [SIGNATURE] = "03{0001}",
    [END] = "",
};

static char text[128 * 1024];

/* The certificate with one part replaced. */
static const char *
with(enum part part, const char *in)
{
	const char *p[PART__MAX];
	const char *extensions_open = "a3{30{", *extensions_close = "}}";

	if (part == WHOLE)
		return in;
	memcpy(p, whole, sizeof(p));
	p[part] = in;
	if (part == EXTENSIONS && strcmp(in, "none") == 0)
		p[EXTENSIONS] = extensions_open = extensions_close = "";
	snprintf(text, sizeof(text),
	    "30{ 30{%s %s %s %s %s %s %s %s %s%s%s %s} %s %s %s }", p[VERSION],
	    p[SERIAL], part == INNER ? in : p[OUTER], p[ISSUER], p[VALIDITY],
	    p[SUBJECT], p[SPKI], p[EXTRA], extensions_open, p[EXTENSIONS],
	    extensions_close, p[TBS_END], p[OUTER], p[SIGNATURE], p[END]);
	return text;
}

/* --- what was read, as text ----------------------------------------------------- */

static char line[4096];
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
say_views(const char *name, const struct bytes *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		say(" %s=%.*s", name, (int)v[i].n, (const char *)v[i].p);
}

static const char *
describe(const struct cert *c)
{
	char key[32], serial[48];

	line_n = 0;
	say("v%d %s %lld..%lld %s %s", c->version,
	    cert_serial_text(c->serial, serial, sizeof(serial)),
	    (long long)c->not_before, (long long)c->not_after,
	    cert_key_text(c, key, sizeof(key)), cert_hash_text(c->signature_hash));
	if (c->has_key_usage)
		say(" ku=%03x", c->key_usage);
	if (c->has_ext_usage)
		say(" eku=%x", c->ext_usage);
	if (c->has_basic_constraints)
		say(" ca=%d", c->is_ca);
	if (c->has_alt_name)
		say(" san");
	say_views("addr", c->address, c->n_address);
	say_views("dom", c->domain, c->n_domain);
	say_views("email", c->subject_email, c->n_subject_email);
	if (c->subject_cn_tag != 0)
		say(" cn(%02x)=%.*s", c->subject_cn_tag, (int)c->subject_cn.n,
		    (const char *)c->subject_cn.p);
	if (c->crl_url.n > 0)
		say_views("url", &c->crl_url, 1);
	if (c->unknown_critical)
		say(" critical");
	say(" .");
	return line;
}

/* --- cases ------------------------------------------------------------------------ */

#define HEAD "v3 0A1B 1704067200..1767225599 RSA 64 sha256"

static const struct {
	const char *name;
	enum part part;
	const char *in;
	/* Taken: a piece of the line. Refused: "!" and a piece of the sentence. */
	const char *want;
} table[] = {
    {"whole", END, "", HEAD " ku=005 eku=1 san addr=anna@example.com cn(0c)=Anna ."},
    {"bytes_behind", END, "00", "!section 4.1: something stands behind signatureValue"},
    {"element_behind", END, "0500", "!section 4.1: something stands behind"},

    {"version_absent", VERSION, "", "v1 0A1B"},
    {"version_1_written", VERSION, "a0{020100}", "v1 0A1B"},
    {"version_2", VERSION, "a0{020101}", "v2 0A1B"},
    {"version_4", VERSION, "a0{020103}", "!section 4.1.2.1: version is not v1"},
    {"version_negative", VERSION, "a0{0201ff}", "!section 4.1.2.1: version is not v1"},
    {"version_padded", VERSION, "a0{02020002}", "!section 4.1.2.1: version is not an"},
    {"version_long", VERSION, "a0{0209010000000000000002}",
	"!section 4.1.2.1: version is not an INTEGER"},
    {"version_more", VERSION, "a0{0201020500}", "!section 4.1.2.1"},
    {"version_implicit", VERSION, "80{02}", "!section 4.1.2.2"},

    {"tbs_is_set", WHOLE, "30{31{} 30{} 0300}", "!section 4.1: tbsCertificate"},
    {"tbs_absent", WHOLE, "30{}", "!section 4.1: tbsCertificate"},
    {"outermost_is_set", WHOLE, "31{30{} 30{} 0300}", "!section 4.1: it is not one"},

    {"serial_zero", SERIAL, "020100", "v3 00 "},
    {"serial_negative", SERIAL, "0201ff", "v3 FF "},
    {"serial_sign_octet", SERIAL, "020200ff", "v3 FF "},
    {"serial_padded", SERIAL, "0202007f", "!section 4.1.2.2"},
    {"serial_empty", SERIAL, "0200", "!section 4.1.2.2"},
    {"serial_20_octets", SERIAL, "02{0102030405060708090a0b0c0d0e0f1011121314}",
	"v3 0102030405060708090A0B0C0D0E0F1011121314 "},
    {"serial_21_octets", SERIAL, "02{0102030405060708090a0b0c0d0e0f101112131415}",
	"v3 0102030405060708090A0B0C0D0E0F1011121314... "},

    {"algorithms_differ", INNER, "30{06092a864886f70d01010b}", "!section 4.1.1.2"},
    {"algorithm_of_other_type", INNER, "31{06092a864886f70d01010b 0500}",
	"!section 4.1.2.3"},
    {"outer_is_set", OUTER, "31{}", "!section 4.1.2.3"},
    {"md5", OUTER, "30{06092a864886f70d010104 0500}", " md5 "},
    {"md2", OUTER, "30{06092a864886f70d010102 0500}", " md2 "},
    {"sha1", OUTER, "30{06092a864886f70d010105 0500}", " sha1 "},
    {"sha1_oiw", OUTER, "30{06052b0e03021d 0500}", " sha1 "},
    {"sha224", OUTER, "30{06092a864886f70d01010e 0500}", " sha224 "},
    {"sha384", OUTER, "30{06092a864886f70d01010c 0500}", " sha384 "},
    {"sha512_ecdsa", OUTER, "30{06082a8648ce3d040304}", " sha512 "},
    {"sha1_ecdsa", OUTER, "30{06072a8648ce3d0401}", " sha1 "},
    {"sha1_dsa", OUTER, "30{06072a8648ce380403}", " sha1 "},
    {"sha3_rsa", OUTER, "30{060960864801650304030e}", " sha3 "},
    {"ed25519", OUTER, "30{06032b6570}", " builtin "},
    {"ed448", OUTER, "30{06032b6571}", " builtin "},
    {"x25519_signs_nothing", OUTER, "30{06032b656e}", " unknown "},
    {"unknown_algorithm", OUTER, "30{" UNKNOWN "}", " unknown "},
    {"arc_behind_the_last", OUTER, "30{06092a864886f70d01010f}", " unknown "},
    {"algorithm_empty", OUTER, "30{}", "!section 4.1.1.2"},
    {"algorithm_oid_cut", OUTER, "30{06022a83}", "!section 4.1.1.2"},
    {"algorithm_more", OUTER, "30{06032b6570 0500 0500}", "!section 4.1.1.2"},
    {"algorithm_bad_parameter", OUTER, "30{06032b6570 010101}", "!section 4.1.1.2"},
    {"pss_default_is_sha1", OUTER, "30{06092a864886f70d01010a 30{}}", " sha1 "},
    {"pss_sha256", OUTER,
	"30{06092a864886f70d01010a 30{a0{30{0609608648016503040201 0500}}"
	"a1{30{06092a864886f70d010108 30{0609608648016503040201 0500}}} a2{020120}}}",
	" sha256 "},
    {"pss_salt_zero", OUTER, "30{06092a864886f70d01010a 30{a2{020100}}}", " sha1 "},
    {"pss_mask_no_parameters", OUTER,
	"30{06092a864886f70d01010a 30{a1{30{06092a864886f70d010108}}}}", "!RSASSA-PSS"},
    {"pss_unknown_hash", OUTER, "30{06092a864886f70d01010a 30{a0{30{" UNKNOWN "}}}}",
	"!RSASSA-PSS"},
    {"pss_hash_not_explicit", OUTER, "30{06092a864886f70d01010a 30{a0{0500}}}",
	"!RSASSA-PSS"},
    {"pss_hash_empty", OUTER, "30{06092a864886f70d01010a 30{a0{30{}}}}", "!RSASSA-PSS"},
    {"pss_mask_null", OUTER,
	"30{06092a864886f70d01010a 30{a1{30{06092a864886f70d010108 0500}}}}",
	"!RSASSA-PSS"},
    {"pss_mask_unknown_hash", OUTER,
	"30{06092a864886f70d01010a 30{a1{30{06092a864886f70d010108 30{" UNKNOWN "}}}}}",
	"!RSASSA-PSS"},
    {"pss_salt_string", OUTER, "30{06092a864886f70d01010a 30{a2{0c00}}}",
	"!RSASSA-PSS"},
    {"pss_trailer_cut", OUTER, "30{06092a864886f70d01010a 30{a3{0200}}}",
	"!RSASSA-PSS"},
    {"pss_behind", OUTER, "30{06092a864886f70d01010a 30{a2{020120} 0500}}",
	"!RSASSA-PSS"},
    {"pss_other_mask", OUTER,
	"30{06092a864886f70d01010a 30{a1{30{" UNKNOWN " 30{"
	"0609608648016503040201}}}}}",
	"!RSASSA-PSS"},
    {"pss_absent", OUTER, "30{06092a864886f70d01010a}", "!RSASSA-PSS"},
    {"pss_null", OUTER, "30{06092a864886f70d01010a 0500}", "!RSASSA-PSS"},
    {"pss_trailer_2", OUTER, "30{06092a864886f70d01010a 30{a3{020102}}}",
	"!RSASSA-PSS"},
    {"pss_salt_negative", OUTER, "30{06092a864886f70d01010a 30{a2{0201ff}}}",
	"!RSASSA-PSS"},

    {"issuer_empty", ISSUER, "30{}", HEAD},
    {"issuer_set", ISSUER, "31{}", "!section 4.1.2.4"},
    {"issuer_cut_inside", ISSUER, "30{31{30{0603550403}}}", "!section 4.1.2.4"},
    {"issuer_more_in_attribute", ISSUER, "30{31{30{0603550403 0c00 0c00}}}",
	"!section 4.1.2.4"},
    {"subject_empty", SUBJECT, "30{}", "addr=anna@example.com ."},
    {"subject_two_names", SUBJECT, "30{" CN("First") CN("Last") "}", " cn(0c)=Last ."},
    {"subject_bmp", SUBJECT, "30{31{30{0603550403 1e{0041}}}}", " cn(1e)="},
    {"subject_bmp_odd", SUBJECT, "30{31{30{0603550403 1e{00}}}}", "!section 4.1.2.6"},
    {"subject_bmp_surrogate", SUBJECT, "30{31{30{0603550403 1e{d800}}}}",
	"!section 4.1.2.6"},
    {"subject_utf8_broken", SUBJECT, "30{31{30{0603550403 0c{c3}}}}",
	"!section 4.1.2.6"},
    {"subject_visible_string", SUBJECT, "30{31{30{0603550403 1a{'A'}}}}",
	"!section 4.1.2.6"},
    {"subject_boolean", SUBJECT, "30{31{30{0603550403 0101ff}}}", "!section 4.1.2.6"},
    {"subject_set", SUBJECT, "31{}", "!section 4.1.2.6: subject is not a Name"},
    {"subject_email_printable", SUBJECT,
	"30{31{30{06092a864886f70d010901 13{'a.b.c'}}}}", " email=a.b.c ."},
    {"subject_email_t61_is_none", SUBJECT,
	"30{31{30{06092a864886f70d010901 14{'a@b'}}}}", "addr=anna@example.com ."},
    {"subject_empty_set", SUBJECT, "30{31{}}", HEAD},
    {"subject_email", SUBJECT, "30{31{30{06092a864886f70d010901 16{'a@b.c'}}}}",
	" email=a@b.c ."},
    {"subject_email_utf8", SUBJECT, "30{31{30{06092a864886f70d010901 0c{'a@b.c'}}}}",
	" email=a@b.c ."},
    {"subject_email_bmp_is_none", SUBJECT,
	"30{31{30{06092a864886f70d010901 1e{0061}}}}", "addr=anna@example.com ."},
    {"subject_email_in_one_rdn", SUBJECT,
	"30{31{30{0603550403 0c{'A'}} 30{06092a864886f70d010901 16{'a@b.c'}}}}",
	" email=a@b.c cn(0c)=A ."},
    {"subject_five_emails_give_four", SUBJECT,
	"30{31{30{06092a864886f70d010901 16{'1'}}} 31{30{06092a864886f70d010901 "
	"16{'2'}}}"
	"31{30{06092a864886f70d010901 16{'3'}}} 31{30{06092a864886f70d010901 16{'4'}}}"
	"31{30{06092a864886f70d010901 16{'5'}}}}",
	" email=1 email=2 email=3 email=4 ."},

    {"validity_generalized", VALIDITY,
	"30{18{'20500101000000Z'} 18{'99991231235959Z'}}",
	" 2524608000..253402300799 "},
    {"validity_turned_round", VALIDITY, "30{17{'251231235959Z'} 17{'240101000000Z'}}",
	" 1767225599..1704067200 "},
    {"validity_no_seconds", VALIDITY, "30{17{'2401010000Z'} 17{'251231235959Z'}}",
	"!section 4.1.2.5: notBefore"},
    {"validity_offset", VALIDITY, "30{17{'240101000000Z'} 17{'251231235959+0100'}}",
	"!section 4.1.2.5: notAfter"},
    {"validity_set", VALIDITY, "31{}", "!section 4.1.2.5: validity is not"},
    {"validity_empty", VALIDITY, "30{}", "!section 4.1.2.5: notBefore"},
    {"validity_one", VALIDITY, "30{17{'240101000000Z'}}", "!section 4.1.2.5: notAfter"},
    {"validity_three", VALIDITY,
	"30{17{'240101000000Z'} 17{'240101000000Z'} 17{'240101000000Z'}}",
	"!section 4.1.2.5: validity goes on"},

    {"rsa_no_null", SPKI, "30{30{06092a864886f70d010101} 03{00 30{02{0081} 02{03}}}}",
	" RSA 8 "},
    {"rsa_one_bit", SPKI, RSA("01"), " RSA 1 "},
    {"rsa_zero", SPKI, RSA("00"), " RSA 0 "},
    {"rsa_negative", SPKI, RSA("81"), "!section 4.1.2.7: subjectPublicKey is not what"},
    {"rsa_least", SPKI, RSA("80"), "!section 4.1.2.7: subjectPublicKey is not what"},
    {"rsa_padded", SPKI, RSA("0001"), "!section 4.1.2.7: subjectPublicKey is not what"},
    {"rsa_empty_modulus", SPKI, RSA(""),
	"!section 4.1.2.7: subjectPublicKey is not wh"},
    {"rsa_no_exponent", SPKI, "30{30{06092a864886f70d010101 0500} 03{00 30{02{03}}}}",
	"!section 4.1.2.7"},
    {"rsa_behind", SPKI,
	"30{30{06092a864886f70d010101 0500} 03{00 30{02{03} 02{03}} 00}}",
	"!section 4.1.2.7"},
    {"rsa_three_numbers", SPKI,
	"30{30{06092a864886f70d010101 0500} 03{00 30{02{03} 02{03} 02{03}}}}",
	"!section 4.1.2.7"},
    {"rsa_unused_bits", SPKI,
	"30{30{06092a864886f70d010101 0500} 03{01 30{02{03} 02{02}}}}",
	"!section 4.1.2.7: subjectPublicKey is not a BIT STRING of whole"},
    {"rsa_pss_key", SPKI, "30{30{06092a864886f70d01010a} 03{00 30{02{0081} 02{03}}}}",
	" RSA-PSS 8 "},
    {"rsa_pss_bad_parameters", SPKI,
	"30{30{06092a864886f70d01010a 0500} 03{00 30{02{0081} 02{03}}}}",
	"!section 4.1.2.7"},
    {"dsa", SPKI, "30{30{06072a8648ce380401 30{02{7f} 02{03} 02{02}}} 03{00 02{05}}}",
	" DSA 7 "},
    {"dsa_inherited", SPKI, "30{30{06072a8648ce380401} 03{00 02{05}}}", " DSA 0 "},
    {"dsa_two_parameters", SPKI,
	"30{30{06072a8648ce380401 30{02{7f} 02{03}}} 03{00 02{05}}}",
	"!section 4.1.2.7"},
    {"dsa_no_key", SPKI, "30{30{06072a8648ce380401} 03{00}}", "!section 4.1.2.7"},
    {"dsa_key_behind", SPKI, "30{30{06072a8648ce380401} 03{00 02{05} 00}}",
	"!section 4.1.2.7"},
    {"dsa_null", SPKI, "30{30{06072a8648ce380401 0500} 03{00 02{05}}}", " DSA 0 "},
    {"dsa_parameters_string", SPKI, "30{30{06072a8648ce380401 0c00} 03{00 02{05}}}",
	"!section 4.1.2.7"},
    {"dsa_four_parameters", SPKI,
	"30{30{06072a8648ce380401 30{02{7f} 02{03} 02{02} 02{02}}} 03{00 02{05}}}",
	"!section 4.1.2.7"},
    {"ec_p256", SPKI,
	"30{30{06072a8648ce3d0201 06082a8648ce3d030107} 03{00 04"
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5}}",
	" EC P-256 "},
    {"ec_p256_no_point", SPKI,
	"30{30{06072a8648ce3d0201 06082a8648ce3d030107} 03{00 04"
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f4}}",
	"!section 4.1.2.7"},
    {"ec_p256_short", SPKI,
	"30{30{06072a8648ce3d0201 06082a8648ce3d030107} 03{00 04"
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51}}",
	"!section 4.1.2.7"},
    {"ec_p256_compressed", SPKI,
	"30{30{06072a8648ce3d0201 06082a8648ce3d030107} 03{00 03"
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296}}",
	" EC unknown curve "},
    {"ec_other_curve", SPKI, "30{30{06072a8648ce3d0201 06052b8104000a} 03{00 0405}}",
	" EC unknown curve "},
    {"ec_no_parameters", SPKI, "30{30{06072a8648ce3d0201} 03{00 0405}}",
	" EC unknown curve "},
    {"ec_explicit_parameters", SPKI,
	"30{30{06072a8648ce3d0201 30{020101}} 03{00 0405}}", " EC unknown curve "},
    {"ec_no_octets", SPKI, "30{30{06072a8648ce3d0201 06082a8648ce3d030107} 03{00}}",
	"!section 4.1.2.7"},
    {"x25519", SPKI,
	"30{30{06032b656e} 03{00 "
	"0000000000000000000000000000000000000000000000000000000000000000}}",
	" X25519 "},
    {"x25519_parameters", SPKI,
	"30{30{06032b656e 0500} 03{00 "
	"0000000000000000000000000000000000000000000000000000000000000000}}",
	"!section 4.1.2.7"},
    {"ed25519_long", SPKI,
	"30{30{06032b6570} 03{00 "
	"000000000000000000000000000000000000000000000000000000000000000000}}",
	"!section 4.1.2.7"},
    {"unknown_key", SPKI, "30{30{" UNKNOWN "} 03{00 ff}}", " unknown key "},
    {"spki_set", SPKI, "31{}", "!section 4.1.2.7: subjectPublicKeyInfo"},
    {"spki_algorithm_set", SPKI, "30{31{} 0300}", "!section 4.1.2.7: algorithm of"},
    {"spki_algorithm_empty", SPKI, "30{30{} 03{00}}", "!section 4.1.2.7: algorithm of"},
    {"spki_more", SPKI, "30{30{" UNKNOWN "} 03{00} 0500}", "!section 4.1.2.7"},

    {"unique_ids", EXTRA, "81{00ff} 82{00ff}", HEAD},
    {"unique_ids_turned_round", EXTRA, "82{00ff} 81{00ff}", "!section 4.1"},
    {"unique_id_empty", EXTRA, "81{}", "!section 4.1.2.8"},
    {"behind_extensions", TBS_END, "0500", "!section 4.1: something stands behind the"},

    {"no_extensions", EXTENSIONS, "none", HEAD " cn(0c)=Anna ."},
    {"empty_extensions", EXTENSIONS, "", HEAD " cn(0c)=Anna ."},
    {"extensions_set", EXTRA, "a3{31{}}", "!section 4.1.2.9: extensions are not"},
    {"extension_other_length", EXTENSIONS, "30{0602551d 0101ff 0400}", " critical ."},
    {"extension_other_arc", EXTENSIONS,
	"30{0603551e0f 0101ff 0400} 30{0603541d0f 0400}", " critical ."},
    {"extension_no_value", EXTENSIONS, "30{0603551d0f}",
	"!section 4.2: an extension is"},
    {"extension_set", EXTENSIONS, "31{}", "!section 4.2: an extension is not"},
    {"extension_bad_oid", EXTENSIONS, "30{06022a83 0400}",
	"!section 4.2: an extension"},
    {"extension_more", EXTENSIONS, "30{0603551d0e 0400 0500}", "!section 4.2"},
    {"critical_false_written", EXTENSIONS, "30{0603551d0f 010100 04{030205a0}}",
	" ku=005 "},
    {"critical_one", EXTENSIONS, "30{0603551d0f 010101 04{030205a0}}", "!section 4.2"},
    {"twice", EXTENSIONS, KU("05a0") KU("05a0"),
	"!section 4.2: an extension is there t"},
    {"twice_unknown", EXTENSIONS, "30{" UNKNOWN " 0400} 30{" UNKNOWN " 0400}",
	"!section 4.2: an extension is there twice"},
    {"unknown", EXTENSIONS, "30{" UNKNOWN " 0400}", " cn(0c)=Anna ."},
    {"unknown_critical", EXTENSIONS, "30{" UNKNOWN " 0101ff 0400}", " critical ."},
    {"unknown_critical_ce", EXTENSIONS, "30{0603551d3f 0101ff 0400}", " critical ."},
    {"unknown_critical_ce_55", EXTENSIONS, "30{0603551d37 0101ff 0400}", " critical ."},
    {"unknown_critical_ce_64", EXTENSIONS, "30{0603551d40 0101ff 0400}", " critical ."},
    {"ce_64_twice", EXTENSIONS, "30{0603551d40 0400} 30{0603551d40 0400}",
	"!section 4.2: an extension is there twice"},
    {"ce_0_twice", EXTENSIONS, "30{0603551d00 0400} 30{0603551d00 0400}",
	"!section 4.2: an extension is there twice"},
    {"known_critical", EXTENSIONS,
	"30{0603551d0e 0101ff 0400} 30{0603551d12 0101ff 0400} 30{0603551d1e 0101ff "
	"0400}"
	"30{0603551d20 0101ff 0400} 30{0603551d21 0101ff 0400} 30{0603551d23 0101ff "
	"0400}"
	"30{0603551d24 0101ff 0400} 30{0603551d36 0101ff 0400}"
	"30{06082b06010505070101 0101ff 0400} 30{06082b06010505070103 0101ff 0400}",
	" cn(0c)=Anna ."},

    {"ku_all", EXTENSIONS, KU("07ff80"), " ku=1ff "},
    {"ku_decipher_only", EXTENSIONS, KU("07 0080"), " ku=100 "},
    {"ku_encipherment", EXTENSIONS, KU("0520"), " ku=004 "},
    {"ku_trailing_zeros", EXTENSIONS, KU("002000"), " ku=004 "},
    {"ku_beyond_nine", EXTENSIONS, KU("00 2000ff"), " ku=004 "},
    {"ku_nothing", EXTENSIONS, KU("0700"), "!section 4.2.1.3: keyUsage allows nothing"},
    {"ku_empty", EXTENSIONS, KU("00"), "!section 4.2.1.3: keyUsage allows nothing"},
    {"ku_unused_set", EXTENSIONS, KU("07ff"), "!section 4.2.1.3: keyUsage is not"},
    {"ku_octets", EXTENSIONS, "30{0603551d0f 04{0402 05a0}}", "!section 4.2.1.3"},
    {"ku_behind", EXTENSIONS, "30{0603551d0f 04{030205a000}}", "!section 4.2.1.3"},

    {"eku_any", EXTENSIONS, EKU("0604551d2500"), " eku=2 "},
    {"eku_other", EXTENSIONS, EKU("06082b06010505070301"), " eku=4 "},
    {"eku_three", EXTENSIONS, EKU(EMAIL_EKU "0604551d2500" UNKNOWN), " eku=7 "},
    {"eku_empty", EXTENSIONS, EKU(""), "!section 4.2.1.12: extKeyUsage is empty"},
    {"eku_string", EXTENSIONS, EKU("0c00"), "!section 4.2.1.12"},
    {"eku_set", EXTENSIONS, "30{0603551d25 04{3100}}", "!section 4.2.1.12"},
    {"eku_bad_oid", EXTENSIONS, EKU("06028055"), "!section 4.2.1.12"},

    {"bc_empty", EXTENSIONS, BC(""), " ca=0 "},
    {"bc_false_written", EXTENSIONS, BC("010100"), " ca=0 "},
    {"bc_ca", EXTENSIONS, BC("0101ff"), " ca=1 "},
    {"bc_path", EXTENSIONS, BC("0101ff 020100"), " ca=1 "},
    {"bc_path_alone", EXTENSIONS, BC("020103"), " ca=0 "},
    {"bc_path_negative", EXTENSIONS, BC("0101ff 0201ff"), "!section 4.2.1.9: pathLen"},
    {"bc_path_least", EXTENSIONS, BC("020180"), "!section 4.2.1.9: pathLen"},
    {"bc_path_first", EXTENSIONS, BC("020100 0101ff"), "!section 4.2.1.9: something"},
    {"bc_set", EXTENSIONS, "30{0603551d13 04{3100}}", "!section 4.2.1.9"},
    {"bc_one", EXTENSIONS, BC("010101"), "!section 4.2.1.9: cA is not"},

    {"san_all_kinds", EXTENSIONS,
	SAN("a0{" UNKNOWN " a0{0c{'upn'}}} 81{'a@b.c'} 82{'b.c'} a3{0500} a4{30{" CN(
	    "x") "}} a5{a1{0c{'p'}}} 86{'http://x'} 87{7f000001} 88{2a0304}"),
	" san addr=a@b.c dom=b.c cn"},
    {"san_empty", EXTENSIONS, SAN(""), " san cn"},
    {"san_order", EXTENSIONS,
	SAN("81{'1'} a0{06082b06010505070809 a0{0c{'2'}}} 82{'3'} 81{'4'}"),
	" addr=1 addr=2 addr=4 dom=3 "},
    {"san_utf8_mailbox_ia5", EXTENSIONS, SAN("a0{06082b06010505070809 a0{16{'2'}}}"),
	"!RFC 9598 section 3"},
    {"san_utf8_mailbox_broken", EXTENSIONS, SAN("a0{06082b06010505070809 a0{0c{ff}}}"),
	"!RFC 9598 section 3"},
    {"san_other_without_value", EXTENSIONS, SAN("a0{" UNKNOWN "}"), "!section 4.2.1.6"},
    {"san_other_bad_type", EXTENSIONS, SAN("a0{06022a83 a0{0500}}"),
	"!section 4.2.1.6"},
    {"san_other_behind", EXTENSIONS, SAN("a0{" UNKNOWN " a0{0500} 0500}"),
	"!section 4.2.1.6"},
    {"san_other_two_values", EXTENSIONS, SAN("a0{" UNKNOWN " a0{0500 0500}}"),
	"!section 4.2.1.6"},
    {"san_other_bad_value", EXTENSIONS, SAN("a0{" UNKNOWN " a0{0501 00}}"),
	"!section 4.2.1.6"},
    {"san_edi_both", EXTENSIONS, SAN("a5{a0{13{'a'}} a1{0c{'p'}}}"), " san cn"},
    {"san_edi_none", EXTENSIONS, SAN("a5{}"), "!section 4.2.1.6"},
    {"san_edi_ia5", EXTENSIONS, SAN("a5{a1{16{'p'}}}"), "!section 4.2.1.6"},
    {"san_edi_bad_assigner", EXTENSIONS, SAN("a5{a0{} a1{0c{'p'}}}"),
	"!section 4.2.1.6"},
    {"san_edi_two", EXTENSIONS, SAN("a5{a1{0c{'p'} 0c{'p'}}}"), "!section 4.2.1.6"},
    {"san_cut", EXTENSIONS, SAN("8105"), "!section 4.2.1.6"},
    {"san_bad_registered_id", EXTENSIONS, SAN("88{80}"), "!section 4.2.1.6"},
    {"san_unknown_choice", EXTENSIONS, SAN("89{'x'}"), "!section 4.2.1.6"},
    {"san_constructed_email", EXTENSIONS, SAN("a1{16{'x'}}"), "!section 4.2.1.6"},
    {"san_bad_directory_name", EXTENSIONS, SAN("a4{31{}}"), "!section 4.2.1.6"},
    {"san_behind", EXTENSIONS, "30{0603551d11 04{3000 00}}", "!section 4.2.1.6"},

    {"cdp_first_url", EXTENSIONS,
	CDP("30{a0{a0{82{'x'} 86{'http://1'} 86{'http://2'}}}} "
	    "30{a0{a0{86{'http://3'}}}}"),
	" url=http://1 ."},
    {"cdp_empty_url", EXTENSIONS, CDP("30{a0{a0{86{}}}} 30{a0{a0{86{'http://3'}}}}"),
	" url=http://3 ."},
    {"cdp_relative", EXTENSIONS, CDP("30{a0{a1{30{0603550403 0c{'x'}}}}}"), "Anna ."},
    {"cdp_reasons_issuer", EXTENSIONS, CDP("30{81{0520} a2{a4{30{}}}}"), "Anna ."},
    {"cdp_empty_point", EXTENSIONS, CDP("30{}"), "Anna ."},
    {"cdp_two_names", EXTENSIONS, CDP("30{a0{a0{} a0{}}}"), "!section 4.2.1.13"},
    {"cdp_set", EXTENSIONS, "30{0603551d1f 04{3100}}", "!section 4.2.1.13"},
    {"cdp_point_set", EXTENSIONS, CDP("31{}"), "!section 4.2.1.13"},
    {"cdp_no_name", EXTENSIONS, CDP("30{a0{}}"), "!section 4.2.1.13"},
    {"cdp_other_name", EXTENSIONS, CDP("30{a0{a2{}}}"), "!section 4.2.1.13"},
    {"cdp_bad_name", EXTENSIONS, CDP("30{a0{a0{05}}}"), "!section 4.2.1.13"},
    {"cdp_bad_relative", EXTENSIONS, CDP("30{a0{a1{31{}}}}"), "!section 4.2.1.13"},
    {"cdp_bad_issuer", EXTENSIONS, CDP("30{a2{0500}}"), "!section 4.2.1.13"},
    {"cdp_unknown_field", EXTENSIONS, CDP("30{83{}}"), "!section 4.2.1.13"},
    {"cdp_bad_reasons", EXTENSIONS, CDP("30{81{}}"), "!section 4.2.1.13"},

    {"signature_empty", SIGNATURE, "0300", "!section 4.1.1.3"},
    {"signature_octets", SIGNATURE, "040100", "!section 4.1.1.3"},
    {"signature_absent", SIGNATURE, "", "!section 4.1.1.3"},
};

static void
check_case(const char *case_text, const char *name, const char *want)
{
	static struct asn a;
	struct bytes der = asn_exact(&a, case_text);
	char full[96];
	struct err e = {0};
	struct cert c;
	int rc = cert_parse(der, &c, &e);
	const char *got = rc == 0 ? describe(&c) : e.text;
	bool refused = want[0] == '!';

	snprintf(full, sizeof(full), "cert/%s", name);
	check((rc != 0) == refused && strstr(got, want + refused) != NULL, full,
	    "got %d \"%s\", want \"%s\"", rc, got, want);
	asn_free(der);
}

static void
test_cert__table(void)
{
	for (size_t i = 0; i < NITEMS(table); i++)
		check_case(
		    with(table[i].part, table[i].in), table[i].name, table[i].want);
}

/* --- limits --------------------------------------------------------------------------
 */

/* n times what fmt makes of 0, 1, 2 ... */
static const char *
repeated(size_t n, const char *before, const char *fmt, const char *behind)
{
	static char buf[64 * 1024];
	size_t at = (size_t)snprintf(buf, sizeof(buf), "%s", before);

	for (size_t i = 0; i < n; i++)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		at += (size_t)snprintf(buf + at, sizeof(buf) - at, fmt, (unsigned)i);
#pragma GCC diagnostic pop
	snprintf(buf + at, sizeof(buf) - at, "%s", behind);
	return buf;
}

static int
parse(const char *case_text, struct cert *c)
{
	static struct asn a;

	return cert_parse(asn(&a, case_text), c, NULL);
}

static void
test_cert__limits(void)
{
	static const struct {
		const char *name, *before, *fmt, *behind;
		size_t most;
	} limits[] = {
	    {"extensions", "", "30{06032a03%02x 0400}", "", CERT_MAX_EXTENSIONS},
	    {"addresses", "30{0603551d11 04{30{", "81{'a%u@b.c'}", "}}}",
		CERT_MAX_NAMES},
	    {"domains", "30{0603551d11 04{30{", "82{'a%u.b'}", "}}}", CERT_MAX_NAMES},
	};
	char name[64];
	struct cert c;

	for (size_t i = 0; i < NITEMS(limits); i++)
		for (size_t more = 0; more <= 1; more++) {
			const char *in = repeated(limits[i].most + more,
			    limits[i].before, limits[i].fmt, limits[i].behind);

			snprintf(name, sizeof(name), "cert/limit/%s_%s", limits[i].name,
			    more ? "one_past" : "at");
			check_int(name, parse(with(EXTENSIONS, in), &c),
			    more ? ERR_LIMIT : 0);
		}
}

/* A certificate of exactly this many bytes, by an unknown extension. */
static int
parse_of_size(size_t size, size_t *is)
{
	static char in[2 * CERT_MAX_BYTES + 256];
	static struct asn a;
	struct cert c;
	struct bytes der;
	size_t fill = size - 300;

	for (int again = 0; again < 2; again++) {
		size_t at = (size_t)snprintf(in, sizeof(in), "30{" UNKNOWN " 04{");

		memset(in + at, '0', 2 * fill);
		snprintf(in + at + 2 * fill, sizeof(in) - at - 2 * fill, "}}");
		der = asn(&a, with(EXTENSIONS, in));
		fill += size - der.n;
	}
	*is = der.n;
	return cert_parse(der, &c, NULL);
}

static void
test_cert__size(void)
{
	size_t is;
	int rc;

	rc = parse_of_size(CERT_MAX_BYTES, &is);
	check(rc == 0 && is == CERT_MAX_BYTES, "cert/limit/bytes_at",
	    "got %d, %zu bytes", rc, is);
	rc = parse_of_size(CERT_MAX_BYTES + 1, &is);
	check(rc == ERR_LIMIT && is == CERT_MAX_BYTES + 1, "cert/limit/bytes_one_past",
	    "got %d, %zu bytes", rc, is);
}

/* --- every cut
 * ------------------------------------------------------------------------- */

/* No beginning of a certificate is one, and none reads past its end. */
static void
test_cert__cut(void)
{
	static struct asn a;
	struct bytes der = asn(&a, with(END, ""));
	size_t taken = 0;
	struct cert c;

	for (size_t n = 0; n < der.n; n++) {
		uint8_t *copy = malloc(n == 0 ? 1 : n);

		memcpy(copy, der.p, n);
		taken += cert_parse((struct bytes){copy, n}, &c, NULL) == 0;
		free(copy);
	}
	check_int("cert/cut", (long long)taken, 0);
	check_int(
	    "cert/null", cert_parse((struct bytes){NULL, 0}, &c, NULL), ERR_SYNTAX);
}

/* What was read of one certificate says nothing about the next. */
static void
test_cert__again(void)
{
	struct cert c;

	parse(with(END, ""), &c);
	check_int("cert/again/parse", parse(with(EXTENSIONS, "none"), &c), 0);
	check_str("cert/again/nothing_left", describe(&c), HEAD " cn(0c)=Anna .");
}

static void
test_cert__texts(void)
{
	struct cert c = {.key = CERT_KEY_EC, .curve = CERT_CURVE_BRAINPOOL_P512};
	char buf[24], serial[48];

	check_str("cert/key_text/longest", cert_key_text(&c, buf, sizeof(buf)),
	    "EC brainpoolP512r1");
	check_str("cert/key_text/cut", cert_key_text(&c, buf, 5), "EC b");
	c.curve = CERT_CURVE__MAX;
	check_str("cert/key_text/no_curve", cert_key_text(&c, buf, sizeof(buf)),
	    "EC unknown curve");
	c.key = CERT_KEY__MAX;
	check_str(
	    "cert/key_text/no_key", cert_key_text(&c, buf, sizeof(buf)), "unknown key");
	check_str("cert/hash_text/no_hash", cert_hash_text(CERT_HASH__MAX), "unknown");
	check_str("cert/serial_text/dots_cut",
	    cert_serial_text(
		BYTES("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
		      "\x0e\x0f\x10\x11\x12\x13\x14\x15"),
		serial, 43),
	    "0102030405060708090A0B0C0D0E0F1011121314..");
	check_str("cert/serial_text/cut",
	    cert_serial_text(BYTES("\x01\x02\x03"), buf, 6), "0102");
	check_str("cert/serial_text/empty", cert_serial_text(BYTES(""), buf, 6), "");
	check_str("cert/serial_text/one", cert_serial_text(BYTES("\x01"), buf, 1), "");
}

int
main(void)
{
	test_cert__table();
	test_cert__limits();
	test_cert__size();
	test_cert__cut();
	test_cert__again();
	test_cert__texts();
	return check_done();
}
