/*
 * What a verb prints about itself, from its tables of options, and how it fails:
 * the sentence to stderr, the kind to the exit code. Contract in verb.h. Called by
 * every verb.
 */
#include <stdio.h>

#include "cli/verb.h"
#include "cli/show.h"

/* "--as outlook|gpgsm|all" */
static void
help_option(const struct option_flag *f)
{
	bool has_argument = f->row.argument[0] != '\0';
	bool has_default = f->row.fallback[0] != '\0';

	printf("  %s%s%s\n", f->row.name, has_argument ? " " : "", f->row.argument);
	printf("        %s%s%s%s\n", f->row.help, has_default ? " (default: " : "",
	    f->row.fallback, has_default ? ")" : "");
}

void
verb_help(const struct verb *v, const struct option_table *tables, size_t n_tables)
{
	printf("usage: chancery %s [options]%s%s\n\n%s\n", v->name,
	    v->operands[0] == '\0' ? "" : " ", v->operands, v->about);
	for (size_t t = 0; t < n_tables; t++)
		for (size_t i = 0; i < tables[t].n; i++)
			help_option(&tables[t].flag[i]);
}

int
verb_fail(int code, const struct err *e)
{
	show_line(
	    stderr, "chancery: %s", e->text[0] != '\0' ? e->text : err_name(code));
	switch (code) {
	case ERR_IO:
		return EXIT_UNREACHABLE;
	case ERR_DIRECTORY:
	case ERR_POLICY:
		return EXIT_REFUSED;
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_NOT_FOUND:
		return EXIT_NO;
	default:
		return EXIT_FAULT;
	}
}

int
verb_usage(const struct verb *v, const struct err *e)
{
	show_line(stderr, "chancery %s: %s", v->name, e->text);
	show_line(stderr, "Try \"chancery %s --help\".", v->name);
	return EXIT_USAGE;
}
