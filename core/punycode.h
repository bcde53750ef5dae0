/*
 * Punycode (RFC 3492): how a label with letters beyond ASCII is written in
 * ASCII. Encoding only, since nothing here ever shows a label again.
 */
#ifndef CHANCERY_CORE_PUNYCODE_H
#define CHANCERY_CORE_PUNYCODE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Encodes n code points (each below 0x110000, ASCII ones as they are) to out,
 * without "xn--" and without NUL. Returns the length, ERR_LIMIT where cap is
 * too small or a number would overflow.
 */
long punycode_encode(const uint32_t *in, size_t n, char *out, size_t cap);

#endif
