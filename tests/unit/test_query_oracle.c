/*
 * An oracle for the query plan: random filters, answered once by a plain
 * evaluator of the rules in query.h, straight from the client's tree, and once by
 * the plan: candidates over the entries as stored, exact over them as sent.
 *
 * With plain values both must find the same entries. With values that are given
 * alternatives (umlauts, two words, tags) the plan finds at least what the filter
 * itself says, and nothing that has none of the words in any spelling. Always:
 * what exact finds is among the candidates, no hidden attribute stands in a plan,
 * a plan of a plan is that plan, and an unknown part never brings everybody.
 *
 * SEED=n repeats a run, FILTERS=n makes it longer; a failure prints the seed and
 * the filter.
 */
#include "tests/unit/check.h"
#include "tests/unit/query_model.h"

#include <time.h>

enum {
	FILTERS = 12500, /* of each of four sorts */
	FILTER_SIZE = 8192,
	ARENA_LIMIT = 32 * 1024 * 1024
};

/* --- random filters ----------------------------------------------------------------
 */

static uint64_t seed, state;

/* splitmix64 */
static unsigned
roll(unsigned n)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ z >> 31) % n);
}

#define PICK(list) list[roll(NITEMS(list))]

/* Values of the first pool need no alternatives. */
static const char *const plain_values[] = {"anna", "muster", "bruno", "keller", "a",
    "b", "info", "petra", "carla.rossi", "example", "@", ".", "anna@example.com",
    "anna.muster@example.com", "info@example.com", "example.com", "nobody"};
static const char *const rich_values[] = {"anna muster", "muster anna", "Muster, Anna",
    "müller", "mueller", "Zoë Müller", "jürgen müller", "juergen mueller", "weiss",
    "weiß", "dora weiß", "anna+x@example.com", "jm@müller.example",
    "jm+a@müller.example", "anna", "a", "@", "Bruno Keller", "anna.muster@example.com",
    "müller.example", "ue"};

static const char *const known_attrs[] = {"cn", "sn", "givenName", "displayName",
    "mail", "o", "MAIL", "2.5.4.3", "commonName"};
static const char *const unknown_attrs[] = {"uid", "userPassword", "ircnick",
    "cn:dn:", "legacyExchangeDN", ":caseIgnoreMatch:"};
static const char *const foreign_attrs[] = {"anr", "mailNickname", "display-name",
    "email", "userPrincipalName", "proxyAddresses", "otherMailbox"};
static const char *const fixed[] = {"(userCertificate=*)", "(userCertificate;binary=*)",
    "(userSMIMECertificate=*)", "(userSMIMECertificate;binary=*)", "(2.5.4.36=*)",
    "(objectClass=*)", "(objectClass=inetOrgPerson)", "(&)", "(|)", "(?=undefined)",
    "(uid=*)", "(mail=*)", "(cn=*)", "(o=*)"};

static void
put(char *out, const char *text)
{
	strncat(out, text, FILTER_SIZE - strlen(out) - 1);
}

static void
put_part(char *out, bool rich)
{
	static const char *const open[] = {"=", "=", "=*", "="};
	static const char *const end[] = {"", "*", "*", "*"};
	const char *attr, *value = rich ? PICK(rich_values) : PICK(plain_values);
	unsigned shape = roll(4), kind = roll(10);

	if (kind == 0) {
		put(out, PICK(fixed));
		return;
	}
	attr = kind == 1   ? PICK(unknown_attrs)
	       : kind == 2 ? PICK(foreign_attrs)
			   : PICK(known_attrs);
	put(out, "(");
	put(out, attr);
	/* an extensible match has no wildcards */
	put(out, attr[strlen(attr) - 1] == ':' ? "=" : open[shape]);
	put(out, value);
	put(out, attr[strlen(attr) - 1] == ':' ? "" : end[shape]);
	put(out, ")");
}

