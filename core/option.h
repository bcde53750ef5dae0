/*
 * Options as tables: one row says name, field, default, least, most and help.
 * The overlay's configuration, the commands' flags and the check that every
 * option is in its manual page all read the same rows.
 */
#ifndef CHANCERY_CORE_OPTION_H
#define CHANCERY_CORE_OPTION_H

#include "core/bytes.h"
#include "core/err.h"

struct option_row {
	const char *name;     /* "chancery-publish", "--as" */
	const char *argument; /* "best|all", "" for none */
	const char *fallback; /* default, as text; "" where there is none */
	const char *help;     /* one line */
};

/* What a command's flag writes into its field. */
enum option_type {
	OPTION_BOOL,   /* bool: set to true; takes no argument */
	OPTION_TEXT,   /* const char *: the argument itself */
	OPTION_WORD,   /* const char *: one of row.argument's words */
	OPTION_DAYS,   /* uint32_t: days, as "30d" or "30" */
	OPTION_NUMBER, /* uint32_t */
	OPTION_TEXTS,  /* struct option_texts: may be given several times */
};

enum {
	OPTION_TEXTS_MAX = 50
};

struct option_texts {
	const char *value[OPTION_TEXTS_MAX];
	size_t n;
};

struct option_flag {
	struct option_row row;
	enum option_type type;
	size_t at;	      /* offset of the field in the table's conf */
	uint32_t least, most; /* of OPTION_DAYS and OPTION_NUMBER */
};

#define OPT_BOOL(name_, type_, field_, help_)                                          \
	{                                                                              \
		.row = {name_, "", "", help_}, .type = OPTION_BOOL,                    \
		.at = offsetof(type_, field_)                                          \
	}
#define OPT_TEXT(name_, argument_, type_, field_, fallback_, help_)                    \
	{                                                                              \
		.row = {name_, argument_, fallback_, help_}, .type = OPTION_TEXT,      \
		.at = offsetof(type_, field_)                                          \
	}
#define OPT_TEXTS(name_, argument_, type_, field_, help_)                              \
	{                                                                              \
		.row = {name_, argument_, "", help_}, .type = OPTION_TEXTS,            \
		.at = offsetof(type_, field_)                                          \
	}
#define OPT_WORD(name_, words_, type_, field_, fallback_, help_)                       \
	{                                                                              \
		.row = {name_, words_, fallback_, help_}, .type = OPTION_WORD,         \
		.at = offsetof(type_, field_)                                          \
	}
#define OPT_DAYS(name_, type_, field_, fallback_, least_, most_, help_)                \
	{                                                                              \
		.row = {name_, "DAYSd", fallback_, help_}, .type = OPTION_DAYS,        \
		.at = offsetof(type_, field_), .least = (least_), .most = (most_)      \
	}
#define OPT_NUMBER(name_, type_, field_, fallback_, least_, most_, help_)              \
	{                                                                              \
		.row = {name_, "N", fallback_, help_}, .type = OPTION_NUMBER,          \
		.at = offsetof(type_, field_), .least = (least_), .most = (most_)      \
	}

/* Some flags and the struct that they fill. */
struct option_table {
	const struct option_flag *flag;
	size_t n;
	void *conf;
};

/*
 * Reads a command line: "--name value", "--name=value", "-N value", "-Nvalue";
 * behind "--" stand operands only, and operands may stand between flags. Fills
 * the fields of the flags that are there (the caller sets the defaults before)
 * and moves the operands to the front of argv. Texts stay argv's.
 * Returns the number of operands, or ERR_USAGE with a sentence.
 */
int option_read(const struct option_table *tables, size_t n_tables, int argc,
    char **argv, struct err *e);

#endif
