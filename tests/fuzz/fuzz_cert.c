/*
 * Any bytes as a certificate: what is handed out lies inside, reading it again gives
 * the same, cutting it gives none, and it can be shown.
 */
#include "core/cert.h"
#include "core/der.h"
#include "core/name.h"
#include "tests/fuzz/inside.h"

#include <stddef.h>

static void
views_inside(const struct cert *c, struct bytes in)
{
	const struct bytes fields[] = {c->tbs, c->serial, c->issuer, c->subject,
	    c->spki, c->signature_oid, c->crl_url, c->subject_cn};

	must_be_same_view(c->der, in);
	for (size_t i = 0; i < NITEMS(fields); i++)
		must_lie_inside(fields[i], in);
	must(c->n_address <= CERT_MAX_NAMES && c->n_domain <= CERT_MAX_NAMES &&
	     c->n_subject_email <= NITEMS(c->subject_email));
	for (size_t i = 0; i < c->n_address; i++)
		must_lie_inside(c->address[i], in);
	for (size_t i = 0; i < c->n_domain; i++)
		must_lie_inside(c->domain[i], in);
	for (size_t i = 0; i < c->n_subject_email; i++)
		must_lie_inside(c->subject_email[i], c->subject);
}

static void
make_sense(const struct cert *c)
{
	must(c->version >= 1 && c->version <= 3);
	must(der_integer_valid(c->serial) && der_oid_valid(c->signature_oid));
	must(name_valid(c->issuer) && name_valid(c->subject));
	must(c->key < CERT_KEY__MAX && c->curve < CERT_CURVE__MAX &&
	     c->signature_hash < CERT_HASH__MAX);
	must(c->has_key_usage == (c->key_usage != 0) && c->key_usage < 1 << 9);
	must(c->has_ext_usage == (c->ext_usage != 0) && c->ext_usage < 1 << 3);
	must(c->has_alt_name || (c->n_address == 0 && c->n_domain == 0));
	must(c->has_basic_constraints || !c->is_ca);
}

/* The same bytes at another place give the same, moved there. */
static void
again(const struct cert *c, struct bytes in)
{
	uint8_t *copy = malloc(in.n);
	struct cert d;

	memcpy(copy, in.p, in.n);
	must(cert_parse((struct bytes){copy, in.n}, &d, NULL) == 0);
	must(d.issuer.n == c->issuer.n && d.issuer.p - copy == c->issuer.p - in.p);
	must(d.spki.n == c->spki.n && d.spki.p - copy == c->spki.p - in.p);
	must(d.n_address == c->n_address && d.n_domain == c->n_domain &&
	     d.key == c->key && d.key_bits == c->key_bits &&
	     d.key_usage == c->key_usage && d.ext_usage == c->ext_usage &&
	     d.not_before == c->not_before && d.not_after == c->not_after &&
	     d.unknown_critical == c->unknown_critical);
	for (size_t i = 0; i < c->n_address; i++)
		must(bytes_equal(d.address[i], c->address[i]));
	must(cert_parse((struct bytes){copy, in.n - 1}, &d, NULL) != 0);
	free(copy);
	must(cert_parse(c->der, &d, NULL) == 0);
	must(memcmp(&d, c, offsetof(struct cert, address)) == 0);
}

static void
show(const struct cert *c)
{
	char small[8], text[256];

	must(strlen(cert_key_text(c, small, sizeof(small))) < sizeof(small));
	must(strlen(cert_serial_text(c->serial, text, 44)) < 44);
	must(strlen(name_text(c->subject, text, sizeof(text))) < sizeof(text));
	must(strlen(name_text(c->issuer, small, sizeof(small))) < sizeof(small));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes in = {data, n};
	static struct cert c;
	struct err e = {0};
	int rc = cert_parse(in, &c, &e);

	if (rc != 0) {
		must(rc == e.code && e.text[0] != '\0');
		must(rc == ERR_SYNTAX || rc == ERR_LIMIT);
		return 0;
	}
	views_inside(&c, in);
	make_sense(&c);
	again(&c, in);
	show(&c);
	return 0;
}
