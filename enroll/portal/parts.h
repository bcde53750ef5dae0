/*
 * Objects of the clerk's answers (ARCHITECTURE.md, "Calls of the clerk") as data of
 * pages, the same on every page. Called by pages_*.c.
 */
#ifndef CHANCERY_PORTAL_PARTS_H
#define CHANCERY_PORTAL_PARTS_H

#include "enroll/portal/portal.h"

/* Each item of list becomes one of `name` below `at`. */
void parts_certificates(
    struct request *r, struct template_item *at, const char *name, const json_t *list);
void parts_requests(
    struct request *r, struct template_item *at, const char *name, const json_t *list);
void parts_deliveries(
    struct request *r, struct template_item *at, const char *name, const json_t *list);
void parts_people(
    struct request *r, struct template_item *at, const char *name, const json_t *list);

/* One of each into an item that is there. */
void parts_certificate(struct request *r, struct template_item *at, const json_t *o);
void parts_request(struct request *r, struct template_item *at, const json_t *o);

/* A PIN: groups of four, and each character as it is said on the telephone. The
 * page's texts are views of pin. */
void parts_pin(struct request *r, struct bytes pin);

/* A file to be saved: name, base64 and the token over both. */
void parts_file(struct request *r, const char *list, struct bytes name,
    struct bytes base64, struct bytes form, bool fitting);

/* A number of an object; 0 where there is none. */
int64_t parts_int(const json_t *o, const char *name);

/* What kind of names a field of a path may have: a serial number, a request's or a
 * person's id. */
bool parts_is_id(struct bytes text);

#endif
