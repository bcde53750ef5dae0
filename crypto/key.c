/*
 * Key pairs and their files: contract in key.h. OpenSSL keeps the private
 * numbers in the secure heap once there is one; what it encodes on the way is
 * wiped when it is freed.
 */
#include "crypto/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/wipe.h"

struct key {
	EVP_PKEY *pkey;
	uint8_t *spki; /* DER, OpenSSL's memory */
	size_t spki_n;
	struct key_public public; /* views into spki */
};

enum {
	SECURE_SMALLEST = 32, /* octets: the smallest piece of the secure heap */
	PBE_SALT = 16,
	PATH_ROOM = 4096,
};

static const struct {
	const char *word;
	unsigned bits;
	const char *curve;
} kinds[] = {
#define X(name, word, bits, curve) [name] = {word, bits, curve},
    KEY_LIST(X)
#undef X
};
_Static_assert(NITEMS(kinds) == KEY__MAX, "one row a kind");

/* OpenSSL's reason for the first failure, as text; forgets them all. */
static const char *
reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return text == NULL ? "no reason given" : text;
}

int
key_memory_init(struct err *e)
{
	int rc = wipe_init(e);

	if (rc != 0)
		return rc;
	switch (CRYPTO_secure_malloc_init(KEY_MEMORY_BYTES, SECURE_SMALLEST)) {
	case 1:
		return 0;
	case 2:
		return err_set(e, ERR_MEMORY,
		    "the secure heap of %d bytes cannot be locked in memory: raise the "
		    "limit (ulimit -l, LimitMEMLOCK=)",
		    KEY_MEMORY_BYTES);
	default:
		return err_set(e, ERR_MEMORY, "no secure heap of %d bytes: %s",
		    KEY_MEMORY_BYTES, reason());
	}
}

int
key_kind_read(struct bytes word, enum key_kind *out, struct err *e)
{
	for (size_t i = 0; i < NITEMS(kinds); i++)
		if (bytes_equal(word, bytes_of(kinds[i].word))) {
			*out = (enum key_kind)i;
			return 0;
		}
	return err_set(e, ERR_UNSUPPORTED,
	    "key \"%.*s\", want rsa3072, rsa2048, rsa4096, p256 or p384",
	    (int)(word.n > 40 ? 40 : word.n), (const char *)word.p);
}

const char *
key_kind_word(enum key_kind kind)
{
	return kinds[kind].word;
}

/* Wraps a key, which is freed with it, also after an error. */
static int
key_wrap(EVP_PKEY *pkey, struct key **out, struct err *e)
{
	struct key *k = calloc(1, sizeof(*k));
	int rc, n;

	*out = NULL;
	if (k == NULL) {
		EVP_PKEY_free(pkey);
		return err_set(e, ERR_MEMORY, "no memory for a key");
	}
	k->pkey = pkey;
	n = i2d_PUBKEY(pkey, &k->spki);
	if (n <= 0) {
		rc = err_set(
		    e, ERR_CRYPTO, "a public key cannot be encoded: %s", reason());
		key_free(&k);
		return rc;
	}
	k->spki_n = (size_t)n;
	if ((rc = key_public_read(key_spki(k), &k->public, e)) != 0) {
		key_free(&k);
		return rc;
	}
	*out = k;
	return 0;
}

int
key_generate(enum key_kind kind, struct key **out, struct err *e)
{
	EVP_PKEY *pkey = kinds[kind].curve == NULL ? EVP_RSA_gen(kinds[kind].bits)
						   : EVP_EC_gen(kinds[kind].curve);

	*out = NULL;
	if (pkey == NULL)
		return err_set(e, ERR_CRYPTO, "no %s key could be made: %s",
		    kinds[kind].word, reason());
	return key_wrap(pkey, out, e);
}

int
key_from_pkcs8(struct bytes der, struct key **out, struct err *e)
{
	const uint8_t *p = der.p;
	PKCS8_PRIV_KEY_INFO *info;
	EVP_PKEY *pkey;

	*out = NULL;
	if (der.n > KEY_PKCS8_MAX)
		return err_set(e, ERR_LIMIT,
		    "a private key of %zu bytes, want at most %d", der.n,
		    KEY_PKCS8_MAX);
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.n);
	if (info == NULL || p != der.p + der.n) {
		PKCS8_PRIV_KEY_INFO_free(info);
		ERR_clear_error();
		return err_set(e, ERR_SYNTAX, "not a PKCS#8 private key (RFC 5958)");
	}
	pkey = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (pkey == NULL)
		return err_set(
		    e, ERR_SYNTAX, "a private key that cannot be used: %s", reason());
	return key_wrap(pkey, out, e);
}