static void
put_filter(char *out, unsigned depth, bool rich, bool negate)
{
	unsigned kind = depth == 0 ? 0 : roll(6);
	unsigned n = 1 + roll(4);

	if (strlen(out) > FILTER_SIZE / 2 || kind < 2 || (kind == 5 && !negate)) {
		put_part(out, rich);
		return;
	}
	put(out, kind == 5 ? "(!" : kind == 4 ? "(&" : roll(2) != 0 ? "(|" : "(&");
	for (unsigned i = 0; i < (kind == 5 ? 1 : n); i++)
		put_filter(out, depth - 1, rich, negate);
	put(out, ")");
}

/* --- the rules, straight from the tree
 * -------------------------------------------------- */

/* What a part is, whatever the entry. */
enum standing {
	UNKNOWN,
	ALWAYS,
	NEVER,
	KNOWN
};

/* How parts are matched: to the letter, or in any spelling and order. */
enum manner {
	TO_THE_LETTER,
	WIDELY
};

static const char *
ref_attr(const struct query *q)
{
	static const struct {
		const char *from, *to;
	} names[] = {{"cn", "cn"}, {"2.5.4.3", "cn"}, {"commonName", "cn"},
	    {"sn", "sn"}, {"givenName", "givenName"}, {"displayName", "displayName"},
	    {"mail", "mail"}, {"o", "o"}, {"objectClass", "objectClass"},
	    {"display-name", "displayName"}, {"email", "mail"},
	    {"userPrincipalName", "mail"}, {"proxyAddresses", "mail"},
	    {"otherMailbox", "mail"}, {"mailNickname", "mailNickname"}, {"anr", "anr"},
	    {"userCertificate", "userCertificate"}, {"2.5.4.36", "userCertificate"},
	    {"userCertificate;binary", "userCertificate"},
	    {"userSMIMECertificate", "userSMIMECertificate"},
	    {"userSMIMECertificate;binary", "userSMIMECertificate"}};

	for (size_t i = 0; i < NITEMS(names) && q->op != QUERY_EXTENSIBLE; i++)
		if (bytes_equal_nocase(q->attr, bytes_of(names[i].from)))
			return names[i].to;
	return NULL;
}

static bool
is_operator(const struct query *q)
{
	return q->op == QUERY_AND || q->op == QUERY_OR || q->op == QUERY_NOT;
}

/* Below mail only ASCII, or a domain beyond it, can be meant (rich values). */
static bool
ref_part_unknown(const struct query *q)
{
	const char *attr = ref_attr(q);

	return q->op == QUERY_UNKNOWN || attr == NULL;
}

static enum standing ref_class(const struct query *q);
static int ref_grade(const struct query *q);

/* AND and OR of one operand are that operand. */
static const struct query *
unwrap(const struct query *q)
{
	while ((q->op == QUERY_AND || q->op == QUERY_OR) && q->child->next == NULL)
		q = q->child;
	return q;
}

/* AND sees through ANDs, and through what has one operand. Calls f for each. */
struct and_of {
	bool unknown, known, never;
	int grade;
};

static void
ref_and_scan(const struct query *q, struct and_of *a)
{
	for (const struct query *c = q->child; c != NULL; c = c->next) {
		if (c->op == QUERY_AND ||
		    (c->op == QUERY_OR && c->child->next == NULL)) {
			ref_and_scan(c, a);
			continue;
		}
		switch (ref_class(c)) {
		case UNKNOWN:
			a->unknown = true;
			break;
		case NEVER:
			a->never = true;
			break;
		case KNOWN:
			a->known = true;
			a->grade = ref_grade(c) > a->grade ? ref_grade(c) : a->grade;
			break;
		case ALWAYS:
			break;
		}
	}
}

static enum standing
ref_class_and(const struct query *q)
{
	struct and_of a = {0};

	ref_and_scan(q, &a);
	if (a.never)
		return NEVER;
	if (a.unknown && !a.known)
		return UNKNOWN;
	if (a.unknown && a.grade < 2)
		return NEVER;
	return a.known ? KNOWN : ALWAYS;
}

