/*
 * Queues and sends notices and reminders as the clerk does, for
 * tests/integration/test_notices.py; no part of the product.
 *
 *   notice CONF          one JSON object a line on stdin, one answer a line on stdout:
 *
 *   {"do":"queue","letter":W,"once":T,"to":A,"name":N,"language":L,"fields":{...}}
 *   {"do":"send"}        {"do":"remind"}
 *   -> {"rc":"" or the error's name,"text":SENTENCE,"n":reminders queued}
 */
#include <stdio.h>
#include <stdlib.h>

#include "directory/registry.h"
#include "enroll/clerk/directories.h"
#include "enroll/clerk/notice.h"
#include "enroll/clerk/remind.h"

enum {
	LINE_ROOM = 256 * 1024,
	FIELDS_MOST = 20,
	CONF_ROOM = 1024 * 1024,
};

static struct clerk clerk;

static struct bytes
text_of(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return (struct bytes){
	    (const uint8_t *)json_string_value(v), json_string_length(v)};
}

static int
queue(const json_t *line, struct err *e)
{
	struct texts_field field[FIELDS_MOST];
	json_t *fields = json_object_get(line, "fields"), *value;
	struct notice n = {.letter = json_string_value(json_object_get(line, "letter")),
	    .once = json_string_value(json_object_get(line, "once")),
	    .to = {text_of(line, "to"), text_of(line, "name"),
		text_of(line, "language")},
	    .fields = field};
	const char *name;

	json_object_foreach(fields, name, value)
	{
		if (n.n_fields < FIELDS_MOST)
			field[n.n_fields++] =
			    (struct texts_field){name, text_of(fields, name)};
	}
	return notice_queue(&clerk, &n, e);
}

/* As the clerk's start does. */
static int
make_containers(struct err *e)
{
	struct connection *c = NULL;
	int rc = clerk_directory(&clerk, &c, e);

	if (rc == 0)
		rc = registry_open(c, clerk.conf.suffix, e);
	clerk_directory_end(&clerk, &c);
	return rc;
}

static void
answer(const json_t *line)
{
	const char *what = json_string_value(json_object_get(line, "do"));
	struct err e = {0};
	size_t n = 0;
	int rc;

	if (strcmp(what, "queue") == 0)
		rc = queue(line, &e);
	else if (strcmp(what, "remind") == 0)
		rc = remind_once(&clerk, &n, &e);
	else
		rc = notice_once(&clerk, &e);
	json_t *out = json_pack("{s:s, s:s, s:i}", "rc", rc == 0 ? "" : err_name(rc),
	    "text", e.text, "n", (int)n);
	json_dumpf(out, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(out);
}

int
main(int argc, char **argv)
{
	static char line[LINE_ROOM];
	struct err e = {0};

	if (argc != 2)
		return 2;
	arena_init(&clerk.arena, NULL, 0, CONF_ROOM);
	if (clerk_conf_read(argv[1], &clerk.conf, &clerk.arena, &e) != 0 ||
	    mail_open(&clerk.conf, &clerk.mail, &e) != 0 ||
	    directories_open(&clerk, &e) != 0 || make_containers(&e) != 0) {
		printf("%s\n", e.text);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		json_t *o = json_loads(line, JSON_ALLOW_NUL, NULL);

		if (o != NULL)
			answer(o);
		json_decref(o);
	}
	mail_close(&clerk.mail);
	directories_close(&clerk);
	arena_fini(&clerk.arena);
	return 0;
}
