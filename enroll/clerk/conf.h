/*
 * The clerk's configuration: one row an option (conf.c), each with a paragraph in
 * chancery-clerk(8). Read once, at the start. Every part of the clerk adds its own.
 */
#ifndef CHANCERY_CLERK_CONF_H
#define CHANCERY_CLERK_CONF_H

#include "enroll/conf.h"

struct clerk_conf {
	/* itself */
	const char *socket;
	const char *state;
	const char *audit;
	const char *portal_user;
	const char *admin_group;
	uint32_t clients;
	/* the directory */
	const char *directory;
	const char *directory_ca;
	bool directory_start_tls;
	const char *directory_dn;
	const char *directory_password;
	uint32_t connections;
	const char *suffix;
	struct conf_list domain;
	/* the signer */
	const char *signer;
	/* the company directory */
	const char *company;
	const char *company_ca;
	bool company_start_tls;
	const char *company_base;
	const char *company_dn;
	const char *company_password;
	const char *company_kind;
	const char *company_id;
	struct conf_list company_login;
	const char *company_mail;
	const char *company_aliases;
	const char *company_name;
	const char *company_people;
	const char *company_disabled;
	const char *company_shared;
	const char *company_delegates;
	const char *company_member;
	bool company_nested;
	uint32_t company_connections;
	/* mails */
	const char *mail_folder;
	const char *mail_url;
	const char *mail_tls;
	const char *mail_ca;
	const char *mail_user;
	const char *mail_password;
	const char *mail_from;
	const char *mail_from_name;
	const char *mail_contact;
	uint32_t mail_timeout;
	const char *portal_url;
	const char *locale;
	const char *web;
	/* roles */
	struct conf_list role_helpdesk;
	struct conf_list role_approver;
	struct conf_list role_administrator;
	/* logging in */
	uint32_t login_attempts;
	uint32_t login_attempts_address;
	uint32_t login_window;
	uint32_t login_delay;
	uint32_t session_life;
	uint32_t session_idle;
	uint32_t session_check;
	uint32_t factor_setup;
	const char *factor_name;
};

extern const struct conf_row clerk_conf_rows[];
extern const size_t clerk_conf_n;

/* Reads the file and what belongs together in it. As conf_read. */
int clerk_conf_read(
    const char *path, struct clerk_conf *out, struct arena *arena, struct err *e);

#endif
