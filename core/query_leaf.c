/*
 * One part of a filter (contract in query_leaf.h): the names of other
 * directories, certificates, names of people; addresses are in query_mail.c.
 * An attribute that is not published is unknown here, whatever the server
 * says: nothing of it may show in which entries are found. Called by
 * query_plan.c.
 */
#include "core/query_leaf.h"

#include "core/query_mail.h"
#include "core/query_names.h"
#include "core/query_words.h"
#include "core/utf8.h"

static struct query *
leaf_unknown(struct query_context *c)
{
	c->b.changed = true;
	return query_node(&c->b, QUERY_UNKNOWN);
}

/* The attribute is ours, but no value of it can be what is asked. */
static struct query *
leaf_never(struct query_context *c)
{
	c->b.changed = true;
	return query_node(&c->b, QUERY_FALSE);
}

static bool
leaf_published(const struct query_context *c, struct bytes name)
{
	return c->rules->is_published(name, c->rules->ctx);
}

static void
leaf_names_kinds(struct query_context *c, unsigned kinds)
{
	if (c->nots == 0)
		c->kinds |= kinds;
}

/* The attribute as the plan spells it, with its options. */
static struct bytes
leaf_description(
    struct query_context *c, const struct query *q, const struct query_attr *row)
{
	struct bytes base = query_attr_base(q->attr);
	size_t options = q->attr.n - base.n;
	uint8_t *p;

	if (options == 0)
		return row->name;
	if (bytes_equal_nocase(base, row->name))
		return q->attr;
	if ((p = query_bytes(&c->b, row->name.n + options)) == NULL)
		return q->attr;
	memcpy(p, row->name.p, row->name.n);
	memcpy(p + row->name.n, q->attr.p + base.n, options);
	return (struct bytes){p, row->name.n + options};
}

/* As asked, but for the spelling of the attribute. */
static struct query *
leaf_keep(struct query_context *c, const struct query *q, const struct query_attr *row)
{
	struct query *copy = query_copy(&c->b, q);

	if (row == NULL)
		return copy;
	leaf_names_kinds(c, row->kinds);
	if (copy != NULL)
		copy->attr = leaf_description(c, q, row);
	return copy;
}

bool
query_asks_certificate(const struct query *q)
{
	const struct query_attr *row = query_attr_find(query_attr_base(q->attr));

	return row != NULL && (row->traits & QUERY_TRAIT_CERTIFICATE) != 0;
}

/* Spelled without ";binary", which not every server takes for both. */
static struct query *
leaf_certificate(
    struct query_context *c, const struct query *q, const struct query_attr *row)
{
	struct query *copy;

	if (!query_attr_only_binary(q->attr))
		return leaf_unknown(c);
	if (!q->known && q->op != QUERY_PRESENT)
		return leaf_unknown(c);
	copy = query_copy(&c->b, q);
	if (copy == NULL)
		return NULL;
	copy->attr = row->name;
	copy->known = true;
	/* two spellings of one question are often asked together */
	c->b.expanded = true;
	c->certificates = true;
	return copy;
}

static struct query *
leaf_class(struct query_context *c, const struct query *q, const struct query_attr *row)
{
	struct bytes ours;

	if (q->op != QUERY_EQUAL)
		return q->known ? leaf_keep(c, q, row) : leaf_unknown(c);
	ours = query_class_foreign(q->value);
	if (ours.n > 0) {
		c->b.changed = true;
		return query_part(&c->b, QUERY_EQUAL, row->name, ours);
	}
	/* a class of other directories, like an attribute of theirs */
	if (!q->known)
		return leaf_unknown(c);
	leaf_names_kinds(c, query_class_kinds(q->value));
	return leaf_keep(c, q, row);
}

/* A person's name. `both`: also as given name and surname. */
static struct query *
leaf_name(struct query_context *c, const struct query *q, const struct query_attr *row,
    bool both)
{
	struct query_list either = {0};
	struct query asked = *q;

	if (q->op != QUERY_EQUAL && q->op != QUERY_SUBSTRING)
		return leaf_keep(c, q, row);
	asked.attr = leaf_description(c, q, row);
	query_add_spellings(&c->b, &asked, &either);
	if (both && leaf_published(c, BYTES("sn")) &&
	    leaf_published(c, BYTES("givenName")))
		query_add_names(&c->b, &asked, &either);
	return query_or(&c->b, &either);
}

