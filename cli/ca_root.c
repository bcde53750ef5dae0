/*
 * The root's folder: contract in ca.h. Everything in it but root.pem is public; it is
 * kept together because it is needed together once a year.
 */
#include "cli/ca.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/file.h"
#include "core/isotime.h"
#include "crypto/crl_make.h"
#include "enroll/ca_folder.h"

enum {
	REVOKED_MAX = 100, /* CAs */
	README_ROOM = 4096,
};

static int
root_path(const char *folder, const char *name, char out[CA_PATH_MAX], struct err *e)
{
	if (snprintf(out, CA_PATH_MAX, "%s/%s", folder, name) >= CA_PATH_MAX)
		return err_set(e, ERR_LIMIT, "%.60s...: a path too long", folder);
	return 0;
}

static int
root_write(const char *folder, const char *name, struct bytes content, struct err *e)
{
	char path[CA_PATH_MAX];
	int rc = root_path(folder, name, path, e);

	return rc == 0 ? file_write(path, content, e) : rc;
}

/* A file's content; ERR_IO with its name. */
static int
root_read(const char *folder, const char *name, struct owned *out, struct err *e)
{
	char path[CA_PATH_MAX];
	uint8_t *p = NULL;
	struct err why = {0};
	size_t n = 0;
	int rc = root_path(folder, name, path, e);

	*out = (struct owned){0};
	if (rc != 0)
		return rc;
	if ((rc = file_read(path, CA_FILE_MAX, &p, &n, &why)) != 0)
		return err_set(e, rc, "%s: %s", path, why.text);
	rc = owned_copy((struct bytes){p, n}, out);
	free(p);
	return rc == 0 ? 0 : err_set(e, rc, "%s: no memory", path);
}

/* --- making -------------------------------------------------------------------- */

static const char readme[] =
    "This folder is the root of your certification authority\n"
    "=======================================================\n\n"
    "%s, valid until %s\n\n"
    "Whoever has root.pem and its passphrase can make certificates that all your\n"
    "people trust. Nothing needs it from day to day. Therefore:\n\n"
    "1. Copy this folder to two media (USB sticks, CDs) of different make, read both\n"
    "   back (openssl pkey -in root.pem -noout asks for the passphrase), and lock\n"
    "   them away in two places.\n"
    "2. Write the passphrase on paper, and lock it away in a third place.\n"
    "3. Delete this folder from the computer: shred -u root.pem\n\n"
    "Give root.cer to everybody who is to trust your certificates (group policy,\n"
    "Intune, configuration profiles, /usr/local/share/ca-certificates): it is no\n"
    "secret.\n\n"
    "Every year, before %s, make the root's list of revoked CAs anew, on a\n"
    "computer without network, and take root.crl to the signer's:\n\n"
    "    chancery ca crl --root THIS-FOLDER\n"
    "    install -m 600 -o chancery-signer -g chancery-signer root.crl \\\n"
    "        /var/lib/chancery/signer/ca/root.crl\n\n"
    "To revoke an issuing CA (its serial number is in \"chancery ca show\"):\n\n"
    "    chancery ca crl --root THIS-FOLDER SERIAL=key-compromise\n\n"
    "To make the next issuing CA, some months before the present one ends: stop the\n"
    "signer, move the folder ca in its state folder aside (keep it: its key makes\n"
    "the CRL of what it issued), and\n\n"
    "    chancery ca init --root THIS-FOLDER --existing-root \\\n"
    "        --state /var/lib/chancery/signer ...\n";

static int
write_readme(const char *folder, const struct ca_names *names, const struct ca *root,
    int64_t now, struct err *e)
{
	char text[README_ROOM], until[ISOTIME_SIZE], next[ISOTIME_SIZE];
	int n = snprintf(text, sizeof(text), readme, names->name,
	    isotime_text(ca_issuer(root)->not_after, until),
	    isotime_text(now + (int64_t)CA_ROOT_CRL_HOURS * 3600, next));

	if (n >= (int)sizeof(text))
		return err_set(e, ERR_LIMIT, "README.txt: too long");
	return root_write(
	    folder, "README.txt", (struct bytes){(const uint8_t *)text, (size_t)n}, e);
}

