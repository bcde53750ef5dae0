/*
 * Landlock (landlock(7)): a process takes the file system away from itself but for
 * some folders, and TCP, and signals to others. Debian's headers are older than many a
 * kernel, so the numbers are here. Called by sandbox.c.
 */
#ifndef CHANCERY_ENROLL_LANDLOCK_H
#define CHANCERY_ENROLL_LANDLOCK_H

#include <stdbool.h>

/*
 * For this thread and those that it will start. folders: read, write, make and remove
 * files below; readable: read. Both end with NULL or are NULL. network: TCP stays.
 * no_new_privs must be set. The version of Landlock in force, or -errno: then nothing
 * is confined.
 */
int
landlock_enter(const char *const *folders, const char *const *readable, bool network);

#endif
