/*
 * The signer's state folder, as far as it comes from `chancery ca init`: contract in
 * ca_folder.h.
 */
#include "enroll/ca_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/folder.h"
#include "enroll/conf.h"

#define SEALING_KEY "sealing.key"
#define CA	    "ca"
#define CA_HALF	    "ca.new"
#define CERTIFICATE "issuing.cer"
#define KEY	    "issuing.key"
#define ROOT_CRL    "root.crl"
#define FACTS	    "ca.conf"

enum {
	PATH_ROOM = 4096,
	NAME_ROOM = 24,
	FACTS_ROOM = 4096,
	RECORD_SIZE = sizeof("ca-") + 2 * KEY_ID_BYTES,
};

#define AT(field) offsetof(struct ca_facts, field)
static const struct conf_row rows[] = {
    {"base-url", CONF_TEXT, AT(base_url), NULL, NULL, 0, 0,
	"where CRLs and CA certificates are fetched; never change it"},
    {"organization", CONF_TEXT, AT(organization), "", NULL, 0, 0,
	"in the subject of certificates"},
    {"organization-id", CONF_TEXT, AT(organization_id), "", NULL, 0, 0,
	"the same as an identifier: NTRCH-CHE-123.456.789"},
    {"country", CONF_TEXT, AT(country), "", NULL, 0, 0, "two letters"},
    {"policy-oid", CONF_TEXT, AT(policy_oid), "", NULL, 0, 0, "own policy"},
    {"claim", CONF_BOOL, AT(claim), "off", NULL, 0, 0,
	"assert the policy of the S/MIME Baseline Requirements"},
};

void
ca_parts_fini(struct ca_parts *parts)
{
	owned_free(&parts->certificate);
	for (size_t i = 0; i < parts->n_chain; i++)
		owned_free(&parts->chain[i]);
	owned_free(&parts->root_crl);
	*parts = (struct ca_parts){0};
}

/* --- paths ----------------------------------------------------------------------- */

static int
path_of(const char *state, const char *name, char out[PATH_ROOM], struct err *e)
{
	if (snprintf(out, PATH_ROOM, "%s/%s", state, name) >= PATH_ROOM)
		return err_set(e, ERR_LIMIT, "%.60s...: a path too long", state);
	return 0;
}

static int
open_folder(const char *state, const char *name, struct folder **out, struct err *e)
{
	char path[PATH_ROOM];
	int rc = path_of(state, name, path, e);

	*out = NULL;
	return rc == 0 ? folder_open(path, out, e) : rc;
}

/* Makes a folder, unless it is there. */
static int
make_folder(const char *path, struct err *e)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return err_set(e, ERR_IO, "%s: cannot be made: %s", path, strerror(errno));
}

static void
chain_name(size_t i, char out[NAME_ROOM])
{
	snprintf(out, NAME_ROOM, "chain-%u.cer", (unsigned)i + 1);
}

/* What the issuing CA's key is bound to. */
static int
record_of(struct bytes spki, char out[RECORD_SIZE], struct err *e)
{
	uint8_t id[KEY_ID_BYTES];

	memcpy(out, "ca-", 3);
	if (key_id(spki, id) != 0)
		return err_set(e, ERR_SYNTAX, "the CA's public key cannot be read");
	digest_hex((struct bytes){id, sizeof(id)}, out + 3);
	return 0;
}

static int
record_of_certificate(struct bytes der, char out[RECORD_SIZE], struct err *e)
{
	struct cert c;
	int rc = cert_parse(der, &c, e);

	return rc == 0 ? record_of(c.spki, out, e) : rc;
}

/* --- the sealing key ------------------------------------------------------------- */

static int
read_sealing(struct folder *f, struct seal_key **out, struct err *e)
{
	struct secret raw;
	int rc = folder_get(f, SEALING_KEY, &raw, e);

	*out = NULL;
	if (rc == 0)
		return err_set(e, ERR_NOT_FOUND,
		    "no " SEALING_KEY ": \"chancery ca init\" makes it");
	if (rc == 1)
		rc = seal_key_from(secret_view(&raw), out, e);
	secret_free(&raw);
	return rc;
}

/* Reads it, or makes it where there is none. */
static int
have_sealing(struct folder *f, struct seal_key **out, struct err *e)
{
	struct seal_key *fresh;
	int rc = seal_key_make(&fresh, e);

	*out = NULL;
	if (rc != 0)
		return rc;
	rc = folder_put(f, SEALING_KEY, seal_key_raw(fresh), e);
	seal_key_free(&fresh);
	return rc < 0 ? rc : read_sealing(f, out, e);
}

int
ca_folder_sealing(const char *state, struct seal_key **out, struct err *e)
{
	struct folder *f;
	int rc = folder_open(state, &f, e);

	*out = NULL;
	if (rc != 0)
		return rc;
	rc = read_sealing(f, out, e);
	folder_close(&f);
	return rc;
}