/* The folder, which may be there, but not as somebody's root. */
static int
claim_folder(const char *folder, struct err *e)
{
	char path[CA_PATH_MAX];
	struct stat st;
	int rc = root_path(folder, "root.pem", path, e);

	if (rc != 0)
		return rc;
	if (lstat(path, &st) == 0)
		return err_set(e, ERR_POLICY,
		    "%s: there is a root already; nothing was changed "
		    "(--existing-root takes it)",
		    path);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return err_set(e, ERR_IO, "%s: cannot be made: %m", folder);
	return 0;
}

static int
write_key(
    const char *folder, const struct key *key, struct bytes passphrase, struct err *e)
{
	char path[CA_PATH_MAX];
	int rc = root_path(folder, "root.pem", path, e);

	return rc == 0 ? key_write_pem(key, passphrase, path, e) : rc;
}

/* Certificate and CA of a new key, which it takes. */
static int
make_ca(const struct ca_names *names, struct key **key, const char *base_url,
    int64_t now, struct ca **out, struct err *e)
{
	struct owned certificate = {0};
	struct ca_place place;
	int rc = ca_place_make(base_url, CA_FOLDER_ROOT, key_spki(*key), &place, e);

	*out = NULL;
	if (rc == 0)
		rc = ca_make_root(names, *key, now, &certificate, e);
	if (rc == 0)
		rc = ca_open(owned_view(&certificate), key, &place, now, out, e);
	owned_free(&certificate);
	return rc;
}

int
ca_root_make(const char *folder, const struct ca_names *names, enum key_kind kind,
    const char *base_url, struct bytes passphrase, int64_t now, struct ca **out,
    struct err *e)
{
	struct key *key = NULL;
	int rc = claim_folder(folder, e);

	*out = NULL;
	if (rc == 0)
		rc = key_generate(kind, &key, e);
	if (rc == 0)
		rc = write_key(folder, key, passphrase, e);
	if (rc == 0)
		rc = make_ca(names, &key, base_url, now, out, e);
	if (rc == 0)
		rc = root_write(folder, "root.cer", ca_certificate(*out), e);
	if (rc == 0)
		rc = root_write(folder, "root.url", bytes_of(base_url), e);
	if (rc == 0)
		rc = write_readme(folder, names, *out, now, e);
	key_free(&key);
	if (rc != 0)
		ca_free(out);
	return rc;
}

/* --- opening ------------------------------------------------------------------- */

static int
read_url(const char *folder, char base_url[CA_BASE_MAX + 1], struct err *e)
{
	struct owned url;
	int rc = root_read(folder, "root.url", &url, e);

	if (rc != 0)
		return rc;
	while (url.n > 0 && (url.p[url.n - 1] == '\n' || url.p[url.n - 1] == '\r'))
		url.n--;
	if (url.n > CA_BASE_MAX)
		rc = err_set(e, ERR_LIMIT, "%s/root.url: too long", folder);
	else
		snprintf(base_url, CA_BASE_MAX + 1, "%.*s", (int)url.n,
		    url.p == NULL ? "" : (const char *)url.p);
	owned_free(&url);
	return rc;
}

static int
read_key(const char *folder, struct bytes passphrase, struct key **out, struct err *e)
{
	char path[CA_PATH_MAX];
	int rc = root_path(folder, "root.pem", path, e);

	*out = NULL;
	return rc == 0 ? key_read_pem(path, passphrase, out, e) : rc;
}

int
ca_root_open(const char *folder, struct bytes passphrase, int64_t now,
    char base_url[CA_BASE_MAX + 1], struct ca **out, struct err *e)
{
	struct owned certificate = {0};
	struct ca_place place;
	struct key *key = NULL;
	int rc = read_key(folder, passphrase, &key, e);

	*out = NULL;
	if (rc == 0)
		rc = root_read(folder, "root.cer", &certificate, e);
	if (rc == 0)
		rc = read_url(folder, base_url, e);
	if (rc == 0)
		rc = ca_place_make(base_url, CA_FOLDER_ROOT, key_spki(key), &place, e);
	if (rc == 0)
		rc = ca_open(owned_view(&certificate), &key, &place, now, out, e);
	owned_free(&certificate);
	key_free(&key);
	return rc;
}

