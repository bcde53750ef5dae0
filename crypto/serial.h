/*
 * Serial numbers of certificates: 17 octets, the first in 0x01 to 0x7f, the
 * others random. So they are positive, below 2^159, never shorter or longer, and
 * carry more than the 64 random bits of RFC 5280 section 4.1.2.2 and S/MIME BR
 * 7.1, whatever happens to the sign bit. They need no counter: a restored
 * backup cannot make one appear twice.
 */
#ifndef CHANCERY_CRYPTO_SERIAL_H
#define CHANCERY_CRYPTO_SERIAL_H

#include "core/bytes.h"
#include "core/err.h"

enum {
	SERIAL_BYTES = 17
};

/* A new one, the content octets of its INTEGER. 0 or ERR_CRYPTO (no randomness).
 * Any thread; after fork() parent and child draw different ones. */
int serial_make(uint8_t out[SERIAL_BYTES], struct err *e);

/* Whether it could have come from serial_make. */
bool serial_valid(struct bytes serial);

#endif