static enum standing
ref_class_or(const struct query *q)
{
	bool never = false, known = false;

	for (const struct query *c = q->child; c != NULL; c = c->next) {
		enum standing one = ref_class(c);

		if (one == ALWAYS)
			return ALWAYS;
		never = never || one == NEVER;
		known = known || one == KNOWN;
	}
	return known ? KNOWN : never ? NEVER : UNKNOWN;
}

static enum standing
ref_class(const struct query *q)
{
	const struct query *child;
	enum standing one;

	switch (q->op) {
	case QUERY_AND:
		return ref_class_and(q);
	case QUERY_OR:
		return ref_class_or(q);
	case QUERY_NOT:
		one = ref_class(q->child);
		child = unwrap(q->child);
		if (one == ALWAYS || (child->op == QUERY_PRESENT && one == KNOWN &&
					 strcmp(ref_attr(child), "objectClass") == 0))
			return NEVER;
		return one == KNOWN ? KNOWN : ALWAYS;
	case QUERY_TRUE:
		return ALWAYS;
	case QUERY_FALSE:
		return NEVER;
	default:
		return ref_part_unknown(q) ? UNKNOWN : KNOWN;
	}
}

static bool
tells(struct bytes v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= 0x80 || (v.p[i] | 0x20) >= 'a' ||
		    (v.p[i] >= '0' && v.p[i] <= '9'))
			return true;
	return false;
}

/* 2 names somebody, 1 narrows, 0 nothing. */
static int
ref_grade_part(const struct query *q)
{
	const char *attr = ref_attr(q);
	bool any = tells(q->value) || tells(q->initial) || tells(q->final);

	for (size_t i = 0; i < q->n_any; i++)
		any = any || tells(q->any[i]);
	if (!any || strcmp(attr, "objectClass") == 0 || q->op == QUERY_PRESENT)
		return 0;
	return strcmp(attr, "o") == 0 ? 1 : 2;
}

static int
ref_grade(const struct query *q)
{
	int best = 0;

	if (q->op == QUERY_NOT)
		return 0;
	if (!is_operator(q))
		return ref_grade_part(q);
	for (const struct query *c = q->child; c != NULL; c = c->next) {
		int one;

		if (ref_class(c) != KNOWN)
			continue;
		one = ref_grade(c);
		if (q->op == QUERY_OR && one == 0)
			return 0;
		best = one > best ? one : best;
	}
	return best;
}

/* --- parts on entries
 * -------------------------------------------------------------------- */

/* Lower case, umlauts written out. */
static struct bytes
fold(struct arena *a, struct bytes in)
{
	uint8_t *p = arena_alloc(a, in.n);
	size_t n = 0;

	if (p == NULL)
		abort();
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i], d = i + 1 < in.n ? in.p[i + 1] : 0;
		const char *two = c != 0xc3   ? NULL
				  : d == 0xa4 ? "ae"
				  : d == 0xb6 ? "oe"
				  : d == 0xbc ? "ue"
				  : d == 0x9f ? "ss"
					      : NULL;

		p[n++] = two == NULL ? byte_lower(c) : (uint8_t)two[0];
		if (two != NULL) {
			p[n++] = (uint8_t)two[1];
			i++;
		}
	}
	return (struct bytes){p, n};
}

static bool
holds(const struct model_entry *e, const char *attr, struct bytes word, struct arena *a)
{
	for (size_t i = 0; i < NITEMS(e->values) && e->values[i].attr != NULL; i++)
		if (strcmp(e->values[i].attr, attr) == 0 &&
		    model_find(fold(a, bytes_of(e->values[i].value)), word, 0) >= 0)
			return true;
	return false;
}

/* Whether every word of the part stands somewhere in the entry's names or mail, in
 * any spelling, a tag and what makes an A-label aside. */
