/*
 * `chancery ca init`: makes the certification authority, once. The root's key goes
 * into a folder of the administrator's, encrypted; the issuing CA's, sealed, into the
 * signer's state folder, together with the sealing key and the folders that the signer
 * needs. Or takes an issuing CA that somebody else made. Overwrites nothing.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/ca.h"
#include "cli/file.h"
#include "cli/passphrase.h"
#include "crypto/read_certs.h"
#include "enroll/ca_folder.h"

#define KINDS "rsa4096|rsa3072|rsa2048|p256|p384"

enum {
	NAME_ROOM = 160,
};

struct init_conf {
	const char *state, *owner;
	const char *base_url;
	const char *root;
	bool existing_root;
	const char *passphrase_file;
	const char *organization, *organization_id, *country;
	const char *name, *root_name;
	const char *key_kind, *root_key_kind;
	uint32_t years, root_years;
	const char *policy_oid;
	bool claim;
	const char *certificate, *key, *chain, *key_passphrase_file;
	bool help;
};

#define TEXT(name, argument, field, fallback, help_)                                   \
	OPT_TEXT(name, argument, struct init_conf, field, fallback, help_)

static const struct option_flag flags[] = {
    TEXT("--state", "FOLDER", state, "/var/lib/chancery/signer",
	"the signer's state folder"),
    TEXT("--owner", "USER", owner, "", "who owns it: the signer's user"),
    TEXT("--base-url", "URL", base_url, "",
	"http://... below which CRLs and CA certificates will be fetched; it stands in "
	"every certificate, for ever"),
    TEXT("--root", "FOLDER", root, "", "where the root is put, or is"),
    OPT_BOOL("--existing-root", struct init_conf, existing_root,
	"the folder holds a root already: make another issuing CA"),
    TEXT("--passphrase-file", "FILE", passphrase_file, "",
	"the root's passphrase, instead of asking; \"/dev/fd/3\" is descriptor 3"),
    TEXT("--organization", "NAME", organization, "", "who runs the CA"),
    TEXT("--organization-id", "ID", organization_id, "",
	"its identifier, as NTRCH-CHE-123.456.789; with it, certificates name the "
	"organization and people"),
    TEXT("--country", "CC", country, "", "two letters"),
    TEXT("--name", "NAME", name, "", "of the issuing CA (\"ORGANIZATION Issuing CA\")"),
    TEXT(
	"--root-name", "NAME", root_name, "", "of the root (\"ORGANIZATION Root CA\")"),
    OPT_WORD("--key-kind", KINDS, struct init_conf, key_kind, "rsa4096",
	"the issuing CA's key"),
    OPT_WORD("--root-key-kind", KINDS, struct init_conf, root_key_kind, "rsa4096",
	"the root's key"),
    OPT_NUMBER("--years", struct init_conf, years, "10", 1, PROFILE_CA_MAX_YEARS,
	"of the issuing CA"),
    OPT_NUMBER("--root-years", struct init_conf, root_years, "20", 1,
	PROFILE_CA_MAX_YEARS, "of the root"),
    TEXT("--policy-oid", "OID", policy_oid, "", "your own certificate policy"),
    OPT_BOOL("--claim", struct init_conf, claim,
	"certificates say that the S/MIME Baseline Requirements are kept"),
    TEXT("--certificate", "FILE", certificate, "",
	"an issuing CA that exists, instead of a new one"),
    TEXT("--key", "FILE", key, "", "its private key, PEM"),
    TEXT("--chain", "FILE", chain, "", "the CAs above it, its issuer first"),
    TEXT("--key-passphrase-file", "FILE", key_passphrase_file, "",
	"the passphrase of --key"),
    OPT_BOOL("--help", struct init_conf, help, "this text"),
};

static const struct verb verb_init = {"ca init", "", "makes the CA",
    "Makes a root (its key encrypted, in a folder that you take off-line) and an\n"
    "issuing CA (its key sealed, in the signer's state folder). With --certificate\n"
    "and --key, takes an issuing CA that exists. Never overwrites anything.",
    ca_init_main};

/* What is made on the way. */
struct making {
	struct init_conf conf;
	int64_t now;
	char base_url[CA_BASE_MAX + 1];
	struct seal_key *sealing;
	struct ca *root;
	struct key *key; /* of the issuing CA */
	struct ca_parts parts;
	struct secret passphrase;
};

