/*
 * The CA: created, opened, issuing; what leaves must be what core publishes and
 * the guard lets in, and what another issuer's certificate, another record, an
 * own key's fault or a wrong file would change must be refused.
 */
#include "crypto/ca.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/choice.h"
#include "core/guard.h"
#include "tests/unit/ca_world.h"
#include "tests/unit/check.h"

enum {
	SERIALS = 1000000,
};

static struct world world;

/* --- issuing ----------------------------------------------------------------- */

static X509 *
x509_of(struct bytes der)
{
	const uint8_t *p = der.p;

	return d2i_X509(NULL, &p, (long)der.n);
}

/* OpenSSL's own chain building, strict, for the purpose. */
static bool
chain_verifies(struct bytes root, struct bytes issuing, struct bytes leaf, int purpose,
    int64_t now, char *why, size_t cap)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *r = x509_of(root), *i = x509_of(issuing), *l = x509_of(leaf);
	bool ok;

	X509_STORE_add_cert(store, r);
	sk_X509_push(chain, i);
	X509_STORE_CTX_init(ctx, store, l, chain);
	X509_STORE_CTX_set_time(ctx, 0, now);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
	if (purpose != 0)
		X509_STORE_CTX_set_purpose(ctx, purpose);
	ok = X509_verify_cert(ctx) == 1;
	snprintf(why, cap, "%s",
	    X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	sk_X509_free(chain);
	X509_free(r);
	X509_free(i);
	X509_free(l);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return ok;
}

/* Prepares and issues; *cert_out the caller's. */
static int
issue(const struct ca *ca, const struct profile_policy *policy,
    const struct profile_request *r, struct owned *cert_out, struct err *e)
{
	struct owned tbs = {0};
	int rc = ca_prepare(ca, policy, r, &tbs, e);

	*cert_out = (struct owned){0};
	if (rc == 0)
		rc = ca_issue(ca, policy, r, owned_view(&tbs), cert_out, e);
	owned_free(&tbs);
	return rc;
}

/* What core and the guard say of what was issued. */
static void
check_published(const char *name, struct bytes der, enum choice_reason want)
{
	struct choice_judgement j;
	struct err e = {0};
	struct cert c;

	if (!check(cert_parse(der, &c, &e) == 0, name, "core: %s", e.text))
		return;
	choice_judge(&c, world_mail, 1, false, &j);
	check(choice_at(&j, WORLD_NOW) == want, name, "core: %s",
	    choice_reason_text(choice_at(&j, WORLD_NOW)));
	check(guard_check(GUARD_CERTIFICATE, der, world_mail, 1, WORLD_NOW, &e) == 0,
	    name, "guard: %s", e.text);
}

static void
test_issue(void)
{
	static const struct {
		const char *name;
		enum profile_kind kind;
		enum key_kind ca, person;
		enum profile_use use;
		int purpose; /* of OpenSSL; 0: it knows no EC encryption */
		enum choice_reason want;
	} rows[] = {
	    {"mailbox_rsa3072", PROFILE_MAILBOX, KEY_P256, KEY_RSA_2048, PROFILE_DUAL,
		X509_PURPOSE_SMIME_ENCRYPT, CHOICE_PUBLISHED},
	    {"person_rsa_ca_rsa", PROFILE_SPONSOR, KEY_RSA_2048, KEY_RSA_2048,
		PROFILE_DUAL, X509_PURPOSE_SMIME_SIGN, CHOICE_PUBLISHED},
	    {"organization_p256", PROFILE_ORGANIZATION, KEY_P384, KEY_P256,
		PROFILE_DUAL, X509_PURPOSE_SMIME_SIGN, CHOICE_PUBLISHED},
	    {"person_p384_sign", PROFILE_SPONSOR, KEY_P256, KEY_P384, PROFILE_SIGN,
		X509_PURPOSE_SMIME_SIGN, CHOICE_KEY_USAGE},
	    {"mailbox_p384_encrypt", PROFILE_MAILBOX, KEY_P384, KEY_P384,
		PROFILE_ENCRYPT, 0, CHOICE_PUBLISHED},
	    {"mailbox_rsa_encrypt", PROFILE_MAILBOX, KEY_P256, KEY_RSA_2048,
		PROFILE_ENCRYPT, X509_PURPOSE_SMIME_ENCRYPT, CHOICE_PUBLISHED},
	};

	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct profile_policy policy = world_policy;
		struct profile_request r;
		struct owned cert = {0};
		struct err e = {0};
		struct world w;
		char why[128];

		world_init(&w, rows[i].ca, rows[i].person);
		policy.use = rows[i].use;
		r = world_request(&w, rows[i].kind);
		if (check(issue(w.issuing, &policy, &r, &cert, &e) == 0, rows[i].name,
			"%s", e.text)) {
			check_published(rows[i].name, owned_view(&cert), rows[i].want);
			check(chain_verifies(owned_view(&w.root_cert),
				  owned_view(&w.issuing_cert), owned_view(&cert),
				  rows[i].purpose, WORLD_NOW, why, sizeof(why)),
			    rows[i].name, "openssl: %s", why);
		}
		owned_free(&cert);
		world_fini(&w);
	}
}

