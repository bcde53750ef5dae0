/*
 * Whether a point lies on an elliptic curve (SEC 1 section 3.2.2.1): to a key that
 * is no point nothing can be encrypted, and programs refuse the whole certificate.
 * Public values only: nothing here takes the same time for all inputs.
 */
#ifndef CHANCERY_CORE_CURVE_H
#define CHANCERY_CORE_CURVE_H

#include "core/cert.h"

/* x and y: big-endian, both as long as the curve's field. False also for a curve
 * that is not known. */
bool curve_has_point(enum cert_curve curve, struct bytes x, struct bytes y);

#endif
