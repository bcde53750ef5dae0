/*
 * Tests of core/cms: the frame of a SignedData, part by part, which certificates
 * come out, and the limits. (test_cert_openssl compares real ones with OpenSSL.)
 */
#include "core/cms.h"
#include "tests/unit/asn.h"
#include "tests/unit/check.h"

#define SIGNED_DATA    "06092a864886f70d010702"
#define DATA	       "30{06092a864886f70d010701}"
#define HEAD	       "020101 31{} " DATA
#define WRAP(contents) "30{" SIGNED_DATA " a0{30{" contents "}}}"

static const struct {
	const char *name, *in;
	const char *want; /* the certificates' contents, signers; "!" and a sentence */
} table[] = {
    {"certs_only", WRAP(HEAD "a0{30{01} 30{02}} 31{}"), "01 02 / 0"},
    {"none", WRAP(HEAD "31{}"), "/ 0"},
    {"empty_set", WRAP(HEAD "a0{} 31{}"), "/ 0"},
    {"one_signer", WRAP(HEAD "a0{30{01}} 31{30{}}"), "01 / 1"},
    {"two_signers", WRAP(HEAD "31{30{} 30{}}"), "/ 2"},
    {"with_crls", WRAP(HEAD "a0{30{01}} a1{30{}} 31{}"), "01 / 0"},
    {"with_content",
	WRAP("020103 31{30{2a03}} 30{06092a864886f70d010701 a0{04{'x'}}}"
	     "a0{30{01}} 31{}"),
	"01 / 0"},
    {"others_passed_over",
	WRAP(HEAD "a0{a0{ff} 30{01} a1{ff} a2{ff} a3{ff} 30{02}} 31{}"), "01 02 / 0"},
    {"other_unknown", WRAP(HEAD "a0{a4{ff}} 31{}"), "!section 10.2.2"},
    {"cert_is_set", WRAP(HEAD "a0{31{}} 31{}"), "!section 10.2.2"},
    {"cert_cut", WRAP(HEAD "a0{3005} 31{}"), "!section 10.2.2"},
    {"empty", "", "!section 3"},
    {"behind", WRAP(HEAD "31{}") "00", "!section 3"},
    {"indefinite", "3080 " SIGNED_DATA " a080 3080 " HEAD " 3100 0000 0000 0000",
	"!section 3"},
    {"data_only", "30{06092a864886f70d010701 a0{0400}}", "!it is not SignedData"},
    {"enveloped", "30{06092a864886f70d010703 a0{30{}}}", "!it is not SignedData"},
    {"certificate_instead", "30{30{020101}}", "!section 3: contentType"},
    {"no_content", "30{" SIGNED_DATA "}", "!section 5.1: SignedData"},
    {"two_contents", "30{" SIGNED_DATA " a0{30{" HEAD "31{}} 30{}}}",
	"!section 5.1: SignedData"},
    {"content_behind", "30{" SIGNED_DATA " a0{30{" HEAD "31{}}} 0500}",
	"!section 5.1: SignedData"},
    {"no_version", WRAP("31{} " DATA " 31{}"), "!section 5.1: version"},
    {"version_padded", WRAP("02020001 31{} " DATA " 31{}"), "!section 5.1: version"},
    {"no_digests", WRAP("020101 " DATA " 31{}"), "!section 5.1: digestAlgorithms"},
    {"no_type", WRAP("020101 31{} 30{} 31{}"), "!section 5.2"},
    {"bad_type", WRAP("020101 31{} 30{06022a83} 31{}"), "!section 5.2"},
    {"bad_content_type", "30{06022a83 a0{30{}}}", "!section 3: contentType"},
    {"no_signers", WRAP(HEAD "a0{30{01}}"), "!section 5.1: signerInfos"},
    {"signer_is_set", WRAP(HEAD "31{31{}}"), "!section 5.3"},
    {"signers_twice", WRAP(HEAD "31{} 31{}"), "!section 5.1: something stands behind"},
    {"crls_first", WRAP(HEAD "a1{} a0{30{01}} 31{}"), "!section 5.1"},
};

/* The contents of the certificates in hexadecimal, and the number of signers. */
static int
describe(struct bytes der, char *out, size_t cap, struct err *e)
{
	struct cms cms;
	struct bytes cert;
	size_t at = 0;
	int rc = cms_open(der, &cms, e);

	if (rc != 0)
		return rc;
	while ((rc = cms_next(&cms, &cert)) == 1)
		at += (size_t)snprintf(
		    out + at, cap - at, "%02x ", cert.n == 3 ? cert.p[2] : 0);
	snprintf(out + at, cap - at, "/ %zu", cms.n_signers);
	return rc;
}

static void
test_cms__table(void)
{
	static struct asn a;

	for (size_t i = 0; i < NITEMS(table); i++) {
		struct bytes der = asn_exact(&a, table[i].in);
		const char *want = table[i].want;
		char name[64], got[256] = "";
		struct err e = {0};
		int rc = describe(der, got, sizeof(got), &e);

		snprintf(name, sizeof(name), "cms/%s", table[i].name);
		if (want[0] == '!')
			check(rc < 0 && strstr(e.text, want + 1) != NULL, name,
			    "got %d \"%s\", want \"%s\"", rc, e.text, want + 1);
		else
			check(rc == 0 && strcmp(got, want) == 0, name,
			    "got %d \"%s\" \"%s\", want \"%s\"", rc, got, e.text, want);
		asn_free(der);
	}
	check_int("cms/other_type_is_unsupported",
	    cms_open(
		asn(&a, "30{06092a864886f70d010703 a0{30{}}}"), &(struct cms){0}, NULL),
	    ERR_UNSUPPORTED);
}

static int
open_with(size_t certs)
{
	static char text[64 * 1024];
	static struct asn a;
	size_t at = (size_t)snprintf(
	    text, sizeof(text), "30{" SIGNED_DATA " a0{30{" HEAD " a0{");

	for (size_t i = 0; i < certs; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "3000 ");
	snprintf(text + at, sizeof(text) - at, "} 31{}}}}");
	return cms_open(asn(&a, text), &(struct cms){0}, NULL);
}

static void
test_cms__limits(void)
{
	static uint8_t big[CMS_MAX_BYTES + 1] = {0x30, 0x83, 0x0f, 0xff, 0xfc};

	check_int("cms/limit/certs_at", open_with(CMS_MAX_CERTS), 0);
	check_int("cms/limit/certs_one_past", open_with(CMS_MAX_CERTS + 1), ERR_LIMIT);
	/* Not well-formed, but looked at. */
	check_int("cms/limit/bytes_at",
	    cms_open((struct bytes){big, CMS_MAX_BYTES}, &(struct cms){0}, NULL),
	    ERR_SYNTAX);
	check_int("cms/limit/bytes_one_past",
	    cms_open((struct bytes){big, CMS_MAX_BYTES + 1}, &(struct cms){0}, NULL),
	    ERR_LIMIT);
}

static void
test_cms__cut(void)
{
	static struct asn a;
	struct bytes der = asn(&a, WRAP(HEAD "a0{30{01} 30{02}} a1{} 31{30{}}"));
	int taken = 0;

	for (size_t n = 0; n < der.n; n++) {
		uint8_t *copy = malloc(n == 0 ? 1 : n);
		struct cms cms;

		memcpy(copy, der.p, n);
		taken += cms_open((struct bytes){copy, n}, &cms, NULL) == 0;
		free(copy);
	}
	check_int("cms/cut", taken, 0);
}

int
main(void)
{
	test_cms__table();
	test_cms__limits();
	test_cms__cut();
	return check_done();
}