static void
making_fini(struct making *m)
{
	seal_key_free(&m->sealing);
	ca_free(&m->root);
	key_free(&m->key);
	ca_parts_fini(&m->parts);
	secret_free(&m->passphrase);
}

/* --- what was asked for ---------------------------------------------------------- */

static int
need(const char *value, const char *flag, struct err *e)
{
	return value != NULL ? 0 : err_set(e, ERR_USAGE, "want %s", flag);
}

static struct ca_facts
facts_of(const struct making *m)
{
	const struct init_conf *c = &m->conf;
	bool named = c->organization_id != NULL;

	return (struct ca_facts){.base_url = m->base_url,
	    .organization = named ? c->organization : NULL,
	    .organization_id = c->organization_id,
	    .country = c->country,
	    .policy_oid = c->policy_oid,
	    .claim = c->claim};
}

/* What will stand in every certificate, before anything is made with it. */
static int
check_facts(const struct making *m, struct err *e)
{
	static const char *const domain[] = {"example.com"};
	struct ca_facts facts = facts_of(m);
	const struct profile_policy policy = {.generation = PROFILE_STRICT,
	    .days = 1,
	    .policy_oid = facts.policy_oid,
	    .claim = facts.claim,
	    .organization = facts.organization,
	    .organization_id = facts.organization_id,
	    .country = facts.country,
	    .domain = domain,
	    .n_domain = 1};

	return profile_check_policy(&policy, e);
}

static int
check_url(const char *url, struct err *e)
{
	if (strlen(url) > CA_BASE_MAX)
		return err_set(e, ERR_LIMIT, "--base-url: want at most %d characters",
		    CA_BASE_MAX);
	return profile_check_url(url, e);
}

static int
check_flags(struct making *m, struct err *e)
{
	const struct init_conf *c = &m->conf;
	bool exists = c->certificate != NULL || c->key != NULL;
	int rc;

	if (exists && c->root != NULL)
		return err_set(e, ERR_USAGE,
		    "--root makes a new CA, --certificate takes one: want one of them");
	if (exists)
		rc = need(c->certificate, "--certificate FILE beside --key", e) != 0 ||
			     need(c->key, "--key FILE beside --certificate", e) != 0
			 ? ERR_USAGE
			 : 0;
	else
		rc = need(c->root, "--root FOLDER, or --certificate and --key", e) !=
				 0 ||
			     need(c->organization, "--organization NAME", e) != 0 ||
			     need(c->country, "--country CC", e) != 0
			 ? ERR_USAGE
			 : 0;
	if (rc == 0 && !c->existing_root)
		rc = need(c->base_url, "--base-url URL", e);
	if (rc == 0 && c->base_url != NULL && (rc = check_url(c->base_url, e)) == 0)
		snprintf(m->base_url, sizeof(m->base_url), "%s", c->base_url);
	return rc == 0 ? check_facts(m, e) : rc;
}

/* --- the root -------------------------------------------------------------------- */

static enum key_kind
kind_of(const char *word)
{
	enum key_kind kind = KEY_RSA_4096;

	(void)key_kind_read(bytes_of(word), &kind, NULL); /* of our own list */
	return kind;
}

static const char *
name_or(const char *name, const char *organization, const char *otherwise,
    char room[NAME_ROOM])
{
	if (name != NULL)
		return name;
	snprintf(room, NAME_ROOM, "%s %s", organization, otherwise);
	return room;
}

