/*
 * The PIN of a PFX: 24 characters of base32 (RFC 4648 section 6) in groups of
 * four, "7KQA-M2XW-...". 120 random bits, because the file that it opens lies in
 * mailboxes and archives for ever and can be tried against off-line (S/MIME BR
 * 6.1.2 asks for 112). Made by the machine alone; nobody can choose one.
 *
 * The text with its dashes is the password, byte for byte: what stands on the
 * page is what is typed or pasted into Outlook. Called by the signer.
 */
#ifndef CHANCERY_CRYPTO_PIN_H
#define CHANCERY_CRYPTO_PIN_H

#include "core/bytes.h"
#include "core/err.h"
#include "crypto/owned.h"

enum {
	PIN_RANDOM_BYTES = 15,
	PIN_CHARS = 24,
	PIN_GROUP = 4,
	PIN_TEXT = PIN_CHARS + PIN_CHARS / PIN_GROUP - 1, /* with the dashes */
	PIN_TYPED_MAX = 128, /* bytes of what people type */
};

/*
 * A new PIN of PIN_TEXT bytes from RAND_priv_bytes, without NUL; the caller's to
 * free (secret_free wipes it). 0, ERR_CRYPTO (no randomness), ERR_MEMORY. After
 * an error *out is empty. Any thread; after fork() parent and child draw
 * different ones.
 */
int pin_make(struct secret *out, struct err *e);

/* Whether this is a PIN as pin_make writes it. */
bool pin_valid(struct bytes text);

/*
 * Reads a PIN as people type it: either case; blanks, dashes (also those that
 * Word and phones put in their place: U+00A0, U+2010 to U+2015, U+2212) and line
 * ends anywhere; 0 for O and 8 for B, which cannot mean anything else. 1 is
 * refused, because both I and L are in the alphabet and look like it. *out is as
 * pin_make writes it, the caller's to free. 0; ERR_LIMIT for more than
 * PIN_TYPED_MAX bytes; ERR_SYNTAX with a sentence that names a position and never
 * quotes what was typed; ERR_MEMORY. The caller wipes its own copy.
 */
int pin_parse(struct bytes typed, struct secret *out, struct err *e);

#endif
