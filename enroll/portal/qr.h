/*
 * A QR code as a path of SVG, so that a page draws it without a picture of its own.
 * Only addresses are ever shown so, and the secret of a second factor while it is set
 * up; never a PIN.
 */
#ifndef CHANCERY_PORTAL_QR_H
#define CHANCERY_PORTAL_QR_H

#include "enroll/portal/portal.h"

/* Sets NAME (the path) and NAME_size (of the viewBox, with its margin); nothing where
 * the text is too long. */
void qr_set(struct request *r, const char *name, const char *text);

#endif