/* --- twice the same, or not at all ------------------------------------------- */

static void
test_rebuild(void)
{
	struct profile_request r = world_request(&world, PROFILE_SPONSOR), other;
	struct profile_policy policy = world_policy;
	struct owned tbs = {0}, again = {0}, cert = {0};
	struct world w;
	struct err e = {0};
	size_t wrong = 0;

	check(ca_prepare(world.issuing, &policy, &r, &tbs, &e) == 0, "prepare", "%s",
	    e.text);
	check(ca_prepare(world.issuing, &policy, &r, &again, &e) == 0 &&
		  bytes_equal(owned_view(&tbs), owned_view(&again)),
	    "rebuild_is_equal", "%zu and %zu octets", tbs.n, again.n);
	owned_free(&again);

	/* every octet of the record, changed by one bit */
	for (size_t i = 0; i < tbs.n; i++) {
		tbs.p[i] ^= 1;
		wrong += ca_issue(world.issuing, &policy, &r, owned_view(&tbs), &cert,
			     &e) == ERR_POLICY &&
			 cert.p == NULL;
		tbs.p[i] ^= 1;
	}
	check(wrong == tbs.n, "changed_record_refused", "%zu of %zu refused", wrong,
	    tbs.n);
	check(ca_issue(world.issuing, &policy, &r, (struct bytes){tbs.p, tbs.n - 1},
		  &cert, &e) == ERR_POLICY,
	    "cut_record_refused", "got a certificate");

	other = r;
	other.given = BYTES("Anne");
	check(ca_issue(world.issuing, &policy, &other, owned_view(&tbs), &cert, &e) ==
		  ERR_POLICY,
	    "other_fields_refused", "%s", e.text);
	other = r;
	other.now++;
	check(ca_issue(world.issuing, &policy, &other, owned_view(&tbs), &cert, &e) ==
		  ERR_POLICY,
	    "other_time_refused", "%s", e.text);
	policy.days = 729;
	check(ca_issue(world.issuing, &policy, &r, owned_view(&tbs), &cert, &e) ==
		      ERR_POLICY &&
		  strstr(e.text, "prepare the request again") != NULL,
	    "other_policy_refused", "%s", e.text);
	policy.days = 730;
	world_init(&w, KEY_P256, KEY_P256);
	check(
	    ca_issue(w.issuing, &policy, &r, owned_view(&tbs), &cert, &e) == ERR_POLICY,
	    "other_ca_refused", "%s", e.text);
	world_fini(&w);
	check(ca_issue(world.issuing, &policy, &r, owned_view(&tbs), &cert, &e) == 0,
	    "unchanged_record_signed", "%s", e.text);
	owned_free(&cert);
	owned_free(&tbs);
}

/* --- opening ----------------------------------------------------------------- */

/* A signer whose signatures have one bit wrong, as a fault would make them. */
static int
faulty_sign(void *ctx, struct bytes tbs, uint8_t *out, size_t *n_out, struct err *e)
{
	struct key *key = ctx;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	static int calls;

	(void)e;
	*n_out = CA_SIGNATURE_MAX;
	EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key_pkey(key));
	EVP_DigestSign(md, out, n_out, tbs.p, tbs.n);
	EVP_MD_CTX_free(md);
	if (calls++ > 0) /* not the one by which it is opened */
		out[*n_out - 1] ^= 1;
	return 0;
}

