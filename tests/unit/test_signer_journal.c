/*
 * One request, one set of bytes, for ever: claims, many of them, from threads, and
 * read out of a log again.
 */
#include "enroll/signer/journal.h"

#include <pthread.h>
#include <stdlib.h>

#include "enroll/chain.h"
#include "enroll/line.h"
#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

enum {
	MANY = 20000,
	THREADS = 8,
};

static struct journal *journal;

static struct bytes
name_of(unsigned i, char room[32])
{
	snprintf(room, 32, "request-%u", i);
	return bytes_of(room);
}

static void
test_signer_journal__claims(void)
{
	static const uint8_t a[DIGEST_BYTES] = {1}, b[DIGEST_BYTES] = {2};
	char room[32];
	struct err e = {0};
	unsigned wrong = 0;

	check_int(
	    "signer_journal__new", journal_claim(journal, BYTES("r-1"), a, &e), 1);
	check_int(
	    "signer_journal__same", journal_claim(journal, BYTES("r-1"), a, &e), 0);
	check_int("signer_journal__others", journal_claim(journal, BYTES("r-1"), b, &e),
	    ERR_POLICY);
	check_int("signer_journal__still_the_same",
	    journal_claim(journal, BYTES("r-1"), a, &e), 0);
	check(journal_has(journal, BYTES("r-1")) && !journal_has(journal, BYTES("r-2")),
	    "signer_journal__has", "wrong");
	for (unsigned i = 0; i < MANY; i++)
		wrong += journal_claim(journal, name_of(i, room), a, &e) != 1;
	for (unsigned i = 0; i < MANY; i++)
		wrong += journal_claim(journal, name_of(i, room), a, &e) != 0 ||
			 journal_claim(journal, name_of(i, room), b, &e) != ERR_POLICY;
	check_int("signer_journal__many", wrong, 0);
	check_int("signer_journal__count", (long long)journal_count(journal), MANY + 1);
}

/* Every thread with bytes of its own, for the same requests. */
static void *
claim_all(void *arg)
{
	uint8_t own[DIGEST_BYTES] = {0};
	unsigned *won = arg;
	char room[32];

	memcpy(own, &arg, sizeof(arg));
	for (unsigned i = MANY; i < 2 * MANY; i++)
		*won += journal_claim(journal, name_of(i, room), own, NULL) == 1;
	return NULL;
}

static void
test_signer_journal__threads(void)
{
	pthread_t thread[THREADS];
	unsigned won[THREADS] = {0}, all = 0;

	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, claim_all, &won[i]);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		all += won[i];
	}
	check_int("signer_journal__one_winner_a_request", all, MANY);
}

static void
add_sign(struct chain *log, const char *request, const char *tbs)
{
	struct err e = {0};

	check(chain_add(log, 1, "sign",
		  json_pack("{s:s, s:s}", "request", request, "tbs", tbs), &e) == 0,
	    "signer_journal__log_written", "%s", e.text);
}

static void
test_signer_journal__log(void)
{
	char path[SCRATCH_MAX], file[SCRATCH_MAX + 20], tbs[DIGEST_TEXT + 1];
	uint8_t hash[DIGEST_BYTES];
	struct chain *log;
	uint64_t number;
	struct err e = {0};

	scratch_make(path);
	snprintf(file, sizeof(file), "%s/audit.log", path);
	check(journal_open(file, &journal, &number, &e) == 0 && number == 0,
	    "signer_journal__no_log", "%s", e.text);
	journal_free(&journal);
	digest_sha256(BYTES("bytes"), hash);
	digest_sha256_text(BYTES("bytes"), tbs);
	check(chain_open(file, &log, &e) == 0, "signer_journal__log", "%s", e.text);
	add_sign(log, "r-1", tbs);
	chain_add(log, 1, "crl", json_pack("{s:i}", "number", 77), &e);
	chain_add(log, 1, "crl", json_pack("{s:i}", "number", 76), &e);
	check(journal_open(file, &journal, &number, &e) == 0, "signer_journal__read",
	    "%s", e.text);
	check_int("signer_journal__crl_number", (long long)number, 77);
	check_int("signer_journal__logged_same",
	    journal_claim(journal, BYTES("r-1"), hash, &e), 0);
	hash[0] ^= 1;
	check_int("signer_journal__logged_others",
	    journal_claim(journal, BYTES("r-1"), hash, &e), ERR_POLICY);
	journal_free(&journal);
	tbs[0] = tbs[0] == '0' ? '1' : '0';
	add_sign(log, "r-1", tbs);
	check(
	    journal_open(file, &journal, &number, &e) == ERR_POLICY && journal == NULL,
	    "signer_journal__log_with_two", "got %d: %s", e.code, e.text);
	chain_close(&log);
	scratch_remove(path);
}

int
main(void)
{
	char path[SCRATCH_MAX], file[SCRATCH_MAX + 20];
	uint64_t number;
	struct err e = {0};

	line_init();
	scratch_make(path);
	snprintf(file, sizeof(file), "%s/none", path);
	if (journal_open(file, &journal, &number, &e) == 0) {
		test_signer_journal__claims();
		test_signer_journal__threads();
	}
	journal_free(&journal);
	scratch_remove(path);
	test_signer_journal__log();
	return check_done();
}
