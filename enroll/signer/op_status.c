/*
 * `status` and `authorities`: what the signer says of itself and of its CA. Nothing
 * in it is secret. Rows of ops.c.
 */
#include <stdlib.h>
#include <time.h>

#include "core/name.h"
#include "enroll/signer/ops.h"

enum {
	NAME_ROOM = 300,
	SERIAL_ROOM = 48,
	KEY_ROOM = 24,
};

const struct line_field op_status_fields[] = {{NULL, 0, false, 0}};
const struct line_field op_authorities_fields[] = {{NULL, 0, false, 0}};

/* --- status
 * ---------------------------------------------------------------------------- */

static json_t *
status_ca(const struct signer *s)
{
	char name[NAME_ROOM], serial[SERIAL_ROOM], key[KEY_ROOM];
	struct cert c;

	if (cert_parse(ca_certificate(s->ca), &c, NULL) != 0)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:I, s:I}", "subject",
	    name_text(c.subject, name, sizeof(name)), "serial",
	    cert_serial_text(c.serial, serial, sizeof(serial)), "key",
	    cert_key_text(&c, key, sizeof(key)), "from", (json_int_t)c.not_before,
	    "until", (json_int_t)c.not_after);
}

static json_t *
status_pool(struct signer *s)
{
	int n;

	pthread_mutex_lock(&s->pool_lock);
	n = pool_count(s->pool, s->conf.key, NULL);
	pthread_mutex_unlock(&s->pool_lock);
	return json_pack("{s:s, s:i, s:I}", "kind", s->conf.key, "ready", n, "want",
	    (json_int_t)s->conf.pool);
}

static json_t *
status_log(struct signer *s)
{
	char head[CHAIN_HASH_TEXT + 1];
	uint64_t lines;

	chain_head(s->log, &lines, head);
	return json_pack("{s:I, s:s, s:I}", "lines", (json_int_t)lines, "head", head,
	    "requests", (json_int_t)journal_count(s->journal));
}

static json_t *
status_crl(struct signer *s)
{
	uint64_t number;

	pthread_mutex_lock(&s->state_lock);
	number = s->crl_number;
	pthread_mutex_unlock(&s->state_lock);
	return json_pack("{s:I, s:I}", "number", (json_int_t)number, "hours",
	    (json_int_t)s->conf.crl_hours);
}

json_t *
op_status(struct signer *s, const json_t *request)
{
	int64_t now = (int64_t)time(NULL);
	json_t *answer = line_ok();

	(void)request;
	if (answer == NULL)
		return NULL;
	json_object_set_new(answer, "ca", status_ca(s));
	json_object_set_new(answer, "pool", status_pool(s));
	json_object_set_new(answer, "log", status_log(s));
	json_object_set_new(answer, "crl", status_crl(s));
	json_object_set_new(answer, "clock",
	    json_pack("{s:s, s:I, s:I}", "state",
		clock_word(clock_look(&s->clock, now)), "now", (json_int_t)now, "last",
		(json_int_t)clock_last(&s->clock)));
	json_object_set_new(answer, "left",
	    json_pack("{s:I, s:I}", "pin-open",
		(json_int_t)limit_left(&s->pin_opens, now), "package",
		(json_int_t)limit_left(&s->packages, now)));
	json_object_set_new(answer, "sandbox", json_string(s->sandbox));
	return answer;
}

/* --- authorities
 * ------------------------------------------------------------------------ */

/* The last part of a URL: the file's name. */
static const char *
file_of(const char *url)
{
	const char *slash = strrchr(url, '/');

	return slash == NULL ? url : slash + 1;
}

/* One CA; where and under what names its files are, if they are ours to publish. */
static json_t *
authority(struct bytes der, const struct ca_place *place)
{
	json_t *o = json_object();

	if (o == NULL || line_set_bytes(o, "certificate", der) != 0) {
		json_decref(o);
		return NULL;
	}
	if (place != NULL) {
		line_set_text(o, "ca_url", bytes_of(place->ca_url));
		line_set_text(o, "crl_url", bytes_of(place->crl_url));
		line_set_text(o, "ca_name", bytes_of(file_of(place->ca_url)));
		line_set_text(o, "crl_name", bytes_of(file_of(place->crl_url)));
	}
	return o;
}

/* The root, with its CRL where it is ours: read each time, because the administrator
 * renews it. */
static json_t *
root_authority(struct signer *s, struct bytes der)
{
	struct ca_place place;
	struct owned crl;
	struct cert c;
	json_t *o;

	if (ca_folder_root_crl(s->conf.state, &crl, NULL) != 1 ||
	    cert_parse(der, &c, NULL) != 0 ||
	    ca_place_make(s->facts.base_url, CA_FOLDER_ROOT, c.spki, &place, NULL) !=
		0) {
		owned_free(&crl);
		return authority(der, NULL);
	}
	o = authority(der, &place);
	if (o != NULL)
		line_set_bytes(o, "crl", owned_view(&crl));
	owned_free(&crl);
	return o;
}

json_t *
op_authorities(struct signer *s, const json_t *request)
{
	const struct profile_issuer *own = ca_issuer(s->ca);
	struct ca_place place;
	json_t *answer = line_ok(), *list = json_array();

	(void)request;
	snprintf(place.crl_url, sizeof(place.crl_url), "%s", own->crl_url);
	snprintf(place.ca_url, sizeof(place.ca_url), "%s", own->ca_url);
	json_array_append_new(list, authority(s->chain_der[0], &place));
	for (size_t i = 1; i < s->n_chain_der; i++)
		json_array_append_new(list, i + 1 == s->n_chain_der
						? root_authority(s, s->chain_der[i])
						: authority(s->chain_der[i], NULL));
	json_object_set_new(answer, "authorities", list);
	return answer;
}
