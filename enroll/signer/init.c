/*
 * Starting: configuration, CA and keys are read and held against each other before
 * anybody can call. Contract in signer.h. Called by main.c.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "enroll/signer/signer.h"

#define CRL_NUMBER "crl-number"

enum {
	ARENA_MOST = 1024 * 1024,
	PATH_ROOM = 4096,
	NUMBER_ROOM = 32,
	REFUSALS = 1000, /* an hour, that the audit log takes down */
};

/* --- configuration ---------------------------------------------------------------- */

static void
add_caller(struct signer *s, uid_t uid)
{
	s->caller[s->n_caller++] = uid;
}

static int
find_callers(struct signer *s, struct err *e)
{
	if (s->conf.caller.n > SIGNER_CALLERS_MAX - 2)
		return err_set(
		    e, ERR_LIMIT, "caller: more than %d", SIGNER_CALLERS_MAX - 2);
	add_caller(s, geteuid());
	add_caller(s, 0);
	for (size_t i = 0; i < s->conf.caller.n; i++) {
		const struct passwd *pw = getpwnam(s->conf.caller.value[i]);

		if (pw == NULL)
			return err_set(e, ERR_USAGE, "caller: no user \"%.60s\"",
			    s->conf.caller.value[i]);
		add_caller(s, pw->pw_uid);
	}
	return 0;
}

static int
set_policy(struct signer *s, struct err *e)
{
	const struct signer_conf *c = &s->conf;

	s->policy = (struct profile_policy){
	    .generation = strcmp(c->generation, "strict") == 0 ? PROFILE_STRICT
							       : PROFILE_MULTIPURPOSE,
	    .use = strcmp(c->use, "dual") == 0	 ? PROFILE_DUAL
		   : strcmp(c->use, "sign") == 0 ? PROFILE_SIGN
						 : PROFILE_ENCRYPT,
	    .days = c->days,
	    .policy_oid = s->facts.policy_oid,
	    .claim = s->facts.claim,
	    .organization = s->facts.organization,
	    .organization_id = s->facts.organization_id,
	    .country = s->facts.country,
	    .domain = c->domain.value,
	    .n_domain = c->domain.n};
	return profile_check_policy(&s->policy, e);
}

/* The log stands in the state folder unless something else was said. */
static int
set_audit(struct signer *s, struct err *e)
{
	char *path;

	if (s->conf.audit != NULL)
		return 0;
	if ((path = arena_alloc(&s->arena, PATH_ROOM)) == NULL)
		return err_set(e, ERR_MEMORY, "no memory");
	snprintf(path, PATH_ROOM, "%s/audit.log", s->conf.state);
	s->conf.audit = path;
	return 0;
}

static int
read_conf(struct signer *s, const char *path, struct err *e)
{
	int rc =
	    conf_read(path, signer_conf_rows, signer_conf_n, &s->conf, &s->arena, e);

	if (rc == 0)
		rc = set_audit(s, e);
	return rc == 0 ? find_callers(s, e) : rc;
}

/* --- the CA ----------------------------------------------------------------------- */

static int
open_ca(struct signer *s, struct err *e)
{
	struct bytes certificate = owned_view(&s->parts.certificate);
	struct ca_place place;
	struct key *key;
	int rc = ca_folder_key(s->conf.state, s->sealing, certificate, &key, e);

	if (rc != 0)
		return rc;
	rc =
	    ca_place_make(s->facts.base_url, CA_FOLDER_LABEL, key_spki(key), &place, e);
	if (rc != 0) {
		key_free(&key);
		return rc;
	}
	return ca_open(certificate, &key, &place, (int64_t)time(NULL), &s->ca, e);
}

static void
list_chain(struct signer *s)
{
	s->chain_der[s->n_chain_der++] = owned_view(&s->parts.certificate);
	for (size_t i = 0; i < s->parts.n_chain; i++)
		s->chain_der[s->n_chain_der++] = owned_view(&s->parts.chain[i]);
}

int
signer_init(struct signer *s, const char *conf_path, struct err *e)
{
	int rc;

	*s = (struct signer){.n_caller = 0};
	arena_init(&s->arena, NULL, 0, ARENA_MOST);
	pthread_mutex_init(&s->state_lock, NULL);
	pthread_mutex_init(&s->days_lock, NULL);
	pthread_mutex_init(&s->pool_lock, NULL);
	pthread_cond_init(&s->pool_taken, NULL);
	pthread_cond_init(&s->pool_filled, NULL);
	if ((rc = read_conf(s, conf_path, e)) != 0 ||
	    (rc = ca_folder_sealing(s->conf.state, &s->sealing, e)) != 0 ||
	    (rc = ca_folder_read(s->conf.state, &s->arena, &s->facts, &s->parts, e)) !=
		0 ||
	    (rc = set_policy(s, e)) != 0)
		return rc;
	list_chain(s);
	limit_init(&s->pin_opens, s->conf.pin_opens);
	limit_init(&s->packages, s->conf.packages);
	limit_init(&s->refusals, REFUSALS);
	return open_ca(s, e);
}

/* --- what only one process may have -------------------------------------------------
 */

/* The number of the last CRL: the greater one of file and log, so that neither can be
 * restored alone to an older one. */
static int
read_crl_number(struct signer *s, uint64_t logged, struct err *e)
{
	char text[NUMBER_ROOM] = "", *end;
	struct secret content;
	int rc = folder_get(s->state, CRL_NUMBER, &content, e);

	if (rc == 1 && content.n < sizeof(text))
		memcpy(text, content.p, content.n);
	secret_free(&content);
	if (rc < 0)
		return rc;
	s->crl_number = strtoull(text, &end, 10);
	if (rc == 1 && (end == text || (*end != '\n' && *end != '\0')))
		return err_set(e, ERR_SYNTAX, CRL_NUMBER ": damaged");
	s->crl_number = logged > s->crl_number ? logged : s->crl_number;
	return 0;
}

static int
open_inner(struct signer *s, struct err *e)
{
	char path[PATH_ROOM];
	int rc;

	snprintf(path, sizeof(path), "%s/days", s->conf.state);
	if ((rc = daykey_open(path, s->sealing, &s->days, e)) != 0)
		return rc;
	snprintf(path, sizeof(path), "%s/pool", s->conf.state);
	return pool_open(path, s->sealing, &s->pool, e);
}

int
signer_open(struct signer *s, struct err *e)
{
	uint64_t logged = 0;
	int rc = folder_open(s->conf.state, &s->state, e);

	/* The log first: its lock is what keeps a second signer out. */
	if (rc == 0)
		rc = chain_open(s->conf.audit, &s->log, e);
	if (rc == 0)
		rc = journal_open(s->conf.audit, &s->journal, &logged, e);
	if (rc == 0)
		rc = read_crl_number(s, logged, e);
	if (rc == 0)
		rc = clock_load(&s->clock, s->state, e);
	return rc == 0 ? open_inner(s, e) : rc;
}

void
signer_fini(struct signer *s)
{
	pool_close(&s->pool);
	daykey_close(&s->days);
	folder_close(&s->state);
	journal_free(&s->journal);
	chain_close(&s->log);
	ca_free(&s->ca);
	seal_key_free(&s->sealing);
	ca_parts_fini(&s->parts);
	arena_fini(&s->arena);
}