static int
have_root(struct making *m, struct err *e)
{
	const struct init_conf *c = &m->conf;
	char room[NAME_ROOM];
	const struct ca_names names = {
	    name_or(c->root_name, c->organization, "Root CA", room), c->organization,
	    c->country, c->root_years};
	int rc = passphrase_get(
	    c->passphrase_file, "the root key", !c->existing_root, &m->passphrase, e);

	if (rc != 0)
		return rc;
	if (c->existing_root)
		rc = ca_root_open(c->root, secret_view(&m->passphrase), m->now,
		    m->base_url, &m->root, e);
	else
		rc = ca_root_make(c->root, &names, kind_of(c->root_key_kind),
		    m->base_url, secret_view(&m->passphrase), m->now, &m->root, e);
	if (rc == 0)
		rc = ca_root_crl(c->root, m->root, m->now, &m->parts.root_crl, e);
	return rc;
}

/* --- the issuing CA -------------------------------------------------------------- */

static int
make_issuing(struct making *m, struct err *e)
{
	const struct init_conf *c = &m->conf;
	char room[NAME_ROOM];
	const struct ca_names names = {
	    name_or(c->name, c->organization, "Issuing CA", room), c->organization,
	    c->country, c->years};
	int rc = have_root(m, e);

	if (rc == 0)
		rc = key_generate(kind_of(c->key_kind), &m->key, e);
	if (rc == 0)
		rc = ca_make_issuing(m->root, &names, key_spki(m->key), m->now,
		    &m->parts.certificate, e);
	if (rc == 0)
		rc = owned_copy(ca_certificate(m->root), &m->parts.chain[0]);
	m->parts.n_chain = rc == 0;
	return rc;
}

/* All certificates of a file. */
static int
read_file(const char *path, struct read_certs *out, struct err *e)
{
	struct err why = {0};
	uint8_t *p = NULL;
	size_t n = 0;
	int rc = file_read(path, CA_FILE_MAX, &p, &n, &why);

	*out = (struct read_certs){0};
	if (rc == 0)
		rc = read_certs_parse((struct bytes){p, n}, out, &why);
	free(p);
	return rc == 0 ? 0 : err_set(e, rc, "%s: %s", path, why.text);
}

/* Whether the second certificate's subject is the first one's issuer. */
static int
check_link(struct bytes below, struct bytes above, struct err *e)
{
	struct cert lower, upper;
	int rc = cert_parse(below, &lower, e);

	if (rc == 0)
		rc = cert_parse(above, &upper, e);
	if (rc == 0 && !bytes_equal(lower.issuer, upper.subject))
		rc = err_set(e, ERR_POLICY,
		    "--chain: want the issuer of the CA first, then that one's issuer");
	return rc;
}

static int
take_chain(struct making *m, struct err *e)
{
	struct bytes below = owned_view(&m->parts.certificate);
	struct read_certs certs;
	int rc;

	if (m->conf.chain == NULL)
		return 0;
	if ((rc = read_file(m->conf.chain, &certs, e)) != 0)
		return rc;
	if (certs.n > CA_FOLDER_CHAIN_MAX)
		rc = err_set(e, ERR_LIMIT, "--chain: %zu certificates, want at most %d",
		    certs.n, CA_FOLDER_CHAIN_MAX);
	for (size_t i = 0; i < certs.n && rc == 0; i++) {
		if ((rc = check_link(below, certs.der[i], e)) == 0)
			rc = owned_copy(certs.der[i], &m->parts.chain[i]);
		m->parts.n_chain += rc == 0;
		below = certs.der[i];
	}
	read_certs_fini(&certs);
	return rc;
}

/* A key without a passphrase, or with the one of the file or of the terminal. */
static int
take_key(struct making *m, struct err *e)
{
	const struct init_conf *c = &m->conf;
	int rc = ERR_CRYPTO;

	if (c->key_passphrase_file == NULL)
		rc = key_read_pem(c->key, (struct bytes){0}, &m->key, e);
	if (rc != ERR_CRYPTO)
		return rc;
	rc = passphrase_get(
	    c->key_passphrase_file, "the issuing CA's key", false, &m->passphrase, e);
	return rc == 0 ? key_read_pem(c->key, secret_view(&m->passphrase), &m->key, e)
		       : rc;
}

