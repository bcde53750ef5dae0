/*
 * The signer's options, and how they are checked. What stands in every certificate
 * (organization, policy, URLs) is not here: `chancery ca init` fixed it beside the CA
 * (ca_folder.h). Called by init.c.
 */
#ifndef CHANCERY_ENROLL_SIGNER_CONF_H
#define CHANCERY_ENROLL_SIGNER_CONF_H

#include "enroll/conf.h"

struct signer_conf {
	const char *state, *socket, *socket_group, *audit;
	struct conf_list caller; /* users */
	struct conf_list domain;
	uint32_t days;
	const char *generation, *use;
	const char *key;
	uint32_t pool;
	uint32_t pfx_iterations;
	uint32_t pin_opens, packages; /* an hour */
	uint32_t crl_hours;
	uint32_t clients;
};

extern const struct conf_row signer_conf_rows[];
extern const size_t signer_conf_n;

#endif
