/*
 * Options as tables: one row says name, field, default, least, most and help.
 * The overlay's configuration, the commands' flags and the check that every
 * option is in its manual page all read the same rows.
 */
#ifndef CHANCERY_CORE_OPTION_H
#define CHANCERY_CORE_OPTION_H

struct option_row {
	const char *name;     /* "chancery-publish", "--as" */
	const char *argument; /* "best|all", "" for none */
	const char *fallback; /* default, as text; "" where there is none */
	const char *help;     /* one line */
};

#endif