static bool
ref_part_widely(const struct query *q, const struct model_entry *e)
{
	static const char *const where[] = {
	    "cn", "sn", "givenName", "displayName", "mail", "o"};
	char buf[4096];
	struct arena a;
	bool all = true;

	arena_init(&a, buf, sizeof(buf), 65536);
	for (size_t i = 0; i < q->n_any + 3; i++) {
		struct bytes v = i == 0	  ? q->value
				 : i == 1 ? q->initial
				 : i == 2 ? q->final
					  : q->any[i - 3];

		v = fold(&a, v);
		for (size_t from = 0, to; from < v.n; from = to + 1) {
			struct bytes word;
			bool one = false;

			for (to = from; to < v.n && strchr(" ,@+", v.p[to]) == NULL;)
				to++;
			word = (struct bytes){v.p + from, to - from};
			if (from > 0 && v.p[from - 1] == '+')
				continue;
			if (model_find(word, BYTES("mueller.example"), 0) >= 0)
				word = BYTES("xn--mller-kva.example");
			for (size_t k = 0; k < NITEMS(where); k++)
				one = one || holds(e, where[k], word, &a);
			all = all && one;
		}
	}
	arena_fini(&a);
	return all;
}

static bool
ref_part_anr(const struct query *q, const struct model_entry *e)
{
	static const char *const where[] = {
	    "cn", "sn", "givenName", "displayName", "mail"};
	struct query begins = *q;

	if (q->op == QUERY_EQUAL) {
		begins.op = QUERY_SUBSTRING;
		begins.initial = q->value;
	}
	for (size_t i = 0; i < NITEMS(where); i++)
		if (model_part(&begins, bytes_of(where[i]), e, AS_SENT))
			return true;
	return false;
}

/* The local part of one of the addresses. */
static bool
ref_part_nickname(const struct query *q, const struct model_entry *e)
{
	for (size_t i = 0; i < NITEMS(e->values) && e->values[i].attr != NULL; i++) {
		struct bytes v = bytes_of(e->values[i].value);
		const char *at = strchr(e->values[i].value, '@');

		if (strcmp(e->values[i].attr, "mail") != 0)
			continue;
		/* without a final piece it may reach behind the '@' */
		if (at == NULL && (q->op == QUERY_EQUAL || q->final.n > 0))
			continue;
		if (q->op == QUERY_EQUAL || q->final.n > 0)
			v.n = (size_t)(at - e->values[i].value);
		if (model_value_matches(q, v))
			return true;
	}
	return false;
}

static bool
ref_part(const struct query *q, const struct model_entry *e, enum manner manner)
{
	const char *attr = ref_attr(q);
	bool names = strcmp(attr, "objectClass") != 0 && q->op != QUERY_PRESENT;

	if (manner == WIDELY && names)
		return ref_part_widely(q, e);
	if (strcmp(attr, "anr") == 0)
		return ref_part_anr(q, e);
	if (strcmp(attr, "mailNickname") == 0)
		return ref_part_nickname(q, e);
	return model_part(q, bytes_of(attr), e, AS_SENT);
}

/* Whether the filter, by the rules, finds the entry; only for class KNOWN. */
static bool
ref_finds(const struct query *q, const struct model_entry *e, enum manner manner)
{
	q = unwrap(q);
	switch (q->op) {
	case QUERY_AND:
		for (const struct query *c = q->child; c != NULL; c = c->next) {
			enum standing one = ref_class(c);
			/* inside of an AND an unknown one waits for the outermost */
			bool through = unwrap(c)->op == QUERY_AND;

			if (through ? !ref_finds(c, e, manner)
				    : one == NEVER ||
					  (one == KNOWN && !ref_finds(c, e, manner)))
				return false;
		}
		return true;
	case QUERY_OR:
		for (const struct query *c = q->child; c != NULL; c = c->next) {
			enum standing one = ref_class(c);

			if (one == ALWAYS || (one == KNOWN && ref_finds(c, e, manner)))
				return true;
		}
		return false;
	case QUERY_NOT:
		return ref_class(q->child) != KNOWN || !ref_finds(q->child, e, manner);
	default:
		return ref_part(q, e, manner);
	}
}

