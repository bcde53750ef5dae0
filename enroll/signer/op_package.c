/*
 * `package`: PFX files made anew from what is sealed: PIN and archived keys, all keys
 * of a call under the one PIN, so that the files of a renewal open with the same. None
 * is stored. Row of ops.c.
 */
#include <stdlib.h>

#include "crypto/pfx.h"
#include "enroll/signer/op_pin.h"
#include "enroll/signer/ops.h"

enum {
	FORM_BYTES = 20
};

/* clang-format off */
const struct line_field op_package_fields[] = {
	{"delivery", LINE_TEXT, false, OPS_REQUEST_MAX},
	{"sealed_pin", LINE_BYTES, false, OP_PIN_SEALED_MAX},
	{"form", LINE_TEXT, false, FORM_BYTES},
	{"keys", LINE_LIST, false, OPS_KEYS_MAX},
	{NULL, 0, false, 0},
};
static const struct line_field key_fields[] = {
	{"request", LINE_TEXT, false, OPS_REQUEST_MAX},
	{"certificate", LINE_BYTES, false, OPS_CERTIFICATE_MAX},
	{"sealed_key", LINE_BYTES, false, OPS_SEALED_MAX},
	{"name", LINE_TEXT, false, PFX_NAME_MAX},
	{NULL, 0, false, 0},
};
/* clang-format on */

struct package {
	struct signer *s;
	enum pfx_form form;
	struct bytes delivery;
	struct secret pin;
	json_t *pfx; /* the answer's list */
};

/* --- one key
 * --------------------------------------------------------------------------- */

/* Each key that leaves has its own line, and counts against the limit. */
static int
take_down(struct package *p, struct bytes request, struct err *e)
{
	return ops_log(p->s, "package",
	    json_pack("{s:s%, s:s%, s:s}", "delivery", (const char *)p->delivery.p,
		p->delivery.n, "request", (const char *)request.p, request.n, "form",
		pfx_form_word(p->form)),
	    e);
}

static int
add_pfx(struct package *p, struct bytes pfx, struct err *e)
{
	json_t *one = json_object();
	int rc = one == NULL ? ERR_MEMORY : line_set_bytes(one, "pfx", pfx);

	if (rc == 0 && json_array_append(p->pfx, json_object_get(one, "pfx")) != 0)
		rc = ERR_MEMORY;
	json_decref(one);
	return rc == 0 ? 0 : err_set(e, rc, "no memory for a PFX");
}

static int
make_pfx(struct package *p, const json_t *entry, struct bytes certificate,
    const struct key *key, struct err *e)
{
	struct owned pfx;
	int rc = pfx_make(&(struct pfx_params){.form = p->form,
			      .iterations = p->s->conf.pfx_iterations,
			      .name = line_text(entry, "name"),
			      .pin = secret_view(&p->pin),
			      .key = key_pkey(key),
			      .certificate = certificate,
			      .chain = p->s->chain_der,
			      .n_chain = ops_chain(p->s, certificate)},
	    &pfx, e);

	if (rc == 0)
		rc = add_pfx(p, owned_view(&pfx), e);
	owned_free(&pfx);
	return rc;
}

static int
package_key(struct package *p, const json_t *entry, struct err *e)
{
	struct owned certificate = {0}, sealed = {0};
	struct key *key = NULL;
	struct bytes request;
	int rc = ops_id(entry, "request", &request, e);

	if (rc == 0)
		rc = line_bytes(entry, "certificate", &certificate, e);
	if (rc == 0)
		rc = line_bytes(entry, "sealed_key", &sealed, e);
	if (rc == 0)
		rc = ops_open_key(p->s, request, owned_view(&certificate),
		    owned_view(&sealed), &key, e);
	if (rc == 0)
		rc = take_down(p, request, e);
	if (rc == 0)
		rc = make_pfx(p, entry, owned_view(&certificate), key, e);
	key_free(&key);
	owned_free(&certificate);
	owned_free(&sealed);
	return rc;
}

/* --- all of them
 * ------------------------------------------------------------------------ */

static int
check_keys(const json_t *keys, struct err *e)
{
	size_t i;
	json_t *entry;
	int rc;

	if (json_array_size(keys) == 0)
		return err_set(e, ERR_SYNTAX, "keys: is empty");
	json_array_foreach((json_t *)keys, i, entry)
	{
		if (!json_is_object(entry) || json_object_get(entry, "call") != NULL)
			return err_set(e, ERR_SYNTAX, "keys: want objects");
		if ((rc = line_check(entry, key_fields, e)) != 0)
			return rc;
	}
	return 0;
}

static int
open_pin(struct package *p, const json_t *request, int64_t now, struct err *e)
{
	struct owned sealed = {0};
	int rc = line_bytes(request, "sealed_pin", &sealed, e);

	if (rc == 0)
		rc = op_pin_unseal(
		    p->s, p->delivery, owned_view(&sealed), now, &p->pin, e);
	owned_free(&sealed);
	return rc;
}

static int
package(struct package *p, const json_t *request, int64_t now, struct err *e)
{
	const json_t *keys = json_object_get(request, "keys");
	size_t i;
	json_t *entry;
	int rc = ops_id(request, "delivery", &p->delivery, e);

	if (rc == 0)
		rc = pfx_form_read(line_text(request, "form"), &p->form, e);
	if (rc == 0)
		rc = open_pin(p, request, now, e);
	if (rc == 0 && (p->pfx = json_array()) == NULL)
		rc = err_set(e, ERR_MEMORY, "no memory for PFX files");
	json_array_foreach((json_t *)keys, i, entry)
	{
		if (rc == 0)
			rc = package_key(p, entry, e);
	}
	return rc;
}

json_t *
op_package(struct signer *s, const json_t *request)
{
	const json_t *keys = json_object_get(request, "keys");
	struct package p = {.s = s};
	struct err e = {0};
	json_t *answer;
	int64_t now;

	if (check_keys(keys, &e) != 0 || ops_now(s, &now, &e) != 0)
		return line_refuse_err(&e);
	if (!limit_take(&s->packages, (uint32_t)json_array_size(keys), now))
		return line_refuse("limit", "more than %u keys packed in an hour",
		    (unsigned)s->conf.packages);
	if (package(&p, request, now, &e) != 0)
		answer = op_pin_refuse(&e);
	else if ((answer = line_ok()) != NULL)
		json_object_set(answer, "pfx", p.pfx);
	json_decref(p.pfx);
	secret_free(&p.pin);
	return answer;
}
