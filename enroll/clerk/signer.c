/* Asking the signer (contract in signer.h). */
#include "enroll/clerk/signer.h"

#include <stdio.h>

#include "crypto/pfx.h"

json_t *
signer_fields(
    const struct registry_request *r, const struct bytes *mail, size_t n, int64_t time)
{
	json_t *o = json_object(), *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    list, json_stringn((const char *)mail[i].p, mail[i].n));
	line_set_text(o, "request", r->head.id);
	line_set_text(o, "kind", r->kind.n > 0 ? r->kind : BYTES("mailbox"));
	json_object_set_new(o, "mail", list);
	line_set_int(o, "time", time);
	return o;
}

int
signer_ask(
    struct clerk *c, const char *call, json_t *fields, json_t **answer, struct err *e)
{
	return line_ask(c->conf.signer, call, fields, SIGNER_MS, answer, e);
}

json_t *
signer_key(const struct registry_certificate *cert, const struct registry_key *key,
    struct err *e)
{
	char name[PFX_NAME_MAX + 1];
	json_t *o;

	if (cert->mail.n == 0 ||
	    pfx_name(cert->mail.value[0], cert->begin, name, e) != 0)
		return NULL;
	o = json_object();
	line_set_text(o, "request", key->head.id);
	line_set_bytes(o, "certificate", cert->der);
	line_set_bytes(o, "sealed_key", key->sealed);
	line_set_text(o, "name", bytes_of(name));
	return o;
}

int
signer_package(struct clerk *c, const struct registry_token *delivery, const char *form,
    json_t *keys, json_t **answer, struct err *e)
{
	json_t *o = json_object();

	line_set_text(o, "delivery", delivery->head.id);
	line_set_bytes(o, "sealed_pin", delivery->sealed);
	line_set_text(o, "form", bytes_of(form));
	json_object_set_new(o, "keys", keys);
	return signer_ask(c, "package", o, answer, e);
}

void
signer_hex(struct bytes in, char *out)
{
	for (size_t i = 0; i < in.n; i++)
		snprintf(out + 2 * i, 3, "%02x", in.p[i]);
	out[2 * in.n] = '\0';
}

static int
digit(uint8_t ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

int
signer_unhex(struct bytes hex, uint8_t *out, size_t size, size_t *n_out)
{
	*n_out = hex.n / 2;
	if (hex.n % 2 != 0 || *n_out > size)
		return ERR_SYNTAX;
	for (size_t i = 0; i < *n_out; i++) {
		int high = digit(hex.p[2 * i]), low = digit(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return ERR_SYNTAX;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}
