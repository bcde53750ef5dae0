/*
 * The options of chancery-examine (contract in conf.h). chancery-examine(8) has a
 * paragraph for each row, which tests/lint/lint_manual.py checks.
 */
#include "enroll/examine/conf.h"

#include "core/bytes.h"

#define AT(field) offsetof(struct examine_conf, field)

/* clang-format off */
const struct conf_row examine_conf_rows[] = {
	{"socket", CONF_PATH, AT(socket), "/run/chancery/examine.sock", NULL, 0, 0,
	    "where it is called"},
	{"socket-group", CONF_TEXT, AT(socket_group), "", NULL, 0, 0,
	    "group that may connect"},
	{"caller", CONF_LIST, AT(caller), "", NULL, 0, 0,
	    "user who may call, beside root and its own"},
	{"processes", CONF_U32, AT(processes), "8", NULL, 1, 64,
	    "objects that are examined at the same time"},
	{"time", CONF_SECONDS, AT(seconds), "5s", NULL, 1, 60,
	    "an object's examination is ended after this"},
	{"clients", CONF_U32, AT(clients), "64", NULL, 1, 1000, "connections at once"},
};
/* clang-format on */
const size_t examine_conf_n = NITEMS(examine_conf_rows);
