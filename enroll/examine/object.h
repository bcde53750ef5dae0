/*
 * What a stranger's bytes are: read by a process of their own, in the sandbox, which
 * says it in one line and ends. Knows no socket and no caller. Called in a child of
 * the nursery; by tests directly.
 */
#ifndef CHANCERY_ENROLL_EXAMINE_OBJECT_H
#define CHANCERY_ENROLL_EXAMINE_OBJECT_H

#include <jansson.h>

#include "core/bytes.h"
#include "core/err.h"

enum {
	OBJECT_MAX = 256 * 1024,       /* bytes of an object */
	OBJECT_ANSWER_MAX = 16 * 1024, /* bytes of the line */
	OBJECT_KEY_TEXT_MAX = 40,
	OBJECT_WISHES_MAX = 20,	   /* what a request asked for, that is named */
	OBJECT_WISH_TEXT_MAX = 200 /* bytes of one */
};

enum object_kind {
	OBJECT_CSR,
	OBJECT__MAX
};

/* Makes OpenSSL load what it needs, while that may still be done, by examining a
 * request of our own; ERR_CRYPTO when that goes wrong. */
int object_warm_up(struct err *e);

/* The answer: {"ok":true,...} or a refusal with "what" beside it, the caller's. NULL
 * without memory. */
json_t *object_examine(enum object_kind kind, struct bytes object);

/* A certification request, PEM or DER: {"ok":true,"spki","key","ignored":[...]}. */
json_t *object_csr(struct bytes object);

/* Holds an answer that came from a child, which a stranger's bytes may have taken
 * over, against what an answer may be, and nothing else in it: a new object, or NULL.
 */
json_t *object_check(const json_t *answer, enum object_kind kind);

#endif