static struct query *
leaf_ours(struct query_context *c, const struct query *q, const struct query_attr *row)
{
	unsigned traits = row == NULL ? 0 : row->traits;
	bool has_options = query_attr_base(q->attr).n < q->attr.n;

	if ((traits & QUERY_TRAIT_CERTIFICATE) != 0)
		return leaf_certificate(c, q, row);
	if ((traits & QUERY_TRAIT_CLASS) != 0)
		return leaf_class(c, q, row);
	if ((traits & QUERY_TRAIT_MAIL) != 0 && !has_options)
		return query_mail(c, q);
	if (!q->known)
		return leaf_never(c);
	if ((traits & QUERY_TRAIT_NAME) != 0)
		return leaf_name(
		    c, q, row, (traits & QUERY_TRAIT_FULL_NAME) != 0 && !has_options);
	return leaf_keep(c, q, row);
}

/* Values of names that the server does not know come unchecked. */
static bool
leaf_is_text(struct bytes v)
{
	return utf8_valid(v) && (v.n == 0 || memchr(v.p, '\0', v.n) == NULL);
}

static bool
leaf_is_all_text(const struct query *q)
{
	for (size_t i = 0; i < q->n_any; i++)
		if (!leaf_is_text(q->any[i]))
			return false;
	return leaf_is_text(q->value) && leaf_is_text(q->initial) &&
	       leaf_is_text(q->final) && (q->op != QUERY_EQUAL || q->value.n > 0);
}

/* The same question about one of our attributes. */
static struct query *
leaf_stand_in(struct query_context *c, const struct query *q, struct bytes attr)
{
	const struct query_attr *row = query_attr_find(attr);
	struct query asked = *q;

	if (!leaf_published(c, attr) || !leaf_is_all_text(q))
		return leaf_unknown(c);
	if (q->op != QUERY_EQUAL && q->op != QUERY_SUBSTRING && q->op != QUERY_PRESENT)
		return leaf_unknown(c);
	c->b.changed = c->b.expanded = true;
	asked.attr = attr;
	asked.known = true;
	return leaf_ours(c, &asked, row);
}

/* "smtp:a@b", in any case, is the address behind it; "sip:a@b" is none. */
static bool
leaf_strip_smtp(struct bytes *v)
{
	struct bytes prefix = BYTES("smtp:");

	if (v->n >= prefix.n &&
	    bytes_equal_nocase((struct bytes){v->p, prefix.n}, prefix)) {
		v->p += prefix.n;
		v->n -= prefix.n;
		return true;
	}
	return v->n == 0 || memchr(v->p, ':', v->n) == NULL;
}

/* proxyAddresses: the prefix may stand in the value or in its first piece. */
static struct query *
leaf_proxy(struct query_context *c, const struct query *q)
{
	struct query asked = *q;

	if (!leaf_strip_smtp(&asked.value) || !leaf_strip_smtp(&asked.initial))
		return leaf_unknown(c);
	if (q->n_any > 0 && q->initial.n == 0) {
		struct bytes first = q->any[0];

		if (!leaf_strip_smtp(&first))
			return leaf_unknown(c);
		/* "*smtp:a*": what is left begins the address */
		if (first.n < q->any[0].n) {
			asked.initial = first;
			asked.any++;
			asked.n_any--;
		}
	}
	if (q->op == QUERY_SUBSTRING && asked.initial.n == 0 && asked.n_any == 0 &&
	    asked.final.n == 0)
		asked.op = QUERY_PRESENT;
	return leaf_stand_in(c, &asked, BYTES("mail"));
}

/* A value with '@' behind it. */
static bool
leaf_append_at(struct query_context *c, struct bytes *v)
{
	uint8_t *p = query_bytes(&c->b, v->n + 1);

	if (p == NULL)
		return false;
	memcpy(p, v->p, v->n);
	p[v->n] = '@';
	*v = (struct bytes){p, v->n + 1};
	return true;
}