static void
test_open(void)
{
	struct profile_request r = world_request(&world, PROFILE_MAILBOX);
	struct owned leaf = {0}, cert = {0};
	struct ca_place place;
	struct ca *ca = NULL;
	struct key *key;
	struct err e = {0};
	int64_t end;

	key = world_key(KEY_P256);
	world_must(
	    ca_place_make(WORLD_BASE, "x", key_spki(key), &place, &e), &e, "place");
	check(ca_open(owned_view(&world.issuing_cert), &key, &place, WORLD_NOW, &ca,
		  &e) == ERR_CRYPTO &&
		  ca == NULL && key == NULL,
	    "another_key_refused", "%s", e.text);
	world_must(issue(world.issuing, &world_policy, &r, &leaf, &e), &e, "leaf");
	key = world_key(KEY_P256);
	check(ca_open(owned_view(&leaf), &key, &place, WORLD_NOW, &ca, &e) ==
		      ERR_POLICY &&
		  strstr(e.text, "no CA") != NULL,
	    "leaf_as_ca_refused", "%s", e.text);
	owned_free(&leaf);

	key = world_key(KEY_P256);
	end = ca_issuer(world.issuing)->not_after;
	check(ca_open(owned_view(&world.issuing_cert), &key, &place, end + 1, &ca,
		  &e) == ERR_POLICY &&
		  strstr(e.text, "valid until") != NULL,
	    "expired_ca_refused", "%s", e.text);
	key = world_key(KEY_P256);
	check(ca_open(owned_view(&world.issuing_cert), &key, &place,
		  ca_issuer(world.issuing)->not_before - 1, &ca, &e) == ERR_POLICY &&
		  strstr(e.text, "valid only from") != NULL,
	    "future_ca_refused", "%s", e.text);
	key = world_key(KEY_P256);
	check(ca_open(BYTES("0\x03\x02\x01\x01"), &key, &place, WORLD_NOW, &ca, &e) ==
		  ERR_SYNTAX,
	    "garbage_ca_refused", "%s", e.text);

	/* a signer that fails after it was opened */
	{
		static const struct ca_names names = {"F", "F", "CH", 5};
		struct ca_signer signer = {faulty_sign, NULL, NULL};

		key = world_key(KEY_P256);
		signer.ctx = key;
		world_must(ca_make_root(&names, key, WORLD_NOW, &cert, &e), &e, "root");
		world_must(ca_open_signer(
			       owned_view(&cert), &signer, &place, WORLD_NOW, &ca, &e),
		    &e, "signer");
		check(issue(ca, &world_policy, &r, &leaf, &e) == ERR_CRYPTO &&
			  leaf.p == NULL,
		    "faulty_signature_never_leaves", "%s", e.text);
		ca_free(&ca);
		key_free(&key);
		owned_free(&cert);
	}
}

static void
test_place(void)
{
	static const struct {
		const char *name, *base, *label;
		int want;
	} rows[] = {
	    {"plain", "http://pki.example.com", "issuing", 0},
	    {"slash_at_end", "http://pki.example.com/a//", "issuing", 0},
	    {"https", "https://pki.example.com", "issuing", ERR_SYNTAX},
	    {"ldap", "ldap://pki.example.com", "issuing", ERR_SYNTAX},
	    {"no_host", "http://", "issuing", ERR_SYNTAX},
	    {"query", "http://pki.example.com/?x", "issuing", ERR_SYNTAX},
	    {"blank", "http://pki.example.com/a b", "issuing", ERR_SYNTAX},
	    {"line_feed", "http://pki.example.com/\n", "issuing", ERR_SYNTAX},
	    {"label_upper", "http://pki.example.com", "Issuing", ERR_SYNTAX},
	    {"label_path", "http://pki.example.com", "../x", ERR_SYNTAX},
	    {"label_empty", "http://pki.example.com", "", ERR_SYNTAX},
	};
	char base[CA_BASE_MAX + 2];
	struct ca_place place;
	struct err e = {0};

	for (size_t i = 0; i < NITEMS(rows); i++)
		check(ca_place_make(rows[i].base, rows[i].label,
			  owned_view(&world.spki), &place, &e) == rows[i].want,
		    rows[i].name, "%s", e.text);
	memset(base, 'x', sizeof(base));
	memcpy(base, "http://", 7);
	base[CA_BASE_MAX] = '\0';
	check_int("base_at_limit",
	    ca_place_make(base, "issuing", owned_view(&world.spki), &place, &e), 0);
	base[CA_BASE_MAX] = 'x';
	base[CA_BASE_MAX + 1] = '\0';
	check_int("base_past_limit",
	    ca_place_make(base, "issuing", owned_view(&world.spki), &place, &e),
	    ERR_SYNTAX);
}

