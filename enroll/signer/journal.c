/*
 * The journal: contract in journal.h. An open-addressed table, never full beyond
 * three quarters; a request's place is found by its SHA-256.
 */
#include "enroll/signer/journal.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "enroll/chain.h"
#include "enroll/line.h"

enum {
	ROOM_FIRST = 1024
};

struct journal_row {
	uint8_t request[DIGEST_BYTES]; /* all zero: free */
	uint8_t tbs[DIGEST_BYTES];
};

struct journal {
	pthread_mutex_t lock;
	struct journal_row *row;
	size_t room, n; /* room: a power of two */
	uint64_t crl_number;
};

/* --- the table ---------------------------------------------------------------------
 */

static bool
row_free(const struct journal_row *row)
{
	static const uint8_t zeros[DIGEST_BYTES];

	return memcmp(row->request, zeros, DIGEST_BYTES) == 0;
}

/* Its row, or the free one where it would go. */
static struct journal_row *
find(struct journal_row *rows, size_t room, const uint8_t request[DIGEST_BYTES])
{
	size_t at;

	memcpy(&at, request, sizeof(at));
	for (at &= room - 1; !row_free(&rows[at]); at = (at + 1) & (room - 1))
		if (memcmp(rows[at].request, request, DIGEST_BYTES) == 0)
			break;
	return &rows[at];
}

static int
grow(struct journal *j)
{
	size_t room = j->room == 0 ? ROOM_FIRST : 2 * j->room;
	struct journal_row *rows = calloc(room, sizeof(*rows));

	if (rows == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < j->room; i++)
		if (!row_free(&j->row[i]))
			*find(rows, room, j->row[i].request) = j->row[i];
	free(j->row);
	j->row = rows;
	j->room = room;
	return 0;
}

/* 1 new, 0 the same, ERR_POLICY, ERR_MEMORY. The lock is held. */
static int
claim(struct journal *j, const uint8_t request[DIGEST_BYTES],
    const uint8_t tbs[DIGEST_BYTES])
{
	struct journal_row *row;

	if ((j->n + 1) * 4 > j->room * 3 && grow(j) != 0)
		return ERR_MEMORY;
	row = find(j->row, j->room, request);
	if (!row_free(row))
		return memcmp(row->tbs, tbs, DIGEST_BYTES) == 0 ? 0 : ERR_POLICY;
	memcpy(row->request, request, DIGEST_BYTES);
	memcpy(row->tbs, tbs, DIGEST_BYTES);
	j->n++;
	return 1;
}

/* --- the log -----------------------------------------------------------------------
 */

static int
hex_value(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

static bool
hex_read(struct bytes text, uint8_t out[DIGEST_BYTES])
{
	if (text.n != DIGEST_TEXT)
		return false;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		int high = hex_value((char)text.p[2 * i]);
		int low = hex_value((char)text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int
learn(const json_t *line, uint64_t n, void *ctx)
{
	struct bytes event = line_text(line, "event");
	uint8_t request[DIGEST_BYTES], tbs[DIGEST_BYTES];
	struct journal *j = ctx;
	int rc;

	(void)n;
	if (bytes_equal(event, BYTES("crl"))) {
		uint64_t number = (uint64_t)line_int(line, "number");

		j->crl_number = number > j->crl_number ? number : j->crl_number;
	}
	if (!bytes_equal(event, BYTES("sign")))
		return 0;
	if (!hex_read(line_text(line, "tbs"), tbs) ||
	    digest_sha256(line_text(line, "request"), request) != 0)
		return ERR_SYNTAX;
	rc = claim(j, request, tbs);
	return rc < 0 ? rc : 0;
}

int
journal_open(
    const char *log_path, struct journal **out, uint64_t *crl_number_out, struct err *e)
{
	struct journal *j = calloc(1, sizeof(*j));
	char head[CHAIN_HASH_TEXT + 1];
	uint64_t lines = 0;
	int rc = 0;

	*out = NULL;
	*crl_number_out = 0;
	if (j == NULL || grow(j) != 0) {
		free(j);
		return err_set(e, ERR_MEMORY, "no memory for the journal");
	}
	pthread_mutex_init(&j->lock, NULL);
	if (access(log_path, F_OK) == 0)
		rc = chain_verify(log_path, learn, j, &lines, head, e);
	if (rc != 0 && (e->code == 0 || e->text[0] == '\0'))
		err_set(e, rc, "%s: a line \"sign\" that this program never wrote",
		    log_path);
	*crl_number_out = j->crl_number;
	if (rc != 0)
		journal_free(&j);
	*out = j;
	return rc;
}

void
journal_free(struct journal **jp)
{
	if (*jp == NULL)
		return;
	free((*jp)->row);
	free(*jp);
	*jp = NULL;
}

/* --- asking ------------------------------------------------------------------------
 */

int
journal_claim(struct journal *j, struct bytes request, const uint8_t tbs[DIGEST_BYTES],
    struct err *e)
{
	uint8_t hash[DIGEST_BYTES];
	int rc = digest_sha256(request, hash);

	if (rc != 0)
		return err_set(e, rc, "no hash of a request");
	pthread_mutex_lock(&j->lock);
	rc = claim(j, hash, tbs);
	pthread_mutex_unlock(&j->lock);
	if (rc == ERR_POLICY)
		return err_set(e, rc,
		    "request %.*s was signed with other bytes; nothing else is ever "
		    "signed for it",
		    (int)request.n, (const char *)request.p);
	return rc == ERR_MEMORY ? err_set(e, rc, "no memory for the journal") : rc;
}

bool
journal_has(struct journal *j, struct bytes request)
{
	uint8_t hash[DIGEST_BYTES];
	bool has;

	if (digest_sha256(request, hash) != 0)
		return true; /* who cannot look must not say no */
	pthread_mutex_lock(&j->lock);
	has = !row_free(find(j->row, j->room, hash));
	pthread_mutex_unlock(&j->lock);
	return has;
}

size_t
journal_count(struct journal *j)
{
	size_t n;

	pthread_mutex_lock(&j->lock);
	n = j->n;
	pthread_mutex_unlock(&j->lock);
	return n;
}
