/*
 * Addresses in filters (contract in query_mail.h). Values may be known to the
 * server (lower case, ASCII) or raw; both are read by addr.h's rules. A value
 * that needs nothing is recognised by one pass over its bytes, since exact
 * look-ups by address are most of all queries. Called by query_leaf.c.
 */
#include "core/query_mail.h"

#include "core/addr.h"
#include "core/query_words.h"

static const struct bytes mail = BYTES("mail");

static bool
is_ascii(struct bytes v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= 0x80)
			return false;
	return true;
}

/* Where the last '@' is, or v.n. */
static size_t
find_at(struct bytes v)
{
	for (size_t i = v.n; i > 0; i--)
		if (v.p[i - 1] == '@')
			return i - 1;
	return v.n;
}

/* A value that no address can have. */
static struct query *
mail_never(struct query_context *c)
{
	c->b.changed = true;
	return query_node(&c->b, QUERY_FALSE);
}

static struct query *
mail_keep(struct query_context *c, const struct query *q)
{
	struct query *copy = query_copy(&c->b, q);

	if (copy != NULL) {
		copy->attr = mail;
		copy->known = true;
	}
	return copy;
}

static struct bytes
mail_store(struct query_context *c, const char *text, size_t n)
{
	uint8_t *p = query_bytes(&c->b, n);

	if (p == NULL)
		return (struct bytes){NULL, 0};
	memcpy(p, text, n);
	return (struct bytes){p, n};
}

/* Without tag, as SUBSTRING and EQUAL need it: "a+t@d" gives "a@d". Cut out of
 * the bytes, not parsed, because the domain may be cut short by a wildcard. */
static bool
mail_untag(struct query_context *c, struct bytes v, struct bytes *out)
{
	const uint8_t *plus = v.n == 0 ? NULL : memchr(v.p, '+', v.n);
	size_t at, keep;
	uint8_t *p;

	if (!c->rules->plus_tags || plus == NULL || plus == v.p)
		return false;
	at = find_at(v);
	keep = (size_t)(plus - v.p);
	if (at == v.n || keep > at)
		return false;
	if ((p = query_bytes(&c->b, v.n)) == NULL)
		return false;
	memcpy(p, v.p, keep);
	memcpy(p + keep, v.p + at, v.n - at);
	*out = (struct bytes){p, keep + v.n - at};
	return true;
}

/* The domain of an address as A-label. False where it can be none; *v stays. */
static bool
mail_to_ascii(struct query_context *c, struct bytes *v)
{
	size_t at = find_at(*v), n;
	size_t local = at == v->n ? 0 : at + 1;
	struct bytes domain = {v->p + local, v->n - local};
	char text[ADDR_MAX + 2];
	bool dot = domain.n > 0 && domain.p[domain.n - 1] == '.';

	if (local > ADDR_LOCAL_MAX + 1 || !is_ascii((struct bytes){v->p, local}))
		return false;
	if (addr_domain(domain, text + local, &n) < 0)
		return false;
	memcpy(text, v->p, local);
	n += local;
	/* of a domain that goes on behind the wildcard */
	if (dot)
		text[n++] = '.';
	*v = mail_store(c, text, n);
	c->b.changed = true;
	return v->p != NULL;
}

/* An address, or the name of a domain alone; else it is some word. */
static bool
mail_has_domain(struct bytes v)
{
	return find_at(v) < v.n || memchr(v.p, '.', v.n) != NULL;
}

static struct query *
mail_equal(struct query_context *c, const struct query *q)
{
	struct query_list either = {0};
	struct query asked = *q;
	struct bytes bare;

	if (q->value.n == 0)
		return mail_never(c);
	if (!is_ascii(q->value) &&
	    (!mail_has_domain(q->value) || !mail_to_ascii(c, &asked.value)))
		return mail_never(c);
	/* the dot at the end of an absolute domain: nobody stores one */
	while (asked.value.n > 1 && asked.value.p[asked.value.n - 1] == '.') {
		asked.value.n--;
		c->b.changed = true;
	}
	if (!mail_untag(c, asked.value, &bare))
		return mail_keep(c, &asked);
	c->b.changed = c->b.expanded = true;
	query_list_add(&either, mail_keep(c, &asked));
	query_list_add(&either, query_part(&c->b, QUERY_EQUAL, mail, bare));
	return query_or(&c->b, &either);
}

/* A piece between wildcards in ASCII: a domain as A-label; a name as it is
 * written out in addresses ("müller" is mueller@). */
static bool
mail_piece(struct query_context *c, struct bytes *v)
{
	struct bytes plain;

	if (is_ascii(*v))
		return true;
	if (mail_has_domain(*v) && mail_to_ascii(c, v))
		return true;
	plain = query_respell(&c->b, *v, QUERY_SPELL_PLAIN);
	if (!is_ascii(plain))
		return false;
	c->b.changed = true;
	*v = plain;
	return true;
}

/* The pieces in ASCII, in memory of their own. */
static bool
mail_pieces(struct query_context *c, const struct query *q, struct query *out)
{
	struct bytes *any = (struct bytes *)query_bytes(&c->b, q->n_any * sizeof(*any));

	if (any == NULL)
		return false;
	*out = *q;
	out->any = any;
	for (size_t i = 0; i < q->n_any; i++) {
		any[i] = q->any[i];
		if (!mail_piece(c, &any[i]))
			return false;
	}
	return mail_piece(c, &out->initial) && mail_piece(c, &out->final);
}

/* The same without the tag of its first piece, if that has one. */
static struct query *
mail_untagged(struct query_context *c, const struct query *q)
{
	struct query bare = *q;
	struct bytes *any;

	if (q->initial.n > 0)
		return mail_untag(c, q->initial, &bare.initial) ? mail_keep(c, &bare)
								: NULL;
	if (q->n_any == 0)
		return mail_untag(c, q->final, &bare.final) ? mail_keep(c, &bare)
							    : NULL;
	any = (struct bytes *)query_bytes(&c->b, q->n_any * sizeof(*any));
	if (any == NULL)
		return NULL;
	memcpy(any, q->any, q->n_any * sizeof(*any));
	bare.any = any;
	return mail_untag(c, q->any[0], &any[0]) ? mail_keep(c, &bare) : NULL;
}

static struct query *
mail_substring(struct query_context *c, const struct query *q)
{
	struct query_list either = {0};
	struct query asked, *bare;

	if (!mail_pieces(c, q, &asked))
		return mail_never(c);
	bare = mail_untagged(c, &asked);
	query_list_add(&either, mail_keep(c, &asked));
	query_list_add(&either, bare);
	if (bare != NULL)
		c->b.changed = c->b.expanded = true;
	return query_or(&c->b, &either);
}

struct query *
query_mail(struct query_context *c, const struct query *q)
{
	if (q->op == QUERY_EQUAL)
		return mail_equal(c, q);
	if (q->op == QUERY_SUBSTRING)
		return mail_substring(c, q);
	return q->known ? mail_keep(c, q) : mail_never(c);
}