static bool
ref_answer(const struct query *q, const struct model_entry *e, enum manner manner)
{
	enum standing whole = ref_class(q);

	return whole == ALWAYS || (whole == KNOWN && ref_finds(q, e, manner));
}

/* Some part that names or narrows holds for the entry, in any spelling. */
static bool
ref_named(const struct query *q, const struct model_entry *e)
{
	if (!is_operator(q))
		return q->op != QUERY_TRUE && q->op != QUERY_FALSE &&
		       !ref_part_unknown(q) && ref_grade_part(q) > 0 &&
		       ref_part(q, e, WIDELY);
	for (const struct query *c = q->child; c != NULL; c = c->next)
		if (ref_named(c, e))
			return true;
	return false;
}

static bool
has_unknown(const struct query *q)
{
	if (!is_operator(q))
		return q->op == QUERY_UNKNOWN ||
		       (q->op != QUERY_TRUE && q->op != QUERY_FALSE &&
			   ref_part_unknown(q));
	for (const struct query *c = q->child; c != NULL; c = c->next)
		if (has_unknown(c))
			return true;
	return false;
}

/* The filter if every unknown part were false, as LDAP itself would have it. */
static bool
without_unknown(const struct query *q, const struct model_entry *e)
{
	switch (q->op) {
	case QUERY_AND:
		for (const struct query *c = q->child; c != NULL; c = c->next)
			if (!without_unknown(c, e))
				return false;
		return true;
	case QUERY_OR:
		for (const struct query *c = q->child; c != NULL; c = c->next)
			if (without_unknown(c, e))
				return true;
		return false;
	case QUERY_TRUE:
		return true;
	case QUERY_FALSE:
		return false;
	default:
		return !ref_part_unknown(q) && ref_part(q, e, WIDELY);
	}
}

/* --- the plan
 * ------------------------------------------------------------------------------ */

struct run {
	const char *name;
	bool rich, negate;
	size_t failed, found, nothing, unchanged, with_exact;
};

static void
fail(struct run *r, const char *filter, const char *why, size_t entry)
{
	if (r->failed++ < 5)
		printf("# %s: seed %llu, entry %zu: %s\n#   %s\n", r->name,
		    (unsigned long long)seed, entry, why, filter);
}

static bool
names_published_only(const struct query *q)
{
	for (const struct query *c = q->child; c != NULL; c = c->next)
		if (!names_published_only(c))
			return false;
	return is_operator(q) || world_is_published(q->attr, NULL);
}

struct planned {
	struct query_plan plan;
	const struct query *candidates, *exact;
};

static const struct query_rules rules = {true, world_is_published, NULL};

/* The plan's filters, read back; a plan of them changes nothing. */
static bool
read_plan(struct run *r, const char *filter, struct arena *a, const struct query *asked,
    struct planned *p)
{
	struct query_plan again;
	struct query *q;

	p->candidates = p->plan.unchanged ? asked : NULL;
	p->exact = NULL;
	if (p->plan.unchanged)
		return true;
	if (query_parse(bytes_of(p->plan.candidates), NULL, a, &q, NULL) < 0)
		return fail(r, filter, "candidates cannot be read", 0), false;
	p->candidates = q;
	if (p->plan.exact == NULL) {
		if (query_plan(q, &rules, a, &again, NULL) < 0 ||
		    !(again.unchanged ||
			strcmp(again.candidates, p->plan.candidates) == 0))
			fail(r, filter, "a plan of the plan differs", 0);
	} else {
		if (query_parse(bytes_of(p->plan.exact), NULL, a, &q, NULL) < 0)
			return fail(r, filter, "exact cannot be read", 0), false;
		p->exact = q;
		if (query_plan(q, &rules, a, &again, NULL) < 0 || again.exact == NULL ||
		    strcmp(again.exact, p->plan.exact) != 0)
			fail(r, filter, "a plan of exact differs", 0);
	}
	if (!names_published_only(p->candidates) ||
	    (p->exact != NULL && !names_published_only(p->exact)))
		fail(r, filter, "a hidden attribute stands in the plan", 0);
	return true;
}

