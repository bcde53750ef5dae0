/*
 * A set of texts: contract in text_set.h. FNV-1a is enough: what is put in comes
 * from the administrator's own directory and files, and a slow set harms nobody
 * else.
 */
#include "cli/text_set.h"

#include <stdlib.h>

static uint64_t
hash(struct bytes text)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < text.n; i++)
		h = (h ^ byte_lower(text.p[i])) * 0x100000001b3;
	return h;
}

/* The slot of a text, or the free one where it belongs. */
static char **
find(char **slot, size_t room, struct bytes text)
{
	size_t i = hash(text) & (room - 1);

	while (slot[i] != NULL && !bytes_equal_nocase(bytes_of(slot[i]), text))
		i = (i + 1) & (room - 1);
	return &slot[i];
}

/* Keeps at least half of the slots free. */
static int
grow(struct text_set *s)
{
	size_t room = s->room == 0 ? 64 : 2 * s->room;
	char **slot;

	if (2 * (s->n + 1) <= s->room)
		return 0;
	if ((slot = calloc(room, sizeof(*slot))) == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < s->room; i++)
		if (s->slot[i] != NULL)
			*find(slot, room, bytes_of(s->slot[i])) = s->slot[i];
	free(s->slot);
	s->slot = slot;
	s->room = room;
	return 0;
}

static char *
lower_copy(struct bytes text)
{
	char *copy = malloc(text.n + 1);

	if (copy == NULL)
		return NULL;
	for (size_t i = 0; i < text.n; i++)
		copy[i] = (char)byte_lower(text.p[i]);
	copy[text.n] = '\0';
	return copy;
}

int
text_set_add(struct text_set *s, struct bytes text)
{
	char **slot;

	if (s->n >= TEXT_SET_MAX)
		return ERR_LIMIT;
	if (grow(s) != 0)
		return ERR_MEMORY;
	slot = find(s->slot, s->room, text);
	if (*slot != NULL)
		return 0;
	if ((*slot = lower_copy(text)) == NULL)
		return ERR_MEMORY;
	s->n++;
	return 1;
}

bool
text_set_has(const struct text_set *s, struct bytes text)
{
	return s->room > 0 && *find(s->slot, s->room, text) != NULL;
}

void
text_set_fini(struct text_set *s)
{
	for (size_t i = 0; i < s->room; i++)
		free(s->slot[i]);
	free(s->slot);
	*s = (struct text_set){.n = 0};
}
