/*
 * `chancery ca`: what its parts share. The root lives in a folder of the
 * administrator's, off-line but for a few minutes a year:
 *
 *   root.pem    its private key, encrypted with a passphrase
 *   root.cer    its certificate, DER
 *   root.crl    its CRL, for a year
 *   root.url    the base URL that its files have
 *   revoked     CAs that it revoked, a line each: serial number, time, reason
 *   README.txt  what to do with all this
 */
#ifndef CHANCERY_CLI_CA_H
#define CHANCERY_CLI_CA_H

#include "cli/verb.h"
#include "crypto/ca.h"
#include "crypto/owned.h"

enum {
	CA_PATH_MAX = 4096,
	CA_FILE_MAX = 128 * 1024,
	CA_ROOT_CRL_HOURS = 365 * 24,
};

/* The verb's parts; argv without "ca" and the part's name. */
int ca_init_main(int argc, char **argv);
int ca_show_main(int argc, char **argv);
int ca_crl_main(int argc, char **argv);

/* Prints the sentence; the exit code of an error that no directory had a part in. */
int ca_fail(int code, const struct err *e);

/* --- the root's folder (ca_root.c) -------------------------------------------- */

/* Makes the folder (mode 0700; an existing one must have no root.pem), key,
 * certificate, README. *out the caller's. */
int ca_root_make(const char *folder, const struct ca_names *names, enum key_kind kind,
    const char *base_url, struct bytes passphrase, int64_t now, struct ca **out,
    struct err *e);

/* Opens the root of a folder; base_url gets its base URL. */
int ca_root_open(const char *folder, struct bytes passphrase, int64_t now,
    char base_url[CA_BASE_MAX + 1], struct ca **out, struct err *e);

/* Makes root.crl anew from what is in "revoked". *out the caller's. */
int ca_root_crl(const char *folder, const struct ca *root, int64_t now,
    struct owned *out, struct err *e);

/* Adds a line to "revoked": hexadecimal serial number, reason. */
int ca_root_revoke(const char *folder, const char *serial, const char *reason,
    int64_t now, struct err *e);

#endif
