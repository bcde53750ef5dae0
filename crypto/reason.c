/*
 * Why OpenSSL refused: contract in reason.h.
 */
#include "crypto/reason.h"

#include <stddef.h>

#include <openssl/err.h>

const char *
reason_take(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return text == NULL ? "no reason given" : text;
}
