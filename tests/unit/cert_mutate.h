/*
 * Makes broken certificates out of whole ones: flipped bits, bytes put in, taken
 * out or replaced, other lengths, cut ends; and changes that know the structure
 * (an element dropped, doubled, moved, emptied, given another type, ...) with all
 * lengths around them right again, so that they reach deep. The same seed gives
 * the same mutants. Used by test_cert_openssl.c and
 * test_crl_openssl.c.
 */
#ifndef CHANCERY_TESTS_CERT_MUTATE_H
#define CHANCERY_TESTS_CERT_MUTATE_H

#include "core/bytes.h"

#include <stdlib.h>

/* --- numbers (splitmix64) ------------------------------------------------- */

static uint64_t mutate_state;

static uint64_t
mutate_random(void)
{
	uint64_t z = mutate_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 to n - 1. */
static size_t
mutate_pick(size_t n)
{
	return n == 0 ? 0 : (size_t)(mutate_random() % n);
}

static uint64_t
mutate_setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 10);
}

/* CHANCERY_SEED, or always the same. */
static void
mutate_seed(void)
{
	mutate_state = mutate_setting("CHANCERY_SEED", 20261122);
}

/* How many mutants to try: CHANCERY_MUTANTS; more in a campaign. */
static size_t
mutate_count(void)
{
	bool campaign = mutate_setting("CHANCERY_CAMPAIGN", 0) != 0;

	return (size_t)mutate_setting("CHANCERY_MUTANTS", campaign ? 300000 : 10000);
}

/* --- the elements of a certificate ---------------------------------------- */

enum {
	MUTATE_NODES = 4096,
	MUTATE_DEPTH = 24,
	MUTATE_MAX = 256 * 1024
};

struct mutate_node {
	const uint8_t *header;
	const uint8_t *content;
	size_t n;
	uint8_t tag;
	uint8_t skip;	 /* octets before the children: unused bits of a BIT STRING */
	int child, next; /* -1: none */
};

static struct mutate_node mutate_node[MUTATE_NODES];
static int mutate_n;

/* Header of a definite element at p; 0 where there is none. */
static size_t
mutate_header(const uint8_t *p, size_t n, size_t *len)
{
	size_t octets;

	if (n < 2 || (p[0] & 0x1f) == 0x1f)
		return 0;
	*len = p[1];
	if (p[1] < 0x80)
		return *len <= n - 2 ? 2 : 0;
	octets = p[1] & 0x7f;
	if (octets == 0 || octets > 3 || n < 2 + octets)
		return 0;
	*len = 0;
	for (size_t i = 0; i < octets; i++)
		*len = *len << 8 | p[2 + i];
	return *len <= n - 2 - octets ? 2 + octets : 0;
}

static int mutate_parse(const uint8_t *p, size_t n, int depth);

/* What is inside of an element, if that is elements to the last byte. */
static void
mutate_parse_inside(struct mutate_node *node, int depth)
{
	size_t skip = node->tag == 0x03 ? 1 : 0;
	int before = mutate_n;

	if ((node->tag & 0x20) == 0 && node->tag != 0x03 && node->tag != 0x04)
		return;
	if (node->n <= skip || depth >= MUTATE_DEPTH)
		return;
	node->skip = (uint8_t)skip;
	node->child = mutate_parse(node->content + skip, node->n - skip, depth + 1);
	if (node->child < 0)
		mutate_n = before;
}

/* The index of the first of a row of elements that fill p[0..n), or -1. */
static int
mutate_parse(const uint8_t *p, size_t n, int depth)
{
	int first = -1, last = -1;
	size_t len, header;

	while (n > 0) {
		struct mutate_node *node = &mutate_node[mutate_n];
		int index = mutate_n;

		if (mutate_n == MUTATE_NODES ||
		    (header = mutate_header(p, n, &len)) == 0)
			return -1;
		mutate_n++;
		*node = (struct mutate_node){p, p + header, len, p[0], 0, -1, -1};
		mutate_parse_inside(node, depth);
		if (first < 0)
			first = index;
		else
			mutate_node[last].next = index;
		last = index;
		p += header + len;
		n -= header + len;
	}
	return first;
}

/* --- changes that know the structure --------------------------------------- */

enum mutate_action {
	MUTATE_TAG,
	MUTATE_DROP,
	MUTATE_DOUBLE,
	MUTATE_REPLACE, /* by another element of the same certificate */
	MUTATE_CONTENT, /* by a few bytes that are often badly handled */
	MUTATE_FLIP,
	MUTATE_APPEND,
	MUTATE_SHORTEN,
	MUTATE_LONG_LENGTH,
	MUTATE_INDEFINITE,
	MUTATE_WRAP,
	MUTATE_INSERT, /* another element before it */
	MUTATE__ACTIONS
};

