/*
 * Makes all that a person gets, by the way the signer will: a key out of the pool,
 * archived sealed, a certificate, a PIN sealed under its day key, and from what was
 * sealed the PFX in both forms, userSMIMECertificate and the renewal's ZIP. For
 * tests/integration/test_packages.py and for measuring; no part of the product.
 *
 *   package make FOLDER KIND NOW       files into the folder: root.cer issuing.cer
 *                                      leaf.cer pin key.p8 modern.pfx
 *                                      compatible.pfx blob.der renewal.zip
 *   package hold FOLDER KIND NOW       the same; then prints "open", waits for a
 *                                      line while PIN and key are in memory, gives
 *                                      them back, prints "closed", waits again
 *   package bench FOLDER KIND ITERATIONS SECONDS
 *
 * Exit status 1 with a line on stdout where something is refused.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/daykey.h"
#include "crypto/pfx.h"
#include "crypto/pin.h"
#include "crypto/smime_blob.h"
#include "crypto/zip.h"
#include "enroll/signer/pool.h"
#include "tests/unit/ca_world.h"

#define RECORD BYTES("cn=4711,ou=requests,ou=registry,dc=example,dc=com")

enum {
	PATH_ROOM = 1024
};

/* What the signer has, and what a request's record holds in the end. */
struct made {
	const char *folder;
	struct seal_key *sealing;
	struct world world;
	struct bytes chain[2];
	struct owned sealed_key, sealed_pin, cert;
	struct key *key; /* opened again for the package */
	struct secret pin;
};

/* Straight from where it lies, because a buffer of stdio would keep a copy. */
static void
save(const char *folder, const char *name, struct bytes content)
{
	char path[PATH_ROOM];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, content.p, content.n) != (ssize_t)content.n) {
		perror(path);
		exit(1);
	}
	close(fd);
}

static void
inner_folder(const char *folder, const char *name, char path[PATH_ROOM])
{
	snprintf(path, PATH_ROOM, "%s/%s", folder, name);
	if (mkdir(path, 0700) != 0) {
		perror(path);
		exit(1);
	}
}

/* --- the steps --------------------------------------------------------------- */

static int
make_key(const char *kind, struct secret *out, void *ctx, struct err *e)
{
	struct key *k;
	enum key_kind which;
	int rc = key_kind_read(bytes_of(kind), &which, e);

	(void)ctx;
	if (rc != 0 || (rc = key_generate(which, &k, e)) != 0)
		return rc;
	rc = key_to_pkcs8(k, out, e);
	key_free(&k);
	return rc;
}

/* A key through the pool into the record; its public half to the world. */
static void
prepare(struct made *m, const char *kind, int64_t now)
{
	char path[PATH_ROOM];
	struct pool *pool;
	struct secret pkcs8;
	struct key *k;
	struct err e = {0};

	inner_folder(m->folder, "pool", path);
	world_must(pool_open(path, m->sealing, &pool, &e), &e, "pool");
	while (pool_fill(pool, kind, 1, now, make_key, NULL, &e) == 1)
		continue;
	world_must(pool_take(pool, kind, &pkcs8, &e) == 1 ? 0 : -1, &e, "take");
	pool_close(&pool);
	world_must(seal_make(m->sealing, SEAL_KEY, RECORD, now, secret_view(&pkcs8),
		       &m->sealed_key, &e),
	    &e, "archive");
	world_must(key_from_pkcs8(secret_view(&pkcs8), &k, &e), &e, "key");
	world_must(owned_copy(key_spki(k), &m->world.spki), &e, "spki");
	key_free(&k);
	secret_free(&pkcs8);
}

static void
issue(struct made *m, int64_t now)
{
	struct profile_request request = world_request(&m->world, PROFILE_SPONSOR);
	struct owned tbs;
	struct err e = {0};

	request.now = now;
	world_must(ca_prepare(m->world.issuing, &world_policy, &request, &tbs, &e), &e,
	    "prepare");
	world_must(ca_issue(m->world.issuing, &world_policy, &request, owned_view(&tbs),
		       &m->cert, &e),
	    &e, "issue");
	owned_free(&tbs);
}

/* A PIN, sealed; and opened again, as for the page. */
static void
make_pin(struct made *m, int64_t now)
{
	struct daykey_ring *ring;
	char path[PATH_ROOM];
	struct secret pin;
	struct err e = {0};

	inner_folder(m->folder, "days", path);
	world_must(daykey_open(path, m->sealing, &ring, &e), &e, "day keys");
	world_must(pin_make(&pin, &e), &e, "PIN");
	world_must(
	    daykey_seal(ring, RECORD, now, secret_view(&pin), &m->sealed_pin, &e), &e,
	    "seal PIN");
	secret_free(&pin);
	world_must(
	    daykey_unseal(ring, RECORD, now, owned_view(&m->sealed_pin), &m->pin, &e),
	    &e, "open PIN");
	daykey_close(&ring);
}

static void
open_key(struct made *m)
{
	struct secret pkcs8;
	struct err e = {0};

	world_must(seal_open(m->sealing, SEAL_KEY, RECORD, owned_view(&m->sealed_key),
		       &pkcs8, &e),
	    &e, "open key");
	world_must(key_from_pkcs8(secret_view(&pkcs8), &m->key, &e), &e, "key");
	save(m->folder, "key.p8", secret_view(&pkcs8));
	secret_free(&pkcs8);
}

static void
make_pfx(const struct made *m, enum pfx_form form, unsigned iterations, int64_t now,
    struct owned *out)
{
	char name[PFX_NAME_MAX + 1];
	struct err e = {0};

