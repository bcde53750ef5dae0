/*
 * Reminders, ends and new attempts (contract in due.h).
 */
#include "core/due.h"

#include "core/bytes.h"

/* From the longest to the shortest: bit i of a due_sent is stage[i]. */
static const unsigned stage[] = {
#define X(days) days,
    DUE_STAGES(X)
#undef X
};
_Static_assert(NITEMS(stage) <= 8, "one bit each");

static int64_t
stage_time(size_t i, int64_t end)
{
	return end - (int64_t)stage[i] * DUE_DAY;
}

due_sent
due_sent_add(due_sent sent, unsigned days)
{
	for (size_t i = 0; i < NITEMS(stage); i++)
		if (stage[i] == days)
			sent |= (due_sent)(1u << i);
	return sent;
}

unsigned
due_reminder(int64_t begin, int64_t end, int64_t now, due_sent sent)
{
	if (now >= end)
		return 0;
	for (size_t i = NITEMS(stage); i-- > 0;) {
		int64_t from = stage_time(i, end);

		if (from > begin && from <= now)
			return (sent >> i & 1) != 0 ? 0 : stage[i];
	}
	return 0;
}

int64_t
due_reminder_next(int64_t begin, int64_t end, int64_t now)
{
	for (size_t i = 0; i < NITEMS(stage); i++) {
		int64_t from = stage_time(i, end);

		if (from > begin && from > now)
			return from;
	}
	return INT64_MAX;
}

bool
due_renewal(int64_t begin, int64_t end, int64_t now)
{
	int64_t from = stage_time(0, end), half = begin + (end - begin) / 2;

	return now >= (from > half ? from : half);
}

int64_t
due_delivery_end(int64_t sealed)
{
	return sealed + (int64_t)DUE_DELIVERY_DAYS * DUE_DAY;
}

int64_t
due_retry(unsigned failed)
{
	int64_t wait = DUE_RETRY_LEAST;

	for (unsigned i = 1; i < failed && wait < DUE_RETRY_MOST; i++)
		wait *= 2;
	return wait < DUE_RETRY_MOST ? wait : DUE_RETRY_MOST;
}
