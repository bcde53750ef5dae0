/*
 * The ZIP of a renewal: old and new .pfx and a short text, one plain archive that
 * Windows Explorer opens: members stored (a PFX does not get smaller), no
 * encryption (each PFX has its own), no folders, no ZIP64, no data descriptors.
 * Names are generated here: ASCII, so that no program has to guess an encoding,
 * and never a path. Times are arguments: the same content gives the same bytes.
 * Nothing is ever read from a ZIP. Called by the clerk and the signer.
 */
#ifndef CHANCERY_CRYPTO_ZIP_H
#define CHANCERY_CRYPTO_ZIP_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"

enum {
	ZIP_NAME_MAX = 120, /* bytes; Explorer's path has 260 in all */
	ZIP_NAME_SIZE = ZIP_NAME_MAX + 1,
	ZIP_MEMBERS_MAX = 64,
	ZIP_MEMBER_MAX = 256 * 1024, /* bytes of a member */
};

struct zip_member {
	const char *name;
	struct bytes content;
	int64_t time; /* UTC; shown as local time, in steps of two seconds */
};

/*
 * A member's name: "2026-11-22_new_anna.muster@example.com.pfx". from: its date, UTC
 * (a certificate's notBefore). word: "new", "old". number: 1, or, where such a name
 * is taken, 2 and more: "..._2.pfx". ending: "pfx". Of the address, what is not a
 * letter, a digit or one of "._@+-" becomes '_', and it is cut where the name would
 * be too long. 0; ERR_USAGE for a word or ending that is no ASCII letters.
 */
int zip_member_name(int64_t from, const char *word, struct bytes address,
    unsigned number, const char *ending, char out[ZIP_NAME_SIZE], struct err *e);

/*
 * Whether Windows, macOS and Linux all take this as a file's name: letters, digits
 * and "._@+-", beginning with a letter or digit, not ending with '.', no device's
 * name (CON, NUL.txt ...). 0, or ERR_POLICY with what is wrong.
 */
int zip_check_name(const char *name, struct err *e);

/*
 * Makes the archive, 1 to ZIP_MEMBERS_MAX members in this order. 0 and *out, the
 * caller's; ERR_POLICY (a name, or the same twice without case); ERR_LIMIT;
 * ERR_CRYPTO (libzip refused); ERR_MEMORY. After an error *out is empty. Any thread.
 */
int
zip_make(const struct zip_member *members, size_t n, struct owned *out, struct err *e);

#endif
