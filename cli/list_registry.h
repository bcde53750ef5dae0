/*
 * `chancery list --requests`, `--certificates`, `--deliveries`, and the clerk's part of
 * `--problems`. Called by list.c.
 */
#ifndef CHANCERY_CLI_LIST_REGISTRY_H
#define CHANCERY_CLI_LIST_REGISTRY_H

#include <stdbool.h>

/* what: "requests", ...; state may be NULL; socket NULL: found. An exit code. */
int list_registry(const char *socket, const char *what, const char *state, bool json);

/* Prints the clerk's problems, where there is a clerk: EXIT_NO where it has some, code
 * otherwise. */
int list_problems(const char *socket, int code);

#endif
