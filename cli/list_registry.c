/*
 * Rows of the registry as the clerk hands them out (contract in list_registry.h), a
 * line each.
 */
#include "cli/list_registry.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/clerk.h"
#include "cli/show.h"
#include "core/bytes.h"
#include "core/isotime.h"
#include "enroll/line.h"

static const char *
date_of(const json_t *o, const char *name, char buf[ISOTIME_SIZE])
{
	return clerk_time(o, name) == 0 ? "-" : show_date(clerk_time(o, name), buf);
}

static void
show_request(const json_t *r)
{
	char date[ISOTIME_SIZE];

	show_line(stdout, "%-40s %-10s since %s  %s  %s", clerk_first(r, "mail"),
	    clerk_text(r, "state"), date_of(r, "begin", date), clerk_text(r, "id"),
	    clerk_text(r, "problem"));
}

static void
show_certificate(const json_t *r)
{
	char date[ISOTIME_SIZE];

	show_line(stdout, "%-40s %-10s until %s  %s  %s", clerk_first(r, "mail"),
	    clerk_text(r, "state"), date_of(r, "until", date), clerk_text(r, "serial"),
	    clerk_text(r, "reason"));
}

static void
show_delivery(const json_t *r)
{
	char date[ISOTIME_SIZE];

	show_line(stdout, "%-40s %-10s until %s  %s  %s", clerk_text(r, "address"),
	    clerk_text(r, "state"), date_of(r, "until", date), clerk_text(r, "request"),
	    clerk_text(r, "problem"));
}

static void
show_problem(const json_t *r)
{
	const char *whose = clerk_text(r, "address");

	show_line(stdout, "%-40s %s: %s",
	    *whose != '\0' ? whose : clerk_first(r, "mail"), clerk_text(r, "kind"),
	    clerk_text(r, "problem"));
}

static const struct {
	const char *what;
	void (*show)(const json_t *row);
} kinds[] = {
    {"requests", show_request},
    {"certificates", show_certificate},
    {"deliveries", show_delivery},
    {"problems", show_problem},
};

/* The rows: the caller's answer. */
static int
ask(struct clerk_way *way, const char *what, const char *state, json_t **answer_out,
    struct err *e)
{
	json_t *fields = json_pack("{s:s}", "what", what);

	if (state != NULL)
		json_object_set_new(fields, "state", show_json_text(bytes_of(state)));
	return clerk_call(way, "list", fields, answer_out, e);
}

static size_t
show_rows(const json_t *answer, const char *what)
{
	json_t *rows = json_object_get(answer, "rows"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		for (size_t k = 0; k < NITEMS(kinds); k++)
			if (strcmp(kinds[k].what, what) == 0)
				kinds[k].show(row);
	}
	return json_array_size(rows);
}

static void
begin(struct clerk_way *way, const char *socket)
{
	*way = (struct clerk_way){.socket = socket};
	clerk_find(way);
	line_init();
}

int
list_registry(const char *socket, const char *what, const char *state, bool json)
{
	struct clerk_way way;
	json_t *answer = NULL;
	struct err e = {0};
	int rc;

	begin(&way, socket);
	if ((rc = ask(&way, what, state, &answer, &e)) != 0)
		return verb_fail(rc, &e);
	if (json) {
		rc = show_json(json_incref(json_object_get(answer, "rows")))
			 ? EXIT_OK
			 : EXIT_FAULT;
	} else {
		show_line(stderr, "%zu %s", show_rows(answer, what), what);
	}
	json_decref(answer);
	return rc;
}

int
list_problems(const char *socket, int code)
{
	struct clerk_way way;
	json_t *answer = NULL;
	struct err e = {0};
	size_t n;

	begin(&way, socket);
	if (access(way.socket, F_OK) != 0)
		return code; /* a directory without enrollment */
	if (ask(&way, "problems", NULL, &answer, &e) != 0) {
		show_line(stderr, "chancery: problems of enrollment are left out (%s)",
		    e.text);
		return code;
	}
	n = show_rows(answer, "problems");
	json_decref(answer);
	return n > 0 && code == EXIT_OK ? EXIT_NO : code;
}
