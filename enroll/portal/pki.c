/*
 * Files of the CA, remembered for a while: contract in pki.h.
 */
#include "enroll/portal/pki.h"

#include <pthread.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>

#include "core/base64.h"
#include "enroll/line.h"
#include "enroll/portal/ask.h"

enum {
	PKI_NAMES_MAX = 32, /* remembered at once */
	PKI_NAME_MAX = 80,
	PKI_FILE_MAX = 4 * 1024 * 1024,
};

struct pki_file {
	char name[PKI_NAME_MAX + 1]; /* "" unused */
	const char *type;
	char *p;
	size_t n;
	int64_t asked; /* monotonic seconds */
	unsigned status;
};

struct pki {
	pthread_mutex_t lock;
	struct pki_file file[PKI_NAMES_MAX];
	size_t next; /* to be overwritten */
};

int
pki_new(struct pki **out, struct err *e)
{
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return err_set(e, ERR_MEMORY, "out of memory");
	pthread_mutex_init(&(*out)->lock, NULL);
	return 0;
}

void
pki_free(struct pki **pp)
{
	if (*pp == NULL)
		return;
	for (size_t i = 0; i < PKI_NAMES_MAX; i++)
		free((*pp)->file[i].p);
	pthread_mutex_destroy(&(*pp)->lock);
	free(*pp);
	*pp = NULL;
}

static int64_t
pki_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Names as a CA's files have them; anything else is not worth a question. */
static bool
is_name(struct bytes name)
{
	if (name.n == 0 || name.n > PKI_NAME_MAX || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = byte_lower(name.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    strchr("._-", c) == NULL)
			return false;
	}
	return true;
}

/* The type says the name's ending: RFC 5280 section 4.2.1.13, RFC 8555 section 9.1. */
static const char *
type_of(struct bytes name)
{
	static const struct {
		const char *ending, *type;
	} types[] = {
	    {".crl", "application/pkix-crl"},
	    {".cer", "application/pkix-cert"},
	    {".crt", "application/pkix-cert"},
	    {".der", "application/pkix-cert"},
	    {".p7c", "application/pkcs7-mime"},
	    {".pem", "application/x-pem-file"},
	};

	for (size_t i = 0; i < NITEMS(types); i++)
		if (name.n > 4 && memcmp(name.p + name.n - 4, types[i].ending, 4) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static struct pki_file *
file_of(struct pki *pki, struct bytes name)
{
	struct pki_file *f;

	for (size_t i = 0; i < PKI_NAMES_MAX; i++)
		if (bytes_equal(bytes_of(pki->file[i].name), name))
			return &pki->file[i];
	f = &pki->file[pki->next++ % PKI_NAMES_MAX];
	free(f->p);
	*f = (struct pki_file){.asked = INT64_MIN / 2, .type = type_of(name)};
	memcpy(f->name, name.p, name.n);
	return f;
}

/* Puts what the clerk sent into the file; false where it is nothing. */
static bool
file_fill(struct pki_file *f, const json_t *answer)
{
	struct bytes text = ask_get(answer, "bytes");
	char *p = text.n == 0 || text.n > PKI_FILE_MAX
		      ? NULL
		      : malloc(BASE64_DECODED_MAX(text.n) + 1);
	long n = p == NULL ? -1 : base64_decode(text, (uint8_t *)p);

	if (n <= 0) {
		free(p);
		return false;
	}
	free(f->p);
	f->p = p;
	f->n = (size_t)n;
	return true;
}

static void
file_ask(struct portal *p, struct pki_file *f)
{
	json_t *answer = NULL;
	struct err e = {0};
	int rc =
	    line_call(p->conf.clerk, "pki.get", json_pack("{s:s}", "name", f->name),
		(int)p->conf.clerk_seconds * 1000, &answer, &e);

	if (rc == 0 && ask_word(answer) == NULL && file_fill(f, answer))
		f->status = 200;
	else if (rc == 0 && bytes_equal(ask_get(answer, "error"), BYTES("not-found")))
		f->status = 404;
	else if (f->p == NULL || f->status != 200)
		f->status = 503;
	if (rc != 0)
		portal_log(LOG_ERR, "pki.get %s: %s", f->name, e.text);
	json_decref(answer);
	f->asked = pki_now();
}

unsigned
pki_get(struct portal *p, struct bytes name, char **body_out, size_t *n_out,
    const char **type_out)
{
	struct pki_file *f;
	unsigned status;

	*body_out = NULL;
	*n_out = 0;
	if (!is_name(name))
		return 404;
	pthread_mutex_lock(&p->pki->lock);
	f = file_of(p->pki, name);
	if (pki_now() - f->asked >= (int64_t)p->conf.pki_seconds)
		file_ask(p, f);
	status = f->status;
	*type_out = f->type;
	if (status == 200 && (*body_out = malloc(f->n)) == NULL)
		status = 503;
	if (*body_out != NULL) {
		memcpy(*body_out, f->p, f->n);
		*n_out = f->n;
	}
	pthread_mutex_unlock(&p->pki->lock);
	return status;
}
