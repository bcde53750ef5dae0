/*
 * The way of every call: contract in ops.h.
 */
#include "enroll/signer/ops.h"

#include <stdlib.h>
#include <time.h>

enum {
	NAME_SHOWN = 40
};

/* Every operation there is. */
const struct op ops[] = {
    {"status", op_status_fields, op_status},
    {"authorities", op_authorities_fields, op_authorities},
    {"prepare", op_prepare_fields, op_prepare},
    {"sign", op_sign_fields, op_sign},
    {"blob", op_blob_fields, op_blob},
    {"pin-make", op_pin_make_fields, op_pin_make},
    {"pin-open", op_pin_open_fields, op_pin_open},
    {"package", op_package_fields, op_package},
    {"crl", op_crl_fields, op_crl},
};
const size_t ops_n = NITEMS(ops);

/* --- what handlers share -------------------------------------------------------------
 */

int
ops_now(struct signer *s, int64_t *now_out, struct err *e)
{
	*now_out = (int64_t)time(NULL);
	if (clock_look(&s->clock, *now_out) == CLOCK_BEHIND)
		return err_set(e, ERR_POLICY,
		    "the signer's clock went back: %lld, but %lld was seen; it does "
		    "nothing until the clock is right",
		    (long long)*now_out, (long long)clock_last(&s->clock));
	return 0;
}

int
ops_time(struct signer *s, const json_t *request, int64_t *time_out, struct err *e)
{
	int64_t now;
	int rc = ops_now(s, &now, e);

	*time_out = line_int(request, "time");
	if (rc != 0)
		return rc;
	if (*time_out < now - SIGNER_TIME_SLACK || *time_out > now + SIGNER_TIME_SLACK)
		return err_set(e, ERR_POLICY,
		    "time: found %lld, want our own, %lld, within %d seconds",
		    (long long)*time_out, (long long)now, SIGNER_TIME_SLACK);
	return 0;
}

int
ops_id(const json_t *request, const char *name, struct bytes *out, struct err *e)
{
	*out = line_text(request, name);
	return out->n > 0 ? 0 : err_set(e, ERR_SYNTAX, "%s: is empty", name);
}

int
ops_open_key(struct signer *s, struct bytes request_id, struct bytes certificate,
    struct bytes sealed, struct key **out, struct err *e)
{
	struct secret pkcs8;
	struct cert c;
	int rc = cert_parse(certificate, &c, e);

	*out = NULL;
	if (rc != 0)
		return rc;
	rc = seal_open(s->sealing, SEAL_KEY, request_id, sealed, &pkcs8, e);
	if (rc == 0)
		rc = key_from_pkcs8(secret_view(&pkcs8), out, e);
	secret_free(&pkcs8);
	if (rc == ERR_CRYPTO)
		return err_set(e, ERR_POLICY,
		    "sealed_key: does not open: damaged, or of another request");
	if (rc == 0 && !bytes_equal(key_spki(*out), c.spki)) {
		key_free(out);
		return err_set(e, ERR_POLICY, "sealed_key: not the certificate's key");
	}
	return rc;
}

int
ops_log(struct signer *s, const char *event, json_t *fields, struct err *e)
{
	int rc;

	if (fields == NULL)
		return err_set(e, ERR_MEMORY, "no memory for a line of the log");
	rc = chain_add(s->log, (int64_t)time(NULL), event, fields, e);
	if (rc != 0)
		signer_log(SIGNER_ERROR, "no line \"%s\" in the audit log: %s", event,
		    e->text);
	return rc;
}

size_t
ops_chain(const struct signer *s, struct bytes certificate)
{
	struct cert c;

	if (cert_parse(certificate, &c, NULL) != 0 ||
	    !bytes_equal(c.issuer, ca_issuer(s->ca)->name))
		return 0;
	return s->n_chain_der;
}

/* --- the one way ---------------------------------------------------------------------
 */

/* Whether this peer may do this: every operation there is, if it is one of the
 * callers; nothing otherwise. */
static bool
authorise(const struct signer *s, const struct line_peer *peer, const struct op *op)
{
	if (op == NULL)
		return false;
	for (size_t i = 0; i < s->n_caller; i++)
		if (s->caller[i] == peer->uid)
			return true;
	return false;
}

static const struct op *
find(struct bytes name)
{
	for (size_t i = 0; i < ops_n; i++)
		if (bytes_equal(bytes_of(ops[i].name), name))
			return &ops[i];
	return NULL;
}

static json_t *
run(struct signer *s, const json_t *request, const struct line_peer *peer)
{
	struct bytes name = line_text(request, "call");
	const struct op *op = find(name);
	struct err e = {0};

	if (op == NULL)
		return line_refuse("unsupported", "call: there is no such operation");
	if (!authorise(s, peer, op))
		return line_refuse(
		    "denied", "user %u may not call the signer", (unsigned)peer->uid);
	if (line_check(request, op->fields, &e) != 0)
		return line_refuse_err(&e);
	return op->run(s, request);
}

/* A refusal goes into both logs; into the audit log only so often, so that nobody can
 * fill the disk with them. */
static void
note_refusal(struct signer *s, const json_t *request, const struct line_peer *peer,
    const json_t *answer)
{
	struct bytes call = line_text(request, "call");
	const char *word = json_string_value(json_object_get(answer, "error"));
	const char *text = json_string_value(json_object_get(answer, "text"));
	const char *id = json_string_value(json_object_get(answer, "id"));
	int shown = call.n > NAME_SHOWN ? NAME_SHOWN : (int)call.n;
	struct err e = {0};

	signer_log(SIGNER_WARNING, "%s: refused \"%.*s\" of user %u: %s: %s",
	    id == NULL ? "" : id, shown, (const char *)call.p, (unsigned)peer->uid,
	    word, text);
	if (!limit_take(&s->refusals, 1, (int64_t)time(NULL)))
		return;
	/* Of a call that does not exist, not even its name is taken down. */
	(void)ops_log(s, "refused",
	    json_pack("{s:s, s:s*, s:s*, s:s*, s:I}", "call",
		find(call) == NULL ? "?" : find(call)->name, "error", word, "text",
		text, "id", id, "uid", (json_int_t)peer->uid),
	    &e);
}

json_t *
ops_answer(const json_t *request, const struct line_peer *peer, void *ctx)
{
	struct signer *s = ctx;
	json_t *answer = run(s, request, peer);

	if (answer != NULL && !json_is_true(json_object_get(answer, "ok")))
		note_refusal(s, request, peer, answer);
	return answer;
}
