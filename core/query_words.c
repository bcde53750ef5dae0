/*
 * Spellings and names (contract in query_words.h). Whether an attribute holds
 * names at all is not decided here. Called by query_leaf.c.
 */
#include "core/query_words.h"

static const struct spelling {
	struct bytes umlaut, capital, plain;
} spellings[] = {
    {BYTES("ä"), BYTES("Ä"), BYTES("ae")},
    {BYTES("ö"), BYTES("Ö"), BYTES("oe")},
    {BYTES("ü"), BYTES("Ü"), BYTES("ue")},
    {BYTES("ß"), BYTES("ẞ"), BYTES("ss")},
};

static bool
begins(struct bytes in, struct bytes with)
{
	return in.n >= with.n && bytes_equal_nocase((struct bytes){in.p, with.n}, with);
}

/* What the text begins with in the wrong spelling: its length, else 0. */
static size_t
spelling_match(const struct spelling *s, struct bytes in, enum query_spelling to)
{
	if (to == QUERY_SPELL_UMLAUT)
		return begins(in, s->plain) ? s->plain.n : 0;
	if (begins(in, s->umlaut))
		return s->umlaut.n;
	return begins(in, s->capital) ? s->capital.n : 0;
}

/* Most bytes begin neither spelling: said at once, since every name is asked. */
static bool
spelling_may_begin(uint8_t c, enum query_spelling to)
{
	if (to == QUERY_SPELL_PLAIN)
		return c >= 0x80;
	c = byte_lower(c);
	return c == 'a' || c == 'o' || c == 'u' || c == 's';
}

/* One step: how much was read; *put is what to write for it. */
static size_t
spelling_step(struct bytes in, enum query_spelling to, struct bytes *put)
{
	for (size_t i = 0; i < NITEMS(spellings) && spelling_may_begin(in.p[0], to);
	     i++) {
		size_t n = spelling_match(&spellings[i], in, to);

		if (n == 0)
			continue;
		*put =
		    to == QUERY_SPELL_PLAIN ? spellings[i].plain : spellings[i].umlaut;
		return n;
	}
	*put = (struct bytes){in.p, 1};
	return 1;
}

static bool
spelling_applies(struct bytes in, enum query_spelling to)
{
	for (; in.n > 0; in.p++, in.n--) {
		struct bytes put;

		spelling_step(in, to, &put);
		if (put.p != in.p)
			return true;
	}
	return false;
}

struct bytes
query_respell(struct query_builder *b, struct bytes in, enum query_spelling to)
{
	struct bytes out = {NULL, 0};
	uint8_t *text;

	if (!spelling_applies(in, to))
		return in;
	/* no spelling is longer than what it replaces */
	if ((text = query_bytes(b, in.n)) == NULL)
		return in;
	out.p = text;
	while (in.n > 0) {
		struct bytes put;
		size_t used = spelling_step(in, to, &put);

		memcpy(text + out.n, put.p, put.n);
		out.n += put.n;
		in.p += used;
		in.n -= used;
	}
	return out;
}

/* A part with all its values respelled, or NULL where nothing changes. */
static struct query *
query_respell_part(
    struct query_builder *b, const struct query *q, enum query_spelling to)
{
	struct query x = *q;
	struct bytes *any = NULL;
	bool changed;

	x.value = query_respell(b, q->value, to);
	x.initial = query_respell(b, q->initial, to);
	x.final = query_respell(b, q->final, to);
	changed = x.value.p != q->value.p || x.initial.p != q->initial.p ||
		  x.final.p != q->final.p;
	if (q->n_any > 0)
		any = (struct bytes *)query_bytes(b, q->n_any * sizeof(*any));
	if (q->n_any > 0 && any == NULL)
		return NULL;
	for (size_t i = 0; i < q->n_any; i++) {
		any[i] = query_respell(b, q->any[i], to);
		changed = changed || any[i].p != q->any[i].p;
	}
	x.any = any;
	return changed ? query_copy(b, &x) : NULL;
}

void
query_add_spellings(
    struct query_builder *b, const struct query *q, struct query_list *list)
{
	struct query *plain = query_respell_part(b, q, QUERY_SPELL_PLAIN);
	struct query *umlaut =
	    query_respell_part(b, plain == NULL ? q : plain, QUERY_SPELL_UMLAUT);

	query_list_add(list, query_copy(b, q));
	query_list_add(list, plain);
	query_list_add(list, umlaut);
	if (plain != NULL || umlaut != NULL)
		b->changed = b->expanded = true;
}

enum {
	BLANK = ' '
};

