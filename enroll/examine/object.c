/*
 * Objects by kind, and answers held against what they may be: contract in object.h.
 */
#include "enroll/examine/object.h"

#include "core/base64.h"
#include "crypto/key.h"
#include "enroll/line.h"
#include "enroll/line_io.h"

/* A request for P-256 without any name, so that OpenSSL has met EC, ECDSA and SHA-256
 * before the sandbox closes. */
static const char warm_up_request[] =
    "MIG7MGICAQAwADBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOlALGJFnnY1N8r9"
    "ioBtyYJxu75AYmdETF+PDoRqNG6FwraEzl3lujVYnnZvH7kKn/HLp333TYRapz7r"
    "W9GMDrygADAKBggqhkjOPQQDAgNJADBGAiEA4WsC+lxjetTJ+MdrzENnCuKATZa3"
    "oHNWR6jpzaKwTyICIQChq1eYMCa/Y71hrTlAr+gQus87CugECqXESccH9E7iYQ==";

int
object_warm_up(struct err *e)
{
	struct bytes text = {
	    (const uint8_t *)warm_up_request, sizeof(warm_up_request) - 1};
	uint8_t der[sizeof(warm_up_request)];
	long n = base64_decode(text, der);
	struct owned spki;
	int rc;

	if (n < 0)
		return err_set(e, ERR_CRYPTO, "the request to warm up with is damaged");
	rc = key_from_csr((struct bytes){der, (size_t)n}, &spki, e);
	if (rc != 0)
		return rc;
	owned_free(&spki);
	return 0;
}

json_t *
object_examine(enum object_kind kind, struct bytes object)
{
	static json_t *(*const examine[])(struct bytes) = {[OBJECT_CSR] = object_csr};

	_Static_assert(NITEMS(examine) == OBJECT__MAX, "a function for each");
	return (unsigned)kind < OBJECT__MAX ? examine[kind](object) : NULL;
}

/* --- answers of children -------------------------------------------------------------
 */

static const struct line_field refusal_fields[] = {
    {"ok", LINE_BOOL, false, 0},
    {"error", LINE_TEXT, false, 20},
    {"text", LINE_TEXT, false, ERR_TEXT_MAX},
    {"id", LINE_TEXT, false, 20},
    {"what", LINE_TEXT, true, 20},
    {0},
};

static const struct line_field csr_fields[] = {
    {"ok", LINE_BOOL, false, 0},
    {"spki", LINE_BYTES, false, KEY_SPKI_MAX},
    {"key", LINE_TEXT, false, OBJECT_KEY_TEXT_MAX},
    {"ignored", LINE_LIST, false, OBJECT_WISHES_MAX + 1},
    {0},
};

static const struct line_field *const fields_of[] = {[OBJECT_CSR] = csr_fields};
_Static_assert(NITEMS(fields_of) == OBJECT__MAX, "fields for each");

/* A list of short texts is all that may be in a list. */
static json_t *
check_list(const json_t *list)
{
	json_t *out = json_array(), *v;
	size_t i;

	json_array_foreach((json_t *)list, i, v)
	{
		struct bytes text = {
		    (const uint8_t *)json_string_value(v), json_string_length(v)};

		if (!json_is_string(v) || text.n > OBJECT_WISH_TEXT_MAX) {
			json_decref(out);
			return NULL;
		}
		json_array_append_new(out, line_json_text(text));
	}
	return out;
}

static json_t *
check_value(const json_t *v)
{
	if (json_is_array(v))
		return check_list(v);
	return json_deep_copy(v);
}

json_t *
object_check(const json_t *answer, enum object_kind kind)
{
	bool ok = line_bool(answer, "ok");
	const struct line_field *f = ok ? fields_of[kind] : refusal_fields;
	json_t *out, *v;

	if (json_object_get(answer, "call") != NULL ||
	    line_check(answer, f, NULL) != 0 || (out = json_object()) == NULL)
		return NULL;
	for (; f->name != NULL; f++) {
		if ((v = json_object_get(answer, f->name)) == NULL)
			continue;
		if (json_object_set_new(out, f->name, check_value(v)) != 0) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}