/* --- validity ---------------------------------------------------------------- */

static void
test_validity(void)
{
	const struct profile_issuer *issuer = ca_issuer(world.issuing);
	struct profile_request r = world_request(&world, PROFILE_MAILBOX);
	struct profile_policy policy = world_policy;
	struct owned cert = {0};
	struct err e = {0};
	struct cert c;

	world_must(issue(world.issuing, &policy, &r, &cert, &e), &e, "leaf");
	cert_parse(owned_view(&cert), &c, NULL);
	/* the CA was made at the same moment: not before it */
	check_int("begins_with_the_ca", c.not_before, issuer->not_before);
	check_int(
	    "730_days_with_last_second", c.not_after - c.not_before + 1, 730 * 86400LL);
	owned_free(&cert);

	r.now = WORLD_NOW + 86400;
	policy.days = 825;
	world_must(issue(world.issuing, &policy, &r, &cert, &e), &e, "leaf");
	cert_parse(owned_view(&cert), &c, NULL);
	check_int("backdated", c.not_before, r.now - PROFILE_BACKDATE);
	check_int("825_days", c.not_after - c.not_before + 1, 825 * 86400LL);
	owned_free(&cert);

	r.now = issuer->not_after - 100 * 86400;
	world_must(issue(world.issuing, &policy, &r, &cert, &e), &e, "leaf");
	cert_parse(owned_view(&cert), &c, NULL);
	check_int("cut_to_the_ca", c.not_after, issuer->not_after);
	owned_free(&cert);

	r.now = issuer->not_after - PROFILE_MIN_LEFT;
	check(issue(world.issuing, &policy, &r, &cert, &e) == 0, "last_day_of_ca", "%s",
	    e.text);
	owned_free(&cert);
	r.now++;
	check(issue(world.issuing, &policy, &r, &cert, &e) == ERR_POLICY, "ca_too_old",
	    "%s", e.text);
	r.now = issuer->not_before - 1;
	check(issue(world.issuing, &policy, &r, &cert, &e) == ERR_POLICY,
	    "ca_too_young", "%s", e.text);
	policy.days = 826;
	check_int("826_days", profile_check_policy(&policy, &e), ERR_LIMIT);
	policy.days = 0;
	check_int("0_days", profile_check_policy(&policy, &e), ERR_LIMIT);
}

/* --- key files --------------------------------------------------------------- */

static const struct bytes passphrase = {(const uint8_t *)"correct horse battery", 21};

/* The same private key: what the two write as PKCS#8 is equal. */
static bool
same_key(const struct key *a, const struct key *b)
{
	struct secret x = {0}, y = {0};
	bool ok = key_to_pkcs8(a, &x, NULL) == 0 && key_to_pkcs8(b, &y, NULL) == 0 &&
		  bytes_equal(secret_view(&x), secret_view(&y));

	secret_free(&x);
	secret_free(&y);
	return ok;
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchmod(fd, mode) != 0 || close(fd) != 0)
		abort();
}

