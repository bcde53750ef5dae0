/*
 * `crl`: the issuing CA's list of what is revoked, from the entries that the clerk
 * gives. Its number only grows: it is written to the disk before the CRL leaves, and
 * stands in the log as well. Row of ops.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/crl_make.h"
#include "enroll/signer/ops.h"

#define CRL_NUMBER "crl-number"

enum {
	NUMBER_ROOM = 32,
	REASON_BYTES = 40,
	HOUR = 60 * 60,
};

/* clang-format off */
const struct line_field op_crl_fields[] = {
	{"entries", LINE_LIST, false, OPS_REVOKED_MAX},
	{"time", LINE_INT, false, 0},
	{NULL, 0, false, 0},
};
static const struct line_field entry_fields[] = {
	{"serial", LINE_BYTES, false, CRL_MAKE_SERIAL_MAX},
	{"time", LINE_INT, false, 0},
	{"reason", LINE_TEXT, false, REASON_BYTES},
	{NULL, 0, false, 0},
};
/* clang-format on */

struct revoked {
	struct crl_make_entry *entry;
	struct owned *serial;
	size_t n;
};

static void
revoked_fini(struct revoked *r)
{
	for (size_t i = 0; i < r->n; i++)
		owned_free(&r->serial[i]);
	free(r->serial);
	free(r->entry);
}

static int
read_entry(const json_t *v, struct revoked *r, struct err *e)
{
	struct crl_make_entry *entry = &r->entry[r->n];
	struct owned *serial = &r->serial[r->n];
	int rc;

	if (!json_is_object(v) || json_object_get(v, "call") != NULL)
		return err_set(e, ERR_SYNTAX, "entries: want objects");
	if ((rc = line_check(v, entry_fields, e)) != 0 ||
	    (rc = line_bytes(v, "serial", serial, e)) != 0)
		return rc;
	r->n++;
	entry->serial = owned_view(serial);
	entry->revoked_at = line_int(v, "time");
	return crl_make_reason_read(line_text(v, "reason"), &entry->reason, e);
}

static int
read_entries(const json_t *list, struct revoked *r, struct err *e)
{
	size_t n = json_array_size(list);
	int rc = 0;

	r->entry = calloc(n + 1, sizeof(*r->entry));
	r->serial = calloc(n + 1, sizeof(*r->serial));
	if (r->entry == NULL || r->serial == NULL)
		return err_set(e, ERR_MEMORY, "no memory for %zu entries", n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = read_entry(json_array_get(list, i), r, e);
	return rc;
}

/* The next number, on the disk. The lock is held. */
static int
next_number(struct signer *s, int64_t now, uint64_t *out, struct err *e)
{
	uint64_t number = crl_make_number(s->crl_number, now);
	char text[NUMBER_ROOM];
	int n = snprintf(text, sizeof(text), "%" PRIu64 "\n", number);
	int rc;

	if (number <= s->crl_number)
		return err_set(e, ERR_POLICY, "CRL number %" PRIu64 " after %" PRIu64,
		    number, s->crl_number);
	rc = folder_replace(
	    s->state, CRL_NUMBER, (struct bytes){(const uint8_t *)text, (size_t)n}, e);
	if (rc == 0)
		*out = s->crl_number = number;
	return rc;
}

/* Under the lock from the number to the end: CRLs leave in their order. */
static int
make(struct signer *s, const struct revoked *r, int64_t now, uint64_t *number,
    struct owned *out, struct err *e)
{
	int rc;

	*out = (struct owned){0};
	pthread_mutex_lock(&s->state_lock);
	if ((rc = next_number(s, now, number, e)) == 0)
		rc = ops_log(s, "crl",
		    json_pack("{s:I, s:I}", "number", (json_int_t)*number, "entries",
			(json_int_t)r->n),
		    e);
	if (rc == 0)
		rc = crl_make(
		    s->ca, r->entry, r->n, *number, now, s->conf.crl_hours, out, e);
	pthread_mutex_unlock(&s->state_lock);
	return rc;
}

static json_t *
made(const struct signer *s, struct bytes crl, uint64_t number, int64_t now)
{
	json_t *answer = line_ok();

	if (answer == NULL || line_set_bytes(answer, "crl", crl) != 0 ||
	    line_set_int(answer, "number", (int64_t)number) != 0 ||
	    line_set_int(answer, "next", now + (int64_t)s->conf.crl_hours * HOUR) !=
		0) {
		json_decref(answer);
		return NULL;
	}
	return answer;
}

json_t *
op_crl(struct signer *s, const json_t *request)
{
	struct revoked r = {0};
	struct owned crl = {0};
	struct err e = {0};
	uint64_t number = 0;
	json_t *answer;
	int64_t now;
	int rc = ops_time(s, request, &now, &e);

	if (rc == 0)
		rc = read_entries(json_object_get(request, "entries"), &r, &e);
	if (rc == 0)
		rc = make(s, &r, now, &number, &crl, &e);
	answer = rc == 0 ? made(s, owned_view(&crl), number, now) : line_refuse_err(&e);
	owned_free(&crl);
	revoked_fini(&r);
	return answer;
}
