/*
 * Reads command lines by tables of flags (contract in option.h). Not getopt,
 * because its tables know neither types nor limits nor help. Called by every verb.
 */
#include "core/option.h"

enum {
	OPTION_NAME_SHOWN = 40
};

/* Where an argument stands while the line is read. */
struct option_line {
	int argc;
	char **argv;
	int at;
};

/* Finds the flag that an argument names; *value_out: what is joined to it by
 * "=" or, behind a one-letter flag, directly; NULL where nothing is. */
static const struct option_flag *
option_match(const struct option_table *t, const char *arg, const char **value_out)
{
	for (size_t i = 0; i < t->n; i++) {
		const char *name = t->flag[i].row.name;
		size_t n = strlen(name);

		if (strncmp(arg, name, n) != 0)
			continue;
		*value_out = NULL;
		if (arg[n] == '\0')
			return &t->flag[i];
		*value_out = arg + n + (arg[n] == '=' ? 1 : 0);
		if (arg[n] == '=' || (n == 2 && t->flag[i].type != OPTION_BOOL))
			return &t->flag[i];
	}
	return NULL;
}

static const struct option_flag *
option_find(const struct option_table *tables, size_t n, const char *arg,
    const char **value_out, void **conf_out)
{
	for (size_t i = 0; i < n; i++) {
		const struct option_flag *f = option_match(&tables[i], arg, value_out);

		*conf_out = tables[i].conf;
		if (f != NULL)
			return f;
	}
	return NULL;
}

/* Whether a word is one of "a|b|c". */
static bool
option_has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; *p != '\0';) {
		size_t len = strcspn(p, "|");

		if (len == n && memcmp(p, word, n) == 0)
			return true;
		p += len + (p[len] == '|' ? 1 : 0);
	}
	return false;
}

/* "30", of days also "30d"; false for anything else and past the limits. */
static bool
option_number(const struct option_flag *f, const char *text, uint32_t *out)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; text[i] >= '0' && text[i] <= '9' && i < 9; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	if (i > 0 && f->type == OPTION_DAYS && text[i] == 'd')
		i++;
	if (i == 0 || text[i] != '\0' || n < f->least || n > f->most)
		return false;
	*out = (uint32_t)n;
	return true;
}

static int
option_add(const struct option_flag *f, struct option_texts *list, const char *value,
    struct err *e)
{
	if (list->n == OPTION_TEXTS_MAX)
		return err_set(e, ERR_USAGE, "%s: given more than %d times",
		    f->row.name, OPTION_TEXTS_MAX);
	list->value[list->n++] = value;
	return 0;
}

static int
option_set(const struct option_flag *f, void *conf, const char *value, struct err *e)
{
	void *field = (char *)conf + f->at;

	if (f->type == OPTION_BOOL) {
		*(bool *)field = true;
		return 0;
	}
	if (f->type == OPTION_DAYS || f->type == OPTION_NUMBER) {
		const char *unit = f->type == OPTION_DAYS ? "d" : "";

		if (option_number(f, value, field))
			return 0;
		return err_set(e, ERR_USAGE,
		    "%s: found \"%.*s\", want %s from %u%s to %u%s", f->row.name,
		    OPTION_NAME_SHOWN, value, *unit == 'd' ? "days" : "a number",
		    f->least, unit, f->most, unit);
	}
	if (f->type == OPTION_TEXTS)
		return option_add(f, field, value, e);
	if (f->type == OPTION_WORD && !option_has_word(f->row.argument, value))
		return err_set(e, ERR_USAGE, "%s: found \"%.*s\", want %s", f->row.name,
		    OPTION_NAME_SHOWN, value, f->row.argument);
	*(const char **)field = value;
	return 0;
}

/* Reads the flag that stands at line->at, and its value. */
static int
option_take(struct option_line *line, const struct option_table *tables, size_t n,
    struct err *e)
{
	const char *arg = line->argv[line->at++], *value;
	void *conf;
	const struct option_flag *f = option_find(tables, n, arg, &value, &conf);

	if (f == NULL)
		return err_set(e, ERR_USAGE, "%.*s: there is no such option",
		    OPTION_NAME_SHOWN, arg);
	if (f->type == OPTION_BOOL && value != NULL)
		return err_set(e, ERR_USAGE, "%s takes no argument", f->row.name);
	if (f->type != OPTION_BOOL && value == NULL) {
		if (line->at >= line->argc)
			return err_set(
			    e, ERR_USAGE, "%s wants %s", f->row.name, f->row.argument);
		value = line->argv[line->at++];
	}
	return option_set(f, conf, value, e);
}

int
option_read(const struct option_table *tables, size_t n_tables, int argc, char **argv,
    struct err *e)
{
	struct option_line line = {.argc = argc, .argv = argv};
	bool flags = true;
	int n = 0;

	while (line.at < argc) {
		const char *arg = argv[line.at];
		int rc;

		if (!flags || arg[0] != '-' || arg[1] == '\0') {
			argv[n++] = argv[line.at++];
			continue;
		}
		if (strcmp(arg, "--") == 0) {
			flags = false;
			line.at++;
			continue;
		}
		if ((rc = option_take(&line, tables, n_tables, e)) != 0)
			return rc;
	}
	return n;
}
