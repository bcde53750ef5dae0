/*
 * What cert.c, cert_key.c, cert_hash.c and cert_ext.c, which read one certificate
 * together, say to each other. For nobody else: callers use cert.h.
 */
#ifndef CHANCERY_CORE_CERT_PARTS_H
#define CHANCERY_CORE_CERT_PARTS_H

#include "core/algorithm.h"
#include "core/cert.h"
#include "core/der.h"

/* Reads the content of subjectPublicKeyInfo into key, curve, key_bits. */
int cert_read_key(struct bytes content, struct cert *out, struct err *e);

/* Reads the outer algorithm into signature_oid and signature_hash. */
int cert_read_signature(struct bytes content, struct cert *out, struct err *e);

/* The hash in the parameters of RSASSA-PSS (RFC 4055 section 3.1). 0 or
 * ERR_SYNTAX. */
int cert_pss_hash(const struct algorithm *algorithm, enum cert_hash *out);

/* Reads the content of [3], the extensions. */
int cert_read_extensions(struct bytes content, struct cert *out, struct err *e);

/* ERR_SYNTAX, with one sentence for all that this view refuses. */
int cert_bad(struct err *e, const char *section, const char *what);

#endif
