/*
 * The handlers of the table in routes.c, one file a group of pages. Each parses its
 * fields, asks the clerk, and renders what it said.
 */
#ifndef CHANCERY_PORTAL_PAGES_H
#define CHANCERY_PORTAL_PAGES_H

#include "enroll/portal/portal.h"

/* pages_login.c: login, second factor */
void login_show(struct request *r);
void login_send(struct request *r);
void logout_send(struct request *r);
void factor_show(struct request *r);
void factor_send(struct request *r);
void setup_show(struct request *r);
void setup_send(struct request *r);
void confirm_send(struct request *r);

/* pages_home.c: what I have, and getting one */
void home_show(struct request *r);
void enroll_show(struct request *r);
void enroll_send(struct request *r);
void request_show(struct request *r);
void history_show(struct request *r);

/* pages_link.c: the mailed link, its PIN, files to be saved */
void link_show(struct request *r);
void link_send(struct request *r);
void save_send(struct request *r);
void renew_show(struct request *r);
void renew_send(struct request *r);

/* pages_certificate.c: one certificate */
void certificate_show(struct request *r);
void download_send(struct request *r);
void revoke_show(struct request *r);
void revoke_send(struct request *r);

/* pages_helpdesk.c */
void desk_show(struct request *r);
void desk_person(struct request *r);
void desk_explain(struct request *r);
void desk_request(struct request *r);
void desk_enroll(struct request *r);
void desk_mailbox(struct request *r);
void desk_resend(struct request *r);
void desk_revoke(struct request *r);
void approve_show(struct request *r);
void approve_send(struct request *r);

/* pages_open.c: what needs no login */
void install_show(struct request *r);
void install_guide(struct request *r);
void help_show(struct request *r);
void static_show(struct request *r);
void icon_show(struct request *r);
void robots_show(struct request *r);
void health_show(struct request *r);

#endif
