/*
 * Parts of the certificate view for people's eyes that belong to no other part
 * (contract in cert.h). Called by what reports: choice, guard, the command.
 */
#include "core/cert.h"

enum {
	SERIAL_MAX = 20, /* octets, RFC 5280 section 4.1.2.2 */
	SERIAL_CUT = 3,	 /* "..." */
};

char *
cert_serial_text(struct bytes serial, char *buf, size_t cap)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = serial.n, at = 0;

	if (cap == 0)
		return buf;
	/* The sign octet of a positive number is no digit of it. */
	if (n > 1 && serial.p[0] == 0) {
		serial.p++;
		n--;
	}
	for (size_t i = 0; i < n && i < SERIAL_MAX && at + 2 < cap; i++) {
		buf[at++] = digits[serial.p[i] >> 4];
		buf[at++] = digits[serial.p[i] & 0x0f];
	}
	for (size_t i = 0; n > SERIAL_MAX && i < SERIAL_CUT && at + 1 < cap; i++)
		buf[at++] = '.';
	buf[at] = '\0';
	return buf;
}