int
key_to_pkcs8(const struct key *k, struct secret *out, struct err *e)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->pkey);
	int n = info == NULL ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, NULL), rc = 0;
	uint8_t *p;

	*out = (struct secret){0};
	if (n <= 0)
		rc = err_set(
		    e, ERR_CRYPTO, "a private key cannot be encoded: %s", reason());
	else if (secret_new((size_t)n, out) != 0)
		rc = err_set(e, ERR_MEMORY, "no secure memory for a private key");
	else {
		p = out->p;
		i2d_PKCS8_PRIV_KEY_INFO(info, &p);
	}
	PKCS8_PRIV_KEY_INFO_free(info);
	return rc;
}

void
key_free(struct key **k)
{
	if (*k == NULL)
		return;
	EVP_PKEY_free((*k)->pkey);
	OPENSSL_free((*k)->spki);
	free(*k);
	*k = NULL;
}

struct bytes
key_spki(const struct key *k)
{
	return (struct bytes){k->spki, k->spki_n};
}

enum cert_key
key_family(const struct key *k)
{
	return k->public.family;
}

enum cert_curve
key_curve(const struct key *k)
{
	return k->public.curve;
}

unsigned
key_bits(const struct key *k)
{
	return k->public.bits;
}

EVP_PKEY *
key_pkey(const struct key *k)
{
	return k->pkey;
}

/* --- passphrases ------------------------------------------------------------- */

/* Reads until the end, a line feed, or until room is full. */
static int
read_line(int fd, uint8_t *p, size_t room, size_t *n_out)
{
	size_t n = 0;

	while (n < room) {
		/* One octet a call: what follows the line stays for others. */
		ssize_t got = read(fd, p + n, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_IO;
		if (got == 0 || p[n] == '\n')
			break;
		n++;
	}
	if (n > 0 && n < room && p[n - 1] == '\r')
		n--;
	*n_out = n;
	return 0;
}

/* The length is said, never the passphrase. */
static int
passphrase_check(struct bytes passphrase, struct err *e)
{
	if (passphrase.n < KEY_PASSPHRASE_MIN || passphrase.n > KEY_PASSPHRASE_MAX)
		return err_set(e, ERR_LIMIT,
		    "a passphrase of %s%zu characters, want %d to %d",
		    passphrase.n > KEY_PASSPHRASE_MAX ? "more than " : "",
		    passphrase.n > KEY_PASSPHRASE_MAX ? (size_t)KEY_PASSPHRASE_MAX
						      : passphrase.n,
		    KEY_PASSPHRASE_MIN, KEY_PASSPHRASE_MAX);
	if (memchr(passphrase.p, 0, passphrase.n) != NULL)
		return err_set(e, ERR_SYNTAX, "a passphrase with a NUL character");
	return 0;
}

int
key_read_passphrase(int fd, struct secret *out, struct err *e)
{
	struct secret room = {0};
	size_t n = 0;
	int rc;

	*out = (struct secret){0};
	if (secret_new(KEY_PASSPHRASE_MAX + 1, &room) != 0)
		return err_set(e, ERR_MEMORY, "no secure memory for a passphrase");
	if (read_line(fd, room.p, room.n, &n) != 0)
		rc = err_set(e, ERR_IO,
		    "the passphrase cannot be read from descriptor %d: %s", fd,
		    strerror(errno));
	else
		rc = passphrase_check((struct bytes){room.p, n}, e);
	if (rc == 0 && secret_new(n, out) != 0)
		rc = err_set(e, ERR_MEMORY, "no secure memory for a passphrase");
	if (rc == 0)
		memcpy(out->p, room.p, n);
	secret_free(&room);
	return rc;
}

/* --- PEM files --------------------------------------------------------------- */

/* The PEM text of the key, encrypted, in a memory BIO; NULL on failure. */
static BIO *
pem_encrypted(const struct key *k, struct bytes passphrase)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->pkey);
	X509_ALGOR *pbe = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), KEY_PEM_ITERATIONS, NULL,
	    PBE_SALT, NULL, NID_hmacWithSHA256);
	BIO *bio = BIO_new(BIO_s_mem());
	X509_SIG *sealed = NULL;
	bool ok = false;

	if (info == NULL || pbe == NULL || bio == NULL)
		goto out;
	sealed =
	    PKCS8_set0_pbe((const char *)passphrase.p, (int)passphrase.n, info, pbe);
	if (sealed == NULL)
		goto out;
	pbe = NULL; /* now part of sealed */
	ok = PEM_write_bio_PKCS8(bio, sealed) == 1;