static int
take_issuing(struct making *m, struct err *e)
{
	struct read_certs certs;
	int rc = read_file(m->conf.certificate, &certs, e);

	if (rc == 0)
		rc = owned_copy(certs.der[0], &m->parts.certificate);
	read_certs_fini(&certs);
	if (rc == 0)
		rc = take_chain(m, e);
	return rc == 0 ? take_key(m, e) : rc;
}

/* --- all of it ------------------------------------------------------------------- */

/* Opens the CA as the signer will, and writes it. The key is given up. */
static int
write_issuing(struct making *m, struct err *e)
{
	struct ca_facts facts = facts_of(m);
	struct ca_place place;
	struct ca *ca = NULL;
	int rc =
	    ca_place_make(m->base_url, CA_FOLDER_LABEL, key_spki(m->key), &place, e);

	if (rc == 0)
		rc = ca_folder_write(
		    m->conf.state, m->sealing, &m->parts, m->key, &facts, e);
	if (rc == 0)
		rc = ca_open(
		    owned_view(&m->parts.certificate), &m->key, &place, m->now, &ca, e);
	if (rc == 0)
		printf("CRL: %s\nCA certificate: %s\n", ca_issuer(ca)->crl_url,
		    ca_issuer(ca)->ca_url);
	ca_free(&ca);
	return rc;
}

static int
give_away(const struct init_conf *c, struct err *e)
{
	const struct passwd *pw;

	if (c->owner == NULL)
		return 0;
	if ((pw = getpwnam(c->owner)) == NULL)
		return err_set(e, ERR_USAGE, "--owner: no user \"%.60s\"", c->owner);
	return ca_folder_chown(c->state, pw->pw_uid, pw->pw_gid, e);
}

static int
init_run(struct making *m, struct err *e)
{
	const struct init_conf *c = &m->conf;
	int rc;

	if (c->owner != NULL && getpwnam(c->owner) == NULL)
		return err_set(e, ERR_USAGE, "--owner: no user \"%.60s\"", c->owner);
	if ((rc = ca_folder_prepare(c->state, &m->sealing, e)) != 0)
		return rc;
	rc = c->certificate != NULL ? take_issuing(m, e) : make_issuing(m, e);
	if (rc == 0)
		rc = write_issuing(m, e);
	if (rc == 0)
		rc = give_away(c, e);
	if (rc != 0)
		return rc;
	printf("The signer's CA is in %s/ca.\n", c->state);
	if (c->root != NULL)
		printf("The root is in %s. It does not belong on this computer: "
		       "%s/README.txt says what to do with it now.\n",
		    c->root, c->root);
	printf("Back up %s/sealing.key and %s/ca, apart from the directory's backup: "
	       "without them, no archived key can be opened.\n",
	    c->state, c->state);
	return 0;
}

int
ca_init_main(int argc, char **argv)
{
	struct making m = {.conf = {.state = "/var/lib/chancery/signer",
			       .key_kind = "rsa4096",
			       .root_key_kind = "rsa4096",
			       .years = 10,
			       .root_years = 20},
	    .now = (int64_t)time(NULL)};
	const struct option_table table = {flags, NITEMS(flags), &m.conf};
	struct err e = {0};
	int n = option_read(&table, 1, argc, argv, &e), rc;

	if (n >= 0 && m.conf.help) {
		verb_help(&verb_init, &table, 1);
		return EXIT_OK;
	}
	if (n > 0)
		n = err_set(&e, ERR_USAGE, "found \"%.60s\", want flags", argv[0]);
	if (n == 0)
		n = check_flags(&m, &e);
	if (n < 0)
		return verb_usage(&verb_init, &e);
	rc = init_run(&m, &e);
	making_fini(&m);
	return rc == 0 ? EXIT_OK : ca_fail(rc, &e);
}
