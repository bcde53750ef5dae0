/*
 * Sockets and certificates: contract in listen.h.
 */
#include "enroll/portal/listen.h"

#include <gnutls/gnutls.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BACKLOG = 128,
	PEM_MAX = 256 * 1024,
};

int
listen_on(const char *at, struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	const char *colon = strrchr(at, ':');
	char host[64];
	size_t n = colon == NULL ? 0 : (size_t)(colon - at);
	int fd, one = 1;

	if (n > 1 && at[0] == '[' && at[n - 1] == ']')
		at++, n -= 2;
	if (colon == NULL || n == 0 || n >= sizeof(host))
		return err_set(e, ERR_USAGE, "listen = %.80s: want ADDRESS:PORT", at);
	memcpy(host, at, n);
	host[n] = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return err_set(e, ERR_USAGE,
		    "%s:%.20s: want an address and a port in digits", host, colon + 1);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		err_set(e, ERR_IO, "%s port %s: %m", host, colon + 1);
		if (fd >= 0)
			close(fd);
		fd = ERR_IO;
	}
	freeaddrinfo(found);
	return fd;
}

/* A PEM file, NUL-terminated. */
static int
read_pem(const char *path, char **out, struct err *e)
{
	FILE *f = fopen(path, "re");
	size_t n;

	*out = NULL;
	if (f == NULL)
		return err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
	if ((*out = calloc(1, PEM_MAX + 1)) == NULL) {
		fclose(f);
		return err_set(e, ERR_MEMORY, "out of memory");
	}
	n = fread(*out, 1, PEM_MAX, f);
	fclose(f);
	return n > 0 && n < PEM_MAX
		   ? 0
		   : err_set(e, ERR_IO, "%s: empty, or too long", path);
}

void
listen_drop(char **pem)
{
	if (*pem != NULL)
		explicit_bzero(*pem, PEM_MAX);
	free(*pem);
	*pem = NULL;
}

/* A key that everybody can read is none. */
static int
check_mode(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_set(e, ERR_IO, "%s: %m", path);
	return (st.st_mode & (S_IROTH | S_IWOTH)) == 0
		   ? 0
		   : err_set(e, ERR_POLICY,
			 "%s: mode %04o: other users can read the key", path,
			 (unsigned)st.st_mode & 07777);
}

/* GnuTLS says whether they are good and belong together. */
int
listen_credentials(
    const struct portal_conf *conf, char **certificate, char **key, struct err *e)
{
	gnutls_certificate_credentials_t cred;
	gnutls_datum_t c, k;
	int rc = read_pem(conf->certificate, certificate, e);

	if (rc == 0)
		rc = check_mode(conf->key, e);
	if (rc == 0)
		rc = read_pem(conf->key, key, e);
	if (rc != 0)
		return rc;
	c = (gnutls_datum_t){(unsigned char *)*certificate, strlen(*certificate)};
	k = (gnutls_datum_t){(unsigned char *)*key, strlen(*key)};
	if (gnutls_certificate_allocate_credentials(&cred) != 0)
		return err_set(e, ERR_MEMORY, "out of memory");
	rc = gnutls_certificate_set_x509_key_mem(cred, &c, &k, GNUTLS_X509_FMT_PEM);
	gnutls_certificate_free_credentials(cred);
	return rc == 0 ? 0
		       : err_set(e, ERR_POLICY, "%s with %s: %s", conf->certificate,
			     conf->key, gnutls_strerror(rc));
}

int
listen_check(const struct portal_conf *conf, struct err *e)
{
	char *certificate = NULL, *key = NULL;
	int rc = listen_credentials(conf, &certificate, &key, e);

	listen_drop(&certificate);
	listen_drop(&key);
	return rc;
}
