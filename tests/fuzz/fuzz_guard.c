/*
 * Any bytes as a value of userCertificate and of userSMIMECertificate: the guard
 * and the choice come to a verdict, and the two agree: what the guard accepts is
 * well-formed, of a person, for an address of the entry, and has not ended; what
 * it refuses has a sentence without control characters. The first byte says how
 * many addresses the entry has.
 */
#include "core/choice.h"
#include "core/guard.h"
#include "core/recognize.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define NOW INT64_C(1700000000)

static const struct bytes mail[] = {BYTES("anna@example.com"), BYTES("example.com"),
    BYTES("zoe@xn--mller-kva.example")};

static void
check_sentence(int rc, const struct err *e)
{
	if ((rc == 0) != (e->text[0] == '\0') || (rc < 0 && e->code != rc))
		abort();
	for (const char *c = e->text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			abort();
}

static void
check_judgement(const struct choice_judgement *j, bool accepted)
{
	enum choice_reason now = choice_at(j, NOW);
	size_t order[1];

	if (accepted && (now == CHOICE_MALFORMED || now == CHOICE_EMPTY ||
			    now == CHOICE_AUTHORITY || now == CHOICE_ADDRESS ||
			    now == CHOICE_CRITICAL || now == CHOICE_EXPIRED))
		abort();
	if (now == CHOICE_PUBLISHED && (j->from > NOW || j->until <= NOW))
		abort();
	if (choice_rank(j, 1, NOW, order, 1) != (now == CHOICE_PUBLISHED))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes value = {data + 1, n - 1};
	struct choice_judgement j;
	struct err e = {0};
	char line[400];
	size_t n_mail;
	struct cert c;
	int rc;

	if (n == 0)
		return 0;
	n_mail = data[0] % (NITEMS(mail) + 1);
	rc = guard_check(GUARD_CERTIFICATE, value, mail, n_mail, NOW, &e);
	check_sentence(rc, &e);
	if (rc == 0 && recognize_is_secret(recognize(value)))
		abort();
	choice_judge_value(value, mail, n_mail, NULL, NULL, &j);
	check_judgement(&j, rc == 0);
	if (cert_parse(value, &c, NULL) == 0)
		choice_line(&c, &j, choice_at(&j, NOW), line, sizeof(line));

	e = (struct err){0};
	rc = guard_check(GUARD_SIGNED, value, mail, n_mail, NOW, &e);
	check_sentence(rc, &e);
	choice_judge_signed(value, mail, n_mail, NULL, NULL, NOW, &j);
	if (rc < 0)
		check_judgement(&j, false);
	else if (choice_at(&j, NOW) == CHOICE_MALFORMED)
		abort();
	return 0;
}
