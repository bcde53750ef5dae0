/*
 * Files of the verbs: read whole within a limit, written whole or not at all.
 * Knows nothing of what is in them. Called by import and export.
 */
#ifndef CHANCERY_CLI_FILE_H
#define CHANCERY_CLI_FILE_H

#include "core/bytes.h"
#include "core/err.h"

/*
 * Reads all of a file; *out is the caller's to free(). 0; ERR_IO; ERR_LIMIT over
 * `most` bytes; ERR_UNSUPPORTED for what is no regular file (a device may have
 * no end); ERR_MEMORY. The sentences leave the file's name to the caller.
 */
int
file_read(const char *path, size_t most, uint8_t **out, size_t *n_out, struct err *e);

/* Writes a file: a temporary one beside it, fsync, rename; an older one is
 * replaced. "-" writes to stdout. 0 or ERR_IO, the sentence with the name. */
int file_write(const char *path, struct bytes content, struct err *e);

#endif
