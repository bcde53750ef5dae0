/*
 * `pin-make` and `pin-open`: a PIN nobody has seen, sealed under the key of its day
 * and bound to its delivery; and the PIN itself, for 30 days to the second. Rows of
 * ops.c.
 */
#include "crypto/pin.h"
#include "enroll/signer/op_pin.h"
#include "enroll/signer/ops.h"

/* clang-format off */
const struct line_field op_pin_make_fields[] = {
	{"delivery", LINE_TEXT, false, OPS_REQUEST_MAX},
	{"time", LINE_INT, false, 0},
	{NULL, 0, false, 0},
};
const struct line_field op_pin_open_fields[] = {
	{"delivery", LINE_TEXT, false, OPS_REQUEST_MAX},
	{"sealed_pin", LINE_BYTES, false, OP_PIN_SEALED_MAX},
	{"time", LINE_INT, false, 0},
	{NULL, 0, false, 0},
};
/* clang-format on */

/* --- making
 * --------------------------------------------------------------------------- */

static int
make(struct signer *s, const json_t *request, struct owned *out, struct err *e)
{
	struct bytes delivery;
	struct secret pin;
	int64_t now;
	int rc = ops_id(request, "delivery", &delivery, e);

	*out = (struct owned){0};
	if (rc == 0)
		rc = ops_time(s, request, &now, e);
	if (rc != 0 || (rc = pin_make(&pin, e)) != 0)
		return rc;
	pthread_mutex_lock(&s->days_lock);
	rc = daykey_seal(s->days, delivery, now, secret_view(&pin), out, e);
	pthread_mutex_unlock(&s->days_lock);
	secret_free(&pin);
	return rc;
}

json_t *
op_pin_make(struct signer *s, const json_t *request)
{
	struct owned sealed;
	struct err e = {0};
	json_t *answer;

	if (make(s, request, &sealed, &e) != 0)
		return line_refuse_err(&e);
	answer = line_ok();
	if (answer != NULL &&
	    line_set_bytes(answer, "sealed_pin", owned_view(&sealed)) != 0) {
		json_decref(answer);
		answer = NULL;
	}
	owned_free(&sealed);
	return answer;
}

/* --- opening
 * -------------------------------------------------------------------------- */

int
op_pin_unseal(struct signer *s, struct bytes delivery, struct bytes sealed, int64_t now,
    struct secret *out, struct err *e)
{
	int rc;

	pthread_mutex_lock(&s->days_lock);
	rc = daykey_unseal(s->days, delivery, now, sealed, out, e);
	pthread_mutex_unlock(&s->days_lock);
	if (rc == ERR_CRYPTO)
		return err_set(e, ERR_POLICY,
		    "sealed_pin: does not open: damaged, or of another delivery");
	return rc;
}

json_t *
op_pin_refuse(const struct err *e)
{
	return e->code == ERR_NOT_FOUND ? line_refuse("expired", "%s", e->text)
					: line_refuse_err(e);
}

/* The later one of the caller's time and ours: neither can make a PIN live longer. */
static int
open_pin(struct signer *s, const json_t *request, struct secret *out,
    int64_t *until_out, struct err *e)
{
	struct owned sealed = {0};
	struct bytes delivery;
	int64_t now, asked, made;
	int rc = ops_id(request, "delivery", &delivery, e);

	*out = (struct secret){0};
	if (rc == 0)
		rc = ops_time(s, request, &asked, e);
	if (rc == 0)
		rc = ops_now(s, &now, e);
	if (rc == 0)
		rc = line_bytes(request, "sealed_pin", &sealed, e);
	if (rc == 0)
		rc = seal_time(owned_view(&sealed), &made, e);
	if (rc == 0)
		rc = op_pin_unseal(s, delivery, owned_view(&sealed),
		    asked > now ? asked : now, out, e);
	if (rc == 0)
		rc = ops_log(s, "pin-open",
		    json_pack(
			"{s:s%}", "delivery", (const char *)delivery.p, delivery.n),
		    e);
	if (rc == 0)
		*until_out = made + (int64_t)DAYKEY_OPEN_DAYS * DAYKEY_DAY;
	owned_free(&sealed);
	return rc;
}

json_t *
op_pin_open(struct signer *s, const json_t *request)
{
	struct secret pin;
	struct err e = {0};
	json_t *answer;
	int64_t now, until;

	if (ops_now(s, &now, &e) != 0)
		return line_refuse_err(&e);
	if (!limit_take(&s->pin_opens, 1, now))
		return line_refuse("limit", "more than %u PINs opened in an hour",
		    (unsigned)s->conf.pin_opens);
	if (open_pin(s, request, &pin, &until, &e) != 0) {
		secret_free(&pin);
		return op_pin_refuse(&e);
	}
	answer = line_ok();
	if (answer != NULL && (line_set_text(answer, "pin", secret_view(&pin)) != 0 ||
				  line_set_int(answer, "until", until) != 0)) {
		json_decref(answer);
		answer = NULL;
	}
	secret_free(&pin);
	return answer;
}