/* Attributes have many names; the model has one of each. */
static struct query *
canonical(struct query *q)
{
	for (struct query *c = q->child; c != NULL; c = c->next)
		canonical(c);
	if (!is_operator(q) && ref_attr(q) != NULL)
		q->attr = bytes_of(ref_attr(q));
	return q;
}

static void
compare(struct run *r, const char *filter, const struct query *asked,
    const struct planned *p, size_t i)
{
	const struct model_entry *e = &model[i];
	bool candidate = !p->plan.nothing && model_filter(p->candidates, e, AS_STORED);
	bool exact = p->exact == NULL || model_filter(p->exact, e, AS_SENT);
	bool found = candidate && exact;

	if (p->exact != NULL && exact && !candidate && !p->plan.nothing)
		fail(r, filter, "exact finds what is no candidate", i);
	if (!r->rich && found != ref_answer(asked, e, TO_THE_LETTER))
		fail(r, filter, found ? "found too much" : "missed", i);
	if (r->rich && !r->negate) {
		if (!found && ref_answer(asked, e, TO_THE_LETTER))
			fail(r, filter, "missed what is there to the letter", i);
		if (found && !ref_answer(asked, e, WIDELY))
			fail(r, filter, "found what has none of the words", i);
	}
	if (!r->negate && found && has_unknown(asked) && !without_unknown(asked, e) &&
	    !ref_named(asked, e))
		fail(r, filter, "an unknown part brought somebody whom nothing names",
		    i);
	r->found += found;
}

static void
one(struct run *r, const char *filter)
{
	char buf[16384];
	struct arena a;
	struct err e = {0};
	struct query *asked, *raw;
	struct planned p;

	arena_init(&a, buf, sizeof(buf), ARENA_LIMIT);
	if (world_read(&a, bytes_of(filter), &asked, &e) < 0 ||
	    world_read(&a, bytes_of(filter), &raw, &e) < 0 ||
	    query_plan(asked, &rules, &a, &p.plan, &e) < 0) {
		fail(r, filter, e.text, 0);
	} else if (read_plan(r, filter, &a, canonical(raw), &p)) {
		for (size_t i = 0; i < NITEMS(model); i++)
			compare(r, filter, asked, &p, i);
		r->nothing += p.plan.nothing;
		r->unchanged += p.plan.unchanged;
		r->with_exact += p.exact != NULL;
	}
	arena_fini(&a);
}

int
main(void)
{
	static struct run runs[] = {
	    {.name = "query_oracle__plain", .negate = true},
	    {.name = "query_oracle__plain_without_not"},
	    {.name = "query_oracle__rich", .rich = true},
	    {.name = "query_oracle__rich_with_not", .rich = true, .negate = true},
	};
	const char *given = getenv("SEED"), *count = getenv("FILTERS");
	size_t filters = count != NULL ? strtoull(count, NULL, 10) : FILTERS;

	seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	for (size_t i = 0; i < NITEMS(runs); i++) {
		struct run *r = &runs[i];

		state = seed + i;
		for (size_t k = 0; k < filters; k++) {
			char filter[FILTER_SIZE] = "";

			put_filter(filter, 4, r->rich, r->negate);
			one(r, filter);
		}
		printf(
		    "note %s: seed %llu, %zu filters, %zu entries found, %zu nothing, "
		    "%zu unchanged, %zu with exact\n",
		    r->name, (unsigned long long)seed, filters, r->found, r->nothing,
		    r->unchanged, r->with_exact);
		check(r->failed == 0 && r->found > filters / 10 &&
			  r->with_exact > filters / 50,
		    r->name, "%zu differences, seed %llu", r->failed,
		    (unsigned long long)seed);
	}
	return check_done();
}
