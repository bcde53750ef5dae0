/*
 * The signer's operations: one table says name, fields and handler, one function
 * looks a call up in it, asks whether the peer may, and holds the fields against the
 * table. There is no other way to a handler, and what is not in the table is refused.
 * Called by line.h's server for each call, from many threads at once.
 */
#ifndef CHANCERY_ENROLL_SIGNER_OPS_H
#define CHANCERY_ENROLL_SIGNER_OPS_H

#include "enroll/signer/signer.h"

enum {
	OPS_REQUEST_MAX = 200, /* bytes of a request's or delivery's id */
	OPS_CERTIFICATE_MAX = 16 * 1024,
	OPS_SEALED_MAX = KEY_PKCS8_MAX + SEAL_OVERHEAD,
	OPS_KEYS_MAX = 50, /* of a package */
	OPS_REVOKED_MAX = 100 * 1000,
	OPS_CALL_BYTES = LINE_MAX_BYTES,
};

/* A handler: an answer, never NULL but without memory. */
typedef json_t *ops_fn(struct signer *s, const json_t *request);

struct op {
	const char *name;
	const struct line_field *fields;
	ops_fn *run;
};

extern const struct op ops[];
extern const size_t ops_n;

/* Answers a call; ctx is the struct signer. */
json_t *ops_answer(const json_t *request, const struct line_peer *peer, void *ctx);

/* The handlers, one file an idea: op_status.c, op_issue.c, op_pin.c, op_package.c,
 * op_crl.c; the fields of each beside it. */
ops_fn op_status, op_authorities, op_prepare, op_sign, op_blob, op_pin_make,
    op_pin_open, op_package, op_crl;
extern const struct line_field op_status_fields[], op_authorities_fields[],
    op_prepare_fields[], op_sign_fields[], op_blob_fields[], op_pin_make_fields[],
    op_pin_open_fields[], op_package_fields[], op_crl_fields[];

/* --- what handlers share (ops.c) -----------------------------------------------------
 */

/* Our own time: 0; ERR_POLICY when the clock went back, and nothing may be dated. */
int ops_now(struct signer *s, int64_t *now_out, struct err *e);

/* The call's field "time", which must be ours but for SIGNER_TIME_SLACK. */
int ops_time(struct signer *s, const json_t *request, int64_t *time_out, struct err *e);

/* Refuses an empty id. */
int ops_id(const json_t *request, const char *name, struct bytes *out, struct err *e);

/* Opens an archived private key of a request, and looks whether it is the
 * certificate's. */
int ops_open_key(struct signer *s, struct bytes request_id, struct bytes certificate,
    struct bytes sealed, struct key **out, struct err *e);

/* Adds {"request"...} etc. to the audit log; what it says is the act's that follows.
 * fields is taken. */
int ops_log(struct signer *s, const char *event, json_t *fields, struct err *e);

/* Chain to hand out with a certificate: ours, where our CA issued it; else none. */
size_t ops_chain(const struct signer *s, struct bytes certificate);

#endif