/* --- its CRL ------------------------------------------------------------------- */

struct revoked {
	uint8_t serial[REVOKED_MAX][CRL_MAKE_SERIAL_MAX];
	struct crl_make_entry entry[REVOKED_MAX];
	size_t n;
};

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)byte_lower((uint8_t)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Octets of a serial number, or 0 for what is none. */
static size_t
serial_read(const char *text, uint8_t out[CRL_MAKE_SERIAL_MAX])
{
	size_t n = strlen(text);

	if (n == 0 || n % 2 != 0 || n / 2 > CRL_MAKE_SERIAL_MAX)
		return 0;
	for (size_t i = 0; i < n; i += 2) {
		int high = hex_value(text[i]), low = hex_value(text[i + 1]);

		if (high < 0 || low < 0)
			return 0;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return n / 2;
}

static int
take_revoked(struct revoked *r, const char *line, struct err *e)
{
	char serial[2 * CRL_MAKE_SERIAL_MAX + 1], reason[32];
	struct crl_make_entry *entry = &r->entry[r->n];

	if (r->n >= REVOKED_MAX)
		return err_set(e, ERR_LIMIT, "revoked: more than %d CAs", REVOKED_MAX);
	if (sscanf(line, "%40s %" SCNd64 " %31s", serial, &entry->revoked_at, reason) !=
	    3)
		return err_set(e, ERR_SYNTAX,
		    "revoked, line %zu: want serial number, time, reason", r->n + 1);
	entry->serial =
	    (struct bytes){r->serial[r->n], serial_read(serial, r->serial[r->n])};
	if (entry->serial.n == 0)
		return err_set(
		    e, ERR_SYNTAX, "revoked, line %zu: no serial number", r->n + 1);
	r->n++;
	return crl_make_reason_read(bytes_of(reason), &entry->reason, e);
}

static int
read_revoked(const char *folder, struct revoked *r, struct err *e)
{
	char path[CA_PATH_MAX], *line = NULL;
	size_t room = 0;
	FILE *f;
	int rc = root_path(folder, "revoked", path, e);

	r->n = 0;
	if (rc != 0)
		return rc;
	if ((f = fopen(path, "re")) == NULL)
		return errno == ENOENT ? 0 : err_set(e, ERR_IO, "%s: %m", path);
	while (rc == 0 && getline(&line, &room, f) > 0)
		rc = take_revoked(r, line, e);
	free(line);
	fclose(f);
	return rc;
}

int
ca_root_crl(const char *folder, const struct ca *root, int64_t now, struct owned *out,
    struct err *e)
{
	static struct revoked r;
	int rc = read_revoked(folder, &r, e);

	*out = (struct owned){0};
	if (rc == 0)
		rc = crl_make(root, r.entry, r.n, crl_make_number(0, now), now,
		    CA_ROOT_CRL_HOURS, out, e);
	if (rc == 0)
		rc = root_write(folder, "root.crl", owned_view(out), e);
	if (rc != 0)
		owned_free(out);
	return rc;
}

int
ca_root_revoke(const char *folder, const char *serial, const char *reason, int64_t now,
    struct err *e)
{
	uint8_t octets[CRL_MAKE_SERIAL_MAX];
	char path[CA_PATH_MAX];
	int which, rc = crl_make_reason_read(bytes_of(reason), &which, e);
	bool written;
	FILE *f;

	if (rc != 0 || (rc = root_path(folder, "revoked", path, e)) != 0)
		return rc;
	if (serial_read(serial, octets) == 0)
		return err_set(e, ERR_SYNTAX,
		    "serial number \"%.60s\", want hexadecimal digits", serial);
	if ((f = fopen(path, "ae")) == NULL)
		return err_set(e, ERR_IO, "%s: %m", path);
	written = fprintf(f, "%s %" PRId64 " %s\n", serial, now, reason) > 0 &&
		  fflush(f) == 0 && fsync(fileno(f)) == 0;
	if (fclose(f) != 0 || !written)
		return err_set(e, ERR_IO, "%s: cannot be written: %m", path);
	return 0;
}
