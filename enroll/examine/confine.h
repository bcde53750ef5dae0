/*
 * What each of examine's processes may still do (enroll/sandbox.h): the launcher, which
 * talks to callers, the nursery, which makes a process an object, and that process,
 * which may read, write, compute and end. Called by each at its start.
 */
#ifndef CHANCERY_ENROLL_EXAMINE_CONFINE_H
#define CHANCERY_ENROLL_EXAMINE_CONFINE_H

#include <stddef.h>

#include "core/err.h"

enum {
	CONFINE_CPU_SECONDS = 2,
	CONFINE_MEMORY = 256 * 1024 * 1024, /* address space of an object's process */
	CONFINE_FILES = 16,
	CONFINE_TEXT_MAX = 200
};

/* As sandbox_enter: 0 and what is in force as text, or ERR_*, after which the process
 * must end. One thread, the last thing before its work begins. */
int confine_launcher(char text[CONFINE_TEXT_MAX], struct err *e);
int confine_nursery(char text[CONFINE_TEXT_MAX], struct err *e);
int confine_object(char text[CONFINE_TEXT_MAX], struct err *e);

#endif
