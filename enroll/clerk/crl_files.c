/*
 * Files of the CA in memory: contract in crl_files.h.
 */
#include "enroll/clerk/crl_files.h"

#include <pthread.h>

#include "core/err.h"
#include "enroll/clerk/crl.h"

enum {
	FILES_MAX = 16 /* two for each CA of the chain */
};

static struct {
	pthread_mutex_t lock;
	struct {
		char name[CRL_NAME_MAX + 1];
		struct owned content;
	} file[FILES_MAX];
	size_t n;
	bool complete;
} files = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The lock is held. */
static struct owned *
find(struct bytes name)
{
	for (size_t i = 0; i < files.n; i++)
		if (bytes_equal(bytes_of(files.file[i].name), name))
			return &files.file[i].content;
	return NULL;
}

static struct owned *
find_or_make(struct bytes name)
{
	struct owned *there = find(name);

	if (there != NULL || files.n == FILES_MAX || name.n > CRL_NAME_MAX)
		return there;
	memcpy(files.file[files.n].name, name.p, name.n);
	files.file[files.n].name[name.n] = '\0';
	return &files.file[files.n++].content;
}

int
crl_files_put(struct bytes name, struct bytes content)
{
	struct owned copy = {0}, *at;
	int rc = 0;

	if (name.n == 0)
		return 0;
	if (owned_copy(content, &copy) != 0)
		return ERR_MEMORY;
	pthread_mutex_lock(&files.lock);
	if ((at = find_or_make(name)) != NULL) {
		owned_free(at);
		*at = copy;
	} else {
		rc = ERR_LIMIT;
	}
	pthread_mutex_unlock(&files.lock);
	if (rc != 0)
		owned_free(&copy);
	return rc;
}

void
crl_files_complete(void)
{
	pthread_mutex_lock(&files.lock);
	files.complete = true;
	pthread_mutex_unlock(&files.lock);
}

int
crl_files_get(struct bytes name, struct owned *out)
{
	const struct owned *there;
	int rc;

	*out = (struct owned){0};
	pthread_mutex_lock(&files.lock);
	rc = files.complete ? 0 : ERR_IO;
	if ((there = find(name)) != NULL)
		rc = owned_copy(owned_view(there), out) == 0 ? 1 : ERR_MEMORY;
	pthread_mutex_unlock(&files.lock);
	return rc;
}

void
crl_files_clear(void)
{
	pthread_mutex_lock(&files.lock);
	for (size_t i = 0; i < files.n; i++)
		owned_free(&files.file[i].content);
	files.n = 0;
	files.complete = false;
	pthread_mutex_unlock(&files.lock);
}