/* --- making ---------------------------------------------------------------------- */

static int
refuse_second(const char *state, struct err *e)
{
	char path[PATH_ROOM];
	struct stat st;
	int rc = path_of(state, CA, path, e);

	if (rc != 0)
		return rc;
	if (lstat(path, &st) == 0)
		return err_set(e, ERR_POLICY,
		    "%s: there is a CA already; nothing was changed", path);
	return errno == ENOENT ? 0 : err_set(e, ERR_IO, "%s: %m", path);
}

int
ca_folder_prepare(const char *state, struct seal_key **out, struct err *e)
{
	static const char *const inner[] = {"days", "pool"};
	char path[PATH_ROOM];
	struct folder *f;
	int rc = refuse_second(state, e);

	*out = NULL;
	if (rc != 0 || (rc = make_folder(state, e)) != 0 ||
	    (rc = folder_open(state, &f, e)) != 0)
		return rc;
	for (size_t i = 0; i < NITEMS(inner) && rc == 0; i++)
		if ((rc = path_of(state, inner[i], path, e)) == 0)
			rc = make_folder(path, e);
	if (rc == 0)
		rc = have_sealing(f, out, e);
	folder_close(&f);
	return rc;
}

static int
remove_one(const char *name, void *ctx)
{
	int rc = folder_remove(ctx, name, NULL);

	return rc < 0 ? rc : 0;
}

/* An empty ca.new, also after an `init` that was killed. */
static int
open_half(const char *state, struct folder **out, struct err *e)
{
	char path[PATH_ROOM];
	int rc = path_of(state, CA_HALF, path, e);

	*out = NULL;
	if (rc != 0 || (rc = make_folder(path, e)) != 0 ||
	    (rc = folder_open(path, out, e)) != 0)
		return rc;
	if ((rc = folder_each(*out, remove_one, *out, e)) != 0)
		folder_close(out);
	return rc;
}

static int
put_key(struct folder *f, const struct seal_key *sealing, const struct key *key,
    struct err *e)
{
	char record[RECORD_SIZE];
	struct secret pkcs8 = {0};
	struct owned sealed = {0};
	int rc = record_of(key_spki(key), record, e);

	if (rc == 0)
		rc = key_to_pkcs8(key, &pkcs8, e);
	if (rc == 0)
		rc = seal_make(sealing, SEAL_CA, bytes_of(record), 0,
		    secret_view(&pkcs8), &sealed, e);
	if (rc == 0)
		rc = folder_put(f, KEY, owned_view(&sealed), e);
	secret_free(&pkcs8);
	owned_free(&sealed);
	return rc < 0 ? rc : 0;
}

static int
put_facts(struct folder *f, const struct ca_facts *facts, struct err *e)
{
	const char *value[] = {facts->base_url, facts->organization,
	    facts->organization_id, facts->country, facts->policy_oid,
	    facts->claim ? "on" : "off"};
	char text[FACTS_ROOM];
	size_t n = 0;

	_Static_assert(NITEMS(value) == NITEMS(rows), "a value a row");
	for (size_t i = 0; i < NITEMS(rows); i++) {
		if (value[i] == NULL)
			continue;
		if (strpbrk(value[i], "\r\n") != NULL)
			return err_set(
			    e, ERR_SYNTAX, "%s: more than one line", rows[i].name);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "# %s\n%s = %s\n",
		    rows[i].help, rows[i].name, value[i]);
		if (n >= sizeof(text))
			return err_set(e, ERR_LIMIT, "%s: too long", rows[i].name);
	}
	return folder_put(f, FACTS, (struct bytes){(const uint8_t *)text, n}, e);
}

static int
put_parts(struct folder *f, const struct ca_parts *parts, struct err *e)
{
	char name[NAME_ROOM];
	int rc = folder_put(f, CERTIFICATE, owned_view(&parts->certificate), e);

	for (size_t i = 0; i < parts->n_chain && rc >= 0; i++) {
		chain_name(i, name);
		rc = folder_put(f, name, owned_view(&parts->chain[i]), e);
	}
	if (rc >= 0 && parts->root_crl.n > 0)
		rc = folder_put(f, ROOT_CRL, owned_view(&parts->root_crl), e);
	return rc < 0 ? rc : 0;
}