static void
test_key_file(enum key_kind kind, const char *folder)
{
	struct key *key = world_key(kind), *back = NULL;
	struct err e = {0};
	struct stat st;
	char path[256], name[64], bad[300];

	snprintf(path, sizeof(path), "%s/%s.pem", folder, key_kind_word(kind));
	snprintf(name, sizeof(name), "key_file_%s", key_kind_word(kind));
	check(key_write_pem(key, passphrase, path, &e) == 0, name, "%s", e.text);
	check(stat(path, &st) == 0 && (st.st_mode & 0777) == 0400, name, "mode %o",
	    (unsigned)st.st_mode & 0777);
	check(key_read_pem(path, passphrase, &back, &e) == 0 && same_key(key, back),
	    name, "%s", e.text);
	key_free(&back);
	check(
	    key_read_pem(path, BYTES("correct horse batterx"), &back, &e) == ERR_CRYPTO,
	    name, "wrong passphrase: %s", e.text);
	check(key_read_pem(path, BYTES(""), &back, &e) == ERR_CRYPTO, name,
	    "no passphrase: %s", e.text);
	check(key_write_pem(key, passphrase, path, &e) == ERR_IO, name,
	    "an existing file was replaced: %s", e.text);
	check(chmod(path, 0440) == 0 &&
		  key_read_pem(path, passphrase, &back, &e) == ERR_POLICY,
	    name, "readable by the group: %s", e.text);
	snprintf(bad, sizeof(bad), "%s/absent/x.pem", folder);
	check(key_write_pem(key, passphrase, bad, &e) == ERR_IO, name, "no folder: %s",
	    e.text);
	unlink(path);
	key_free(&key);
}

static void
test_key_files(void)
{
	char folder[] = "/tmp/ch-ca-XXXXXX", path[64], *big;
	struct key *key = NULL;
	struct err e = {0};

	if (mkdtemp(folder) == NULL)
		abort();
	test_key_file(KEY_P256, folder);
	test_key_file(KEY_RSA_2048, folder);
	snprintf(path, sizeof(path), "%s/x", folder);
	check_int(
	    "key_file_absent", key_read_pem(path, passphrase, &key, &e), ERR_NOT_FOUND);
	write_file(path, "no key", 0400);
	check_int(
	    "key_file_garbage", key_read_pem(path, passphrase, &key, &e), ERR_CRYPTO);
	unlink(path);
	write_file(path, "", 0400);
	check_int(
	    "key_file_empty", key_read_pem(path, passphrase, &key, &e), ERR_LIMIT);
	unlink(path);
	big = malloc(KEY_FILE_MAX + 2);
	memset(big, 'x', KEY_FILE_MAX + 1);
	big[KEY_FILE_MAX + 1] = '\0';
	write_file(path, big, 0400);
	free(big);
	check_int(
	    "key_file_past_limit", key_read_pem(path, passphrase, &key, &e), ERR_LIMIT);
	unlink(path);
	if (mkfifo(path, 0600) != 0)
		abort();
	check_int(
	    "key_file_fifo", key_read_pem(path, passphrase, &key, &e), ERR_POLICY);
	unlink(path);
	check(rmdir(folder) == 0, "nothing_left_behind", "%s", strerror(errno));
}

static void
test_passphrase(void)
{
	static const struct {
		const char *name, *in;
		size_t n;
		int want;
		size_t want_n;
	} rows[] = {
	    {"line", "correct horse\nrest", 18, 0, 13},
	    {"crlf", "correct horse\r\n", 15, 0, 13},
	    {"to_the_end", "correct horse", 13, 0, 13},
	    {"at_least", "123456789012", 12, 0, 12},
	    {"too_short", "12345678901", 11, ERR_LIMIT, 0},
	    {"nul", "123456\0 789012", 14, ERR_SYNTAX, 0},
	    {"empty", "", 0, ERR_LIMIT, 0},
	};
	struct secret got;
	struct err e = {0};
	char most[KEY_PASSPHRASE_MAX + 1];
	int fd[2];

	for (size_t i = 0; i < NITEMS(rows); i++) {
		if (pipe(fd) != 0 || write(fd[1], rows[i].in, rows[i].n) < 0)
			abort();
		close(fd[1]);
		check(key_read_passphrase(fd[0], &got, &e) == rows[i].want &&
			  got.n == rows[i].want_n,
		    rows[i].name, "%s", e.text);
		secret_free(&got);
		close(fd[0]);
	}
	memset(most, 'x', sizeof(most));
	for (size_t n = KEY_PASSPHRASE_MAX; n <= KEY_PASSPHRASE_MAX + 1; n++) {
		if (pipe(fd) != 0 || write(fd[1], most, n) < 0)
			abort();
		close(fd[1]);
		check_int(n == KEY_PASSPHRASE_MAX ? "at_most" : "too_long",
		    key_read_passphrase(fd[0], &got, &e),
		    n == KEY_PASSPHRASE_MAX ? 0 : ERR_LIMIT);
		secret_free(&got);
		close(fd[0]);
	}
	check_int("bad_descriptor", key_read_passphrase(-1, &got, &e), ERR_IO);
}