struct mutate_edit {
	int node;
	enum mutate_action action;
	uint64_t random;
};

struct mutate_out {
	uint8_t p[MUTATE_MAX];
	size_t n;
};

static struct mutate_edit mutate_edit;

static void
mutate_put(struct mutate_out *out, const void *p, size_t n)
{
	if (n > sizeof(out->p) - out->n)
		abort();
	memcpy(out->p + out->n, p, n);
	out->n += n;
}

/* Makes what was written from `start` on the content of an element. */
static void
mutate_close(struct mutate_out *out, size_t start, uint8_t tag, bool long_length)
{
	size_t len = out->n - start, octets;
	uint8_t header[6] = {tag};

	for (octets = 0; len >> 8 * octets != 0; octets++)
		;
	if (len < 0x80 && !long_length) {
		header[1] = (uint8_t)len;
		octets = 0;
	} else {
		octets += long_length || octets == 0;
		header[1] = (uint8_t)(0x80 | octets);
		for (size_t i = 0; i < octets; i++)
			header[2 + i] = (uint8_t)(len >> 8 * (octets - 1 - i));
	}
	if (2 + octets > sizeof(out->p) - out->n)
		abort();
	memmove(out->p + start + 2 + octets, out->p + start, len);
	memcpy(out->p + start, header, 2 + octets);
	out->n += 2 + octets;
}

/* Those that mean something in a certificate. */
static uint8_t
mutate_tag(uint64_t random)
{
	static const uint8_t tags[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c,
	    0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1b, 0x1c, 0x1e, 0x30, 0x31,
	    0x80, 0x81, 0x82, 0x84, 0x86, 0x87, 0x88, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4,
	    0xa5, 0x24, 0x2c, 0x33, 0x10, 0x11, 0x08, 0x09, 0x0d, 0x1d, 0x00, 0x5f};

	return tags[random % sizeof(tags)];
}

static void
mutate_content(struct mutate_out *out, uint64_t random)
{
	static const struct bytes odd[] = {{NULL, 0}, {(const uint8_t *)"\x00", 1},
	    {(const uint8_t *)"\x80", 1}, {(const uint8_t *)"\xff", 1},
	    {(const uint8_t *)"\x01", 1}, {(const uint8_t *)"\x00\x00", 2},
	    {(const uint8_t *)"\x00\x80", 2}, {(const uint8_t *)"\xff\xff", 2},
	    {(const uint8_t *)"\xff\x7f", 2}, {(const uint8_t *)"\x07\x80", 2},
	    {(const uint8_t *)"\x07\xff", 2}, {(const uint8_t *)"\x08\x80", 2},
	    {(const uint8_t *)"\x05\xa0", 2}, {(const uint8_t *)"\x00\xa0\x80", 3},
	    {(const uint8_t *)"\x7f", 1}, {(const uint8_t *)"\x55\x1d\x0f", 3},
	    {(const uint8_t *)"\x55\x1d\x11", 3},
	    {(const uint8_t *)"\x55\x1d\x25\x00", 4}, {(const uint8_t *)"\xc3\xa4", 2},
	    {(const uint8_t *)"\xed\xa0\x80", 3},
	    {(const uint8_t *)"\xf4\x90\x80\x80", 4}, {(const uint8_t *)"\xc0\x80", 2},
	    {(const uint8_t *)"\xd8\x00", 2}, {(const uint8_t *)"\x00\x11\x00\x00", 4},
	    {(const uint8_t *)"500101000000Z", 13},
	    {(const uint8_t *)"491231235959Z", 13},
	    {(const uint8_t *)"240229120000Z", 13},
	    {(const uint8_t *)"230229120000Z", 13},
	    {(const uint8_t *)"240101000060Z", 13},
	    {(const uint8_t *)"2401010000Z", 11},
	    {(const uint8_t *)"20240101000000Z", 15},
	    {(const uint8_t *)"21000229000000Z", 15},
	    {(const uint8_t *)"20240101000000.5Z", 17},
	    {(const uint8_t *)"99991231235959Z", 15},
	    {(const uint8_t *)"00000101000000Z", 15},
	    {(const uint8_t *)"240101000000+0100", 17}};
	const struct bytes *b = &odd[random % NITEMS(odd)];

	if (b->n > 0)
		mutate_put(out, b->p, b->n);
}

static void mutate_emit(struct mutate_out *out, int index);