static struct bytes
words_trim(struct bytes in)
{
	while (in.n > 0 && in.p[0] == BLANK) {
		in.p++;
		in.n--;
	}
	while (in.n > 0 && in.p[in.n - 1] == BLANK)
		in.n--;
	return in;
}

/* Two words, or groups of words. */
struct words {
	struct bytes first, second;
};

static bool
words_split_at(struct bytes in, size_t at, struct words *out)
{
	out->first = words_trim((struct bytes){in.p, at});
	out->second = words_trim((struct bytes){in.p + at + 1, in.n - at - 1});
	return out->first.n > 0 && out->second.n > 0;
}

/* A blank or comma: the first one, or the last. in.n where there is none. */
static size_t
words_find(struct bytes in, uint8_t c, bool last)
{
	size_t found = in.n;

	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] != c)
			continue;
		found = i;
		if (!last)
			break;
	}
	return found;
}

/* (sn=word), shaped as the question was. */
static struct query *
words_part(struct query_builder *b, const struct query *like, struct bytes attr,
    struct bytes word)
{
	struct query *q = query_part(b, like->op, attr, (struct bytes){NULL, 0});
	struct bytes *any;

	if (q == NULL)
		return NULL;
	if (like->op == QUERY_EQUAL) {
		q->value = word;
	} else if (like->initial.n > 0) {
		q->initial = word;
	} else {
		if ((any = (struct bytes *)query_bytes(b, sizeof(*any))) == NULL)
			return NULL;
		*any = word;
		q->any = any;
		q->n_any = 1;
	}
	return q;
}

/* Both spellings of a word, in one order whichever of them was typed. */
static struct query *
words_spelled(struct query_builder *b, const struct query *like, struct bytes attr,
    struct bytes word)
{
	struct bytes plain = query_respell(b, word, QUERY_SPELL_PLAIN);
	struct bytes umlaut = query_respell(b, plain, QUERY_SPELL_UMLAUT);
	struct query_list either = {0};

	query_list_add(&either, words_part(b, like, attr, plain));
	if (umlaut.p != plain.p)
		query_list_add(&either, words_part(b, like, attr, umlaut));
	return query_or(b, &either);
}

static void
words_add(struct query_builder *b, const struct query *like, struct bytes surname,
    struct bytes given, struct query_list *list)
{
	struct query_list both = {0};

	query_list_add(&both, words_spelled(b, like, BYTES("sn"), surname));
	query_list_add(&both, words_spelled(b, like, BYTES("givenName"), given));
	query_list_add(list, query_and(b, &both));
	b->changed = b->expanded = true;
}

static void
words_add_text(struct query_builder *b, const struct query *like, struct bytes text,
    struct query_list *list)
{
	struct bytes in = words_trim(text);
	size_t comma = words_find(in, ',', false);
	size_t first = words_find(in, BLANK, false), last = words_find(in, BLANK, true);
	struct words w;

	if (comma < in.n) {
		if (words_split_at(in, comma, &w))
			words_add(b, like, w.first, w.second, list);
		return;
	}
	if (last == in.n || !words_split_at(in, last, &w))
		return;
	words_add(b, like, w.second, w.first, list);
	words_add(b, like, w.first, w.second, list);
	if (first == last || !words_split_at(in, first, &w))
		return;
	words_add(b, like, w.second, w.first, list);
	words_add(b, like, w.first, w.second, list);
}

/* The pieces between the wildcards, at most two of them; how many there are. */
static size_t
words_pieces(const struct query *q, struct bytes piece[2])
{
	size_t n = 0;

	for (size_t i = 0; i < q->n_any + 2; i++) {
		struct bytes v = i == 0		 ? q->initial
				 : i <= q->n_any ? q->any[i - 1]
						 : q->final;

		v = words_trim(v);
		if (v.n == 0)
			continue;
		if (n < 2)
			piece[n] = v;
		n++;
	}
	return n;
}

static bool
words_single(struct bytes v)
{
	return words_find(v, BLANK, false) == v.n && words_find(v, ',', false) == v.n;
}

void
query_add_names(struct query_builder *b, const struct query *q, struct query_list *list)
{
	struct bytes piece[2];
	size_t n;

	if (q->op == QUERY_EQUAL) {
		words_add_text(b, q, q->value, list);
		return;
	}
	n = words_pieces(q, piece);
	if (n == 1)
		words_add_text(b, q, piece[0], list);
	/* "*anna*muster*", as Thunderbird writes two words */
	if (n != 2 || !words_single(piece[0]) || !words_single(piece[1]))
		return;
	words_add(b, q, piece[1], piece[0], list);
	words_add(b, q, piece[0], piece[1], list);
}
