/*
 * What the signer may still do once it serves: accept and answer, work on the files of
 * its folder, start threads. No new socket, no connection, no program, no process, no
 * file elsewhere. Called by main.c when everything is open, before there are threads.
 */
#ifndef CHANCERY_ENROLL_SIGNER_CONFINE_H
#define CHANCERY_ENROLL_SIGNER_CONFINE_H

#include <stddef.h>

#include "core/err.h"

/* state: the one folder whose files are opened. text, err: as sandbox_enter. */
int signer_confine(const char *state, char *text, size_t cap, struct err *e);

#endif
