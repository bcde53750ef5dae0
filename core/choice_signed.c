/*
 * Judging userSMIMECertificate (contract in choice.h): a SignedData that holds
 * several certificates, of which one that can be published is enough. Split from
 * choice.c because only here are many intervals made one. Called as that is.
 */
#include "core/choice.h"

/* When the certificates inside can be published. */
struct spans {
	struct span {
		int64_t from, until;
	} span[CMS_MAX_CERTS];
	size_t n;
};

/* How near a judgement is to being published: reasons come in that order, but a
 * certificate that will be valid is nearer than one that was. */
static int
nearness(const struct choice_judgement *j, int64_t now)
{
	enum choice_reason r = choice_at(j, now);

	if (r == CHOICE_PUBLISHED)
		return 2 * CHOICE__MAX;
	return r == CHOICE_NOT_YET ? CHOICE__MAX + 1 : (int)r;
}

/* Whether x is to stand for the value rather than y. */
static bool
nearer(const struct choice_judgement *x, const struct choice_judgement *y, int64_t now)
{
	int d = nearness(x, now) - nearness(y, now);

	if (d != 0)
		return d > 0;
	if (choice_at(x, now) == CHOICE_NOT_YET)
		return x->from < y->from;
	return x->until > y->until;
}

/* Widens the interval by all that touch it. The order of the certificates is a
 * stranger's, so until nothing more happens: at most n * n steps of few cycles. */
static void
spans_join(const struct spans *s, struct choice_judgement *j)
{
	bool grown;

	do {
		grown = false;
		for (size_t i = 0; i < s->n; i++) {
			const struct span *p = &s->span[i];

			if (p->from > j->until || p->until < j->from)
				continue;
			grown = grown || p->from < j->from || p->until > j->until;
			j->from = p->from < j->from ? p->from : j->from;
			j->until = p->until > j->until ? p->until : j->until;
		}
	} while (grown);
}

static void
spans_add(struct spans *s, const struct choice_judgement *j)
{
	if (j->lasting == CHOICE_PUBLISHED && !j->revoked && j->from < j->until &&
	    s->n < CMS_MAX_CERTS)
		s->span[s->n++] = (struct span){j->from, j->until};
}

void
choice_judge_signed(struct bytes cms, const struct bytes *mail, size_t n_mail,
    choice_revoked_fn *revoked, void *ctx, int64_t now, struct choice_judgement *out)
{
	struct choice_judgement best = {.lasting = CHOICE_EMPTY}, one;
	struct spans spans = {.n = 0};
	struct cms reader;
	struct bytes der;
	size_t n = 0;
	int rc;

	*out = (struct choice_judgement){
	    .lasting = CHOICE_MALFORMED, .tie = choice_tie(cms)};
	if (cms_open(cms, &reader, NULL) < 0)
		return;
	while ((rc = cms_next(&reader, &der)) == 1) {
		choice_judge_value(der, mail, n_mail, revoked, ctx, &one);
		one.inside = n++;
		spans_add(&spans, &one);
		if (best.lasting == CHOICE_EMPTY || nearer(&one, &best, now))
			best = one;
	}
	if (rc < 0)
		return;
	if (best.lasting == CHOICE_PUBLISHED && !best.revoked)
		spans_join(&spans, &best);
	best.tie = out->tie;
	*out = best;
}