static void
test_pkcs8(void)
{
	struct key *key = world_key(KEY_P256), *back = NULL;
	struct secret der = {0};
	struct err e = {0};
	size_t refused = 0;

	world_must(key_to_pkcs8(key, &der, &e), &e, "pkcs8");
	check(key_from_pkcs8(secret_view(&der), &back, &e) == 0 && same_key(key, back),
	    "pkcs8_round_trip", "%s", e.text);
	key_free(&back);
	for (size_t n = 0; n < der.n; n++) {
		refused += key_from_pkcs8((struct bytes){der.p, n}, &back, &e) != 0;
		key_free(&back);
	}
	check(refused == der.n, "pkcs8_cut_refused", "%zu of %zu", refused, der.n);
	secret_free(&der);
	key_free(&key);
}

/* --- serial numbers ---------------------------------------------------------- */

static int
compare_serials(const void *a, const void *b)
{
	return memcmp(a, b, SERIAL_BYTES);
}

static void
test_serials(void)
{
	uint8_t(*all)[SERIAL_BYTES] = calloc(SERIALS, SERIAL_BYTES),
	mine[64][SERIAL_BYTES], theirs[64][SERIAL_BYTES];
	size_t first[128] = {0}, twice = 0, bad = 0;
	double chi = 0, want = SERIALS / 127.0;
	int fd[2];
	pid_t pid;

	for (size_t i = 0; i < SERIALS; i++) {
		if (serial_make(all[i], NULL) != 0 ||
		    !serial_valid((struct bytes){all[i], SERIAL_BYTES}))
			bad++;
		first[all[i][0] & 0x7f]++;
	}
	qsort(all, SERIALS, SERIAL_BYTES, compare_serials);
	for (size_t i = 1; i < SERIALS; i++)
		twice += memcmp(all[i - 1], all[i], SERIAL_BYTES) == 0;
	free(all);
	for (size_t i = 1; i < 128; i++)
		chi += ((double)first[i] - want) * ((double)first[i] - want) / want;
	check(bad == 0, "serials_well_formed", "%zu of %d are not", bad, SERIALS);
	check(twice == 0, "serials_unique", "%zu twice of %d", twice, SERIALS);
	/* 126 degrees of freedom: above 230 once in 10^8 runs */
	check(first[0] == 0 && chi < 230, "serials_even", "chi square %f", chi);

	/* a child that forks after randomness was used must not repeat its parent */
	if (pipe(fd) != 0 || (pid = fork()) < 0)
		abort();
	for (size_t i = 0; i < 64; i++)
		serial_make(mine[i], NULL);
	if (pid == 0)
		_exit(
		    write(fd[1], mine, sizeof(mine)) == (ssize_t)sizeof(mine) ? 0 : 1);
	waitpid(pid, NULL, 0);
	if (read(fd[0], theirs, sizeof(theirs)) != (ssize_t)sizeof(theirs))
		abort();
	twice = 0;
	for (size_t i = 0; i < 64; i++)
		for (size_t k = 0; k < 64; k++)
			twice += memcmp(mine[i], theirs[k], SERIAL_BYTES) == 0;
	check(twice == 0, "serials_after_fork", "%zu of parent and child are equal",
	    twice);
	close(fd[0]);
	close(fd[1]);
}

int
main(void)
{
	world_init(&world, KEY_P256, KEY_P256);
	test_issue();
	test_rebuild();
	test_open();
	test_place();
	test_validity();
	test_key_files();
	test_passphrase();
	test_pkcs8();
	test_serials();
	world_fini(&world);
	return check_done();
}
