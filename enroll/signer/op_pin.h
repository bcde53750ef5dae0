/*
 * Opening a sealed PIN, for `pin-open` (which shows it) and `package` (which makes a
 * PFX with it, and shows it to nobody).
 */
#ifndef CHANCERY_ENROLL_SIGNER_OP_PIN_H
#define CHANCERY_ENROLL_SIGNER_OP_PIN_H

#include "crypto/pin.h"
#include "enroll/signer/signer.h"

enum {
	OP_PIN_SEALED_MAX = PIN_TEXT + SEAL_OVERHEAD
};

/* As daykey_unseal; ERR_POLICY where it is damaged or another delivery's. */
int op_pin_unseal(struct signer *s, struct bytes delivery, struct bytes sealed,
    int64_t now, struct secret *out, struct err *e);

/* The refusal of it: what is over is "expired". */
json_t *op_pin_refuse(const struct err *e);

#endif
