/*
 * What is wanted against what stands there (part of mirror.h's contract).
 */
#include "core/mirror.h"

static bool
same_mail(const struct mirror_entry *a, const struct mirror_entry *b)
{
	if (a->n_mail != b->n_mail)
		return false;
	for (size_t i = 0; i < a->n_mail; i++)
		if (!bytes_equal(a->mail[i], b->mail[i]))
			return false;
	return true;
}

unsigned
mirror_compare(const struct mirror_entry *want, const struct mirror_entry *is)
{
	unsigned change = is->odd;

	for (int i = 0; i < MIRROR_TEXTS; i++)
		if (!bytes_equal(want->text[i], is->text[i]))
			change |= 1u << i;
	if (!same_mail(want, is))
		change |= MIRROR_MAIL;
	if (want->shared != is->shared)
		change |= MIRROR_KIND;
	if (!bytes_equal_nocase(want->id, is->id))
		change |= MIRROR_OWNER;
	if (want->n_mail > 0 && !bytes_equal_nocase(want->mail[0], is->named))
		change |= MIRROR_NAMED;
	return change;
}

bool
mirror_is_disappearance(size_t leavers, size_t managed, size_t listed)
{
	size_t percent = managed / 100 * MIRROR_LEAVERS_PERCENT +
			 managed % 100 * MIRROR_LEAVERS_PERCENT / 100;
	size_t most = percent > MIRROR_LEAVERS ? percent : MIRROR_LEAVERS;

	return leavers > 0 && (listed == 0 || leavers > most);
}
