/*
 * What a fallible function answers: 0, or one of the negative ERR_* below.
 * Where a person will read the reason, a struct err comes last: one sentence
 * with the object, the rule (and its RFC section), what was found and what
 * was wanted. core never prints it; the adapter logs or returns it once.
 */
#ifndef CHANCERY_CORE_ERR_H
#define CHANCERY_CORE_ERR_H

#include <stddef.h>

/* One list makes the enum and its texts. */
#define ERR_LIST(X)                                                                    \
	X(ERR_SYNTAX, -1, "not well-formed")                                           \
	X(ERR_LIMIT, -2, "over a limit")                                               \
	X(ERR_POLICY, -3, "not allowed by policy")                                     \
	X(ERR_UNSUPPORTED, -4, "not supported")                                        \
	X(ERR_NOT_FOUND, -5, "not found")                                              \
	X(ERR_MEMORY, -6, "out of memory")                                             \
	X(ERR_IO, -7, "input or output failed")                                        \
	X(ERR_DIRECTORY, -8, "the directory refused")                                  \
	X(ERR_CRYPTO, -9, "a cryptographic call failed")                               \
	X(ERR_USAGE, -10, "used wrongly")

enum err_code {
#define X(name, value, text) name = value,
	ERR_LIST(X)
#undef X
};

enum {
	ERR_TEXT_MAX = 512
};

struct err {
	int code;		 /* 0 or ERR_* */
	char text[ERR_TEXT_MAX]; /* UTF-8, NUL-terminated, cut if longer */
};

/* The general text of a code, for where no sentence was written. Static. */
const char *err_name(int code);

/*
 * Writes the sentence and returns code, so that a caller can say
 * `return err_set(e, ERR_SYNTAX, ...)`. e may be NULL. Bytes below 0x20 and
 * 0x7f in what is printed become '?', so that a stranger's text cannot forge
 * a log line.
 */
int err_set(struct err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