static void
mutate_emit_content(struct mutate_out *out, const struct mutate_node *node)
{
	if (node->child < 0) {
		if (node->n > 0)
			mutate_put(out, node->content, node->n);
		return;
	}
	mutate_put(out, node->content, node->skip);
	for (int i = node->child; i >= 0; i = mutate_node[i].next)
		mutate_emit(out, i);
}

/* An element as it was. */
static void
mutate_emit_copy(struct mutate_out *out, const struct mutate_node *node)
{
	mutate_put(out, node->header, (size_t)(node->content - node->header) + node->n);
}

static void
mutate_emit_inside(struct mutate_out *out, const struct mutate_node *node)
{
	size_t start = out->n;

	if (mutate_edit.action == MUTATE_CONTENT) {
		mutate_content(out, mutate_edit.random);
		return;
	}
	mutate_emit_content(out, node);
	if (mutate_edit.action == MUTATE_FLIP && out->n > start)
		out->p[start + mutate_edit.random / 8 % (out->n - start)] ^=
		    (uint8_t)(1U << mutate_edit.random % 8);
	if (mutate_edit.action == MUTATE_APPEND)
		mutate_put(out, &mutate_edit.random, 1);
	if (mutate_edit.action == MUTATE_SHORTEN && out->n > start)
		out->n--;
}

/* The element that the edit is about. */
static void
mutate_emit_edited(struct mutate_out *out, const struct mutate_node *node)
{
	const struct mutate_node *other =
	    &mutate_node[mutate_edit.random % (size_t)mutate_n];
	enum mutate_action action = mutate_edit.action;
	uint8_t tag = node->tag;
	size_t start = out->n;

	if (action == MUTATE_DROP)
		return;
	if (action == MUTATE_DOUBLE)
		mutate_emit_copy(out, node);
	if (action == MUTATE_INSERT || action == MUTATE_REPLACE)
		mutate_emit_copy(out, other);
	if (action == MUTATE_REPLACE)
		return;
	if (action == MUTATE_TAG)
		tag = mutate_tag(mutate_edit.random);
	if (action == MUTATE_INDEFINITE) {
		mutate_put(out, (uint8_t[]){(uint8_t)(tag | 0x20), 0x80}, 2);
		mutate_emit_content(out, node);
		mutate_put(out, "\0", 2);
		return;
	}
	start = out->n;
	mutate_emit_inside(out, node);
	mutate_close(out, start, tag, action == MUTATE_LONG_LENGTH);
	if (action == MUTATE_WRAP)
		mutate_close(out, start, mutate_tag(mutate_edit.random), false);
}

static void
mutate_emit(struct mutate_out *out, int index)
{
	size_t start = out->n;

	if (index == mutate_edit.node) {
		mutate_emit_edited(out, &mutate_node[index]);
		return;
	}
	mutate_emit_content(out, &mutate_node[index]);
	mutate_close(out, start, mutate_node[index].tag, false);
}

static void
mutate_structure(struct bytes in, struct mutate_out *out)
{
	out->n = 0;
	mutate_n = 0;
	if (mutate_parse(in.p, in.n, 0) < 0 || mutate_n == 0) {
		mutate_put(out, in.p, in.n);
		return;
	}
	mutate_edit.node = (int)mutate_pick((size_t)mutate_n);
	mutate_edit.action = (enum mutate_action)mutate_pick(MUTATE__ACTIONS);
	mutate_edit.random = mutate_random() >> 1;
	mutate_emit(out, 0);
}

/* --- changes that know nothing -------------------------------------------- */

static void
mutate_bytes(struct bytes in, struct mutate_out *out)
{
	size_t at = mutate_pick(in.n);

	out->n = 0;
	mutate_put(out, in.p, in.n);
	switch (mutate_pick(6)) {
	case 0:
		out->p[at] ^= (uint8_t)(1U << mutate_pick(8));
		break;
	case 1:
		out->p[at] = (uint8_t)mutate_random();
		break;
	case 2:
		mutate_put(out, "", 1);
		memmove(out->p + at + 1, out->p + at, in.n - at);
		out->p[at] = (uint8_t)mutate_random();
		break;
	case 3:
		memmove(out->p + at, out->p + at + 1, in.n - at - 1);
		out->n--;
		break;
	case 4:
		out->n = at;
		break;
	default: /* a length octet, in one of the 60 bytes that hold most */
		at = mutate_pick(in.n < 60 ? in.n : 60);
		out->p[at] = (uint8_t)(out->p[at] + 1 + mutate_pick(3));
	}
}

static void
mutate(struct bytes in, struct mutate_out *out)
{
	if (mutate_pick(4) == 0)
		mutate_bytes(in, out);
	else
		mutate_structure(in, out);
}

#endif