	world_must(pfx_name(world_mail[0], now, name, &e), &e, "name");
	world_must(pfx_make(&(struct pfx_params){.form = form,
				.iterations = iterations,
				.name = bytes_of(name),
				.pin = secret_view(&m->pin),
				.key = key_pkey(m->key),
				.certificate = owned_view(&m->cert),
				.chain = m->chain,
				.n_chain = 2},
		       out, &e),
	    &e, "PFX");
}

static void
make_blob(const struct made *m, int64_t now, struct owned *out)
{
	struct err e = {0};

	world_must(smime_blob_make(key_pkey(m->key), owned_view(&m->cert), m->chain, 2,
		       now, out, &e),
	    &e, "userSMIMECertificate");
}

/* --- the files --------------------------------------------------------------- */

static void
begin(struct made *m, const char *folder, int64_t now)
{
	struct err e = {0};

	*m = (struct made){.folder = folder};
	world_must(key_memory_init(&e), &e, "secure memory");
	world_must(seal_key_make(&m->sealing, &e), &e, "sealing key");
	m->world.root = world_root(KEY_P256, now, &m->world.root_cert);
	m->world.issuing =
	    world_issuing(m->world.root, KEY_P256, now, &m->world.issuing_cert);
	m->chain[0] = owned_view(&m->world.issuing_cert);
	m->chain[1] = owned_view(&m->world.root_cert);
}

static void
end(struct made *m)
{
	key_free(&m->key);
	secret_free(&m->pin);
	owned_free(&m->sealed_key);
	owned_free(&m->sealed_pin);
	owned_free(&m->cert);
	seal_key_free(&m->sealing);
	world_fini(&m->world);
}

static void
save_zip(const struct made *m, const struct owned *new_pfx, const struct owned *old_pfx,
    int64_t now)
{
	int64_t before = now - INT64_C(730) * DAYKEY_DAY;
	char new_name[ZIP_NAME_SIZE], old_name[ZIP_NAME_SIZE];
	struct owned zip;
	struct err e = {0};

	world_must(zip_member_name(now, "new", world_mail[0], 1, "pfx", new_name, &e),
	    &e, "name");
	world_must(
	    zip_member_name(before, "old", world_mail[0], 1, "pfx", old_name, &e), &e,
	    "name");
	struct zip_member members[] = {{new_name, owned_view(new_pfx), now},
	    {old_name, owned_view(old_pfx), before},
	    {"README.txt", BYTES("Open the new file first.\r\n"), now}};

	world_must(zip_make(members, NITEMS(members), &zip, &e), &e, "ZIP");
	save(m->folder, "renewal.zip", owned_view(&zip));
	owned_free(&zip);
}

static void
save_all(const struct made *m, int64_t now)
{
	struct owned modern, compatible, blob;

	make_pfx(m, PFX_MODERN, PFX_ITERATIONS_DEFAULT, now, &modern);
	make_pfx(m, PFX_COMPATIBLE, PFX_ITERATIONS_DEFAULT, now, &compatible);
	make_blob(m, now, &blob);
	save(m->folder, "root.cer", owned_view(&m->world.root_cert));
	save(m->folder, "issuing.cer", owned_view(&m->world.issuing_cert));
	save(m->folder, "leaf.cer", owned_view(&m->cert));
	save(m->folder, "pin", secret_view(&m->pin));
	save(m->folder, "modern.pfx", owned_view(&modern));
	save(m->folder, "compatible.pfx", owned_view(&compatible));
	save(m->folder, "blob.der", owned_view(&blob));
	save_zip(m, &modern, &compatible, now);
	owned_free(&modern);
	owned_free(&compatible);
	owned_free(&blob);
}

/* Says a word and waits for the test, which looks at this process's memory. */
static void
pause_at(const char *word)
{
	char c;

	printf("%s\n", word);
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		continue;
}

static int
run(const char *folder, const char *kind, int64_t now, bool hold)
{
	struct made m;

	begin(&m, folder, now);
	prepare(&m, kind, now);
	issue(&m, now);
	make_pin(&m, now);
	open_key(&m);
	save_all(&m, now);
	if (hold)
		pause_at("open");
	end(&m);
	if (hold)
		pause_at("closed");
	return 0;
}

/* --- speed ------------------------------------------------------------------- */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Certificate, PFX and blob of one ready key, again and again. */
static int
bench(const char *folder, const char *kind, unsigned iterations, double most)
{
	int64_t now = (int64_t)time(NULL);
	double started, spent;
	unsigned n = 0;
	struct made m;

	begin(&m, folder, now);
	prepare(&m, kind, now);
	make_pin(&m, now);
	open_key(&m);
	for (started = seconds(); (spent = seconds() - started) < most; n++) {
		struct owned pfx, blob;

		issue(&m, now);
		make_pfx(&m, PFX_MODERN, iterations, now, &pfx);
		make_blob(&m, now, &blob);
		owned_free(&pfx);
		owned_free(&blob);
		owned_free(&m.cert);
	}
	end(&m);
	printf(
	    "%s, %u iterations: %.1f packages/s (CPU)\n", kind, iterations, n / spent);
	return 0;
}

static int
usage(void)
{
	fputs("usage: package make|hold FOLDER KIND NOW\n"
	      "       package bench FOLDER KIND ITERATIONS SECONDS\n",
	    stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "bench") == 0)
		return bench(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10),
		    strtod(argv[5], NULL));
	if (argc == 5 && (strcmp(argv[1], "make") == 0 || strcmp(argv[1], "hold") == 0))
		return run(argv[2], argv[3], strtoll(argv[4], NULL, 10),
		    strcmp(argv[1], "hold") == 0);
	return usage();
}
