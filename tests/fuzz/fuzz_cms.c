/*
 * Any bytes as a SignedData: certificates lie inside, one behind the other, no more
 * of them than the limit, and a frame that was opened can be walked to its end.
 */
#include "core/cert.h"
#include "core/cms.h"
#include "tests/fuzz/inside.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes in = {data, n}, cert, last = {data, 0};
	static struct cert c;
	struct err e = {0};
	size_t found = 0;
	struct cms cms;
	int rc = cms_open(in, &cms, &e);

	if (rc != 0) {
		must(rc == e.code && e.text[0] != '\0');
		return 0;
	}
	must_lie_inside(cms.certs.rest, in);
	while ((rc = cms_next(&cms, &cert)) == 1) {
		must_lie_inside(cert, in);
		must(cert.n >= 2 && cert.p >= last.p + last.n);
		must(++found <= CMS_MAX_CERTS);
		if (cert_parse(cert, &c, NULL) == 0)
			must_be_same_view(c.der, cert);
		last = cert;
	}
	must(rc == 0 && cms_next(&cms, &cert) == 0);
	return 0;
}
