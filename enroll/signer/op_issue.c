/*
 * `prepare`, `sign`, `blob`: from the fields of a request to its certificate, in two
 * steps with a record between them. Both build the to-be-signed bytes from the fields;
 * the second one signs only what is the same as the record, only what was never
 * anything else for this request, and only after the log has it. Rows of ops.c.
 */
#include <time.h>

#include "crypto/serial.h"
#include "crypto/smime_blob.h"
#include "enroll/signer/keeper.h"
#include "enroll/signer/ops.h"

enum {
	DAY = 24 * 60 * 60,
	/* s: a record that was not signed for so long is prepared anew. */
	PREPARED_OLDEST = 30 * DAY,
	NAME_BYTES = 4 * PROFILE_MAX_NAME,
	MAIL_BYTES = 320,
	KIND_BYTES = 20,
};

#define REQUEST_FIELDS                                                                 \
	{"request", LINE_TEXT, false, OPS_REQUEST_MAX},                                \
	    {"kind", LINE_TEXT, false, KIND_BYTES},                                    \
	    {"mail", LINE_LIST, false, PROFILE_MAX_MAIL},                              \
	    {"given", LINE_TEXT, true, NAME_BYTES},                                    \
	    {"surname", LINE_TEXT, true, NAME_BYTES},                                  \
	    {"display", LINE_TEXT, true, NAME_BYTES},                                  \
	{                                                                              \
		"time", LINE_INT, false, 0                                             \
	}

/* clang-format off */
const struct line_field op_prepare_fields[] = {
	REQUEST_FIELDS,
	{"spki", LINE_BYTES, true, KEY_SPKI_MAX},
	{NULL, 0, false, 0},
};
const struct line_field op_sign_fields[] = {
	REQUEST_FIELDS,
	{"serial", LINE_BYTES, false, SERIAL_BYTES},
	{"spki", LINE_BYTES, false, KEY_SPKI_MAX},
	{"tbs", LINE_BYTES, false, PROFILE_MAX_TBS},
	{NULL, 0, false, 0},
};
const struct line_field op_blob_fields[] = {
	{"request", LINE_TEXT, false, OPS_REQUEST_MAX},
	{"certificate", LINE_BYTES, false, OPS_CERTIFICATE_MAX},
	{"sealed_key", LINE_BYTES, false, OPS_SEALED_MAX},
	{"time", LINE_INT, false, 0},
	{NULL, 0, false, 0},
};
/* clang-format on */

/* A request as read: views into the call and into what is owned here. */
struct issue {
	struct bytes id;
	struct bytes mail[PROFILE_MAX_MAIL];
	struct profile_request r;
	struct owned spki, serial, tbs, certificate;
	struct owned sealed_key;
	struct secret pkcs8;
};

static void
issue_fini(struct issue *i)
{
	owned_free(&i->spki);
	owned_free(&i->serial);
	owned_free(&i->tbs);
	owned_free(&i->certificate);
	owned_free(&i->sealed_key);
	secret_free(&i->pkcs8);
}

/* --- reading
 * -------------------------------------------------------------------------- */

static int
read_mail(struct issue *i, const json_t *list, struct err *e)
{
	size_t n = json_array_size(list);

	if (n == 0)
		return err_set(e, ERR_SYNTAX, "mail: is empty");
	for (size_t k = 0; k < n; k++) {
		const json_t *v = json_array_get(list, k);

		if (!json_is_string(v) || json_string_length(v) > MAIL_BYTES)
			return err_set(e, ERR_SYNTAX,
			    "mail: want texts of at most %d bytes", MAIL_BYTES);
		i->mail[k] = (struct bytes){
		    (const uint8_t *)json_string_value(v), json_string_length(v)};
	}
	i->r.mail = i->mail;
	i->r.n_mail = n;
	return 0;
}

/* What prepare and sign have in common. */
static int
read_fields(struct issue *i, const json_t *request, struct err *e)
{
	int rc = ops_id(request, "request", &i->id, e);

	i->r.given = line_text(request, "given");
	i->r.surname = line_text(request, "surname");
	i->r.display = line_text(request, "display");
	i->r.now = line_int(request, "time");
	if (rc == 0)
		rc = profile_kind_read(line_text(request, "kind"), &i->r.kind, e);
	if (rc == 0)
		rc = read_mail(i, json_object_get(request, "mail"), e);
	if (rc == 0)
		rc = line_bytes(request, "spki", &i->spki, e);
	i->r.spki = owned_view(&i->spki);
	return rc;
}

