/*
 * The passphrase of a key file: typed at the terminal, without an echo, or out of a
 * file or descriptor ("/dev/fd/3") that others cannot read. Never from the command
 * line or the environment, which they can. Called by `chancery ca`.
 */
#ifndef CHANCERY_CLI_PASSPHRASE_H
#define CHANCERY_CLI_PASSPHRASE_H

#include <stdbool.h>

#include "core/err.h"
#include "crypto/owned.h"

/*
 * file: where it stands, or NULL to ask. what: "the root key"; twice: typed again,
 * for a new one. 0 and *out, the caller's; as key_read_passphrase; ERR_POLICY (others
 * can read the file, the second one differs); ERR_IO (no terminal).
 */
int passphrase_get(
    const char *file, const char *what, bool twice, struct secret *out, struct err *e);

#endif
