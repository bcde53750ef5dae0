/*
 * Which entry and which certificate each mail program takes from an answer. Inner
 * part of client.c and called by it alone; it asks the server nothing.
 */
#ifndef CHANCERY_CLI_CLIENT_PICK_H
#define CHANCERY_CLI_CLIENT_PICK_H

#include "cli/client.h"

/* Sets a->dn and n_entries from what the first question gave. */
void client_pick_entry(struct client_answer *a, const struct addr *address);

/* Sets everything else from the last answer. */
void client_pick_cert(struct client_answer *a, const struct addr *address, int64_t now);

#endif
