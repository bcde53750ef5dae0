/*
 * The CA's files and CRLs (contract in crl.h). A CRL that the directory would not take
 * is kept and written the next time: the signer is asked once for each.
 */
#include "enroll/clerk/crl.h"

#include "crypto/crl_make.h"
#include "directory/registry.h"
#include "enroll/clerk/crl_files.h"
#include "enroll/clerk/crl_publish.h"
#include "enroll/clerk/revoke.h"

enum {
	SIGNER_MS = 60 * 1000,
	/* What a clerk that was killed did not bring to its end is looked for in
	 * revocations that are not older. */
	FINISH_SECONDS = CRL_DAY,
};

/* What the worker knows; nobody else does. */
struct work {
	struct owned certificate; /* of the issuing CA */
	struct owned crl;	  /* the last one; empty: none since the start */
	struct owned name;	  /* its file's */
	bool opened;		  /* the registry's containers are there */
	int64_t made;
	uint64_t said; /* who stands in it: sum of hashes of serial numbers */
};

/* --- the CA's certificates ---------------------------------------------------------
 */

static int
put_file(const char *which, struct bytes name, struct bytes content)
{
	int rc = content.n == 0 ? 0 : crl_files_put(name, content);

	if (rc != 0)
		clerk_log(LOG_LEVEL_WARNING, NULL, "%s %.*s is not given out: %s",
		    which, (int)name.n, (const char *)name.p, err_name(rc));
	return rc;
}

/* One of the chain: given out, and put below ou=authorities. */
static int
take_authority(struct clerk *c, const json_t *o, struct err *e)
{
	struct owned certificate = {0}, crl = {0};
	int rc = line_bytes(o, "certificate", &certificate, e);

	if (rc == 0 && json_object_get(o, "crl") != NULL)
		rc = line_bytes(o, "crl", &crl, e);
	if (rc == 0) {
		put_file(
		    "certificate", line_text(o, "ca_name"), owned_view(&certificate));
		put_file("CRL", line_text(o, "crl_name"), owned_view(&crl));
		rc = crl_publish(c, owned_view(&certificate), owned_view(&crl), e);
	}
	owned_free(&certificate);
	owned_free(&crl);
	return rc < 0 ? rc : 0;
}

/* Whose the CRLs are that we make. */
static int
take_issuing(struct work *w, const json_t *o, struct err *e)
{
	owned_free(&w->certificate);
	owned_free(&w->name);
	if (owned_copy(line_text(o, "crl_name"), &w->name) != 0)
		return err_set(e, ERR_MEMORY, "no memory for a file's name");
	return line_bytes(o, "certificate", &w->certificate, e);
}

static int
take_authorities(struct clerk *c, struct work *w, struct err *e)
{
	json_t *answer = NULL;
	const json_t *list;
	int rc =
	    line_ask(c->conf.signer, "authorities", NULL, LINE_CALL_MS, &answer, e);

	if (rc != 0)
		return rc;
	list = json_object_get(answer, "authorities");
	if (json_array_size(list) == 0)
		rc = err_set(e, ERR_SYNTAX, "the signer names no CA");
	else
		rc = take_issuing(w, json_array_get(list, 0), e);
	for (size_t i = 0; i < json_array_size(list) && rc == 0; i++)
		rc = take_authority(c, json_array_get(list, i), e);
	json_decref(answer);
	return rc;
}

/* --- who is revoked ----------------------------------------------------------------
 */

struct revoked {
	json_t *entries; /* as the signer wants them */
	json_t *recent;	 /* serial numbers, hex: to be brought to an end */
	uint64_t said;
	int64_t now;
};

static uint64_t
hash_of(struct bytes id)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ id.p[i]) * UINT64_C(1099511628211);
	return h;
}

/* A word that is none would keep everybody else out of the CRL. */
static const char *
reason_of(const struct registry_certificate *r)
{
	int reason;

	if (crl_make_reason_read(r->reason, &reason, NULL) != 0 ||
	    reason == CRL_MAKE_CA_COMPROMISE)
		reason = CRL_MAKE_UNSPECIFIED;
	return crl_make_reason_word(reason);
}

