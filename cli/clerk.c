/*
 * Asking the clerk (contract in clerk.h).
 */
#include "cli/clerk.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/settings.h"
#include "cli/show.h"
#include "enroll/line.h"

#define SOCKET_SYSTEM "/run/chancery/clerk.sock"

enum {
	CALL_MS = 60 * 1000
};

const struct option_flag clerk_flags[] = {
    OPT_TEXT(
	"-S", "SOCKET", struct clerk_way, socket, SOCKET_SYSTEM, "the clerk's socket"),
    OPT_BOOL("--json", struct clerk_way, json, "print JSON"),
    OPT_BOOL("--help", struct clerk_way, help, "say this"),
};
const size_t clerk_n_flags = NITEMS(clerk_flags);

void
clerk_find(struct clerk_way *way)
{
	const char *variable = getenv("CHANCERY_SOCKET");
	char state[sizeof(way->held) - 16];
	struct stat st;

	if (way->socket != NULL)
		return;
	way->socket = SOCKET_SYSTEM;
	if (variable != NULL && *variable != '\0') {
		way->socket = variable;
	} else if (settings_demonstration(state, sizeof(state))) {
		snprintf(way->held, sizeof(way->held), "%s/run/clerk.sock", state);
		if (stat(way->held, &st) == 0 && S_ISSOCK(st.st_mode))
			way->socket = way->held;
	}
}

int
clerk_options(const struct verb *v, const struct option_table *own,
    struct clerk_way *way, int argc, char **argv, int least, int most, int *code_out)
{
	struct option_table tables[2] = {{clerk_flags, clerk_n_flags, way}};
	size_t n_tables = 1;
	struct err e = {0};
	int n;

	if (own != NULL) {
		tables[1] = tables[0];
		tables[0] = *own;
		n_tables = 2;
	}
	n = option_read(tables, n_tables, argc, argv, &e);
	if (n >= 0 && way->help) {
		verb_help(v, tables, n_tables);
		*code_out = EXIT_OK;
		return -1;
	}
	if (n >= 0 && (n < least || n > most))
		n = err_set(&e, ERR_USAGE, "%d operands, want %s", n,
		    *v->operands == '\0' ? "none" : v->operands);
	if (n < 0) {
		*code_out = verb_usage(v, &e);
		return -1;
	}
	clerk_find(way);
	line_init();
	return n;
}

int
clerk_call(const struct clerk_way *way, const char *name, json_t *fields,
    json_t **answer_out, struct err *e)
{
	struct err why = {0};
	int rc = line_ask(way->socket, name, fields, CALL_MS, answer_out, &why);

	if (rc == ERR_IO)
		return err_set(e, rc, "the clerk does not answer: %s", why.text);
	return rc == 0 ? 0 : err_set(e, rc, "%s", why.text);
}

json_t *
clerk_person(const struct clerk_way *way, const char *address, struct err *e)
{
	json_t *answer = NULL, *found = NULL, *person;
	size_t i;

	if (clerk_call(way, "person.find",
		json_pack("{s:o}", "text", show_json_text(bytes_of(address))), &answer,
		e) != 0)
		return NULL;
	json_array_foreach(json_object_get(answer, "people"), i, person)
	{
		if (found == NULL &&
		    bytes_equal_nocase(
			bytes_of(clerk_text(person, "mail")), bytes_of(address)))
			found = json_incref(person);
	}
	json_decref(answer);
	if (found == NULL)
		err_set(e, ERR_NOT_FOUND,
		    "%s: the company directory has nobody with this address", address);
	return found;
}

/* --- answers ------------------------------------------------------------- */

const char *
clerk_text(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text == NULL ? "" : text;
}

int64_t
clerk_time(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

const char *
clerk_first(const json_t *o, const char *name)
{
	const char *text =
	    json_string_value(json_array_get(json_object_get(o, name), 0));

	return text == NULL ? "" : text;
}

int
clerk_print_json(json_t *answer)
{
	json_object_del(answer, "ok");
	return show_json(answer) ? EXIT_OK : EXIT_FAULT;
}
