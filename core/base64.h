/*
 * Base64 (RFC 4648 section 4), strict: the padding is there, the unused bits
 * are zero, nothing else stands between the digits. Used by the LDIF reader
 * and to write PEM. Pure.
 */
#ifndef CHANCERY_CORE_BASE64_H
#define CHANCERY_CORE_BASE64_H

#include "core/bytes.h"

/* Bytes of room that decoding n digits can need, and encoding n bytes (with
 * the NUL). */
#define BASE64_DECODED_MAX(n) ((n) / 4 * 3)
#define BASE64_ENCODED_MAX(n) (((n) + 2) / 3 * 4 + 1)

/*
 * Decodes all of in to out, which has room for BASE64_DECODED_MAX(in.n).
 * Returns the number of bytes, or ERR_SYNTAX.
 */
long base64_decode(struct bytes in, uint8_t *out);

/*
 * Encodes all of in to out, which has room for BASE64_ENCODED_MAX(in.n), and
 * ends it with NUL. Returns the number of digits.
 */
size_t base64_encode(struct bytes in, char *out);

#endif