out:
	X509_SIG_free(sealed);
	X509_ALGOR_free(pbe);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (!ok) {
		BIO_free(bio);
		bio = NULL;
	}
	return bio;
}

static int
write_all(int fd, struct bytes b)
{
	while (b.n > 0) {
		ssize_t put = write(fd, b.p, b.n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		b.p += put;
		b.n -= (size_t)put;
	}
	return 0;
}

static int
sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_ROOM];
	int fd, rc;

	snprintf(folder, sizeof(folder), "%.*s",
	    slash == NULL   ? 1
	    : slash == path ? 1
			    : (int)(slash - path),
	    slash == NULL ? "." : path);
	if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

/* The content under a temporary name, then under its own, which must be free. */
static int
file_write_new(const char *path, struct bytes content)
{
	char temporary[PATH_ROOM];
	int fd, rc, saved;

	if (snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", path,
		(long)getpid()) >= (int)sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd =
	    open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	if (fd < 0)
		return -1;
	rc = write_all(fd, content) == 0 && fsync(fd) == 0 ? 0 : -1;
	if (close(fd) != 0)
		rc = -1;
	/* link, unlike rename, never replaces a key that is there already. */
	if (rc == 0)
		rc = link(temporary, path);
	saved = errno;
	unlink(temporary);
	errno = saved;
	return rc == 0 ? sync_folder_of(path) : rc;
}

int
key_write_pem(
    const struct key *k, struct bytes passphrase, const char *path, struct err *e)
{
	int rc = passphrase_check(passphrase, e);
	BIO *bio;
	char *p;
	long n;

	if (rc != 0)
		return rc;
	if ((bio = pem_encrypted(k, passphrase)) == NULL)
		return err_set(
		    e, ERR_CRYPTO, "a private key cannot be encrypted: %s", reason());
	n = BIO_get_mem_data(bio, &p);
	if (file_write_new(path, (struct bytes){(uint8_t *)p, (size_t)n}) != 0)
		rc = err_set(
		    e, ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
	BIO_free(bio);
	return rc;
}

/* OpenSSL asks for the passphrase; none means that it cannot be opened. */
static int
answer_passphrase(char *buf, int size, int writing, void *ctx)
{
	const struct bytes *passphrase = ctx;

	(void)writing;
	if (passphrase->n == 0 || passphrase->n > (size_t)size)
		return -1;
	memcpy(buf, passphrase->p, passphrase->n);
	return (int)passphrase->n;
}

/* What is wrong with a key file as a file, or NULL. */
static const char *
file_fault(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "is no plain file";
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "can be used by others than its owner (chmod 400)";
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return "belongs to another user";
	return NULL;
}

static int
file_read_secret(const char *path, struct secret *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = 0;
	struct stat st;
	const char *fault;

	if (fd < 0)
		return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "%s: cannot be opened: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0)
		rc = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	else if ((fault = file_fault(&st)) != NULL)
		rc = err_set(e, ERR_POLICY, "%s: a key file that %s", path, fault);
	else if (st.st_size == 0 || st.st_size > KEY_FILE_MAX)
		rc = err_set(e, ERR_LIMIT, "%s: %lld bytes, want 1 to %d", path,
		    (long long)st.st_size, KEY_FILE_MAX);
	else if (secret_new((size_t)st.st_size, out) != 0)
		rc = err_set(e, ERR_MEMORY, "%s: no secure memory for it", path);
	else if (read(fd, out->p, out->n) != (ssize_t)out->n)
		rc = err_set(e, ERR_IO, "%s: cannot be read whole", path);
	close(fd);
	return rc;
}

int
key_read_pem(const char *path, struct bytes passphrase, struct key **out, struct err *e)
{
	struct secret file = {0};
	int rc = file_read_secret(path, &file, e);
	EVP_PKEY *pkey = NULL;
	BIO *bio = NULL;

	*out = NULL;
	if (rc == 0 && (bio = BIO_new_mem_buf(file.p, (int)file.n)) == NULL)
		rc = err_set(e, ERR_MEMORY, "%s: no memory for it", path);
	if (rc == 0) {
		pkey =
		    PEM_read_bio_PrivateKey(bio, NULL, answer_passphrase, &passphrase);
		if (pkey == NULL)
			rc = err_set(e, ERR_CRYPTO,
			    "%s: no private key in PEM, or %s passphrase: %s", path,
			    passphrase.n == 0 ? "it needs a" : "not with this",
			    reason());
	}
	BIO_free(bio);
	secret_free(&file);
	ERR_clear_error();
	return rc == 0 ? key_wrap(pkey, out, e) : rc;
}