static int
name_half(const char *state, struct err *e)
{
	int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0 || renameat2(fd, CA_HALF, fd, CA, RENAME_NOREPLACE) != 0 ||
	    fsync(fd) != 0)
		rc = err_set(e, ERR_IO, "%s/" CA ": %s", state, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

int
ca_folder_write(const char *state, const struct seal_key *sealing,
    const struct ca_parts *parts, const struct key *key, const struct ca_facts *facts,
    struct err *e)
{
	struct folder *f;
	int rc = open_half(state, &f, e);

	if (rc != 0)
		return rc;
	if ((rc = put_parts(f, parts, e)) == 0 &&
	    (rc = put_key(f, sealing, key, e)) == 0)
		rc = put_facts(f, facts, e);
	folder_close(&f);
	return rc < 0 ? rc : name_half(state, e);
}

/* --- whose it is ----------------------------------------------------------------- */

struct owner {
	uid_t uid;
	gid_t gid;
	const char *folder;
	struct err *e;
};

static int
chown_one(const char *name, void *ctx)
{
	const struct owner *o = ctx;
	char path[PATH_ROOM];
	int rc = path_of(o->folder, name, path, o->e);

	if (rc == 0 && lchown(path, o->uid, o->gid) != 0)
		rc = err_set(o->e, ERR_IO, "%s: cannot be given away: %m", path);
	return rc;
}

/* The files of a folder, then the folder. */
static int
chown_folder(const char *path, uid_t uid, gid_t gid, struct err *e)
{
	struct owner o = {uid, gid, path, e};
	struct folder *f;
	int rc = folder_open(path, &f, e);

	if (rc != 0)
		return rc;
	rc = folder_each(f, chown_one, &o, e);
	folder_close(&f);
	return rc == 0 ? chown_one(".", &o) : rc;
}

int
ca_folder_chown(const char *state, uid_t uid, gid_t gid, struct err *e)
{
	static const char *const inner[] = {CA, "days", "pool"};
	char path[PATH_ROOM];
	int rc = 0;

	for (size_t i = 0; i < NITEMS(inner) && rc == 0; i++)
		if ((rc = path_of(state, inner[i], path, e)) == 0)
			rc = chown_folder(path, uid, gid, e);
	return rc == 0 ? chown_folder(state, uid, gid, e) : rc;
}

/* --- reading --------------------------------------------------------------------- */

/* Reads a public file of the folder: 1, 0 where there is none, or an error. */
static int
get_public(struct folder *f, const char *name, struct owned *out, struct err *e)
{
	struct secret content;
	int rc = folder_get(f, name, &content, e);

	*out = (struct owned){0};
	if (rc == 1 && owned_copy(secret_view(&content), out) != 0)
		rc = err_set(e, ERR_MEMORY, "%s: no memory", name);
	secret_free(&content);
	return rc;
}

static int
get_parts(struct folder *f, struct ca_parts *parts, struct err *e)
{
	char name[NAME_ROOM];
	int rc = get_public(f, CERTIFICATE, &parts->certificate, e);

	if (rc == 0)
		return err_set(e, ERR_NOT_FOUND, "no " CA "/" CERTIFICATE);
	while (rc == 1 && parts->n_chain < CA_FOLDER_CHAIN_MAX) {
		chain_name(parts->n_chain, name);
		rc = get_public(f, name, &parts->chain[parts->n_chain], e);
		parts->n_chain += rc == 1;
	}
	if (rc >= 0)
		rc = get_public(f, ROOT_CRL, &parts->root_crl, e);
	return rc < 0 ? rc : 0;
}

int
ca_folder_read(const char *state, struct arena *arena, struct ca_facts *facts,
    struct ca_parts *parts, struct err *e)
{
	char path[PATH_ROOM];
	struct folder *f;
	int rc = open_folder(state, CA, &f, e);

	*parts = (struct ca_parts){0};
	*facts = (struct ca_facts){0};
	if (rc != 0)
		return rc;
	rc = get_parts(f, parts, e);
	folder_close(&f);
	if (rc == 0 && (rc = path_of(state, CA "/" FACTS, path, e)) == 0)
		rc = conf_read(path, rows, NITEMS(rows), facts, arena, e);
	if (rc != 0)
		ca_parts_fini(parts);
	return rc;
}

int
ca_folder_key(const char *state, const struct seal_key *sealing,
    struct bytes certificate, struct key **out, struct err *e)
{
	char record[RECORD_SIZE];
	struct secret sealed = {0}, pkcs8 = {0};
	struct folder *f;
	int rc = record_of_certificate(certificate, record, e);

	*out = NULL;
	if (rc != 0 || (rc = open_folder(state, CA, &f, e)) != 0)
		return rc;
	rc = folder_get(f, KEY, &sealed, e);
	folder_close(&f);
	if (rc == 0)
		return err_set(e, ERR_NOT_FOUND, "no " CA "/" KEY);
	if (rc == 1)
		rc = seal_open(sealing, SEAL_CA, bytes_of(record), secret_view(&sealed),
		    &pkcs8, e);
	if (rc == 0)
		rc = key_from_pkcs8(secret_view(&pkcs8), out, e);
	secret_free(&sealed);
	secret_free(&pkcs8);
	return rc;
}

int
ca_folder_root_crl(const char *state, struct owned *out, struct err *e)
{
	struct folder *f;
	int rc = open_folder(state, CA, &f, e);

	*out = (struct owned){0};
	if (rc != 0)
		return rc;
	rc = get_public(f, ROOT_CRL, out, e);
	folder_close(&f);
	return rc;
}