/* mailNickname, by habit what stands before the '@' of the address. */
static struct query *
leaf_nickname(struct query_context *c, const struct query *q)
{
	struct query asked = *q;
	struct bytes end;

	if (q->op == QUERY_EQUAL && q->value.n > 0) {
		asked.op = QUERY_SUBSTRING;
		asked.initial = q->value;
		asked.value = (struct bytes){NULL, 0};
		if (!leaf_append_at(c, &asked.initial))
			return NULL;
	} else if (q->op == QUERY_SUBSTRING && q->final.n > 0) {
		struct bytes *any =
		    (struct bytes *)query_bytes(&c->b, (q->n_any + 1) * sizeof(*any));

		end = q->final;
		if (any == NULL || !leaf_append_at(c, &end))
			return NULL;
		for (size_t i = 0; i < q->n_any; i++)
			any[i] = q->any[i];
		any[q->n_any] = end;
		asked.any = any;
		asked.n_any = q->n_any + 1;
		asked.final = (struct bytes){NULL, 0};
	}
	return leaf_stand_in(c, &asked, BYTES("mail"));
}

/* Directories answer anr=x as names or an address that begin with x, and
 * anr==x as those that are x. */
static struct query *
leaf_anything(struct query_context *c, const struct query *q)
{
	static const struct bytes where[] = {BYTES("displayName"), BYTES("cn"),
	    BYTES("sn"), BYTES("givenName"), BYTES("mail")};
	struct query_list either = {0};
	struct query asked = *q;

	if (q->op == QUERY_EQUAL && q->value.n > 1 && q->value.p[0] == '=') {
		asked.value.p++;
		asked.value.n--;
	} else if (q->op == QUERY_EQUAL && q->value.n > 0) {
		asked.op = QUERY_SUBSTRING;
		asked.initial = q->value;
		asked.value = (struct bytes){NULL, 0};
	} else if (q->op != QUERY_SUBSTRING) {
		return leaf_unknown(c);
	}
	if (!leaf_is_all_text(&asked))
		return leaf_unknown(c);
	for (size_t i = 0; i < NITEMS(where); i++)
		query_list_add(&either, leaf_stand_in(c, &asked, where[i]));
	return query_or(&c->b, &either);
}

/* objectCategory=person, or the DN of that class in somebody's schema. */
static struct query *
leaf_category(struct query_context *c, const struct query *q)
{
	static const struct bytes person = BYTES("person"), dn = BYTES("cn=person,");
	struct bytes head = {q->value.p, dn.n};

	if (q->op != QUERY_EQUAL || !leaf_published(c, BYTES("objectClass")))
		return leaf_unknown(c);
	if (!bytes_equal_nocase(q->value, person) &&
	    !(q->value.n > dn.n && bytes_equal_nocase(head, dn)))
		return leaf_unknown(c);
	c->b.changed = true;
	return query_part(&c->b, QUERY_EQUAL, BYTES("objectClass"), person);
}

static struct query *
leaf_foreign(
    struct query_context *c, const struct query *q, const struct query_foreign *f)
{
	switch (f->as) {
	case QUERY_AS_PROXY:
		return leaf_proxy(c, q);
	case QUERY_AS_NICKNAME:
		return leaf_nickname(c, q);
	case QUERY_AS_ANYTHING:
		return leaf_anything(c, q);
	case QUERY_AS_CATEGORY:
		return leaf_category(c, q);
	case QUERY_AS_ATTRIBUTE:
		break;
	}
	return leaf_stand_in(c, q, f->attr);
}

/* An extensible match that names no attribute asks all of them, and ":dn"
 * asks names of containers that are not shown. */
static struct query *
leaf_extensible(
    struct query_context *c, const struct query *q, const struct query_attr *row)
{
	if (!q->known || q->dn_attrs || q->attr.n == 0)
		return leaf_unknown(c);
	if (row != NULL && (row->traits & QUERY_TRAIT_CERTIFICATE) != 0)
		return leaf_certificate(c, q, row);
	return leaf_keep(c, q, row);
}

struct query *
query_leaf(struct query_context *c, const struct query *q)
{
	struct bytes base = query_attr_base(q->attr);
	const struct query_attr *row = query_attr_find(base);
	const struct query_foreign *foreign;

	/* every entry has one, shown or not */
	if (row != NULL && (row->traits & QUERY_TRAIT_CLASS) != 0 &&
	    q->op == QUERY_PRESENT && base.n == q->attr.n)
		return leaf_keep(c, q, row);
	if (leaf_published(c, row == NULL ? base : row->name))
		return q->op == QUERY_EXTENSIBLE ? leaf_extensible(c, q, row)
						 : leaf_ours(c, q, row);
	foreign = query_foreign_find(base);
	return foreign == NULL ? leaf_unknown(c) : leaf_foreign(c, q, foreign);
}