/* --- prepare
 * -------------------------------------------------------------------------- */

/* A key from the pool, archived for this request. */
static int
take_key(struct signer *s, struct issue *i, struct err *e)
{
	struct key *key;
	int rc = keeper_take_key(s, &i->pkcs8, e);

	if (rc == 0)
		rc = key_from_pkcs8(secret_view(&i->pkcs8), &key, e);
	if (rc != 0)
		return rc;
	rc = owned_copy(key_spki(key), &i->spki);
	key_free(&key);
	i->r.spki = owned_view(&i->spki);
	if (rc == 0)
		rc = seal_make(s->sealing, SEAL_KEY, i->id, i->r.now,
		    secret_view(&i->pkcs8), &i->sealed_key, e);
	return rc;
}

static int
prepare(struct signer *s, struct issue *i, const json_t *request, struct err *e)
{
	uint8_t serial[SERIAL_BYTES];
	int64_t now;
	int rc = read_fields(i, request, e);

	if (rc == 0)
		rc = ops_time(s, request, &now, e);
	if (rc == 0 && i->spki.n == 0)
		rc = take_key(s, i, e);
	if (rc == 0)
		rc = serial_make(serial, e);
	if (rc == 0)
		rc = owned_copy((struct bytes){serial, sizeof(serial)}, &i->serial);
	i->r.serial = owned_view(&i->serial);
	if (rc == 0)
		rc = ca_prepare(s->ca, &s->policy, &i->r, &i->tbs, e);
	/* Nobody has seen the key: a refused request does not cost one. */
	if (rc != 0 && i->pkcs8.n > 0)
		keeper_give_back(s, secret_view(&i->pkcs8));
	return rc;
}

static json_t *
prepared(const struct issue *i)
{
	json_t *answer = line_ok();

	if (answer == NULL ||
	    line_set_bytes(answer, "serial", owned_view(&i->serial)) != 0 ||
	    line_set_bytes(answer, "tbs", owned_view(&i->tbs)) != 0 ||
	    line_set_bytes(answer, "spki", owned_view(&i->spki)) != 0 ||
	    (i->sealed_key.n > 0 && line_set_bytes(answer, "sealed_key",
					owned_view(&i->sealed_key)) != 0)) {
		json_decref(answer);
		return NULL;
	}
	return answer;
}

json_t *
op_prepare(struct signer *s, const json_t *request)
{
	struct issue i = {0};
	struct err e = {0};
	json_t *answer;

	if (journal_has(s->journal, line_text(request, "request")))
		return line_refuse("conflict",
		    "request: was signed already; nothing else is ever signed for it");
	answer = prepare(s, &i, request, &e) == 0 ? prepared(&i) : line_refuse_err(&e);
	issue_fini(&i);
	return answer;
}

/* --- sign
 * ----------------------------------------------------------------------------- */

static int
read_record(struct issue *i, const json_t *request, struct err *e)
{
	int rc = read_fields(i, request, e);

	if (rc == 0)
		rc = line_bytes(request, "serial", &i->serial, e);
	if (rc == 0)
		rc = line_bytes(request, "tbs", &i->tbs, e);
	i->r.serial = owned_view(&i->serial);
	if (rc == 0 && !serial_valid(i->r.serial))
		rc = err_set(e, ERR_SYNTAX, "serial: not one that this program makes");
	return rc;
}

/* A record may wait for a while, but dates neither into the future nor far back. One
 * that was signed before may be signed again at any time. */
static int
check_age(struct signer *s, const struct issue *i, struct err *e)
{
	int64_t now;
	int rc = ops_now(s, &now, e);

	if (rc != 0 || journal_has(s->journal, i->id))
		return rc;
	if (i->r.now > now + SIGNER_TIME_SLACK || i->r.now < now - PREPARED_OLDEST)
		return err_set(e, ERR_POLICY,
		    "time: prepared at %lld, want within %d days before now, %lld",
		    (long long)i->r.now, PREPARED_OLDEST / DAY, (long long)now);
	return 0;
}