static json_t *
entry_of(const struct registry_certificate *r, struct bytes serial, int64_t now)
{
	/* The signer knows no future, also where the clock was put back. */
	int64_t at = r->revoked_at < now ? r->revoked_at : now;
	json_t *o = json_object();

	if (o == NULL || line_set_bytes(o, "serial", serial) != 0 ||
	    line_set_int(o, "time", at) != 0 ||
	    line_set_text(o, "reason", bytes_of(reason_of(r))) != 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int
take(const void *record, void *ctx)
{
	const struct registry_certificate *r = record;
	struct revoked *all = ctx;
	uint8_t octets[CRL_MAKE_SERIAL_MAX];
	struct bytes serial = {octets, revoke_serial_read(r->head.id, octets)};

	if (serial.n == 0) {
		clerk_log(
		    LOG_LEVEL_ERROR, NULL, "%.200s has no serial number", r->head.dn);
		return 0;
	}
	/* Better no new CRL than one without it. */
	if (json_array_append_new(all->entries, entry_of(r, serial, all->now)) != 0)
		return ERR_MEMORY;
	all->said += hash_of(r->head.id);
	if (r->revoked_at > all->now - FINISH_SECONDS)
		json_array_append_new(all->recent,
		    json_stringn((const char *)r->head.id.p, r->head.id.n));
	return 0;
}

static int
look(struct clerk *c, struct work *w, struct revoked *all, struct err *e)
{
	const struct registry_where where = {
	    .state = {"revoked"}, .after = all->now - CRL_KEPT};
	struct connection *d = NULL;
	int rc = clerk_directory(c, &d, e);

	if (rc != 0)
		return rc;
	if (!w->opened)
		rc = registry_open(d, c->conf.suffix, e);
	w->opened = rc == 0;
	if (rc == 0)
		rc = registry_each(
		    d, c->conf.suffix, REGISTRY_CERTIFICATE, &where, take, all, e);
	clerk_directory_end(c, &d);
	if (rc == ERR_MEMORY)
		return err_set(e, rc, "no memory for a CRL");
	return rc < 0 ? rc : 0;
}

/* --- the CRL ------------------------------------------------------------------------
 */

static bool
is_due(const struct work *w, const struct revoked *all)
{
	return w->crl.n == 0 || w->said != all->said || all->now >= w->made + CRL_DAY ||
	       all->now < w->made;
}

static int
make(struct clerk *c, struct work *w, const struct revoked *all, struct err *e)
{
	json_t *answer = NULL;
	struct owned crl = {0};
	int rc = line_ask(c->conf.signer, "crl",
	    json_pack(
		"{s:O, s:I}", "entries", all->entries, "time", (json_int_t)all->now),
	    SIGNER_MS, &answer, e);

	if (rc == 0)
		rc = line_bytes(answer, "crl", &crl, e);
	if (rc == 0) {
		owned_free(&w->crl);
		w->crl = crl;
		w->made = all->now;
		w->said = all->said;
		clerk_log(LOG_LEVEL_INFO, NULL, "CRL %lld with %zu entries",
		    (long long)line_int(answer, "number"),
		    json_array_size(all->entries));
	}
	json_decref(answer);
	return rc;
}

/* Notices and entries of people, where a revocation was broken off. */
static void
finish(struct clerk *c, const struct revoked *all)
{
	for (size_t i = 0; i < json_array_size(all->recent); i++) {
		const json_t *serial = json_array_get(all->recent, i);
		struct err e = {0};

		if (revoke_finish(c, bytes_of(json_string_value(serial)), &e) != 0)
			clerk_log(LOG_LEVEL_WARNING, NULL, "certificate %s: %s",
			    json_string_value(serial), e.text);
	}
}

static int
renew(struct clerk *c, struct work *w, const struct revoked *all, struct err *e)
{
	int rc = 0;

	if (is_due(w, all)) {
		finish(c, all);
		rc = make(c, w, all, e);
	}
	if (rc != 0)
		return rc;
	/* Given out first: what keeps the directory from it does not keep us. */
	put_file("CRL", owned_view(&w->name), owned_view(&w->crl));
	crl_files_complete();
	rc = crl_publish(c, owned_view(&w->certificate), owned_view(&w->crl), e);
	return rc < 0 ? rc : 0;
}

static int
work_once(struct clerk *c, struct work *w, struct err *e)
{
	struct revoked all = {
	    .entries = json_array(), .recent = json_array(), .now = clerk_now(c)};
	int rc = take_authorities(c, w, e);

	if (rc == 0 && (all.entries == NULL || all.recent == NULL))
		rc = err_set(e, ERR_MEMORY, "no memory for a CRL");
	if (rc == 0)
		rc = look(c, w, &all, e);
	if (rc == 0)
		rc = renew(c, w, &all, e);
	json_decref(all.entries);
	json_decref(all.recent);
	return rc;
}

void
crl_work(struct clerk *c, struct worker *worker)
{
	struct work w = {.made = 0};
	unsigned wait;

	do {
		struct err e = {0};
		int rc = work_once(c, &w, &e);

		wait = rc == 0 ? CRL_LOOK_SECONDS : CRL_RETRY_SECONDS;
		if (rc != 0)
			clerk_log(LOG_LEVEL_WARNING, NULL, "the CRL waits: %s", e.text);
	} while (worker_wait(worker, wait));
	owned_free(&w.certificate);
	owned_free(&w.crl);
	owned_free(&w.name);
	crl_files_clear();
}

/* --- giving them out ----------------------------------------------------------------
 */

static const char *
type_of(struct bytes name)
{
	bool crl =
	    name.n > 4 &&
	    bytes_equal_nocase((struct bytes){name.p + name.n - 4, 4}, BYTES(".crl"));

	return crl ? "application/pkix-crl" : "application/pkix-cert";
}

json_t *
call_pki_get(struct clerk *c, const struct caller *who, const json_t *request)
{
	struct bytes name = line_text(request, "name");
	struct owned content;
	json_t *answer;
	int rc = crl_files_get(name, &content);

	(void)c;
	(void)who;
	if (rc == ERR_IO)
		return line_refuse("busy", "the CA's files are not here yet");
	if (rc == 0)
		return line_refuse("not-found", "the CA has no such file");
	answer = rc < 0 ? NULL : line_ok();
	if (answer != NULL &&
	    (line_set_bytes(answer, "bytes", owned_view(&content)) != 0 ||
		line_set_text(answer, "type", bytes_of(type_of(name))) != 0)) {
		json_decref(answer);
		answer = NULL;
	}
	owned_free(&content);
	return answer;
}
