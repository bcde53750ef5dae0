/*
 * The process of one object: enters its sandbox, reads the object, writes one line,
 * ends. Called by the nursery, right after fork.
 */
#ifndef CHANCERY_ENROLL_EXAMINE_CHILD_H
#define CHANCERY_ENROLL_EXAMINE_CHILD_H

#include <sys/types.h>

#include "enroll/examine/object.h"

enum {
	CHILD_NOT_CONFINED = 2 /* exit status: the sandbox cannot be entered */
};

/* nursery: its parent, without which it ends. Exit status: 0 answered, 1 not. */
__attribute__((noreturn)) void child_main(pid_t nursery, enum object_kind kind, int fd);

#endif
