/*
 * The options of chancery-examine, as a table (enroll/conf.h). Called by main.c and
 * server.c.
 */
#ifndef CHANCERY_ENROLL_EXAMINE_CONF_H
#define CHANCERY_ENROLL_EXAMINE_CONF_H

#include "enroll/conf.h"

struct examine_conf {
	const char *socket;
	const char *socket_group;
	struct conf_list caller;
	uint32_t processes;
	uint32_t seconds;
	uint32_t clients;
};

extern const struct conf_row examine_conf_rows[];
extern const size_t examine_conf_n;

#endif
