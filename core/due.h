/*
 * What is due when: reminders before a certificate ends, renewals, the end of a
 * delivery, and when to try again what went wrong. Times are UTC seconds, intervals
 * half open: at the second that something ends, it is over. Pure. Called by the
 * clerk.
 */
#ifndef CHANCERY_CORE_DUE_H
#define CHANCERY_CORE_DUE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	DUE_DAY = 86400,
	DUE_DELIVERY_DAYS = 30, /* that a PIN can be shown */
	DUE_RETRY_LEAST = 5,	/* seconds */
	DUE_RETRY_MOST = 300,
};

/* Days before the end; each is sent once. */
#define DUE_STAGES(X)                                                                  \
	X(60)                                                                          \
	X(30)                                                                          \
	X(14)                                                                          \
	X(7)                                                                           \
	X(1)

/* A set of stages that were sent already. */
typedef uint8_t due_sent;

/* The set with this stage in it too; a number that is no stage changes nothing. */
due_sent due_sent_add(due_sent sent, unsigned days);

/*
 * Which reminder of a certificate, valid in [begin, end), is to be sent now: 60, 30,
 * 14, 7, 1, or 0 for none. Always the newest one that is due: those that were missed
 * in between (the clerk was down, the clock jumped) are not sent late, and one that
 * was sent is not sent again, even when the clock goes back and comes to it twice.
 * A stage that lies before `begin` does not exist.
 */
unsigned due_reminder(int64_t begin, int64_t end, int64_t now, due_sent sent);

/* When due_reminder may answer something else than now; INT64_MAX: never. */
int64_t due_reminder_next(int64_t begin, int64_t end, int64_t now);

/* Whether its owner should renew: within the first stage (of a short-lived one, its
 * second half), or ended already. */
bool due_renewal(int64_t begin, int64_t end, int64_t now);

/* The end of a delivery whose PIN was sealed then. */
int64_t due_delivery_end(int64_t sealed);

/* How many seconds to wait before the next attempt, after so many that failed (1:
 * the first): 5, 10, 20 ... 300. */
int64_t due_retry(unsigned failed);

#endif
