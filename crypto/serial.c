/*
 * Serial numbers: contract in serial.h.
 */
#include "crypto/serial.h"

#include <openssl/err.h>
#include <openssl/rand.h>

/* A first octet of zero comes once in 128 draws. */
enum {
	TRIES = 64
};

int
serial_make(uint8_t out[SERIAL_BYTES], struct err *e)
{
	for (int i = 0; i < TRIES; i++) {
		if (RAND_bytes(out, SERIAL_BYTES) != 1)
			break;
		out[0] &= 0x7f;
		if (out[0] != 0)
			return 0;
	}
	ERR_clear_error();
	return err_set(e, ERR_CRYPTO, "no randomness for a serial number");
}

bool
serial_valid(struct bytes serial)
{
	return serial.n == SERIAL_BYTES && serial.p[0] >= 0x01 && serial.p[0] <= 0x7f;
}