/* Whether the bytes are what the fields give, before the log says that they are. */
static int
check_record(struct signer *s, const struct issue *i, struct err *e)
{
	struct owned again;
	int rc = ca_prepare(s->ca, &s->policy, &i->r, &again, e);

	if (rc != 0)
		return rc;
	if (!bytes_equal(owned_view(&again), owned_view(&i->tbs)))
		rc = err_set(e, ERR_POLICY,
		    "tbs: not the bytes that these fields give: the record, the "
		    "configuration or the CA was changed");
	owned_free(&again);
	return rc;
}

/* The claim, and the line in the log: before the signature. */
static int
take_down(struct signer *s, const struct issue *i, struct err *e)
{
	char tbs[DIGEST_TEXT + 1], serial[2 * SERIAL_BYTES + 1];
	uint8_t hash[DIGEST_BYTES];
	int rc = digest_sha256(owned_view(&i->tbs), hash);

	if (rc != 0)
		return err_set(e, rc, "no hash of the bytes");
	if ((rc = journal_claim(s->journal, i->id, hash, e)) < 0)
		return rc;
	digest_hex((struct bytes){hash, sizeof(hash)}, tbs);
	digest_hex(owned_view(&i->serial), serial);
	return ops_log(s, "sign",
	    json_pack("{s:s%, s:s, s:s, s:s%, s:b}", "request", (const char *)i->id.p,
		i->id.n, "tbs", tbs, "serial", serial, "mail",
		(const char *)i->mail[0].p, i->mail[0].n, "again", rc == 0),
	    e);
}

static json_t *
sign(struct signer *s, struct issue *i, struct err *e)
{
	json_t *answer;
	int rc = take_down(s, i, e);

	if (rc == ERR_POLICY)
		return line_refuse("conflict", "%s", e->text);
	if (rc == 0)
		rc = ca_issue(
		    s->ca, &s->policy, &i->r, owned_view(&i->tbs), &i->certificate, e);
	if (rc != 0)
		return line_refuse_err(e);
	answer = line_ok();
	if (answer != NULL &&
	    line_set_bytes(answer, "certificate", owned_view(&i->certificate)) != 0) {
		json_decref(answer);
		answer = NULL;
	}
	return answer;
}

json_t *
op_sign(struct signer *s, const json_t *request)
{
	struct issue i = {0};
	struct err e = {0};
	json_t *answer;
	int rc = read_record(&i, request, &e);

	if (rc == 0)
		rc = check_age(s, &i, &e);
	if (rc == 0)
		rc = check_record(s, &i, &e);
	answer = rc == 0 ? sign(s, &i, &e) : line_refuse_err(&e);
	issue_fini(&i);
	return answer;
}

/* --- blob
 * ------------------------------------------------------------------------------ */

static int
make_blob(struct signer *s, const json_t *request, struct owned *out, struct err *e)
{
	struct owned certificate = {0}, sealed = {0};
	struct key *key = NULL;
	struct bytes id;
	int64_t now;
	int rc = ops_id(request, "request", &id, e);

	*out = (struct owned){0};
	if (rc == 0)
		rc = ops_time(s, request, &now, e);
	if (rc == 0)
		rc = line_bytes(request, "certificate", &certificate, e);
	if (rc == 0)
		rc = line_bytes(request, "sealed_key", &sealed, e);
	if (rc == 0)
		rc = ops_open_key(
		    s, id, owned_view(&certificate), owned_view(&sealed), &key, e);
	if (rc == 0)
		rc = ops_log(s, "blob",
		    json_pack("{s:s%}", "request", (const char *)id.p, id.n), e);
	if (rc == 0)
		rc = smime_blob_make(key_pkey(key), owned_view(&certificate),
		    s->chain_der, ops_chain(s, owned_view(&certificate)), now, out, e);
	key_free(&key);
	owned_free(&certificate);
	owned_free(&sealed);
	return rc;
}

json_t *
op_blob(struct signer *s, const json_t *request)
{
	struct owned blob;
	struct err e = {0};
	json_t *answer;

	if (make_blob(s, request, &blob, &e) != 0)
		return line_refuse_err(&e);
	answer = line_ok();
	if (answer != NULL && line_set_bytes(answer, "blob", owned_view(&blob)) != 0) {
		json_decref(answer);
		answer = NULL;
	}
	owned_free(&blob);
	return answer;
}
