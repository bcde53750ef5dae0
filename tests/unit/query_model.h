/*
 * A small directory for the oracle of the query plan: entries as they are stored
 * and as they would be sent, and a plain evaluator of filters over either. It
 * knows RFC 4511 section 4.5.1.7 and nothing of plans.
 */
#ifndef CHANCERY_TESTS_QUERY_MODEL_H
#define CHANCERY_TESTS_QUERY_MODEL_H

#include "tests/unit/query_world.h"

enum shown {
	HIDDEN = 1,	/* stored, never sent */
	SHOWN = 2,	/* stored and sent */
	STORED_ONLY = 4 /* a certificate that is not published */
};

struct model_value {
	const char *attr, *value;
	enum shown shown;
};

struct model_entry {
	struct model_value values[14];
};

#define PERSON(cn, given, sn, mail)                                                    \
	{"objectClass", "inetOrgPerson", SHOWN}, {"cn", cn, SHOWN},                    \
	    {"displayName", cn, SHOWN}, {"givenName", given, SHOWN},                   \
	    {"sn", sn, SHOWN},                                                         \
	{                                                                              \
		"mail", mail, SHOWN                                                    \
	}

static const struct model_entry model[] = {
    {{PERSON("anna muster", "anna", "muster", "anna.muster@example.com"),
	{"mail", "anna@example.com", SHOWN}, {"o", "example", SHOWN},
	{"uid", "anna", HIDDEN}, {"userCertificate", "1", SHOWN}}},
    {{PERSON("bruno keller", "bruno", "keller", "bruno.keller@example.com"),
	{"o", "example", SHOWN}, {"uid", "bruno", HIDDEN},
	{"userCertificate", "1", SHOWN}, {"userCertificate", "2", STORED_ONLY},
	{"userSMIMECertificate", "3", SHOWN}}},
    {{PERSON("carla rossi", "carla", "rossi", "carla.rossi@example.com"),
	{"o", "example", SHOWN}, {"uid", "carla", HIDDEN},
	{"userCertificate", "1", STORED_ONLY}}},
    {{PERSON("dora weiss", "dora", "weiss", "dora.weiss@example.com"),
	{"o", "example", SHOWN}, {"userCertificate", "1", STORED_ONLY},
	{"userSMIMECertificate", "2", STORED_ONLY}}},
    {{PERSON("zoë müller", "zoë", "müller", "zoe.mueller@example.com"),
	{"o", "example", SHOWN}, {"userSMIMECertificate", "1", SHOWN}}},
    {{PERSON("jürgen mueller", "jürgen", "mueller", "jm@xn--mller-kva.example"),
	{"o", "other", SHOWN}}},
    {{PERSON("petra partner", "petra", "partner", "petra@partner.example"),
	{"userCertificate", "1", SHOWN}, {"userPassword", "secret", HIDDEN}}},
    {{{"objectClass", "inetOrgPerson", SHOWN}, {"cn", "info", SHOWN},
	{"sn", "info", SHOWN}, {"mail", "info@example.com", SHOWN},
	{"userPassword", "secret", HIDDEN}}},
    {{{"objectClass", "inetOrgPerson", SHOWN}, {"cn", "a", SHOWN}, {"sn", "b", SHOWN}}},
    {{{"objectClass", "inetOrgPerson", SHOWN}, {"cn", "muster", SHOWN},
	{"sn", "anna", SHOWN}, {"mail", "example.com", SHOWN},
	{"userCertificate", "9", SHOWN}}},
};

enum view {
	AS_STORED,
	AS_SENT
};

static bool
model_visible(const struct model_value *v, enum view view)
{
	return view == AS_STORED || v->shown == SHOWN;
}

/* Finds a substring without case; at: where it must begin, or -1. */
static long
model_find(struct bytes in, struct bytes what, size_t from)
{
	for (size_t i = from; i + what.n <= in.n; i++)
		if (bytes_equal_nocase((struct bytes){in.p + i, what.n}, what))
			return (long)i;
	return -1;
}

static bool
model_substring(const struct query *q, struct bytes v)
{
	size_t at = q->initial.n;

	if (at > v.n || !bytes_equal_nocase((struct bytes){v.p, at}, q->initial))
		return false;
	for (size_t i = 0; i < q->n_any; i++) {
		long found = model_find(v, q->any[i], at);

		if (found < 0)
			return false;
		at = (size_t)found + q->any[i].n;
	}
	if (at + q->final.n > v.n)
		return false;
	return bytes_equal_nocase(
	    (struct bytes){v.p + v.n - q->final.n, q->final.n}, q->final);
}

static bool
model_value_matches(const struct query *q, struct bytes v)
{
	if (q->op == QUERY_PRESENT)
		return true;
	return q->op == QUERY_EQUAL ? bytes_equal_nocase(q->value, v)
				    : model_substring(q, v);
}

/* One part on one entry; the attribute without its options. */
static bool
model_part(const struct query *q, struct bytes attr, const struct model_entry *e,
    enum view view)
{
	for (size_t i = 0; i < NITEMS(e->values) && e->values[i].attr != NULL; i++) {
		const struct model_value *v = &e->values[i];

		if (model_visible(v, view) &&
		    bytes_equal_nocase(attr, bytes_of(v->attr)) &&
		    model_value_matches(q, bytes_of(v->value)))
			return true;
	}
	return false;
}

/* A filter that names nothing unknown, as plans must be. */
static bool
model_filter(const struct query *q, const struct model_entry *e, enum view view)
{
	switch (q->op) {
	case QUERY_AND:
		for (const struct query *c = q->child; c != NULL; c = c->next)
			if (!model_filter(c, e, view))
				return false;
		return true;
	case QUERY_OR:
		for (const struct query *c = q->child; c != NULL; c = c->next)
			if (model_filter(c, e, view))
				return true;
		return false;
	case QUERY_NOT:
		return !model_filter(q->child, e, view);
	case QUERY_TRUE:
		return true;
	case QUERY_FALSE:
		return false;
	default:
		return model_part(q, q->attr, e, view);
	}
}

#endif
